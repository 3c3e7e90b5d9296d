"""The chart fields that would help to settle each part of a table, most decisive first.

A step of its own after the tables: charts differ most in which fields are missing, so that a table's answer repeats far
more often than its needs.
"""

from collections.abc import Mapping, Sequence
from functools import reduce

import numpy as np
import polars as pl

from oligoscope.tables.columnar.columns import asks
from oligoscope.tables.columnar.combinations import Evaluated, Masks
from oligoscope.tables.columnar.flags import Integers, grouped
from oligoscope.tables.columnar.tables import ranks_column
from oligoscope.tables.compile import CompiledTable
from oligoscope.tables.errors import TableError
from oligoscope.tables.model import Option
from oligoscope.tables.names import part_name

RANKS_BITS = 20
"""Bits of the number that stands for a row's ranks: tables meet few different ones."""


class Needs:
    """The chart fields that one part needs, from its inputs' ranks and what each input asks: a step of its own, since
    charts differ most in it.
    """

    def __init__(
        self, name: str, part_inputs: Sequence[str], fields: Sequence[str], asks_of: Mapping[str, tuple[str, ...]]
    ) -> None:
        self.name, self.inputs, self.fields, self.asks_of = name, part_inputs, fields, asks_of

    def masks(self, ranks: Sequence[tuple[int, ...]]) -> Masks:
        """What the inputs that are needed ask, and their ranks' number.

        An input with one ask asks it whenever it is needed. Raises TableError.
        """
        if len(ranks) > 1 << RANKS_BITS:
            raise TableError(
                f"{self.name}: its inputs are ranked in more than {1 << RANKS_BITS} ways",
                fix="split the table, or assess fewer patients at once",
            )
        number = pl.col(ranks_column(self.name))
        found: dict[str, tuple[pl.Expr, int]] = {}
        for i, name in enumerate(self.inputs):
            if len(self.asks_of[name]) > 1:
                needed = number.is_in([n for n, row in enumerate(ranks) if row[i]])
                found[name] = (pl.when(needed).then(pl.col(asks(name))).otherwise(pl.lit(0)), len(self.asks_of[name]))
        return found | {ranks_column(self.name): (number, RANKS_BITS)}

    def answers(self, masks: Mapping[str, Integers], ranks: Sequence[tuple[int, ...]], *, hand_on: bool) -> Evaluated:
        """The needs joined, most decisive first, ties in the fields' order; hand_on: and as a mask for other tables."""
        own = np.array(ranks, dtype=np.int64).reshape(-1, len(self.inputs))[masks[ranks_column(self.name)]].T
        best = np.stack([self._best(field, own, masks) for field in self.fields])
        first, places = grouped(list(best))
        order = np.argsort(-best[:, first], axis=0, kind="stable").T.tolist()
        n_wanted = (best[:, first] > 0).sum(axis=0).tolist()
        texts = ["|".join([self.fields[k] for k in row[:n]]) for row, n in zip(order, n_wanted, strict=True)]
        mask = sum(
            ((row > 0).astype(np.int64) << k for k, row in enumerate(best)),
            start=np.zeros(best.shape[1], dtype=np.int64),
        )
        answers = pl.DataFrame({f"{self.name}_needs": pl.Series(texts, dtype=pl.String)})
        return Evaluated(places, answers, {asks(self.name): mask} if hand_on else {})

    def _best(self, field: str, ranks: Integers, masks: Mapping[str, Integers]) -> Integers:
        """The highest rank of the inputs that ask for a field."""
        ways = []
        for rank, name in zip(ranks, self.inputs, strict=True):
            asked = self.asks_of[name]
            if field in asked:
                ways.append(rank if len(asked) == 1 else rank * (masks[name] >> asked.index(field) & 1))
        return reduce(np.maximum, ways)


def needs_of(table: CompiledTable, asks_of: Mapping[str, tuple[str, ...]]) -> list[Needs]:
    """The needs to work out for a table, one for each part (a score: one)."""
    if table.totals:
        return [Needs(table.name, table.totals.inputs, table.fields, asks_of)]
    return [
        Needs(part_name(table.table, part.id), part.grid.inputs, part.fields, asks_of)
        for part in table.parts
        if not isinstance(part.part, Option)
    ]
