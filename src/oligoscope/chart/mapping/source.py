"""An export behind the protocol of a registry: rows out, in our names and words, and rejects back in the export's."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import polars as pl

from oligoscope.chart.layout import PATIENT_ID, PATIENTS
from oligoscope.chart.mapping.cells import Cells, NotRead, folded
from oligoscope.chart.mapping.document import AMBIGUOUS_CODE, NUMBER, ExportMap, TableMap, may_be_a_value
from oligoscope.chart.mapping.exports import RawTable, raw_table
from oligoscope.chart.mapping.tally import Seen, Tally
from oligoscope.chart.problems import CaseError, Problem
from oligoscope.chart.rejects import LINE, REJECTS, as_rejects, guarded, no_rejects
from oligoscope.chart.repairs import Repairs
from oligoscope.chart.sources import Piece
from oligoscope.spelling import nearest
from oligoscope.vocabulary.fields import FieldSpec, lists, scalar_fields
from oligoscope.vocabulary.words import Case


@dataclass(frozen=True)
class Bound:
    """One column of the export that is read. target: our column, such as lesion2_size_cm."""

    heading: str
    target: str
    cells: Cells


@dataclass(frozen=True)
class BoundTable:
    """A table that is read: where it lies, which rows, which columns."""

    name: str
    raw: RawTable
    rows: Mapping[str, tuple[str, ...]]
    columns: tuple[Bound, ...]
    constants: Mapping[str, str]

    @property
    def as_written(self) -> list[str]:
        """Headings of ids, free words and births."""
        return [each.heading for each in self.columns if each.cells.as_written or each.target == "birth_date"]

    @property
    def takes(self) -> pl.Expr:
        """Of a row whether it is taken."""
        tests = [
            _compared(pl.col(heading)).is_in([folded(value) for value in values])
            for heading, values in self.rows.items()
        ]
        return pl.all_horizontal(pl.lit(True), *tests)


class _Values:
    """What stands in the columns by which rows are chosen."""

    def __init__(self, headings: Iterable[str]) -> None:
        self.found: dict[str, set[str]] = {heading: set() for heading in headings}

    def add(self, frame: pl.DataFrame) -> None:
        for heading, values in self.found.items():
            values |= set(frame[heading].fill_null("").unique())

    def told(self) -> str:
        return "; ".join(
            f"{head}: {', '.join(each or '(empty)' for each in sorted(v))}" for head, v in self.found.items()
        )


class MappedSource:
    """An export with its mapping: a registry's `Source`. repairs: corrections of its cells."""

    def __init__(self, path: Path, mapping: ExportMap, case: type[Case] = Case, repairs: Repairs | None = None) -> None:
        self.path, self.mapping, self.case, self.repairs = path, mapping, case, repairs
        self.name = path.name
        self._tallies: dict[str, Tally] = {}

    # ---- a registry ------------------------------------------------------------------------------

    @property
    def format(self) -> str:
        return "parquet" if self.tables[PATIENTS].raw.path.suffix.lower() == ".parquet" else "csv"

    def columns(self) -> Mapping[str, Sequence[str]]:
        return {
            name: [*(column.target for column in table.columns), *table.constants]
            for name, table in self.tables.items()
        }

    def labels(self) -> Mapping[str, str]:
        """By table a name of its own, though one file may hold several."""
        shared = Counter(table.raw.label for table in self.tables.values())
        return {
            name: table.raw.label if shared[table.raw.label] == 1 else f"{table.raw.label} {name}"
            for name, table in self.tables.items()
        }

    def inputs(self) -> Sequence[Path]:
        return list(dict.fromkeys(table.raw.path for table in self.tables.values()))

    def pieces(self, table: str) -> Iterator[Piece]:
        """The rows of a table in our words; a cell whose meaning is not said is a reject."""
        bound, label = self.tables[table], self.labels()[table]
        first = table == self._first_of(bound.raw)
        if first:  # A registry that turns out to be large is read a second time, and counted once.
            self._tallies[bound.raw.label] = self._new_tally(bound.raw)
        tally = self._tallies[bound.raw.label]
        seen = {column.target: Seen() for column in bound.columns}
        n_taken, there = 0, _Values(bound.rows)
        for piece in self._raw_pieces(bound.raw):
            if first:
                tally.add(piece.frame, self._readers(bound.raw))
            frame = piece.frame.filter(bound.takes)
            n_taken += len(frame)
            there.add(piece.frame)
            read, rejects = _read(frame, bound, label, seen)
            unread = piece.rejects.with_columns(file=pl.lit(label)) if first else no_rejects()
            yield Piece(read, pl.concat([unread, *rejects]))
        if not n_taken and there.found:
            if table == PATIENTS or self._says_none(table):
                raise self._no_rows(table, there)
            tally.without_rows[table] = there.told()
        for column in bound.columns:
            tally.seen[table, column.heading, column.target] = seen[column.target]

    def _says_none(self, table: str) -> bool:
        """Whether a list without an entry says of every patient that there is none."""
        return any(spec.none_if_empty for spec in lists(self.case) if spec.name == table)

    def _no_rows(self, table: str, there: "_Values") -> CaseError:
        """That a choice of rows takes none: a word in it is probably misspelt, and nobody would have a lesion."""
        text, line = "no row is taken", self.mapping.tables[table].line
        return CaseError(self.mapping.name, [Problem(f"tables.{table}.rows", "", text, there.told(), "", line)])

    def named(self, rejects: pl.DataFrame) -> pl.DataFrame:
        """Rejects as the export has them: its file, its heading, and what its cell holds."""
        labels, found = self.labels(), []
        for name, table in self.tables.items():
            mine = rejects.filter(pl.col("file") == labels[name])
            if len(mine):
                found.append(_named(mine, table, self._raw_pieces(table.raw)))
        other = rejects.filter(~pl.col("file").is_in(list(labels.values())))
        return guarded(pl.concat([no_rejects(), *found, other]))

    def _raw_pieces(self, raw: RawTable) -> Iterator[Piece]:
        return self.repairs.over(raw.label, raw.pieces()) if self.repairs else raw.pieces()

    # ---- what became of it -----------------------------------------------------------------------

    @property
    def tallies(self) -> Sequence[Tally]:
        """By table of the export what was read of it, once every piece was."""
        return list(self._tallies.values())

    def _new_tally(self, raw: RawTable) -> Tally:
        fields: dict[str, list[str]] = {heading: [] for heading in raw.columns}
        readers = self._readers(raw)
        for column in (column for table in readers for column in table.columns):
            fields[column.heading].append(column.target)
        ignored = [heading for heading in raw.columns if self._is_ignored(heading)]
        return Tally(raw.label, raw.said, fields, ignored, {heading for table in readers for heading in table.rows})

    def _is_ignored(self, heading: str) -> bool:
        patterns = (re.escape(each).replace(r"\*", ".*") for each in self.mapping.ignored)
        return any(re.fullmatch(pattern, heading) for pattern in patterns)

    def _first_of(self, raw: RawTable) -> str:
        """The table under which rows of a file that cannot be read are counted."""
        names = [name for name, table in self.tables.items() if table.raw.label == raw.label]
        return PATIENTS if PATIENTS in names else names[0]

    def _readers(self, raw: RawTable) -> list[BoundTable]:
        return [table for table in self.tables.values() if table.raw.label == raw.label]

    # ---- binding a mapping to the columns that are there -----------------------------------------

    @cached_property
    def tables(self) -> Mapping[str, BoundTable]:
        """The tables that are read. Raises CaseError where the export has no such column."""
        problems: list[Problem] = []
        maps = sorted(self.mapping.tables.items(), key=lambda pair: pair[0] != PATIENTS)
        found = {
            name: self._bound(table, raw_table(self.path, self.mapping, table), problems)
            for name, table in maps
            if not table.is_numbered
        }
        if problems:
            raise CaseError(self.mapping.name, problems)
        return {name: _strict(table) for name, table in found.items()} if _by_exception(found[PATIENTS]) else found

    def _bound(self, table: TableMap, raw: RawTable, problems: list[Problem]) -> BoundTable:
        fields = _fields(table.name, self.case)
        columns = list(self._wanted(table, raw, problems))
        if table.name == PATIENTS:
            for each in self.mapping.tables.values():
                columns += self._numbered(each, raw, problems) if each.is_numbered else []
        if table.same_names:
            taken = {column.heading for column in columns} | {column.target for column in columns}
            columns += [
                Bound(heading, heading, self._as_named(heading, fields, table, problems))
                for heading in raw.columns
                if heading in {PATIENT_ID, *fields} - taken and not self._is_ignored(heading)
            ]
        for heading in table.rows:
            if heading not in raw.columns:
                problems.append(_no_heading(f"tables.{table.name}.rows", heading, raw, table.line))
        twice = Counter([*(column.target for column in columns), *table.constants])
        problems += [
            Problem(
                f"tables.{table.name}.columns", target, f"{n} columns are {target}", "one column for each field",
                line=table.line,
            )
            for target, n in twice.items()
            if n > 1
        ]  # fmt: skip
        return BoundTable(table.name, raw, table.rows, tuple(columns), table.constants)

    def _wanted(self, table: TableMap, raw: RawTable, problems: list[Problem]) -> Iterator[Bound]:
        for column in table.columns:
            if column.heading in raw.columns:
                yield Bound(column.heading, column.field, column.cells)
            else:
                problems.append(_no_heading(f"tables.{table.name}.columns", column.heading, raw, column.line))

    def _numbered(self, table: TableMap, raw: RawTable, problems: list[Problem]) -> Iterator[Bound]:
        """The columns of a list that stand in the table of the patients."""
        item = next(spec.item for spec in lists(self.case) if spec.name == table.name)
        for column in table.columns:
            pattern = re.compile(re.escape(column.heading).replace(re.escape(NUMBER), r"(\d{1,3})", 1))
            matches = [match for heading in raw.columns if (match := pattern.fullmatch(heading))]
            if not matches:
                problems.append(_no_heading(f"tables.{table.name}.columns", column.heading, raw, column.line))
            for match in matches:
                yield Bound(match[0], f"{item}{int(match[1])}_{column.field}", column.cells)

    def _as_named(
        self, heading: str, fields: Mapping[str, FieldSpec], table: TableMap, problems: list[Problem]
    ) -> Cells:
        kind = fields[heading].kind if heading in fields else None
        cells = Cells(kind, table.writing, missing_is_unknown=self.mapping.missing_is_unknown)
        for code in table.writing.missing:
            if may_be_a_value(cells, code):
                problems.append(Problem(f"tables.{table.name}.columns.{heading}", code, *AMBIGUOUS_CODE, table.line))
        return cells


def _by_exception(patients: BoundTable) -> bool:
    """Whether some patients may be charted by exception, where what is left out is unremarkable."""
    return "charting" in {*(column.target for column in patients.columns), *patients.constants}


def _strict(table: BoundTable) -> BoundTable:
    """The same table, a code for missing not taken for a cell that was left out."""
    columns = (replace(each, cells=replace(each.cells, missing_is_unknown=True)) for each in table.columns)
    return replace(table, columns=tuple(columns))


def _fields(table: str, case: type[Case]) -> Mapping[str, FieldSpec]:
    specs: Iterable[FieldSpec] = scalar_fields(case)
    if table != PATIENTS:
        specs = next(spec.fields for spec in lists(case) if spec.name == table)
    return {spec.column: spec for spec in specs}


def _no_heading(where: str, heading: str, raw: RawTable, line: int) -> Problem:
    close = nearest(heading, raw.columns)
    fix = f"did you mean {close}?" if close else f"name one of the headings of {raw.label}"
    shown = ", ".join(raw.columns[:40]) + (" …" if len(raw.columns) > 40 else "")
    return Problem(where, heading, f"{raw.label} has no column {heading}", shown, fix, line)


def _compared(column: pl.Expr) -> pl.Expr:
    """Cells as `folded` compares codes."""
    return column.fill_null("").str.strip_chars().str.to_lowercase().str.replace(r"^(-?\d+)[.,]0+$", "${1}")


def _read(
    frame: pl.DataFrame, table: BoundTable, label: str, seen: Mapping[str, Seen]
) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """The columns of a table in our words, and rejects for cells without a meaning."""
    found: dict[str, pl.Series | pl.Expr] = {}
    bad: list[tuple[Bound, dict[str, str]]] = []
    for column in table.columns:
        series, unread = _column(frame[column.heading], column.cells, seen[column.target])
        found[column.target] = series
        if unread:
            bad.append((column, unread))
    constants = {name: pl.lit(value) for name, value in table.constants.items()}
    read = frame.select(LINE, **found, **constants)
    rejects = []
    for column, unread in bad:
        rows = read.select(PATIENT_ID, LINE, value=frame[column.heading]).filter(pl.col("value").is_in(list(unread)))
        reasons = pl.col("value").replace_strict(list(unread), list(unread.values()), return_dtype=pl.String)
        rejects.append(as_rejects(rows, label, column.target, pl.col("value"), reasons))
    return read, rejects


def _column(series: pl.Series, cells: Cells, seen: Seen) -> tuple[pl.Series, dict[str, str]]:
    """One column, each distinct cell read once; and why some mean nothing."""
    if cells.as_written:
        return _as_written(series, cells, seen), {}
    texts = pl.Categories.random()
    coded = series.cast(pl.Categorical(texts))
    distinct = texts.to_series().to_list()
    values: list[str | None] = []
    unread: dict[str, str] = {}
    for text in distinct:
        try:
            values.append(cells.read(text))
        except NotRead as error:
            values.append(None)
            unread[text] = str(error)
    places = coded.to_physical().fill_null(len(distinct))
    seen.add(distinct, values, unread, places)
    return pl.Series([*values, None], dtype=pl.String).gather(places), unread


def _as_written(series: pl.Series, cells: Cells, seen: Seen) -> pl.Series:
    """Ids and free words, of which nearly every cell is another: a million in 0.3 s, where one by one takes 5 s."""
    text = pl.col(series.name).str.normalize("NFC").str.strip_chars()
    missing = _compared(text).is_in([folded(code) for code in cells.writing.missing])
    frame = series.to_frame().select(
        text=pl.when(text != "").then(text), missing=missing & text.is_not_null() & (text != "")
    )
    instead = pl.lit("unknown") if cells.missing_is_unknown else pl.lit(None, pl.String)
    seen.add_as_written(frame["text"], int(frame["missing"].sum()))
    return frame.select(pl.when("missing").then(instead).otherwise("text").alias(series.name)).to_series()


def _named(rejects: pl.DataFrame, table: BoundTable, pieces: Iterator[Piece]) -> pl.DataFrame:
    headings = {column.target: column.heading for column in table.columns}
    heading = pl.col("field").replace_strict(headings, default=pl.col("field"), return_dtype=pl.String)
    told = rejects.with_columns(file=pl.lit(table.raw.label), field=heading)
    wanted = [name for name in told["field"].unique() if name in set(headings.values())]
    if not wanted:
        return told
    rows = told["row"].unique().implode()
    parts = [
        piece.frame.filter(pl.col(LINE).is_in(rows)).select(LINE, *wanted).unpivot(
            wanted, index=LINE, variable_name="field", value_name="written"
        )
        for piece in pieces
    ]  # fmt: skip
    cells = pl.concat(parts)
    joined = told.join(cells, left_on=["row", "field"], right_on=[LINE, "field"], how="left", maintain_order="left")
    written = pl.when(pl.col("field").is_in(wanted)).then(pl.col("written")).otherwise(pl.col("value"))
    return joined.with_columns(value=written).select(list(REJECTS))
