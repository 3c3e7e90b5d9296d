"""Curves of one colour told apart by their dashes: the solid one first, then what is left without it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import binary_closing, binary_dilation, label, maximum_filter1d, uniform_filter1d

from oligoscope.interop.figure.axes import Pixels
from oligoscope.interop.figure.path import BEHIND, CROSSING, STEP, Flags, Places, follow, middles

DASHES = ("solid", "dashed", "dotted")
_INK = 0.3
_DOT = 2.75
_GAP = 5


@dataclass(frozen=True)
class Strand:
    column: Pixels
    row: Pixels
    dash: str
    path: Places


def strands(ink: Pixels, hidden: Flags, top: float, height: float, width: float) -> list[Strand]:
    flags = ink > _INK
    frame = _frame(flags, width, height)
    rest, behind = flags & ~frame, hidden | frame
    weight = line_weight(ink * rest)
    thick = max(round(weight), 1)
    found: list[Strand] = []
    near = 0.03 * height
    begin = np.arange(max(int(top - near), 0), min(int(top + near) + 2, len(ink)))
    for dash in DASHES:
        while len(found) < 6:
            path = _one(rest, behind, ink, dash, thick, weight, begin)
            if path is None or not _is_curve(path, rest, behind, [each.path for each in found], thick, height, width):
                break
            name = _dash(path, rest, behind, ink, weight)
            if DASHES.index(name) > DASHES.index(dash):
                break
            own = rest[path, np.arange(len(path))]
            last = int(np.flatnonzero(own)[-1])
            first = int(np.flatnonzero(own | behind[path, np.arange(len(path))])[0])
            rows = middles(rest, path, thick)
            found.append(Strand(np.arange(first, last + 1.0), rows[first : last + 1], name, path))
            rest, behind = _without(rest, behind, path, thick, height)
    return found


def line_weight(ink: Pixels) -> float:
    """How thick the line is, to a part of a pixel: the commonest sum of ink of the runs in columns."""
    padded = np.pad(ink, ((1, 1), (0, 0))).T
    change = np.diff((padded > 0).astype(int), axis=1)
    (column, starts), (_, ends) = np.nonzero(change > 0), np.nonzero(change < 0)
    sums = np.cumsum(padded, axis=1)
    runs = sums[column, ends] - sums[column, starts]
    short = runs[(ends - starts <= 12)]
    counts, edges = np.histogram(short, bins=np.arange(0.3, 12.1, 0.1))
    smooth = uniform_filter1d(counts.astype(float), 3)
    return float(edges[smooth.argmax()] + 0.05) if len(short) else 1.0


def _frame(flags: Flags, width: float, height: float) -> Flags:
    rows = _longest(flags) >= 0.95 * width
    columns = _longest(flags.T) >= 0.8 * height
    return (rows[:, None] | columns[None, :]) & flags


def _longest(flags: Flags) -> Places:
    """The longest run of each row."""
    run = np.zeros(len(flags), int)
    most = run.copy()
    for column in flags.T:
        run = np.where(column, run + 1, 0)
        most = np.maximum(most, run)
    return most


def _closed(flags: Flags, gap: int) -> Flags:
    n = gap + 1
    padded = np.pad(flags, n)
    both = binary_closing(padded, np.ones((1, n))) | binary_closing(padded, np.ones((n, 1)))
    return both[n:-n, n:-n] | flags


def _one(rest, behind, ink, dash, thick, weight, begin):
    if not rest.any():
        return None
    line = rest
    if dash == "dashed":
        parts, n = label(rest, np.ones((3, 3)))
        long = np.bincount(parts.ravel(), ink.ravel(), n + 1) > _DOT * weight**2
        long[0] = False
        line = long[parts]
    line = _closed(line, 1 if dash == "solid" else _GAP * thick + 2) & (~behind | rest)
    shown = np.where(line, 1.0, BEHIND * (behind | rest))
    blank, crossing = (2.0, 20.0) if dash == "solid" else (0.5, CROSSING)
    on = uniform_filter1d(shown, thick, axis=0, mode="constant") - blank * (1 - shown)
    price = crossing * (1 - 0.7 * shown - 0.3 * maximum_filter1d(shown, 3, axis=1, mode="constant")) + STEP
    return follow(on, price, begin)


def _covered(path, rest, gap):
    """Columns in which the curve is seen, or lies in a gap between two of its dashes."""
    near = maximum_filter1d(rest, 3, axis=0)[path, np.arange(len(path))]
    padded = np.pad(near, gap)
    return binary_closing(padded, np.ones(gap + 1))[gap:-gap] | near


def _is_curve(path, rest, behind, others, thick, height, width):
    covered = _covered(path, rest, _GAP * thick + 2)
    hidden = behind[path, np.arange(len(path))]
    apart = covered.copy()
    for other in others:
        n = min(len(other), len(path))
        apart[:n] &= np.abs(other[:n] - path[:n]) > 4 * thick + 3
    falls = int((np.diff(path) > 0).sum())
    blank = ~covered & ~hidden
    return apart.sum() >= 0.15 * width and blank.sum() <= 0.1 * len(path) and falls >= 2 and np.ptp(path) > 0.05 * height


def _dash(path, rest, behind, ink, weight):
    columns = np.arange(len(path))
    seen = ~behind[path, columns]
    if rest[path, columns][seen].mean() > 0.93:
        return "solid"
    parts, n = label(rest, np.ones((3, 3)))
    lengths = np.bincount(parts.ravel(), ink.ravel(), n + 1) / weight**2
    own = np.unique(parts[path, columns])
    return "dashed" if np.median(lengths[own[own > 0]]) > _DOT else "dotted"


def _without(rest, behind, path, thick, height):
    band = np.zeros_like(rest)
    before = path[0]
    for column, row in enumerate(path):
        band[before : row + 1, column] = True
        band[row, column] = True
        before = row
    band = binary_dilation(band, np.ones((3, 3)), iterations=(thick + 1) // 2)
    left = rest & ~band
    parts, n = label(left, np.ones((3, 3)))
    touching = np.unique(parts[binary_dilation(band, np.ones((3, 3)))])
    size = np.zeros(n + 1, int)
    for axis in (0, 1):
        at = np.indices(left.shape)[axis]
        low, high = np.full(n + 1, 10**6), np.full(n + 1, -1)
        np.minimum.at(low, parts, at)
        np.maximum.at(high, parts, at)
        size = np.maximum(size, high - low + 1)
    marks = np.zeros(n + 1, bool)
    marks[touching] = size[touching] <= 0.04 * height
    marks[0] = False
    gone = marks[parts]
    return left & ~gone, behind | (rest & (band | gone))
