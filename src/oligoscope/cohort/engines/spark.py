"""A registry that Spark reads: Parquet or CSV under a path, or tables of a catalog (`registry` for registry.patients).

Spark brings a patient's rows together, its workers answer them (`mapInArrow`), and it writes what they found; the
driver holds the summary alone. Everything goes through the public DataFrame API, so a session of Spark Connect serves
as well. Rows of a result have no order. The rows of a file are counted as it shows them; of a table a row's number is
Spark's own, which tells which row came first.
"""

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path

import pyarrow as pa
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from oligoscope.chart.batch import ChartReader
from oligoscope.chart.layout import PATIENT_ID, PATIENTS
from oligoscope.chart.problems import CaseError, Problem
from oligoscope.chart.rejects import LINE
from oligoscope.chart.sources.files import find_files
from oligoscope.cohort.engines import REJECTS, Progress
from oligoscope.cohort.engines.together import KIND, LOST, SUMMARY, Answering
from oligoscope.cohort.summary import Summary
from oligoscope.knowledge import Knowledge
from oligoscope.vocabulary.fields import lists

_TYPES = {pa.string(): "string", pa.int64(): "long", pa.float64(): "double"}


@dataclass(frozen=True)
class SparkEngine:
    """session: the one to work in; else the active one, or a new one as Spark is configured here."""

    session: SparkSession | None = None

    def open(self, source: Path) -> "_Registry":
        session = self.session or _session()
        if source.exists():
            paths = find_files(source).paths
            frames = {table: _of_file(session, path) for table, path in paths.items()}
            return _Registry(frames, {table: path.name for table, path in paths.items()}, list(paths.values()))
        names = {table: f"{source}.{table}" for table in (PATIENTS, *(spec.name for spec in lists()))}
        there = {table: name for table, name in names.items() if session.catalog.tableExists(name)}
        if PATIENTS not in there:
            what = f"there is no such file or folder, and no table {names[PATIENTS]}"
            raise CaseError(str(source), [Problem("registry", str(source), what)])
        return _Registry({table: _of_table(session.table(name)) for table, name in there.items()}, there)


@dataclass(frozen=True)
class _Registry:
    """By table its rows with line__ and lost__, and what messages call it."""

    frames: Mapping[str, DataFrame]
    names: Mapping[str, str]
    paths: Sequence[Path] = field(default_factory=list)

    def columns(self) -> Mapping[str, Sequence[str]]:
        try:
            return {
                table: [name for name in frame.columns if name not in (LINE, LOST)]
                for table, frame in self.frames.items()
            }
        except AnalysisException as error:
            raise _unreadable(error) from None

    def labels(self) -> Mapping[str, str]:
        return self.names

    def inputs(self) -> Sequence[Path]:
        return self.paths

    def assess(self, reader: ChartReader, folder: Path, knowledge: Knowledge, progress: Progress) -> Summary:
        """Bring together, answer, write. What the workers found is written once and read again for each result, so
        that no patient is answered twice.
        """
        answering = Answering(reader, knowledge)
        schema = ", ".join(f"`{one.name}` {_TYPES[one.type]}" for one in answering.schema)
        progress("assessing", 0)
        try:
            found = self._together().mapInArrow(_Work(answering), schema)
            found.write.partitionBy(KIND).parquet(str(folder / "found"))
            results = found.sparkSession.read.parquet(str(folder / "found"))
            for kind, columns in answering.columns.items():
                _write(results.filter(F.col(KIND) == kind).select(*map(_named, columns)), kind, folder, self._format)
            texts = results.filter(F.col(KIND) == SUMMARY).select(SUMMARY).toLocalIterator()
            summary = Summary.from_counts(row[0] for row in texts)
        except AnalysisException as error:
            raise _unreadable(error) from None
        progress("writing", summary.n_patients + summary.n_left_out)
        return summary

    @property
    def _format(self) -> str:
        return "csv" if self.names[PATIENTS].endswith(".csv") else "parquet"

    def _together(self) -> DataFrame:
        """One row per id over all tables. Rows without an id stay apart, since nothing equals an unknown id."""
        nested = [
            frame.groupBy(F.col(PATIENT_ID).cast("string").alias(PATIENT_ID)).agg(
                F.collect_list(F.struct(*map(_named, [LINE, LOST, *self.columns()[table]]))).alias(table)
            )
            for table, frame in self.frames.items()
        ]
        return reduce(lambda left, right: left.join(right, PATIENT_ID, "full_outer"), nested)


def _session() -> SparkSession:
    """The active session, or a new one as configured here; its workers run this Python unless that says otherwise."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    return SparkSession.builder.appName("oligoscope").getOrCreate()


@dataclass(frozen=True)
class _Work:
    """What a worker does with its batches."""

    answering: Answering

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        return self.answering(batches)


def _of_file(session: SparkSession, path: Path) -> DataFrame:
    # A path is a name, never a pattern: signs of Hadoop's patterns are escaped.
    name = re.sub(r"([\[\]{}*?\\])", r"\\\1", str(path.absolute()))
    if path.suffix == ".parquet":
        rows = session.read.parquet(name)
        return rows.select(
            (F.col("_metadata.row_index") + 1).cast("long").alias(LINE),
            F.lit(None).cast("string").alias(LOST),
            *map(_named, rows.columns),
        )
    reader = session.read.option("header", True).option("multiLine", True).option("escape", '"')
    columns = reader.csv(name).columns
    schema = ", ".join(f"`{column}` string" for column in [*columns, LOST])
    rows = reader.option("columnNameOfCorruptRecord", LOST).schema(schema).csv(name)
    # A file that may have line ends inside quotes is read as one partition: these numbers have no gap. Row 1: header.
    return rows.select((F.monotonically_increasing_id() + 2).alias(LINE), *map(_named, [LOST, *columns]))


def _of_table(rows: DataFrame) -> DataFrame:
    return rows.select(
        (F.monotonically_increasing_id() + 1).alias(LINE),
        F.lit(None).cast("string").alias(LOST),
        *map(_named, rows.columns),
    )


def _write(rows: DataFrame, kind: str, folder: Path, file_format: str) -> None:
    if kind == REJECTS or file_format == "csv":
        rows.write.option("header", True).option("escape", '"').csv(str(folder / f"{kind}.csv"))
    else:
        rows.write.option("compression", "zstd").parquet(str(folder / f"{kind}.parquet"))


def _named(column: str) -> str:
    return f"`{column}`"


def _unreadable(error: AnalysisException) -> CaseError:
    return CaseError("registry", [Problem("registry", "", f"Spark cannot do this ({str(error).splitlines()[0]})")])
