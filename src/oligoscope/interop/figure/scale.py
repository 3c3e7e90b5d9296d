"""Axes of a drawing: by its tick marks, and by the numbers that stand beside them where nobody gives their values."""

from collections.abc import Iterator, Sequence

import numpy as np

from oligoscope.errors import NotAllowed
from oligoscope.interop.figure.axes import HOW, Axis, given_axis, two_values
from oligoscope.interop.figure.drawing import Drawing, Floats, Word

_TICK = 0.04
"""The share of the drawing that a tick mark is long at most."""
_COVERS = 0.3
"""The share of the drawing that an axis covers at least, from its first tick mark to its last."""
_FAR = 0.12
"""The share of the drawing by which a number may stand off its tick mark."""
_STRAIGHT = 0.01
"""The share of an axis by which a number may be off the straight line through all of them."""


def drawn_axis(name: str, text: str | None, drawing: Drawing) -> Axis:
    """An axis as it was asked for, or as its numbers say. name: x or y. text: see `axes.HOW`. Raises NotAllowed."""
    if text and "@" in text:
        return given_axis(name, text, drawing.width if name == "x" else drawing.height)
    marks = list(_rows_of_ticks(drawing, name))
    if text:
        low, high = two_values(name, text)
        if not marks:
            raise NotAllowed("axes", f"{name}={text}", "", "no tick marks were found along this axis", HOW)
        places = marks[0][0]
        return Axis(low, high, *((places[0], places[-1]) if name == "x" else (places[-1], places[0])))
    for places, outside in marks:
        if found := numbered_axis(name, places, outside, drawing.words, drawing.width, drawing.height):
            return found
    problem = "no numbers were found along this axis"
    raise NotAllowed("axes", name, "an axis whose numbers are text, or its values", problem, f"give {name}: {HOW}")


def numbered_axis(
    name: str, places: Sequence[float], outside: float, words: Sequence[Word], width: float, height: float
) -> Axis | None:
    """The axis through tick marks that have numbers: three or more, on one straight line. None where there is none.

    places: of the tick marks along the axis.  outside: where the numbers begin, across it.
    """
    along = width if name == "x" else height
    gap = min(np.diff(places), default=0.0)
    points = []
    for place in places:
        off = [
            (abs(_along(word, name) - place), value) for word, value in _numbers(words, name, outside, width, height)
        ]
        near = min(off, default=None)
        if near and near[0] <= min(0.35 * gap, 0.03 * along):
            points.append((place, near[1]))
    if len(points) < 3:
        return None
    at, values = np.array(points).T
    slope, start = np.polyfit(at, values, 1)
    if not slope or np.abs(start + slope * at - values).max() > _STRAIGHT * np.ptp(values):
        return None
    low, high = (points[0], points[-1]) if slope > 0 else (points[-1], points[0])
    if (slope > 0) != (name == "x"):
        return None
    return Axis(low[1], high[1], low[0], high[0])


def _numbers(
    words: Sequence[Word], name: str, outside: float, width: float, height: float
) -> Iterator[tuple[Word, float]]:
    """The numbers beside an axis: below the x axis, left of the y axis, not far from it."""
    far = _FAR * (height if name == "x" else width)
    for word in words:
        across = word.row - outside if name == "x" else outside - word.column
        if -0.01 * far <= across <= far and word.number is not None:
            yield word, word.number


def _along(word: Word, name: str) -> float:
    return word.column if name == "x" else word.row


def _rows_of_ticks(drawing: Drawing, name: str) -> Iterator[tuple[list[float], float]]:
    """(places, where the numbers begin) of every row of short marks across an axis, the likeliest first: the widest
    one, and of those alike the nearest to the plot; a table of numbers at risk has marks of its own.
    """
    along, across = (0, 1) if name == "x" else (1, 0)
    size = (drawing.width, drawing.height)
    rows: dict[tuple[float, float], list[float]] = {}
    for stroke in drawing.strokes:
        if len(stroke.points) != 2:
            continue
        thick, long = np.ptp(stroke.points[:, along]), np.ptp(stroke.points[:, across])
        if thick <= 0.05 * long and long <= _TICK * size[across]:
            low, high = sorted(map(float, stroke.points[:, across]))
            rows.setdefault((round(low, 1), round(high, 1)), []).append(float(stroke.points[:, along].mean()))
    found = []
    for (low, high), every in rows.items():
        places = sorted(set(every))
        if len(places) >= 3 and places[-1] - places[0] >= _COVERS * size[along] and _are_even(np.diff(places)):
            found.append((places, high if name == "x" else low))
    widest = max((places[-1] - places[0] for places, _ in found), default=0.0)
    alike = [each for each in found if each[0][-1] - each[0][0] >= 0.95 * widest]
    yield from sorted(alike, key=lambda each: each[1] if name == "x" else -each[1])


def _are_even(gaps: Floats) -> bool:
    """Marks of censoring stand in rows as well, but not at equal distances; an axis may lack the label of one."""
    return bool(np.ptp(gaps) <= 0.02 * gaps.max())
