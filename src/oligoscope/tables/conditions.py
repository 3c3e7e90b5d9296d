"""Conditions: DMN's S-FEEL unary tests, read from YAML and turned into the part of a domain that satisfies them."""

import math
import re
from typing import NamedTuple

from oligoscope.spelling import spell
from oligoscope.tables.domain import Choices, Dates, Domain, Label, Numbers
from oligoscope.tables.errors import TableError

_COMPARISON = re.compile(r"(<=|>=|<|>)\s*(-?\d+(?:\.\d+)?)")
_INTERVAL = re.compile(r"([\[(])\s*(-?\d+(?:\.\d+)?)\s*\.\.\s*(-?\d+(?:\.\d+)?)\s*([\])])")
_NEGATION = re.compile(r"not\((.*)\)", re.DOTALL)


class Interval(NamedTuple):
    """A stretch of numbers; an open end leaves its own number out."""

    low: float
    high: float
    low_closed: bool = True
    high_closed: bool = True

    def contains(self, number: float) -> bool:
        above = number >= self.low if self.low_closed else number > self.low
        below = number <= self.high if self.high_closed else number < self.high
        return above and below

    def __str__(self) -> str:
        if self.low == self.high:
            return f"{self.low:g}"
        if self.high == math.inf:
            return f"{'>=' if self.low_closed else '>'} {self.low:g}"
        if self.low == -math.inf:
            return f"{'<=' if self.high_closed else '<'} {self.high:g}"
        return f"{'[' if self.low_closed else '('}{self.low:g}..{self.high:g}{']' if self.high_closed else ')'}"


class Condition(NamedTuple):
    """Any of these labels or intervals, or (negated) none of them."""

    tests: tuple[Label | Interval, ...]
    negated: bool = False

    def holds(self, value: Label | float) -> bool:
        return any(_meets(test, value) for test in self.tests) != self.negated

    def __str__(self) -> str:
        words = ", ".join(str(test) if isinstance(test, Interval) else spell(test) for test in self.tests)
        return f"not({words})" if self.negated else words


def _meets(test: Label | Interval, value: Label | float) -> bool:
    if isinstance(test, Interval):
        return not isinstance(value, (str, bool)) and test.contains(value)
    return test == value and isinstance(test, bool) == isinstance(value, bool)


def read_condition(raw: object, domain: Domain, parameters: dict[str, float]) -> Condition:
    """A condition as YAML writes it: a value, a list (any of), not(...), < <= > >=, [1..5], (0..3].

    A parameter's name stands for its number. TableError names a value that the domain does not have, with what is
    allowed.
    """
    if isinstance(raw, str):
        text = _with_parameters(raw.strip(), parameters)
        if negation := _NEGATION.fullmatch(text):
            inner = [part.strip() for part in negation[1].split(",")]
            return Condition(tuple(_read_test(part, domain) for part in inner), negated=True)
        return Condition((_read_test(text, domain),))
    if isinstance(raw, list):
        items = [_with_parameters(item, parameters) if isinstance(item, str) else item for item in raw]
        return Condition(tuple(_read_test(item, domain) for item in items))
    return Condition((_read_test(raw, domain),))


def _with_parameters(text: str, parameters: dict[str, float]) -> str:
    for name, number in parameters.items():
        text = re.sub(rf"\b{name}\b", f"{number:g}", text)
    return text


def _read_test(raw: object, domain: Domain) -> Label | Interval:
    if isinstance(raw, str):
        if match := _COMPARISON.fullmatch(raw):
            return _compare(match[1], float(match[2]), domain)
        if match := _INTERVAL.fullmatch(raw):
            low, high = float(match[2]), float(match[3])
            if low > high:
                raise TableError(f"interval {raw} is empty", fix="write the lower number first")
            return _numeric(Interval(low, high, match[1] == "[", match[4] == "]"), domain)
    if isinstance(domain, Choices):
        return _label(raw, domain)
    if isinstance(raw, (int, float)) and not isinstance(raw, bool):
        return Interval(raw, raw)
    if isinstance(raw, str) and re.fullmatch(r"-?\d+(\.\d+)?", raw):
        return Interval(float(raw), float(raw))
    raise TableError(
        f"{raw!r} is not a condition on a number", fix="write a number, a comparison (> 5) or an interval ([1..5])"
    )


def _label(raw: object, domain: Choices) -> Label:
    for label in domain.labels:
        if (label == raw and isinstance(label, bool) == isinstance(raw, bool)) or (
            isinstance(raw, str) and spell(label) == raw
        ):
            return label
    allowed = ", ".join(spell(label) for label in domain.labels)
    raise TableError(f"{raw!r} is not a value of this input", fix=f"use one of: {allowed}")


def _compare(operator: str, number: float, domain: Domain) -> Interval:
    closed = operator.endswith("=")
    if operator.startswith("<"):
        return _numeric(Interval(-math.inf, number, False, closed), domain)
    return _numeric(Interval(number, math.inf, closed, False), domain)


def _numeric(interval: Interval, domain: Domain) -> Interval:
    if isinstance(domain, Choices) and any(isinstance(label, (str, bool)) for label in domain.labels):
        raise TableError(
            f"{interval} compares an input that has no numbers",
            fix=f"use one of: {', '.join(map(spell, domain.labels))}",
        )
    return interval


class Cell(NamedTuple):
    """One answer that a table can tell from the others: a label, or a stretch of numbers that no condition cuts."""

    name: str
    low: float
    high: float

    @property
    def inside(self) -> float:
        """A number of this stretch: its end, where it has one."""
        return self.low if math.isfinite(self.low) else self.high if math.isfinite(self.high) else 0.0


def cells(domain: Domain, conditions: list[Condition]) -> list[tuple[Cell, tuple[bool, ...]]]:
    """The answers of one input, each with what every condition says of it.

    A label is an answer each; numbers are cut where a condition cuts them, and neighbours that no condition tells apart
    are one answer.
    """
    if isinstance(domain, Choices):
        return [
            (Cell(spell(label), k, k), tuple(c.holds(label) for c in conditions))
            for k, label in enumerate(domain.labels)
        ]
    found: list[tuple[Cell, tuple[bool, ...]]] = []
    for low, high in _stretches(domain, conditions):
        verdicts = tuple(
            c.holds(low if math.isfinite(low) else high if math.isfinite(high) else 0.0) for c in conditions
        )
        if found and found[-1][1] == verdicts:
            low = found.pop()[0].low
        found.append((Cell(_stretch_name(low, high, domain), low, high), verdicts))
    return found


def _stretches(domain: Numbers | Dates, conditions: list[Condition]) -> list[tuple[float, float]]:
    """The domain cut at every number that a condition names, as closed stretches from low to high."""
    whole = isinstance(domain, Dates) or domain.whole
    cuts = sorted(
        {
            end
            for c in conditions
            for t in c.tests
            if isinstance(t, Interval)
            for end in (t.low, t.high)
            if math.isfinite(end)
        }
    )
    bottom, top = domain.everything
    stretches, start = [], bottom
    for cut in cuts:
        before = math.ceil(cut) - 1 if whole else math.nextafter(cut, -math.inf)
        stretches.append((start, before))
        if not whole or cut == int(cut):
            stretches.append((cut, cut))
        start = math.floor(cut) + 1 if whole else math.nextafter(cut, math.inf)
    stretches.append((start, top))
    return [(max(low, bottom), min(high, top)) for low, high in stretches if max(low, bottom) <= min(high, top)]


def _stretch_name(low: float, high: float, domain: Numbers | Dates) -> str:
    """A stretch as a reader writes it; an end one float beside a cut is that cut, left out."""
    if isinstance(domain, Dates) or domain.whole:
        return str(Interval(low, high))
    short_low, short_high = float(f"{low:.12g}"), float(f"{high:.12g}")
    return str(Interval(short_low, short_high, short_low == low, short_high == high))
