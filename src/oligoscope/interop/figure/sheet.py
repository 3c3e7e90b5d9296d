"""The ink of one colour without bands, frames and grids: how thick its lines are, which pieces are dashes or dots."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import (
    binary_closing,
    binary_dilation,
    find_objects,
    grey_opening,
    label,
    maximum_filter,
    uniform_filter,
    uniform_filter1d,
)

from oligoscope.interop.figure.axes import Pixels
from oligoscope.interop.figure.path import Flags, Places

_INK = 0.3
"""The share of a line's colour that a pixel has at least. Of R's lines (0.75 pixels at 72 dpi) half is 0.37."""
_WIDE = 13
"""Pixels: what is as wide and as high is a band or a ground, and taken off; lines are up to 12 pixels thick."""
_LETTER = 0.06
"""The share of the plot's height that a letter is high or wide at most."""
_FILLED = 0.7
"""The share of its box that a dash or dot fills at least."""
_LEVEL = 0.05
"""The share of runs that lie on level pieces, above which there are lines or dashes: of dots only text has any."""
_LIGHTER = 0.35
"""The share of lighter runs: below the half, since a mark of censoring makes its line heavier, and nothing lighter."""
_DOT = 3.3
"""How many times as long as thick a dash is at least. R's and matplotlib's longest dots: 2.4; shortest dashes: 3.7."""
_DOTS = (2.2, 4.6)
"""Between these the limit is, where few pieces are: of the thinnest lines, spread over pixels, dots seem up to 3.2."""
_GAP = 5
"""How many times as long as the line is thick a gap may be, and two pixels: R's and matplotlib's are up to 4."""
_GREY = 0.6
"""The share of black that most pixels of a grey line have at most; of R's thinnest black line they have 0.7."""
_FRAME = (0.95, 0.8)
"""The shares of the plot's width and height that a line of a frame, an axis or a grid is long at least."""
_PALE = 0.345
"""The share of black that a line of a grid has at most: matplotlib's has 0.31, half of R's thinnest curve 0.37."""
_GRID = 0.15
"""The share of the plot that a pale line is long at least to be one of a grid."""


@dataclass(frozen=True)
class Sheet:
    """What is left to be read of one colour.

    ink: the share of it in each pixel.  rest: pixels of no curve yet.  behind: where one may be hidden.  weight: how
    thick the line is, to a part of a pixel.  one: the row of survival 1.  height, width: of the plot.
    """

    ink: Pixels
    rest: Flags
    behind: Flags
    weight: float
    thick: int
    one: float
    height: float
    width: float

    @property
    def gap(self) -> int:
        """The longest gap between two dashes."""
        return _GAP * self.thick + 2


def sheet_of(ink: Pixels, hidden: Flags, one: float, height: float, width: float) -> Sheet:
    """All that may be a line. ink, one, height, width: as in Sheet.  hidden: where curves of other colours lie."""
    ink = ink - grey_opening(ink, (_WIDE, _WIDE))
    seen = _seen(ink)
    frame = seen & _frame(ink, height, width)
    rest = seen & ~frame
    lines = plain(rest, height)
    # A grey line has less ink than a black one that is as thick.
    full = float(np.quantile(ink[lines], 0.75)) if lines.any() else 1.0
    ink = np.minimum(ink / full, 1) if full < _GREY else ink
    weight = _weight(ink * lines)
    thick = max(round(weight), 1)
    return Sheet(ink, rest, hidden | frame, weight, thick, one, height, width)


def _seen(ink: Pixels) -> Flags:
    """Pixels of lines and dots. A dot that lies between pixels is shared by up to four, each of them weak."""
    strong = ink > _INK
    weak = np.where(binary_dilation(strong, np.ones((3, 3))), 0, ink - grey_opening(ink, (3, 3)))
    block = 4 * uniform_filter(weak, 2, mode="constant")  # Of a pixel with its neighbours above and on the left.
    shared = maximum_filter(block, 2, origin=-1, mode="constant") > _INK
    found: Flags = strong | (shared & (weak > _INK / 4))
    return found


def _frame(ink: Pixels, height: float, width: float) -> Flags:
    """Lines that cross the whole plot: axes, frames; and pale ones of a grid, which a legend may cut short."""
    any_ink, pale = ink > _INK / 4, (ink > _INK / 4) & (ink < _PALE)
    across, down = _longest(any_ink) >= _FRAME[0] * width, _longest(any_ink.T) >= _FRAME[1] * height
    grid = (_longest(pale) >= _GRID * width)[:, None] | (_longest(pale.T) >= _GRID * height)[None, :]
    found: Flags = across[:, None] | down[None, :] | (grid & pale)
    return found


def _longest(flags: Flags) -> Places:
    """The longest run in each row."""
    run = np.zeros(len(flags), int)
    most = run
    for column in flags.T:
        run = np.where(column, run + 1, 0)
        most = np.maximum(most, run)
    return most


def plain(rest: Flags, height: float) -> Flags:
    """Pixels of curves, dashes and dots: small pieces that do not fill their box are letters, marks or corners."""
    parts, n = label(rest, np.ones((3, 3)))
    areas = np.bincount(parts.ravel(), minlength=n + 1)
    keep = np.zeros(n + 1, bool)
    for part, (high, wide) in enumerate(find_objects(parts), 1):
        sides = high.stop - high.start, wide.stop - wide.start
        keep[part] = max(sides) > _LETTER * height or areas[part] > _FILLED * sides[0] * sides[1]
    found: Flags = keep[parts]
    return found


def _weight(ink: Pixels) -> float:
    """How thick the line is: the sum of ink of a run in a column, of those that lie on level pieces."""
    padded = np.pad(ink, 1).T
    change = np.diff((padded > 0).astype(int), axis=1)
    (column, starts), (_, ends) = np.nonzero(change > 0), np.nonzero(change < 0)
    sums = np.cumsum(padded, axis=1)
    runs = sums[column, ends] - sums[column, starts]
    thin = ends - starts < _WIDE
    # Drops and marks look thicker, ends of dashes thinner: best where the line goes on alike on both sides.
    goes_on = [(change[column + side, starts] > 0) & (change[column + side, ends] < 0) for side in (-1, 1)]
    level = thin & goes_on[0] & goes_on[1]
    if level.sum() > _LEVEL * thin.sum():
        return float(np.quantile(runs[level], _LIGHTER))
    # Dots: half of their ink lies in columns that they fill.
    dots = np.sort(runs[thin])
    return float(dots[np.searchsorted(np.cumsum(dots), dots.sum() / 2)]) if len(dots) else 1.0


def long_pieces(sheet: Sheet) -> tuple[Places, Flags]:
    """Pieces that hang together, from 1 on, and which of them are as long as dashes."""
    # Between the dots of a thin line no pixel is blank: half of what is strongest near by parts them.
    strong = sheet.rest & (sheet.ink > 0.5 * maximum_filter(sheet.ink, 3))
    parts, n = label(strong, np.ones((3, 3)))
    parts = np.where(sheet.rest & ~strong, maximum_filter(parts, 3), parts)
    lengths = np.bincount(parts.ravel(), sheet.ink.ravel(), n + 1) / sheet.weight**2
    limits = np.geomspace(*_DOTS, 25)
    counts = uniform_filter1d(np.histogram(lengths[1:], limits)[0].astype(float), 5)
    # A tenth: where two places are about as empty, the usual one.
    cost = counts / max(counts.sum(), 1) + 0.1 * np.abs(np.log(limits[:-1] / _DOT))
    is_long: Flags = lengths > limits[cost.argmin()]
    is_long[0] = False
    return parts, is_long


def closed(flags: Flags, gap: int) -> Flags:
    """With gaps of so many pixels filled, along rows and along columns."""
    padded = np.pad(flags, gap)
    both = binary_closing(padded, np.ones((1, gap + 1))) | binary_closing(padded, np.ones((gap + 1, 1)))
    filled: Flags = both[gap:-gap, gap:-gap] | flags
    return filled
