"""Curves of a picture, told apart by colour and followed as steps that fall.

A curve is the path that lies on most of its colour, never rises, and crosses little else on its way down. So marks of
censoring, which stick out above it, and legends, which lie beside it, are left behind; bands are paler than their curve
and no part of its colour; where another curve lies above, the path goes on straight.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from oligoscope.interop.figure.axes import Axis, Pixels
from oligoscope.interop.figure.path import BEHIND, CROSSING, STEP, Flags, follow, middles, thickness

_COLOURED = 40.0
"""Red, green and blue of a colour differ by more than this; those of grey text and axes do not."""
_HUE = 25.0
"""Degrees between two colours that are two curves."""
_NEAR = 95.0
"""How far, of 442 from black to white, a pixel may be off the colour of its curve: another band lying over it is 83."""
_TINGED = 0.35
"""The share of its curve's colourfulness that a pixel has at least: a black axis is near a navy curve, but grey."""
_SPANS = 0.15
"""The share of the plot's width that a curve spans at least; smaller patches are text or legend."""


@dataclass(frozen=True)
class Line:
    """One curve from its begin to its end: of a picture a point for each column, of a drawing one for each drop.

    colour: as #rrggbb.  column, row: pixels, or the drawing's units; row is the middle of the line.  marks: the columns
    of marks of censoring, which only a drawing tells.
    """

    colour: str
    column: Pixels
    row: Pixels
    marks: Pixels = field(default_factory=lambda: np.zeros(0))


def lines(picture: Pixels, x: Axis, y: Axis, colours: list[str]) -> list[Line]:
    """The curves within the axes. colours: as #rrggbb; without any, every colour that spans the plot is one curve."""
    left, right = sorted((x.low_at, x.high_at))
    top, bottom = sorted((y.low_at, y.high_at))
    # A line is as thick as some pixels: its half lies outside at 1 and at 0; curves go on behind the last tick mark.
    first, last = max(int(left) - 3, 0), min(int(right + 0.12 * (right - left)) + 1, picture.shape[1])
    high, low = max(int(top) - 4, 0), min(int(bottom) + 5, picture.shape[0])
    plot = picture[high:low, first:last]
    wanted = [_of_text(each) for each in colours] or _colours(plot)
    others = np.asarray(wanted)
    found = []
    for i, colour in enumerate(wanted):
        flags = [_belongs(plot, each, np.delete(others, j, axis=0)) for j, each in enumerate(wanted)]
        hidden = np.any([each for j, each in enumerate(flags) if j != i], axis=0) if len(flags) > 1 else None
        path = _path(flags[i], hidden)
        if path is not None:
            columns, rows = path
            found.append(Line(_text_of(colour), columns + first, rows + high))
    return sorted(found, key=lambda line: -float(np.mean(line.row)))


def _of_text(text: str) -> Pixels:
    return np.array([int(text.lstrip("#")[i : i + 2], 16) for i in (0, 2, 4)], float)


def _text_of(colour: Pixels) -> str:
    return "#" + "".join(f"{round(float(part)):02x}" for part in colour)


def _colours(plot: Pixels) -> list[Pixels]:
    """The colours of the curves: of each hue the strongest that is not rare."""
    flat = plot.reshape(-1, 3)
    chroma = np.ptp(flat, axis=1)
    flat = flat[chroma > _COLOURED]
    rounded, counts = np.unique((flat // 8).astype(int), axis=0, return_counts=True)
    often = counts >= 0.05 * plot.shape[1]
    rounded, counts = rounded[often] * 8.0 + 4.0, counts[often]
    strength = np.ptp(rounded, axis=1) + 0.3 * (255 - rounded.min(axis=1))
    found: list[Pixels] = []
    for i in np.argsort(-strength, kind="stable"):
        if all(_apart(rounded[i], other) > _HUE for other in found):
            exact = flat[np.abs(flat - rounded[i]).max(axis=1) <= 5]
            colour = np.median(exact, axis=0)
            flags = np.linalg.norm(plot - colour, axis=2) < _NEAR
            if flags.any(axis=0).mean() > _SPANS:
                found.append(colour)
    return found


def _apart(one: Pixels, other: Pixels) -> float:
    """Degrees between two hues."""
    first, second = _hue(one), _hue(other)
    gap = abs(first - second) % 360
    return min(gap, 360 - gap)


def _hue(colour: Pixels) -> float:
    red, green, blue = colour
    return float(np.degrees(np.arctan2(np.sqrt(3) * (green - blue), 2 * red - green - blue)))


def _belongs(plot: Pixels, colour: Pixels, others: Pixels) -> Flags:
    """Pixels nearer to the colour of a curve than to those of the others, and than to its paler band."""
    distance = np.linalg.norm(plot - colour, axis=2)
    near = distance < _NEAR
    if len(others):
        near &= distance < np.linalg.norm(plot[:, :, None] - others, axis=3).min(axis=2)
    near &= np.ptp(plot, axis=2) > _TINGED * np.ptp(colour)
    pale = 0.45 * colour + 0.55 * 255
    found: Flags = near & (distance < np.linalg.norm(plot - pale, axis=2))
    return found


def _path(flags: Flags, hidden: Flags | None) -> tuple[Pixels, Pixels] | None:
    """The falling path on most of the flags: columns, and the middle of the line in each. None where there is none."""
    if not flags.any():
        return None
    thick = thickness(flags)
    shown = flags if hidden is None else np.where(flags, 1.0, BEHIND * hidden)
    shown = shown.astype(float)
    on = uniform_filter1d(shown, thick, axis=0, mode="constant") - 0.15 * (1 - shown)
    price = CROSSING * (1 - uniform_filter1d(shown, thick, axis=1, mode="constant")) + STEP
    path = follow(on, price)
    first, last = _extent(flags[path, np.arange(flags.shape[1])])
    columns = np.arange(first, last + 1)
    return columns.astype(float), middles(flags, path, thick)[columns]


def _extent(covered: Flags) -> tuple[int, int]:
    """First and last column of the stretch that is mostly covered: dashes and marks leave gaps, a legend lies apart."""
    running = np.cumsum(np.where(covered, 1.0, -0.4))
    last = int(running.argmax())
    before = np.concatenate([[0.0], running[:last]])
    return int(before.argmin()), last
