"""Operators over the items of a list. An item that may hold widens the answer."""

from collections import Counter
from collections.abc import Sequence
from math import inf
from typing import TYPE_CHECKING, ClassVar

from oligoscope.tables.domain import FLAG, Choices, Domain, Numbers, Possible, Span, is_known
from oligoscope.tables.operators.base import Columns, Held, ListOperator

if TYPE_CHECKING:
    from polars import Expr

    from oligoscope.tables.columnar.expressions import Folded
    from oligoscope.tables.columnar.lists import Ends, Items


class Count(ListOperator):
    """How many items hold. A list that may go on has no upper end.

    >>> Count().reference([Held(certain=True), Held(certain=False)])
    (1, 2)
    >>> Count().reference([Held(certain=True)], complete=False)
    (1, inf)
    """

    def reference(self, items: Sequence[Held], complete: bool = True) -> Span:
        return sum([item.certain for item in items]), len(items) if complete else inf

    def columns(self, x: "Folded") -> Columns:
        return x.sure, x.when(x.complete, x.number(x.may), inf)


class Any(ListOperator):
    """Whether an item holds. Only a list that is all there is can say no.

    >>> Any().reference([]) == 0b01, Any().reference([], complete=False) == 0b11
    (True, True)
    >>> Any().reference([Held(certain=True)], complete=False) == 0b10
    True
    """

    found: ClassVar[int] = 0b10
    none: ClassVar[int] = 0b01

    @classmethod
    def result(cls, item: Domain | None, unit: str) -> Domain:
        return FLAG

    def reference(self, items: Sequence[Held], complete: bool = True) -> int:
        if any(item.certain for item in items):
            return self.found
        return self.none if complete and not items else 0b11

    def columns(self, x: "Folded") -> Columns:
        return x.when(x.sure > 0, self.found, x.when(x.complete & (x.may == 0), self.none, 0b11))


class All(Any):
    """Whether every item holds. The items handed in are those that fail.

    >>> All().reference([]) == 0b10, All().reference([Held(certain=True)]) == 0b01
    (True, True)
    """

    inverted = True
    found, none = 0b01, 0b10


class _OfItems(ListOperator):
    """Answers in what the items hold."""

    @classmethod
    def result(cls, item: Domain | None, unit: str) -> Domain:
        return item or super().result(item, unit)


class _OfNumbers(_OfItems):
    """Folds the items' numbers."""

    @property
    def whole(self) -> Span:
        """The lowest and the highest number of the domain."""
        assert isinstance(self.domain, Numbers)
        return self.domain.everything


def _spans(items: Sequence[Held], *, certain: bool) -> list[Span]:
    """The numbers of the items that hold for certain, or of all that may."""
    return [i.possible for i in items if (i.certain or not certain) and not isinstance(i.possible, int)]


class Max(_OfNumbers):
    """The highest number: at least that of the items that certainly hold, at most that of all that may.

    >>> Max(Numbers(low=0)).reference([Held(True, (3, 4)), Held(False, (5, 5))])
    (3, 5)
    >>> Max(Numbers(low=0)).reference([Held(True, (3, 4))], complete=False)
    (3, inf)
    """

    def reference(self, items: Sequence[Held], complete: bool = True) -> Span:
        bottom, top = self.whole
        low = max([low for low, _ in _spans(items, certain=True)], default=bottom)
        return low, max([high for _, high in _spans(items, certain=False)], default=bottom) if complete else top

    def ends(self, items: "Items") -> "Ends":
        bottom, _ = self.whole
        return items.highest(items.low, items.sure, bottom), items.highest(items.high, items.may, bottom)

    def columns(self, x: "Folded") -> Columns:
        return x.lowest, x.when(x.complete, x.highest, float(self.whole[1]))


class Min(_OfNumbers):
    """The lowest number: at most that of the items that certainly hold, at least that of all that may.

    >>> Min(Numbers(low=0)).reference([Held(True, (3, 4)), Held(False, (1, 1))])
    (1, 4)
    >>> Min(Numbers(low=0)).reference([Held(True, (3, 4))], complete=False)
    (0, 4)
    """

    def reference(self, items: Sequence[Held], complete: bool = True) -> Span:
        bottom, top = self.whole
        high = min([high for _, high in _spans(items, certain=True)], default=top)
        return min([low for low, _ in _spans(items, certain=False)], default=top) if complete else bottom, high

    def ends(self, items: "Items") -> "Ends":
        _, top = self.whole
        return items.lowest(items.low, items.may, top), items.lowest(items.high, items.sure, top)

    def columns(self, x: "Folded") -> Columns:
        return x.when(x.complete, x.lowest, float(self.whole[0])), x.highest


class Sum(_OfNumbers):
    """The numbers added up, to nine decimals, so that 0.1 and 0.2 make 0.3 in whatever order they are added.

    >>> Sum(Numbers(low=0)).reference([Held(True, (0.1, 0.1)), Held(True, (0.2, 0.2)), Held(False, (1, 1))])
    (0.3, 1.3)
    """

    def reference(self, items: Sequence[Held], complete: bool = True) -> Span:
        low = round(sum([low for low, _ in _spans(items, certain=True)]), 9)
        return low, round(sum([high for _, high in _spans(items, certain=False)]), 9) if complete else self.whole[1]

    def ends(self, items: "Items") -> "Ends":
        return items.total(items.low, items.sure), items.total(items.high, items.may)

    def columns(self, x: "Folded") -> Columns:
        return x.lowest.round(9), x.when(x.complete, x.highest.round(9), float(self.whole[1]))


def _sizes(items: Sequence[Held]) -> list[int]:
    """How many items certainly have each label that is named."""
    named = [i.possible for i in items if i.certain and isinstance(i.possible, int) and is_known(i.possible)]
    return list(Counter(named).values())


class Distinct(ListOperator):
    """How many different labels there are. An item whose label is open may bring another.

    >>> liver, bone, either = 0b01, 0b10, 0b11
    >>> Distinct().reference([Held(True, liver), Held(True, liver), Held(True, bone)])
    (2, 2)
    >>> Distinct().reference([Held(True, either), Held(False, liver)])
    (1, 2)
    """

    def reference(self, items: Sequence[Held], complete: bool = True) -> Span:
        sizes = _sizes(items)
        low = max(len(sizes), min(1, sum([item.certain for item in items])))
        return low, len(sizes) + len(items) - sum(sizes) if complete else inf

    def columns(self, x: "Folded") -> Columns:
        return _groups(x, x.total([x.whole_number(size > 0) for size in x.sizes]))


class MostInOne(ListOperator):
    """How many items the fullest label has. An item whose label is open may belong to it.

    >>> liver, bone, either = 0b01, 0b10, 0b11
    >>> MostInOne().reference([Held(True, liver), Held(True, liver), Held(True, bone)])
    (2, 2)
    >>> MostInOne().reference([Held(True, liver), Held(True, either)])
    (1, 2)
    """

    def reference(self, items: Sequence[Held], complete: bool = True) -> Span:
        sizes = _sizes(items)
        fullest = max(sizes, default=0)
        low = max(fullest, min(1, sum([item.certain for item in items])))
        return low, fullest + len(items) - sum(sizes) if complete else inf

    def columns(self, x: "Folded") -> Columns:
        return _groups(x, x.largest(*x.sizes))


def _groups(x: "Folded", surely: "Expr") -> Columns:
    """What is sure of the labels that are named, and one more for each item that may bring another."""
    highest = x.number(surely + x.whole_number(x.may) - x.total(x.sizes))
    return x.largest(surely, x.whole_number(x.sure > 0)), x.when(x.complete, highest, inf)


class Last(_OfItems):
    """What the newest item that holds has: the last that certainly does, or any later one that may.

    The items handed in are newest first, none after the first that certainly holds.

    >>> Last().reference([Held(False, (2, 2)), Held(True, (5, 6))])
    (2, 6)
    >>> Last(Choices(("SBRT", "surgery"))).reference([Held(False, 0b01)]) == 0b11
    True
    """

    newest = True

    def reference(self, items: Sequence[Held], complete: bool = True) -> Possible:
        if not items or not items[-1].certain:
            return self.domain.everything
        found = items[0].possible
        for item in items[1:]:
            found = _either(found, item.possible)
        return found

    def ends(self, items: "Items") -> "Ends":
        whole, recent, found = self.domain.everything, items.recent, items.any_sure
        if isinstance(whole, int):
            return (items.where(found, items.union(items.low, recent), whole),)
        lowest, highest = whole
        return (
            items.where(found, items.lowest(items.low, recent, highest), lowest),
            items.where(found, items.highest(items.high, recent, lowest), highest),
        )

    def columns(self, x: "Folded") -> Columns:
        return x.lowest if isinstance(self.domain, Choices) else (x.lowest, x.highest)


def _either(a: Possible, b: Possible) -> Possible:
    if isinstance(a, int) or isinstance(b, int):
        assert isinstance(a, int)
        assert isinstance(b, int)
        return a | b
    return min(a[0], b[0]), max(a[1], b[1])
