"""Operators that make one quantity of others."""

from collections.abc import Sequence
from math import inf, isfinite
from typing import TYPE_CHECKING

from oligoscope.spelling import spell
from oligoscope.tables.domain import FLAG, Choices, Domain, Numbers, Possible, Span
from oligoscope.tables.operators.base import Columns, PlainOperator, flag

if TYPE_CHECKING:
    from polars import Expr

    from oligoscope.tables.columnar.expressions import Expressions


_DIFFER = "joins quantities that differ:", "give them one unit and one set of values"
_OTHER_KIND = "does not compare", "use same for labels, at_or_after or before for dates and numbers"


def _alike(kinds: Sequence[Domain]) -> bool:
    """Whether all are in one unit, or have one set of values."""
    first, *rest = kinds
    if isinstance(first, Numbers):
        return all(isinstance(kind, Numbers) and kind.unit == first.unit for kind in rest)
    return all(kind == first for kind in rest)


class _Chosen(PlainOperator):
    """Answers in what the quantities hold."""

    @classmethod
    def fault(cls, kinds: Sequence[Domain]) -> tuple[str, str] | None:
        return None if _alike(kinds) else _DIFFER

    @classmethod
    def result(cls, kinds: Sequence[Domain], unit: str) -> Domain:
        """The one that holds every value of all of these."""
        numbers = [kind for kind in kinds if isinstance(kind, Numbers)]
        if not numbers:
            return kinds[0]
        low, high = min(n.low for n in numbers), max(n.high for n in numbers)
        return Numbers(all(n.whole for n in numbers), low, high, numbers[0].unit)


class _AsksFirst(PlainOperator):
    """Asks what its first quantity asks: the others say the same in other words."""

    def asks(self, own: tuple[str, ...], parts: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
        return parts[0]

    def asks_columns(self, x: "Expressions") -> "list[Expr]":
        return [x.asked_by(x.of[:1], asked) for asked in x.own_asks]


class FirstOf(_AsksFirst, _Chosen):
    """The first quantity that the chart says anything of. What it asks is what the first one asks.

    >>> stage = Choices(("I", "II", "III"))
    >>> FirstOf((stage, stage), stage).reference([0b111, 0b110]) == 0b110
    True
    """

    def reference(self, parts: Sequence[Possible]) -> Possible:
        for possible, source in zip(parts, self.sources, strict=True):
            if possible != source.everything:
                return possible
        return self.domain.everything

    def columns(self, x: "Expressions") -> Columns:
        whole = self.domain.everything
        if isinstance(whole, int):
            return self._first(x, [x.mask(name) for name in x.of], whole)
        lows, highs = [x.low(name) for name in x.of], [x.high(name) for name in x.of]
        return self._first(x, lows, whole[0]), self._first(x, highs, whole[1])

    def _first(self, x: "Expressions", columns: "Sequence[Expr]", rest: float) -> "Expr":
        found = x.literal(rest)
        for name, column, source in reversed(list(zip(x.of, columns, self.sources, strict=True))):
            found = x.when(~x.silent(name, source), column, found)
        return found


class Narrowed(_Chosen):
    """What all quantities leave possible; the first one's where they contradict each other.

    >>> Narrowed().reference([(0, 5), (3, 9)]), Narrowed().reference([(0, 2), (3, 9)])
    ((3, 5), (0, 2))
    """

    def reference(self, parts: Sequence[Possible]) -> Possible:
        possible: Possible | None = parts[0]
        for part in parts[1:]:
            possible = _meet(possible, part)
        return parts[0] if possible is None else possible

    def columns(self, x: "Expressions") -> Columns:
        if isinstance(self.domain, Choices):
            masks = [x.mask(name) for name in x.of]
            common = x.common(masks)
            return x.when(common == 0, masks[0], common)
        lowest = x.largest(*(x.low(name) for name in x.of))
        highest = x.smallest(*(x.high(name) for name in x.of))
        contradict, first = lowest > highest, x.of[0]
        return x.when(contradict, x.low(first), lowest), x.when(contradict, x.high(first), highest)


class Sharpened(_AsksFirst, Narrowed):
    """The first quantity, as exact as the others make it: where only its year is known, another may say the month.

    >>> Sharpened().reference([(2.7, 14.7), (2.9, 2.9)]), Sharpened().reference([(6.4, 6.4), (5.5, 5.5)])
    ((2.9, 2.9), (6.4, 6.4))
    """


def _meet(a: Possible | None, b: Possible) -> Possible | None:
    if a is None or isinstance(a, int) or isinstance(b, int):
        return (a & b) or None if isinstance(a, int) and isinstance(b, int) else None
    low, high = max(a[0], b[0]), min(a[1], b[1])
    return (low, high) if low <= high else None


class Convert(PlainOperator):
    """Labels of one scale as labels of another. It asks all that the fact asks: a field that is known may convert to
    several labels.

    >>> to_fit_or_not = Convert(mapping=(0b01, 0b01, 0b10))
    >>> to_fit_or_not.reference([0b011]) == 0b01, to_fit_or_not.reference([0b110]) == 0b11
    (True, True)
    """

    def reference(self, parts: Sequence[Possible]) -> int:
        (mask,) = parts
        assert isinstance(mask, int)
        target = 0
        for k, meant in enumerate(self.mapping):
            target |= meant if mask >> k & 1 else 0
        return target

    def columns(self, x: "Expressions") -> Columns:
        assert isinstance(self.domain, Choices)
        source, targets = x.mask(x.of[0]), range(len(self.domain.labels))
        return x.pack(
            [x.any_of(x.bit(source, k) for k, meant in enumerate(self.mapping) if meant >> t & 1) for t in targets]
        )

    def asks(self, own: tuple[str, ...], parts: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
        return own

    def asks_columns(self, x: "Expressions") -> "list[Expr]":
        return [x.literal(True) for _ in x.own_asks]


class Same(PlainOperator):
    """Whether two quantities have the same label.

    >>> same = Same((Choices(("left", "right")), Choices(("left", "right", "both"))))
    >>> same.reference([0b01, 0b001]) == 0b10, same.reference([0b01, 0b010]) == 0b01
    (True, True)
    >>> same.reference([0b11, 0b001]) == 0b11
    True
    """

    @classmethod
    def fault(cls, kinds: Sequence[Domain]) -> tuple[str, str] | None:
        return _OTHER_KIND if any(not isinstance(kind, Choices) for kind in kinds) else None

    @classmethod
    def result(cls, kinds: Sequence[Domain], unit: str) -> Domain:
        return FLAG

    def reference(self, parts: Sequence[Possible]) -> int:
        left, right = (
            source.names(mask)
            for source, mask in zip(self.sources, parts, strict=True)
            if isinstance(source, Choices) and isinstance(mask, int)
        )
        return flag(not (len(left) == len(right) == 1 and left == right), bool(set(left) & set(right)))

    def columns(self, x: "Expressions") -> Columns:
        left, right = ([spell(n) for n in source.labels] for source in self.sources if isinstance(source, Choices))
        a, b = (x.mask(name) for name in x.of)
        alike = x.any_of(x.bit(a, left.index(label)) & x.bit(b, right.index(label)) for label in left if label in right)
        known = x.all_of(x.is_single(name, source) for name, source in zip(x.of, self.sources, strict=True))
        return x.pack([~(known & alike), alike])


def _pair(parts: Sequence[Possible]) -> tuple[Span, Span]:
    """Two spans; the reader lets no labels in where they are wanted."""
    start, end = parts
    assert not isinstance(start, int)
    assert not isinstance(end, int)
    return start, end


class _Compared(PlainOperator):
    """Compares two dates, or two numbers."""

    @classmethod
    def fault(cls, kinds: Sequence[Domain]) -> tuple[str, str] | None:
        if not _alike(kinds):
            return _DIFFER
        return _OTHER_KIND if any(isinstance(kind, Choices) for kind in kinds) else None

    @classmethod
    def result(cls, kinds: Sequence[Domain], unit: str) -> Domain:
        return FLAG


class AtOrAfter(_Compared):
    """Whether the first date or number is the second, or lies after it.

    >>> AtOrAfter().reference([(5, 5), (5, 5)]) == 0b10, AtOrAfter().reference([(1, 9), (5, 5)]) == 0b11
    (True, True)
    """

    def reference(self, parts: Sequence[Possible]) -> int:
        (a_low, a_high), (b_low, b_high) = _pair(parts)
        return flag(no=a_low < b_high, yes=a_high >= b_low)

    def columns(self, x: "Expressions") -> Columns:
        a, b = x.of
        return x.pack([x.low(a) < x.high(b), x.high(a) >= x.low(b)])


class Before(_Compared):
    """Whether the first date or number lies before the second.

    >>> Before().reference([(5, 5), (5, 5)]) == 0b01, Before().reference([(1, 4), (5, 5)]) == 0b10
    (True, True)
    """

    def reference(self, parts: Sequence[Possible]) -> int:
        (a_low, a_high), (b_low, b_high) = _pair(parts)
        return flag(no=a_high >= b_low, yes=a_low < b_high)

    def columns(self, x: "Expressions") -> Columns:
        a, b = x.of
        return x.pack([x.high(a) >= x.low(b), x.low(a) < x.high(b)])


class Difference(PlainOperator):
    """The second number less the first; an end that has no bound leaves none.

    >>> Difference().reference([(2, 3), (10, 12)]), Difference().reference([(2, 3), (10, inf)])
    ((7, 10), (7, inf))
    """

    @classmethod
    def result(cls, kinds: Sequence[Domain], unit: str) -> Domain:
        return Numbers(unit=unit)

    def reference(self, parts: Sequence[Possible]) -> Span:
        (a_low, a_high), (b_low, b_high) = _pair(parts)
        return self._change(a_high, b_low, -inf), self._change(a_low, b_high, inf)

    def _change(self, start: float, end: float, unbounded: float) -> float:
        return self._of(start, end) if isfinite(start) and isfinite(end) else unbounded

    def _of(self, start: float, end: float) -> float:
        return end - start

    def columns(self, x: "Expressions") -> Columns:
        a, b = x.of
        return self._changes(x, x.high(a), x.low(b), -inf), self._changes(x, x.low(a), x.high(b), inf)

    def _changes(self, x: "Expressions", start: "Expr", end: "Expr", unbounded: float) -> "Expr":
        finite = (start < inf) & (start > -inf) & (end < inf) & (end > -inf)
        return x.when(finite, self._columns_of(x, start, end), unbounded)

    def _columns_of(self, x: "Expressions", start: "Expr", end: "Expr") -> "Expr":
        return end - start


class PercentChange(Difference):
    """The second number less the first, in percent of the first. From zero to more than zero has no bound.

    >>> PercentChange().reference([(20, 20), (24, 30)]), PercentChange().reference([(0, 0), (0, 3)])
    ((20.0, 50.0), (0.0, inf))
    """

    def _of(self, start: float, end: float) -> float:
        if start == 0:
            return 0.0 if end == 0 else inf
        return 100 * (end - start) / start

    def _columns_of(self, x: "Expressions", start: "Expr", end: "Expr") -> "Expr":
        divisor = x.when(start == 0, 1.0, start)
        return x.when(start == 0, x.when(end == 0, 0.0, inf), (end - start) * 100 / divisor)
