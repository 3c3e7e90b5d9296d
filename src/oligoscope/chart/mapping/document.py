"""A mapping, read strictly: every key is known, every field and word exists, or the line is named."""

import codecs
import datetime
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

from oligoscope.chart.layout import PATIENT_ID, PATIENTS
from oligoscope.chart.mapping.cells import TO_FILL, Cells, Writing, ambiguous, clean, units_of
from oligoscope.chart.problems import CaseError, Problem
from oligoscope.chart.sources.encodings import SEPARATORS
from oligoscope.chart.yaml_lines import Lines, load_document, read_text
from oligoscope.spelling import nearest
from oligoscope.vocabulary.fields import FieldSpec, lists, scalar_fields
from oligoscope.vocabulary.values import BadValue, Quantity, Scale
from oligoscope.vocabulary.words import Case

Plain: TypeAlias = Any
"""What YAML holds; every scalar is text."""
Path_: TypeAlias = tuple[str | int, ...]
NUMBER = "{n}"
AMBIGUOUS_CODE = (
    "a code for missing everywhere is also a possible value of this field",
    "`missing: [code]` at the columns where it holds",
    "write `missing: [code]` at this column if it holds here, else `missing: []`",
)
"""Where a heading that repeats has its number."""

_TOP = ("note", "format", "words", "ignored", "tables")
_LISTS = ("dates", "missing", "yes", "no")
_WRITING = ("decimal", "thousands", *_LISTS)
_FORMAT = ("separator", "encoding", "header_row", *_WRITING)
_TABLE = ("file", "sheet", "rows", "columns", "constants", "same_names", "format")
_COLUMN = ("field", "words", "unit", "dates", "decimal", "thousands", "missing")


@dataclass(frozen=True)
class Column:
    """What becomes of one column. heading: as the export has it, maybe with {n}.  field: the vocabulary's column."""

    heading: str
    field: str
    cells: Cells
    line: int = 0


@dataclass(frozen=True)
class TableMap:
    """Where one table of a registry comes from.

    file, sheet: "" where the export has one.  rows: by heading the values of the rows that are taken.  constants: by
    field what holds of every row.  same_names: a column that is called like a field is that field.  further: parts that
    lie in other rows or files: of the patients they are joined by the patient, of a list they follow.
    """

    name: str
    file: str = ""
    sheet: str = ""
    rows: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    columns: tuple[Column, ...] = ()
    constants: Mapping[str, str] = field(default_factory=dict)
    same_names: bool = False
    writing: Writing = field(default_factory=Writing)
    line: int = 0
    further: tuple["TableMap", ...] = ()

    @property
    def is_numbered(self) -> bool:
        """Whether this is a list in numbered columns of the patients' table."""
        return bool(self.columns) and all(NUMBER in column.heading for column in self.columns)


@dataclass(frozen=True)
class ExportMap:
    """A whole mapping. separator, encoding: "" to look for them.  ignored: headings, with * for anything."""

    name: str
    tables: Mapping[str, TableMap]
    separator: str = ""
    encoding: str = ""
    header_row: int = 1
    ignored: tuple[str, ...] = ()
    missing_is_unknown: bool = False


def read_mapping(path: Path, case: type[Case] = Case, *, missing_is_unknown: bool = False) -> ExportMap:
    """The mapping in a file. Raises CaseError with every problem found."""
    content, lines = load_document(read_text(path), path.name)
    return _Reader(path.name, lines, case, missing_is_unknown).mapping(content)


@dataclass
class _Reader:
    """Reads one document and keeps what is wrong with it."""

    name: str
    lines: Lines
    case: type[Case]
    missing_is_unknown: bool
    problems: list[Problem] = field(default_factory=list)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def mapping(self, content: Plain) -> ExportMap:
        top = self._keys(content, (), _TOP)
        form = self._keys(top.get("format", {}), ("format",), _FORMAT)
        writing = self._writing(form, ("format",), Writing())
        named = self._dict(top.get("words", {}), ("words",))
        self.words = {name: self._codes(codes, ("words", name)) for name, codes in named.items()}
        found = self._tables(self._dict(top.get("tables", {}), ("tables",)), writing)
        if PATIENTS not in found and not self.problems:
            self._wrong(("tables",), "", "there is no table patients", "tables: {patients: {columns: …}}")
        mapping = ExportMap(
            self.name, found, self._separator(form), self._encoding(form), self._header_row(form),
            tuple(map(clean, self._list(top.get("ignored", []), ("ignored",)))), self.missing_is_unknown,
        )  # fmt: skip
        if self.problems:
            raise CaseError(self.name, self.problems)
        return mapping

    # ---- format ----------------------------------------------------------------------------------

    def _separator(self, form: Mapping[str, Plain]) -> str:
        written = str(form.get("separator", ""))
        sign: str = SEPARATORS.get(written, "\t" if written == "\\t" else written)
        if sign and sign not in SEPARATORS.values():
            self._wrong(("format", "separator"), written, "this separates no columns", ", ".join(SEPARATORS))
        return sign

    def _encoding(self, form: Mapping[str, Plain]) -> str:
        name = str(form.get("encoding", ""))
        try:
            "a".encode(name or "utf-8")  # Codecs that are none of text, such as base64, are refused here.
            return "utf-8" if name and codecs.lookup(name).name == "utf-8" else name
        except LookupError:
            known = "utf-8, utf-16, windows-1252, latin-1, …"
            self._wrong(("format", "encoding"), name, "there is no such encoding", known)
            return ""

    def _header_row(self, form: Mapping[str, Plain]) -> int:
        row = form.get("header_row", "1")
        if not re.fullmatch(r"[1-9]\d{0,3}", str(row)):
            self._wrong(("format", "header_row"), row, "this is no row", "the number of the row with the headings")
            return 1
        return int(row)

    def _writing(self, entries: Mapping[str, Plain], path: Path_, around: Writing) -> Writing:
        """How cells are written: what is said here, else what is said around it."""
        if not any(key in entries for key in _WRITING):
            return around
        signs = {key: str(entries[key]) for key in ("decimal", "thousands") if key in entries}
        said = {key: tuple(self._list(entries[key], (*path, key))) for key in _LISTS if key in entries}
        writing = replace(replace(around, **signs), **said)  # type: ignore[arg-type]  # their kinds are those of _LISTS
        if writing.decimal not in (".", ","):
            self._wrong((*path, "decimal"), writing.decimal, "this stands before no decimals", '"." or ","')
        if writing.thousands not in ("", ".", ",", "'", " ") or writing.thousands == writing.decimal:
            allowed = "one of . , ' or a space, and not the sign before decimals"
            self._wrong((*path, "thousands"), writing.thousands, "this cannot stand between thousands", allowed)
        for pattern in said.get("dates", ()):
            self._check_dates(pattern, (*path, "dates"))
        if ambiguous([pattern for pattern in writing.dates if _says_a_date(pattern)]):
            self._wrong(
                (*path, "dates"), ", ".join(writing.dates), "a date may be read in two ways by these",
                "patterns of which one fits", "say at each column which one holds",
            )  # fmt: skip
        return writing

    def _check_dates(self, pattern: str, path: Path_) -> None:
        if pattern == TO_FILL:
            self._wrong(path, pattern, "this is still to be filled in", "a pattern such as %d.%m.%Y")
        elif "%y" in pattern:
            self._wrong(path, pattern, "a year of two digits leaves the century open", "%Y", "export four digits")
        elif not _says_a_date(pattern):
            self._wrong(path, pattern, "this says no date", "a pattern such as %d.%m.%Y or %Y-%m-%dT%H:%M")

    # ---- tables ----------------------------------------------------------------------------------

    def _tables(self, tables: Mapping[str, Plain], writing: Writing) -> dict[str, TableMap]:
        fields = {PATIENTS: {spec.column: spec for spec in scalar_fields(self.case)}}
        fields |= {each.name: {spec.column: spec for spec in each.fields} for each in lists(self.case)}
        found = {}
        for name, content in tables.items():
            if name not in fields:
                self._unknown(("tables", name), name, "there is no such table", fields)
                continue
            parts = content if isinstance(content, list) and content else [content]
            paths: list[Path_] = [("tables", name, *([n] if parts is content else [])) for n in range(len(parts))]
            first, *further = (
                self._table(name, part, fields[name], writing, path) for part, path in zip(parts, paths, strict=True)
            )
            if further and any(part.is_numbered for part in (first, *further)):
                what = "a list in numbered columns has one part"
                self._wrong(("tables", name), name, what, f"headings with {NUMBER} in a table of one part")
            found[name] = replace(first, further=tuple(further))
        return found

    def _table(
        self, name: str, content: Plain, fields: Mapping[str, FieldSpec], around: Writing, path: Path_
    ) -> TableMap:
        entries = self._keys(content, path, _TABLE)
        form = self._keys(entries.get("format", {}), (*path, "format"), _WRITING)
        writing = self._writing(form, (*path, "format"), around)
        columns = self._dict(entries.get("columns", {}), (*path, "columns"))
        rows = self._dict(entries.get("rows", {}), (*path, "rows"))
        same = entries.get("same_names", "false")
        if same not in ("true", "false"):
            self._wrong((*path, "same_names"), same, "this is neither true nor false", "true, false")
        made = TableMap(
            name, self._text(entries, "file", path), self._text(entries, "sheet", path),
            {clean(head): tuple(self._list(values, (*path, "rows", head))) for head, values in rows.items()},
            tuple(self._columns(columns, (*path, "columns"), fields, writing)),
            self._constants(entries.get("constants", {}), (*path, "constants"), fields),
            same == "true", writing, self.lines.get(path, 0),
        )  # fmt: skip
        self._check_table(made, path)
        return made

    def _check_table(self, table: TableMap, path: Path_) -> None:
        for heading, values in table.rows.items():
            if TO_FILL in values:
                self._wrong((*path, "rows", heading), TO_FILL, "this is still to be filled in", "the rows to be taken")
        patterns = [column for column in table.columns if NUMBER in column.heading]
        if patterns and (table.name == PATIENTS or not table.is_numbered):
            what = f"{NUMBER} stands in some headings and not in all"
            self._wrong((*path, "columns"), patterns[0].heading, what, f"a list of which every heading has {NUMBER}")
        if table.is_numbered and (table.file or table.sheet or table.rows or table.constants or table.same_names):
            what = "a list in numbered columns stands in the table of the patients"
            self._wrong(path, table.name, what, "columns, format", "leave the other keys out")
        if not table.is_numbered and not table.same_names and PATIENT_ID not in {c.field for c in table.columns}:
            what = f"no column is {PATIENT_ID}"
            self._wrong((*path, "columns"), "", what, f"the heading of the id: {PATIENT_ID}")

    def _columns(
        self, columns: Mapping[str, Plain], path: Path_, fields: Mapping[str, FieldSpec], around: Writing
    ) -> Iterator[Column]:
        for heading, content in columns.items():
            for n, entry in enumerate(content if isinstance(content, list) else [content]):
                place = (*path, heading, n) if isinstance(content, list) else (*path, heading)
                entries = {"field": entry} if isinstance(entry, str) else self._keys(entry, place, _COLUMN)
                column = self._column(clean(heading), entries, place, fields, around)
                if column:
                    yield column

    def _column(
        self, heading: str, entries: Mapping[str, Plain], path: Path_, fields: Mapping[str, FieldSpec], around: Writing
    ) -> Column | None:
        name = self._text(entries, "field", path)
        if not isinstance(entries.get("field", ""), str):
            return None
        if name == TO_FILL:
            self._wrong(path, TO_FILL, "this is still to be filled in", "a field", "or list the heading under ignored")
            return None
        if name != PATIENT_ID and name not in fields:
            self._unknown(path, name, "there is no such field", [PATIENT_ID, *fields])
            return None
        spec = fields.get(name)
        writing = self._writing(entries, path, around)
        words = self._words(entries.get("words", {}), (*path, "words"), spec)
        cells = Cells(
            spec.kind if spec else None, writing, words, self._factor(entries, path, spec), self.missing_is_unknown
        )
        self._check_codes(cells, path, own="missing" in entries)
        return Column(heading, name, cells, self._line(path))

    def _words(self, content: Plain, path: Path_, spec: FieldSpec | None) -> Mapping[str, str]:
        """Codes and what they mean, written here or named."""
        if isinstance(content, str):
            if content not in self.words:
                self._unknown(path, content, "there are no words of that name", self.words)
                return {}
            codes = self.words[content]
        else:
            codes = self._codes(content, path)
        for code, meaning in codes.items():
            if spec and meaning != TO_FILL:
                try:
                    spec.kind.parse(meaning)
                except BadValue as bad:
                    self._wrong((*path, code), meaning, f"{meaning} is no value of {spec.name}", bad.allowed, bad.fix)
        return codes

    def _codes(self, content: Plain, path: Path_) -> dict[str, str]:
        found = {}
        for code, meaning in self._dict(content, path).items():
            if meaning == TO_FILL:
                self._wrong((*path, code), TO_FILL, f"what {code} means is still to be filled in", "a value")
            found[code] = "|".join(self._list(meaning, (*path, code)))
        return found

    def _factor(self, entries: Mapping[str, Plain], path: Path_, spec: FieldSpec | None) -> Decimal:
        unit = self._text(entries, "unit", path)
        if not unit:
            return Decimal(1)
        known = units_of(spec.kind if spec else None)
        if unit == TO_FILL:
            self._wrong((*path, "unit"), unit, "this is still to be filled in", ", ".join(known) or "no unit")
        elif unit.lower() not in known:
            own = spec.kind.unit if spec and isinstance(spec.kind, Quantity) else "this field"
            self._wrong((*path, "unit"), unit, f"{unit} is not turned into {own}", ", ".join(known) or "no unit")
        return Decimal(known.get(unit.lower(), "1"))

    def _check_codes(self, cells: Cells, path: Path_, own: bool) -> None:
        """A code may not mean two things; one that is a possible value is missing only where the column says so."""
        for code in cells.writing.missing:
            if any(cells.is_missing(word) for word in cells.words):
                self._wrong((*path, "words"), code, f"{code} has a meaning and is missing", "one of both")
                return
            if not own and not cells.words and may_be_a_value(cells, code):
                self._wrong(path, code, *AMBIGUOUS_CODE)

    def _constants(self, content: Plain, path: Path_, fields: Mapping[str, FieldSpec]) -> dict[str, str]:
        found = {}
        for name, value in self._dict(content, path).items():
            if name not in fields:
                self._unknown((*path, name), name, "there is no such field", fields)
                continue
            try:
                fields[name].kind.parse(value)
            except BadValue as bad:
                self._wrong((*path, name), value, f"{value} is no value of {name}", bad.allowed, bad.fix)
            found[name] = value
        return found

    # ---- shapes ----------------------------------------------------------------------------------

    def _keys(self, content: Plain, path: Path_, known: Sequence[str]) -> Mapping[str, Plain]:
        found = self._dict(content, path)
        for key in found:
            if key not in known:
                self._unknown((*path, key), key, "there is no such key", known)
        return {key: value for key, value in found.items() if key in known}

    def _dict(self, content: Plain, path: Path_) -> Mapping[str, Plain]:
        if isinstance(content, dict):
            return content
        if content:
            self._wrong(path, str(content), "this is no mapping", "`key: value`")
        return {}

    def _list(self, content: Plain, path: Path_) -> list[str]:
        entries = content if isinstance(content, list) else [content]
        if all(isinstance(entry, str) for entry in entries):
            return entries
        self._wrong(path, str(content), "this is no list of words", "[one, another]")
        return []

    def _text(self, entries: Mapping[str, Plain], key: str, path: Path_) -> str:
        """A text under a key; "" for none."""
        value = entries.get(key, "")
        if isinstance(value, str):
            return value
        self._wrong((*path, key), str(value), "this is no text", "one text")
        return ""

    def _unknown(self, path: Path_, value: str, text: str, known: Iterable[str]) -> None:
        close = nearest(value, known)
        self._wrong(path, value, text, ", ".join(known), f"did you mean {close}?" if close else "")

    def _wrong(self, path: Path_, value: str, text: str, allowed: str = "", fix: str = "") -> None:
        where = ".".join(map(str, path)) or "mapping"
        self.problems.append(Problem(where, value, text, allowed, fix, self._line(path)))

    def _line(self, path: Path_) -> int:
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)


def _says_a_date(pattern: str) -> bool:
    """Whether dates can be written and read by a pattern: with the year, and with the month where it has the day."""
    if "%Y" not in pattern or ("%d" in pattern and not re.search("%[mbB]", pattern)):
        return False
    try:
        datetime.datetime.strptime(datetime.date(2001, 3, 2).strftime(pattern), pattern)
    except (ValueError, re.error):
        return False
    return True


def may_be_a_value(cells: Cells, code: str) -> bool:
    """Whether a code for missing is a number that the field may have."""
    if not isinstance(cells.kind, (Quantity, Scale)) or not re.fullmatch(r"-?\d+(\.\d+)?", code):
        return False
    try:
        cells.kind.parse(f"{(Decimal(code) * cells.factor).normalize():f}")
    except BadValue:
        return False
    return True
