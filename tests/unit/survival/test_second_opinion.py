"""Our curves and tests beside those of the package survival, on drawn data that R's values do not cover: late entry,
many ties, both together.
"""

import numpy as np
import pytest
from numpy.typing import NDArray

survival = pytest.importorskip("survival")

from oligoscope.synthesis.survival import INTERVALS, Interval, followed, kaplan_meier, log_rank  # noqa: E402

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
