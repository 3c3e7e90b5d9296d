"""A published dose and number of fractions: each a number, or a range as its source prints it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from oligoscope.dose.bed import Course, as_given, eqd2, in_gy
from oligoscope.errors import NotAllowed

_SPAN = re.compile(r"(?P<low>[\d.]+?)\.\.(?P<high>[\d.]+)")
_BOUND = re.compile(r"(?P<sign><=|>=) ?(?P<end>[\d.]+)")


@dataclass(frozen=True)
class Span:
    """From low to high, both included; None: the source gives no such end."""

    low: Decimal | None
    high: Decimal | None

    @property
    def single(self) -> bool:
        """Whether it is one number."""
        return self.low == self.high

    def holds(self, value: Decimal) -> bool:
        """Whether it lies between both ends; an end that is not given bounds nothing."""
        return (self.low is None or self.low <= value) and (self.high is None or value <= self.high)

    def words(self) -> str:
        """The numbers as they are printed.

        >>> span("45..54").words(), span(34).words(), span("<= 15").words()
        ('45 to 54', '34', 'up to 15')
        """
        if self.low is None or self.high is None:
            end = self.high if self.low is None else self.low
            assert end is not None
            return f"{'up to' if self.low is None else 'at least'} {as_given(end)}"
        return as_given(self.low) if self.single else f"{as_given(self.low)} to {as_given(self.high)}"


def span(written: int | float | str) -> Span:
    """A number, `45..54`, `<= 15` or `>= 20`. Raises NotAllowed.

    >>> span("4..5")
    Span(low=Decimal('4'), high=Decimal('5'))
    """
    text = str(written).strip()
    if found := _SPAN.fullmatch(text):
        low, high = _number(found["low"], text), _number(found["high"], text)
        if low >= high:
            raise NotAllowed("dose", text, "the smaller end first", "this is no range")
        return Span(low, high)
    if found := _BOUND.fullmatch(text):
        end = _number(found["end"], text)
        return Span(None, end) if found["sign"] == "<=" else Span(end, None)
    return Span(_number(text, text), _number(text, text))


def _number(text: str, written: str) -> Decimal:
    if not re.fullmatch(r"\d+(\.\d+)?", text) or not Decimal(text):
        raise NotAllowed("dose", written, "a number above 0, or a range such as 45..54, <= 15 or >= 20")
    return Decimal(text)


@dataclass(frozen=True)
class Schedule:
    """What a source gives. total_dose_gy: Gy.  fractions: how many, both ends known.  Raises NotAllowed.

    Of a range nothing says which dose belongs to which number of fractions, so that its BED reaches from the least dose
    in the most fractions to the largest in the fewest.
    """

    total_dose_gy: Span
    fractions: Span

    def __post_init__(self) -> None:
        if self.fractions.low is None or self.fractions.high is None:
            raise NotAllowed("fractions", self.fractions.words(), "a number or a range with both ends")
        if self.fractions.low % 1 or self.fractions.high % 1:
            raise NotAllowed("fractions", self.fractions.words(), "whole numbers", "no course has a part of a fraction")
        list(self._courses())

    def _courses(self) -> Iterator[Course | None]:
        """The courses of least and of most effect; None where the source gives no such end."""
        assert self.fractions.low is not None
        assert self.fractions.high is not None
        for dose, fractions in (
            (self.total_dose_gy.low, self.fractions.high),
            (self.total_dose_gy.high, self.fractions.low),
        ):
            yield None if dose is None else Course(dose, int(fractions))

    def holds(self, total_dose_gy: Decimal, fractions: int) -> bool:
        """Whether a course lies between its ends: of a range nothing says which dose belongs to which fractions.

        >>> Schedule(span("45..54"), span(3)).holds(Decimal(54), 3), Schedule(span(54), span(3)).holds(Decimal(54), 4)
        (True, False)
        """
        return self.total_dose_gy.holds(total_dose_gy) and self.fractions.holds(Decimal(fractions))

    def bed_gy(self, alpha_beta_gy: Decimal) -> Span:
        """Gy."""
        low, high = (None if course is None else course.bed_gy(alpha_beta_gy) for course in self._courses())
        return Span(low, high)

    def eqd2_gy(self, alpha_beta_gy: Decimal) -> Span:
        """Gy."""
        bed = self.bed_gy(alpha_beta_gy)
        low, high = (None if end is None else eqd2(end, alpha_beta_gy) for end in (bed.low, bed.high))
        return Span(low, high)

    def words(self) -> str:
        """As it is printed; the dose per fraction where both are single numbers.

        >>> Schedule(span(54), span(3)).words()
        '54 Gy in 3 fractions (18 Gy × 3)'
        >>> Schedule(span("60..70"), span("8..10")).words(), Schedule(span(34), span(1)).words()
        ('60 to 70 Gy in 8 to 10 fractions', '34 Gy in 1 fraction')
        """
        plural = "" if self.fractions.high == 1 else "s"
        text = f"{self.total_dose_gy.words()} Gy in {self.fractions.words()} fraction{plural}"
        if self.fractions.high == 1 or not (self.total_dose_gy.single and self.fractions.single):
            return text
        assert self.total_dose_gy.low is not None
        assert self.fractions.low is not None
        return f"{text} ({in_gy(self.total_dose_gy.low / self.fractions.low)} × {self.fractions.words()})"
