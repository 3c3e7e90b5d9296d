"""Survival analysis held to R's survival 3.5-3, on data sets of R's, which are not ours to copy: read where they are."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl
import pytest

from oligoscope.synthesis.survival import (
    INTERVALS,
    TIES,
    Design,
    cox,
    difference,
    followed,
    incidences,
    kaplan_meier,
    log_rank,
    median_follow_up,
)
from tests.support.shared import shared

TIMES = {"lung": ("time", "status"), "veteran": ("time", "status"), "ovarian": ("futime", "fustat")}
DIVIDED = {
    ("lung", "km_all"): None,
    ("lung", "km_sex"): "sex",
    ("lung", "km_ecog"): "ph.ecog",
    ("veteran", "km_all"): None,
    ("veteran", "km_trt"): "trt",
    ("veteran", "km_celltype"): "celltype",
    ("ovarian", "km_all"): None,
    ("ovarian", "km_rx"): "rx",
}
TESTS = {
    ("lung", "sex"): ("sex", None, 0),
    ("lung", "sex_rho1"): ("sex", None, 1),
    ("lung", "ecog"): ("ph.ecog", None, 0),
    ("lung", "sex_strat_ecog"): ("sex", "ph.ecog", 0),
    ("veteran", "trt"): ("trt", None, 0),
    ("veteran", "celltype"): ("celltype", None, 0),
    ("veteran", "celltype_rho1"): ("celltype", None, 1),
    ("veteran", "trt_strat_celltype"): ("trt", "celltype", 0),
    ("ovarian", "rx"): ("rx", None, 0),
    ("ovarian", "resid"): ("resid.ds", None, 0),
}
FULL = ["trt", "celltype:factor", "karno", "diagtime", "age", "prior"]
ALL = ["age", "sex", "ph.ecog", "ph.karno", "pat.karno", "meal.cal", "wt.loss"]
MODELS: dict[tuple[str, str], dict[str, Any]] = {
    **{("lung", f"age_sex_ecog_{ties}"): {"x": ["age", "sex", "ph.ecog"], "ties": ties} for ties in TIES},
    ("lung", "ecog_factor"): {"x": ["ph.ecog:factor"]},
    ("lung", "ecog_factor_adj"): {"x": ["ph.ecog:factor", "age", "sex"]},
    ("lung", "karno_num"): {"x": ["ph.karno"]},
    ("lung", "karno_factor"): {"x": ["ph.karno:factor"]},
    ("lung", "univariable_sex"): {"x": ["sex"]},
    ("lung", "strata_sex"): {"x": ["age", "ph.ecog"], "strata": "sex"},
    ("lung", "cluster_inst"): {"x": ["age", "sex", "ph.ecog"], "cluster": "inst"},
    ("lung", "weighted"): {"x": ["age", "sex"], "weights": "weight"},
    ("lung", "all_covariates"): {"x": ALL},
    **{("veteran", f"full_{ties}"): {"x": FULL, "ties": ties} for ties in TIES},
    ("veteran", "karno"): {"x": ["karno"]},
    ("veteran", "strata_celltype"): {"x": ["trt", "karno"], "strata": "celltype"},
    ("ovarian", "age_rx"): {"x": ["age", "rx"]},
    ("ovarian", "full"): {"x": ["age", "resid.ds", "rx", "ecog.ps"]},
    ("ovarian", "ecog"): {"x": ["ecog.ps"]},
    ("jasa1", "tv"): {"x": ["transplant", "age", "surgery"]},
    ("jasa1", "tv_breslow"): {"x": ["transplant", "age", "surgery"], "ties": "breslow"},
}


def reference(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shared("reference") / f"{name}.json").read_text("utf-8"))
    return found


def data(name: str) -> pl.DataFrame:
    return pl.read_csv(shared("reference") / "data" / f"{name}.csv", infer_schema_length=None)


def agree(ours: Any, theirs: Any) -> None:
    """To a relative 1e-8, and to 1e-10 below 0.01; what R cannot tell is not told."""
    here, there = (np.atleast_1d(np.array(each, float)).ravel() for each in (ours, theirs))
    assert here.shape == there.shape
    assert np.array_equal(np.isnan(here), np.isnan(there)), (here, there)
    bar = np.where(np.abs(there) < 1e-2, 1e-10, 1e-8 * np.abs(there))
    assert np.all(np.isnan(there) | (np.abs(here - there) <= bar)), np.nanmax(np.abs(here - there))


def level_codes(column: pl.Series) -> Any:
    """Groups from 0: numbers by size, words as they first come, which is R's order of the cell types."""
    levels = column.unique(maintain_order=True) if column.dtype == pl.String else column.unique().sort()
    return column.replace_strict(levels, range(len(levels)), return_dtype=pl.Int64).to_numpy()


def groups(name: str, key: str) -> Iterator[tuple[pl.DataFrame, dict[str, Any]]]:
    """The patients of each group, with what R has for them."""
    column = DIVIDED[name, key]
    for level, values in reference(f"surv_{name}")[key].items():
        table = data(name)
        yield (table if column is None else table.filter(pl.col(column).cast(pl.String) == level)), values


@pytest.mark.parametrize(("name", "key"), DIVIDED)
def test_curves_are_those_of_r(name: str, key: str) -> None:
    time, event = TIMES[name]
    for table, theirs in groups(name, key):
        who = followed(table[time], table[event])
        whole, found = theirs["curve"], kaplan_meier(who)
        assert (found.n, found.events.sum()) == (theirs["n"], theirs["events"])
        agree(
            [found.times, found.at_risk, found.events], [np.atleast_1d(whole[k]) for k in ("time", "n_risk", "n_event")]
        )
        agree([found.censored, found.survival], [np.atleast_1d(whole[k]) for k in ("n_censor", "surv")])
        ends = [np.atleast_1d(np.array(whole[k], float)) for k in ("lower_loglog", "upper_loglog")]
        agree([found.low, found.high], ends)
        agree(median_follow_up(who).value, theirs["median_follow_up_reverse_km"])


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize(("name", "key"), DIVIDED)
def test_points_and_quantiles_are_those_of_r(name: str, key: str, interval: Any) -> None:
    time, event = TIMES[name]
    for table, theirs in groups(name, key):
        who, r = followed(table[time], table[event]), theirs[interval]
        curve = kaplan_meier(who, interval)
        points = curve.at(r["times"], who)
        agree([p.survival for p in points], r["surv"])
        agree([p.se for p in points], r["surv_se"])
        agree([p.low for p in points], r["lower"])
        agree([p.high for p in points], r["upper"])
        agree([p.at_risk for p in points], r["n_risk"])
        quantiles = [curve.quantile(share) for share in r["quantile_probs"]]
        agree([q.value for q in quantiles], r["quantiles"])
        agree([q.low for q in quantiles], r["q_lower"])
        agree([q.high for q in quantiles], r["q_upper"])


@pytest.mark.parametrize(
    ("name", "key"), [key for key in DIVIDED if key not in {("lung", "km_ecog"), ("veteran", "km_celltype")}]
)
def test_restricted_means_are_those_of_r(name: str, key: str) -> None:
    time, event = TIMES[name]
    for table, theirs in groups(name, key):
        curve = kaplan_meier(followed(table[time], table[event]))
        assert theirs["rmst"]
        for r in theirs["rmst"].values():
            found = curve.restricted_mean(r["tau"])
            agree([found.value, found.se], [r["rmst"], r["se"]])


@pytest.mark.parametrize(("name", "by"), [("lung", "sex"), ("veteran", "trt"), ("ovarian", "rx")])
def test_differences_of_restricted_means_are_those_of_r(name: str, by: str) -> None:
    time, event = TIMES[name]
    first, second = (kaplan_meier(followed(d[time], d[event])) for _, d in sorted(data(name).group_by(by)))
    for r in reference(f"surv_{name}")[f"rmst_{by}"]:
        found = difference(first.restricted_mean(r["tau"]), second.restricted_mean(r["tau"]))
        assert found
        agree([found.value, found.se, found.low, found.high, found.p], [r["diff_2_minus_1"], r["se"], *r["ci"], r["p"]])


@pytest.mark.parametrize(("name", "key"), TESTS)
def test_log_rank_tests_are_those_of_r(name: str, key: str) -> None:
    by, strata, rho = TESTS[name, key]
    time, event = TIMES[name]
    table = data(name).drop_nulls([by, *([strata] if strata else [])])
    codes = {c: level_codes(table[c]) for c in (by, strata) if c}
    found = log_rank(followed(table[time], table[event]), codes[by], codes[strata] if strata else None, rho)
    r = reference(f"surv_{name}")["logrank"][key]
    agree([found.n, found.observed, found.expected], [r["n"], r["observed"], r["expected"]])
    agree([found.chisq, found.df, found.p], [r["chisq"], r["df"], r["p"]])
    agree(found.variance, r["variance"])


def design_of(table: pl.DataFrame, model: dict[str, Any]) -> Design:
    names, columns = [], []
    for covariate in model["x"]:
        column, _, kind = covariate.partition(":")
        if not kind:
            names.append(column)
            columns.append(table[column].to_numpy().astype(float))
            continue
        codes = level_codes(table[column])
        names += [f"{column}[{code}]" for code in range(1, codes.max() + 1)]
        columns += [(codes == code).astype(float) for code in range(1, codes.max() + 1)]
    codes = {role: level_codes(table[model[role]]) for role in ("strata", "cluster") if role in model}
    weights = table["weight"].to_numpy() if "weights" in model else None
    return Design(np.column_stack(columns), names, codes.get("strata"), codes.get("cluster"), weights)


@pytest.mark.parametrize(("name", "key"), MODELS)
def test_cox_models_are_those_of_r(name: str, key: str) -> None:
    model, is_counting = MODELS[name, key], name == "jasa1"
    r = reference("surv_counting_competing" if is_counting else f"surv_{name}")["cox"][key]
    time, event = ("stop", "event") if is_counting else TIMES[name]
    needed = [x.partition(":")[0] for x in model["x"]] + [model[k] for k in ("strata", "cluster") if k in model]
    table = data(name).with_columns(weight=1.0 + pl.col("id") % 3).drop_nulls(needed)
    who = followed(table[time], table[event], table["start"] if is_counting else None)
    fit = cox(who, design_of(table, model), model.get("ties", "efron"))
    assert (fit.n, fit.events, fit.reason) == (r["n"], r["events"], "")
    agree([term.coef for term in fit.terms], r["coef"])
    agree([term.robust_se or term.se for term in fit.terms], r["se"])
    agree([[term.z, term.p] for term in fit.terms], np.column_stack([r["z"], r["p"]]))
    ends = np.array([[term.low, term.high] for term in fit.terms], float)
    agree(np.exp(ends), np.column_stack([r["hr_lower"], r["hr_upper"]]))
    agree([fit.loglik_null, fit.loglik], [r["loglik_null"], r["loglik"]])
    agree([fit.concordance, fit.concordance_se], [r["concordance"], r["concordance_se"]])
    if "naive_se" in r:
        agree([term.se for term in fit.terms], r["naive_se"])
    if "zph" in r:
        agree([test.chisq for test in fit.proportional], r["zph"]["km"]["chisq"])
        agree([test.df for test in fit.proportional], r["zph"]["km"]["df"])
        agree([test.p for test in fit.proportional], r["zph"]["km"]["p"])


def test_incidences_with_their_errors_are_those_of_r() -> None:
    r = reference("surv_counting_competing")["aalen_johansen_mgus2"]
    for stratum, time, state, se in zip(r["strata"], r["time"], r["pstate"], r["se"], strict=True):
        table = data("mgus2_competing").filter(pl.col("sex") == stratum.removeprefix("sex="))
        found = [line.at([time])[0] for line in incidences(table["etime"], table["ev"], [1, 2])]
        agree([each.incidence for each in found], state[1:])
        agree([each.se for each in found], se[1:])
