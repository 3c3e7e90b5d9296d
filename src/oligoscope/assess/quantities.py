"""What is possible of a quantity: one value, the labels left, or a lowest and a highest number."""

import math
from dataclasses import dataclass
from typing import TypeAlias

from oligoscope.knowledge import Knowledge
from oligoscope.tables.domain import FIRST_DAY, LAST_DAY, Choices, Dates, Label, Possible, is_known


@dataclass(frozen=True)
class Known:
    """One value. Days are written 2024-05-02."""

    value: Label | float


@dataclass(frozen=True)
class OneOf:
    """One of these labels."""

    labels: tuple[Label, ...]


@dataclass(frozen=True)
class Between:
    """A number or day from low to high, both included; None: no bound on that side."""

    low: float | str | None
    high: float | str | None


@dataclass(frozen=True)
class Beyond:
    """Certain, but no finite number: a change counted from nothing (6 mm over a smallest sum of 0)."""

    reason: str = "infinite"


Quantity: TypeAlias = Known | OneOf | Between | Beyond


def quantity(possible: Possible, knowledge: Knowledge, name: str) -> Quantity:
    """What is possible of a chart field, fact or decision of this name."""
    domain = knowledge.domains[name]
    if isinstance(possible, int):
        assert isinstance(domain, Choices)
        labels = tuple(domain.names(possible))
        return Known(labels[0]) if len(labels) == 1 else OneOf(labels)
    spell = _day if isinstance(domain, Dates) else _number
    low, high = spell(possible[0]), spell(possible[1])
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
