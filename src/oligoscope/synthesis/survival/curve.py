"""Kaplan-Meier curves: survival with its interval, numbers at risk, quantiles, restricted mean, follow-up.

Patients may have weights. Errors are then those of the infinitesimal jackknife, as in R's survfit with robust=TRUE:
what each patient moves, times the weight, squared and summed; the weights themselves are taken as fixed. With weights
of 1, where nobody enters late, that is Greenwood's error exactly.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy import stats

from oligoscope.synthesis.survival.risk import SAME_TIME, Array, Followed

Interval = Literal["log-log", "log", "plain"]
INTERVALS: tuple[Interval, ...] = ("log-log", "log", "plain")


@dataclass(frozen=True)
class Quantile:
    """The time by which a share of the patients had the event, with its interval; None where the curve, or an end of
    its interval, does not come down so far.
    """

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Point:
    """The curve at one time. None where it cannot be told; `reason` then says why, and is "" otherwise."""

    time: float
    at_risk: int
    survival: float | None
    se: float | None
    low: float | None
    high: float | None
    reason: str = ""


@dataclass(frozen=True)
class Mean:
    """The restricted mean survival time up to tau, with its error (that of the curve, without a small-sample factor).

    None where it cannot be told; `reason` then says why.
    """

    tau: float
    value: float | None
    se: float | None
    reason: str = ""


@dataclass(frozen=True)
class Difference:
    """A restricted mean less another, with its interval and the P value of no difference."""

    value: float
    se: float
    low: float
    high: float
    p: float


@dataclass(frozen=True)
class Curve:
    """A product-limit curve at every time where something happened.

    n: patients.  at_risk: just before each time; with weights it is, as events and censored are, a sum of them.  se:
    of survival, Greenwood's, or robust with weights.  low, high: pointwise, by `interval` at `level`; NaN, like se,
    once survival is 0.  weighted: who was weighted, and how; None without weights.
    """

    n: int
    interval: Interval
    level: float
    times: Array
    at_risk: Array
    events: Array
    censored: Array
    survival: Array
    se: Array
    low: Array
    high: Array
    weighted: tuple[Followed, Array] | None = None

    def quantile(self, share: float = 0.5) -> Quantile:
        """When that share had the event; 0.5 is the median. A curve flat at exactly that height gives the middle of
        the flat stretch, as R does.
        """
        left = 1 - share
        return Quantile(*(_crossing(self.times, line, left) for line in (self.survival, self.low, self.high)))

    def at(self, times: Sequence[float], followed: Followed) -> list[Point]:
        """The curve at any times. followed: whom it was made from, who are counted at those times."""
        asked = np.asarray(times, float)
        at_risk = followed.at_risk(asked)
        steps = np.searchsorted(self.times, asked + SAME_TIME, side="right") - 1
        return [self._point(t, int(n), int(i)) for t, n, i in zip(asked, at_risk, steps, strict=True)]

    def _point(self, time: float, at_risk: int, step: int) -> Point:
        if step < 0:
            return Point(float(time), at_risk, 1.0, 0.0, 1.0, 1.0, "no event so far: the interval has no width")
        survival = float(self.survival[step])
        if time > self.times[-1] + SAME_TIME and survival > 0:
            return Point(
                float(time),
                0,
                None,
                None,
                None,
                None,
                f"nobody was followed so long: the last time is {self.times[-1]:g}",
            )
        if survival <= 0:
            return Point(float(time), at_risk, 0.0, None, None, None, "survival is 0: it has no error and no interval")
        reason = "no event so far: the interval has no width" if survival == 1 else ""
        se, low, high = (float(line[step]) for line in (self.se, self.low, self.high))
        return Point(float(time), at_risk, survival, se, low, high, reason)

    def restricted_mean(self, tau: float) -> Mean:
        """The area under the curve up to tau, in the unit of time."""
        if not len(self.times):
            return Mean(tau, None, None, "there is no patient")
        if tau > self.times[-1] + SAME_TIME and self.survival[-1] > 0:
            return Mean(tau, None, None, f"nobody was followed so long: the last time is {self.times[-1]:g}")
        within = self.times <= tau + SAME_TIME
        areas = np.diff([0.0, *self.times[within], max(tau, 0.0)]) * np.concatenate([[1.0], self.survival[within]])
        ahead = np.cumsum(areas[:0:-1])[::-1]  # from each time to tau
        if self.weighted:
            own = _moved(*self.weighted, self, np.append(ahead, np.zeros(len(self.times) - len(ahead))))
            return Mean(tau, float(areas.sum()), float(np.sqrt((own**2).sum())))
        n, d = self.at_risk[within], self.events[within]
        share = np.divide(d, n * (n - d), out=np.zeros_like(d), where=n > d)
        return Mean(tau, float(areas.sum()), float(np.sqrt((ahead**2 * share).sum())))


def kaplan_meier(
    followed: Followed, interval: Interval = "log-log", level: float = 0.95, weights: Array | None = None
) -> Curve:
    """The product-limit estimate; who is censored at a time is at risk there. weights: of the patients, above 0."""
    times, place = np.unique(followed.time, return_inverse=True)
    weight = np.ones(followed.n) if weights is None else weights
    events, censored = (
        np.bincount(place, happened * weight, minlength=len(times)).astype(float)
        for happened in (followed.event, 1 - followed.event)
    )
    at_risk: Array = followed.at_risk(times, weights)
    # Whether all die is told by counts: of weights rounding would leave somebody.
    everybody = followed.at_risk(times) <= np.bincount(place, followed.event, minlength=len(times))
    left = np.where(everybody, 0.0, at_risk - events)
    stays: Array = 1.0 - np.true_divide(events, at_risk)
    stays[everybody] = 0.0
    survival: Array = np.multiply.accumulate(stays)
    bare = Curve(followed.n, interval, level, times, at_risk, events, censored, survival, left, left, left)
    if weights is None:
        step: Array = np.full_like(events, np.inf)
        np.divide(events, at_risk * left, out=step, where=left > 0)
        log_variance: Array = np.cumsum(step)
    else:
        log_variance = _robust(followed, weights, bare)
    log_variance[survival <= 0] = np.nan
    log_se: Array = np.sqrt(log_variance)
    low, high = _ends(survival, log_se, interval, float(stats.norm.isf((1 - level) / 2)))
    given = None if weights is None else (followed, weights)
    return replace(bare, se=survival * log_se, low=low, high=high, weighted=given)


def _parts(followed: Followed, curve: Curve, ahead: Array) -> tuple[Array, Array, Array]:
    """(what an event moves at each time, the sum up to each time of what being at risk moves, that at each entry)."""
    left = curve.at_risk - curve.events
    lasts = curve.survival > 0
    jump = np.divide(ahead, left, out=np.zeros_like(left), where=lasts)
    gone = np.cumsum(jump * np.divide(curve.events, curve.at_risk, out=np.zeros_like(left), where=lasts))
    before = np.append(0.0, gone)[np.searchsorted(curve.times, followed.entry, side="right")]
    return jump, gone, before


def _moved(followed: Followed, weights: Array, curve: Curve, ahead: Array) -> Array:
    """By how much each patient, by all of the weight, moves the sum of ahead times the hazard over all times."""
    jump, gone, before = _parts(followed, curve, ahead)
    place = np.searchsorted(curve.times, followed.time)
    moved: Array = weights * (followed.event * jump[place] - (gone[place] - before))
    return moved


def _robust(followed: Followed, weights: Array, curve: Curve) -> Array:
    """The variance of the logarithm of survival at each time: of who left by then, and of who is still followed."""
    _, gone, before = _parts(followed, curve, np.ones(len(curve.times)))
    place = np.searchsorted(curve.times, followed.time)
    own = _moved(followed, weights, curve, np.ones(len(curve.times)))
    left = np.cumsum(np.bincount(place, own**2, minlength=len(curve.times)).astype(float))
    after = np.nextafter(curve.times, np.inf)
    squares = weights**2
    none, one, two = (followed.at_risk(after, squares * before**k) for k in (0, 1, 2))
    stay = np.maximum(gone**2 * none - 2 * gone * one + two, 0.0)
    found: Array = left + stay
    return found


def median_follow_up(followed: Followed, interval: Interval = "log-log", level: float = 0.95) -> Quantile:
    """By the reverse Kaplan-Meier curve, in which censoring is the event and the event censors."""
    return kaplan_meier(Followed(followed.time, 1 - followed.event, followed.entry), interval, level).quantile()


def difference(first: Mean, second: Mean, level: float = 0.95) -> Difference | None:
    """The second restricted mean less the first, by the normal approximation; None where one of them, or any error,
    cannot be told.
    """
    if first.value is None or second.value is None or first.se is None or second.se is None:
        return None
    value, se = second.value - first.value, float(np.hypot(first.se, second.se))
    if se == 0:
        return None
    half = float(stats.norm.isf((1 - level) / 2)) * se
    return Difference(value, se, value - half, value + half, float(2 * stats.norm.sf(abs(value / se))))


def _ends(survival: Array, log_se: Array, interval: Interval, z: float) -> tuple[Array, Array]:
    """Pointwise limits within 0 and 1; NaN where survival is 0, 1 where no event has happened yet."""
    if interval == "plain":
        half = z * survival * log_se
        return np.maximum(survival - half, 0), np.minimum(survival + half, 1)
    if interval == "log":
        half = z * log_se
        return survival * np.exp(-half), np.minimum(survival * np.exp(half), 1)
    inside = (survival > 0) & (survival < 1)
    log_survival = np.log(np.where(inside, survival, 0.5))
    factor = np.exp(z * log_se / log_survival)  # below 1, since the logarithm is negative
    edge = np.where(survival >= 1, 1.0, np.nan)
    return (
        np.where(inside, np.exp(log_survival / factor), edge),
        np.where(inside, np.exp(log_survival * factor), edge),
    )


def _crossing(times: Array, line: Array, height: float) -> float | None:
    """When a falling line reaches a height."""
    known = ~np.isnan(line)
    line, where = line[known], times[known]
    reached = np.flatnonzero(line <= height + SAME_TIME)
    if not len(reached):
        return None
    below = np.flatnonzero(line < height - SAME_TIME)
    if len(below):
        return float(where[reached[0]] + where[below[0]]) / 2
    return float(where[reached[0]] + times[-1]) / 2 if known[-1] else None
