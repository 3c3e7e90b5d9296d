"""Cox models whose answer is known by hand, and those that have none; the rest is held to R in tests/acceptance."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from oligoscope.synthesis.survival import TIES, Cox, Design, Ties, cox, followed


def fit(
    time: Sequence[float],
    event: Sequence[float],
    *covariates: Sequence[float],
    ties: Ties = "efron",
    entry: Sequence[float] | None = None,
) -> Cox:
    design = Design(np.column_stack(covariates).astype(float), [f"x{i}" for i in range(len(covariates))])
    return cox(followed(time, event, entry), design, ties)


@pytest.mark.parametrize("ties", TIES)
def test_a_model_by_hand(ties: Ties) -> None:
    """x = 1, 0, 1 die, 0 is left: the likelihood u/(2u+2) * 1/(u+2) * u/(u+1), u = exp(coef), searched on a grid."""
    u = np.exp(np.linspace(-3, 3, 600_001))
    likelihood = u / (2 * u + 2) * 1 / (u + 2) * u / (u + 1)
    found = fit([1, 2, 3, 4], [1, 1, 1, 0], [1, 0, 1, 0], ties=ties)
    (term,) = found.terms
    assert term.coef == pytest.approx(math.log(u[likelihood.argmax()]), abs=1e-5)
    assert found.loglik == pytest.approx(math.log(likelihood.max()), abs=1e-9)
    assert found.loglik_null == pytest.approx(-math.log(4 * 3 * 2))


def test_late_entry_takes_a_patient_out_of_the_risk_set() -> None:
    """At the first death only 1 of the others is in: the null likelihood is 1/2 * 1/3 * 1/2."""
    found = fit([1, 2, 3, 4], [1, 1, 1, 0], [1, 0, 1, 0], entry=[0, 0, 1, 1])
    assert found.loglik_null == pytest.approx(-math.log(2 * 3 * 2))


@pytest.mark.parametrize(
    ("time", "event", "covariates", "reason"),
    [
        ([1, 2, 3, 4], [0, 0, 0, 0], [[1, 0, 1, 0]], "there is no event"),
        ([1, 2, 3], [0, 0, 1], [[1, 0, 1]], "nobody else was at risk"),
        ([1, 2], [1, 0], [[1, 0]], "separation"),
        ([1, 2, 3, 4], [0, 1, 0, 0], [[1, 0, 1, 0]], "separation"),
        ([1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 0, 0], [[1, 1, 1, 0, 0, 0]], "separation"),
        ([1, 2, 3, 4], [1, 1, 1, 0], [[2, 2, 2, 2]], "aliased"),
    ],
)
def test_what_has_no_estimate_says_why(
    time: list[float], event: list[float], covariates: list[list[float]], reason: str
) -> None:
    (term,) = fit(time, event, *covariates).terms
    assert (term.coef, term.se, term.p, term.low, term.high) == (None,) * 5
    assert reason in term.reason


def test_strata_in_which_everybody_is_alone_leave_nothing_to_fit() -> None:
    design = Design(np.array([[1.0], [2.0], [3.0]]), ["x"], strata=np.arange(3))
    assert "nobody else was at risk" in cox(followed([1, 2, 3], [1, 1, 1]), design).reason


@pytest.mark.parametrize("weight", [1e-9, 1.0, 1e6])
def test_the_size_of_weights_moves_no_coefficient(weight: float) -> None:
    x = np.array([[1.0], [0], [1], [1], [0], [0]])
    design = Design(x, ["x"], weights=np.full(6, weight))
    (term,) = cox(followed([1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 1, 0]), design).terms
    assert term.coef == pytest.approx(0.8341151943524007, rel=1e-6)


@pytest.mark.parametrize("shift", [0.0, 1e6])
@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_the_unit_of_a_covariate_moves_no_test(shift: float, scale: float) -> None:
    x = [1.0, 0, 1, 1, 0, 0]
    (plain,) = fit([1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 1, 0], x).terms
    (moved,) = fit([1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 1, 0], [(each + shift) * scale for each in x]).terms
    assert moved.z == pytest.approx(plain.z, rel=1e-6)


def test_one_cluster_leaves_no_error() -> None:
    """Its scores add up to 0 at the maximum."""
    design = Design(np.array([[1.0], [0], [1], [1], [0], [0]]), ["x"], cluster=np.zeros(6, np.int64))
    (term,) = cox(followed([1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 1, 0]), design).terms
    assert term.coef is not None
    assert (term.robust_se, term.p) == (None, None)
    assert "too few clusters" in term.reason


def test_a_constant_covariate_leaves_the_others_as_they_are() -> None:
    alone = fit([1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 1, 0], [1, 0, 1, 1, 0, 0])
    beside = fit([1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 1, 0], [7] * 6, [1, 0, 1, 1, 0, 0])
    assert [term.coef for term in beside.terms] == [None, pytest.approx(alone.terms[0].coef)]
    assert [test.name for test in beside.proportional] == ["x1", "GLOBAL"]


def test_of_two_equal_covariates_one_is_aliased() -> None:
    terms = fit([1, 2, 3, 4, 5, 6], [1, 1, 1, 0, 1, 0], [1, 0, 1, 1, 0, 0], [1, 0, 1, 1, 0, 0]).terms
    assert [term.coef is None for term in terms] == [False, True]


def test_a_separated_covariate_is_named_and_the_others_are_told() -> None:
    found = fit([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 0, 0], [1, 1, 1, 1, 0, 0], [3, 1, 2, 5, 2, 2])
    assert [term.coef is None for term in found.terms] == [True, False]
    assert "no finite estimate of x0" in found.reason
    assert not found.proportional


def test_all_deaths_at_one_time_are_fitted_by_efron() -> None:
    """3 of 4 die together: the null likelihood is 1/4 * 1/(4 - 1) * 1/(4 - 2)."""
    assert fit([1, 1, 1, 1], [1, 1, 0, 1], [1, 0, 1, 0]).loglik_null == pytest.approx(-math.log(4 * 3 * 2))


def test_a_death_at_time_zero_counts() -> None:
    assert fit([0, 1, 1, 2], [1, 1, 0, 1], [1, 0, 1, 0]).loglik_null == pytest.approx(-math.log(4 * 3 * 1))


def test_robust_errors_stand_beside_those_of_the_model() -> None:
    """Each patient twice, as a cluster: the model takes them for two, the robust error does not."""
    time, event, x = [1, 2, 3, 4, 5, 6] * 2, [1, 1, 1, 0, 1, 0] * 2, [1.0, 0, 1, 1, 0, 0] * 2
    design = Design(np.array(x)[:, None], ["x"], cluster=np.array(list(range(6)) * 2))
    (doubled,) = cox(followed(time, event), design, "breslow").terms
    single = Design(np.array(x[:6])[:, None], ["x"], cluster=np.arange(6))
    (once,) = cox(followed(time[:6], event[:6]), single, "breslow").terms
    assert doubled.coef == pytest.approx(once.coef)
    assert doubled.robust_se == pytest.approx(once.robust_se)
    assert doubled.se == pytest.approx((once.se or 0) / math.sqrt(2))


@pytest.mark.parametrize("ties", TIES)
def test_without_any_estimate_no_test_is_told(ties: Ties) -> None:
    found = fit([1, 2, 3, 4], [1, 1, 1, 0], [2, 2, 2, 2], ties=ties)
    assert found.proportional == ()
    assert found.proportional_reason
