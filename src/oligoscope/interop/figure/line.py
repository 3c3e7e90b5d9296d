"""The curves of a figure as they were read, of a picture as of a drawing."""

from dataclasses import dataclass, field

import numpy as np

from oligoscope.interop.figure.axes import Pixels


@dataclass(frozen=True)
class Line:
    """One curve from its begin to its end: of a picture a point for each column, of a drawing one for each drop.

    colour: as #rrggbb.  column, row: pixels, or the drawing's units; row is the middle of the line.  marks: the columns
    of marks of censoring, which only a drawing tells.  dash: solid, dashed or dotted; "" where it was not told.
    """

    colour: str
    column: Pixels
    row: Pixels
    marks: Pixels = field(default_factory=lambda: np.zeros(0))
    dash: str = ""


@dataclass(frozen=True)
class Read:
    """The curves of a figure, the lowest first, and in words what was taken for something else."""

    lines: tuple[Line, ...]
    left_out: tuple[str, ...] = ()
