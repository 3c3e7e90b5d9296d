"""Curves of one colour, told apart by their dashes: the solid ones first, then of what is left the dashed, the dotted.

A solid curve is the way that is covered without a gap, and no dashed one is; so where two cross, each goes on as what
it was. What of a curve has been read is taken away, with its marks of censoring; another may still lie below it there.
A curve begins at 1 at the left, falls more than once, and is seen in most columns: no text, legend, axis or grid does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import binary_closing, binary_dilation, find_objects, label, maximum_filter1d, uniform_filter1d

from oligoscope.interop.figure.axes import Pixels
from oligoscope.interop.figure.path import BEHIND, CROSSING, STEP, Flags, Places, follow, middles
from oligoscope.interop.figure.sheet import Sheet, closed, long_pieces, plain, sheet_of

DASHES = ("solid", "dashed", "dotted")
_MOST = 6
"""Curves of one colour; nobody could tell more of them by their dashes."""
SOLID = 0.93
"""The share of its columns in which a solid curve is seen; dashed ones of R and matplotlib are in 0.7 at most."""
_BEGINS = 0.03
"""The share of the plot's height by which a curve may begin off 1."""
_APART = 0.1
"""The share of the plot's width in which a curve is seen well off all others."""
_LEFT = (0.04, 5)
"""The same of what is left, and how many drops it has: the box of a legend, with its rims, has up to four."""
_SEEN = 0.5
"""The share of its columns in which a curve is seen at least."""
_STREWN = 0.3
"""The share of the plot's height at which pieces of no curve lie: of what is not read, a few lines of text."""
_BLANK = 0.1
"""The share of its columns in which a curve may be neither seen nor hidden."""
_FALLS = (2, 0.05)
"""Drops of a curve at least, and the share of the plot's height that they come to: a line of text falls less."""
_TOUCH = 3
"""Pixels between the middles of two lines that are seen as one."""
_BEHIND_DROP = 0.9
"""What a pixel counts for on the way down that may hide one of this curve."""
_DROP = -0.1
"""The price of a pixel down where the curve is seen: steep curves are to be followed, and a last drop to its end."""
_MARK = 0.04
"""The share of the plot's height that a mark of censoring is high at most."""
_ON_MARK = 0.8
"""What a pixel of a mark counts for on the way down: of two ways, the drop beside the mark."""


@dataclass(frozen=True)
class Strand:
    """One curve: of each of its columns the middle of the line, and its dash, one of DASHES.

    path: the row followed in each column from the first of the plot on, by which two are compared.
    """

    column: Pixels
    row: Pixels
    dash: str
    path: Places


def strands(
    ink: Pixels, hidden: Flags, others: Sequence[Places], one: float, height: float, width: float
) -> tuple[list[Strand], bool]:
    """The curves of one colour, and whether what is left looks like one more, which could not be followed from 1 on.

    ink: the share of the colour in each pixel.  hidden: where curves of other colours lie.

    others: the rows of those, column by column.  one: the row of survival 1.  height, width: of the plot, in pixels.
    """
    sheet = sheet_of(ink, hidden, one, height, width)
    found: list[Strand] = []
    rows = list(others)
    for dash in DASHES:
        while len(found) < _MOST and (path := _path(sheet, dash)) is not None:
            named = _dash(sheet, path)
            if not _is_curve(sheet, path, rows) or DASHES.index(named) > DASHES.index(dash):
                break
            found.append(_strand(sheet, path, named))
            rows.append(path)
            sheet = _without(sheet, path)
    left = _followed(sheet, _shown(sheet, "dotted"), "dotted", np.arange(len(ink)))
    return found, _strewn(sheet) or _is_curve(sheet, left, rows, *_LEFT)


def touch_again(one: Strand, other: Strand) -> bool:
    """Whether two curves that have parted meet again, and part again or cross: then neither is known from there on."""
    n = min(len(one.path), len(other.path))
    upper, lower = one.path[:n], other.path[:n]
    before = [np.concatenate([each[:1], each[:-1]]) for each in (upper, lower)]
    side = np.sign((lower - upper) * (np.maximum(before[1] - upper, before[0] - lower) > _TOUCH))
    # At 1 all lie on one another; and one that ends on another has met it, but goes on as nothing.
    parted = np.flatnonzero(side)
    return bool(len(parted)) and not (side[parted[0] : parted[-1] + 1] == side[parted[0]]).all()


def _path(sheet: Sheet, dash: str) -> Places | None:
    """The best way of a curve of this dash; None where there is nothing that it could begin on."""
    near = _BEGINS * sheet.height
    begin = np.arange(max(int(sheet.one - near), 0), min(int(sheet.one + near) + 2, len(sheet.ink)))
    if not len(begin) or not sheet.rest.any():
        return None
    shown = _shown(sheet, dash)
    path = _followed(sheet, shown, dash, begin)
    shown = np.where(_strokes(sheet, path), np.minimum(shown, _ON_MARK), shown)
    return _followed(sheet, shown, dash, begin)


def _shown(sheet: Sheet, dash: str) -> Pixels:
    """What each pixel counts for a curve of this dash: 1 where it is seen, or in a gap between two dashes."""
    parts, is_long = long_pieces(sheet)
    own = is_long[parts] if dash == "dashed" else sheet.rest
    if dash != "solid":
        own = closed(own, sheet.gap) & (sheet.rest | ~sheet.behind)
    return np.where(own, 1.0, BEHIND * (sheet.behind | sheet.rest))


def _followed(sheet: Sheet, shown: Pixels, dash: str, begin: Places) -> Places:
    # No solid curve crosses what is blank, not even the gaps of a dashed one where it ends: matplotlib's are a third of
    # a period. A dashed one does where a gap of it lies in a corner.
    blank, crossing = (10.0, 20.0) if dash == "solid" else (0.5, CROSSING / 2)
    on = uniform_filter1d(shown, sheet.thick, axis=0, mode="constant") - np.where(shown > 0, 0.5 * (1 - shown), blank)
    # Down a drop of another curve there may well be one of this: else no way would lead through where several begin.
    down = np.where(shown == BEHIND, _BEHIND_DROP, shown)
    beside = maximum_filter1d(down, 3, axis=1, mode="constant")
    price = crossing * (1 - 0.7 * uniform_filter1d(down, sheet.thick, axis=1, mode="constant") - 0.3 * beside)
    return follow(on, price + np.where(shown == 1, _DROP, STEP), begin)


def _strokes(sheet: Sheet, path: Places) -> Flags:
    """Pixels below the line where a mark of censoring crosses it: as far below as the mark stands out above."""
    found = np.zeros_like(sheet.rest)
    most = _MARK * sheet.height
    for column in range(2, len(path)):
        row = above = int(path[column - 2 : column + 1].min())  # Of a drop, the row before it.
        while above > 0 and sheet.rest[above - 1, column] and row - above <= most:
            above -= 1
        found[row + 1 : 2 * row - above + 1, column] = 2 <= row - above <= most
    return found & sheet.rest


def _is_curve(
    sheet: Sheet, path: Places, others: Sequence[Places], least: float = _APART, drops: int = _FALLS[0]
) -> bool:
    covered = _covered(sheet, path)
    blank = ~covered & ~sheet.behind[path, np.arange(len(path))]
    apart = covered.copy()
    for other in others:
        n = min(len(other), len(path))
        # What is nearer may be its rim, or the ends of its marks, which stand out by some three times its thickness.
        apart[:n] &= np.abs(other[:n] - path[:n]) > 4 * sheet.thick + 3
    own = path[apart]
    falls = np.count_nonzero(np.diff(own)) >= drops and np.ptp(own) > _FALLS[1] * sheet.height
    is_seen = apart.sum() >= least * sheet.width and blank.sum() <= _BLANK * len(path)
    is_seen &= covered.mean() >= _SEEN  # Else a frame at 1 leads to the legend.
    return bool(is_seen and falls and _unseen(sheet, path) <= 2 * sheet.gap)


def _unseen(sheet: Sheet, path: Places) -> int:
    """How far the curve drops at most where nothing is drawn: from a curve onto a table below it is far."""
    drawn = maximum_filter1d(sheet.rest | sheet.behind, 3, axis=1)
    most = 0
    for column in np.flatnonzero(np.diff(path)) + 1:
        seen = np.flatnonzero(drawn[path[column - 1] : path[column] + 1, column])
        ends = np.concatenate([[-1], seen, [path[column] - path[column - 1] + 1]])
        most = max(most, int(np.diff(ends).max()) - 1)
    return most


def _strewn(sheet: Sheet) -> bool:
    """Whether dashes or dots lie at many heights: those of a legend, and letters, lie in a few rows."""
    heights = set[int]()
    for high, wide in find_objects(label(plain(sheet.rest, sheet.height), np.ones((3, 3)))[0]):
        if max(high.stop - high.start, wide.stop - wide.start) <= sheet.gap:
            heights.add(int(high.start) // sheet.gap)
    return len(heights) * sheet.gap > _STREWN * sheet.height


def _covered(sheet: Sheet, path: Places) -> Flags:
    """Columns in which the curve is seen, or lies in a gap between two of its dashes."""
    near = maximum_filter1d(sheet.rest, 3, axis=0)[path, np.arange(len(path))]
    padded = np.pad(near, sheet.gap)
    covered: Flags = binary_closing(padded, np.ones(sheet.gap + 1))[sheet.gap : -sheet.gap] | near
    return covered


def _dash(sheet: Sheet, path: Places) -> str:
    """What the curve looks like where nothing hides it."""
    columns = np.flatnonzero(~sheet.behind[path, np.arange(len(path))])
    seen = sheet.rest[path[columns], columns]
    near = maximum_filter1d(sheet.rest, 3, axis=0)[path[columns], columns]
    if not seen.any() or near.mean() > SOLID:
        return "solid"
    parts, is_long = long_pieces(sheet)
    own = np.setdiff1d(parts[path[columns], columns][seen], [0])
    return "dashed" if len(own) and is_long[own].mean() > 0.5 else "dotted"


def _strand(sheet: Sheet, path: Places, dash: str) -> Strand:
    columns = np.arange(len(path))
    own = sheet.rest[path, columns]
    first, last = np.flatnonzero(own | sheet.behind[path, columns])[0], np.flatnonzero(own)[-1]
    rows = middles(sheet.rest, path, sheet.thick)
    return Strand(columns[first : last + 1].astype(float), rows[first : last + 1], dash, path)


def _without(sheet: Sheet, path: Places) -> Sheet:
    """The sheet without a curve and without small pieces that touch it, its marks of censoring."""
    band = np.zeros_like(sheet.rest)
    before = path[0]
    for column, row in enumerate(path):
        band[before : row + 1, column] = True
        before = row
    around = np.ones((3, 3))
    band = binary_dilation(band, around, iterations=(sheet.thick + 1) // 2)
    parts, n = label(sheet.rest & ~band, around)
    is_mark = np.zeros(n + 1, bool)
    boxes = find_objects(parts)
    for part in np.unique(parts[binary_dilation(band, around)]):
        high, wide = boxes[part - 1] if part else (slice(0, 0), slice(0, 0))
        is_mark[part] = part > 0 and max(high.stop - high.start, wide.stop - wide.start) <= _MARK * sheet.height
    gone = sheet.rest & (band | is_mark[parts])
    return replace(sheet, rest=sheet.rest & ~gone, behind=sheet.behind | gone)
