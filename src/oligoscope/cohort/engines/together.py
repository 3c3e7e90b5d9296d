"""What a database needs to answer a registry: one row per patient in, with all that the registry says of them as nested
lists, and rows of answers, rejects and a summary out, as Arrow record batches.

In: patient_id, and for each table (patients, lesions …) a list of its rows of that id: structs of line__, lost__ and
the table's columns. A patient's rows are all in one input row, so repeated ids, rows of nobody and lists are seen here
just as from files. lost__: the text of a row that could not be read, else null.

Out: rows of several kinds in one table, told apart by `kind__`; a column that a kind does not have is null there.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import polars as pl
import pyarrow as pa

from oligoscope.chart.batch import ChartReader, Chunk
from oligoscope.chart.layout import PATIENT_ID, PATIENTS
from oligoscope.chart.rejects import LINE, REJECTS, as_rejects
from oligoscope.cohort.answers import AnswerRows, answer_batch, tables_of
from oligoscope.cohort.engines import REJECTS as REJECT_ROWS
from oligoscope.cohort.summary import Summary
from oligoscope.knowledge import Knowledge
from oligoscope.tables.columnar import Memory

KIND, LOST, SUMMARY = "kind__", "lost__", "summary"
ORDER = "line__"
PATIENTS_AT_ONCE = 50_000
"""Batches are joined up to this many: a batch costs about 0.3 s beside the work for its patients."""


@dataclass(frozen=True)
class Answering:
    """Turns batches of nested patients into batches of results; small, and sent to workers as it is."""

    reader: ChartReader
    knowledge: Knowledge

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The results of some batches, at the end the summary of all of them."""
        memory, summary = Memory(), Summary()
        for table in _joined(batches, PATIENTS_AT_ONCE):
            yield from self._results(self._chunk(table), memory, summary)
        yield from self._as_schema(pl.DataFrame({KIND: [SUMMARY], SUMMARY: [json.dumps(summary.as_counts())]}))

    @cached_property
    def schema(self) -> pa.Schema:
        """The columns of the results."""
        return pa.schema([(name, _arrow(kind)) for name, kind in self._schema.items()])

    @cached_property
    def columns(self) -> Mapping[str, Sequence[str]]:
        """By kind of result (answers, lesion_answers, rejects) its columns."""
        answered = {name: rows.frame().columns for name, rows in self._nobody().items()}
        return {**answered, REJECT_ROWS: list(REJECTS)}

    @cached_property
    def _schema(self) -> dict[str, pl.DataType]:
        found: dict[str, pl.DataType] = {KIND: pl.String(), ORDER: pl.Int64(), SUMMARY: pl.String()}
        for rows in self._nobody().values():
            found |= dict(rows.frame().schema)
        return found | {name: kind() for name, kind in REJECTS.items()}

    def _nobody(self) -> dict[str, AnswerRows]:
        """The tables of a registry without patients, for their columns."""
        empty = {
            table: pl.DataFrame(schema={**dict.fromkeys(columns, pl.String), LINE: pl.Int64})
            for table, columns in self.reader.layout.columns.items()
        }
        batch = self.reader.read(Chunk(empty.pop(PATIENTS), empty))
        return tables_of(batch, answer_batch(batch, self.knowledge, Memory()))

    def _results(self, chunk: Chunk, memory: Memory, summary: Summary) -> Iterator[pa.RecordBatch]:
        batch = self.reader.read(chunk)
        answers = answer_batch(batch, self.knowledge, memory)
        summary.add(answers, self.knowledge)
        summary.count_batch(batch, answers, self.knowledge)
        for name, rows in tables_of(batch, answers).items():
            yield from self._as_schema(rows.frame().with_columns(rows.line.alias(ORDER), pl.lit(name).alias(KIND)))
        rejects = batch.rejects.with_columns(pl.col("row").alias(ORDER), pl.lit(REJECT_ROWS).alias(KIND))
        yield from self._as_schema(rejects)

    def _as_schema(self, frame: pl.DataFrame) -> list[pa.RecordBatch]:
        """Rows with every column of the results; those they do not have are null."""
        columns = [
            pl.col(name).cast(kind) if name in frame.columns else pl.lit(None, kind).alias(name)
            for name, kind in self._schema.items()
        ]
        table = frame.select(columns).to_arrow(compat_level=pl.CompatLevel.oldest())
        batches: list[pa.RecordBatch] = table.cast(self.schema).to_batches()
        return batches

    def _chunk(self, table: pa.Table) -> Chunk:
        nested = pl.DataFrame(table)
        lost, frames = [], {}
        for name in self.reader.layout.columns:
            rows = nested.select(pl.col(name).explode()).filter(pl.col(name).is_not_null()).unnest(name)
            unread = rows.filter(pl.col(LOST).is_not_null())
            lost.append(self._lost(name, unread))
            frames[name] = (rows.filter(pl.col(LOST).is_null()) if len(unread) else rows).drop(LOST).sort(LINE)
        return Chunk(frames.pop(PATIENTS), frames, pl.concat(lost))

    def _lost(self, table: str, rows: pl.DataFrame) -> pl.DataFrame:
        says = f"this row does not have the {len(self.reader.layout.columns[table])} fields of the header"
        return as_rejects(rows, self.reader.layout.labels[table], "", pl.col(LOST), says)


def id_in(text: str, columns: Sequence[str]) -> str | None:
    """The patient_id in the text of a row that could not be read, where it is there."""
    cells = next(csv.reader([text]), [])
    place = list(columns).index(PATIENT_ID)
    return cells[place] if place < len(cells) else None


def _joined(batches: Iterable[pa.RecordBatch], at_least: int) -> Iterator[pa.Table]:
    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(map(len, waiting)) >= at_least:
            yield pa.Table.from_batches(waiting)
            waiting = []
    if waiting:
        yield pa.Table.from_batches(waiting)


def _arrow(kind: pl.DataType) -> pa.DataType:
    if kind == pl.String:
        return pa.string()
    return pa.float64() if kind.is_float() else pa.int64()
