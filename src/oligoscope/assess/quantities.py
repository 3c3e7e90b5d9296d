"""What is possible of a quantity, as data and in words: one value, the labels left, or lowest and highest number."""

import math
from typing import NamedTuple, TypeAlias

from oligoscope.assess.patient import Assessment
from oligoscope.spelling import spell
from oligoscope.tables.domain import FIRST_DAY, LAST_DAY, Choices, Dates, Domain, Label, Possible, is_known


class Known(NamedTuple):
    """One value. Days are written 2024-05-02."""

    value: Label | float


class OneOf(NamedTuple):
    """One of these labels."""

    labels: tuple[Label, ...]


class Between(NamedTuple):
    """A number or day from low to high, both included; None: no bound on that side."""

    low: float | str | None
    high: float | str | None


class Beyond(NamedTuple):
    """Certain, but no finite number: a change counted from nothing (6 mm over a smallest sum of 0)."""

    reason: str = "infinite"


Quantity: TypeAlias = Known | OneOf | Between | Beyond


def quantity(possible: Possible, domain: Domain) -> Quantity:
    """What is possible of a chart field, fact or decision, of all that it can be."""
    if isinstance(possible, int):
        assert isinstance(domain, Choices)
        labels = tuple(domain.names(possible))
        return Known(labels[0]) if len(labels) == 1 else OneOf(labels)
    end = _day if isinstance(domain, Dates) else _number
    low, high = end(possible[0]), end(possible[1])
    if not is_known(possible):
        return Between(low, high)
    return Beyond() if low is None else Known(low)


def _number(value: float) -> float | None:
    if not math.isfinite(value):
        return None
    rounded = round(value, 6)
    return int(rounded) if rounded == int(rounded) else rounded


def _day(number: float) -> str | None:
    if number in (FIRST_DAY, LAST_DAY):
        return None
    return f"{int(number) // 10000:04d}-{int(number) // 100 % 100:02d}-{int(number) % 100:02d}"


def in_words(assessment: Assessment, name: str) -> str:
    """A quantity in words: 3, at least 2, 2 to 4, low or high, unknown; with what is assumed for it."""
    said = _in_words(assessment, name)
    resting = assessment.assumed.get(name)
    if resting is None:
        return said
    return f"{said} (assumed)" if resting.fields == (name,) else f"{said} (assuming {', '.join(resting.fields)})"


def _in_words(assessment: Assessment, name: str) -> str:
    given = assessment.given.get(name)
    if given is not None and not given.is_unknown:
        return given.given.replace("|", " or ") if given.labels != ("done",) else "done"
    possible = assessment.answers[name].possible
    match quantity(possible, assessment.knowledge.domains[name]):
        case Known(value):
            return spell(value) if isinstance(value, bool) else str(value)
        case Beyond(reason):
            return reason
        case _ if possible == assessment.knowledge.domains[name].everything:
            return "unknown"
        case OneOf(labels):
            return " or ".join(spell(label) for label in labels)
        case Between(None, None):
            return "unknown"
        case Between(low, None):
            return f"at least {low}"
        case Between(None, high):
            return f"at most {high}"
        case Between(low, high):
            return f"{low} to {high}"
