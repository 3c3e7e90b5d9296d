"""How well a score tells who has the event sooner: Uno's C, time-dependent AUC, Brier score; censoring weighted away.

Weights are the inverse of the chance not to be censored, by Kaplan-Meier over all patients. Scores are few and ordered
(groups), so that counts by group and time are enough, where pairs of patients would need n^2.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oligoscope.synthesis.survival.risk import Array, Followed

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Weights:
    """The chance not to be censored, before and at any time."""

    times: Array
    kept: Array

    def before(self, at: Array) -> Array:
        return np.concatenate([[1.0], self.kept])[np.searchsorted(self.times, at, "left")]

    def until(self, at: Array) -> Array:
        return np.concatenate([[1.0], self.kept])[np.searchsorted(self.times, at, "right")]


def weights_of(followed: Followed) -> Weights:
    """From the censoring of the patients themselves; of a time with both, events come before it."""
    times, place = np.unique(followed.time, return_inverse=True)
    events, all_here = (
        np.bincount(place, followed.event, minlength=len(times)),
        np.bincount(place, minlength=len(times)),
    )
    at_risk = followed.n - np.concatenate([[0], np.cumsum(all_here)[:-1]]) - events
    share = np.divide(all_here - events, at_risk, out=np.zeros(len(times)), where=at_risk > 0)
    return Weights(times, np.asarray(np.cumprod(1 - share), np.float64))


def uno_c(followed: Followed, risk: Codes, until: float) -> float | None:
    """The chance that of two patients the one with the greater risk has the event first, up to a time; ties count half.

    risk: whole numbers from 0, greater for sooner.
    """
    order = np.argsort(followed.time, kind="stable")
    time, event, score = followed.time[order], followed.event[order], risk[order]
    k = int(score.max()) + 1
    # Who is censored at the time of an event has lived longer than who had it.
    gone = [np.searchsorted(time[score == g], time, "left") for g in range(k)]
    dead = [time[(score == g) & (event > 0)] for g in range(k)]
    now = [np.searchsorted(each, time, "right") - np.searchsorted(each, time, "left") for each in dead]
    longer = np.array([(score == g).sum() - gone[g] - now[g] for g in range(k)], float)
    below = np.concatenate([np.zeros((1, len(time))), np.cumsum(longer, axis=0)])[score, np.arange(len(time))]
    kept = weights_of(followed).before(time)
    cases = (event > 0) & (time < until) & (kept > 0)
    weight = 1 / kept[cases] ** 2
    pairs = float((weight * longer.sum(axis=0)[cases]).sum())
    if pairs <= 0:
        return None
    equal = longer[score[cases], np.flatnonzero(cases)]
    return float((weight * (below[cases] + 0.5 * equal)).sum() / pairs)


def auc_at(followed: Followed, risk: Codes, at: float) -> float | None:
    """The chance that who had the event by a time had a greater risk than who lived beyond it; ties count half."""
    weights, k = weights_of(followed), int(risk.max()) + 1
    cases, controls = (followed.event > 0) & (followed.time <= at), followed.time > at
    kept = weights.before(followed.time)
    each = np.where(cases & (kept > 0), 1 / np.where(kept > 0, kept, 1), 0.0)
    sooner = np.bincount(risk, each, minlength=k)
    later = np.bincount(risk[controls], minlength=k).astype(float)
    whole = sooner.sum() * later.sum()
    if whole <= 0:
        return None
    below = np.concatenate([[0.0], np.cumsum(later)[:-1]])
    return float((sooner * (below + 0.5 * later)).sum() / whole)


def brier_at(followed: Followed, lives: Array, at: float) -> float | None:
    """The mean squared gap between what came and the share expected to live beyond a time. lives: of each patient."""
    weights = weights_of(followed)
    kept, end = weights.before(followed.time), float(weights.until(np.array([at]))[0])
    if end <= 0:
        return None
    dead = (followed.event > 0) & (followed.time <= at)
    gaps = np.where(dead, lives**2 / np.where(kept > 0, kept, 1), 0.0)
    gaps = gaps + np.where(followed.time > at, (1 - lives) ** 2 / end, 0.0)
    return float(gaps.mean())
