"""Our curves, tests and Cox models beside those of the package survival, on drawn data that R's values do not cover: late entry,
many ties, both together.
"""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

survival = pytest.importorskip("survival")

from oligoscope.synthesis.survival import (  # noqa: E402
    INTERVALS,
    Design,
    Followed,
    Interval,
    Ties,
    cox,
    followed,
    kaplan_meier,
    log_rank,
)

Numbers = NDArray[np.float64]
SEEDS = range(20)


def drawn(seed: int, n: int = 80) -> tuple[Numbers, Numbers, Numbers]:
    rng = np.random.default_rng(seed)
    entry = rng.integers(0, 6, n).astype(float)
    return entry, entry + rng.integers(1, 15, n), rng.integers(0, 2, n).astype(float)


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("seed", SEEDS)
def test_curves_with_late_entry(seed: int, interval: Interval) -> None:
    entry, time, event = drawn(seed)
    theirs = survival.survfit("Surv(a, b, e) ~ 1", data={"a": entry, "b": time, "e": event}, conf_type=interval)
    ours = kaplan_meier(followed(time, event, entry), interval)
    assert np.array_equal(ours.times, theirs.time)
    assert np.array_equal(ours.at_risk, theirs.n_risk)
    assert np.allclose(ours.survival, theirs.surv, rtol=1e-12, atol=0)
    told = ours.survival > 0
    assert np.allclose(ours.low[told], np.array(theirs.lower, float)[told], rtol=1e-10)
    assert np.allclose(ours.high[told], np.array(theirs.upper, float)[told], rtol=1e-10)


@pytest.mark.parametrize("rho", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("seed", SEEDS)
def test_log_rank_of_three_groups_in_strata(seed: int, rho: float) -> None:
    _, time, event = drawn(seed)
    rng = np.random.default_rng(seed)
    group, stratum = rng.integers(0, 3, len(time)), rng.integers(0, 2, len(time))
    table = {"t": time, "e": event, "g": group, "s": stratum}
    theirs = survival.survdiff("Surv(t, e) ~ g + strata(s)", data=table, rho=rho)
    assert log_rank(followed(time, event), group, stratum, rho).chisq == pytest.approx(theirs.chisq, rel=1e-9)


def test_entries_from_the_start_leave_other_times_apart() -> None:
    who = followed([1, 2, 3], [1, 1, 0], [-np.inf, 0, -np.inf])
    assert list(who.time) == [1, 2, 3]
    assert list(who.entry) == [-np.inf, 0, -np.inf]


WAYS = ("plain", "late", "strata", "weights", "counted", "cluster", "all")


def designed(way: str, seed: int) -> tuple[Followed, Design]:
    """Patients with ties and three covariates on scales of their own, and what else the way says."""
    rng, n = np.random.default_rng(seed), 200
    x = np.column_stack([rng.normal(size=n), rng.integers(0, 2, n), 1000 + 50 * rng.normal(size=n)])
    time = np.ceil(rng.exponential(20 / np.exp(0.5 * x[:, 0] - 0.4 * x[:, 1])))
    entry = np.where(rng.random(n) < 0.5, time - rng.integers(1, 15, n), -np.inf) if way in ("late", "all") else None
    strata = rng.integers(0, 6, n) if way in ("strata", "all") else None
    weights: dict[str, Numbers] = {
        "weights": rng.uniform(0.2, 3, n),
        "counted": rng.integers(1, 4, n).astype(float),
        "all": rng.uniform(1, 9, n),
    }
    cluster = rng.integers(0, 60, n) if way in ("cluster", "all") else None
    names = ["x0", "x1", "x2"]
    return followed(time, rng.random(n) < 0.7, entry), Design(x, names, strata, cluster, weights.get(way))


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("seed", range(5))
def test_cox_models(seed: int, way: str, ties: Ties) -> None:
    who, design = designed(way, seed)
    table: dict[str, object] = {"t": who.time, "e": who.event}
    table |= {name: design.covariates[:, i] for i, name in enumerate(design.names)}
    response, parts = "Surv(t, e)", list(design.names)
    if np.isfinite(who.entry).any():
        table["a"] = np.where(np.isfinite(who.entry), who.entry, -1e6)
        response = "Surv(a, t, e)"
    if design.strata is not None:
        table["s"] = design.strata
        parts.append("strata(s)")
    more = {"cluster": design.cluster, "weights": design.weights}
    given = {name: values for name, values in more.items() if values is not None}
    formula = f"{response} ~ {' + '.join(parts)}"
    theirs = survival.coxph(formula, data=table, ties=ties, eps=1e-12, toler_chol=1e-13, iter_max=50, **given)
    ours = cox(who, design, ties)
    model = theirs.var if theirs.naive_var is None else theirs.naive_var
    assert [term.coef for term in ours.terms] == pytest.approx(list(theirs.coefficients), rel=1e-9, abs=1e-12)
    assert [term.se for term in ours.terms] == pytest.approx(np.sqrt(np.diag(model)), rel=1e-9)
    robust = [None] * 3 if theirs.naive_var is None else list(np.sqrt(np.diag(theirs.var)))
    assert [term.robust_se is None for term in ours.terms] == [each is None for each in robust]
    if theirs.naive_var is not None:
        assert [term.robust_se for term in ours.terms] == pytest.approx(robust, rel=1e-9)
    assert [ours.loglik_null, ours.loglik] == pytest.approx(list(theirs.loglik), rel=1e-12)
    assert ours.concordance == pytest.approx(theirs.concordance["concordance"], rel=1e-12)
    assert ours.concordance_se == pytest.approx(theirs.concordance["std"], rel=1e-10)
    tests = survival.cox_zph(theirs, transform="km", terms=False).table
    assert [test.chisq for test in ours.proportional] == pytest.approx([row["chisq"] for row in tests], rel=1e-7)
    assert math.isfinite(ours.proportional[-1].p)
