"""A registry in memory."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from oligoscope.chart.rejects import LINE
from oligoscope.chart.sources import Piece


@dataclass(frozen=True)
class FrameSource:
    """Frames by table: patients, and a frame for each list (lesions …). Rows are counted from 1."""

    frames: Mapping[str, pl.DataFrame]
    name: str = "frames"
    format: str = "parquet"

    def columns(self) -> Mapping[str, Sequence[str]]:
        return {table: frame.columns for table, frame in self.frames.items()}

    def labels(self) -> Mapping[str, str]:
        return {table: table for table in self.frames}

    def pieces(self, table: str) -> Iterator[Piece]:
        frame = self.frames[table]
        yield Piece(frame.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias(LINE)))

    def inputs(self) -> Sequence[Path]:
        return []

    def named(self, rejects: pl.DataFrame) -> pl.DataFrame:
        return rejects
