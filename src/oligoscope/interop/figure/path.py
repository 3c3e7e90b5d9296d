"""The way of a curve over the pixels of its colour: from left to right, never up, across as little else as can be."""

import numpy as np
from numpy.typing import NDArray

from oligoscope.interop.figure.axes import Pixels

Flags = NDArray[np.bool_]
Places = NDArray[np.int64]

BEHIND = 0.4
"""What a pixel of another curve counts for: this curve may lie below it."""
CROSSING = 3.0
"""The price of a pixel crossed where there is no curve, in columns of the curve passed by."""
STEP = 0.02
"""The price of a pixel down on the curve's colour: of two ways alike, the straight one."""


def follow(on: Pixels, price: Pixels, begin: Places | None = None) -> Places:
    """The row of the best way in each column. on: what a pixel is worth.  price: of a pixel passed on the way down.

    begin: the rows where it may begin; then it also may end in any column, the last one that is worth its price, and
    has no more rows than that.
    """
    height, width = on.shape
    sums, rows = np.cumsum(price, axis=0), np.arange(height)
    came = np.zeros((width, height), int)
    best = np.zeros(height)
    if begin is not None:
        best = np.full(height, -np.inf)
        best[begin] = 0
    end, at, most = width - 1, 0, -np.inf
    for column in range(width):
        gain = best + sums[:, column]
        top = np.maximum.accumulate(gain)
        # Where the best so far is the row's own, nothing was crossed; else it came from the last row that led.
        came[column] = np.maximum.accumulate(np.where(gain >= top, rows, 0))
        best = top - sums[:, column] + on[:, column]
        if begin is None or best.max() > most:
            end, at, most = column, int(best.argmax()), float(best.max())
    path = np.zeros(end + 1, int)
    for column in range(end, -1, -1):
        path[column] = at
        at = int(came[column, at])
    return path


def thickness(flags: Flags) -> int:
    """Of the line, in pixels: the commonest length of its runs in columns."""
    padded = np.pad(flags.astype(int), ((1, 1), (0, 0)))
    change = np.diff(padded, axis=0).T
    starts, ends = np.nonzero(change > 0), np.nonzero(change < 0)
    lengths = ends[1] - starts[1]
    return max(int(np.bincount(lengths[lengths <= 12]).argmax()) if (lengths <= 12).any() else 1, 1)


def middles(flags: Flags, path: Places, thick: int) -> Pixels:
    """The middle of the line in each column, to half a pixel, where the line alone is there; else as followed."""
    middle = path.astype(float)
    for column, row in enumerate(path):
        if not flags[row, column]:
            continue
        above = row
        while above > 0 and flags[above - 1, column]:
            above -= 1
        below = row
        while below < len(flags) - 1 and flags[below + 1, column]:
            below += 1
        if below - above + 1 <= thick + 1:
            middle[column] = (above + below) / 2
    # A middle of half a pixel must not make the curve rise.
    falling: Pixels = np.maximum.accumulate(middle)
    return falling
