"""The reachable totals of a score: every factor on its own, then their sums."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache, reduce
from operator import and_

from oligoscope.tables.domain import Possible
from oligoscope.tables.grid import REMEMBERED, Grid, Masks
from oligoscope.tables.model import Factor, Score
from oligoscope.tables.search import Explored, Said, Told, answers_in

Sums = frozenset[float]


class Totals:
    """A score as one question, see `search.Question`: a record has a mask for each input, by the cells of its factor.

    Factors share no input (checked when read), so the set of reachable totals is the set of sums, and is exact. grids:
    one for each factor.  applies: for each input that decides it, the answers under which the score applies.  fields:
    the chart fields behind its inputs, in the order that breaks ties among needs.
    """

    def __init__(
        self, score: Score, grids: Sequence[Grid], applies: Mapping[str, int], fields: tuple[str, ...]
    ) -> None:
        self.score, self.id, self.codes, self.fields = score, score.name, score.codes, fields
        read = {name for grid in grids for name in grid.inputs}
        self.inputs = self.reads = tuple(name for name in score.inputs if name in read)
        self._applies = tuple(applies.get(name, -1) for name in self.inputs)
        self._factors = [_Factor(*each, self.inputs) for each in zip(score.factors, grids, strict=True)]
        self._home = [next(f for f in self._factors if name in f.grid.inputs) for name in self.inputs]
        self.cells = tuple(f.grid.cells[f.place(n)] for n, f in enumerate(self._home))

    def mask(self, position: int, possible: Possible) -> int:
        """An input's possible answers, by the cells of its factor."""
        factor = self._home[position]
        return factor.grid.mask(factor.place(position), possible)

    def left(self, masks: Masks) -> tuple[int, ...]:
        """The outcomes still possible alone: without how decisive each input is it costs a tenth."""
        inside = tuple(map(and_, masks, self._applies))
        totals = self._totals(inside) if all(inside) else frozenset()
        return self._outcomes(totals, may_not_apply=inside != masks)

    def explore(self, masks: Masks) -> Explored:
        """The outcomes and totals still possible, and how decisive each input is."""
        inside = tuple(map(and_, masks, self._applies))
        totals = self._totals(inside) if all(inside) else frozenset()
        outcomes = self._outcomes(totals, may_not_apply=inside != masks)
        said = Said(outcomes, total=(min(totals), max(totals)) if totals else None)
        if len(outcomes) == 1:
            return Explored(said, ())
        matter = [i for i in range(len(masks)) if self._can_change(masks, inside, i)]
        return Explored(said, tuple([(i, self._share(masks, inside, i)) for i in matter]))

    def told(self, said: Said) -> Told:
        """What is left, in words: the band's rule gave it once one outcome is left."""
        possible = tuple([self.codes[o] for o in said.outcomes])
        if len(possible) > 1:
            return Told(None, possible, (), ())
        rules = (self._rule_of(possible[0]),)
        return Told(possible[0], possible, rules, rules)

    def _rule_of(self, code: str) -> str:
        elsewhere = self.score.not_applicable.id if self.score.not_applicable else ""
        return next((band.id for band in self.score.bands if band.then == code), elsewhere)

    def _totals(self, masks: Masks, leave_out: "_Factor | None" = None) -> Sums:
        return reduce(_sums, [f.points(masks) for f in self._factors if f is not leave_out], frozenset((0.0,)))

    def _outcomes(self, totals: Sums, *, may_not_apply: bool) -> tuple[int, ...]:
        """The places of the outcomes that these totals give, and of the one for where the score does not apply."""
        found = {_place(self, total) for total in totals}
        return tuple(sorted({*found, self.codes.index(self.score.missing)} if may_not_apply else found))

    def _can_change(self, masks: Masks, inside: Masks, position: int) -> bool:
        """Whether this input alone can still change the outcome of a score that may apply."""
        if inside[position] != masks[position]:
            return True
        factor = self._home[position]
        rest = self._totals(inside, leave_out=factor)
        pairs = factor.open_pairs(inside, position)
        return any(_place(self, a + other) != _place(self, b + other) for a, b in pairs for other in rest)

    def _share(self, masks: Masks, inside: Masks, position: int) -> float:
        """The share of an input's possible answers that would leave one outcome."""
        others_may_not = any(i != position and inside[i] != mask for i, mask in enumerate(masks))
        answers, settled = answers_in(masks[position]), 0
        for answer in [1 << k for k in answers]:
            # An answer under which the score does not apply settles it, whatever else is unknown.
            if answer & self._applies[position]:
                totals = self._totals((*inside[:position], answer, *inside[position + 1 :]))
                settled += len(self._outcomes(totals, may_not_apply=others_may_not)) == 1
            else:
                settled += 1
        return settled / len(answers)


class _Factor:
    """One factor of a score: its grid, whose outcomes are points, and where its inputs stand among the score's."""

    def __init__(self, factor: Factor, grid: Grid, inputs: Sequence[str]) -> None:
        self.grid, self._points = grid, tuple(float(code) for code in factor.outcomes)
        self._positions = [inputs.index(name) for name in grid.inputs]

    def place(self, position: int) -> int:
        """Where an input of the score stands among the grid's."""
        return self._positions.index(position)

    def points(self, masks: Masks) -> Sums:
        """The points still possible."""
        return _points(self, tuple([masks[position] for position in self._positions]))

    def points_of(self, own: Masks) -> Sums:
        """The same, from the masks of its own inputs."""
        return frozenset([self._points[o] for o in self.grid.outcomes_of(self.grid.possible_boxes(own))])

    def open_pairs(self, masks: Masks, position: int) -> Iterator[tuple[float, float]]:
        """The pairs of points between which this input alone can still decide."""
        borders = self.grid.borders_in(self.grid.left(tuple([masks[p] for p in self._positions])))
        for b in answers_in(borders & self.grid.borders_at[self.place(position)]):
            here, there = self.grid.borders[b].outcomes
            yield self._points[here], self._points[there]


# Factors have few answers each, so that the same points, sums and bands come back with almost every record.


@lru_cache(REMEMBERED)
def _points(factor: _Factor, own: Masks) -> Sums:
    return factor.points_of(own)


@lru_cache(REMEMBERED)
def _sums(some: Sums, others: Sums) -> Sums:
    return frozenset([a + b for a in some for b in others])


@lru_cache(REMEMBERED)
def _place(totals: Totals, total: float) -> int:
    """The place of a total's outcome among the score's."""
    return totals.codes.index(next(b.then for b in totals.score.bands if b.low <= total <= b.high))
