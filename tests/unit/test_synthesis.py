"""Meta-analysis on small numbers that can be worked out by hand; the rest is held to R in tests/acceptance."""

import math
from typing import Any

import pytest

from oligoscope.synthesis.meta import Method, Test, cumulative, egger, fit, leave_one_out, subgroups, tau2_interval


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


@pytest.mark.parametrize("method", ["EE", "DL", "PM", "REML"])
@pytest.mark.parametrize("test", ["z", "knha"])
def test_of_one_study_there_is_its_own_interval_and_no_heterogeneity(method: Method, test: Test) -> None:
    """0.5 ± 1.96 · 0.2; nothing can be said of a further study."""
    found = fit([0.5], [0.04], method=method, test=test)
    assert (found.estimate, found.se) == pytest.approx((0.5, 0.2))
    assert found.interval == pytest.approx((0.5 - 1.959964 * 0.2, 0.5 + 1.959964 * 0.2))
    assert found.p == pytest.approx(0.0124193, abs=1e-6)
    assert (found.tau2, found.i2, found.h2, found.q, found.q_p) == pytest.approx((0.0, 0.0, 1.0, 0.0, 1.0))
    assert (found.prediction, found.weights) == (None, (100.0,))
    assert tau2_interval([0.5], [0.04]) == (0.0, math.inf)
    assert leave_one_out([0.5], [0.04], fit) == ()


def test_of_equal_effects_there_is_no_prediction() -> None:
    assert fit([0.0, 4.0], [1.0, 3.0], method="EE").prediction is None
    assert fit([0.0, 4.0], [1.0, 3.0], method="EE", test="z").df is None


def test_hartung_and_knapp_scale_the_error_by_what_is_left_over() -> None:
    """Equal variances 1: weights 1; the residual sum of 0, 2, 4 about 2 is 8, over k - 1 = 2 and over k = 3 again."""
    found = fit([0.0, 2.0, 4.0], [1.0, 1.0, 1.0], method="EE", test="knha")
    assert found.df == 2
    assert found.se == pytest.approx(math.sqrt(4 / 3))
    assert found.highs[0] - found.estimate == pytest.approx(4.302653 * found.se, rel=1e-6)


def test_a_level_widens_every_interval() -> None:
    """Half-widths in errors: t of 2 df and normal."""
    y, v = [0.0, 2.0, 4.0], [1.0, 1.0, 1.0]
    tests: tuple[Test, Test] = ("z", "knha")
    for level, *halves in ((0.9, 1.644854, 2.919986), (0.99, 2.575829, 9.924843)):
        for test, half in zip(tests, halves, strict=True):
            found = fit(y, v, method="DL", test=test, level=level)
            assert found.highs[0] - found.estimate == pytest.approx(half * found.se, rel=1e-6)
            assert found.prediction is not None
            spread = half * math.sqrt(found.tau2 + found.se**2)
            assert found.prediction == pytest.approx((2 - spread, 2 + spread), rel=1e-5)
    narrow, wide = tau2_interval(y, v, 0.5), tau2_interval(y, v, 0.95)
    assert wide[0] <= narrow[0] < narrow[1] < wide[1]


@pytest.mark.parametrize("test", ["z", "knha"])
def test_as_many_coefficients_as_effects_leave_nothing_over(test: Test) -> None:
    """A line through two points."""
    found = fit([1.0, 3.0], [1.0, 1.0], moderators=[0.0, 1.0], test=test)
    assert found.coefficients == pytest.approx((1.0, 2.0))
    assert (found.tau2, found.i2, found.h2, found.q_p) == (0.0, 0.0, 1.0, 1.0)
    assert found.ses == pytest.approx((1.0, math.sqrt(2)))


@pytest.mark.parametrize(
    ("effects", "variances", "moderators", "because"),
    [
        ([], [], None, "at least 1"),
        ([1.0, 2.0], [1.0], None, "same length"),
        ([[1.0, 2.0]], [[1.0, 2.0]], None, "two vectors"),
        ([1.0, math.nan], [1.0, 1.0], None, "effects must be finite"),
        ([1.0, 2.0], [1.0, math.inf], None, "variances finite"),
        ([1.0, 2.0], [1.0, 0.0], None, "above 0"),
        ([1.0, 2.0], [1.0, -1.0], None, "above 0"),
        ([1.0], [1.0], [2.0], "1 effects cannot carry 2 coefficients"),
    ],
)
def test_what_cannot_be_fitted_is_refused(effects: Any, variances: Any, moderators: Any, because: str) -> None:
    with pytest.raises(ValueError, match=because):
        fit(effects, variances, moderators=moderators)


def test_egger_needs_three_studies() -> None:
    with pytest.raises(ValueError, match="3 studies or more, given 2"):
        egger([0.0, 1.0], [1.0, 2.0])
    assert egger([0.0, 1.0, 1.0], [1.0, 2.0, 3.0]).df == 1


def test_effects_are_added_one_by_one_in_the_order_asked_for() -> None:
    """Variances of 1: plain means of 3; of 3 and 1; of 3, 1 and 8."""
    found = cumulative([1.0, 8.0, 3.0], [1.0, 1.0, 1.0], [2, 0, 1], lambda y, v: fit(y, v, method="EE", test="z"))
    assert [f.k for f in found] == [1, 2, 3]
    assert [f.estimate for f in found] == pytest.approx([3.0, 2.0, 4.0])
