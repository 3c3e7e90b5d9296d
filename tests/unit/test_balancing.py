"""Weights that make means equal: held to a closed form, to the primal problem solved by another program, and refused."""

import numpy as np
import pytest
from scipy import optimize

from oligoscope.synthesis.balancing import CONTRADICT, NO_WEIGHTS, balancing, effective


def test_one_share_has_a_closed_form() -> None:
    """Of a share q that is to be p the weights are p/q and (1-p)/(1-q)."""
    has = np.repeat([1.0, 0.0], [60, 140])
    found = balancing(has[:, None], np.array([0.45]))
    assert not isinstance(found, str)
    assert found == pytest.approx(np.where(has > 0, 0.45 / 0.3, 0.55 / 0.7), rel=1e-8)
    assert effective(found) == pytest.approx(1 / (0.45**2 / 60 + 0.55**2 / 140))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_they_are_the_nearest_to_equal_ones(seed: int) -> None:
    """The primal problem: of all weights with these means those whose entropy is greatest, by sequential programming."""
    random = np.random.default_rng(seed)
    n = 40
    age = random.normal(62, 9, n)
    values = np.column_stack([random.random(n) < 0.4, age, age >= 65, random.random(n) < 0.5]).astype(float)
    targets = values.mean(axis=0) + np.array([0.12, -1.5, -0.04, 0.1])
    found = balancing(values, targets)
    assert not isinstance(found, str)
    assert found.mean() == pytest.approx(1)
    assert np.average(values, axis=0, weights=found) == pytest.approx(targets, rel=1e-9)
    z = (values - targets) / values.std(axis=0)
    primal = optimize.minimize(
        lambda p: float(p @ np.log(p)),
        np.full(n, 1 / n),
        jac=lambda p: np.log(p) + 1,
        bounds=[(1e-12, 1)] * n,
        constraints=[
            {"type": "eq", "fun": lambda p: p.sum() - 1, "jac": lambda p: np.ones(n)},
            {"type": "eq", "fun": lambda p: p @ z, "jac": lambda p: z.T},
        ],
        method="SLSQP",
        options={"ftol": 1e-15, "maxiter": 2000},
    )
    assert primal.success
    assert found / n == pytest.approx(primal.x, rel=2e-4, abs=1e-6)
    log = np.log(found)
    terms = np.column_stack([np.ones(n), z])
    assert terms @ np.linalg.lstsq(terms, log, rcond=None)[0] == pytest.approx(log, abs=1e-7)


def test_where_there_are_none() -> None:
    random = np.random.default_rng(4)
    first, second = random.random(200) < 0.5, random.random(200) < 0.5
    both = np.column_stack([first, second, first & second]).astype(float)
    assert not isinstance(balancing(both, np.array([0.6, 0.6, 0.4])), str)
    # Each share can be reached alone, but who has the first and the second has both.
    assert balancing(both, np.array([0.8, 0.8, 0.3])) == NO_WEIGHTS
    assert balancing(both, np.array([1.0, 0.5, 0.5])) == NO_WEIGHTS
    numbers = random.normal(60, 5, (200, 1))
    assert balancing(numbers, np.array([90.0])) == NO_WEIGHTS


def test_what_follows_from_the_others_is_not_asked_twice() -> None:
    random = np.random.default_rng(5)
    group = random.integers(0, 3, 150)
    values = np.column_stack([group == k for k in range(3)] + [np.ones(150)]).astype(float)
    rounded = balancing(values, np.array([0.333, 0.333, 0.333, 1.0]))
    assert not isinstance(rounded, str)
    assert np.average(values, axis=0, weights=rounded) == pytest.approx([0.333, 0.333, 0.334, 1])
    assert balancing(values, np.array([0.5, 0.3, 0.1, 1.0])) == CONTRADICT
    alike = balancing(np.ones((20, 1)), np.array([1.0]))
    assert not isinstance(alike, str)
    assert alike == pytest.approx(np.ones(20))


def test_size_and_place_of_numbers_move_nothing() -> None:
    random = np.random.default_rng(6)
    values = random.normal(0, 1, (100, 2))
    targets = np.array([0.3, -0.2])
    plain = balancing(values, targets)
    moved = balancing(values * [1e6, 1e-6] + [1e6, 5e-6], targets * [1e6, 1e-6] + [1e6, 5e-6])
    assert not isinstance(plain, str)
    assert not isinstance(moved, str)
    assert plain == pytest.approx(moved, rel=1e-6)
