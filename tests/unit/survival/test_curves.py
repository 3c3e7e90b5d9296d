"""Curves and log-rank on numbers that can be worked out by hand; the rest is held to R in tests/acceptance."""

import math

import numpy as np
import pytest

from oligoscope.synthesis.survival import difference, followed, kaplan_meier, log_rank, median_follow_up


def test_survival_by_hand() -> None:
    """Of 4, one dies at 1; of 3, one at 2 (another is censored there); of 1, one at 5."""
    curve = kaplan_meier(followed([1, 2, 2, 5], [1, 1, 0, 1]))
    assert curve.survival.tolist() == pytest.approx([3 / 4, 3 / 4 * 2 / 3, 0])
    assert curve.at_risk.tolist() == [4, 3, 1]
    assert curve.se[1] == pytest.approx(0.5 * math.sqrt(1 / (4 * 3) + 1 / (3 * 2)))
    assert math.isnan(curve.se[2])


def test_the_log_log_interval_by_hand() -> None:
    """S 0.75, error of log(-log S) = sqrt(1/12) / |log 0.75|."""
    curve = kaplan_meier(followed([1, 2, 2, 5], [1, 1, 0, 1]))
    half = 1.959963984540054 * math.sqrt(1 / 12) / -math.log(0.75)
    assert curve.low[0] == pytest.approx(0.75 ** math.exp(half))
    assert curve.high[0] == pytest.approx(0.75 ** math.exp(-half))


def test_a_median_on_a_flat_stretch_is_its_middle() -> None:
    """Survival is exactly one half from 2 to 3."""
    assert kaplan_meier(followed([1, 2, 3, 4], [1, 1, 1, 1])).quantile().value == 2.5


def test_a_flat_stretch_at_the_end_goes_to_the_last_time() -> None:
    assert kaplan_meier(followed([1, 2, 3, 4], [1, 1, 0, 0])).quantile().value == 3.0


def test_times_that_only_rounding_tells_apart_are_one() -> None:
    curve = kaplan_meier(followed([0.1 + 0.2, 0.3, 1.0], [1, 1, 0]))
    assert curve.times.tolist() == pytest.approx([0.3, 1.0])
    assert curve.events.tolist() == [2, 0]


def test_who_enters_late_is_not_at_risk_before() -> None:
    """The third enters at 1, so 2 are at risk at 1 and 2 at 2."""
    who = followed([1, 2, 3], [1, 1, 0], [0, 0, 1])
    curve = kaplan_meier(who)
    assert curve.at_risk.tolist() == [2, 2, 1]
    assert curve.survival.tolist() == pytest.approx([1 / 2, 1 / 4, 1 / 4])
    assert [point.at_risk for point in curve.at([0.5, 1.5], who)] == [2, 2]


def test_no_event_gives_no_median_and_no_width() -> None:
    who = followed([1, 2, 3], [0, 0, 0])
    curve = kaplan_meier(who)
    assert curve.quantile().value is None
    (point,) = curve.at([2], who)
    assert (point.survival, point.se) == (1, 0)
    assert "no event" in point.reason


def test_beyond_the_last_time_nothing_is_told_unless_all_had_the_event() -> None:
    alive, dead = followed([1, 2], [1, 0]), followed([1, 2], [1, 1])
    (unknown,), (known,) = kaplan_meier(alive).at([3], alive), kaplan_meier(dead).at([3], dead)
    assert unknown.survival is None
    assert "nobody was followed so long" in unknown.reason
    assert known.survival == 0
    assert known.low is None


def test_an_event_at_time_zero_counts() -> None:
    assert kaplan_meier(followed([0, 1], [1, 0])).survival.tolist() == [0.5, 0.5]


def test_all_tied() -> None:
    curve = kaplan_meier(followed([2, 2, 2], [1, 1, 1]))
    assert curve.survival.tolist() == [0]
    assert curve.quantile().value == 2
    assert curve.quantile().low is None


def test_restricted_mean_by_hand() -> None:
    """1 to time 1, 3/4 to 2, 1/2 to 4: 1 + 0.75 + 1."""
    curve = kaplan_meier(followed([1, 2, 2, 5], [1, 1, 0, 1]))
    found = curve.restricted_mean(4)
    assert found.value == pytest.approx(2.75)
    assert found.se == pytest.approx(math.sqrt(1.75**2 / 12 + 1 / 6))


def test_a_restricted_mean_beyond_follow_up_is_not_told() -> None:
    found = kaplan_meier(followed([1, 2], [1, 0])).restricted_mean(3)
    assert found.value is None
    assert "nobody was followed" in found.reason
    assert difference(found, found) is None


def test_median_follow_up_takes_censoring_for_the_event() -> None:
    """Censored at 2 and 4 of 4 patients: reverse survival 2/3 at 2, 0 at 4."""
    assert median_follow_up(followed([1, 2, 3, 4], [1, 0, 1, 0])).value == 4


def test_log_rank_by_hand() -> None:
    """a: 1, 2; b: 3, 4, all dead. At 1 and 2 a has 2/4 and 1/3 of those at risk, later none."""
    found = log_rank(followed([1, 2, 3, 4], [1, 1, 1, 1]), np.array([0, 0, 1, 1]))
    expected = 1 / 2 + 1 / 3
    assert found.expected == pytest.approx((expected, 4 - expected))
    assert found.chisq == pytest.approx((2 - expected) ** 2 / (1 / 4 + 2 / 9))
    assert found.df == 1


@pytest.mark.parametrize(
    ("time", "event", "reason"),
    [
        ([1, 2, 3, 4], [0, 0, 0, 0], "no event"),
        ([1, 1, 3, 4], [0, 0, 1, 1], "fewer than two groups"),
        ([2, 2, 2, 2], [1, 1, 1, 1], "together"),
    ],
)
def test_a_log_rank_that_cannot_be_made_says_why(time: list[float], event: list[float], reason: str) -> None:
    found = log_rank(followed(time, event), np.array([0, 0, 1, 1]))
    assert (found.chisq, found.p) == (None, None)
    assert reason in found.reason


@pytest.mark.parametrize(
    ("time", "event", "entry"),
    [([-1], [1], None), ([math.nan], [1], None), ([1], [2], None), ([1], [1], [1]), ([1, 2], [1], None)],
)
def test_numbers_that_do_not_fit_are_refused(time: list[float], event: list[float], entry: list[float] | None) -> None:
    with pytest.raises(ValueError):
        followed(time, event, entry)


def test_between_events_the_curve_is_where_the_last_one_left_it() -> None:
    who = followed([2, 4, 6, 8], [1, 1, 0, 1])
    points = kaplan_meier(who).at([1, 2, 3, 4, 5, 8], who)
    assert [(point.survival, point.at_risk) for point in points] == [
        (1, 4), (0.75, 4), (0.75, 3), (0.5, 3), (0.5, 2), (0, 1),
    ]  # fmt: skip


def test_where_all_have_died_the_mean_goes_on_beyond_the_last_death() -> None:
    assert kaplan_meier(followed([1, 2, 3, 4], [1, 1, 1, 1])).restricted_mean(10).value == pytest.approx(2.5)
    assert kaplan_meier(followed([1, 2, 3, 4], [1, 1, 1, 0])).restricted_mean(10).value is None
