"""A patient's list as columns of the patient: how many items certainly hold, how many may, and between what their
numbers lie.

All facts over one list share one pass over its items. What a fact needs of an item is a flag that only the item's
answers decide, so flags are worked out once for each combination that occurs, looked up for every item, and added up.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from oligoscope.tables.columnar.columns import asks, columns_of, is_single
from oligoscope.tables.columnar.combinations import Evaluated, Integers, Keys, Masks, Memory
from oligoscope.tables.columnar.inputs import Inputs
from oligoscope.tables.deriving import word
from oligoscope.tables.domain import FLAG, Choices, Domain
from oligoscope.tables.facts import JOINED, Fact

MOST_ITEMS = (1 << 16) - 1
"""Items of one patient's list that a counter holds; a reader must reject longer lists."""

Truths = NDArray[np.bool_]
"""Of each combination whether something holds."""
Column = NDArray[Any]
Ends = tuple[Column, ...]
"""What an operator folds the items to: one column, or the lower and the upper end."""


class ListFacts:
    """What facts over one list need of its items, and under which names the columns of patients hold it.

    Of a joined fact, read "the items in question" for "patients": each has items of another list that may speak of it.
    """

    def __init__(
        self, name: str, facts: Sequence[Fact], fields: Mapping[str, Domain], asks_of: Mapping[str, tuple[str, ...]]
    ) -> None:
        self.name, self.facts = name, facts
        self.fields = {**fields, JOINED: FLAG}
        joined_by = facts[0].joined_by if facts else ""
        self.asks = {field: asks_of.get(f"{name}.{field}", (f"{name}.{field}",)) for field in fields} | {
            JOINED: (f"{name}.{joined_by}",)
        }
        self._wheres: list[object] = []
        for fact in facts:
            if _condition(fact) not in self._wheres:
                self._wheres.append(_condition(fact))

    # ---- names -----------------------------------------------------------------------------------

    def sure(self, fact: Fact) -> str:
        """The column that counts the items which certainly hold."""
        return f"{self._where(fact)} sure"

    def may(self, fact: Fact) -> str:
        """The column that counts the items which may hold."""
        return f"{self._where(fact)} may"

    def wanted(self, fact: Fact, asked: str) -> str:
        """The column that counts the items for which this chart field is wanted: it leaves open whether they hold, or
        what they hold.
        """
        return f"{self._where(fact)} {fact.item if self._is_item(fact, asked) else ''} wants {asked}"

    def _is_item(self, fact: Fact, asked: str) -> bool:
        return bool(fact.item) and asked in self.asks[fact.item]

    def label(self, fact: Fact, k: int) -> str:
        """The column that counts the items which certainly hold and have the k-th label."""
        return f"{self._where(fact)} {fact.item} {k}"

    def end(self, fact: Fact, end: str) -> str:
        """The column of a fact's lowest (low) or highest (high) fold of the items' numbers."""
        return f"{fact.name} {end}"

    def last_wants(self, fact: Fact, asked: str) -> str:
        """Of a fact about the last item: as `wanted`, of the items that may be the last."""
        return f"{fact.name} wants {asked}"

    def _where(self, fact: Fact) -> str:
        return f"{self.name} {self._wheres.index(_condition(fact))}"

    # ---- values ----------------------------------------------------------------------------------

    def totals(self, items: pl.DataFrame, owners: Integers, n_patients: int, memory: Memory) -> pl.DataFrame:
        """What the facts need of the items, one row per patient, in the patients' order.

        owners: the row of each item's patient; items lie in the order of their patients.
        """
        folds = Folds(owners, n_patients)
        rows, flags = self._flags(items, memory)
        folded = dict.fromkeys(name for fact in self.facts for name in self._counted(fact))
        with ThreadPoolExecutor(2) as threads:
            counted = threads.map(lambda name: folds.count(flags[name][rows]), folded)
            columns = dict(zip(folded, counted, strict=True))
        for fact in self.facts:
            held = Items(fact, items, flags[self.sure(fact)], flags[self.may(fact)], rows, folds)
            ends = fact.list_operator.ends(held)
            columns |= {self.end(fact, end): made for end, made in zip(("low", "high"), ends, strict=False)}
            if fact.list_operator.newest:
                for asked in self.asked(fact):
                    wanting = np.where(held.recent, flags[self.wanted(fact, asked)][rows], 0).astype(np.uint16)
                    columns[self.last_wants(fact, asked)] = folds.count(wanting)
        return pl.DataFrame(columns)

    def _counted(self, fact: Fact) -> list[str]:
        """The flags of a fact that are added up; of the last item its own columns say all."""
        if fact.list_operator.newest:
            return []
        labels = len(fact.item_domain.labels) if isinstance(fact.item_domain, Choices) else 0
        wanted = [self.wanted(fact, asked) for asked in self.asked(fact)]
        return [self.sure(fact), self.may(fact), *wanted, *(self.label(fact, k) for k in range(labels))]

    def asked(self, fact: Fact) -> tuple[str, ...]:
        """The chart fields that items ask for."""
        read = (*(fact.where.inputs if fact.where else ()), *([fact.item] if fact.item else ()))
        return tuple(dict.fromkeys(asked for name in read for asked in self.asks[name]))

    def _flags(self, items: pl.DataFrame, memory: Memory) -> tuple[Integers, dict[str, Column]]:
        """(for each item its combination, for each flag whether each combination has it)."""
        inputs = Inputs([fact.where for fact in self.facts if fact.where], self.fields)
        keys = Keys(items, self._masks(inputs))
        memo = memory.memo(f"{self.name} items for {self.facts[0].name}")
        new = memo.unseen(keys.frame)
        masks = keys.masks_of(new)
        found = {
            name: truths.astype(np.int64)
            for fact in self.facts
            for name, truths in self._of_each(fact, inputs, masks, np.zeros(len(new), dtype=bool))
        }
        memo.add(new, Evaluated(np.zeros(len(new), dtype=np.int64), handed_on=found))
        return memo.rows(keys.frame), {name: flag.astype(np.uint16) for name, flag in memo.handed_on.items()}

    def _masks(self, inputs: Inputs) -> Masks:
        """What the flags depend on: the answers that conditions tell apart, the labels that are grouped, whether
        anything read is known, and what it asks where that may be more than itself.
        """
        masks = dict(inputs.masks())
        for name in dict.fromkeys([*inputs.names, *(fact.item for fact in self.facts if fact.item)]):
            domain = self.fields[name]
            if isinstance(domain, Choices):
                masks[name] = (pl.col(columns_of(name, domain)[0]), len(domain.labels))
            else:
                masks[f"{name} known"] = (is_single(name, domain), 1)
            if len(self.asks[name]) > 1:
                masks[f"{name} asks"] = (pl.col(asks(name)), len(self.asks[name]))
        return masks

    def _of_each(
        self, fact: Fact, inputs: Inputs, masks: Mapping[str, Integers], none: Truths
    ) -> Iterator[tuple[str, Truths]]:
        """A fact's flags under their names, for these combinations. none: of which nothing holds."""
        sure, may = self._holding(fact, inputs, masks, none)
        yield self.sure(fact), sure
        yield self.may(fact), may
        for asked in self.asked(fact):
            wanted = none
            for name in fact.where.inputs if fact.where else ():
                if asked in self.asks[name]:
                    wanted = wanted | (may & ~sure & self._asks_for(name, asked, masks))
            if self._is_item(fact, asked):
                wanted = wanted | (may & self._asks_for(fact.item, asked, masks))
            yield self.wanted(fact, asked), wanted
        if isinstance(fact.item_domain, Choices):
            for k in range(len(fact.item_domain.labels)):
                yield self.label(fact, k), sure & (masks[fact.item] == 1 << k)

    def _asks_for(self, name: str, asked: str, masks: Mapping[str, Integers]) -> Truths:
        """Where a quantity is not known, and this chart field, one of those it asks, could narrow it."""
        asking = self.asks[name]
        if isinstance(self.fields[name], Choices):
            unknown: Truths = (masks[name] & (masks[name] - 1)) != 0
        else:
            unknown = masks[f"{name} known"] == 0
        return unknown if len(asking) == 1 else unknown & (masks[f"{name} asks"] >> asking.index(asked) & 1 != 0)

    def _holding(
        self, fact: Fact, inputs: Inputs, masks: Mapping[str, Integers], none: Truths
    ) -> tuple[Truths, Truths]:
        """Where the condition certainly holds, and where it may, as the reference says of each combination."""
        if fact.where is None:
            return ~none, ~none
        words = np.array([word(fact.where, row) for row in inputs.rows(fact.where, masks)], dtype=str)
        return words == "certain", words != "impossible"


def _condition(fact: Fact) -> object:
    """What tells one `where` from another."""
    grid = fact.where
    return grid and (grid.inputs, grid.cells, tuple(box.masks for box in grid.boxes if box.outcome == 1))


class Folds:
    """Folds over neighbouring items of one patient."""

    def __init__(self, owners: Integers, n_patients: int) -> None:
        self._starts = np.flatnonzero(np.diff(owners, prepend=-1))
        self._owners, self._n_items, self._n = owners[self._starts], len(owners), n_patients
        self._all_owners = owners

    def fold(self, function: np.ufunc, values: Column, neutral: float) -> Column:
        """One value per patient; `neutral` where there is no item."""
        found = np.full(self._n, neutral, dtype=values.dtype)
        if self._n_items:
            found[self._owners] = function.reduceat(values, self._starts, dtype=values.dtype)
        return found

    def count(self, flag: Column) -> Column:
        """How many items have the flag."""
        return self.fold(np.add, flag, 0)

    def of_each_item(self, values: Column) -> Column:
        """The value of each item's patient."""
        found: Column = values[self._all_owners]
        return found


class Items:
    """The items of all patients as an operator folds them, for one fact.

    sure, may: whether an item certainly holds, whether it may. low, high: the ends of what is possible of the field
    taken of it; of labels both are its mask. Folds are worked out for what they are asked only.
    """

    def __init__(
        self, fact: Fact, items: pl.DataFrame, sure: Column, may: Column, rows: Integers, folds: Folds
    ) -> None:
        self._fact, self._items, self._sure, self._may, self._rows, self._folds = fact, items, sure, may, rows, folds

    @cached_property
    def sure(self) -> Column:
        """Whether each item certainly holds."""
        return self._sure[self._rows] > 0

    @cached_property
    def may(self) -> Column:
        """Whether each item may hold."""
        return self._may[self._rows] > 0

    @property
    def low(self) -> Column:
        """The lower end of each item, or its mask."""
        return self._items[columns_of(self._fact.item, self._fact.domain)[0]].to_numpy()

    @property
    def high(self) -> Column:
        """The upper end of each item, or its mask."""
        return self._items[columns_of(self._fact.item, self._fact.domain)[-1]].to_numpy()

    @cached_property
    def _last(self) -> Column:
        """For each patient the place of the last item that certainly holds; -1 where none does."""
        return self._folds.fold(np.maximum, np.where(self.sure, np.arange(len(self._items)), -1), -1)

    @property
    def any_sure(self) -> Column:
        """Whether an item of each patient certainly holds."""
        return self._last >= 0

    @cached_property
    def recent(self) -> Column:
        """Whether each item may be the last that holds: none after it certainly does."""
        return self.may & (np.arange(len(self._items)) >= self._folds.of_each_item(self._last))

    def highest(self, values: Column, counted: Column, least: float) -> Column:
        """For each patient the highest value of the items counted, `least` where there is none."""
        return self._folds.fold(np.maximum, np.where(counted, values, least), least)

    def lowest(self, values: Column, counted: Column, most: float) -> Column:
        """For each patient the lowest value of the items counted, `most` where there is none."""
        return self._folds.fold(np.minimum, np.where(counted, values, most), most)

    def total(self, values: Column, counted: Column) -> Column:
        """For each patient the values of the items counted, added up."""
        return self._folds.fold(np.add, np.where(counted, values, 0.0), 0.0)

    def union(self, masks: Column, counted: Column) -> Column:
        """For each patient what one or another of the items counted leaves possible."""
        return self._folds.fold(np.bitwise_or, np.where(counted, masks, 0), 0)

    @staticmethod
    def where(condition: Column, yes: Column, no: float) -> Column:
        """One or the other, patient by patient."""
        return np.where(condition, yes, no)
