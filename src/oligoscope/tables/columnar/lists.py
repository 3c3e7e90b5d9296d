"""A patient's list as columns of the patient: how many items certainly hold, how many may, and between what their
numbers lie.

All facts over one list share one pass over its items. What a fact needs of an item is a flag that only the item's
answers decide, so flags are worked out once for each combination that occurs, looked up for every item, and added up.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from oligoscope.tables.columnar.columns import PATIENT, ROW, columns_of, is_single
from oligoscope.tables.columnar.combinations import Evaluated, Keys, Masks, Memory
from oligoscope.tables.columnar.flags import Flags, Integers, Rows
from oligoscope.tables.columnar.grids import GridRows
from oligoscope.tables.columnar.inputs import Inputs
from oligoscope.tables.domain import Choices, Domain, Numbers
from oligoscope.tables.facts import Fact

MOST_ITEMS = (1 << 16) - 1
"""Items of one patient's list that a counter holds; a reader must reject longer lists."""
_NEUTRAL_SUM = 0.0

Column = NDArray[Any]


class ListFacts:
    """What facts over one list need of its items, and under which names the patients' columns hold it."""

    def __init__(self, name: str, facts: Sequence[Fact], fields: Mapping[str, Domain]) -> None:
        self.name, self.facts, self.fields = name, facts, fields
        self._counted = [fact for fact in facts if fact.operator != "last"]
        self._wheres: list[object] = []
        for fact in self._counted:
            if _condition(fact) not in self._wheres:
                self._wheres.append(_condition(fact))

    # ---- names -----------------------------------------------------------------------------------

    def sure(self, fact: Fact) -> str:
        """The column that counts the items which certainly hold."""
        return f"{self._where(fact)} sure"

    def may(self, fact: Fact) -> str:
        """The column that counts the items which may hold."""
        return f"{self._where(fact)} may"

    def unclear(self, fact: Fact, field: str) -> str:
        """The column that counts the items of which this field leaves open whether they hold."""
        return f"{self._where(fact)} unclear {field}"

    def unknown(self, fact: Fact) -> str:
        """The column that counts the items which may hold and whose own field is not known."""
        return f"{self._where(fact)} unknown {fact.item}"

    def label(self, fact: Fact, k: int) -> str:
        """The column that counts the items which certainly hold and have the k-th label."""
        return f"{self._where(fact)} {fact.item} {k}"

    def end(self, fact: Fact, end: str) -> str:
        """The column of a fact's lowest (low) or highest (high) fold of the items' numbers."""
        return f"{fact.name} {end}"

    def newest(self, column: str) -> str:
        """The column of the newest item's column."""
        return f"{self.name} newest {column}"

    def _where(self, fact: Fact) -> str:
        return f"{self.name} {self._wheres.index(_condition(fact))}"

    # ---- values ----------------------------------------------------------------------------------

    def totals(self, patients: pl.DataFrame, items: pl.DataFrame, memory: Memory) -> pl.DataFrame:
        """What the facts need of the items, one row per patient, in the patients' order."""
        items, owners = _in_order(patients, items)
        folds = _Folds(owners, len(patients))
        columns: dict[str, Column] = {}
        if self._counted:
            rows, flags = self._flags(items, memory)
            with ThreadPoolExecutor(2) as threads:
                counted = threads.map(lambda flag: folds.count(flag[rows]), flags.values())
                columns |= dict(zip(flags, counted, strict=True))
            for fact in self._counted:
                if fact.operator in ("max", "min", "sum"):
                    sure, may = flags[self.sure(fact)][rows] > 0, flags[self.may(fact)][rows] > 0
                    columns |= self._ends(fact, items, sure, may, folds)
        return pl.DataFrame(columns).hstack(self._newest(items, folds)) if columns else self._newest(items, folds)

    def _flags(self, items: pl.DataFrame, memory: Memory) -> tuple[Integers, dict[str, Column]]:
        """(for each item its combination, for each flag whether each combination has it)."""
        inputs = Inputs([fact.where for fact in self._counted if fact.where], self.fields)
        keys = Keys(items, self._masks(inputs))
        memo = memory.memo(f"{self.name} items")
        new = memo.unseen(keys.frame)
        masks, flags = keys.masks_of(new), Flags(len(new))
        found = {name: flags.where(rows).astype(np.int64) for name, rows in self._of_each(inputs, masks, flags)}
        memo.add(new, Evaluated(np.zeros(len(new), dtype=np.int64), handed_on=found))
        return memo.rows(keys.frame), {name: flag.astype(np.uint16) for name, flag in memo.handed_on.items()}

    def _masks(self, inputs: Inputs) -> Masks:
        """What the flags depend on: the answers that conditions tell apart, the labels that are grouped, and whether
        anything read is known.
        """
        masks = dict(inputs.masks())
        read = [*inputs.names, *(fact.item for fact in self._counted if fact.item)]
        for name in read:
            domain = self.fields[name]
            if isinstance(domain, Choices):
                masks[name] = (pl.col(columns_of(name, domain)[0]), len(domain.labels))
            else:
                masks[f"{name} known"] = (is_single(name, domain), 1)
        return masks

    def _of_each(self, inputs: Inputs, masks: Mapping[str, Integers], flags: Flags) -> Iterator[tuple[str, Rows]]:
        """Every flag under its name, for these combinations."""
        for fact in {_condition(fact): fact for fact in self._counted}.values():
            sure, may = self._holding(fact, inputs, masks, flags)
            yield self.sure(fact), sure
            yield self.may(fact), may
            for field in fact.where.inputs if fact.where else ():
                yield self.unclear(fact, field), may & ~sure & ~self._known(field, masks, flags)
            for other in self._counted:
                if other.item and _condition(other) == _condition(fact):
                    yield self.unknown(other), may & ~self._known(other.item, masks, flags)
                    if isinstance(other.item_domain, Choices):
                        for k in range(len(other.item_domain.labels)):
                            yield self.label(other, k), sure & flags.equal(masks[other.item], 1 << k)

    def _holding(self, fact: Fact, inputs: Inputs, masks: Mapping[str, Integers], flags: Flags) -> tuple[Rows, Rows]:
        """Where the condition certainly holds, and where it may."""
        if fact.where is None:
            return flags.every, flags.every
        no, yes = GridRows(flags, fact.where, inputs.spread(flags, masks, fact.where)).outcomes
        return yes & ~no, yes

    def _known(self, field: str, masks: Mapping[str, Integers], flags: Flags) -> Rows:
        if isinstance(self.fields[field], Choices):
            return flags.equal(masks[field] & (masks[field] - 1), 0)
        return flags.bit(masks[f"{field} known"], 0)

    def _ends(
        self, fact: Fact, items: pl.DataFrame, sure: Column, may: Column, folds: "_Folds"
    ) -> Iterator[tuple[str, Column]]:
        """The lowest and the highest number that the items give: an item that may hold narrows one end only."""
        assert isinstance(fact.domain, Numbers)
        lows, highs = (items[name].to_numpy() for name in columns_of(fact.item, fact.domain))
        fold, neutral = {
            "max": (np.maximum, fact.domain.low),
            "min": (np.minimum, fact.domain.high),
            "sum": (np.add, _NEUTRAL_SUM),
        }[fact.operator]
        at_low, at_high = (may, sure) if fact.operator == "min" else (sure, may)
        yield self.end(fact, "low"), folds.fold(fold, np.where(at_low, lows, neutral), neutral)
        yield self.end(fact, "high"), folds.fold(fold, np.where(at_high, highs, neutral), neutral)

    def _newest(self, items: pl.DataFrame, folds: "_Folds") -> pl.DataFrame:
        """The fields of each patient's last item; none where there is no item."""
        wanted = dict.fromkeys(
            column
            for fact in self.facts
            if fact.operator == "last"
            for column in columns_of(fact.item, self.fields[fact.item])
        )
        last = folds.last()
        return pl.DataFrame([items[column].gather(last).alias(self.newest(column)) for column in wanted])


def _condition(fact: Fact) -> object:
    """What tells one `where` from another."""
    grid = fact.where
    return grid and (grid.inputs, grid.cells, tuple(box.masks for box in grid.boxes if box.outcome == 1))


def _in_order(patients: pl.DataFrame, items: pl.DataFrame) -> tuple[pl.DataFrame, Integers]:
    """(the items in the order of their patients, for each the row of its patient); those of nobody are left out."""
    if items.is_empty():
        return items, np.zeros(0, dtype=np.int64)
    rows = patients.select(PATIENT, owner__=pl.int_range(pl.len(), dtype=pl.Int64))
    found = items.join(rows, on=PATIENT, how="inner", maintain_order="left")
    if not found["owner__"].is_sorted():
        found = found.sort("owner__", ROW)
    return found.drop("owner__"), found["owner__"].to_numpy()


class _Folds:
    """Folds over neighbouring items of one patient."""

    def __init__(self, owners: Integers, n_patients: int) -> None:
        self._starts = np.flatnonzero(np.diff(owners, prepend=-1))
        self._owners, self._n_items, self._n = owners[self._starts], len(owners), n_patients

    def fold(self, function: np.ufunc, values: Column, neutral: float) -> Column:
        """One value per patient; `neutral` where there is no item."""
        found = np.full(self._n, neutral, dtype=values.dtype)
        if self._n_items:
            found[self._owners] = function.reduceat(values, self._starts, dtype=values.dtype)
        return found

    def count(self, flag: Column) -> Column:
        """How many items have the flag."""
        return self.fold(np.add, flag, 0)

    def last(self) -> pl.Series:
        """The row of each patient's last item, null where there is none."""
        found = np.full(self._n, -1, dtype=np.int64)
        if self._n_items:
            found[self._owners] = np.append(self._starts[1:], self._n_items) - 1
        rows = pl.Series(found)
        return rows.zip_with(rows >= 0, pl.Series([None], dtype=pl.Int64))
