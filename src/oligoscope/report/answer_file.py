"""A cohort's answers, batch by batch, into one file."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from oligoscope.tables.columnar import Answers

T = TypeVar("T")

ROWS_AT_ONCE = 2_000
"""As many as stay near the processor between being spelled and being written."""
MOST_WAITING = 4
ROWS_A_GROUP = 1 << 18
MOST_PAIRS = 1 << 22
MOST_SPELLINGS = 1 << 13
"""Of a stretch of columns, spelled once each: as many as stay near the processor."""


class CsvWriter:
    """Appends to a CSV file.

    An answer that many patients share is spelled once, by Polars; the file is those spellings, one after the other.
    """

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self._file = path.open("wb")
        self._file.write(pl.DataFrame(schema=list(columns)).write_csv().encode())

    def write(self, answers: Answers) -> None:
        """One batch."""
        stretches = list(_stretches(answers))
        spellings = [_spelled(rows, "\n" if n == len(stretches) else ",") for n, (_, rows) in enumerate(stretches, 1)]
        places = [of_patients for of_patients, _ in stretches]
        starts = np.cumsum([0, *map(len, spellings)])
        patients = (
            answers.places.select(_quoted(pl.col("patient_id")) + ",").to_series().to_arrow().cast(pa.large_binary())
        )
        everything = pa.concat_arrays([*spellings, patients])

        def text(first: int) -> pa.Buffer:
            rows = slice(first, min(first + ROWS_AT_ONCE, len(answers)))
            pieces = np.empty((rows.stop - rows.start, len(places) + 1), dtype=np.int64)
            pieces[:, 0] = np.arange(rows.start, rows.stop) + starts[-1]
            for n, (place, start) in enumerate(zip(places, starts, strict=False), 1):
                pieces[:, n] = place[rows] + start
            return everything.take(pa.array(pieces.reshape(-1))).buffers()[2]

        _write_behind(map(text, range(0, len(answers), ROWS_AT_ONCE)), self._file.write)

    def close(self) -> None:
        """The file is complete."""
        self._file.close()


def _write_behind(pieces: Iterable[T], write: Callable[[T], Any]) -> None:
    """Each piece is written while the next is made; few wait. Raises what writing raised."""
    with ThreadPoolExecutor(1) as disk:
        waiting: deque[Future[Any]] = deque()
        for piece in pieces:
            waiting.append(disk.submit(write, piece))
            if len(waiting) > MOST_WAITING:
                waiting.popleft().result()
        for written in waiting:
            written.result()


Stretch: TypeAlias = tuple[NDArray[np.int64], pl.DataFrame]
"""Neighbouring columns: each patient's place among the rows that occur, and those rows."""


def _stretches(answers: Answers) -> Iterator[Stretch]:
    """The columns in order, in few stretches: those that vary little together go as one."""
    pieces = (
        (answers.places[name].to_numpy().astype(np.int64), answers.lists[name].select(columns))
        for name, columns in answers.stretches()
    )
    stretch = next(pieces)
    for piece in pieces:
        both = _as_one(stretch, piece)
        if both is None:
            yield stretch
        stretch = both or piece
    yield stretch


def _as_one(a: Stretch, b: Stretch) -> Stretch | None:
    """Two stretches as one; None where too many of their combinations occur."""
    n_pairs = len(a[1]) * len(b[1])
    if n_pairs > MOST_PAIRS:
        return None
    pairs = a[0] * len(b[1]) + b[0]
    occurs = np.zeros(n_pairs, dtype=bool)
    occurs[pairs] = True
    met = np.flatnonzero(occurs)
    if len(met) > MOST_SPELLINGS:
        return None
    place = np.cumsum(occurs) - 1
    return place[pairs], a[1][met // len(b[1])].hstack(b[1][met % len(b[1])])


def _spelled(rows: pl.DataFrame, end: str) -> pa.LargeBinaryArray:
    """Each row as CSV spells it, with what follows it."""
    lines = pl.Series(rows.write_csv(include_header=False, line_terminator="\0").split("\0")[:-1], dtype=pl.String)
    return (lines + end).to_arrow().cast(pa.large_binary())


def _quoted(text: pl.Expr) -> pl.Expr:
    """Any text as CSV spells it."""
    quoted = pl.concat_str(pl.lit('"'), text.str.replace_all('"', '""', literal=True), pl.lit('"'))
    return pl.when(text.str.contains(r'[",\r\n]') | (text == "")).then(quoted).otherwise(text)


class ParquetWriter:
    """Appends to a Parquet file.

    Its dictionaries hold the answers that occur, so that a patient costs one small number a column.
    """

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        import pyarrow.parquet as pq

        kinds = {
            name: pa.float64() if name.endswith(("_low", "_high")) else pa.dictionary(pa.int32(), pa.large_string())
            for name in columns
        }
        self._schema = pa.schema({**kinds, "patient_id": pa.large_string()})
        # Without Arrow's own schema beside it, every reader sees plain text; the least and greatest of a few words tell
        # nobody anything.
        ordered = ["patient_id", *(name for name, kind in kinds.items() if pa.types.is_floating(kind))]
        self._file = pq.ParquetWriter(
            path, self._schema, compression="zstd", store_schema=False, write_statistics=ordered
        )

    def write(self, answers: Answers) -> None:
        """One batch."""
        encoded = {
            column: (_encoded(answers.lists[name][column]), name)
            for name, columns in answers.stretches()
            for column in columns
        }

        def group(first: int) -> pa.Table:
            places = answers.places.slice(first, ROWS_A_GROUP)
            found = {column: _taken(own, places[name].to_arrow()) for column, (own, name) in encoded.items()}
            found["patient_id"] = places["patient_id"].to_arrow().cast(pa.large_string())
            return pa.table([found[name] for name in self._schema.names], schema=self._schema)

        _write_behind(map(group, range(0, max(len(answers), 1), ROWS_A_GROUP)), self._file.write_table)

    def close(self) -> None:
        """The file is complete."""
        self._file.close()


def _encoded(answers: pl.Series) -> pa.Array:
    """Numbers as they are, words by dictionary."""
    column = answers.to_arrow()
    return column if pa.types.is_floating(column.type) else column.cast(pa.large_string()).dictionary_encode()


def _taken(answers: pa.Array, places: pa.Array) -> pa.Array:
    """Each patient's answer."""
    if isinstance(answers, pa.DictionaryArray):
        return pa.DictionaryArray.from_arrays(answers.indices.take(places), answers.dictionary)
    return answers.take(places)


def answer_writer(folder: Path, file_format: str, columns: Sequence[str]) -> CsvWriter | ParquetWriter:
    """A writer of `answers.csv` or `answers.parquet`."""
    return (
        CsvWriter(folder / "answers.csv", columns)
        if file_format == "csv"
        else ParquetWriter(folder / "answers.parquet", columns)
    )
