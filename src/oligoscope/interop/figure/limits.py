"""What lies around a curve as limits of its interval, told from further curves.

It is drawn otherwise than its curve, or, where all three look alike, holds the third between them to its end. Either
way it is named, never dropped in silence.
"""

from collections.abc import Sequence

import numpy as np

from oligoscope.interop.figure.drawing import Floats, Stroke

EXACT = 0.005
"""The share of the plot's height by which a mark, or a point of a limit, may be off its curve."""


def _rises(stroke: Stroke) -> bool:
    return bool(np.diff(stroke.points[:, 1]).min() < -1e-6)


def without_limits(curves: Sequence[Stroke], height: float) -> tuple[list[Stroke], list[str]]:
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
    return bool(len(gap) and gap.min() >= -EXACT * height and gap.max() > 2 * EXACT * height)


def _rows(stroke: Stroke, at: Floats) -> Floats:
    """The row of a stroke at columns, after what falls there."""
    place = np.searchsorted(stroke.points[:, 0], at, side="right") - 1
    found: Floats = stroke.points[np.clip(place, 0, len(stroke.points) - 1), 1]
    return found
