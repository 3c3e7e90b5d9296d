"""A registry that DuckDB reads: Parquet, CSV, or a DuckDB file with the tables patients, lesions and so on.

DuckDB brings a patient's rows together and sorts the answers, on disk where they do not fit into memory.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import duckdb
import pyarrow as pa

from oligoscope.chart.batch import ChartReader
from oligoscope.chart.layout import PATIENT_ID, PATIENTS
from oligoscope.chart.problems import CaseError, Problem
from oligoscope.chart.rejects import LINE
from oligoscope.chart.sources.files import find_files
from oligoscope.chart.sources.parquet import unreadable_column
from oligoscope.cohort.engines import REJECTS, Progress
from oligoscope.cohort.engines.together import KIND, LOST, ORDER, SUMMARY, Answering, id_in
from oligoscope.cohort.gather import AT_ONCE
from oligoscope.cohort.summary import Summary
from oligoscope.knowledge import Knowledge
from oligoscope.vocabulary.fields import lists

SUFFIX = ".duckdb"
_PLAIN = re.compile(
    r"VARCHAR|BOOLEAN|DATE|TIMESTAMP.*|ENUM\(.*\)|DECIMAL\(.*\)|U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|UUID"
    r"|\"NULL\"",
    re.DOTALL,
)
"""Kinds of columns that hold plain values, as DuckDB calls them."""


@dataclass(frozen=True)
class DuckDBEngine:
    """at_once: patients handed on at once, at most."""

    at_once: int = AT_ONCE

    def open(self, source: Path) -> "_Database":
        if source.suffix == SUFFIX and source.exists():
            return _Database({PATIENTS: source}, self.at_once)
        return _Database(find_files(source).paths, self.at_once)


class _Database:
    """The tables of a registry as DuckDB relations. paths: by table its file, or the database as that of patients."""

    def __init__(self, paths: Mapping[str, Path], at_once: int) -> None:
        self._paths, self._at_once = dict(paths), at_once
        self._connection = duckdb.connect()
        self._format = paths[PATIENTS].suffix.removeprefix(".")

    def inputs(self) -> Sequence[Path]:
        return list(self._paths.values())

    def labels(self) -> Mapping[str, str]:
        path = self._paths[PATIENTS]
        if path.suffix == SUFFIX:
            return {table: f"{path.name} {table}" for table in self._sources}
        return {table: os.fsencode(each.name).decode(errors="replace") for table, each in self._paths.items()}

    def columns(self) -> Mapping[str, Sequence[str]]:
        try:
            kinds = {
                table: self._connection.execute(f"DESCRIBE SELECT * FROM {sql}").fetchall()
                for table, sql in self._sources.items()
            }
        except duckdb.Error as error:
            raise _unreadable(self._paths[PATIENTS], error) from None
        strange = [
            unreadable_column(self.labels()[table], name, kind)
            for table, columns in kinds.items()
            for name, kind, *_ in columns
            if not _PLAIN.fullmatch(kind)
        ]
        if strange:
            raise CaseError(str(self._paths[PATIENTS].parent), strange)
        return {table: [name for name, *_ in columns] for table, columns in kinds.items()}

    def assess(self, reader: ChartReader, folder: Path, knowledge: Knowledge, progress: Progress) -> Summary:
        """Bring together, answer, write: each a table of a database in the working folder."""
        try:
            return self._answered(reader, folder, knowledge, progress)
        except duckdb.Error as error:
            raise _stopped(error) from None

    def _answered(self, reader: ChartReader, folder: Path, knowledge: Knowledge, progress: Progress) -> Summary:
        work = self._connection
        work.execute(f"ATTACH {_text(folder / 'work.duckdb')} AS work")
        work.execute(f"SET temp_directory = {_text(folder / 'spill')}")
        progress("reading", 0)
        try:
            for table in reader.layout.columns:
                self._nest(table, reader.layout.columns[table])
            work.execute(f"CREATE TABLE work.together AS {_together(list(reader.layout.columns))}")
        except duckdb.Error as error:
            raise _unreadable(self._paths[PATIENTS], error) from None
        answering = Answering(reader, knowledge)
        found = work.cursor().execute("SELECT * FROM work.together").to_arrow_reader(self._at_once)
        answered = answering(_told(found, progress))
        work.register("results", pa.RecordBatchReader.from_batches(answering.schema, answered))
        work.execute("CREATE TABLE work.results AS SELECT * FROM results")
        summary = Summary.from_counts(
            text
            for (text,) in work.execute(f"SELECT {SUMMARY} FROM work.results WHERE {KIND} = ?", [SUMMARY]).fetchall()
        )
        for kind, columns in answering.columns.items():
            self._write(kind, columns, folder)
        work.execute("DETACH work")
        return summary

    def _nest(self, table: str, columns: Sequence[str]) -> None:
        """One row per id: the rows of a table that have it, as a list."""
        sql = self._sources[table]
        header = 1 if self._paths.get(table, self._paths[PATIENTS]).suffix == ".csv" else 0
        fields = ", ".join(_name(column) for column in columns)
        self._connection.execute(
            f"CREATE TABLE work.{table}_rows AS SELECT row_number() OVER () + {header} AS {LINE}, "
            f"NULL::VARCHAR AS {LOST}, {fields} FROM {sql}"
        )
        if header:
            self._add_unread(table, columns)
        self._connection.execute(
            f"CREATE TABLE work.{table}_nested AS SELECT CAST({PATIENT_ID} AS VARCHAR) AS {PATIENT_ID}, "
            f"list({table}_rows) AS {table} FROM work.{table}_rows GROUP BY ALL"
        )
        self._connection.execute(f"DROP TABLE work.{table}_rows")

    def _add_unread(self, table: str, columns: Sequence[str]) -> None:
        """Lines of a CSV file that DuckDB could not read, under their line; the rows after them move down by one."""
        errors = self._connection.execute(
            "SELECT line, any_value(csv_line) FROM reject_errors GROUP BY line ORDER BY line"
        ).fetchall()
        for line, text in errors:
            self._connection.execute(f"UPDATE work.{table}_rows SET {LINE} = {LINE} + 1 WHERE {LINE} >= ?", [line])
            self._connection.execute(
                f"INSERT INTO work.{table}_rows ({LINE}, {LOST}, {PATIENT_ID}) VALUES (?, ?, ?)",
                [line, text, id_in(text, columns)],
            )
        self._connection.execute("DROP TABLE IF EXISTS reject_errors; DROP TABLE IF EXISTS reject_scans")

    def _write(self, kind: str, columns: Sequence[str], folder: Path) -> None:
        as_csv = kind == REJECTS or self._format == "csv"
        options = "FORMAT csv, HEADER" if as_csv else "FORMAT parquet, COMPRESSION zstd"
        order = "file, row" if kind == REJECTS else ORDER
        names = ", ".join(_name(column) for column in columns)
        target = folder / f"{kind}.{'csv' if as_csv else 'parquet'}"
        self._connection.execute(
            f"COPY (SELECT {names} FROM work.results WHERE {KIND} = {_text(kind)} ORDER BY {order}) "
            f"TO {_text(target)} ({options})"
        )

    @cached_property
    def _sources(self) -> Mapping[str, str]:
        """By table what stands after FROM."""
        path = self._paths[PATIENTS]
        if path.suffix != SUFFIX:
            return {table: _file(each) for table, each in self._paths.items()}
        try:
            self._connection.execute(f"ATTACH {_text(path)} AS registry (READ_ONLY)")
        except duckdb.Error as error:
            raise _unreadable(path, error) from None
        rows = self._connection.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'registry'")
        there = {name for (name,) in rows.fetchall()}
        if PATIENTS not in there:
            raise CaseError(str(path), [Problem("registry", str(path), "the database has no table patients")])
        return {table: f"registry.{table}" for table in (PATIENTS, *(spec.name for spec in lists())) if table in there}


def _file(path: Path) -> str:
    # A path is a name, never a pattern: each sign that DuckDB would match is put into a class of its own.
    name = _text(re.sub(r"([\[*?])", r"[\1]", str(path)))
    if path.suffix == ".parquet":
        return f"read_parquet({name})"
    return f"read_csv({name}, header = true, delim = ',', quote = '\"', all_varchar = true, store_rejects = true)"


def _together(tables: Sequence[str]) -> str:
    """One row per id over all tables. Rows without an id stay apart, since nothing equals an unknown id."""
    joins = " ".join(f"FULL JOIN work.{table}_nested USING ({PATIENT_ID})" for table in tables[1:])
    return f"SELECT {PATIENT_ID}, {', '.join(tables)} FROM work.{tables[0]}_nested {joins}"


def _told(batches: Iterable[pa.RecordBatch], progress: Progress) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        yield batch
        progress("assessing", len(batch))


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _text(value: Path | str) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def _stopped(error: duckdb.Error) -> CaseError:
    return CaseError("duckdb", [Problem("engine", "duckdb", f"it had to stop ({str(error).splitlines()[0]})")])


def _unreadable(path: Path, error: Exception) -> CaseError:
    return CaseError(
        str(path), [Problem("registry", str(path), f"DuckDB cannot read it ({str(error).splitlines()[0]})")]
    )
