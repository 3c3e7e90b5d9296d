"""The partial likelihood of Cox's model, ties by Efron or Breslow: its maximum, its curvature, and each row's score.

Every sum over those at risk is a running sum from the last time back, and the curvature needs one product of the
covariates: what a row adds to it is its own square times the hazard that it lived through. So a step costs two passes
over the rows. A kernel of ours stands here because the package `survival`, which fits the same to 1e-10, needs 2.5 s of
processor time for a million rows and ten covariates, and this 1.5 s (concordance included; R's survival 5.6 s).
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from oligoscope.synthesis.survival.design import Codes, Design
from oligoscope.synthesis.survival.risk import Array, Followed

_AT_ONCE = 1 << 11
"""Rows multiplied together: they stay in the cache, and are too few for threads of BLAS, which took 50 times as long to
wait for each other. For their sake products with a vector are sums here too.
"""
_STEPS = 50
_EXACT = 1e-20
"""A step that promises less than this of a log-likelihood for each event moves an estimate by 1e-10 of its error."""
_LEVEL = 1e-6
"""A step that promises so little, and a tenth of the step before or more, creeps up a likelihood without a maximum."""
_ALIASED = 1e-12
"""A covariate whose spread among those at risk, the other covariates held, is this share of its whole is none."""


@dataclass(frozen=True)
class At:
    """The likelihood at one set of coefficients.

    loglik: of weights whose mean is 1.  risk: of each row, weight x hazard ratio.  whole, dying: of each time, the sums
    of risk and of risk x covariates of all at risk and of those who die then, times x (1 + terms).
    """

    beta: Array
    loglik: float
    risk: Array
    whole: Array
    dying: Array


@dataclass(frozen=True)
class Sums:
    """What the ties at each time add up to: 1/s, f/s, 1/s², f/s² and f²/s², s the sum at risk less the share f of the
    dying; each times the mean weight of those who die.
    """

    one: Array
    f: Array
    square: Array
    f_square: Array
    ff_square: Array

    def times(self, g: Array) -> "Sums":
        """Each time counted g-fold."""
        return Sums(self.one * g, self.f * g, self.square * g, self.f_square * g, self.ff_square * g)


class Likelihood:
    """The rows sorted by stratum and time, covariates standardised, weights with a mean of 1."""

    def __init__(self, who: Followed, design: Design, *, efron: bool) -> None:
        strata, weights = design.strata, design.weights
        self.order = np.argsort(who.time, kind="stable") if strata is None else np.lexsort((who.time, strata))
        x = np.take(np.asarray(design.covariates, float), self.order, axis=0)
        middle = x.mean(axis=0)
        x -= middle
        spread = np.sqrt(np.einsum("ij,ij->j", x, x) / len(x))
        self.scale = np.where(spread > _ALIASED * np.maximum(np.abs(middle), 1e-300), spread, np.inf)
        self.x, self.efron = np.divide(x, self.scale, out=x), efron
        self.mean_weight = 1.0 if weights is None else float(weights.mean())
        self.weight = np.ones(who.n) if weights is None else weights[self.order] / self.mean_weight
        self.dead = np.flatnonzero(who.event[self.order] > 0)
        self.parts = np.empty((who.n, 1 + x.shape[1]))
        self._times(who, np.zeros(who.n, np.int64) if strata is None else strata[self.order])

    def _times(self, who: Followed, stratum: Codes) -> None:
        """Which rows are at risk when: the distinct times of each stratum, in a line."""
        time, n = who.time[self.order], who.n
        is_new = np.concatenate([[True], (time[1:] != time[:-1]) | (stratum[1:] != stratum[:-1])])
        begins = np.flatnonzero(is_new)
        self.place = np.cumsum(is_new) - 1  # of each row, its last time
        self.n_times, self.time = len(begins), time[begins]
        of_time = stratum[begins]
        starts = np.concatenate([[True], of_time[1:] != of_time[:-1]])
        self.first = np.flatnonzero(starts)[np.cumsum(starts) - 1]  # of each time, the first of its stratum
        self.past = np.concatenate([self.first[1:][np.diff(self.first) > 0], [self.n_times]])[np.cumsum(starts) - 1]
        self.since = self.first[self.place]  # of each row, the first time at which it is at risk
        entry = who.entry[self.order]
        late = np.flatnonzero(np.isfinite(entry))
        if len(late):
            ranks = np.unique(self.time)
            line = of_time * (len(ranks) + 1) + np.searchsorted(ranks, self.time)
            wanted = stratum[late] * (len(ranks) + 1) + np.searchsorted(ranks, entry[late], side="right")
            self.since[late] = np.searchsorted(line, wanted)
        # A row counts from its last time back, and no more from the time before its first one back.
        ends = np.flatnonzero(self.since > self.first[self.place])
        signs = np.concatenate([np.ones(n), -np.ones(len(ends))])
        where = (np.concatenate([self.place, self.since[ends] - 1]), np.concatenate([np.arange(n), ends]))
        self.net = sparse.csr_array((signs, where), shape=(self.n_times, n))  # summed backwards: who is at risk
        dead, self.dies = self.dead, self.place[self.dead]
        self.deaths = sparse.csr_array((np.ones(len(dead)), (self.dies, dead)), shape=(self.n_times, n))
        self.died = np.bincount(self.dies, minlength=self.n_times)
        self.mean_of_dying = np.bincount(self.dies, self.weight[dead], self.n_times) / np.maximum(self.died, 1)
        self.deadly = np.flatnonzero(self.died)
        self.begins = (np.cumsum(self.died) - self.died)[self.deadly]
        self.of_death = np.repeat(np.arange(self.n_times), self.died)  # each death has a place among its ties
        rank = np.arange(len(dead)) - np.repeat(self.begins, self.died[self.deadly])
        self.share = rank / self.died[self.of_death] if self.efron else np.zeros(len(dead))
        weighed = sparse.csr_array((self.weight[dead], (self.dies, dead)), shape=(self.n_times, n))
        self.seen = weighed @ self.x  # of each time, what those who die then are like

    def at(self, beta: Array) -> At:
        """loglik is not finite where the hazard ratios leave the range of numbers."""
        line = np.einsum("ij,j->i", self.x, beta)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            risk = self.weight * np.exp(line)
            self.parts[:, 0] = risk
            np.multiply(self.x, risk[:, None], out=self.parts[:, 1:])
            back = np.cumsum((self.net @ self.parts)[::-1], axis=0)[::-1]
            whole = back - np.concatenate([back, np.zeros((1, back.shape[1]))])[self.past]
            dying = self.deaths @ self.parts
            s = self._s(whole, dying)
            each = self.weight[self.dead] * line[self.dead] - self.mean_of_dying[self.of_death] * np.log(s)
        return At(beta, float(each.sum()), risk, whole, dying)

    def _s(self, whole: Array, dying: Array) -> Array:
        return np.asarray(whole[self.of_death, 0] - self.share * dying[self.of_death, 0])

    def sums(self, at: At) -> Sums:
        """Of the ties at each time."""
        s, f = self._s(at.whole, at.dying), self.share
        each = (1 / s, f / s, 1 / s**2, f / s**2, (f / s) ** 2)
        found = np.zeros((len(each), self.n_times))
        found[:, self.deadly] = [np.add.reduceat(part, self.begins) for part in each]
        return Sums(*(self.mean_of_dying * found))

    def score(self, at: At, sums: Sums, g: Array | None = None) -> Array:
        """Slope of the log-likelihood. g: each time counts so often."""
        each: Array = self.seen - sums.one[:, None] * at.whole[:, 1:] + sums.f[:, None] * at.dying[:, 1:]
        return each.sum(axis=0) if g is None else g @ each

    def information(self, at: At, sums: Sums) -> Array:
        """Minus the curvature of the log-likelihood, terms x terms."""
        lived = self._lived(sums.one) * at.risk
        lived[self.dead] -= sums.f[self.dies] * at.risk[self.dead]
        whole, dying = at.whole[:, 1:], at.dying[:, 1:]
        mixed = _product(whole, sums.f_square, dying)
        twice = _product(whole, sums.square, whole) - mixed - mixed.T + _product(dying, sums.ff_square, dying)
        return _product(self.x, lived, self.x) - twice

    def _lived(self, of_time: Array) -> Array:
        """Of each row, the sum over the times at which it was at risk."""
        running = np.concatenate([np.zeros((1, *of_time.shape[1:])), np.cumsum(of_time, axis=0)])
        return np.asarray(running[self.place + 1] - running[self.since])

    def residuals(self, at: At, sums: Sums) -> Array:
        """What each row adds to the score, rows x terms as they came, covariates standardised, weights included."""
        mean_of = sums.one[:, None] * at.whole[:, 1:] - sums.f[:, None] * at.dying[:, 1:]
        died = self.died * self.mean_of_dying
        gap = mean_of / np.where(died > 0, died, 1)[:, None]
        hazard = self._lived(sums.one)
        hazard[self.dead] -= sums.f[self.dies]
        drawn = sums.square[:, None] * at.whole[:, 1:] - sums.f_square[:, None] * at.dying[:, 1:]
        own = sums.f_square[:, None] * at.whole[:, 1:] - sums.ff_square[:, None] * at.dying[:, 1:]
        lived = self._lived(drawn)
        lived[self.dead] -= own[self.dies]
        found = -at.risk[:, None] * (self.x * hazard[:, None] - lived)
        found[self.dead] += self.weight[self.dead, None] * (self.x[self.dead] - gap[self.dies])
        as_came: Array = np.empty_like(found)
        as_came[self.order] = found
        return as_came

    def maximum(self) -> "Maximum":
        """By Newton's steps, halved where one leads down."""
        at = self.at(np.zeros(self.x.shape[1]))
        null, events, before, complaint = at.loglik, float(self.weight[self.dead].sum()), np.inf, ""
        sums = self.sums(at)
        information = self.information(at, sums)
        free = _independent(information, events)
        for _ in range(_STEPS):
            move = np.zeros_like(at.beta)
            slope = self.score(at, sums)
            move[free] = np.linalg.solve(information[np.ix_(free, free)], slope[free])
            gain = float(slope @ move)
            if gain <= _EXACT * events:
                at = replace(at, beta=at.beta + move)
                break
            if before / 10 < gain < _LEVEL:
                break
            stepped = self._stepped(at, move)
            if stepped is None:
                complaint = "no step leads up"
                break
            at, before, sums = stepped, gain, self.sums(stepped)
            information = self.information(at, sums)
        else:
            complaint = f"the likelihood still rose after {_STEPS} steps"
        inverse = np.zeros_like(information)
        inverse[np.ix_(free, free)] = np.linalg.inv(information[np.ix_(free, free)])
        return Maximum(at, sums, free, inverse, null, complaint)

    def _stepped(self, at: At, move: Array) -> At | None:
        """The first of the whole step, its half, its quarter ... that does not lead down."""
        for part in 0.5 ** np.arange(20):
            found = self.at(at.beta + part * move)
            if found.loglik >= at.loglik - _ALIASED * abs(at.loglik):
                return found
        return None

    def as_came(self, loglik: float) -> float:
        """A log-likelihood with the weights as they came."""
        return self.mean_weight * (loglik - float(self.weight[self.dead].sum() * np.log(self.mean_weight)))


@dataclass(frozen=True)
class Maximum:
    """free: the terms that have an estimate.  inverse: of the information of those, terms x terms, 0 elsewhere.
    null: the log-likelihood where every coefficient is 0.  complaint: why this may be no maximum.
    """

    at: At
    sums: Sums
    free: Codes
    inverse: Array
    null: float
    complaint: str


def _product(one: Array, weight: Array, other: Array) -> Array:
    """one' diag(weight) other."""
    found = np.zeros((one.shape[1], other.shape[1]))
    for begin in range(0, len(one), _AT_ONCE):
        rows = slice(begin, begin + _AT_ONCE)
        found += (one[rows] * weight[rows, None]).T @ other[rows]
    return found


def _independent(information: Array, events: float) -> Codes:
    """Terms that vary, and are no sum of those before them: Cholesky's steps, those without a pivot passed over."""
    left, free = information.copy(), []
    for i in range(len(left)):
        if left[i, i] > _ALIASED * events:
            free.append(i)
            left = left - np.outer(left[:, i], left[i]) / left[i, i]
    return np.array(free, np.int64)
