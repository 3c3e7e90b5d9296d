"""Meta-analysis on small numbers that can be worked out by hand; the rest is held to R in tests/acceptance."""

import math

import pytest

from oligoscope.synthesis.meta import fit, subgroups


def test_equal_effects_weight_by_precision() -> None:
    """Variances 1 and 3: weights 3/4 and 1/4."""
    found = fit([0.0, 4.0], [1.0, 3.0], method="EE", test="z")
    assert found.estimate == pytest.approx(1.0)
    assert found.se == pytest.approx(math.sqrt(3 / 4))
    assert found.q == pytest.approx(4.0)
    assert found.i2 == pytest.approx(75.0)


def test_dersimonian_laird_by_hand() -> None:
    """Q = 4 on 1 df, C = 4/3 - (1 + 1/9) / (4/3) = 0.5: tau2 = (4 - 1) / 0.5 = 6."""
    found = fit([0.0, 4.0], [1.0, 3.0], method="DL", test="z")
    assert found.tau2 == pytest.approx(6.0)
    assert found.estimate == pytest.approx((4 / 9) / (1 / 7 + 1 / 9))


def test_effects_that_agree_have_no_heterogeneity() -> None:
    for method in ("DL", "REML", "PM"):
        found = fit([1.0, 1.0, 1.0], [0.5, 1.0, 2.0], method=method, test="z")
        assert found.tau2 == 0.0
        assert found.estimate == pytest.approx(1.0)


def test_reml_of_equal_variances_is_the_sample_variance_less_theirs() -> None:
    found = fit([0.0, 1.0, 5.0], [0.5, 0.5, 0.5], method="REML", test="z")
    assert found.tau2 == pytest.approx(7.0 - 0.5)


def test_one_group_is_compared_with_nothing() -> None:
    found = subgroups([0.0, 4.0], [1.0, 3.0], ["a", "a"], lambda y, v: fit(y, v, method="EE", test="z"))
    assert (found.q, found.df, found.p) == (0.0, 0, 1.0)


def test_two_groups_are_compared_on_one_degree() -> None:
    """Two single studies: the difference over its variance, 16 / (1 + 3)."""
    found = subgroups([0.0, 4.0], [1.0, 3.0], ["a", "b"], lambda y, v: fit(y, v, method="EE", test="z"))
    assert found.df == 1
    assert found.q == pytest.approx(4.0)
    assert found.p == pytest.approx(0.0455, abs=1e-4)


def test_groups_must_be_as_many_as_effects() -> None:
    with pytest.raises(ValueError, match="1 groups for 2 effects"):
        subgroups([0.0, 4.0], [1.0, 3.0], ["a"], lambda y, v: fit(y, v, method="EE", test="z"))
