"""Cox regression by the package `survival`, behind the one function that others call.

It agrees with R's survival to 2.5e-10 and fits a million rows and ten covariates within 0.63 GiB, so no kernel of ours
stands here. What it leaves to its caller is done here: which coefficients have no finite estimate, which fits are none.
"""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from oligoscope.synthesis.survival.risk import Array, Followed

Ties = Literal["efron", "breslow", "exact"]
TIES: tuple[Ties, ...] = ("efron", "breslow", "exact")
Codes = NDArray[np.int64]

_NOTHING = 1e-9
"""A log-likelihood, or a share of an error, below this is 0 but for rounding."""
_SETTINGS = {"eps": 1e-12, "toler_chol": 1e-13, "iter_max": 50}
"""R's own limits stop at 1e-9 of the log-likelihood, which leaves some 1e-9 in a coefficient."""
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
class Proportional:
    """The test that a coefficient does not change with time; of the whole model under the name GLOBAL."""

    name: str
    chisq: float
    df: float
    p: float


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


@dataclass(frozen=True)
class Design:
    """What a model is fitted to, beside times and events.

    covariates: rows x terms.  names: of the terms.  strata, cluster: codes of rows.  weights: above 0.
    """

    covariates: Array
    names: Sequence[str]
    strata: Codes | None = None
    cluster: Codes | None = None
    weights: Array | None = None


def cox(followed: Followed, design: Design, ties: Ties = "efron", level: float = 0.95, *, tested: bool = True) -> Cox:
    """Fit the model by maximum partial likelihood. Raises ModuleNotFoundError without the package `survival`.

    tested: whether the test of proportional hazards is wanted; it costs as much as the fit.
    """
    events = int(followed.event.sum())
    if not events:
        return _no_fit(followed, design, ties, level, "there is no event")
    fit, complaint = _fitted(followed, design, ties)
    weight = 1.0 if design.weights is None else float(design.weights.mean())
    if abs(fit.loglik[0]) <= _NOTHING * weight:
        return _no_fit(followed, design, ties, level, "whenever an event happened, nobody else was at risk")
    terms = _terms(fit, design, level)
    unbounded = [term.name for term in terms if "not bounded" in term.reason]
    if complaint and not unbounded:
        return _no_fit(followed, design, ties, level, f"the fit did not converge ({complaint})")
    why = "a coefficient has no finite estimate" if tested else "it was not asked for"
    tests: tuple[Proportional, ...] = ()
    if tested and not unbounded:
        tests, why = _proportional(fit, design, terms)
    value, se = (_known(fit.concordance[name]) for name in ("concordance", "std"))
    reason = f"no finite estimate of {', '.join(unbounded)}: the others are those in the limit" if unbounded else ""
    null, end = fit.loglik[0], fit.loglik[-1]
    return Cox(ties, followed.n, events, level, terms, null, end, value, se, tests, why, reason)


def _no_fit(followed: Followed, design: Design, ties: Ties, level: float, reason: str) -> Cox:
    terms = tuple(Term(name, None, None, None, None, None, None, None, reason) for name in design.names)
    return Cox(ties, followed.n, int(followed.event.sum()), level, terms, proportional_reason=reason, reason=reason)


def _fitted(followed: Followed, design: Design, ties: Ties) -> tuple[Any, str]:
    """The package's model, and what it complained of."""
    import survival

    columns: dict[str, object] = {"time": followed.time, "event": followed.event}
    columns |= {f"x{i}": np.ascontiguousarray(design.covariates[:, i]) for i in range(len(design.names))}
    entered = np.isfinite(followed.entry)
    is_truncated = bool(entered.any())
    if is_truncated:
        # The package takes finite entries alone; before every time is as good as never.
        earliest = min(float(followed.entry[entered].min()), 0.0) - 1
        columns["entry"] = np.where(entered, followed.entry, earliest)
    response = "Surv(entry, time, event)" if is_truncated else "Surv(time, event)"
    parts = [f"x{i}" for i in range(len(design.names))]
    if design.strata is not None:
        columns["s"] = design.strata
        parts.append("strata(s)")
    more = {"cluster": design.cluster, "weights": design.weights}
    given = {name: values for name, values in more.items() if values is not None}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit = survival.coxph(f"{response} ~ {' + '.join(parts)}", data=columns, ties=ties, **_SETTINGS, **given)
    return fit, "; ".join(dict.fromkeys(str(each.message) for each in caught))


def _terms(fit: Any, design: Design, level: float) -> tuple[Term, ...]:
    used = np.sqrt(np.diagonal(np.array(fit.var)))
    model = used if fit.naive_var is None else np.sqrt(np.diagonal(np.array(fit.naive_var)))
    # Weights of 0.001 make an error of the model 30 times greater without a bound being lost.
    size = 1.0 if design.weights is None else float(np.sqrt(design.weights.mean()))
    spread = design.covariates.std(axis=0) * size
    half = float(stats.norm.isf((1 - level) / 2))
    found = []
    for i, (name, coef) in enumerate(zip(design.names, fit.coefficients, strict=True)):
        reason = _no_estimate(coef, float(model[i]), float(spread[i]))
        if reason:
            found.append(Term(name, None, None, None, None, None, None, None, reason))
            continue
        se = float(used[i])
        robust = None if fit.naive_var is None else se
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


def _proportional(fit: object, design: Design, terms: Sequence[Term]) -> tuple[tuple[Proportional, ...], str]:
    """Grambsch and Therneau's score tests, time by the Kaplan-Meier transform."""
    import survival

    try:
        table = survival.cox_zph(fit, transform="km", terms=False).table
    except (ValueError, RuntimeError):
        return (), "the events are too few, or at too few times, for the test"
    names = [term.name for term in terms if term.coef is not None]
    rows = [row for row in table if row["name"] == "GLOBAL" or math.isfinite(row["chisq"])]
    if len(rows) - any(row["name"] == "GLOBAL" for row in rows) != len(names):
        return (), "the test cannot be made for every term"
    labels = dict(zip([f"x{i}" for i in range(len(design.names))], design.names, strict=True)) | {"GLOBAL": "GLOBAL"}
    tests = tuple(Proportional(labels[row["name"]], row["chisq"], row["df"], row["p"]) for row in rows)
    return (tests, "") if all(math.isfinite(test.p) for test in tests) else ((), "the test has no finite value")


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
