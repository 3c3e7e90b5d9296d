"""The chart fields that would help to settle each part of a table, most decisive first.

A step of its own after the tables: charts differ most in which fields are missing, so that a table's answer repeats far
more often than its needs.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
import polars as pl

from oligoscope.tables.columnar.columns import asks
from oligoscope.tables.columnar.combinations import Evaluated, Integers, Masks, Numbered
from oligoscope.tables.columnar.tables import ranks_column
from oligoscope.tables.compile import CompiledTable
from oligoscope.tables.errors import TableError
from oligoscope.tables.grid import REMEMBERED
from oligoscope.tables.model import Options
from oligoscope.tables.names import part_name
from oligoscope.tables.reference import order_needs
from oligoscope.tables.search import Shares

RANKS_BITS = 20
"""Bits of the number that stands for how decisive a row's inputs are: a million patients of the example registry have
974 such numbers in `lat-candidacy`, and fewer in every other table.
"""


class Needs:
    """The chart fields that one part needs, from how decisive its inputs are and what each of them asks.

    inputs, fields: of the part, see `search.Question`.
    """

    def __init__(
        self, name: str, inputs: Sequence[str], fields: Sequence[str], asks_of: Mapping[str, tuple[str, ...]]
    ) -> None:
        self.name, self.inputs, self.fields = name, inputs, fields
        self._asks = [asks_of[name] for name in inputs]

    def masks(self, rankings: Numbered[Shares]) -> Masks:
        """What the inputs that are needed ask, and their ranks' number.

        An input with one ask asks it whenever it is needed, so that no mask says it. Raises TableError.
        """
        if len(rankings) > 1 << RANKS_BITS:
            raise TableError(
                f"{self.name}: its inputs are ranked in more than {1 << RANKS_BITS} ways",
                fix="split the table, or assess fewer patients at once",
            )
        number = pl.col(ranks_column(self.name))
        found: dict[str, tuple[pl.Expr, int]] = {}
        for i, (name, asked) in enumerate(zip(self.inputs, self._asks, strict=True)):
            if len(asked) > 1:
                # What an input asks that is not needed must not tell two rows apart.
                needed = number.is_in([n for shares, n in rankings.items() if any(i == at for at, _ in shares)])
                found[name] = (pl.when(needed).then(pl.col(asks(name))).otherwise(pl.lit(0)), len(asked))
        return found | {ranks_column(self.name): (number, RANKS_BITS)}

    def answers(self, masks: Mapping[str, Integers], rankings: Numbered[Shares], *, hand_on: bool) -> Evaluated:
        """The needs joined, as the reference orders them; hand_on: and as a mask for other tables."""
        shares_of = list(rankings)
        asking = {i: masks[name].tolist() for i, name in enumerate(self.inputs) if name in masks}
        different, places = Numbered[tuple[str, ...]](), []
        for row, number in enumerate(masks[ranks_column(self.name)].tolist()):
            asked = [
                (_chosen(self._asks[i], asking[i][row]) if i in asking else self._asks[i], share)
                for i, share in shares_of[number]
            ]
            places.append(different[order_needs(asked, self.fields)])
        answers = pl.DataFrame(
            {f"{self.name}_needs": pl.Series(["|".join(needs) for needs in different], dtype=pl.String)}
        )
        found = np.array(places, dtype=np.int64)
        if not hand_on:
            return Evaluated(found, answers)
        of_needs = [sum(1 << self.fields.index(field) for field in needs) for needs in different]
        return Evaluated(found, answers, {asks(self.name): np.array(of_needs, dtype=np.int64)[found]})


@lru_cache(REMEMBERED)
def _chosen(fields: tuple[str, ...], mask: int) -> tuple[str, ...]:
    """The fields whose bit is set."""
    return tuple(field for k, field in enumerate(fields) if mask >> k & 1)


def needs_of(table: CompiledTable, asks_of: Mapping[str, tuple[str, ...]]) -> list[Needs]:
    """The needs to work out for a table, one for each question; options tell none."""
    if isinstance(table.table, Options):
        return []
    return [Needs(part_name(table.table, each.id), each.inputs, each.fields, asks_of) for each in table.questions]
