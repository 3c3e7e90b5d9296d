"""One table in a Parquet file."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from oligoscope.chart.problems import CaseError, Problem
from oligoscope.chart.rejects import LINE
from oligoscope.chart.sources import ROWS_AT_ONCE, Piece

_READABLE = (pl.String, pl.Categorical, pl.Enum, pl.Boolean, pl.Date, pl.Datetime, pl.Null, pl.Decimal)


class ParquetTable:
    """Rows are counted from 1: a Parquet file has no header."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def columns(self) -> list[str]:
        """Raises CaseError for a file that is not whole, and for columns that hold no plain values."""
        try:
            schema = self._scan().collect_schema()
        except (pl.exceptions.PolarsError, OSError) as error:
            raise _unreadable(self.path, error) from None
        problems = [
            unreadable_column(self.path.name, name, str(kind))
            for name, kind in schema.items()
            if not (isinstance(kind, _READABLE) or kind.is_numeric())
        ]
        if problems:
            raise CaseError(str(self.path.parent), problems)
        return schema.names()

    def pieces(self) -> Iterator[Piece]:
        first = 1
        try:
            for frame in self._scan().collect_batches(chunk_size=ROWS_AT_ONCE, maintain_order=True):
                yield Piece(frame.with_columns(pl.int_range(first, first + pl.len(), dtype=pl.Int64).alias(LINE)))
                first += len(frame)
        except (pl.exceptions.PolarsError, OSError) as error:
            raise _unreadable(self.path, error) from None

    def _scan(self) -> pl.LazyFrame:
        # A path is a name, never a pattern: `reg[1].parquet` is that file, and not `reg1.parquet`.
        return pl.scan_parquet(self.path, glob=False)


def unreadable_column(label: str, name: str, kind: str) -> Problem:
    """That a column holds no plain values. label: what messages call its table."""
    allowed, fix = "text, numbers, dates, true and false", "write its values as text"
    return Problem(f"{label} {name}", kind, f"this column holds {kind}", allowed, fix)


def _unreadable(path: Path, error: Exception) -> CaseError:
    what = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
    return CaseError(str(path), [Problem("file", str(path), f"this is not a whole Parquet file ({what})")])
