"""Curves of a picture, told apart by colour, those of one colour by their dashes, and followed as steps that fall.

A curve is the path that lies on most of its colour, never rises, and crosses little else on its way down. So marks of
censoring, which stick out above it, and legends, which lie beside it, are left behind; bands are paler than their curve
and no part of its colour; where another curve lies above, the path goes on straight.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import maximum_filter, uniform_filter1d

from oligoscope.errors import NotAllowed
from oligoscope.interop.figure.axes import Axis, Pixels
from oligoscope.interop.figure.colours import BLACK, colours_of, hiding, is_grey, of_text, shade, share_of, text_of
from oligoscope.interop.figure.dashes import SOLID, Strand, strands, touch_again
from oligoscope.interop.figure.drawing import Stroke
from oligoscope.interop.figure.limits import without_limits
from oligoscope.interop.figure.line import Line, Read
from oligoscope.interop.figure.path import BEHIND, CROSSING, STEP, Flags, follow, middles, thickness


@dataclass(frozen=True)
class _Plot:
    """The part of a picture within the axes. column, row: its corner there.  one: the row of survival 1 within it."""

    pixels: Pixels
    column: int
    row: int
    one: float
    height: float
    width: float


def lines(picture: Pixels, x: Axis, y: Axis, colours: Sequence[str]) -> Read:
    """The curves within the axes. colours: as #rrggbb; without any, every colour that spans the plot, and black.

    Raises NotAllowed where curves of one colour and one dash part and meet again: then which is which is not known.
    """
    plot = _plot(picture, x, y)
    # Coloured curves first: their rims are grey.
    wanted = sorted((of_text(colour) for colour in dict.fromkeys(map(str.lower, colours))), key=is_grey)
    wanted = wanted or [*colours_of(plot.pixels), BLACK]
    flags = hiding(plot.pixels, wanted)
    n_coloured = sum(not is_grey(colour) for colour in wanted)
    found, left_out = list[Line](), list[str]()
    for i, colour in enumerate(wanted):
        others = [*flags[:i], *flags[i + 1 :]]
        several, is_left = _strands(plot, colour, flags[i], others, found)
        if is_grey(colour) or len(several) > 1:
            kept, said = _told_apart(several, text_of(colour), plot.height)
            found += [_line(plot, each, colour, is_given=bool(colours)) for each in kept]
            left_out += said
        elif path := _path(flags[i], flags[:i] + flags[i + 1 : n_coloured]):
            dash = _dash(flags[i], path, several)
            alone = Line(text_of(colour), path[0] + plot.column, path[1] + plot.row, dash=dash)
            # The legend may well hold more ink than a dotted curve.
            found.append(alone if dash in ("", "solid") else _line(plot, several[0], colour, is_given=True))
        if is_left and (several or colours):
            text = "pieces at many heights: perhaps one more curve, which could not be followed"
            left_out.append(f"{text_of(colour)} {text}")
    return Read(tuple(sorted(found, key=lambda line: -float(np.mean(line.row)))), tuple(left_out))


def _plot(picture: Pixels, x: Axis, y: Axis) -> _Plot:
    left, right = sorted((x.low_at, x.high_at))
    top, bottom = sorted((y.low_at, y.high_at))
    # A line is as thick as some pixels: its half lies outside at 1 and at 0; curves go on behind the last tick mark.
    first, last = max(int(left) - 3, 0), min(int(right + 0.12 * (right - left)) + 1, picture.shape[1])
    high, low = max(int(top) - 4, 0), min(int(bottom) + 5, picture.shape[0])
    one = y.low_at + (y.whole - y.low) / (y.high - y.low) * (y.high_at - y.low_at) - high
    return _Plot(picture[high:low, first:last], first, high, one, bottom - top, right - left)


def _strands(
    plot: _Plot, colour: Pixels, own: Flags, others: Sequence[Flags], found: Sequence[Line]
) -> tuple[list[Strand], bool]:
    """The curves of one colour by their dashes, and whether more may be left. own, others: pixels of the colours."""
    hidden = np.any([np.zeros_like(own), *others], axis=0)
    # Only beside its own pixels: where bands of two colours overlap, their edges look like pale lines of one.
    is_own = ~hidden if is_grey(colour) else ~hidden & maximum_filter(own, 3)
    ink = np.where(is_own, share_of(plot.pixels, colour), 0)
    paths = [np.full(own.shape[1], -len(own)) for _ in found]
    for path, line in zip(paths, found, strict=True):
        path[(line.column - plot.column).astype(int)] = line.row - plot.row
    return strands(ink, hidden, paths, plot.one, plot.height, plot.width)


def _told_apart(found: Sequence[Strand], colour: str, height: float) -> tuple[list[Strand], list[str]]:
    """The curves of one colour but for limits of an interval, and in words what was left out. Raises NotAllowed."""
    drawn = [Stroke(np.column_stack([each.column, each.row]), colour, _DASHES[each.dash]) for each in found]
    kept, said = without_limits(drawn, height)
    curves = [each for each, stroke in zip(found, drawn, strict=True) if any(stroke is one for one in kept)]
    for i, one in enumerate(curves):
        for other in curves[:i]:
            if one.dash == other.dash and touch_again(one, other):
                problem = "two such curves part and meet again, and which goes on as which cannot be told"
                allowed = "curves of one colour that differ in their dashes, or that never meet again"
                fix = "read the figure as a drawing (PDF, SVG) if there is one, or paint one of them in another colour"
                raise NotAllowed("curve", f"{colour} {one.dash}", allowed, problem, fix)
    return curves, said


_DASHES = {"solid": (), "dashed": (1.0, 1.0), "dotted": (1.0, 2.0)}
"""As a drawing says them, by their words."""


def _dash(own: Flags, path: tuple[Pixels, Pixels], found: Sequence[Strand]) -> str:
    """Of the only curve of a colour; "" where it is neither solid nor told by its dashes."""
    columns, rows = (places.astype(int) for places in path)
    return "solid" if own[rows, columns].mean() > SOLID else found[0].dash if found else ""


def _line(plot: _Plot, found: Strand, colour: Pixels, is_given: bool) -> Line:
    """A curve where it lies in the picture. A grey that nobody gave is told by its pixels: black was looked for."""
    if is_grey(colour) and not is_given:
        colour = shade(plot.pixels[found.path, np.arange(len(found.path))][found.column.astype(int)])
    return Line(text_of(colour), found.column + plot.column, found.row + plot.row, dash=found.dash)


def _path(flags: Flags, others: Sequence[Flags]) -> tuple[Pixels, Pixels] | None:
    """The falling path on most of the flags: columns, and the middle of the line in each. None where there is none.

    others: where other curves lie, and may hide it.
    """
    if not flags.any():
        return None
    thick = thickness(flags)
    shown = np.where(flags, 1.0, BEHIND * np.any(others, axis=0) if others else 0.0)
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
