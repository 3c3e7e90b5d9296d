"""When to stop: exact intervals of recall, held to a search over every possibility, and to their coverage."""

import numpy as np
import pytest
from scipy.stats import hypergeom

from oligoscope.literature.stopping import LEVEL, cost, p_below, recall


@pytest.mark.parametrize(("unread", "sampled", "included"), [(100, 20, 0), (100, 20, 3), (30, 1, 1), (200, 60, 60)])
def test_the_interval_is_what_every_possible_number_of_missed_records_gives(
    unread: int, sampled: int, included: int
) -> None:
    tail = (1 - LEVEL) / 2
    fits = [
        among
        for among in range(included, unread - (sampled - included) + 1)
        if hypergeom.cdf(included, unread, among, sampled) > tail
        and hypergeom.sf(included - 1, unread, among, sampled) > tail
    ]
    told = recall(10, unread, sampled, included)
    assert (told.missed_low, told.missed_high) == (min(fits) - included, max(fits) - included)
    assert told.low == pytest.approx((10 + included) / (10 + max(fits)), abs=5e-5)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    draw = np.random.default_rng(7)
    held = 0
    for n in range(1000):
        missing, unread, sampled = n % 17, 400, 120
        included = int(draw.hypergeometric(missing, unread - missing, sampled))
        told = recall(50, unread, sampled, included)
        truth = (50 + included) / (50 + missing)
        assert told.low is not None
        assert told.high is not None
        held += told.low - 1e-4 <= truth <= told.high + 1e-4
    assert held >= 950


def test_all_read_is_all_known_and_nothing_read_is_nothing_known() -> None:
    everything = recall(9, 40, 40, 1)
    assert (everything.value, everything.low, everything.high) == (1.0, 1.0, 1.0)
    nothing = recall(9, 40, 0, 0)
    assert (nothing.missed_low, nothing.missed_high) == (0, 40)
    assert recall(0, 40, 10, 0).value is None


def test_the_p_value_is_the_chance_of_so_few_in_the_sample() -> None:
    # Recall below 95 % of 95 found needs 6 or more missed: 95 / 101 is the first below.
    assert p_below(0.95, 95, 1000, 300, 0) == pytest.approx(hypergeom.cdf(0, 1000, 6, 300))
    assert p_below(0.95, 95, 5, 2, 0) == 0.0, "so many are not unread"
    assert p_below(0.95, 95, 1000, 0, 0) == 1.0


def test_a_sample_of_more_than_there_is_is_refused() -> None:
    with pytest.raises(ValueError, match="at most as many"):
        recall(1, 10, 11, 0)


def test_going_on_costs_more_the_more_is_wanted() -> None:
    finds = [1, 2, 3, 5, 8, 12, 20, 31, 50, 80]
    asked = [cost(finds, 100, 3, target) for target in (0.7, 0.8, 0.9, 0.95, 1.0)]
    assert asked[0] == 0
    numbers = [each for each in asked if each is not None]
    assert numbers == sorted(numbers)
    assert numbers[-1] > numbers[1] > 0
    assert cost(finds[:4], 6, 3, 0.9) is None
