"""One grid over many combinations of answers: its boxes as conjunctions of flags."""

from collections.abc import Sequence

import numpy as np

from oligoscope.tables.columnar.flags import Flags, Integers, Rows, Shares
from oligoscope.tables.grid import Border, Grid


class GridRows:
    """One grid over combinations of answers: which outcomes and rules are possible, and how decisive each input is."""

    def __init__(self, flags: Flags, grid: Grid, answers: list[list[Rows]]) -> None:
        self.flags, self.grid, self.answers = flags, grid, answers
        self._touched: dict[tuple[int, int], Rows | None] = {}
        self._hits = [[self._hit(i, mask) for i, mask in enumerate(box.masks)] for box in grid.boxes]
        self._boxes = [flags.all_of(row) for row in self._hits]
        self.outcomes = [
            flags.any_of(self._boxes[b] for b, box in enumerate(grid.boxes) if box.outcome == o)
            for o in range(grid.n_outcomes)
        ]

    def _hit(self, position: int, mask: int) -> Rows | None:
        """Where an input may lie in a set of answers; None when it always does."""
        answers = self.answers[position]
        mask &= (1 << len(answers)) - 1
        if (position, mask) not in self._touched:
            always = mask == (1 << len(answers)) - 1
            self._touched[position, mask] = (
                None if always else self.flags.any_of(flag for k, flag in enumerate(answers) if mask >> k & 1)
            )
        return self._touched[position, mask]

    def rules(self) -> list[Rows]:
        """Where each rule is possible."""
        return [
            self.flags.any_of(self._boxes[b] for b, box in enumerate(self.grid.boxes) if box.rule == r)
            for r in range(self.grid.n_rules)
        ]

    def ranks(self) -> list[Integers]:
        """For each input how decisive it is, see `ranked`."""
        return ranked([self._share(i, self._matters(i)) for i in range(len(self.grid.inputs))])

    def _matters(self, position: int) -> Rows:
        """Where this input alone can change the outcome."""
        return self.flags.any_of(
            self.flags.all_of(self._crossing(position, border)) for border in self.grid.borders[position]
        )

    def _crossing(self, position: int, border: Border) -> list[Rows | None]:
        others = [None if j == position else self._hit(j, mask) for j, mask in enumerate(border.others)]
        return [self._hit(position, border.here), self._hit(position, border.there), *others]

    def _share(self, position: int, matters: Rows) -> Shares:
        """The share of an input's possible answers that would leave one outcome; -1 where it does not matter."""
        flags, answers = self.flags, self.answers[position]
        rest = [
            self._boxes[b] if row[position] is None else flags.all_of([*row[:position], *row[position + 1 :]])
            for b, row in enumerate(self._hits)
        ]
        settled = [self._settles(rest, position, k) & answer for k, answer in enumerate(answers)]
        return share_of(flags, settled, answers, matters)

    def _settles(self, rest: Sequence[Rows], position: int, k: int) -> Rows:
        """Where this answer of one input would leave one outcome."""
        boxes = [(b, box.outcome) for b, box in enumerate(self.grid.boxes) if box.masks[position] >> k & 1]
        return self.flags.one_of(
            self.flags.any_of(rest[b] for b, own in boxes if own == outcome) for outcome in {own for _, own in boxes}
        )


def share_of(flags: Flags, settled: Sequence[Rows], possible: Sequence[Rows], matters: Rows) -> Shares:
    """The share of the possible answers that would leave one outcome; -1 where the input does not matter."""
    return np.where(flags.where(matters), flags.count(settled) / flags.count(possible), -1.0)


def ranked(shares: Sequence[Shares]) -> list[Integers]:
    """For each input how decisive it is: 0 where it is not needed, else 1 more than the number of others whose share
    its own beats.

    Shares of three inputs in one row, the last of which is not needed:

    >>> [rank.tolist() for rank in ranked([np.array([0.5]), np.array([0.25]), np.array([-1.0])])]
    [[3], [2], [0]]
    """
    found = []
    for own in shares:
        beaten = sum((own > other for other in shares), start=np.zeros(len(own), dtype=np.int64))
        found.append(np.where(own >= 0, beaten + 1, 0))
    return found
