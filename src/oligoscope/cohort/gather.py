"""All that a registry says of some patients, brought together: patients' rows and their lists' rows, in any order.

A registry of up to `at_once` patients is read whole. A larger one is first split by a hash of patient_id into files on
disk, one set for each part of the hash; every part holds all rows of its patients, so repeated ids and rows of nobody
are found there, and no table is ever held whole.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa

from oligoscope.chart.batch import Chunk
from oligoscope.chart.columns import as_text
from oligoscope.chart.layout import PATIENT_ID, PATIENTS, Layout
from oligoscope.chart.rejects import LINE, no_rejects
from oligoscope.chart.sources import Piece, Source

AT_ONCE = 1_000_000
"""Patients held at once: about 3 GB with their lists and answers."""
ITEMS_PER_PATIENT = 6
"""A list is held whole up to so many rows for each patient who may be."""
PARTS = 64
"""More than 64 million patients make parts of more than a million; they are then held one part at a time."""


@dataclass(frozen=True)
class Gathered:
    """A registry's rows, each patient's in one chunk. is_whole: all are in the first chunk, in their order."""

    chunks: Iterator[Chunk]
    is_whole: bool


def gather(source: Source, layout: Layout, at_once: int, folder: Path) -> Gathered:
    """Every row of the registry, in chunks of about `at_once` patients at most, in the order of their rows.

    folder: where parts may lie on disk.
    """
    tables: dict[str, pl.DataFrame] = {}
    rejects = [no_rejects()]
    for table in layout.columns:
        most = at_once * (1 if table == PATIENTS else ITEMS_PER_PATIENT)
        pieces = _at_most(source.pieces(table), most)
        if pieces is None:
            return Gathered(_through_disk(source, layout, at_once, folder), is_whole=False)
        tables[table] = pl.concat([piece.frame for piece in pieces]) if pieces else _empty(layout.columns[table])
        rejects += [piece.rejects for piece in pieces]
    patients = tables.pop(PATIENTS)
    return Gathered(iter([Chunk(patients, tables, pl.concat(rejects))]), is_whole=True)


def _at_most(pieces: Iterator[Piece], n_rows: int) -> list[Piece] | None:
    """All pieces, or None as soon as there are more rows."""
    found, total = [], 0
    for piece in pieces:
        found.append(piece)
        total += len(piece.frame)
        if total > n_rows:
            return None
    return found


def _empty(columns: Iterable[str]) -> pl.DataFrame:
    return pl.DataFrame(schema={**dict.fromkeys(columns, pl.String), LINE: pl.Int64})


def _through_disk(source: Source, layout: Layout, at_once: int, folder: Path) -> Iterator[Chunk]:
    spilled = {table: Spilled(folder, table) for table in layout.columns}
    lost = [no_rejects()]
    for table, spill in spilled.items():
        for piece in source.pieces(table):
            spill.add(piece.frame)
            lost.append(piece.rejects)
        spill.close()
    rejects = pl.concat(lost)
    rejects = rejects.with_columns(part__=_part(rejects["patient_id"]))
    for parts in _grouped(spilled[PATIENTS].sizes, at_once):
        found = {table: spill.read(parts, layout.columns[table]) for table, spill in spilled.items()}
        patients = found.pop(PATIENTS).sort(LINE)
        yield Chunk(patients, found, rejects.filter(pl.col("part__").is_in(parts)).drop("part__"))


class Spilled:
    """One table on disk, a file for each part of the hash of patient_id; rows keep their order within a part."""

    def __init__(self, folder: Path, table: str) -> None:
        self.paths = [folder / f"{table}-{part}.arrow" for part in range(PARTS)]
        self.sizes = [0] * PARTS
        self._writers: list[pa.ipc.RecordBatchFileWriter | None] = [None] * PARTS

    def add(self, frame: pl.DataFrame) -> None:
        """Append rows, each to its part."""
        parted = frame.with_columns(part__=_part(as_text(frame[PATIENT_ID])))
        for (part,), rows in parted.partition_by("part__", as_dict=True, include_key=False).items():
            table = rows.to_arrow(compat_level=pl.CompatLevel.oldest())
            if self._writers[part] is None:
                options = pa.ipc.IpcWriteOptions(compression="lz4")
                self._writers[part] = pa.ipc.new_file(self.paths[part], table.schema, options=options)
            self._writers[part].write_table(table)
            self.sizes[part] += len(rows)

    def close(self) -> None:
        """Every file is complete."""
        for writer in self._writers:
            if writer is not None:
                writer.close()

    def read(self, parts: list[int], columns: Iterable[str]) -> pl.DataFrame:
        """The rows of some parts; their files are no longer needed and removed."""
        found = []
        for part in parts:
            if self.sizes[part]:
                with pa.OSFile(str(self.paths[part])) as file:
                    found.append(pl.DataFrame(pa.ipc.open_file(file).read_all()))
                self.paths[part].unlink()
        return pl.concat(found) if found else _empty(columns)


def _part(ids: pl.Series) -> pl.Series:
    """The part of each id; rows without an id share one."""
    return (ids.hash(seed=0) % PARTS).cast(pl.Int64)


def _grouped(sizes: list[int], at_once: int) -> Iterator[list[int]]:
    """Parts together, as many as hold about `at_once` patients."""
    group: list[int] = []
    total = 0
    for part, size in enumerate(sizes):
        if group and total + size > at_once:
            yield group
            group, total = [], 0
        group.append(part)
        total += size
    yield group
