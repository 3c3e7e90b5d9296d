"""Survival curves of a drawing: strokes that fall in steps, with the marks of censoring that stand on them.

What lies around a curve as limits of its interval is told from further curves by being drawn otherwise, or, where all
three look alike, by holding the third between them to its end. Either way it is named, never dropped in silence.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from oligoscope.interop.figure.axes import Axis
from oligoscope.interop.figure.drawing import Drawing, Floats, Stroke
from oligoscope.interop.figure.raster import Line

_SPANS = 0.15
"""The share of the plot's width that a curve spans at least."""
_FALLS = 2
"""Drops that a curve has at least: a line that marks a median has one."""
_RISES = 0.25
"""The share of all that it falls by which an upper limit of an interval may rise."""
_SMALL = 0.04
"""The share of the plot's height that a mark of censoring is high at most."""
_EXACT = 0.005
"""The share of the plot's height by which a mark, or a point of a limit, may be off its curve."""


@dataclass(frozen=True)
class Read:
    """The curves of a drawing, the lowest first, and in words what was taken for something else."""

    lines: tuple[Line, ...]
    left_out: tuple[str, ...]


def drawn_lines(drawing: Drawing, x: Axis, y: Axis, colours: Sequence[str]) -> Read:
    """The curves within the axes. colours: as #rrggbb; without any, every stroke that falls in steps."""
    height = abs(y.high_at - y.low_at)
    curves = [wide for stroke in drawing.strokes if (wide := _stepping(stroke, x, y)) is not None]
    wanted = [colour.lower() for colour in colours]
    if wanted:
        curves = [curve for curve in curves if curve.colour in wanted]
    kept, left_out = _without_limits(curves, height)
    marks = [stroke for stroke in drawing.strokes if _is_mark(stroke, height)]
    lines = [_line(curve, marks, kept, height) for curve in kept]
    return Read(tuple(sorted(lines, key=lambda line: -_mean_row(line, x))), tuple(left_out))


def _stepping(stroke: Stroke, x: Axis, y: Axis) -> Stroke | None:
    """The stroke from left to right where it goes down in steps within the axes and is wide enough; else None."""
    points = stroke.points if stroke.points[0, 0] <= stroke.points[-1, 0] else stroke.points[::-1]
    left, right = sorted((x.low_at, x.high_at))
    top, bottom = sorted((y.low_at, y.high_at))
    near = 0.02 * (bottom - top)
    steps = np.diff(points, axis=0)
    width = points[-1, 0] - points[0, 0]
    inside = points[:, 0].min() >= left - near and points[:, 1].min() >= top - near
    inside = inside and points[:, 1].max() <= bottom + near and points[0, 0] <= right
    if not inside or width < _SPANS * (right - left) or steps[:, 0].min() < -1e-6:
        return None
    down, up = steps[:, 1].clip(0), (-steps[:, 1]).clip(0)
    is_one = int((down > 1e-6).sum()) >= _FALLS and up.sum() <= _RISES * down.sum()
    return replace(stroke, points=points) if is_one else None


def _rises(stroke: Stroke) -> bool:
    return bool(np.diff(stroke.points[:, 1]).min() < -1e-6)


def _without_limits(curves: Sequence[Stroke], height: float) -> tuple[list[Stroke], list[str]]:
    """The curves but for those that are limits of another: such a limit may rise, a curve does not."""
    out = set[int]()
    said = []
    for middle, curve in enumerate(curves):
        if _rises(curve):
            continue
        others = [i for i, other in enumerate(curves) if i != middle and other.colour == curve.colour]
        unlike = [i for i in others if curves[i].dashes != curve.dashes]
        like = [i for i in others if curves[i].dashes == curve.dashes]
        for among in (unlike, like if len(like) == 2 else []):
            above = [i for i in among if _is_above(curves[i], curve, height)]
            below = [i for i in among if _is_above(curve, curves[i], height)]
            alike = len(above) == len(below) == 1 and curves[above[0]].dashes == curves[below[0]].dashes
            if alike and not {middle, above[0], below[0]} & out:
                out |= {above[0], below[0]}
                said.append(f"two {curve.colour} lines above and below a curve: taken for the limits of its interval")
    left = [curve for i, curve in enumerate(curves) if i not in out]
    said += [f"a {curve.colour} line that rises" for curve in left if _rises(curve)]
    return [curve for curve in left if not _rises(curve)], said


def _is_above(one: Stroke, other: Stroke, height: float) -> bool:
    """Whether one stroke nowhere lies below the other, and somewhere well above it, to the end of the shorter."""
    end = min(one.points[-1, 0], other.points[-1, 0])
    at = np.unique(np.concatenate([one.points[:, 0], other.points[:, 0]]))
    at = (at[1:] + at[:-1])[at[1:] <= end] / 2
    gap = _rows(other, at) - _rows(one, at)
    return bool(len(gap) and gap.min() >= -_EXACT * height and gap.max() > 2 * _EXACT * height)


def _rows(stroke: Stroke, at: Floats) -> Floats:
    """The row of a stroke at columns, after what falls there."""
    place = np.searchsorted(stroke.points[:, 0], at, side="right") - 1
    found: Floats = stroke.points[np.clip(place, 0, len(stroke.points) - 1), 1]
    return found


def _is_mark(stroke: Stroke, height: float) -> bool:
    """Whether it is an upright of a few points: what a mark of censoring, a tick or a cross is made of."""
    width, tall = np.ptp(stroke.points, axis=0)
    return len(stroke.points) == 2 and width < 0.1 * tall and tall <= _SMALL * height


def _line(curve: Stroke, marks: Sequence[Stroke], curves: Sequence[Stroke], height: float) -> Line:
    """A reading after every drop, one at the begin and at the end, and the columns of the marks that stand on it."""
    points = curve.points
    last_at = np.append(np.diff(points[:, 0]) > 1e-6, True)
    column, row = points[last_at, 0], points[last_at, 1]
    keep = np.append(True, np.diff(row) > 1e-6)
    keep[-1] = True
    if column[0] > points[0, 0] or row[0] > points[0, 1]:
        column, row, keep = np.append(points[0, 0], column), np.append(points[0, 1], row), np.append(True, keep)
    others = [each for each in curves if each is not curve]
    foreign = {each.colour for each in others} - {curve.colour}
    own = [each for each in marks if each.colour not in foreign and _stands_on(each, curve, height)]
    alone = [each for each in own if not any(_stands_on(each, other, height) for other in others)]
    marked = sorted({round(float(each.points[:, 0].mean()), 4) for each in alone})
    return Line(curve.colour, column[keep], row[keep], np.array(marked, float))


def _stands_on(mark: Stroke, curve: Stroke, height: float) -> bool:
    column, row = mark.points.mean(axis=0)
    if not curve.points[0, 0] < column <= curve.points[-1, 0] + 1e-6:
        return False
    place = int(np.searchsorted(curve.points[:, 0], column - 1e-6))
    at = curve.points[[max(place - 1, 0), min(place, len(curve.points) - 1)], 1]
    return bool(np.abs(at - row).min() <= _EXACT * height)


def _mean_row(line: Line, x: Axis) -> float:
    """The mean row of a curve over the time that it covers: the lowest curve has the greatest."""
    widths = np.diff(np.append(line.column, x.high_at)).clip(0)
    return float((line.row * widths).sum() / max(widths.sum(), 1e-9))
