"""What operators make their columns of: they are handed these, so that one patient needs no Polars."""

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from operator import and_
from typing import TypeAlias

import polars as pl

from oligoscope.tables.columnar import columns
from oligoscope.tables.columnar.columns import any_of, asks, bit, column, high, low
from oligoscope.tables.columnar.lists import ListFacts
from oligoscope.tables.domain import Choices, Domain
from oligoscope.tables.facts import Fact

Layers: TypeAlias = list[dict[str, pl.Expr]]
"""Columns to add one after the other: a layer may use the ones before."""


class Expressions:
    """The expressions that one fact is made of.

    of: the names of the quantities combined. own_asks: the chart fields whose answer could narrow the fact. kept:
    helper columns, in layers.
    """

    def __init__(self, fact: Fact, asks_of: Mapping[str, tuple[str, ...]]) -> None:
        self.of, self.own_asks = fact.of, fact.asks
        self.kept: Layers = []
        self._name, self._asks_of = fact.name, asks_of

    all_of, any_of = staticmethod(columns.all_of), staticmethod(columns.any_of)
    bit, pack = staticmethod(columns.bit), staticmethod(columns.pack)
    is_single = staticmethod(columns.is_single)
    largest, smallest = staticmethod(pl.max_horizontal), staticmethod(pl.min_horizontal)
    literal = staticmethod(pl.lit)

    # ---- quantities ------------------------------------------------------------------------------

    def mask(self, name: str) -> pl.Expr:
        """What is possible of labels."""
        return pl.col(column(name))

    def low(self, name: str) -> pl.Expr:
        """The lowest that is possible of a number or date."""
        return pl.col(low(name))

    def high(self, name: str) -> pl.Expr:
        """The highest that is possible of a number or date."""
        return pl.col(high(name))

    def silent(self, name: str, domain: Domain) -> pl.Expr:
        """Whether the chart says nothing of a quantity."""
        whole = domain.everything
        if isinstance(whole, int):
            return self.mask(name) == whole
        return (self.low(name) == whole[0]) & (self.high(name) == whole[1])

    def asked_by(self, names: Sequence[str], asked: str) -> pl.Expr:
        """Whether a chart field could narrow one of these quantities."""
        fields = self._asks_of
        return any_of(bit(pl.col(asks(name)), fields[name].index(asked)) for name in names if asked in fields[name])

    def keep(self, layer: int, name: str, made: pl.Expr) -> pl.Expr:
        """Make a helper column of it; a layer may use the columns kept in the ones before."""
        self.kept += [{} for _ in range(layer + 1 - len(self.kept))]
        name = f"{self._name}__{name}"
        self.kept[layer][name] = made
        return pl.col(name)

    # ---- arithmetic ------------------------------------------------------------------------------

    def when(self, condition: pl.Expr, yes: pl.Expr | float, no: pl.Expr | float) -> pl.Expr:
        """One or the other, row by row."""
        return pl.when(condition).then(_expression(yes)).otherwise(_expression(no))

    def number(self, made: pl.Expr) -> pl.Expr:
        """As a number with decimals."""
        return made.cast(pl.Float64)

    def whole_number(self, made: pl.Expr) -> pl.Expr:
        """As a whole number of either sign: counters have none."""
        return made.cast(pl.Int64)

    def total(self, parts: Iterable[pl.Expr]) -> pl.Expr:
        """Added up."""
        return pl.sum_horizontal(parts)

    def common(self, masks: Iterable[pl.Expr]) -> pl.Expr:
        """What all masks leave possible."""
        return reduce(and_, masks)


class Folded(Expressions):
    """The expressions that a fact over a list is made of.

    complete: whether the list is all there is. sure, may: how many items certainly hold, and how many may. lowest,
    highest: the ends that the operator has folded the items to. sizes: how many certainly have each label.
    """

    def __init__(
        self, fact: Fact, asks_of: Mapping[str, tuple[str, ...]], totals: ListFacts, complete: pl.Expr
    ) -> None:
        super().__init__(fact, asks_of)
        self.complete = complete
        self.sure, self.may = pl.col(totals.sure(fact)), pl.col(totals.may(fact))
        self.lowest, self.highest = pl.col(totals.end(fact, "low")), pl.col(totals.end(fact, "high"))
        labels = len(fact.item_domain.labels) if isinstance(fact.item_domain, Choices) else 0
        self.sizes = [self.whole_number(pl.col(totals.label(fact, k))) for k in range(labels)]


def _expression(value: pl.Expr | float) -> pl.Expr:
    return value if isinstance(value, pl.Expr) else pl.lit(value)
