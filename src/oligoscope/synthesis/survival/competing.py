"""Cumulative incidence of one cause among others: Aalen-Johansen, with ties as they are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from oligoscope.synthesis.survival.risk import SAME_TIME, Array, followed


@dataclass(frozen=True)
class Incidence:
    """The share that had an event of one cause, at every time where something happened.

    se: by the infinitesimal jackknife, R's own for these curves; where patients enter late by the delta method of Aalen
    and Johansen.  low, high: pointwise, log-log of the incidence; NaN
    where it is 0 or has no error.
    """

    cause: int
    n: int
    events: int
    level: float
    times: Array
    incidence: Array
    se: Array
    low: Array
    high: Array

    def at(self, times: Sequence[float]) -> list["Reading"]:
        """The curve at any times."""
        return [self._reading(float(time)) for time in times]

    def _reading(self, time: float) -> "Reading":
        if time > self.times[-1] + SAME_TIME:
            return Reading(
                time, None, None, None, None, f"nobody was followed so long: the last time is {self.times[-1]:g}"
            )
        step = int(np.searchsorted(self.times, time + SAME_TIME, side="right")) - 1
        if step < 0 or self.incidence[step] <= 0:
            return Reading(time, 0.0, 0.0, None, None, "no event of this cause so far: no interval")
        value, se, low, high = (float(line[step]) for line in (self.incidence, self.se, self.low, self.high))
        if np.isnan(low):
            return Reading(time, value, se, None, None, "everybody had an event of this cause: no interval")
        return Reading(time, value, se, low, high)


@dataclass(frozen=True)
class Reading:
    """An incidence at one time. None where it cannot be told; `reason` then says why."""

    time: float
    incidence: float | None
    se: float | None
    low: float | None
    high: float | None
    reason: str = ""


def incidences(
    time: ArrayLike, cause: ArrayLike, causes: Sequence[int], level: float = 0.95, entry: ArrayLike | None = None
) -> tuple[Incidence, ...]:
    """One curve for each of the causes; other causes compete, they do not censor.

    time: 0 or more.  cause: 0 for censored, else a whole number.  entry: left truncation, below time.
    """
    codes = np.asarray(cause, np.int64)
    whom = followed(time, codes > 0, entry)
    times, place = np.unique(whom.time, return_inverse=True)
    at_risk = whom.at_risk(times).astype(np.int64)
    events = np.bincount(place[codes > 0], minlength=len(times))
    survival = np.asarray(np.cumprod(1 - events / at_risk), np.float64)
    z = float(stats.norm.isf((1 - level) / 2))
    found = []
    for each in causes:
        d = np.bincount(place[codes == each], minlength=len(times))
        line = np.cumsum(np.concatenate([[1.0], survival[:-1]]) * d / at_risk)
        if entry is None:
            se = np.sqrt(_variance(place, codes, each, at_risk, events, survival, line))
        else:
            se = np.sqrt(_delta_variance(d, at_risk, events, survival, line))
        low, high = _ends(line, se, z)
        found.append(Incidence(each, whom.n, int(d.sum()), level, times, line, se, low, high))
    return tuple(found)


def _delta_variance(
    d: NDArray[np.int64], at_risk: NDArray[np.int64], events: NDArray[np.int64], survival: Array, line: Array
) -> Array:
    """Aalen's, as sums over the times so far: (F(t) - F(s))^2 is taken apart so that each is one running sum."""
    before = np.concatenate([[1.0], survival[:-1]])
    n = at_risk.astype(float)
    hazard = np.divide(events, n * (n - events), out=np.zeros(len(n)), where=n > events)
    own = np.cumsum(before**2 * (n - d) / n * d / n**2)
    both = before * d / n**2
    squares = line**2 * np.cumsum(hazard) - 2 * line * np.cumsum(line * hazard) + np.cumsum(line**2 * hazard)
    return np.asarray(np.maximum(squares + own - 2 * (line * np.cumsum(both) - np.cumsum(line * both)), 0.0), float)


def _variance(
    place: NDArray[np.int64],
    codes: NDArray[np.int64],
    cause: int,
    at_risk: NDArray[np.int64],
    events: NDArray[np.int64],
    survival: Array,
    line: Array,
) -> Array:
    """The sum of the squares of what each patient adds to the curve (the infinitesimal jackknife).

    All who are still at risk add the same, R(t). Who left at T adds a + r F(t) from there on: r is what they add to
    survival, as a share of it, and a closes the gap at T. So three running sums over those who left are enough, where a
    matrix of patients by times would need n^2.
    """
    before = np.concatenate([[1.0], survival[:-1]])
    left = at_risk - events
    hazard = np.divide(events, at_risk * left, out=np.zeros(len(events)), where=left > 0)
    greenwood = np.cumsum(hazard)
    until = np.concatenate([[0.0], greenwood[:-1]])
    same = np.cumsum(np.diff(line, prepend=0.0) * (until - 1 / at_risk))
    has_event, is_cause = codes > 0, codes == cause
    added = same[place] + np.where(is_cause, before[place] / at_risk[place], 0.0)
    share = np.where(has_event, until[place] - 1 / at_risk[place], greenwood[place])
    gap = added - share * line[place]

    def so_far(values: Array) -> Array:
        return np.asarray(np.cumsum(np.bincount(place, values, minlength=len(line))), float)

    gone = so_far(gap**2) + 2 * line * so_far(gap * share) + line**2 * so_far(share**2)
    staying = len(place) - np.cumsum(np.bincount(place, minlength=len(line)))
    return np.asarray(np.maximum(gone + staying * same**2, 0.0), float)


def _ends(line: Array, se: Array, z: float) -> tuple[Array, Array]:
    """Pointwise limits on the log-log scale of the incidence."""
    inside = (line > 0) & (line < 1 - SAME_TIME) & (se > 0)
    logs = np.log(np.where(inside, line, 0.5))
    factor = np.exp(z * np.where(inside, se / np.where(inside, line, 1.0), 0.0) / logs)
    return np.where(inside, np.exp(logs / factor), np.nan), np.where(inside, np.exp(logs * factor), np.nan)
