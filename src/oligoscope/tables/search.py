"""What is left of a question when its inputs are known only in part, and how decisive each input is.

A question is what a table answers on its own: a decision, a group of criteria, an option (`compile.CompiledPart`), or a
score as a whole (`score.Totals`). Both executors ask it here, one record or one combination of answers at a time.
"""

from collections.abc import Hashable, Sequence
from functools import lru_cache
from typing import NamedTuple, Protocol

from oligoscope.tables.conditions import Cell
from oligoscope.tables.domain import Possible, Span
from oligoscope.tables.grid import REMEMBERED, Grid, Masks

Shares = tuple[tuple[int, float], ...]
"""Of each input that alone can still change the outcome, by its place: the share of its possible answers that would
settle it.
"""


class Said(NamedTuple):
    """What possible answers leave: the outcomes and the rules, by their places among the question's; of a score also
    the lowest and the highest total.
    """

    outcomes: tuple[int, ...]
    rules: tuple[int, ...] = ()
    total: Span | None = None


class Explored(NamedTuple):
    """What possible answers leave, and how decisive the inputs are (none is where one outcome is left)."""

    said: Said
    shares: Shares


class Told(NamedTuple):
    """The same in words.

    value: the one outcome left, or the word for "may still be met"; None where it is undetermined.  rules: those that
    gave the value.  reachable: the rules that may still fire.
    """

    value: str | None
    possible: tuple[str, ...]
    rules: tuple[str, ...]
    reachable: tuple[str, ...]


class Question(Hashable, Protocol):
    """What a table answers on its own. A record is a mask for each of `inputs`, whose answers are `cells`.

    codes: its outcomes.  fields: the chart fields behind its inputs, in the order that breaks ties among needs.
    """

    @property
    def id(self) -> str: ...

    @property
    def inputs(self) -> tuple[str, ...]: ...

    @property
    def reads(self) -> tuple[str, ...]:
        """All that its answer depends on: its inputs, then what only the words of a group's criteria read."""
        ...

    @property
    def cells(self) -> tuple[tuple[Cell, ...], ...]: ...

    @property
    def codes(self) -> tuple[str, ...]: ...

    @property
    def fields(self) -> tuple[str, ...]: ...

    def mask(self, position: int, possible: Possible) -> int:
        """An input's answers that are still possible."""
        ...

    def left(self, masks: Masks) -> tuple[int, ...]:
        """The outcomes still possible alone."""
        ...

    def explore(self, masks: Masks) -> Explored:
        """What a record leaves."""
        ...

    def told(self, said: Said) -> Told:
        """The same in words."""
        ...


@lru_cache(REMEMBERED)
def explore_grid(grid: Grid, masks: Masks) -> Explored:
    """What masks leave of a grid."""
    left = grid.left(masks)
    boxes, borders = grid.boxes_in(left), grid.borders_in(left)
    said = _said(grid, boxes)
    if len(said.outcomes) == 1:
        return Explored(said, ())
    shares = []
    for i, own in enumerate(grid.borders_at):
        if borders & own:
            mask = masks[i]
            shares.append((i, (_settling(grid, i, boxes) & mask).bit_count() / mask.bit_count()))
    return Explored(said, tuple(shares))


# Few sets of boxes are left at all, whatever the masks: both are looked up.


@lru_cache(REMEMBERED)
def _said(grid: Grid, boxes: int) -> Said:
    return Said(grid.outcomes_of(boxes), grid.rules_of(boxes))


@lru_cache(REMEMBERED)
def _settling(grid: Grid, position: int, boxes: int) -> int:
    """The answers of one input that would leave one outcome of these boxes, as a mask."""
    with_answer = grid.boxes_with[position]
    return sum([1 << k for k, own in enumerate(with_answer) if len(grid.outcomes_of(boxes & own)) == 1])


def answers_in(mask: int) -> Sequence[int]:
    """The places of a mask's answers."""
    return [k for k in range(mask.bit_length()) if mask >> k & 1]
