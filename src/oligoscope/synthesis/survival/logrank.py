"""The log-rank test: of two or more groups, stratified, and weighted by Fleming and Harrington's rho."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from oligoscope.synthesis.survival.curve import kaplan_meier
from oligoscope.synthesis.survival.risk import Array, Followed

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class LogRank:
    """Observed against expected events of each group, weighted where rho is not 0.

    variance: groups x groups.  chisq, df and p are None where the test cannot be made; `reason` then says why.
    """

    rho: float
    n: tuple[int, ...]
    observed: tuple[float, ...]
    expected: tuple[float, ...]
    variance: Array
    chisq: float | None
    df: int | None
    p: float | None
    reason: str = ""


def log_rank(followed: Followed, group: Codes, strata: Codes | None = None, rho: float = 0.0) -> LogRank:
    """Do the groups survive alike? group, strata: whole numbers from 0, one for each patient.

    rho: each time counts by the pooled survival just before it, to this power: 0 is the log-rank test, 1 that of Peto
    and Peto. Groups are compared within each stratum and summed over strata.
    """
    k = int(group.max()) + 1
    within = np.zeros(followed.n, np.int64) if strata is None else strata
    observed, expected, variance = np.zeros(k), np.zeros(k), np.zeros((k, k))
    for stratum in np.unique(within):
        here = within == stratum
        o, e, v = _stratum(followed.part(here), group[here], k, rho)
        observed, expected, variance = observed + o, expected + e, variance + v
    counts = tuple(int(n) for n in np.bincount(group, minlength=k))
    found = (rho, counts, tuple(map(float, observed)), tuple(map(float, expected)), variance)
    known = np.flatnonzero(expected > 0)
    if not followed.event.any():
        return LogRank(*found, None, None, None, "there is no event")
    if len(known) < 2:
        return LogRank(*found, None, None, None, "fewer than two groups were ever at risk when an event happened")
    free = known[1:]
    part, gap = variance[np.ix_(free, free)], (observed - expected)[free]
    if np.linalg.matrix_rank(part) < len(free):
        return LogRank(*found, None, None, None, "at no event were patients of all groups at risk together")
    chisq = float(gap @ np.linalg.solve(part, gap))
    return LogRank(*found, chisq, len(free), float(stats.chi2.sf(chisq, len(free))))


def _stratum(followed: Followed, group: Codes, k: int, rho: float) -> tuple[Array, Array, Array]:
    """Observed, expected, and the hypergeometric variance of their difference, within one stratum."""
    times = np.unique(followed.time[followed.event > 0])
    parts = [followed.part(group == g) for g in range(k)]
    d = np.array([part.events_at(times) for part in parts])
    n = np.array([part.at_risk(times) for part in parts])
    deaths, at_risk = d.sum(axis=0), n.sum(axis=0)
    weight = _survival_before(followed, times) ** rho
    share = n / at_risk
    expected = (share * deaths * weight).sum(axis=1)
    spread = weight**2 * deaths * np.divide(at_risk - deaths, at_risk - 1, out=np.zeros_like(deaths), where=at_risk > 1)
    variance = np.diag((share * spread).sum(axis=1)) - (share * spread) @ share.T
    return (d * weight).sum(axis=1), expected, variance


def _survival_before(followed: Followed, times: Array) -> Array:
    """The pooled curve just before each time."""
    curve = kaplan_meier(followed)
    return np.concatenate([[1.0], curve.survival])[np.searchsorted(curve.times, times)]
