"""Operators that count the time between two days: `tables.calendar` for one patient, the same in columns for many."""

from collections.abc import Sequence
from math import inf
from typing import TYPE_CHECKING, TypeAlias

from oligoscope.tables import calendar
from oligoscope.tables.domain import ANY_DAY, Domain, Numbers, Possible, Span
from oligoscope.tables.operators.base import Columns, PlainOperator

if TYPE_CHECKING:
    from polars import Expr

    from oligoscope.tables.columnar.expressions import Expressions

Day: TypeAlias = "tuple[Expr, Expr, Expr]"
"""Year, month and day as columns."""


class _Between(PlainOperator):
    """Time from one day to another; a day that is open altogether leaves it open."""

    def reference(self, parts: Sequence[Possible]) -> Span:
        (a_low, a_high), (b_low, b_high) = parts  # type: ignore[misc]  # the reader lets no labels in here
        if ANY_DAY in ((a_low, a_high), (b_low, b_high)):
            return -inf, inf
        return self.between(int(a_high), int(b_low)), self.between(int(a_low), int(b_high))

    def columns(self, x: "Expressions") -> Columns:
        start, end = x.of
        silent = x.any_of(x.silent(name, source) for name, source in zip(x.of, self.sources, strict=True))
        shortest = self._between(x, "a", x.high(start), x.low(end))
        longest = self._between(x, "b", x.low(start), x.high(end))
        return x.when(silent, -inf, shortest), x.when(silent, inf, longest)

    def _between(self, x: "Expressions", side: str, first: "Expr", last: "Expr") -> "Expr":
        """Counted forwards; negative where the days had to be swapped."""
        earlier = _parts(x, f"{side}1", x.smallest(first, last))
        later = _parts(x, f"{side}2", x.largest(first, last))
        forwards = self.forwards(x, earlier, later)
        return x.when(first > last, forwards * -1, forwards)

    def between(self, start: int, end: int) -> float:
        """From one day to another, each a whole number yyyymmdd."""
        raise NotImplementedError

    def forwards(self, x: "Expressions", start: Day, end: Day) -> "Expr":
        """As `between`, of days in columns; start is not after end."""
        raise NotImplementedError


def _parts(x: "Expressions", name: str, day: "Expr") -> Day:
    """A day taken apart, in columns of their own: each is used many times over."""
    kept = x.keep(0, name, day)
    year, month, date = kept // 10000, (kept // 100) % 100, kept % 100
    return x.keep(1, f"{name}y", year), x.keep(1, f"{name}m", month), x.keep(1, f"{name}d", date)


class MonthsBetween(_Between):
    """Calendar months, days left over as 31sts.

    >>> MonthsBetween().reference([(2024_01_31, 2024_01_31), (2024_02_29, 2024_04_30)])
    (1.0, 3.0)
    """

    @classmethod
    def result(cls, kinds: Sequence[Domain], unit: str) -> Domain:
        return Numbers(unit=unit)

    def between(self, start: int, end: int) -> float:
        return calendar.months_between(start, end)

    def forwards(self, x: "Expressions", start: Day, end: Day) -> "Expr":
        return _months(x, start, end)


class YearsBetween(_Between):
    """Whole calendar years, as an age is counted. Rounded down on both sides of nothing.

    >>> YearsBetween().reference([(1960_05_02, 1960_05_02), (2024_05_01, 2024_05_02)])
    (63, 64)
    """

    def between(self, start: int, end: int) -> float:
        return calendar.years_between(start, end)

    def _between(self, x: "Expressions", side: str, first: "Expr", last: "Expr") -> "Expr":
        return super()._between(x, side, first, last).floor()

    def forwards(self, x: "Expressions", start: Day, end: Day) -> "Expr":
        return _months(x, start, end) / 12


class DaysBetween(_Between):
    """Days.

    >>> DaysBetween().reference([(2024_02_28, 2024_02_28), (2024_03_01, 2024_03_01)])
    (2, 2)
    """

    def between(self, start: int, end: int) -> float:
        return calendar.days_between(start, end)

    def forwards(self, x: "Expressions", start: Day, end: Day) -> "Expr":
        return x.number(_day_number(x, *end) - _day_number(x, *start))


def _months(x: "Expressions", start: Day, end: Day) -> "Expr":
    (y1, m1, d1), (y2, m2, d2) = start, end
    months = (y2 - y1) * 12 + m2 - m1
    anniversary = x.smallest(d1, _month_length(x, y2, m2))
    before = x.when(m2 == 1, 31, _month_length(x, y2, m2 - 1))
    short = x.number(months - 1) + x.number(before - x.smallest(d1, before) + d2) / 31
    enough = x.number(months) + x.number(d2 - anniversary) / 31
    return x.when(d2 >= anniversary, enough, short)


def _month_length(x: "Expressions", year: "Expr", month: "Expr") -> "Expr":
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    rest = x.when(month.is_in([4, 6, 9, 11]), 30, 31)
    return x.when(month == 2, x.when(leap, 29, 28), rest)


def _day_number(x: "Expressions", year: "Expr", month: "Expr", date: "Expr") -> "Expr":
    shifted = x.when(month <= 2, year - 1, year)
    from_march = (month + 9) % 12
    return shifted * 365 + shifted // 4 - shifted // 100 + shifted // 400 + (from_march * 153 + 2) // 5 + date
