"""Readings of a drawn curve in order: who reads by hand goes back and forth, who traces pixels repeats every level."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import isotonic_regression

from oligoscope.synthesis.survival.risk import Array

_MISORDERED = 0.02
"""A step back by more than this share of the axis is no slip of a hand (whose clicks have an error of 0.002): the
readings were not given in the order of the curve, and are sorted.
"""
_JOINS = 4.0
"""Two levels of a trace are one, unless their difference has a chi-square above this. Low, since a level too many costs
time only: what happened between two levels is decided later, and may be nothing.
"""
_TRACE = 1.2
"""Readings per patient above which a curve was traced column by column; of clicks there is one for each drop."""
_LEAST_NOISE, _PIXEL = 2e-4, 5e-4
"""Errors in survival that are always there: of printed digits, and of what an average over equal pixels leaves."""
_ROUNDED = 12**-0.5
"""The error of rounding, in units of what is rounded to: equal pixels of one level do not average it away."""
TRACES = (1.0, 2.0)
"""Errors that a trace may have, in units of its own scatter and rounding: those alone, or as much again for the axes,
which are placed to a pixel as well (levels of a known picture were off by half a pixel, where rounding leaves 0.29).
"""
HANDS = (_LEAST_NOISE, 1e-3, 3e-3)
"""Errors that readings by hand may have: taken from a file with every corner, from a large figure, by an ordinary hand.
Which of them it is, the readings themselves say best (how far they rise says little where drops are larger).
"""


@dataclass(frozen=True)
class Levels:
    """A curve as drops: at `time` it came down to `survival`, which was read with the error `noise`.

    fall: the readings made monotone, in the same order.  end: the time up to which the curve is drawn.  is_trace: noise
    was measured; else it is a first guess.
    """

    time: Array
    survival: Array
    noise: Array
    end: float
    is_trace: bool

    @property
    def fall(self) -> Array:
        """Survival made monotone, between 1 and 0."""
        weights = 1 / self.noise**2
        fitted: Array = np.clip(isotonic_regression(self.survival, weights=weights, increasing=False).x, 0, 1)
        return fitted

    def at(self, time: float) -> float:
        """The curve as it was read, at a time."""
        place = int(np.searchsorted(self.time, time, side="right"))
        return 1.0 if place == 0 else float(self.fall[place - 1])


def levels(time: ArrayLike, survival: ArrayLike, n: int) -> Levels:
    """The drops of a curve of n patients. time: 0 or more, in any order; survival: shares of 1, errors included."""
    when, height = _in_order(np.asarray(time, float), np.asarray(survival, float))
    end = float(when.max())
    when = np.maximum(when, 0.0)
    if len(when) <= _TRACE * n:
        return Levels(when, height, np.full(len(when), HANDS[-1]), end, is_trace=False)
    when, height, counts = _joined(when, height)
    noise = np.hypot(_pixel_noise(survival) / np.sqrt(counts), max(_PIXEL, _ROUNDED * _pixel(survival)))
    return Levels(when, height, noise, end, is_trace=True)


def _in_order(time: Array, survival: Array) -> tuple[Array, Array]:
    """Times made monotone. A hand that clicks two drops close together may click them in the wrong order of time, but
    hardly of height: so the order in which they were given counts for more than a small step back.
    """
    span = float(np.ptp(time))
    if (np.diff(time) < -_MISORDERED * span).any():
        order = np.lexsort((-survival, time))
        return time[order], survival[order]
    ordered: Array = isotonic_regression(time).x
    return ordered, survival


def _pixel_noise(survival: ArrayLike) -> float:
    """Of a trace most neighbours are of one level: the half of them that differs least shows the error of one."""
    steps = np.abs(np.diff(np.asarray(survival, float)))
    return max(float(np.median(steps)) / 0.954, _LEAST_NOISE)


def _pixel(survival: ArrayLike) -> float:
    """The height of a pixel: the usual small step between readings. The smallest may be half a pixel, where a line is
    an even number of pixels wide in one place only; at 0 and 1 readings are cut off.
    """
    height = np.asarray(survival, float)
    steps = np.diff(np.unique(np.round(height[(height > 0) & (height < 1)], 7)))
    return float(np.median(steps[steps <= 2.5 * steps.min()])) if len(steps) else 0.0


def _joined(time: Array, survival: Array) -> tuple[Array, Array, Array]:
    """Neighbouring readings of one level as one: where the level begins, its mean, how many readings it has."""
    noise = _pixel_noise(survival)
    fit = isotonic_regression(survival, increasing=False)
    starts = list(fit.blocks[:-1])
    counts = [float(size) for size in np.diff(fit.blocks)]
    means = [float(fit.x[start]) for start in starts]
    while len(means) > 1:
        m, c = np.asarray(means), np.asarray(counts)
        costs = np.diff(m) ** 2 * c[1:] * c[:-1] / (c[1:] + c[:-1]) / noise**2
        i = int(costs.argmin())
        if costs[i] > _JOINS:
            break
        total = counts[i] + counts[i + 1]
        means[i] = (means[i] * counts[i] + means[i + 1] * counts[i + 1]) / total
        counts[i] = total
        del means[i + 1], counts[i + 1], starts[i + 1]
    first = np.asarray(starts)
    before = time[np.maximum(first - 1, 0)]
    return (time[first] + before) / 2, np.asarray(means), np.asarray(counts)
