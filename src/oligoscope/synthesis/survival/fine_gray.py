"""Fine and Gray's regression of the cumulative incidence of one cause, with the errors of their paper (as cmprsk in R).

Who had another event stays at risk, weighted by the chance not to have been censored since. All sums are running sums
over sorted times: a million rows need no matrix of patients by times.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from oligoscope.synthesis.survival.cox import Term
from oligoscope.synthesis.survival.curve import kaplan_meier
from oligoscope.synthesis.survival.risk import Array, Followed, joined

_ROUNDS, _LAST_STEP, _ENOUGH = 50, 1e-10, 1e-12


@dataclass(frozen=True)
class FineGray:
    """terms: log subdistribution hazard ratios with robust errors. reason: why there is no fit."""

    cause: int
    n: int
    events: int
    level: float
    terms: tuple[Term, ...]
    loglik_null: float | None = None
    loglik: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class _Sorted:
    """Rows by time. kept: the chance not to be censored before each row's time.  times, deaths: of the cause; kept_at:
    that chance just before each of them.  first: of each of them the first row at or after it.
    """

    time: Array
    x: Array
    event: Array
    competing: Array
    censored: Array
    kept: Array
    times: Array
    deaths: Array
    kept_at: Array
    first: np.ndarray


def fine_gray(
    time: ArrayLike, cause: ArrayLike, covariates: Array, names: Sequence[str], of: int = 1, level: float = 0.95
) -> FineGray:
    """Fit by Newton's method. cause: 0 for censored, else a whole number.  covariates: rows x terms."""
    rows = _sorted(joined(np.asarray(time, float)), np.asarray(cause, np.int64), covariates, of)
    n, events = len(rows.time), int(rows.event.sum())
    if not events:
        return _none(of, n, events, level, names, "nobody had an event of this cause")
    beta = np.zeros(covariates.shape[1])
    null = _likelihood(rows, beta)[0]
    for _ in range(_ROUNDS):
        value, score, information = _likelihood(rows, beta)
        if np.linalg.matrix_rank(information) < len(beta):
            return _none(of, n, events, level, names, "a term is constant where it matters, or a sum of the others")
        step = np.linalg.solve(information, score)
        while _likelihood(rows, beta + step)[0] < value - abs(value) * _ENOUGH:
            step = step / 2
        beta = beta + step
        # Not the likelihood: it is flat at its top, and stands still while a coefficient is 1e-8 off.
        if np.abs(step).max() < _LAST_STEP:
            break
    else:
        return _none(of, n, events, level, names, "the fit did not converge: an effect may not be bounded by the data")
    loglik, _, information = _likelihood(rows, beta)
    inverse = np.linalg.inv(information)
    own = _influence(rows, beta)
    se = np.sqrt(np.diag(inverse @ (own.T @ own) @ inverse))
    half = float(stats.norm.isf((1 - level) / 2))
    terms = tuple(
        Term(name, float(b), float(m), float(s), float(b - half * s), float(b + half * s), float(b / s), _p(b / s))
        for name, b, s, m in zip(names, beta, se, np.sqrt(np.diag(inverse)), strict=True)
    )
    return FineGray(of, n, events, level, terms, null, loglik)


def _p(z: float) -> float:
    return float(2 * stats.norm.sf(abs(z)))


def _none(of: int, n: int, events: int, level: float, names: Sequence[str], reason: str) -> FineGray:
    terms = tuple(Term(name, None, None, None, None, None, None, None, reason) for name in names)
    return FineGray(of, n, events, level, terms, reason=reason)


def _sorted(time: Array, codes: np.ndarray, covariates: Array, of: int) -> _Sorted:
    order = np.argsort(time, kind="stable")
    time, codes, x = time[order], codes[order], covariates[order]
    never = np.full(len(time), -np.inf)
    stays = kaplan_meier(Followed(time, (codes == 0).astype(float), never))
    before = np.concatenate([[1.0], stays.survival])
    event = (codes == of).astype(float)
    times, deaths = np.unique(time[event > 0], return_counts=True)
    return _Sorted(
        time,
        x,
        event,
        ((codes > 0) & (codes != of)).astype(float),
        (codes == 0).astype(float),
        before[np.searchsorted(stays.times, time, "left")],
        times,
        deaths.astype(float),
        before[np.searchsorted(stays.times, times, "left")],
        np.searchsorted(time, times, "left"),
    )


def _totals(rows: _Sorted, values: Array) -> Array:
    """At each time of the cause, a sum over who is at risk: all who are still followed, and who had another event."""
    still = np.cumsum(values[::-1], axis=0)[::-1]
    gone = np.cumsum(values * _spread(rows.competing / rows.kept, values), axis=0)
    gone = np.concatenate([np.zeros((1, *gone.shape[1:])), gone])
    found: Array = still[rows.first] + _spread(rows.kept_at, values) * gone[rows.first]
    return found


def _spread(line: Array, like: Array) -> Array:
    return line.reshape(-1, *(1,) * (like.ndim - 1))


def _likelihood(rows: _Sorted, beta: Array) -> tuple[float, Array, Array]:
    """(log-likelihood, score, information), ties by Breslow."""
    eta = rows.x @ beta
    risk = np.exp(eta)
    whole, mean, squares = _moments(rows, risk)
    loglik = float((eta * rows.event).sum() - (rows.deaths * np.log(whole)).sum())
    score = (rows.x * rows.event[:, None]).sum(axis=0) - rows.deaths @ mean
    information = np.einsum("t,tij->ij", rows.deaths, squares - mean[:, :, None] * mean[:, None, :])
    return loglik, score, information


def _moments(rows: _Sorted, risk: Array) -> tuple[Array, Array, Array]:
    whole = _totals(rows, risk)
    mean = _totals(rows, rows.x * risk[:, None]) / whole[:, None]
    squares = np.empty((len(rows.times), rows.x.shape[1], rows.x.shape[1]))
    for i in range(rows.x.shape[1]):
        squares[:, i] = _totals(rows, rows.x * (rows.x[:, i] * risk)[:, None]) / whole[:, None]
    return whole, mean, squares


def _influence(rows: _Sorted, beta: Array) -> Array:
    """What each patient adds to the score, and by being censored or not to the weights of others: rows x terms."""
    risk = np.exp(rows.x @ beta)
    whole, mean, _ = _moments(rows, risk)
    hazard = rows.deaths / whole
    until = np.searchsorted(rows.times, rows.time, "right")  # how many times lie at or before each row's

    def so_far(steps: Array) -> Array:
        return np.concatenate([np.zeros((1, *steps.shape[1:])), np.cumsum(steps, axis=0)])

    plain, plain_mean = so_far(hazard), so_far(hazard[:, None] * mean)
    later, later_mean = so_far(rows.kept_at * hazard), so_far((rows.kept_at * hazard)[:, None] * mean)
    here = np.clip(until - 1, 0, None)
    own = rows.event[:, None] * (rows.x - mean[here])
    own -= risk[:, None] * (rows.x * plain[until][:, None] - plain_mean[until])
    after, after_mean = later[-1] - later[until], later_mean[-1] - later_mean[until]
    extra = (rows.competing * risk / rows.kept)[:, None]
    own -= extra * (rows.x * after[:, None] - after_mean)
    return own + _of_censoring(rows, risk, later, later_mean)


def _of_censoring(rows: _Sorted, risk: Array, later: Array, later_mean: Array) -> Array:
    """The part that comes from estimating the chance not to be censored."""
    times = np.unique(rows.time[rows.censored > 0])
    if not len(times):
        return np.zeros_like(rows.x)
    gone = rows.competing * risk / rows.kept
    place = np.searchsorted(rows.time, times, "left")  # who had another event before each censoring
    sums = np.concatenate([[0.0], np.cumsum(gone)])[place]
    sums_x = np.concatenate([np.zeros((1, rows.x.shape[1])), np.cumsum(gone[:, None] * rows.x, axis=0)])[place]
    # At ties the paper's sums run over the events at the time of a censoring too, and cmprsk's with them.
    beyond = np.searchsorted(rows.times, times, "left")
    ahead, ahead_mean = later[-1] - later[beyond], later_mean[-1] - later_mean[beyond]
    moved = sums_x * ahead[:, None] - sums[:, None] * ahead_mean
    at_risk = (len(rows.time) - place).astype(float)
    happened = np.bincount(np.searchsorted(times, rows.time[rows.censored > 0]), minlength=len(times))
    share = moved / at_risk[:, None]
    drift = np.concatenate([np.zeros((1, rows.x.shape[1])), np.cumsum(share * (happened / at_risk)[:, None], axis=0)])
    until = np.searchsorted(times, rows.time, "right")
    own = rows.censored[:, None] * share[np.clip(until - 1, 0, None)]
    return np.asarray(own - drift[until], float)
