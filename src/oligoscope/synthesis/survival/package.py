"""What the package `survival` (Rust, agrees with R to 2.5e-10) does for Cox models: exact ties, and concordance."""

import math
import warnings
from functools import partial

import numpy as np

from oligoscope.synthesis.survival.design import FEW, GLOBAL, Design, Fit, Proportional
from oligoscope.synthesis.survival.risk import Array, Followed

_SETTINGS = {"eps": 1e-12, "toler_chol": 1e-13, "iter_max": 50}
"""R's own limits stop at 1e-9 of the log-likelihood, which leaves some 1e-9 in a coefficient."""


def concordance(who: Followed, design: Design, line: Array) -> tuple[float, float]:
    """Harrell's, of a linear predictor, and its error by the infinitesimal jackknife; nan where no pair can be told.

    Raises ModuleNotFoundError without the package.
    """
    from survival import core

    # In the order of time it takes a third less: 0.87 s, not 1.2 s, of a million rows.
    order = np.argsort(who.time, kind="stable")
    clusters = design.clusters
    given = {
        "strata": None if design.strata is None else design.strata[order].tolist(),
        "cluster": None if clusters is None else np.unique(clusters[order], return_inverse=True)[1].tolist(),
        "weights": None if design.weights is None else core.Weights(design.weights[order]),
    }
    time, happened = who.time[order], who.event[order].astype(np.int64)
    predictor = core.CovariateMatrix(line[order], who.n, 1)
    if np.isfinite(who.entry).any():
        rows = core.CountingProcessData(_entries(who)[order], time, happened)
        found = core.concordancefit_counting(rows, predictor, reverse=True, **given)
    else:
        found = core.concordancefit(core.SurvivalData(time, happened), predictor, reverse=True, **given)
    return found.concordance[0], math.sqrt(found.var[0][0]) if found.var else math.nan


def _entries(who: Followed) -> Array:
    """The package takes finite entries alone; before every time is as good as never."""
    entered = np.isfinite(who.entry)
    return np.where(entered, who.entry, min(float(who.entry[entered].min()), 0.0) - 1)


def exact(who: Followed, design: Design) -> Fit:
    """The model with exact ties: each set of those who could have died is summed. Raises as `concordance` does."""
    import survival

    columns: dict[str, object] = {"time": who.time, "event": who.event}
    columns |= {f"x{i}": np.ascontiguousarray(design.covariates[:, i]) for i in range(len(design.names))}
    parts = [f"x{i}" for i in range(len(design.names))]
    is_truncated = bool(np.isfinite(who.entry).any())
    if is_truncated:
        columns["entry"] = _entries(who)
    if design.strata is not None:
        columns["s"] = design.strata
        parts.append("strata(s)")
    more = {"cluster": design.cluster, "weights": design.weights}
    given = {name: values for name, values in more.items() if values is not None}
    response = "Surv(entry, time, event)" if is_truncated else "Surv(time, event)"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit = survival.coxph(f"{response} ~ {' + '.join(parts)}", data=columns, ties="exact", **_SETTINGS, **given)
    complaint = "; ".join(dict.fromkeys(str(each.message) for each in caught))
    model = fit.var if fit.naive_var is None else fit.naive_var
    robust = None if fit.naive_var is None else np.array(fit.var)
    told = (float(fit.concordance["concordance"]), float(fit.concordance["std"]))
    beta, null, loglik = np.array(fit.coefficients), fit.loglik[0], fit.loglik[-1]
    tests = partial(_proportional, fit, design, int(np.isfinite(beta).sum()))
    return Fit(beta, design.covariates.std(axis=0), np.array(model), robust, null, loglik, complaint, told, tests)


def _proportional(fit: object, design: Design, estimated: int) -> tuple[tuple[Proportional, ...], str]:
    """Grambsch and Therneau's score tests, time by the Kaplan-Meier transform. estimated: how many terms are."""
    import survival

    try:
        table = survival.cox_zph(fit, transform="km", terms=False).table
    except (ValueError, RuntimeError):
        return (), FEW
    rows = [row for row in table if row["name"] == GLOBAL or math.isfinite(row["chisq"])]
    if len(rows) - any(row["name"] == GLOBAL for row in rows) != estimated:
        return (), "the test cannot be made for every term"
    labels = dict(zip([f"x{i}" for i in range(len(design.names))], design.names, strict=True)) | {GLOBAL: GLOBAL}
    tests = tuple(Proportional(labels[row["name"]], row["chisq"], row["df"], row["p"]) for row in rows)
    return (tests, "") if all(math.isfinite(test.p) for test in tests) else ((), FEW)
