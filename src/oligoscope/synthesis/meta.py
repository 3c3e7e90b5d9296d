"""Meta-analysis of effects with known variances: fixed and random effects, heterogeneity, regression, influence.

Agrees with R's metafor.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, stats

Method = Literal["EE", "DL", "PM", "REML"]
Test = Literal["z", "knha"]
Array = NDArray[np.float64]
_TOLERANCE = 1e-12
_MOST_STEPS = 10_000
_MOST_SCORING_STEPS = 1_000


@dataclass(frozen=True)
class Fit:
    """A fitted model of k effects. The first coefficient is the pooled effect where there is no moderator.

    df: of the t distribution under the Hartung-Knapp-Sidik-Jonkman adjustment (`knha`), None under `z`.  i2: percent,
    from tau2 as metafor and the Cochrane Handbook of 2024 have it.  prediction: None for the equal-effects model and
    for one study.  qm: the test of the moderators.
    """

    method: Method
    test: Test
    level: float
    k: int
    coefficients: tuple[float, ...]
    ses: tuple[float, ...]
    ps: tuple[float, ...]
    lows: tuple[float, ...]
    highs: tuple[float, ...]
    df: int | None
    tau2: float
    i2: float
    h2: float
    q: float
    q_p: float
    weights: tuple[float, ...]
    prediction: tuple[float, float] | None = None
    qm: float | None = None
    qm_p: float | None = None
    r2: float | None = None

    @property
    def estimate(self) -> float:
        """The pooled effect."""
        return self.coefficients[0]

    @property
    def se(self) -> float:
        """Its standard error."""
        return self.ses[0]

    @property
    def interval(self) -> tuple[float, float]:
        """Its confidence interval."""
        return self.lows[0], self.highs[0]

    @property
    def p(self) -> float:
        """Its P value."""
        return self.ps[0]


def fit(
    effects: ArrayLike,
    variances: ArrayLike,
    *,
    method: Method = "REML",
    test: Test = "knha",
    level: float = 0.95,
    moderators: ArrayLike | None = None,
) -> Fit:
    """Fit effects (k) with known variances (k, > 0); moderators (k, or k × m) make it a regression with an intercept.

    Raises ValueError for shapes that differ, variances that are not above 0, or fewer effects than coefficients.
    """
    y, v, x = _checked(effects, variances, moderators)
    k, p = x.shape
    tau2 = _tau2(y, v, x, method)
    w = 1 / (v + tau2)
    coefficients, covariance, df = _estimated(y, w, x, test)
    ses = np.sqrt(np.diag(covariance))
    reference = stats.t(df) if df else stats.norm()
    half = float(reference.ppf((1 + level) / 2))
    q, i2, h2 = _heterogeneity(y, v, x, tau2, method)
    qm, qm_p, r2 = _moderators(y, v, coefficients, covariance, df, tau2, method)
    return Fit(
        method=method,
        test=test,
        level=level,
        k=k,
        coefficients=tuple(map(float, coefficients)),
        ses=tuple(map(float, ses)),
        ps=tuple(float(2 * reference.sf(abs(c / s))) if s > 0 else 0.0 for c, s in zip(coefficients, ses, strict=True)),
        lows=tuple(map(float, coefficients - half * ses)),
        highs=tuple(map(float, coefficients + half * ses)),
        df=df,
        tau2=tau2,
        i2=i2,
        h2=h2,
        q=q,
        q_p=float(stats.chi2.sf(q, k - p)) if k > p else 1.0,
        weights=tuple(map(float, 100 * w / w.sum())),
        prediction=_prediction(coefficients, half, ses, tau2) if method != "EE" and p == 1 and k > 1 else None,
        qm=qm,
        qm_p=qm_p,
        r2=r2,
    )


def _estimated(y: Array, w: Array, x: Array, test: Test) -> tuple[Array, Array, int | None]:
    """Coefficients and their covariance; by Hartung and Knapp scaled with the residual, with its degrees of freedom."""
    k, p = x.shape
    coefficients, covariance = _solve(y, w, x)
    if test != "knha":
        return coefficients, covariance, None
    residual = float(w @ (y - x @ coefficients) ** 2)
    return coefficients, covariance * (residual / (k - p) if k > p else 1.0), k - p


def _prediction(coefficients: Array, half: float, ses: Array, tau2: float) -> tuple[float, float]:
    """Where a further study may lie."""
    spread = half * float(np.sqrt(tau2 + ses[0] ** 2))
    return float(coefficients[0] - spread), float(coefficients[0] + spread)


def _checked(effects: ArrayLike, variances: ArrayLike, moderators: ArrayLike | None) -> tuple[Array, Array, Array]:
    y, v = np.asarray(effects, dtype=np.float64), np.asarray(variances, dtype=np.float64)
    if y.ndim != 1 or y.shape != v.shape or not y.size:
        raise ValueError(
            f"effects {y.shape} and variances {v.shape} must be two vectors of the same length, at least 1"
        )
    if not (np.isfinite(y).all() and np.isfinite(v).all() and (v > 0).all()):
        raise ValueError("effects must be finite and variances finite and above 0")
    x = np.ones((y.size, 1))
    if moderators is not None:
        x = np.column_stack([x, np.asarray(moderators, dtype=np.float64)])
    if y.size < x.shape[1]:
        raise ValueError(f"{y.size} effects cannot carry {x.shape[1]} coefficients")
    return y, v, x


def _solve(y: Array, w: Array, x: Array) -> tuple[Array, Array]:
    covariance: Array = np.linalg.inv(x.T @ (w[:, None] * x)).astype(np.float64)
    return covariance @ (x.T @ (w * y)), covariance


def _projection(w: Array, x: Array) -> Array:
    """W - W X (X' W X)^-1 X' W."""
    wx = w[:, None] * x
    projected: Array = np.diag(w) - wx @ np.linalg.inv(x.T @ wx) @ wx.T
    return projected


def _tau2(y: Array, v: Array, x: Array, method: Method) -> float:
    k, p = x.shape
    if method == "EE" or k == p:
        return 0.0
    if method == "PM":
        return _where_q_is(y, v, x, k - p)
    if method == "DL":
        projection = _projection(1 / v, x)
        return max(0.0, float((y @ projection @ y - (k - p)) / np.trace(projection)))
    return _reml(y, v, x)


def _reml(y: Array, v: Array, x: Array) -> float:
    """Restricted maximum likelihood by Fisher scoring; where steps overshoot to and fro, the root of the score between
    them.
    """

    def score(tau2: float) -> tuple[float, float]:
        projection = _projection(1 / (v + tau2), x)
        py = projection @ y
        return float(py @ py - np.trace(projection)), float(np.sum(projection * projection))

    tau2 = max(0.0, float(np.var(y, ddof=1) - v.mean()))
    rising, falling = 0.0, np.inf
    for _ in range(_MOST_SCORING_STEPS):
        slope, information = score(tau2)
        rising, falling = (tau2, falling) if slope > 0 else (rising, tau2)
        following = max(0.0, tau2 + slope / information)
        if abs(following - tau2) < _TOLERANCE:
            return following
        tau2 = following
    return float(optimize.brentq(lambda t: score(t)[0], min(rising, falling), max(rising, falling), xtol=_TOLERANCE))


def _generalised_q(y: Array, v: Array, x: Array, tau2: float) -> float:
    w = 1 / (v + tau2)
    coefficients, _ = _solve(y, w, x)
    return float(w @ (y - x @ coefficients) ** 2)


def _where_q_is(y: Array, v: Array, x: Array, target: float) -> float:
    """The tau2 at which the generalised Q falls to the target; 0 where it starts below."""
    if _generalised_q(y, v, x, 0.0) <= target:
        return 0.0
    top = max(1.0, float(np.var(y)))
    while _generalised_q(y, v, x, top) > target:
        top *= 4
    return float(
        optimize.brentq(lambda t: _generalised_q(y, v, x, t) - target, 0.0, top, xtol=_TOLERANCE, maxiter=_MOST_STEPS)
    )


def _heterogeneity(y: Array, v: Array, x: Array, tau2: float, method: Method) -> tuple[float, float, float]:
    """(Q, I² in percent, H²)."""
    k, p = x.shape
    q = _generalised_q(y, v, x, 0.0)
    if k == p:
        return q, 0.0, 1.0
    if method == "EE":
        return q, max(0.0, 100 * (q - (k - p)) / q) if q > 0 else 0.0, q / (k - p)
    typical = (k - p) / float(np.trace(_projection(1 / v, x)))
    return q, 100 * tau2 / (tau2 + typical), tau2 / typical + 1


def _moderators(
    y: Array, v: Array, coefficients: Array, covariance: Array, df: int | None, tau2: float, method: Method
) -> tuple[float | None, float | None, float | None]:
    """(QM, its P value, R² in percent) of everything but the intercept; None without moderators."""
    m = len(coefficients) - 1
    if not m:
        return None, None, None
    rest = coefficients[1:]
    qm = float(rest @ np.linalg.inv(covariance[1:, 1:]) @ rest)
    alone = _tau2(y, v, np.ones((y.size, 1)), method)
    r2 = max(0.0, 100 * (alone - tau2) / alone) if alone > 0 else None
    if df:
        return qm / m, float(stats.f.sf(qm / m, m, df)), r2
    return qm, float(stats.chi2.sf(qm, m)), r2


def tau2_interval(effects: ArrayLike, variances: ArrayLike, level: float = 0.95) -> tuple[float, float]:
    """The Q-profile interval of tau2."""
    y, v, x = _checked(effects, variances, None)
    if y.size < 2:
        return 0.0, float("inf")
    high, low = (float(stats.chi2.ppf(share, y.size - 1)) for share in ((1 - level) / 2, (1 + level) / 2))
    return _where_q_is(y, v, x, low), _where_q_is(y, v, x, high)


@dataclass(frozen=True)
class SmallStudy:
    """Egger's regression of effects on their standard errors: its test, and the effect that a study without error would
    have.
    """

    t: float
    df: int
    p: float
    limit: float
    limit_interval: tuple[float, float]


def egger(effects: ArrayLike, variances: ArrayLike, level: float = 0.95) -> SmallStudy:
    """The classical test for small-study effects. Raises ValueError for fewer than 3 studies."""
    y, v, _ = _checked(effects, variances, None)
    if y.size < 3:
        raise ValueError(f"Egger's test needs 3 studies or more, given {y.size}")
    x = np.column_stack([np.ones(y.size), np.sqrt(v)])
    coefficients, covariance = _solve(y, 1 / v, x)
    df = y.size - 2
    ses = np.sqrt(np.diag(covariance) * float((1 / v) @ (y - x @ coefficients) ** 2) / df)
    t, half = float(coefficients[1] / ses[1]), float(stats.t.ppf((1 + level) / 2, df) * ses[0])
    limit = float(coefficients[0])
    return SmallStudy(t, df, float(2 * stats.t.sf(abs(t), df)), limit, (limit - half, limit + half))


Refit = Callable[[Array, Array], Fit]


def leave_one_out(effects: ArrayLike, variances: ArrayLike, refit: Refit) -> tuple[Fit, ...]:
    """The fit without each effect in turn. refit: how to fit what is left."""
    y, v, _ = _checked(effects, variances, None)
    return tuple(refit(np.delete(y, n), np.delete(v, n)) for n in range(y.size)) if y.size > 1 else ()


def cumulative(effects: ArrayLike, variances: ArrayLike, order: Sequence[int], refit: Refit) -> tuple[Fit, ...]:
    """The fit of the first, the first two ... effects in this order of positions."""
    y, v, _ = _checked(effects, variances, None)
    return tuple(refit(y[list(order[: n + 1])], v[list(order[: n + 1])]) for n in range(len(order)))


@dataclass(frozen=True)
class Subgroups:
    """A fit for each group, and whether the groups differ: Q between their estimates, with errors that Hartung-Knapp
    has not made smaller.
    """

    fits: dict[str, Fit]
    q: float
    df: int
    p: float


def subgroups(effects: ArrayLike, variances: ArrayLike, groups: Sequence[str], refit: Refit) -> Subgroups:
    """Fits by group, each with a tau2 of its own. Raises ValueError when the groups are not as many as the effects."""
    y, v, _ = _checked(effects, variances, None)
    if len(groups) != y.size:
        raise ValueError(f"{len(groups)} groups for {y.size} effects")
    places = {group: [n for n, own in enumerate(groups) if own == group] for group in dict.fromkeys(groups)}
    fits = {group: refit(y[own], v[own]) for group, own in places.items()}
    if len(fits) < 2:
        return Subgroups(fits, 0.0, 0, 1.0)
    plain = {group: fit(y[own], v[own], method=fits[group].method, test="z") for group, own in places.items()}
    across = fit([f.estimate for f in plain.values()], [f.se**2 for f in plain.values()], method="EE", test="z")
    return Subgroups(fits, across.q, len(fits) - 1, float(stats.chi2.sf(across.q, len(fits) - 1)))
