"""Combinations of answers that were met, and what they led to, so that each is evaluated once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl
import pyarrow as pa

from oligoscope.tables.columnar.rows import Integers

MOST_PLACES = 1 << 24
"""Keys below this are looked up by position; greater ones by hash."""


@dataclass(frozen=True)
class Evaluated:
    """What some combinations of answers lead to.

    places: of each combination, its row in `answers`.  answers: columns for the reader, a row for each different
    answer; none where there are none. handed_on: columns for later steps, a row a combination.
    """

    places: Integers
    answers: Mapping[str, pa.Array] = field(default_factory=dict)
    handed_on: Mapping[str, Integers] = field(default_factory=dict)


class Met:
    """What one evaluation has answered so far; it grows with the combinations that are met.

    places, handed_on, answers: as in `Evaluated`, of all combinations so far.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self._known = pl.DataFrame(schema=dict.fromkeys(keys, pl.Int64))
        self.places: Integers = np.zeros(0, dtype=np.int64)
        self.handed_on: dict[str, Integers] = {}
        self.answers: pl.DataFrame | None = None

    def rows_of(self, keys: pl.DataFrame, evaluate: Callable[[Mapping[str, Integers]], Evaluated]) -> Integers:
        """For each row its combination's number here; combinations never met before are evaluated."""
        largest = max(keys[:, 0].max() or 0, self._known[:, 0].max() or 0)
        if keys.width == 1 and isinstance(largest, int) and largest < MOST_PLACES:
            return self._by_position(keys[:, 0].to_numpy(), largest + 1, evaluate)
        self._learn(keys.unique().join(self._known, on=keys.columns, how="anti"), evaluate)
        return keys.join(self._known.with_row_index("row"), on=keys.columns, how="left", maintain_order="left")[
            "row"
        ].to_numpy()

    def _by_position(
        self, keys: Integers, n_places: int, evaluate: Callable[[Mapping[str, Integers]], Evaluated]
    ) -> Integers:
        occurs = np.zeros(n_places, dtype=bool)
        occurs[keys] = True
        occurs[self._known[:, 0].to_numpy()] = False
        self._learn(pl.DataFrame({self._known.columns[0]: np.flatnonzero(occurs)}), evaluate)
        numbers = np.empty(n_places, dtype=np.int64)
        numbers[self._known[:, 0].to_numpy()] = np.arange(len(self._known))
        return numbers[keys]

    def _learn(self, new: pl.DataFrame, evaluate: Callable[[Mapping[str, Integers]], Evaluated]) -> None:
        if not len(new) and (self.handed_on or self.answers is not None):
            return
        found = evaluate({name: new[name].to_numpy() for name in new.columns})
        before = 0 if self.answers is None else len(self.answers)
        self._known = pl.concat([self._known, new])
        self.places = np.concatenate([self.places, found.places + before])
        self.handed_on = {
            name: np.concatenate([self.handed_on[name], column]) if name in self.handed_on else column
            for name, column in found.handed_on.items()
        }
        if found.answers:
            answers = pl.DataFrame(pa.table(dict(found.answers)))
            self.answers = answers if self.answers is None else pl.concat([self.answers, answers])
