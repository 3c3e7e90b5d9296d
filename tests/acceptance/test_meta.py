"""Pooling agrees with R's metafor 3.8-1 (tests/reference) to 1e-6."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from oligoscope.synthesis import meta
from oligoscope.synthesis.effects import from_interval, from_medians, from_p, from_p_and_events, from_rates, p_of, z_of

REFERENCE = json.loads((Path(__file__).parent / "reference/meta_bcg.json").read_text())
SETS = {"log_rr": REFERENCE["log_rr"], "log_or": REFERENCE["log_or"], "made-up HRs": REFERENCE["hr_from_ci"]["suite"]}
CASES = [
    (name, key)
    for name, suite in SETS.items()
    for key in suite["fits"]
    if key.split("_")[0] in ("EE", "DL", "PM", "REML")
]


def close(found: Any, expected: Any) -> bool:
    return bool(np.allclose(np.asarray(found, dtype=float), np.asarray(expected, dtype=float), rtol=1e-6, atol=1e-6))


def q_at(tau2: float, given: Any) -> float:
    y, w = np.array(given["yi"]), 1 / (np.array(given["vi"]) + tau2)
    return float(w @ (y - w @ y / w.sum()) ** 2)


@pytest.mark.parametrize(("name", "key"), CASES)
def test_fits(name: str, key: str) -> None:
    suite, expected = SETS[name], SETS[name]["fits"][key]
    method, test = key.split("_")
    found = meta.fit(suite["input"]["yi"], suite["input"]["vi"], method=method, test=test)  # type: ignore[arg-type]
    if method == "PM":  # metafor's own root stops at 1e-4; its EB is the same estimator, iterated to 1e-12
        assert found.tau2 == pytest.approx(expected["tau2"], abs=1e-4)
        expected = suite["fits"][f"EB_{test}"]
    assert close(
        [
            found.estimate,
            found.se,
            *found.interval,
            found.p,
            found.tau2,
            found.i2,
            found.h2,
            found.q,
            found.q_p,
            *found.weights,
        ],
        [expected[x] for x in ("coef", "se", "ci_lower", "ci_upper", "p_value", "tau2", "I2_percent", "H2", "Q", "Q_p")]
        + expected["weights_percent"],
    )
    if method != "EE":
        assert found.prediction is not None
        assert close(found.prediction, [expected["pi_lower"], expected["pi_upper"]])
    if "confint_qprofile" in expected:
        profile = expected["confint_qprofile"]
        ends = meta.tau2_interval(suite["input"]["yi"], suite["input"]["vi"])
        assert np.allclose(
            ends, [profile["ci_lower"][0], profile["ci_upper"][0]], atol=1e-4
        )  # metafor's root stops at 1e-4 here too
        for end, share in zip(ends, (0.975, 0.025), strict=True):
            assert end == 0 or q_at(end, suite["input"]) == pytest.approx(
                float(stats.chi2.ppf(share, expected["k"] - 1)), rel=1e-9
            )


@pytest.mark.parametrize("name", SETS)
def test_small_study_effects_and_influence(name: str) -> None:
    suite = SETS[name]
    y, v = suite["input"]["yi"], suite["input"]["vi"]
    expected = suite["small_study"]["egger_lm"]
    found = meta.egger(y, v)
    assert close(
        [found.t, found.df, found.p, found.limit, *found.limit_interval],
        [expected["stat"], expected["df"], expected["p"], expected["limit_estimate"], *expected["limit_ci"]],
    )
    for method in ("DL", "REML"):

        def refit(a: Any, b: Any, method: Any = method) -> meta.Fit:
            return meta.fit(a, b, method=method, test="z")

        out, wanted = meta.leave_one_out(y, v, refit), suite[f"leave_one_out_{method}"]
        assert close(
            [[f.estimate, f.se, f.p, f.tau2, f.i2, f.q] for f in out],
            np.column_stack([wanted[x] for x in ("estimate", "se", "p", "tau2", "I2_percent", "Q")]),
        )
        wanted = suite[f"cumulative_{method}"]
        # metafor 3.8 sorts by the vector it is given, so the studies entered in the order that sorts order_1based
        grown = meta.cumulative(y, v, [int(n) for n in np.argsort(wanted["order_1based"])], refit)
        assert close(
            [[f.estimate, f.se, f.tau2, f.i2] for f in grown],
            np.column_stack([wanted[x] for x in ("estimate", "se", "tau2", "I2_percent")]),
        )


@pytest.mark.parametrize("key", [k for k in REFERENCE["meta_regression_log_rr"] if k.startswith(("ablat", "alloc"))])
def test_meta_regression(key: str) -> None:
    what, method, test = key.split("_")
    expected, data = REFERENCE["meta_regression_log_rr"][key], REFERENCE["meta"]["data"]
    groups = sorted({row["alloc"] for row in data})[1:]
    moderators = (
        [row["ablat"] for row in data]
        if what == "ablat"
        else [[float(row["alloc"] == g) for g in groups] for row in data]
    )
    suite = SETS["log_rr"]["input"]
    found = meta.fit(suite["yi"], suite["vi"], method=method, test=test, moderators=moderators)  # type: ignore[arg-type]
    tolerance = 1e-3 if method == "PM" else 1e-6  # metafor's PM root stops at 1e-4 of tau2, and QM feels it
    assert np.allclose(
        [*found.coefficients, *found.ses, *found.lows, *found.highs, *found.ps, found.tau2, found.q, found.q_p],
        [x for key in ("coef", "se", "ci_lower", "ci_upper", "p_value") for x in expected[key]]
        + [expected[key] for key in ("tau2", "Q", "Q_p")],
        rtol=tolerance,
        atol=tolerance,
    )
    assert np.allclose(
        [found.qm or 0, found.qm_p or 0], [expected["QM"], expected["QM_p"]], rtol=tolerance, atol=tolerance
    )
    assert np.allclose(
        [found.i2, found.h2, found.r2 or 0],
        [expected["I2_percent"], expected["H2"], expected["R2_percent"]],
        rtol=tolerance,
        atol=tolerance,
    )
    assert (found.df, found.prediction) == (expected["df"], None)


def test_subgroups() -> None:
    data, suite = REFERENCE["meta"]["data"], SETS["log_rr"]["input"]
    found = meta.subgroups(
        suite["yi"], suite["vi"], [row["alloc"] for row in data], lambda y, v: meta.fit(y, v, test="z")
    )
    for group, expected in REFERENCE["subgroups_alloc_REML"].items():
        assert close(
            [found.fits[group].estimate, found.fits[group].se, found.fits[group].tau2],
            [expected["coef"], expected["se"], expected["tau2"]],
        )
    estimates = np.array([f.estimate for f in found.fits.values()])
    weights = np.array([1 / f.se**2 for f in found.fits.values()])
    assert found.q == pytest.approx(float(weights @ (estimates - weights @ estimates / weights.sum()) ** 2))


def test_hazard_ratios_from_intervals() -> None:
    reference = REFERENCE["hr_from_ci"]
    found = [from_interval(row["hr"], row["lo"], row["hi"], 0.95) for row in reference["input_hr"]]
    assert close([e.log_ratio for e in found], reference["yi"])
    assert close([e.se for e in found], reference["sei"])


def test_observed_minus_expected_pools_as_effects() -> None:
    data = REFERENCE["pignon2000"]
    y, v = [row["yi"] for row in data["data"]], [row["vi"] for row in data["data"]]
    for key, method in (("all", "EE"), ("all_DL", "DL")):
        found = meta.fit(y, v, method=method, test="z")  # type: ignore[arg-type]
        assert close([found.estimate, found.se, found.tau2], [data[key]["coef"], data[key]["se"], data[key]["tau2"]])


def test_the_ways_to_a_log_hazard_ratio_agree_where_they_must() -> None:
    whole = from_interval(0.5, 0.5 / np.exp(1.959963984540054 * 0.2), 0.5 * np.exp(1.959963984540054 * 0.2), 0.95)
    p = p_of(whole.log_ratio / whole.se)
    assert from_p(0.5, p).se == pytest.approx(whole.se)
    assert from_p(0.5, p / 2, sides=1).se == pytest.approx(whole.se)
    events = from_p_and_events(p, 100, 60, 60, favours_experimental=True)
    assert events.se == pytest.approx(0.2)
    assert events.log_ratio == pytest.approx(whole.log_ratio)
    assert from_medians(14.0, 7.0, events=(50, 50)).log_ratio == pytest.approx(whole.log_ratio)
    assert from_medians(14.0, 7.0, p=p).se == pytest.approx(whole.se)
    assert from_rates(0.5, 0.25, 100, 100).log_ratio == pytest.approx(whole.log_ratio)
    assert z_of(0.05) == pytest.approx(1.959963984540054)


def test_a_rates_error_is_that_of_the_binomial() -> None:
    """Against the spread of log(-log S) in simulated arms without censoring."""
    draws = np.random.default_rng(1).binomial(400, [[0.6], [0.4]], size=(2, 200_000)) / 400
    spread = np.std(np.log(np.log(draws[0]) / np.log(draws[1])))
    assert from_rates(0.6, 0.4, 400, 400).se == pytest.approx(float(spread), rel=0.02)


def test_what_cannot_be_is_refused() -> None:
    for wrong in (
        lambda: from_interval(0.5, 0.8, 0.4, 0.95),
        lambda: from_interval(0.5, 0.4, 0.8, 95),
        lambda: from_p(1.0, 0.5),
        lambda: z_of(0.0),
        lambda: meta.fit([1.0], [0.0]),
    ):
        with pytest.raises(ValueError):
            wrong()
    with pytest.raises(ValueError, match="same length"):
        meta.fit([1.0, 2.0], [1.0])


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(-3, 3), st.floats(0.01, 4)), min_size=2, max_size=12))
def test_reml_is_where_the_restricted_likelihood_is_highest(rows: list[tuple[float, float]]) -> None:
    y, v = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])

    def likelihood(tau2: float) -> float:
        w = 1 / (v + tau2)
        mean = w @ y / w.sum()
        return float(-0.5 * (np.log(v + tau2).sum() + np.log(w.sum()) + w @ (y - mean) ** 2))

    found = meta.fit(y, v, method="REML").tau2
    assert all(likelihood(found) >= likelihood(max(0.0, found + step)) - 1e-9 for step in (-1e-3, 1e-3))
