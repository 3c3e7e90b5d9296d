"""Patients behind a curve by the improved iterative method, as Liu, Zhou and Lee describe it for IPDfromKM (BMC Med Res
Methodol 2021, 21:111): Guyot's steps over readings that are cleaned first.

Readings outside Tukey's fences are left out, the others made monotone, and each interval runs from tick to tick, where
Guyot's runs from reading to reading. Written from the description, not from its code: where that says nothing (how
readings are made monotone), by least squares.
"""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import isotonic_regression

from oligoscope.synthesis.reconstruction.guyot import Interval, stepped
from oligoscope.synthesis.reconstruction.paths import Member, Stretch
from oligoscope.synthesis.survival.risk import Array

_FENCE = 3.0
"""Ranges between quartiles beyond which a reading is far out (Tukey)."""


def iterative(time: Array, survival: Array, stretches: Sequence[Stretch], n: int, events: int | None) -> Member:
    """One set of patients. time, survival: readings in any order.  stretches: between numbers at risk; nobody comes
    late.  n: at time 0.  events: of all, where it is known.
    """
    order = np.argsort(time, kind="stable")
    when, height = _inside(time[order], survival[order])
    height = np.clip(isotonic_regression(height, increasing=False).x, 0, 1)
    return stepped([_interval(when, height, stretch) for stretch in stretches], n, events)


def _inside(time: Array, survival: Array) -> tuple[Array, Array]:
    """Without readings to which the curve jumps, further than its usual steps reach, and from which it jumps back."""
    steps = np.diff(survival)
    low, high = np.quantile(steps, [0.25, 0.75])
    reach = _FENCE * (high - low)
    up, down = steps > max(high + reach, 0.0), steps < low - reach
    strays = (up[:-1] & down[1:]) | (down[:-1] & up[1:])
    stays = np.concatenate([[True], ~strays, [True]])
    return time[stays], survival[stays]


def _interval(time: Array, survival: Array, stretch: Stretch) -> Interval:
    is_in = (time >= stretch.start) & ((time < stretch.end) | (stretch.left is None))
    high, low = (_at(time, survival, when) for when in (stretch.start, stretch.end))
    return Interval(stretch.start, stretch.end, time[is_in], survival[is_in], high, low, stretch.left)


def _at(time: Array, survival: Array, when: float) -> float:
    place = int(np.searchsorted(time, when, side="right"))
    return float(survival[place - 1]) if place else 1.0
