"""Multiple imputation by chained equations, and Rubin's rules.

Each variable with gaps is drawn given all others, in turn, several rounds: levels by linear discriminants, numbers by
matching predicted means, both fitted to a bootstrap sample so that the draws carry the doubt of the fit. It is our own
because the imputers at hand take levels for numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Array = NDArray[np.float64]
ROUNDS, DONORS = 5, 5
_RIDGE = 1e-6


@dataclass(frozen=True)
class Variable:
    """values: numbers, or levels from 0 as numbers; NaN for a gap.  levels: how many; 0 of a number."""

    values: Array
    levels: int = 0


def impute(variables: Sequence[Variable], always: Array, random: np.random.Generator) -> list[Array]:
    """One completed set of all variables. always: rows x terms that are known of everybody (the outcome among them)."""
    gaps = [np.isnan(each.values) for each in variables]
    filled = [_begun(each, gap, random) for each, gap in zip(variables, gaps, strict=True)]
    # The fewest gaps first: what is drawn first helps to draw the rest.
    order = sorted((i for i, gap in enumerate(gaps) if gap.any()), key=lambda i: int(gaps[i].sum()))
    for _ in range(ROUNDS):
        for i in order:
            others = [_columns(v, filled[j]) for j, v in enumerate(variables) if j != i]
            given = _standard(np.column_stack([always, *others]))
            draw = _levels if variables[i].levels else _matched
            filled[i][gaps[i]] = draw(given, filled[i], gaps[i], random)
    return filled


def _begun(variable: Variable, gap: NDArray[np.bool_], random: np.random.Generator) -> Array:
    values = variable.values.copy()
    values[gap] = random.choice(variable.values[~gap], int(gap.sum()))
    return values


def _columns(variable: Variable, values: Array) -> Array:
    if not variable.levels:
        return values[:, None]
    return np.asarray(values[:, None] == np.arange(1, variable.levels), np.float64)


def _standard(matrix: Array) -> Array:
    spread = matrix.std(axis=0)
    return np.asarray((matrix - matrix.mean(axis=0))[:, spread > 0] / spread[spread > 0])


def _levels(given: Array, values: Array, gap: NDArray[np.bool_], random: np.random.Generator) -> Array:
    """By linear discriminants: the chance of each level is its share times a normal density of the others."""
    known = np.flatnonzero(~gap)
    rows = random.choice(known, len(known))
    x, y = given[rows], values[rows].astype(int)
    present = np.unique(y)
    means = np.array([x[y == k].mean(axis=0) for k in present])
    centred = x - means[np.searchsorted(present, y)]
    spread = centred.T @ centred / max(len(rows) - len(present), 1) + _RIDGE * np.eye(x.shape[1])
    slopes = np.linalg.solve(spread, means.T)
    constant = np.log([(y == k).mean() for k in present]) - 0.5 * (means.T * slopes).sum(axis=0)
    logs = given[gap] @ slopes + constant
    chances = np.exp(logs - logs.max(axis=1, keepdims=True))
    below = np.cumsum(chances / chances.sum(axis=1, keepdims=True), axis=1)
    place = (random.random(len(below))[:, None] > below[:, :-1]).sum(axis=1)
    return np.asarray(present[place], np.float64)


def _matched(given: Array, values: Array, gap: NDArray[np.bool_], random: np.random.Generator) -> Array:
    """Predictive mean matching: the value of one of the few patients whose predicted value lies nearest."""
    known = np.flatnonzero(~gap)
    rows = random.choice(known, len(known))
    x = np.column_stack([np.ones(len(given)), given])
    slope = np.linalg.solve(x[rows].T @ x[rows] + _RIDGE * np.eye(x.shape[1]), x[rows].T @ values[rows])
    fitted = x @ slope
    order = known[np.argsort(fitted[known], kind="stable")]
    place = np.searchsorted(fitted[order], fitted[gap]) + random.integers(-DONORS // 2, DONORS // 2 + 1, int(gap.sum()))
    return np.asarray(values[order[np.clip(place, 0, len(order) - 1)]], np.float64)


@dataclass(frozen=True)
class Pooled:
    """One coefficient over all imputations. lost: the share of its information that is missing."""

    coef: float
    se: float
    low: float
    high: float
    p: float
    lost: float


def rubin(estimates: Array, errors: Array, level: float = 0.95) -> list[Pooled]:
    """Rubin's rules. estimates, errors: imputations x coefficients.

    >>> [round(x, 3) for x in (lambda p: (p.coef, p.se))(rubin(np.array([[1.0], [1.2]]), np.array([[0.1], [0.1]]))[0])]
    [1.1, 0.2]
    """
    m = len(estimates)
    mean, within = estimates.mean(axis=0), (errors**2).mean(axis=0)
    between = estimates.var(axis=0, ddof=1)
    whole = within + (1 + 1 / m) * between
    found = []
    for coef, inner, outer, total in zip(mean, within, between, whole, strict=True):
        ratio = (1 + 1 / m) * outer / inner
        df = np.inf if ratio == 0 else (m - 1) * (1 + 1 / ratio) ** 2
        lost = ratio / (1 + ratio) if np.isinf(df) else (ratio + 2 / (df + 3)) / (1 + ratio)
        se = float(np.sqrt(total))
        half = float(stats.t.isf((1 - level) / 2, df)) * se
        p = float(2 * stats.t.sf(abs(coef) / se, df))
        found.append(Pooled(float(coef), se, float(coef - half), float(coef + half), p, float(lost)))
    return found
