"""Where a registry's rows come from, behind one protocol: files, and frames in memory.

A source hands out the rows of its tables in pieces, so that none has to fit into memory; what it cannot read at all it
rejects row by row. It knows no field: `chart.layout` checks its columns, `chart.batch` reads its values.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import polars as pl

from oligoscope.chart.rejects import no_rejects

ROWS_AT_ONCE = 250_000


@dataclass(frozen=True)
class Piece:
    """Some rows of a table in their order, each with its line__, and those that could not be read."""

    frame: pl.DataFrame
    rejects: pl.DataFrame = field(default_factory=no_rejects)


class Source(Protocol):
    """A registry: a table of patients, and a table for each list it has.

    name: for messages.  format: csv or parquet, the form in which its answers are written.
    """

    @property
    def name(self) -> str: ...

    @property
    def format(self) -> str: ...

    def columns(self) -> Mapping[str, Sequence[str]]:
        """By table its columns. Raises CaseError where a table cannot be read."""
        ...

    def labels(self) -> Mapping[str, str]:
        """By table what messages call it, such as lesions.csv."""
        ...

    def pieces(self, table: str) -> Iterator[Piece]:
        """The rows of a table: every column as the source has it (text in CSV), and line__."""
        ...

    def inputs(self) -> Sequence[Path]:
        """The files that are read, which no result may overwrite."""
        ...

    def named(self, rejects: pl.DataFrame) -> pl.DataFrame:
        """Rejects with the source's own names for files and columns."""
        ...
