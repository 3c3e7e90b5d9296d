"""The tables of an export, as the mapping names them: text files, Parquet, sheets of a workbook."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import polars as pl

from oligoscope.chart.columns import as_text
from oligoscope.chart.layout import PATIENT_ID
from oligoscope.chart.mapping.cells import clean
from oligoscope.chart.mapping.document import ExportMap, TableMap
from oligoscope.chart.problems import CaseError, Problem
from oligoscope.chart.rejects import LINE
from oligoscope.chart.sources import Piece
from oligoscope.chart.sources.csv import CsvTable, Form
from oligoscope.chart.sources.encodings import look_into
from oligoscope.chart.sources.excel import WORKBOOKS, SheetTable, sheets
from oligoscope.chart.sources.parquet import ParquetTable

TEXTS = (".csv", ".tsv", ".tab", ".txt")
SUFFIXES = (*TEXTS, ".parquet", *WORKBOOKS)


@dataclass(frozen=True)
class RawTable:
    """One table as the export has it, every cell as text. label: what messages call it.  said: how it was read."""

    path: Path
    label: str
    said: str
    headings: Callable[[], Sequence[str]] = field(repr=False)
    read: Callable[[list[str]], Iterator[Piece]] = field(repr=False)

    @cached_property
    def columns(self) -> list[str]:
        """The headings, each once: a second `Size` is `Size [2]`."""
        return told_apart(self.headings())

    def pieces(self) -> Iterator[Piece]:
        for piece in self.read(self.columns):
            yield Piece(piece.frame.select(LINE, *map(_text, piece.frame.select(self.columns))), piece.rejects)


def told_apart(headings: Sequence[str]) -> list[str]:
    """Headings without what cannot be seen, each once.

    >>> told_apart(["Size ", "Organ", "Size"])
    ['Size', 'Organ', 'Size [2]']
    """
    seen: Counter[str] = Counter()
    found = []
    for heading in map(clean, headings):
        seen[heading] += 1
        found.append(heading if seen[heading] == 1 else f"{heading} [{seen[heading]}]")
    return found


def raw_table(path: Path, mapping: ExportMap, table: TableMap) -> RawTable:
    """The table of a mapping in an export: a folder, or one file. Raises CaseError."""
    file = _file(path, table)
    if file.suffix.lower() in WORKBOOKS:
        return _sheet(file, mapping, table)
    if file.suffix.lower() == ".parquet":
        parquet = ParquetTable(file)
        return RawTable(file, file.name, "Parquet", parquet.columns, lambda _: parquet.pieces())
    found = look_into(file, mapping.encoding, mapping.separator, mapping.header_row)
    whose = next((column.heading for column in table.columns if column.field == PATIENT_ID), PATIENT_ID)
    text = CsvTable(file, form=Form(found.separator, found.encoding, mapping.header_row, whose))
    return RawTable(file, file.name, found.named, text.columns, text.pieces)


def _sheet(file: Path, mapping: ExportMap, table: TableMap) -> RawTable:
    names = sheets(file)
    wanted = table.sheet or next((name for name in names if name.casefold() == table.name), "")
    if not wanted and len(names) == 1:
        wanted = names[0]
    if wanted not in names:
        text = f"the workbook has no sheet {table.sheet or table.name}"
        raise _problem(file, text, ", ".join(names), f"say it in the mapping: tables: {{{table.name}: {{sheet: …}}}}")
    sheet = SheetTable(file, wanted, mapping.header_row)
    return RawTable(file, f"{file.name} {wanted}", f"sheet {wanted}", sheet.columns, sheet.pieces)


def _file(path: Path, table: TableMap) -> Path:
    if not path.exists():
        raise _problem(path, "there is no such file or folder")
    if path.is_dir():
        names = [table.file] if table.file else [f"{table.name}{suffix}" for suffix in SUFFIXES]
        found = [path / name for name in names if (path / name).is_file()]
        if len(found) != 1:
            text = " and ".join(file.name for file in found) + " are both there" if found else f"no {names[0]} is there"
            raise _problem(path, text, "one file", f"say it in the mapping: tables: {{{table.name}: {{file: …}}}}")
        path = found[0]
    elif table.file and table.file != path.name:
        raise _problem(path, f"this is one file, and the mapping reads {table.file}", "the folder of the files")
    if path.suffix.lower() not in SUFFIXES:
        raise _problem(path, "a file of this kind is not read", ", ".join(SUFFIXES), "save it as CSV UTF-8")
    return path


def _text(series: pl.Series) -> pl.Series:
    """A column as text; numbers that are whole without decimals, as a code 1 in a column with gaps is 1.0."""
    if series.dtype.is_float():
        whole = series.is_null() | series.is_nan() | (series == series.round())
        series = series.fill_nan(None)
        series = series.cast(pl.Int64) if whole.all() else series
    return as_text(series)


def _problem(path: Path, text: str, allowed: str = "", fix: str = "") -> CaseError:
    return CaseError(str(path), [Problem("export", str(path), text, allowed, fix)])
