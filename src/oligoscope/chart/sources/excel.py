"""One sheet of a workbook (.xlsx): every cell as text, a date as ISO 8601.

Rows are counted as the spreadsheet shows them. What a formula gave is read, not the formula; an error such as #REF! is
an empty cell.
"""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from oligoscope.chart.problems import CaseError, Problem
from oligoscope.chart.rejects import LINE
from oligoscope.chart.sources import Piece

if TYPE_CHECKING:
    from fastexcel import ExcelReader

WORKBOOKS = (".xlsx", ".xlsm")


class SheetTable:
    """header_row: the row with the headings."""

    def __init__(self, path: Path, sheet: str, header_row: int = 1) -> None:
        self.path, self.sheet, self.header_row = path, sheet, header_row

    def columns(self) -> list[str]:
        """The headings. Raises CaseError where the row of headings is empty."""
        headings = self._cells.row(self.header_row - 1) if len(self._cells) >= self.header_row else ()
        if not any(headings):
            text = f"row {self.header_row} of sheet {self.sheet} is empty"
            fix = "say in the mapping which row has the headings: format: {header_row: …}"
            raise _unusable(self.path, text, "a row of headings", fix)
        return [heading or "" for heading in headings]

    def pieces(self, names: list[str]) -> Iterator[Piece]:
        """names: what the columns are called, each once."""
        rows = self._cells.rename(dict(zip(self._cells.columns, names, strict=True)))
        numbered = rows.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias(LINE))
        filled = pl.any_horizontal(pl.col(names).is_not_null())
        yield Piece(numbered.slice(self.header_row).filter(filled))

    @cached_property
    def _cells(self) -> pl.DataFrame:
        sheet = _reader(self.path).load_sheet(self.sheet, header_row=None, skip_rows=0, dtypes="string")
        return sheet.to_polars()


def sheets(path: Path) -> list[str]:
    """The names of a workbook's sheets. Raises CaseError for a file that is none."""
    return _reader(path).sheet_names


def _reader(path: Path) -> "ExcelReader":
    try:
        import fastexcel
    except ImportError:
        fix = "install it: pip install 'oligoscope[excel]', or save the sheet as CSV UTF-8"
        raise _unusable(path, "fastexcel is not installed, which reads workbooks", "", fix) from None
    try:
        return fastexcel.read_excel(path)
    except (fastexcel.FastExcelError, OSError) as error:
        raise _unusable(path, f"this is not a whole workbook ({str(error).splitlines()[0][:200]})") from None


def _unusable(path: Path, text: str, allowed: str = "", fix: str = "") -> CaseError:
    return CaseError(str(path), [Problem("file", str(path), text, allowed, fix)])
