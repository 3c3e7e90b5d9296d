"""Survival analysis held to R's survival 3.5-3, on data sets of R's, which are not ours to copy: read where they are."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl
import pytest

from oligoscope.synthesis.survival import INTERVALS, followed, kaplan_meier, log_rank, median_follow_up
from oligoscope.synthesis.survival.curve import difference
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
