"""The totals of a score over columns: which are reachable, by sums of what each factor may give."""

from collections.abc import Mapping, Sequence
from functools import reduce

import narwhals as nw

from oligoscope.tables.columnar.bits import Expr, Sheet, all_of, any_of, count_of
from oligoscope.tables.grid import Grid
from oligoscope.tables.model import Table
from oligoscope.tables.score import Totals

Reach = Mapping[float, Expr]
"""For each total whether it is reachable."""


class ScoreColumns:
    """A score table over a sheet; as `tables.score.Totals`, in expressions."""

    def __init__(self, table: Table, sheet: Sheet, factors: Sequence[tuple[Grid, list[list[Expr]]]]) -> None:
        self.table, self.sheet, self.totals = table, sheet, Totals(table)
        self.grids = [grid for grid, _ in factors]
        self.inputs = self.totals.inputs
        self._all = {n: flags for grid, answers in factors for n, flags in zip(grid.inputs, answers, strict=True)}
        applies = self.totals.score.applies
        self._in = {n: [f if applies.get(n, -1) >> k & 1 else None for k, f in enumerate(flags)] for n, flags in self._all.items()}
        self._out = {n: any_of(f for k, f in enumerate(flags) if not applies[n] >> k & 1) for n, flags in self._all.items() if n in applies}
        self._points = [[float(code) for code in part.outcomes] for part in table.parts]
        self._may = {n: sheet.note(any_of(f for f in flags if f is not None)) for n, flags in self._in.items()}
        self._outside = {n: sheet.note(flag) for n, flag in self._out.items()}
        self._given = [self._factor_points(f) for f in range(len(self.grids))]
        sheet.layer()
        self._rest = self._leave_one_out()

    def _factor_points(self, f: int, fixed: tuple[str, int] | None = None) -> Reach:
        """What one factor may give; fixed: one input's only answer."""
        grid, found = self.grids[f], {}
        for outcome, points in enumerate(self._points[f]):
            boxes = [self._box(grid, box.masks, fixed) for box in grid.boxes if box.outcome == outcome]
            kept = [box for box in boxes if box is not None]
            if kept:
                found[points] = self.sheet.note(any_of(kept))
        return found

    def _box(self, grid: Grid, masks: Sequence[int], fixed: tuple[str, int] | None) -> Expr | None:
        parts = []
        for name, mask in zip(grid.inputs, masks, strict=True):
            if fixed and fixed[0] == name:
                if not mask >> fixed[1] & 1:
                    return None
                continue
            parts.append(any_of(f for k, f in enumerate(self._in[name]) if f is not None and mask >> k & 1))
        return all_of(parts)

    def _leave_one_out(self) -> list[Reach]:
        start: Reach = {0.0: nw.lit(True)}
        before, after = [start], [start]
        for f in range(len(self.grids)):
            before.append(self._noted(_sums(before[-1], self._given[f])))
        for f in reversed(range(len(self.grids))):
            after.append(self._noted(_sums(after[-1], self._given[f])))
        self._reach = before[-1]
        return [self._noted(_sums(before[f], after[len(self.grids) - 1 - f])) for f in range(len(self.grids))]

    def _noted(self, reach: Reach) -> Reach:
        found = {total: self.sheet.note(flag) for total, flag in reach.items()}
        self.sheet.layer()
        return found

    def _inside(self, but: str = "") -> Expr:
        return all_of(flag for name, flag in self._may.items() if name != but)

    def outcomes(self) -> list[Expr]:
        """For each outcome whether it is possible."""
        self._found = [self.sheet.note(flag) for flag in self._outcomes(self._reach, self._inside(), list(self._outside.values()))]
        return self._found

    def _outcomes(self, reach: Reach, inside: Expr, outside: Sequence[Expr]) -> list[Expr]:
        found = []
        for code in self.table.codes:
            if code == self.totals.score.not_applicable:
                found.append(any_of(outside))
            else:
                found.append(inside & any_of(flag for total, flag in reach.items() if self.totals.band_of(total) == code))
        return found

    def range(self) -> tuple[Expr, Expr]:
        """Lowest and highest reachable total; null where the score does not apply."""
        lowest = highest = nw.lit(None).cast(nw.Float64)
        for total in sorted(self._reach, reverse=True):
            lowest = nw.when(self._reach[total] & self._inside()).then(nw.lit(total)).otherwise(lowest)
        for total in sorted(self._reach):
            highest = nw.when(self._reach[total] & self._inside()).then(nw.lit(total)).otherwise(highest)
        return lowest, highest

    def shares(self) -> list[Expr]:
        """For each input the share of its answers that leave one outcome; -1 where it cannot change the outcome."""
        found = []
        for name in self.inputs:
            f = next(f for f, grid in enumerate(self.grids) if name in grid.inputs)
            settled = [self._settles(f, name, k) for k in range(len(self._all[name]))]
            flags = self._all[name]
            share = count_of(s & p for s, p in zip(settled, flags, strict=True)).cast(nw.Float64) / count_of(flags).cast(nw.Float64)
            matters = self.sheet.note(self._matters(f, name))
            self.sheet.layer()
            found.append(self.sheet.note(nw.when(matters).then(share).otherwise(nw.lit(-1.0))))
        return found

    def _settles(self, f: int, name: str, k: int) -> Expr:
        others = [flag for n, flag in self._outside.items() if n != name]
        if self._in[name][k] is None:
            outcomes = self._outcomes({}, nw.lit(False), [nw.lit(True)])
        else:
            points = self._factor_points(f, (name, k))
            self.sheet.layer()
            outcomes = self._outcomes(self._noted(_sums(self._rest[f], points)), self._inside(but=name), others)
        return self.sheet.note(count_of(outcomes) == 1)

    def _matters(self, f: int, name: str) -> Expr:
        grid, points = self.grids[f], self._points[f]
        position = grid.inputs.index(name)
        ways = []
        for border in grid.borders[position]:
            parts = [self._touch(grid, position, border.here), self._touch(grid, position, border.there)]
            parts += [self._touch(grid, j, mask) for j, mask in enumerate(border.others) if j != position]
            a, b = (points[o] for o in border.outcomes)
            moved = [flag for r, flag in self._rest[f].items() if self.totals.band_of(a + r) != self.totals.band_of(b + r)]
            ways.append(all_of(parts) & any_of(moved))
        if name in self._outside:
            ways.append(self._outside[name])
        return self._inside() & any_of(ways)

    def _touch(self, grid: Grid, position: int, mask: int) -> Expr:
        return any_of(flag for k, flag in enumerate(self._in[grid.inputs[position]]) if flag is not None and mask >> k & 1)


def _sums(a: Reach, b: Reach) -> Reach:
    ways: dict[float, list[Expr]] = {}
    for x, fx in a.items():
        for y, fy in b.items():
            ways.setdefault(x + y, []).append(fx & fy)
    return {total: reduce(lambda p, q: p | q, flags) for total, flags in ways.items()}
