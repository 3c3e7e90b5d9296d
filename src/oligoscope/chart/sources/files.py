"""A registry in files: a folder with one file per table, or one flat file."""

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import polars as pl

from oligoscope.chart.layout import PATIENTS
from oligoscope.chart.problems import CaseError, Problem
from oligoscope.chart.repairs import Repairs
from oligoscope.chart.sources import Piece
from oligoscope.chart.sources.csv import CsvTable
from oligoscope.chart.sources.parquet import ParquetTable
from oligoscope.vocabulary.fields import lists
from oligoscope.vocabulary.words import Case

SUFFIXES = {".csv": CsvTable, ".parquet": ParquetTable}


class FileSource:
    """Files by table: patients, and those of the lists that have one. repairs: corrections of their cells."""

    def __init__(self, paths: Mapping[str, Path], name: str, repairs: Repairs | None = None) -> None:
        self.paths, self.name, self.repairs = paths, name, repairs
        self.format = paths[PATIENTS].suffix.removeprefix(".")

    def columns(self) -> Mapping[str, Sequence[str]]:
        return {table: reader.columns() for table, reader in self._tables.items()}

    def labels(self) -> Mapping[str, str]:
        # A name that is not UTF-8 has signs that no text can hold.
        return {table: os.fsencode(path.name).decode(errors="replace") for table, path in self.paths.items()}

    def pieces(self, table: str) -> Iterator[Piece]:
        pieces = self._tables[table].pieces()
        return self.repairs.over(self.labels()[table], pieces) if self.repairs else pieces

    def inputs(self) -> Sequence[Path]:
        return list(self.paths.values())

    def named(self, rejects: pl.DataFrame) -> pl.DataFrame:
        return rejects

    @cached_property
    def _tables(self) -> Mapping[str, CsvTable | ParquetTable]:
        return {table: SUFFIXES[path.suffix](path) for table, path in self.paths.items()}


def find_files(path: Path, case: type[Case] = Case) -> FileSource:
    """The registry at a path: a folder with patients.csv or .parquet and a file for each list, or one flat file.

    Raises CaseError.
    """
    if path.is_dir():
        tables = (PATIENTS, *(spec.name for spec in lists(case)))
        found = {table: file for table in tables if (file := _file_in(path, table))}
        if PATIENTS not in found:
            what = "the folder has no patients.csv or patients.parquet"
            raise _problem(path, what, "", "write an empty registry with `oligoscope cohort template`")
        return FileSource(found, path.name)
    if not path.exists():
        raise _problem(path, "there is no such file or folder")
    if path.suffix not in SUFFIXES:
        raise _problem(path, "this is not a CSV or Parquet file", ".csv, .parquet, or a folder")
    return FileSource({PATIENTS: path}, path.name)


def _file_in(folder: Path, table: str) -> Path | None:
    found = [folder / f"{table}{suffix}" for suffix in SUFFIXES if (folder / f"{table}{suffix}").exists()]
    if len(found) > 1:
        names = " and ".join(file.name for file in found)
        raise _problem(folder, f"{names} are both there", "one file per table", "move one of them away")
    return found[0] if found else None


def _problem(path: Path, text: str, allowed: str = "", fix: str = "") -> CaseError:
    return CaseError(str(path), [Problem("registry", str(path), text, allowed, fix)])
