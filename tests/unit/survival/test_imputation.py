"""Imputation by chained equations: the draws keep what is known, and bring back what was hidden; Rubin's rules by hand."""

import math

import numpy as np
import pytest
from scipy import stats

from oligoscope.synthesis.imputation import Variable, impute, rubin


def test_what_is_known_stays_and_draws_are_values_that_occur() -> None:
    random = np.random.default_rng(1)
    numbers, levels = random.normal(size=200), random.integers(0, 3, 200).astype(float)
    holed = numbers.copy()
    holed[::3] = np.nan
    gaps = levels.copy()
    gaps[::4] = np.nan
    filled = impute([Variable(holed), Variable(gaps, 3)], np.zeros((200, 0)) + 0.0, np.random.default_rng(2))
    assert (filled[0][~np.isnan(holed)] == numbers[~np.isnan(holed)]).all()
    assert (filled[1][~np.isnan(gaps)] == levels[~np.isnan(gaps)]).all()
    assert set(filled[1]) <= {0.0, 1.0, 2.0}
    assert set(filled[0]) <= set(numbers)


def test_what_goes_along_with_the_rest_comes_back() -> None:
    """Level 1 is missing more often where x is high: complete cases see too few, draws do not."""
    random, seen, drawn, truth = np.random.default_rng(3), [], [], []
    for seed in range(20):
        x = random.normal(size=2000)
        level = (random.random(2000) < 1 / (1 + np.exp(-2 * x))).astype(float)
        holed = level.copy()
        holed[random.random(2000) < 1 / (1 + np.exp(-2 * x))] = np.nan
        (filled,) = impute([Variable(holed, 2)], x[:, None], np.random.default_rng(seed))
        seen.append(np.nanmean(holed))
        drawn.append(filled.mean())
        truth.append(level.mean())
    assert np.mean(truth) - np.mean(seen) > 0.1
    assert np.mean(drawn) == pytest.approx(np.mean(truth), abs=0.02)


def test_rubins_rules_by_hand() -> None:
    estimates, errors = np.array([[0.5], [0.7], [0.6], [0.9]]), np.array([[0.2], [0.25], [0.2], [0.22]])
    (found,) = rubin(estimates, errors)
    within, between = (0.04 + 0.0625 + 0.04 + 0.0484) / 4, float(np.var([0.5, 0.7, 0.6, 0.9], ddof=1))
    total = within + 1.25 * between
    ratio = 1.25 * between / within
    df = 3 * (1 + 1 / ratio) ** 2
    assert found.coef == pytest.approx(0.675)
    assert found.se == pytest.approx(math.sqrt(total))
    assert found.high == pytest.approx(0.675 + stats.t.ppf(0.975, df) * math.sqrt(total))
    assert found.lost == pytest.approx((ratio + 2 / (df + 3)) / (1 + ratio))


def test_without_gaps_the_rules_give_one_fit() -> None:
    (found,) = rubin(np.full((5, 1), 0.3), np.full((5, 1), 0.1))
    assert found.coef == pytest.approx(0.3)
    assert found.se == pytest.approx(0.1)
    assert found.lost == 0
    assert found.high == pytest.approx(0.3 + stats.norm.ppf(0.975) * 0.1)
