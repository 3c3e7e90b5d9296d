"""From what a paper prints to a log ratio and its error, by hand; and what says nothing of the error is refused."""

import math
from collections.abc import Callable

import pytest

from oligoscope.synthesis.effects import (
    Effect,
    from_interval,
    from_medians,
    from_p,
    from_p_and_events,
    from_rates,
    p_of,
    quantile,
    z_of,
)

Z95 = 1.959963984540054
P05 = 0.04999579029644087
"""The two-sided P value of z = 1.96."""


def test_an_interval_of_another_level_is_as_wide_as_its_level_says() -> None:
    """Half-widths of a normal interval: 1.645 for 90 %, 1.96 for 95 %, 2.576 for 99 %."""
    for level, half in ((0.9, 1.6448536269514722), (0.95, Z95), (0.99, 2.5758293035489004)):
        found = from_interval(0.5, 0.5 * math.exp(-half * 0.3), 0.5 * math.exp(half * 0.3), level)
        assert (found.log_ratio, found.se) == pytest.approx((math.log(0.5), 0.3))
        assert quantile(level) == pytest.approx(half)


def test_p_and_z_are_each_other_s_opposite() -> None:
    assert (z_of(P05), z_of(P05 / 2, 1)) == pytest.approx((1.96, 1.96))
    assert (p_of(1.96), p_of(-1.96), p_of(1.96, 1)) == pytest.approx((P05, P05, P05 / 2))
    assert (z_of(1.0), p_of(0.0)) == pytest.approx((0.0, 1.0))


def test_a_ratio_and_its_p_value() -> None:
    for ratio in (0.5, 2.0):
        found = from_p(ratio, P05)
        assert (found.log_ratio, found.se) == pytest.approx((math.log(ratio), math.log(2) / 1.96))


@pytest.mark.parametrize(("favours", "sign"), [(True, -1), (False, 1)])
def test_a_p_value_and_events_of_arms_of_unequal_size(favours: bool, sign: int) -> None:
    """V = 90 · 100 · 50 / 150² = 20; the sign is that of the arm with fewer events than expected."""
    found = from_p_and_events(P05, 90, 100, 50, favours_experimental=favours)
    assert (found.log_ratio, found.se) == pytest.approx((sign * 1.96 / math.sqrt(20), 1 / math.sqrt(20)))
    one_sided = from_p_and_events(P05 / 2, 90, 100, 50, favours_experimental=favours, sides=1)
    assert one_sided.log_ratio == pytest.approx(found.log_ratio)


def test_medians_of_exponential_curves() -> None:
    """Hazards are as the medians turned round; the variance is 1/25 + 1/100 from events, |log HR| / z from P."""
    by_events = from_medians(14.0, 7.0, events=(25, 100))
    assert (by_events.log_ratio, by_events.se) == pytest.approx((-math.log(2), math.sqrt(0.05)))
    for median_experimental in (14.0, 3.5):
        assert from_medians(median_experimental, 7.0, p=P05).se == pytest.approx(math.log(2) / 1.96)
        assert from_medians(median_experimental, 7.0, p=P05 / 2, sides=1).se == pytest.approx(math.log(2) / 1.96)


def test_the_events_of_each_arm_go_before_a_p_value() -> None:
    assert from_medians(14.0, 7.0, p=0.5, events=(25, 100)) == from_medians(14.0, 7.0, events=(25, 100))


def test_rates_of_arms_of_unequal_size() -> None:
    """S = e^-1 and e^-2: log HR = log 2; variances (e - 1) / 50 and (e² - 1) / (4 · 200)."""
    found = from_rates(math.exp(-2), math.exp(-1), 200, 50)
    assert found.log_ratio == pytest.approx(math.log(2))
    assert found.se == pytest.approx(math.sqrt((math.e - 1) / 50 + (math.e**2 - 1) / 800))


@pytest.mark.parametrize(
    ("effect", "source", "approximate"),
    [
        (from_interval(0.5, 0.3, 0.8, 0.95), "interval", False),
        (from_p(0.5, 0.01), "p", False),
        (from_p_and_events(0.01, 90, 60, 60, favours_experimental=True), "events", False),
        (from_medians(14.0, 7.0, events=(50, 50)), "medians", True),
        (from_medians(14.0, 7.0, p=0.01), "medians", True),
        (from_rates(0.5, 0.25, 100, 100), "rates", True),
    ],
)
def test_what_assumes_something_of_the_curves_says_so(effect: Effect, source: str, approximate: bool) -> None:
    assert (effect.source, effect.approximate) == (source, approximate)
    assert ("assumed" in effect.method) == approximate


@pytest.mark.parametrize(
    ("way", "because"),
    [
        (lambda: from_interval(0.5, 0.0, 0.8, 0.95), "ratios must be above 0"),
        (lambda: from_interval(0.5, 0.8, 0.8, 0.95), "rise"),
        (lambda: from_interval(0.0, 0.4, 0.8, 0.95), "ratios must be above 0"),
        (lambda: from_interval(-0.5, 0.4, 0.8, 0.95), "ratios must be above 0"),
        (lambda: from_interval(0.5, 0.4, 0.8, 0.0), "a level lies between 0 and 1"),
        (lambda: from_interval(0.5, 0.4, 0.8, 1.0), "a level lies between 0 and 1"),
        (lambda: from_p(1.0, 0.5), "cannot be found"),
        (lambda: from_p(0.5, 1.0), "cannot be found"),
        (lambda: from_p(0.0, 0.5), "cannot be found"),
        (lambda: from_p(-0.5, 0.5), "cannot be found"),
        (lambda: from_p_and_events(0.5, 0, 60, 60, favours_experimental=True), "at least 1"),
        (lambda: from_p_and_events(0.5, 90, 0, 60, favours_experimental=True), "at least 1"),
        (lambda: from_p_and_events(0.5, 90, 60, 0, favours_experimental=True), "at least 1"),
        (lambda: from_p_and_events(0.0, 90, 60, 60, favours_experimental=True), "P 0.0 must lie above 0"),
        (lambda: from_medians(14.0, 7.0), "need a P value or the events"),
        (lambda: from_medians(14.0, 7.0, p=1.0), "need a P value or the events"),
        (lambda: from_medians(7.0, 7.0, p=0.5), "need a P value or the events"),
        (lambda: from_rates(1.0, 0.5, 50, 50), "both must lie between 0 and 1"),
        (lambda: from_rates(0.5, 1.0, 50, 50), "both must lie between 0 and 1"),
        (lambda: from_rates(0.0, 0.5, 50, 50), "both must lie between 0 and 1"),
        (lambda: from_rates(0.5, 0.0, 50, 50), "both must lie between 0 and 1"),
        (lambda: z_of(0.0), "must lie above 0"),
        (lambda: z_of(1.01), "at most at 1"),
    ],
)
def test_what_says_nothing_of_the_error_is_refused(way: Callable[[], object], because: str) -> None:
    with pytest.raises(ValueError, match=because):
        way()


def test_one_event_in_arms_of_one_is_the_least_that_counts() -> None:
    assert from_p_and_events(0.5, 1, 1, 1, favours_experimental=True).se == pytest.approx(2.0)
