"""Cox regression: the fit by our kernel, exact ties by the package `survival`, and what both leave to their caller:
which coefficients have no finite estimate, which fits are none.
"""

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy import stats

from oligoscope.synthesis.survival.design import Design, Fit, Proportional, Ties
from oligoscope.synthesis.survival.package import concordance, exact
from oligoscope.synthesis.survival.partial import Likelihood
from oligoscope.synthesis.survival.proportional import proportional
from oligoscope.synthesis.survival.risk import Array, Followed

_NOTHING = 1e-9
"""A log-likelihood, or a share of an error, below this is 0 but for rounding."""
_UNBOUNDED = 50.0
"""A standard error of so many per standard deviation of its covariate means that the data do not bound the coefficient:
of a real effect, even with ten events, it stays below 2; under separation the last step leaves 1,000 and more.
"""


@dataclass(frozen=True)
class Term:
    """One coefficient: a log hazard ratio per unit of its covariate.

    se: by the model.  robust_se: by clusters, None without them; z, p and interval rest on it where it is there.
    low, high: of the coefficient.  All are None where there is no finite estimate; `reason` then says why.
    """

    name: str
    coef: float | None
    se: float | None
    robust_se: float | None
    low: float | None
    high: float | None
    z: float | None
    p: float | None
    reason: str = ""


@dataclass(frozen=True)
class Cox:
    """A fitted model. What cannot be told is None, and the reason beside it says why.

    reason: why there is no fit at all, or why it is only part of one.
    """

    ties: Ties
    n: int
    events: int
    level: float
    terms: tuple[Term, ...]
    loglik_null: float | None = None
    loglik: float | None = None
    concordance: float | None = None
    concordance_se: float | None = None
    proportional: tuple[Proportional, ...] = ()
    proportional_reason: str = ""
    reason: str = ""

    @property
    def df(self) -> int:
        """How many coefficients were estimated."""
        return sum(term.coef is not None for term in self.terms)


def cox(followed: Followed, design: Design, ties: Ties = "efron", level: float = 0.95, *, tested: bool = True) -> Cox:
    """Fit the model by maximum partial likelihood. Raises ModuleNotFoundError without the package `survival`.

    tested: whether the test of proportional hazards is wanted; it costs two fifths of the fit.
    """
    events = int(followed.event.sum())
    if not events:
        return _no_fit(followed, design, ties, level, "there is no event")
    fit = exact(followed, design) if ties == "exact" else _fitted(followed, design, is_efron=ties == "efron")
    weight = 1.0 if design.weights is None else float(design.weights.mean())
    if abs(fit.null) <= _NOTHING * weight:
        return _no_fit(followed, design, ties, level, "whenever an event happened, nobody else was at risk")
    terms = _terms(fit, design, level)
    unbounded = [term.name for term in terms if "not bounded" in term.reason]
    if fit.complaint and not unbounded:
        return _no_fit(followed, design, ties, level, f"the fit did not converge ({fit.complaint})")
    why = "a coefficient has no finite estimate" if tested else "it was not asked for"
    tests: tuple[Proportional, ...] = ()
    if tested and not unbounded:
        tests, why = fit.tests()
    value, se = (float(each) if math.isfinite(each) else None for each in fit.concordance)
    reason = f"no finite estimate of {', '.join(unbounded)}: the others are those in the limit" if unbounded else ""
    return Cox(
        ties, followed.n, events, level, terms, fit.null, fit.loglik, value, se, tests, why, reason
    )  # fmt: skip


def _no_fit(followed: Followed, design: Design, ties: Ties, level: float, reason: str) -> Cox:
    terms = tuple(Term(name, None, None, None, None, None, None, None, reason) for name in design.names)
    return Cox(ties, followed.n, int(followed.event.sum()), level, terms, proportional_reason=reason, reason=reason)


def _fitted(who: Followed, design: Design, *, is_efron: bool) -> Fit:
    """By our kernel."""
    model = Likelihood(who, design, efron=is_efron)
    found = model.maximum()
    scale = 1 / model.scale
    beta = np.full(len(design.names), np.nan)
    beta[found.free] = (found.at.beta * scale)[found.free]
    variance = found.inverse * np.outer(scale, scale) / model.mean_weight
    robust: Array | None = None
    if design.clusters is not None:
        of_rows = model.residuals(found.at, found.sums) @ found.inverse * scale
        _, whose = np.unique(design.clusters, return_inverse=True)
        summed: Array = np.stack([np.bincount(whose, column).astype(float) for column in of_rows.T], axis=1)
        robust = summed.T @ summed
    null, loglik = (model.as_came(each) for each in (found.null, found.at.loglik))
    told = concordance(who, design, design.covariates @ np.nan_to_num(beta))
    tests = partial(proportional, who, model, found, design.names)
    spread = np.where(np.isfinite(model.scale), model.scale, 0.0)
    return Fit(beta, spread, variance, robust, null, loglik, found.complaint, told, tests)


def _terms(fit: Fit, design: Design, level: float) -> tuple[Term, ...]:
    model = np.sqrt(np.diagonal(fit.variance))
    used = model if fit.robust is None else np.sqrt(np.diagonal(fit.robust))
    # Weights of 0.001 make an error of the model 30 times greater without a bound being lost.
    size = 1.0 if design.weights is None else float(np.sqrt(design.weights.mean()))
    spread = fit.spread * size
    half = float(stats.norm.isf((1 - level) / 2))
    found = []
    for i, (name, coef) in enumerate(zip(design.names, map(float, fit.beta), strict=True)):
        reason = _no_estimate(coef, float(model[i]), float(spread[i]))
        if reason:
            found.append(Term(name, None, None, None, None, None, None, None, reason))
            continue
        se = float(used[i])
        robust = None if fit.robust is None else se
        if se <= _NOTHING * model[i]:
            why = "its robust error is 0: too few clusters"
            found.append(Term(name, coef, float(model[i]), None, None, None, None, None, why))
            continue
        p = float(2 * stats.norm.sf(abs(coef / se)))
        found.append(Term(name, coef, float(model[i]), robust, coef - half * se, coef + half * se, coef / se, p))
    return tuple(found)


def _no_estimate(coef: float, se: float, spread: float) -> str:
    if math.isnan(coef) or spread == 0:
        return "constant where it matters, or a sum of the others (aliased)"
    if not se * spread < _UNBOUNDED:
        return "not bounded by the data: it tells events from the rest (separation), or nearly repeats other terms"
    return ""
