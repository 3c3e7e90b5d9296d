"""Survival curves of a drawing: strokes that fall in steps, with the marks of censoring that stand on them."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from oligoscope.interop.figure.axes import Axis
from oligoscope.interop.figure.drawing import Drawing, Stroke
from oligoscope.interop.figure.limits import EXACT, without_limits
from oligoscope.interop.figure.line import Line, Read

_SPANS = 0.15
"""The share of the plot's width that a curve spans at least."""
_FALLS = 2
"""Drops that a curve has at least: a line that marks a median has one."""
_RISES = 0.25
"""The share of all that it falls by which an upper limit of an interval may rise."""
_SMALL = 0.04
"""The share of the plot's height that a mark of censoring is high at most."""


def drawn_lines(drawing: Drawing, x: Axis, y: Axis, colours: Sequence[str]) -> Read:
    """The curves within the axes. colours: as #rrggbb; without any, every stroke that falls in steps."""
    height = abs(y.high_at - y.low_at)
    curves = [wide for stroke in drawing.strokes if (wide := _stepping(stroke, x, y)) is not None]
    wanted = [colour.lower() for colour in colours]
    if wanted:
        curves = [curve for curve in curves if curve.colour in wanted]
    kept, left_out = without_limits(curves, height)
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
    return Line(curve.colour, column[keep], row[keep], np.array(marked, float), curve.dash)


def _stands_on(mark: Stroke, curve: Stroke, height: float) -> bool:
    column, row = mark.points.mean(axis=0)
    if not curve.points[0, 0] < column <= curve.points[-1, 0] + 1e-6:
        return False
    place = int(np.searchsorted(curve.points[:, 0], column - 1e-6))
    at = curve.points[[max(place - 1, 0), min(place, len(curve.points) - 1)], 1]
    return bool(np.abs(at - row).min() <= EXACT * height)


def _mean_row(line: Line, x: Axis) -> float:
    """The mean row of a curve over the time that it covers: the lowest curve has the greatest."""
    widths = np.diff(np.append(line.column, x.high_at)).clip(0)
    return float((line.row * widths).sum() / max(widths.sum(), 1e-9))
