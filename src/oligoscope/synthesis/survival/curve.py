"""Kaplan-Meier curves: survival with its interval, numbers at risk, quantiles, restricted mean, follow-up."""

from collections.abc import Sequence
from dataclasses import dataclass
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
    """The restricted mean survival time up to tau, with its error (Greenwood's, without a small-sample factor).

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

    at_risk: just before each time.  se: Greenwood's, of survival.  low, high: pointwise, by `interval` at `level`; NaN,
    like se, once survival is 0.
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
        n, d = self.at_risk[within], self.events[within]
        share = np.divide(d, n * (n - d), out=np.zeros_like(d), where=n > d)
        return Mean(tau, float(areas.sum()), float(np.sqrt((ahead**2 * share).sum())))


def kaplan_meier(followed: Followed, interval: Interval = "log-log", level: float = 0.95) -> Curve:
    """The product-limit estimate; who is censored at a time is at risk there."""
    times, place = np.unique(followed.time, return_inverse=True)
    events = np.bincount(place, followed.event, minlength=len(times)).astype(float)
    censored: Array = np.bincount(place, minlength=len(times)) - events
    at_risk: Array = followed.at_risk(times)
    survival: Array = np.cumprod(1.0 - np.true_divide(events, at_risk))
    left = at_risk - events
    step: Array = np.full_like(events, np.inf)
    np.divide(events, at_risk * left, out=step, where=left > 0)
    log_variance: Array = np.cumsum(step)
    log_variance[survival <= 0] = np.nan
    log_se: Array = np.sqrt(log_variance)
    low, high = _ends(survival, log_se, interval, float(stats.norm.isf((1 - level) / 2)))
    return Curve(followed.n, interval, level, times, at_risk, events, censored, survival, survival * log_se, low, high)


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
