"""A mapping bound to the columns that an export has: every heading that it names is there, every field once."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from oligoscope.chart.layout import PATIENT_ID, PATIENTS
from oligoscope.chart.mapping.cells import Cells, folded
from oligoscope.chart.mapping.document import AMBIGUOUS_CODE, NUMBER, ExportMap, TableMap, may_be_a_value
from oligoscope.chart.mapping.exports import RawTable, raw_table
from oligoscope.chart.problems import CaseError, Problem
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
    """A part of a table that is read: where it lies, which rows, which columns.

    name: of the table.  key: of this part of it.  where: in the mapping, with its line.
    """

    name: str
    key: str
    raw: RawTable
    rows: Mapping[str, tuple[str, ...]]
    columns: tuple[Bound, ...]
    constants: Mapping[str, str]
    where: str
    line: int

    @property
    def targets(self) -> list[str]:
        """Our columns that come out of it."""
        return [*(column.target for column in self.columns), *self.constants]

    @property
    def as_written(self) -> list[str]:
        """Headings of ids, free words and births."""
        return [each.heading for each in self.columns if each.cells.as_written or each.target == "birth_date"]

    @property
    def takes(self) -> pl.Expr:
        """Of a row whether it is taken."""
        tests = [
            compared(pl.col(heading)).is_in([folded(value) for value in values])
            for heading, values in self.rows.items()
        ]
        return pl.all_horizontal(pl.lit(True), *tests)


Parts = tuple[BoundTable, ...]
"""One table: of the patients parts that are joined by the patient, of a list parts of which one follows another."""


def compared(column: pl.Expr) -> pl.Expr:
    """Cells as `folded` compares codes."""
    return column.fill_null("").str.strip_chars().str.to_lowercase().str.replace(r"^(-?\d+)[.,]0+$", "${1}")


def ignores(mapping: ExportMap, heading: str) -> bool:
    """Whether a heading need not be named."""
    patterns = (re.escape(each).replace(r"\*", ".*") for each in mapping.ignored)
    return any(re.fullmatch(pattern, heading) for pattern in patterns)


def bind(path: Path, mapping: ExportMap, case: type[Case]) -> dict[str, Parts]:
    """The tables that are read, that of the patients first. Raises CaseError where the export has no such column."""
    binder = _Binder(path, mapping, case, [])
    maps = sorted(mapping.tables.items(), key=lambda pair: pair[0] != PATIENTS)
    found = {name: binder.parts(table) for name, table in maps if not table.is_numbered}
    if binder.problems:
        raise CaseError(mapping.name, binder.problems)
    if any("charting" in part.targets for part in found[PATIENTS]):
        # Some patients may be charted by exception, where what is left out is unremarkable.
        return {name: tuple(map(_strict, parts)) for name, parts in found.items()}
    return found


@dataclass
class _Binder:
    """Binds table by table and keeps what does not fit."""

    path: Path
    mapping: ExportMap
    case: type[Case]
    problems: list[Problem]

    def parts(self, table: TableMap) -> Parts:
        several = [table, *table.further]
        found = tuple(self._bound(part, n if len(several) > 1 else 0) for n, part in enumerate(several, 1))
        if table.name == PATIENTS:
            self._once(found)
        elif len({part.raw.label for part in found}) > 1:
            self.problems.append(
                Problem(
                    f"tables.{table.name}", ", ".join(part.raw.label for part in found),
                    "the parts of a list lie in different files", "one file, or one sheet", "put them into one",
                    table.line,
                )
            )  # fmt: skip
        return found

    def _once(self, parts: Parts) -> None:
        """A field of a patient comes out of one part: which of two would hold is not guessed."""
        seen: set[str] = set()
        for part in parts:
            self.problems += [
                Problem(part.where, target, f"two parts give {target}", "one part for each field", line=part.line)
                for target in dict.fromkeys(part.targets)
                if target in seen
            ]
            seen |= {*part.targets} - {PATIENT_ID}

    def _bound(self, table: TableMap, part: int) -> BoundTable:
        raw, where = raw_table(self.path, self.mapping, table), f"tables.{table.name}{f'.{part}' if part else ''}"
        fields = _fields(table.name, self.case)
        columns = list(self._wanted(table, raw, where))
        if table.name == PATIENTS and part < 2:
            for each in self.mapping.tables.values():
                columns += self._numbered(each, raw) if each.is_numbered else []
        if table.same_names:
            taken = {column.heading for column in columns} | {column.target for column in columns}
            columns += [
                Bound(heading, heading, self._as_named(heading, fields, table, where))
                for heading in raw.columns
                if heading in {PATIENT_ID, *fields} - taken and not ignores(self.mapping, heading)
            ]
        for heading in table.rows:
            if heading not in raw.columns:
                self.problems.append(_no_heading(f"{where}.rows", heading, raw, table.line))
        twice = Counter([*(column.target for column in columns), *table.constants])
        self.problems += [
            Problem(
                f"{where}.columns", target, f"{n} columns are {target}", "one column for each field", line=table.line
            )
            for target, n in twice.items()
            if n > 1
        ]
        key = f"{table.name} [{part}]" if part > 1 else table.name
        return BoundTable(table.name, key, raw, table.rows, tuple(columns), table.constants, where, table.line)

    def _wanted(self, table: TableMap, raw: RawTable, where: str) -> Iterator[Bound]:
        for column in table.columns:
            if column.heading in raw.columns:
                yield Bound(column.heading, column.field, column.cells)
            else:
                self.problems.append(_no_heading(f"{where}.columns", column.heading, raw, column.line))

    def _numbered(self, table: TableMap, raw: RawTable) -> Iterator[Bound]:
        """The columns of a list that stand in the table of the patients."""
        item = next(spec.item for spec in lists(self.case) if spec.name == table.name)
        for column in table.columns:
            pattern = re.compile(re.escape(column.heading).replace(re.escape(NUMBER), r"(\d{1,3})", 1))
            matches = [match for heading in raw.columns if (match := pattern.fullmatch(heading))]
            if not matches:
                self.problems.append(_no_heading(f"tables.{table.name}.columns", column.heading, raw, column.line))
            for match in matches:
                yield Bound(match[0], f"{item}{int(match[1])}_{column.field}", column.cells)

    def _as_named(self, heading: str, fields: Mapping[str, FieldSpec], table: TableMap, where: str) -> Cells:
        kind = fields[heading].kind if heading in fields else None
        cells = Cells(kind, table.writing, missing_is_unknown=self.mapping.missing_is_unknown)
        for code in table.writing.missing:
            if may_be_a_value(cells, code):
                self.problems.append(Problem(f"{where}.columns.{heading}", code, *AMBIGUOUS_CODE, table.line))
        return cells


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
