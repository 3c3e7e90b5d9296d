"""Flags of many rows at once, eight to a byte: what tables make of every combination of answers that occurs, in few
machine instructions a flag.
"""

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Rows: TypeAlias = NDArray[np.uint8]
"""The rows for which something holds, packed."""
Integers: TypeAlias = NDArray[np.int64]
Truths: TypeAlias = NDArray[np.bool_]
Shares: TypeAlias = NDArray[np.float64]

MOST_CODES = 1 << 62


class Flags:
    """Flags over n rows. None among them stands for one that always holds."""

    def __init__(self, n: int) -> None:
        self.n = n
        self.every: Rows = np.packbits(np.ones(n, dtype=bool))
        self.none: Rows = np.zeros_like(self.every)

    def bit(self, masks: Integers, position: int) -> Rows:
        """Where a mask has a bit."""
        return np.packbits((masks >> position & 1).astype(bool))

    def equal(self, numbers: Integers, number: int) -> Rows:
        """Where a number is this one."""
        return np.packbits(numbers == number)

    def all_of(self, parts: Iterable[Rows | None]) -> Rows:
        """The conjunction; of nothing, every row."""
        kept = [part for part in parts if part is not None]
        return reduce(np.bitwise_and, kept) if kept else self.every

    def any_of(self, parts: Iterable[Rows]) -> Rows:
        """The disjunction; of nothing, no row."""
        kept = list(parts)
        return reduce(np.bitwise_or, kept) if kept else self.none

    def one_of(self, parts: Iterable[Rows]) -> Rows:
        """Where exactly one holds."""
        once, more = self.none, self.none
        for part in parts:
            once, more = once | part, more | once & part
        return once & ~more

    def where(self, rows: Rows) -> Truths:
        """One truth value a row."""
        return np.unpackbits(rows, count=self.n).view(bool)

    def count(self, parts: Iterable[Rows]) -> Integers:
        """How many hold, row by row."""
        return sum((self.where(part).astype(np.int64) for part in parts), start=np.zeros(self.n, dtype=np.int64))

    def mask(self, parts: Sequence[Rows]) -> Integers:
        """The flags as a mask a row: flag k becomes bit k."""
        return sum(
            (self.where(part).astype(np.int64) << k for k, part in enumerate(parts)),
            start=np.zeros(self.n, dtype=np.int64),
        )


def narrow(column: Integers) -> NDArray[np.signedinteger[Any]]:
    """The same whole numbers in as few bytes as hold them: what a cohort's columns cost is the memory they touch."""
    largest = int(column.max(initial=0))
    return column.astype(
        next(kind for kind in (np.int8, np.int16, np.int32, np.int64) if largest <= np.iinfo(kind).max)
    )


def grouped(columns: Sequence[Truths | Integers]) -> tuple[Integers, Integers]:
    """The different rows of some columns of small whole numbers: (one row of each kind, for every row its kind)."""
    codes, n_codes = np.zeros(len(columns[0]), dtype=np.int64), 1
    for column in columns:
        n_values = int(column.max(initial=0)) + 1
        if n_codes * n_values >= MOST_CODES:
            kinds, codes = np.unique(codes, return_inverse=True)
            n_codes = len(kinds)
        codes = codes * n_values + column
        n_codes *= n_values
    _, first, kind = np.unique(codes, return_index=True, return_inverse=True)
    return first, kind
