"""The totals of a score over combinations of answers: which are reachable, by sums of what each factor may give."""

from collections.abc import Iterator, Mapping, Sequence

from oligoscope.tables.columnar.flags import Flags, Rows
from oligoscope.tables.grid import Grid
from oligoscope.tables.score import Totals

Reach = Mapping[float, Rows]
"""For each total where it is reachable."""


class ScoreRows:
    """A score table over combinations of answers; as `tables.score.Totals`, in flags.

    answers: for each factor's inputs where each answer is possible.  outcomes: where each is possible.
    """

    def __init__(self, totals: Totals, flags: Flags, answers: Sequence[list[list[Rows]]]) -> None:
        self.flags, self.totals = flags, totals
        self._grids = totals.grids
        self._all = {
            name: rows
            for grid, spread in zip(totals.grids, answers, strict=True)
            for name, rows in zip(grid.inputs, spread, strict=True)
        }
        applies = totals.applies
        self._in = {
            n: {k: f for k, f in enumerate(answers) if applies.get(n, -1) >> k & 1} for n, answers in self._all.items()
        }
        self._outside = {
            n: flags.any_of(f for k, f in enumerate(answers) if k not in self._in[n])
            for n, answers in self._all.items()
            if n in applies
        }
        self._may = {n: flags.any_of(answers.values()) for n, answers in self._in.items()}
        self._points = [totals.points[grid] for grid in totals.grids]
        self._given = [self._factor_points(f) for f in range(len(self._grids))]
        self._rest = self._leave_one_out()
        self.outcomes = self._outcomes(self._reach, self._inside(), list(self._outside.values()))

    def _factor_points(self, f: int, fixed: tuple[str, int] | None = None) -> Reach:
        """What one factor may give; fixed: one input's only answer."""
        grid, found = self._grids[f], {}
        for outcome, points in enumerate(self._points[f]):
            boxes = [
                self._box(grid, box.masks, fixed)
                for box in grid.boxes
                if box.outcome == outcome and _open_to(grid, box.masks, fixed)
            ]
            if boxes:
                found[points] = self.flags.any_of(boxes)
        return found

    def _box(self, grid: Grid, masks: Sequence[int], fixed: tuple[str, int] | None) -> Rows:
        free = [(name, mask) for name, mask in zip(grid.inputs, masks, strict=True) if not (fixed and fixed[0] == name)]
        return self.flags.all_of(self._touches(name, mask) for name, mask in free)

    def _touches(self, name: str, mask: int) -> Rows:
        return self.flags.any_of(flag for k, flag in self._in[name].items() if mask >> k & 1)

    def _leave_one_out(self) -> list[Reach]:
        """What the other factors may add up to, for each factor; and `_reach`, what all may."""
        n = len(self._grids)
        before: list[Reach] = [{0.0: self.flags.every}]
        after: list[Reach] = [{0.0: self.flags.every}]
        for f in range(n):
            before.append(self._sums(before[-1], self._given[f]))
            after.append(self._sums(after[-1], self._given[n - 1 - f]))
        self._reach = before[-1]
        return [self._sums(before[f], after[n - 1 - f]) for f in range(n)]

    def _sums(self, a: Reach, b: Reach) -> Reach:
        ways: dict[float, list[Rows]] = {}
        for x, fx in a.items():
            for y, fy in b.items():
                ways.setdefault(x + y, []).append(fx & fy)
        return {total: self.flags.any_of(found) for total, found in ways.items()}

    def _inside(self, but: str = "") -> Rows:
        return self.flags.all_of(rows for name, rows in self._may.items() if name != but)

    def _outcomes(self, reach: Reach, inside: Rows, outside: Sequence[Rows]) -> list[Rows]:
        found = []
        for code in self.totals.codes:
            if code == self.totals.score.missing:
                found.append(self.flags.any_of(outside))
            else:
                found.append(
                    inside
                    & self.flags.any_of(rows for total, rows in reach.items() if self.totals.band_of(total) == code)
                )
        return found

    def totals_possible(self) -> Reach:
        """Where each total is possible and the score applies."""
        inside = self._inside()
        return {total: rows & inside for total, rows in self._reach.items()}

    def decisive(self) -> Iterator[tuple[list[Rows], list[Rows], Rows]]:
        """For each input: where each of its answers would leave one outcome, where each is possible, and where the
        input can change the outcome.
        """
        for name in self.totals.inputs:
            f = next(f for f, grid in enumerate(self._grids) if name in grid.inputs)
            yield (
                [self._settles(f, name, k) & answer for k, answer in enumerate(self._all[name])],
                self._all[name],
                self._matters(f, name),
            )

    def _settles(self, f: int, name: str, k: int) -> Rows:
        if k not in self._in[name]:
            return self.flags.one_of(self._outcomes({}, self.flags.none, [self.flags.every]))
        others = [rows for n, rows in self._outside.items() if n != name]
        return self.flags.one_of(
            self._outcomes(self._sums(self._rest[f], self._factor_points(f, (name, k))), self._inside(but=name), others)
        )

    def _matters(self, f: int, name: str) -> Rows:
        grid, points = self._grids[f], self._points[f]
        position = grid.inputs.index(name)
        ways = []
        for border in grid.borders[position]:
            touched = [
                (name, border.here),
                (name, border.there),
                *((n, mask) for n, mask in zip(grid.inputs, border.others, strict=True) if n != name),
            ]
            a, b = (points[o] for o in border.outcomes)
            moved = [
                rows for r, rows in self._rest[f].items() if self.totals.band_of(a + r) != self.totals.band_of(b + r)
            ]
            ways.append(self.flags.all_of(self._touches(n, mask) for n, mask in touched) & self.flags.any_of(moved))
        if name in self._outside:
            ways.append(self._outside[name])
        return self._inside() & self.flags.any_of(ways)


def _open_to(grid: Grid, masks: Sequence[int], fixed: tuple[str, int] | None) -> bool:
    """Whether a box has the one answer that an input is fixed to."""
    return fixed is None or bool(masks[grid.inputs.index(fixed[0])] >> fixed[1] & 1)
