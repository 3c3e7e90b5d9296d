"""The first draft of a mapping, from the headings and cells of an export. Every guess is marked, for a person to read.

What a code means is never guessed: it is left to be filled in (`?`), and a mapping with a `?` is refused.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path

import polars as pl
import yaml

from oligoscope.chart.layout import PATIENT_ID, PATIENTS
from oligoscope.chart.mapping.cells import TO_FILL, as_iso, clean, folded
from oligoscope.chart.mapping.document import NUMBER, ExportMap, Plain, TableMap
from oligoscope.chart.mapping.exports import SUFFIXES, RawTable, raw_table
from oligoscope.chart.problems import CaseError, Problem
from oligoscope.chart.sources.encodings import SEPARATORS
from oligoscope.chart.sources.excel import WORKBOOKS, sheets
from oligoscope.vocabulary.fields import FieldSpec, lists, scalar_fields
from oligoscope.vocabulary.synonyms import factors
from oligoscope.vocabulary.values import BadValue, Day, FieldType, Flag, Procedure, Quantity, Scale, Text, means_unknown

INSTRUMENT, EVENT = "redcap_repeat_instrument", "redcap_event_name"
MOST_CODES = 25
"""A column with more different cells that are no values of a field is probably not that field."""
_DAYS = {
    "%d.%m.%Y": r"\d{1,2}\.\d{1,2}\.\d{4}", "%d/%m/%Y": r"\d{1,2}/\d{1,2}/\d{4}", "%m/%d/%Y": r"\d{1,2}/\d{1,2}/\d{4}",
    "%d-%m-%Y": r"\d{1,2}-\d{1,2}-\d{4}", "%Y/%m/%d": r"\d{4}/\d{1,2}/\d{1,2}", "%Y%m%d": r"\d{8}",
    "%d%b%Y": r"\d{1,2}[A-Za-z]{3}\d{4}", "%d-%b-%Y": r"\d{1,2}-[A-Za-z]{3}-\d{4}",
}  # fmt: skip
_ISO = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?([T ]0?0:00.*)?")
_NUMBER = re.compile(r"[<>]?=?\s*\d+([.,]\d+)?")
_PLAIN = re.compile(r"[^\W\d_][\w ./()+-]*(?<![ :])")


@dataclass(frozen=True)
class Drafted:
    """A mapping as text. n_guessed: fields.  n_to_fill: codes and other things that a person must say."""

    text: str
    n_guessed: int
    n_to_fill: int
    n_left: int

    def __str__(self) -> str:
        return (
            f"{self.n_guessed} fields guessed, {self.n_to_fill} entries to fill in (?), "
            f"{self.n_left} columns not recognised"
        )


@dataclass
class _Found:
    """What the cells of all columns tell together. known_missing: codes for missing, once all columns were seen."""

    known_missing: frozenset[str] = frozenset()
    missing: Counter[str] = field(default_factory=Counter)
    dates: list[set[str]] = field(default_factory=list)
    commas: int = 0
    yes: set[str] = field(default_factory=set)
    no: set[str] = field(default_factory=set)
    n_guessed: int = 0
    n_left: int = 0


def draft(path: Path) -> Drafted:
    """A draft for an export: a file, a workbook or a folder. Raises CaseError where nothing can be read."""
    raws = list(_raw_tables(path))
    first = _Found()
    list(_parts(raws, first))
    found = _Found(frozenset(first.missing))
    tables = [line for table in _parts(raws, found) for line in table]
    head = [
        f"# Drafted from {path.name}: read every line. {TO_FILL} is to be filled in; columns behind # are not read.",
        _format(raws, found),
        "ignored: []  # headings that need not be named; * stands for anything",
        "tables:",
    ]
    lines = [*head, *tables]
    n_to_fill = sum(line.count(_scalar(TO_FILL)) for line in lines if not line.lstrip().startswith("#"))
    return Drafted("\n".join(lines) + "\n", found.n_guessed, n_to_fill, found.n_left)


# ---- where the tables are ------------------------------------------------------------------------


def _raw_tables(path: Path) -> Iterator[tuple[str, TableMap, RawTable]]:
    """(name, where, table) of everything that can be read."""
    if not path.exists():
        raise CaseError(str(path), [Problem("export", str(path), "there is no such file or folder")])
    files = sorted(each for each in path.iterdir() if each.suffix.lower() in SUFFIXES) if path.is_dir() else [path]
    if not files:
        raise CaseError(str(path), [Problem("export", str(path), "nothing here can be read", ", ".join(SUFFIXES))])
    mapping = ExportMap("draft", {})
    for file in files:
        named = file.name if path.is_dir() else ""
        if file.suffix.lower() in WORKBOOKS:
            for sheet in sheets(file):
                where = TableMap(sheet, file=named, sheet=sheet)
                yield sheet, where, raw_table(path, mapping, where)
        else:
            yield file.stem, TableMap(file.stem, file=named), raw_table(path, mapping, TableMap(file.stem, file=named))


def _parts(raws: Sequence[tuple[str, TableMap, RawTable]], found: _Found) -> Iterator[list[str]]:
    """The lines of each table of the registry."""
    taken: set[str] = set()
    for name, where, raw in raws:
        pieces = (piece.frame for piece in raw.pieces())
        frame = next(pieces, pl.DataFrame(schema=dict.fromkeys(raw.columns, pl.String)))
        for part, rows, own in _by_instrument(frame, name, len(raws) == 1):
            if part in taken or not part:
                yield [f"  # {raw.label}{f' {rows}' if rows else ''}: not recognised"]
                continue
            taken.add(part)
            keys = {"file": where.file, "sheet": where.sheet}
            place = [f"    {key}: {_scalar(value)}" for key, value in keys.items() if value]
            yield [f"  {part}:", *place, *_rows(rows, own), *_columns(part, own, found)]


def _by_instrument(frame: pl.DataFrame, name: str, alone: bool) -> Iterator[tuple[str, dict[str, str], pl.DataFrame]]:
    """(table, which rows, these rows): REDCap has several forms in one file."""
    if INSTRUMENT not in frame.columns:
        yield _table_called(name) or (PATIENTS if alone or "patient" in name.casefold() else ""), {}, frame
        return
    forms = frame[INSTRUMENT].fill_null("")
    for form in forms.unique().sort():
        rows = frame.filter(forms == form)
        filled = [c for c in rows.columns if c == INSTRUMENT or rows[c].is_not_null().any()]
        yield _table_called(form) if form else PATIENTS, {INSTRUMENT: form}, rows.select(filled)


def _rows(rows: Mapping[str, str], frame: pl.DataFrame) -> list[str]:
    chosen = dict(rows)
    note = ""
    if EVENT in frame.columns:
        events = frame[EVENT].drop_nulls().unique().sort().to_list()
        chosen[EVENT] = events[0] if len(events) == 1 else TO_FILL
        note = f"  # events: {', '.join(events)}" if len(events) > 1 else ""
    inside = ", ".join(f"{key}: {_scalar(value)}" for key, value in chosen.items())
    return [f"    rows: {{{inside}}}{note}"] if chosen else []


# ---- columns -------------------------------------------------------------------------------------


def _columns(table: str, frame: pl.DataFrame, found: _Found) -> Iterator[str]:
    headings = [name for name in frame.columns if name not in ("line__", INSTRUMENT, EVENT)]
    numbered = _numbered(headings) if table == PATIENTS else {}
    yield "    columns:"
    inside = {heading for group in numbered.values() for each in group.values() for heading in each}
    forms = _prefixes(headings)
    for heading in headings:
        if heading not in inside:
            yield from _entry(heading, forms.get(heading, heading), table, [frame[heading]], found)
    for list_name, group in numbered.items():
        yield f"  {list_name}:"
        yield "    columns:"
        for pattern, each in group.items():
            yield from _entry(pattern, _without_number(pattern), list_name, [frame[one] for one in each], found)


def _entry(heading: str, said: str, table: str, columns: Sequence[pl.Series], found: _Found) -> Iterator[str]:
    """One column, or the like ones of a list: its field, and what its cells need to be read."""
    name, is_own = _field_called(said, table)
    cells = Counter[str]()
    for column in columns:
        counts = column.drop_nulls().value_counts()
        cells.update({clean(text): n for text, n in counts.iter_rows() if clean(text)})
    spec = _fields(table).get(name)
    needs = _needs(spec.kind, said, cells, found, is_own) if spec else ("", "")
    if not name or needs is None:
        found.n_left += 1
        yield f"      # {_scalar(heading)}: {_scalar(TO_FILL)}"
        return
    found.n_guessed += not is_own
    options, note = needs
    notes = [part for part in ("" if is_own else "guessed", note) if part]
    value = f"{{field: {name}, {options}}}" if options else name
    comment = f"  # {'; '.join(notes)}" if notes else ""
    yield f"      {_scalar(heading)}: {value}{comment}"


def _needs(kind: FieldType, said: str, cells: Counter[str], found: _Found, is_own: bool) -> tuple[str, str] | None:
    """(options, what to say beside them) for the cells of a field; None where they cannot be this field."""
    if isinstance(kind, Text):
        return "", ""
    if isinstance(kind, Day):
        return _of_dates(cells, found)
    if isinstance(kind, (Quantity, Scale)):
        options = _of_numbers(kind, said, cells, found)
        # A column that is called size_cm says its unit, whatever else its name is read as.
        return ("", options[1]) if options and is_own and isinstance(kind, Quantity) else options
    return _of_words(kind, cells, found)


def _of_dates(cells: Counter[str], found: _Found) -> tuple[str, str] | None:
    dates = [text for text in cells if any(map(str.isdigit, text)) and not text.startswith("-")]
    found.missing.update(text for text in cells if text not in dates)
    others = [re.sub(r"[T ]0?0:00.*", "", text) for text in dates if not _ISO.fullmatch(text)]
    if others:
        fits = {pattern for pattern, look in _DAYS.items() if all(re.fullmatch(look, text) for text in others)}
        proven = {pattern for pattern in fits if all(as_iso(text, pattern) for text in others)}
        if not proven:
            return None
        found.dates.append(proven)
    return "", ""


def _of_numbers(kind: Quantity | Scale, said: str, cells: Counter[str], found: _Found) -> tuple[str, str] | None:
    numbers = [text for text in cells if _NUMBER.fullmatch(text)]
    if cells and not numbers and not all(means_unknown(text) or text in found.known_missing for text in cells):
        return None
    found.missing.update(text for text in cells if text not in numbers)
    found.commas += sum("," in text for text in numbers)
    if isinstance(kind, Scale):
        codes = [text for text in numbers if not _parses(kind, folded(text))]
        return _codes(codes, kind) if codes else ("", "numbers are read as the grade itself")
    return _unit(kind, said)


def _unit(kind: Quantity, said: str) -> tuple[str, str]:
    """A unit that the heading has; of a length it is never taken for granted."""
    known = factors(kind.unit)
    unit = next((word for word in re.split(r"[\W_]+", said.casefold()) if word in known), "")
    if unit:
        return ("" if known[unit] == "1" else f"unit: {unit}"), ""
    return (f"unit: {_scalar(TO_FILL)}", f"fill in {', '.join(known)}") if kind.unit in ("cm", "mm") else ("", "")


def _of_words(kind: FieldType, cells: Counter[str], found: _Found) -> tuple[str, str] | None:
    if isinstance(kind, Flag):
        said_yes = {text for text in cells if text.casefold() in _headings()["yes"]}
        said_no = {text for text in cells if text.casefold() in _headings()["no"]}
        found.yes |= {text for text in said_yes if not _parses(kind, text)}
        found.no |= {text for text in said_no if not _parses(kind, text)}
        cells = Counter({text: n for text, n in cells.items() if text not in said_yes | said_no})
    missing = {text for text in cells if _stands_for_missing(text) or text in found.known_missing}
    found.missing.update(text for text in missing if not means_unknown(text))
    unread = [text for text in cells if text not in missing and (text[0].isdigit() or not _parses(kind, text))]
    if isinstance(kind, Procedure) and all(_parses(kind, text) for text in unread):
        unread = []
    if len(unread) > MOST_CODES:
        return None
    # Beside words of its own a mapping reads only the vocabulary's own spelling: m, where w has to be explained.
    others = [text for text in cells if text not in missing and text not in unread and not _is_own(kind, text)]
    return _codes([*unread, *others], kind) if unread else ("", "")


def _codes(codes: Sequence[str], kind: FieldType) -> tuple[str, str]:
    """Every code with its meaning to be filled in."""
    order = sorted(codes, key=lambda code: (len(code), code))
    words = ", ".join(f"{_scalar(code)}: {_scalar(TO_FILL)}" for code in order)
    return f"words: {{{words}}}", f"fill in {kind.allowed()}"


def _stands_for_missing(text: str) -> bool:
    return means_unknown(text) or re.fullmatch(r"-\d+", text) is not None


def _is_own(kind: FieldType, text: str) -> bool:
    """Whether a value is spelled as the vocabulary has it."""
    try:
        kind.parse_one(text)
    except BadValue:
        return False
    return True


def _parses(kind: FieldType, text: str) -> bool:
    try:
        kind.parse(text)
    except BadValue:
        return False
    return True


# ---- headings ------------------------------------------------------------------------------------


def _field_called(said: str, table: str) -> tuple[str, bool]:
    """(the field that a heading names, whether it is called so itself); ("", False) for none."""
    fields = _fields(table)
    own = said.strip().casefold().replace(" ", "_")
    if own in fields or own == PATIENT_ID:
        return own, True
    words = _words_of(said)
    known = _headings().get(table, {})
    for name in (*known, *fields):
        if words in known.get(name, ()) or words == name.replace("_", " "):
            return name, False
    return "", False


def _table_called(name: str) -> str:
    words = _words_of(name)
    if words in ("patients", "patient", "patienten", "baseline", "demographics"):
        return PATIENTS
    known = {**{spec.name: [] for spec in lists()}, **_headings()["tables"]}
    return next((table for table, names in known.items() if words in [*names, table.replace("_", " ")]), "")


def _words_of(heading: str) -> str:
    return re.sub(r"[\W_]+", " ", heading.casefold()).strip()


def _prefixes(headings: Iterable[str]) -> dict[str, str]:
    """Headings without a first word that several of them share: les_organ, les_mm."""
    found = [_words_of(heading) for heading in headings]
    first = Counter(words.split()[0] for words in found if len(words.split()) > 1)
    known = {each for names in _headings()["tables"].values() for each in names}
    return {
        heading: words.partition(" ")[2] if (w := words.partition(" ")[0]) in known and first[w] > 1 else heading
        for heading, words in zip(headings, found, strict=True)
    }


def _numbered(headings: Sequence[str]) -> dict[str, dict[str, list[str]]]:
    """By list, by pattern with {n}, the headings of numbered columns: Metastase 1 Organ, Metastase 2 Organ."""
    groups: dict[str, list[str]] = {}
    for heading in headings:
        for match in re.finditer(r"\d+", heading):
            groups.setdefault(f"{heading[: match.start()]}{NUMBER}{heading[match.end() :]}", []).append(heading)
    found: dict[str, dict[str, list[str]]] = {}
    for pattern, each in groups.items():
        table = next((t for word in _words_of(pattern.replace(NUMBER, " ")).split() if (t := _table_called(word))), "")
        if len(each) > 1 and table and table != PATIENTS:
            found.setdefault(table, {})[pattern] = each
    return found


def _without_number(pattern: str) -> str:
    """What a numbered heading says of an item: organ, of Metastase {n} Organ."""
    words = _words_of(pattern.replace(NUMBER, " ")).split()
    return " ".join(word for word in words if not _table_called(word)) or " ".join(words)


@cache
def _fields(table: str) -> Mapping[str, FieldSpec]:
    specs = scalar_fields() if table == PATIENTS else next((s.fields for s in lists() if s.name == table), ())
    return {spec.column: spec for spec in specs}


@cache
def _headings() -> Mapping[str, Plain]:
    text = resources.files("oligoscope.chart.mapping").joinpath("headings.yaml").read_text("utf-8")
    loaded: Mapping[str, Plain] = yaml.load(text.casefold(), Loader=yaml.BaseLoader)
    return loaded


# ---- writing -------------------------------------------------------------------------------------


def _format(raws: Sequence[tuple[str, TableMap, RawTable]], found: _Found) -> str:
    said: dict[str, str] = {}
    forms = {raw.said for _, _, raw in raws if "separated by" in raw.said}
    if len(forms) == 1:
        encoding, _, separator = forms.pop().partition(", columns separated by ")
        said |= {"separator": separator, "encoding": encoding}
    assert set(SEPARATORS) >= {said.get("separator", "comma")}
    if found.commas:
        said["decimal"] = '","'
    notes = []
    if found.dates:
        fits = set.intersection(*found.dates)
        said["dates"] = json.dumps(fits.pop()) if len(fits) == 1 else _scalar(TO_FILL)
        if said["dates"] == _scalar(TO_FILL):
            notes.append(f"dates may be {' or '.join(sorted(set.union(*found.dates)))}: say which")
    for key, words in (("yes", found.yes), ("no", found.no), ("missing", set(found.missing))):
        if words:
            said[key] = f"[{', '.join(map(_scalar, sorted(words)))}]"
    inside = ", ".join(f"{key}: {value}" for key, value in said.items())
    return f"format: {{{inside}}}  # {'; '.join(['guessed', *notes])}"


def _scalar(text: str) -> str:
    """A text as YAML writes it, in flow style too."""
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
