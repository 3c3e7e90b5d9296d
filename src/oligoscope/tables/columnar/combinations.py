"""Evaluate what occurs once, not for every row: charts repeat, so there are far fewer combinations of answers than
patients.

A row's masks, side by side, are its key. A `Memo` keeps what each key led to; `Memory` keeps the memos of one run, so
that a later batch evaluates only what no earlier one had.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from oligoscope.tables.search import Shares

Integers: TypeAlias = NDArray[np.int64]
K = TypeVar("K", bound=Hashable)

MOST_BITS = 62
"""Bits of masks in one whole number of 64, so that it and what is computed with it stays positive."""
MOST_PLACES = 1 << 24
"""Keys below this are looked up by position, which costs a tenth of looking them up by hash."""
MOST_COMBINATIONS = 8_000_000
"""Kept between batches, about 50 bytes each. A million patients of the example registry have 0.5 million."""

Masks = Mapping[str, tuple[pl.Expr, int]]
"""For each mask its expression and its number of bits."""


class Keys:
    """The masks of every row of a frame, packed into as few whole numbers as hold them."""

    def __init__(self, frame: pl.DataFrame, masks: Masks) -> None:
        self._layout: list[list[tuple[str, int, int]]] = [[]]
        terms: list[list[pl.Expr]] = [[]]
        used = 0
        # What reads nothing is one combination for every row.
        for name, (expression, bits) in (masks or {"none": (pl.int_range(pl.len()) * 0, 1)}).items():
            if used + bits > MOST_BITS:
                self._layout.append([])
                terms.append([])
                used = 0
            self._layout[-1].append((name, used, bits))
            terms[-1].append(expression.cast(pl.Int64) * (1 << used))
            used += bits
        self.frame = frame.select(pl.sum_horizontal(each).alias(f"key{n}") for n, each in enumerate(terms))

    def masks_of(self, keys: pl.DataFrame) -> dict[str, Integers]:
        """The masks that were packed into these keys."""
        return {
            name: keys[:, n].to_numpy() >> start & (1 << bits) - 1
            for n, key in enumerate(self._layout)
            for name, start, bits in key
        }


@dataclass(frozen=True)
class Evaluated:
    """What some combinations of answers lead to.

    places: of each combination, its row in `answers`.  answers: columns for the reader, a row for each different
    answer; none where there are none. handed_on: columns for later steps, a row for each combination.
    """

    places: Integers
    answers: pl.DataFrame = field(default_factory=pl.DataFrame)
    handed_on: Mapping[str, Integers] = field(default_factory=dict)


class Memo:
    """What one evaluation has led to so far, a row for each combination.

    places, answers, handed_on: as in `Evaluated`, of all combinations so far.
    """

    def __init__(self) -> None:
        self._seen: pl.DataFrame | None = None
        self.places: Integers = np.zeros(0, dtype=np.int64)
        self.handed_on: dict[str, Integers] = {}
        self.answers = pl.DataFrame()

    def __len__(self) -> int:
        return len(self.places)

    def unseen(self, keys: pl.DataFrame) -> pl.DataFrame:
        """The keys that were not added before, one row for each."""
        if self._seen is None:
            self._seen = keys.clear()
        n_places = self._n_places(keys)
        if not n_places:
            return keys.unique().join(self._seen, on=keys.columns, how="anti")
        occurs = np.zeros(n_places, dtype=bool)
        occurs[keys[:, 0].to_numpy()] = True
        occurs[self._seen[:, 0].to_numpy()] = False
        return pl.DataFrame({keys.columns[0]: np.flatnonzero(occurs)})

    def add(self, keys: pl.DataFrame, found: Evaluated) -> None:
        """Remember what these keys led to; the first time also where there are none, so that the columns are known."""
        assert self._seen is not None
        self._seen = pl.concat([self._seen, keys])
        self.places = np.concatenate([self.places, found.places + len(self.answers)])
        self.handed_on = {
            name: np.concatenate([self.handed_on[name], column]) if name in self.handed_on else column
            for name, column in found.handed_on.items()
        }
        self.answers = pl.concat([self.answers, found.answers]) if self.answers.width else found.answers

    def rows(self, keys: pl.DataFrame) -> Integers:
        """The row of each key here; every one must have been added."""
        assert self._seen is not None
        n_places = self._n_places(keys)
        if not n_places:
            numbered = self._seen.with_row_index("row")
            found = keys.join(numbered, on=keys.columns, how="left", maintain_order="left")["row"]
            return found.cast(pl.Int64).to_numpy()
        numbers = np.empty(n_places, dtype=np.int64)
        numbers[self._seen[:, 0].to_numpy()] = np.arange(len(self._seen))
        rows: Integers = numbers[keys[:, 0].to_numpy()]
        return rows

    def _n_places(self, keys: pl.DataFrame) -> int:
        """How many positions a look-up by position needs; 0 where the keys are too large for it."""
        assert self._seen is not None
        if keys.width > 1:
            return 0
        largest = max(int(frame[:, 0].max() or 0) for frame in (keys, self._seen))  # type: ignore[arg-type]  # Int64
        return largest + 1 if largest < MOST_PLACES else 0


class Numbered(dict[K, int]):
    """What was met, each under a number of its own, in the order in which it was first asked for."""

    def __missing__(self, key: K) -> int:
        self[key] = number = len(self)
        return number


def narrow(column: Integers) -> NDArray[np.signedinteger[Any]]:
    """The same whole numbers in as few bytes as hold them: what a cohort's columns cost is the memory they touch."""
    largest = int(column.max(initial=0))
    return column.astype(
        next(kind for kind in (np.int8, np.int16, np.int32, np.int64) if largest <= np.iinfo(kind).max)
    )


class Memory:
    """What one run has evaluated; dropped whole when it holds more than `limit` combinations."""

    def __init__(self, limit: int = MOST_COMBINATIONS) -> None:
        self.limit = limit
        self._memos: dict[str, Memo] = {}
        self._rankings: dict[str, Numbered[Shares]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._memos.values()))

    def memo(self, name: str) -> Memo:
        """The memo of one evaluation."""
        return self._memos.setdefault(name, Memo())

    def rankings(self, name: str) -> Numbered[Shares]:
        """How decisive inputs are, numbered; kept as long as the memos, whose keys speak of these numbers."""
        return self._rankings.setdefault(name, Numbered())

    def make_room(self) -> None:
        """To be called between batches."""
        if len(self) > self.limit:
            self._memos.clear()
            self._rankings.clear()
