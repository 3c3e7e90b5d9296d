"""The reachable totals of a score: every factor on its own, then their sums."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from oligoscope.tables.domain import Possible, Span
from oligoscope.tables.grid import REMEMBERED, Grid, Masks
from oligoscope.tables.model import Score


class Totals:
    """A score table's arithmetic over masks by input.

    Factors share no input (checked when read), so the set of reachable totals is the set of sums, and is exact. grids:
    one for each factor.  applies: for each input that decides it, the answers (by its factor's cells) under which the
    score applies.
    """

    def __init__(self, score: Score, grids: Sequence[Grid], applies: Mapping[str, int]) -> None:
        self.score, self.codes, self.grids, self.applies = score, score.codes, tuple(grids), applies
        self.points = {
            grid: [float(code) for code in factor.outcomes] for factor, grid in zip(score.factors, grids, strict=True)
        }
        self._home = {name: grid for grid in grids for name in grid.inputs}
        self.inputs = tuple(name for name in score.inputs if name in self._home)

    def mask(self, name: str, possible: Possible) -> int:
        """An input's possible answers, by the cells of its factor."""
        grid = self._home[name]
        return grid.mask(grid.inputs.index(name), possible)

    def band_of(self, total: float) -> str:
        return next(band.then for band in self.score.bands if band.low <= total <= band.high)

    def rule_of(self, code: str) -> str:
        elsewhere = self.score.not_applicable.id if self.score.not_applicable else ""
        return next((band.id for band in self.score.bands if band.then == code), elsewhere)

    def outcomes(self, masks: Mapping[str, int]) -> set[str]:
        """The outcomes still possible."""
        inside, outside = self._where_it_applies(masks)
        found = {self.band_of(total) for total in self._totals(inside)} if inside else set()
        return found | ({self.score.missing} if outside else set())

    def range(self, masks: Mapping[str, int]) -> Span | None:
        """Lowest and highest total still possible; None where the score certainly does not apply."""
        inside, _ = self._where_it_applies(masks)
        totals = self._totals(inside) if inside else set()
        return (min(totals), max(totals)) if totals else None

    def can_change(self, masks: Mapping[str, int], name: str) -> bool:
        """Whether this input alone can still change the outcome."""
        inside, _ = self._where_it_applies(masks)
        if not inside:
            return False
        if inside[name] != masks[name]:
            return True
        grid = self._home[name]
        rest = self._totals(inside, leave_out=grid)
        points = self.points[grid]
        pairs = set(grid.can_change(tuple(inside[n] for n in grid.inputs), grid.inputs.index(name)))
        return any(self.band_of(points[a] + r) != self.band_of(points[b] + r) for a, b in pairs for r in rest)

    def _where_it_applies(self, masks: Mapping[str, int]) -> tuple[Mapping[str, int] | None, bool]:
        """The masks narrowed to where the score applies (None: nowhere), and whether it may not apply."""
        narrowed = {name: mask & self.applies.get(name, mask) for name, mask in masks.items()}
        return (narrowed if all(narrowed.values()) else None), narrowed != dict(masks)

    def _totals(self, masks: Mapping[str, int], leave_out: Grid | None = None) -> set[float]:
        totals = {0.0}
        for grid, points in self.points.items():
            if grid is not leave_out:
                found = _outcomes(grid, tuple([masks[name] for name in grid.inputs]))
                totals = {total + points[o] for total in totals for o in found}
        return totals


@lru_cache(REMEMBERED)
def _outcomes(grid: Grid, masks: Masks) -> tuple[int, ...]:
    return tuple(grid.outcomes_of(grid.possible_boxes(masks)))
