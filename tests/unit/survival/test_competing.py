"""Cumulative incidence on numbers that can be worked out by hand; the rest is held to R in tests/acceptance."""

from typing import Any

import numpy as np
import pytest

from oligoscope.synthesis.survival import followed, incidences, kaplan_meier


def test_incidence_by_hand() -> None:
    """Cause 1 at 1 of 4, cause 2 at 2 of 3, censored at 3, cause 1 at 4 of 1."""
    first, second = incidences([1, 2, 3, 4], [1, 2, 0, 1], [1, 2])
    assert first.incidence.tolist() == pytest.approx([1 / 4, 1 / 4, 1 / 4, 1 / 4 + 1 / 2])
    assert second.incidence.tolist() == pytest.approx([0, 1 / 4, 1 / 4, 1 / 4])


def test_causes_at_one_time_share_it_exactly() -> None:
    first, second = incidences([1, 1, 1, 2], [1, 1, 2, 0], [1, 2])
    assert (first.incidence[0], second.incidence[0]) == (1 / 2, 1 / 4)


def test_all_causes_and_survival_add_up_to_one() -> None:
    rng = np.random.default_rng(5)
    time, cause = rng.integers(0, 30, 200), rng.integers(0, 4, 200)
    survival = kaplan_meier(followed(time, cause > 0)).survival
    total = sum(line.incidence for line in incidences(time, cause, [1, 2, 3]))
    assert np.allclose(survival + total, 1)


def test_the_error_is_the_jackknife_over_patients() -> None:
    """Each patient's weight moved a little, one after the other: the definition, in n^2 steps."""
    rng = np.random.default_rng(7)
    time, cause = rng.integers(1, 12, 40).astype(float), rng.integers(0, 3, 40)

    def weighted(weight: Any) -> Any:
        survival, total, line = 1.0, 0.0, []
        for t in np.unique(time):
            at_risk = weight[time >= t].sum()
            total += survival * weight[(time == t) & (cause == 1)].sum() / at_risk
            survival *= 1 - weight[(time == t) & (cause > 0)].sum() / at_risk
            line.append(total)
        return np.array(line)

    step, ones = 1e-6, np.ones(40)
    moved = [(weighted(ones + step * e) - weighted(ones - step * e)) / (2 * step) for e in np.eye(40)]
    (found,) = incidences(time, cause, [1])
    assert found.se == pytest.approx(np.sqrt((np.array(moved) ** 2).sum(axis=0)), abs=1e-8)


def test_without_an_event_or_beyond_follow_up_there_is_no_interval() -> None:
    (line,) = incidences([2, 3, 4], [0, 1, 0], [1])
    before, after = line.at([1, 9])
    assert (before.incidence, before.low) == (0, None)
    assert "no event of this cause" in before.reason
    assert after.incidence is None
    assert "nobody was followed so long" in after.reason


def test_when_all_had_the_event_there_is_no_interval() -> None:
    (line,) = incidences([1, 2], [1, 1], [1])
    (end,) = line.at([2])
    assert (end.incidence, end.low) == (1, None)
