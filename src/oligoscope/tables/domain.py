"""What an input can be: a domain, and the part of it that is still possible.

What is still possible is written in two ways only. Of `Choices` it is a bit mask: bit k stands for label k. Of
`Numbers` and `Dates` it is a closed pair (low, high); a date is the whole number yyyymmdd, so that every engine
compares and takes it apart alike.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

Label: TypeAlias = str | int | bool
Span: TypeAlias = tuple[float, float]
Possible: TypeAlias = int | Span

FIRST_DAY, LAST_DAY = 1_01_01, 9999_12_31
ANY_DAY: Span = (FIRST_DAY, LAST_DAY)


@dataclass(frozen=True)
class Choices:
    """A finite list of labels, in the order in which answers name them. Numbers in steps (KPS) are choices too."""

    labels: tuple[Label, ...]

    @property
    def everything(self) -> int:
        return (1 << len(self.labels)) - 1

    def mask(self, labels: Iterable[Label]) -> int:
        """The bit mask of these labels. KeyError names one that is not in the domain."""
        total, label = 0, None
        try:
            for label in labels:
                total |= 1 << self._places[isinstance(label, bool), label]
        except KeyError:
            raise KeyError(label) from None
        return total

    def index(self, label: Label) -> int:
        """The place of a label: 1 is not True. KeyError for one that is not in the domain."""
        place = self._places.get((isinstance(label, bool), label))
        if place is None:
            raise KeyError(label)
        return place

    @cached_property
    def _places(self) -> Mapping[tuple[bool, Label], int]:
        return {(isinstance(label, bool), label): place for place, label in enumerate(self.labels)}

    def names(self, mask: int) -> list[Label]:
        return [label for k, label in enumerate(self.labels) if mask >> k & 1]


@dataclass(frozen=True)
class Numbers:
    """Numbers from low to high, both included; `unit` is checked where two meet."""

    whole: bool = False
    low: float = -math.inf
    high: float = math.inf
    unit: str = ""

    @property
    def everything(self) -> Span:
        return (self.low, self.high)


@dataclass(frozen=True)
class Dates:
    """Calendar days as yyyymmdd."""

    @property
    def everything(self) -> Span:
        return ANY_DAY


Domain: TypeAlias = Choices | Numbers | Dates
FLAG = Choices((False, True))


def is_known(possible: Possible) -> bool:
    """Whether exactly one value is left."""
    if isinstance(possible, int):
        return possible & (possible - 1) == 0
    return possible[0] == possible[1]
