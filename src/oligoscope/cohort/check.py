"""A registry, or an export with its mapping, read without being assessed: what was understood, column by column."""

import datetime
import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from oligoscope.chart.batch import ChartReader
from oligoscope.chart.columns import as_text
from oligoscope.chart.layout import PATIENT_ID, PATIENTS, Layout, check_layout
from oligoscope.chart.mapping.source import MappedSource
from oligoscope.chart.mapping.tally import Seen
from oligoscope.chart.personal import Looks
from oligoscope.chart.rejects import ERROR, in_order, no_rejects
from oligoscope.chart.sources import Source
from oligoscope.chart.sources.files import find_files
from oligoscope.cohort.gather import AT_ONCE, gather
from oligoscope.cohort.run import other_source
from oligoscope.vocabulary.fields import FieldSpec, lists, scalar_fields
from oligoscope.vocabulary.synonyms import UNKNOWN
from oligoscope.vocabulary.values import BadValue, FieldType, Text

MOST_EXAMPLES = 3
_NUMBER = re.compile(r"[<>=]*\s*\d.*\d|\d")


@dataclass(frozen=True)
class ColumnRead:
    """One column. fields: ours that are made of it.  n_unknown: of n_rows, those of which nothing is known.

    examples: a cell, what it was read as ("" where it was not), and how many there are; none of what may name a person.
    """

    file: str
    column: str
    fields: tuple[str, ...]
    n_rows: int
    n_unknown: int
    n_rejected: int
    examples: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True)
class Checked:
    """What was understood. said: by file how it was read.  not_used: by file the columns that no field is made of.

    personal: what looks like something by which a person is known.
    """

    n_patients: int
    n_left_out: int
    rejects: pl.DataFrame
    said: Mapping[str, str]
    columns: tuple[ColumnRead, ...]
    not_used: Mapping[str, tuple[str, ...]]
    personal: tuple[str, ...]

    @property
    def n_rejected(self) -> int:
        """Entries that would not be accepted."""
        return int((self.rejects["severity"] == ERROR).sum())


def check_registry(
    source: Path, today: datetime.date, *, mapping: Path | None = None, by_exception: bool = False
) -> Checked:
    """Read a registry and say what was understood. Raises CaseError where it cannot be read at all."""
    rows = other_source(source, mapping, None, by_exception=by_exception) or find_files(source)
    layout = check_layout(rows.columns(), rows.labels(), rows.name)
    reader, own = ChartReader(layout, today, by_exception=by_exception), _Own(layout)
    rejects, n_patients, n_left_out = [no_rejects()], 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for chunk in gather(rows, layout, AT_ONCE, Path(folder)).chunks:
            if not isinstance(rows, MappedSource):
                own.add({PATIENTS: chunk.patients, **chunk.lists})
            batch = reader.read(chunk)
            rejects.append(batch.rejects)
            n_patients += len(batch.patients)
            n_left_out += batch.left_out
    named = in_order(rows.named(pl.concat(rejects)))
    if isinstance(rows, MappedSource):
        return _mapped(rows, named, n_patients, n_left_out)
    said = {label: _form(rows) for label in layout.labels.values()}
    columns = tuple(own.columns(_rejected(named)))
    return Checked(n_patients, n_left_out, named, said, columns, {}, tuple(own.personal()))


def _form(rows: Source) -> str:
    return "Parquet" if rows.format == "parquet" else "utf-8, columns separated by comma"


def _mapped(rows: MappedSource, rejects: pl.DataFrame, n_patients: int, n_left_out: int) -> Checked:
    bad = _rejected(rejects)
    columns = []
    for tally in rows.tallies:
        for heading, fields in tally.fields.items():
            seen = [each for (_, name, _), each in tally.seen.items() if name == heading]
            hidden = PATIENT_ID in fields or any(tally.told(heading))
            columns += [_column(tally.label, heading, fields, seen, bad, hidden=hidden)] if fields else []
    return Checked(
        n_patients, n_left_out, rejects,
        {tally.label: f"{tally.said}, by {rows.mapping.name}" for tally in rows.tallies}, tuple(columns),
        {tally.label: tuple(tally.not_used) for tally in rows.tallies if tally.not_used},
        tuple(told for tally in rows.tallies for told in tally.personal),
    )  # fmt: skip


def _rejected(rejects: pl.DataFrame) -> Counter[tuple[str, str]]:
    errors = rejects.filter(pl.col("severity") == ERROR)
    return Counter({(file, name): n for file, name, n in errors.group_by("file", "field").len().iter_rows()})


def _column(
    file: str, heading: str, fields: Iterable[str], seen: list[Seen], bad: Counter[tuple[str, str]], *, hidden: bool
) -> ColumnRead:
    examples: Counter[tuple[str, str]] = Counter()
    for each in seen:
        for (text, value), n in each.examples.items():
            examples[text.strip(), "" if text in each.unmapped else value or UNKNOWN] += n
    n_rows = sum(each.n_rows for each in seen)
    n_unknown = n_rows - sum(each.n_known + each.unmapped.total() for each in seen)
    shown = tuple((text, value, n) for (text, value), n in examples.most_common(MOST_EXAMPLES) if not hidden)
    return ColumnRead(file, heading, tuple(dict.fromkeys(fields)), n_rows, n_unknown, bad[file, heading], shown)


class _Own:
    """The columns of a registry in its own form, counted chunk by chunk."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._seen: dict[tuple[str, str], Seen] = {}
        self._looks: dict[tuple[str, str], Looks] = {}

    def add(self, tables: Mapping[str, pl.DataFrame]) -> None:
        for table, frame in tables.items():
            kinds = _kinds(self._layout, table)
            for column in self._layout.columns[table]:
                own, unit = self._layout.units.get(table, {}).get(column, (column, ""))
                kind, place = kinds.get(own), (self._layout.labels[table], column)
                _add(self._seen.setdefault(place, Seen()), as_text(frame[column]), kind, unit)
                if kind is None or isinstance(kind, Text) or column == "birth_date":
                    self._looks.setdefault(place, Looks()).add(as_text(frame[column]))

    def columns(self, bad: Counter[tuple[str, str]]) -> Iterator[ColumnRead]:
        for (file, column), seen in self._seen.items():
            looks = self._looks.get((file, column), Looks())
            hidden = column == PATIENT_ID or any(looks.told(column, (column,)))
            yield _column(file, column, (column,), [seen], bad, hidden=hidden)

    def personal(self) -> Iterator[str]:
        for (file, column), looks in self._looks.items():
            yield from (f"{file} {column}: {told}" for told in looks.told(column, (column,)))


def _kinds(layout: Layout, table: str) -> dict[str, FieldType]:
    """The kind of every column of a table that is a field."""
    specs: tuple[FieldSpec, ...] = scalar_fields() if table == PATIENTS else ()
    found = {spec.column: spec.kind for spec in specs}
    for each in lists():
        own = {spec.column: spec.kind for spec in each.fields}
        if each.name == table:
            found |= own
        elif table == PATIENTS:
            found |= {column: own[name] for (_, name), column in layout.numbered.get(each.name, {}).items()}
    return found


def _add(seen: Seen, cells: pl.Series, kind: FieldType | None, unit: str) -> None:
    if kind is None or isinstance(kind, Text):
        seen.add_as_written(cells, 0)
        return
    counts = cells.value_counts()
    texts, values, unread = [], [], []
    for text in counts[cells.name].drop_nulls():
        texts.append(text)
        try:
            value = kind.parse(f"{text} {unit}" if unit and _NUMBER.fullmatch(text.strip()) else text)
            values.append(None if value.is_unknown else str(value))
        except BadValue:
            values.append(None)
            unread.append(text)
    places = cells.replace_strict(texts, list(range(len(texts))), default=len(texts), return_dtype=pl.Int64)
    seen.add(texts, values, unread, places)
