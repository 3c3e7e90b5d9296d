"""The dose between voxels."""

import numpy as np
import pytest

from oligoscope.dose.dvh import DoseGrid
from oligoscope.errors import NotAllowed

AXES = np.eye(3)[::-1].copy()


def grid(values: np.ndarray, spacing: float = 2.0) -> DoseGrid:
    return DoseGrid(values.astype(float), np.zeros(3), AXES, np.full(3, spacing))


def between(count: int = 5) -> np.ndarray:
    """Points in voxels, well inside ten of each."""
    return np.random.default_rng(3).uniform(3, 6, (3, count))


def test_a_linear_field_is_itself() -> None:
    k, j, i = np.meshgrid(*[np.arange(10.0)] * 3, indexing="ij")
    field, at = grid(1 + 2 * k + 3 * j + 0.5 * i), between(100)
    expected = 1 + 2 * at[0] + 3 * at[1] + 0.5 * at[2]
    assert field.linear(at) == pytest.approx(expected)
    assert field.cubic(at) == pytest.approx(expected, abs=0.05)


def test_a_peak_between_voxels_is_found() -> None:
    """By the spline to 1 part in 200 where straight lines lose one in 12."""
    k, j, i = np.meshgrid(*[np.arange(10.0)] * 3, indexing="ij")
    field = grid(60 * np.exp(-((k - 4.5) ** 2 + (j - 4.5) ** 2 + (i - 4.5) ** 2) / 2 / 2.0**2))
    top = np.full((3, 1), 4.5)
    assert field.linear(top)[0] < 55.1
    assert field.cubic(top)[0] == pytest.approx(60, rel=0.005)


def test_a_step_is_not_overshot() -> None:
    values = np.zeros((10, 10, 10))
    values[:, :, 5:] = 60
    at = np.stack([np.full(200, 5.0), np.full(200, 5.0), np.linspace(1, 8, 200)])
    found = grid(values).cubic(at)
    assert found.min() >= 0
    assert found.max() <= 60


def test_directions_and_distances() -> None:
    field = DoseGrid(np.zeros((3, 4, 5)), np.array([10.0, 20, 30]), AXES, np.array([3.0, 2, 1]))
    assert field.indices(np.array([[12.0], [24], [36]]))[:, 0] == pytest.approx([2, 2, 2])


def test_beyond_the_outermost_voxels_there_is_no_dose() -> None:
    field = grid(np.ones((3, 3, 3)))
    assert field.covers(np.array([[0.0, 2, 2.01, -0.01]] * 3)).tolist() == [True, True, False, False]


@pytest.mark.parametrize(
    "values", [np.zeros((1, 5, 5)), np.full((3, 3, 3), -1.0), np.full((3, 3, 3), np.nan)], ids=["plane", "minus", "nan"]
)
def test_what_is_no_dose_is_refused(values: np.ndarray) -> None:
    with pytest.raises(NotAllowed, match="dose grid"):
        grid(values)


def test_axes_and_distances_are_checked() -> None:
    with pytest.raises(NotAllowed, match="distance"):
        DoseGrid(np.ones((3, 3, 3)), np.zeros(3), AXES, np.array([1.0, 0, 1]))
    with pytest.raises(NotAllowed, match="right angles"):
        DoseGrid(np.ones((3, 3, 3)), np.zeros(3), np.ones((3, 3)), np.ones(3))


def test_a_part_of_the_grid_has_the_dose_of_the_whole() -> None:
    field = grid(np.random.default_rng(5).uniform(0, 60, (40, 40, 40)))
    at = np.random.default_rng(6).uniform(18, 21, (3, 500))
    part, within = field.around(at)
    assert part.values.size < field.values.size / 4
    assert part.cubic(within) == pytest.approx(field.cubic(at), abs=0.006)
    assert part.indices(np.full((3, 1), 40.0))[0] == field.indices(np.full((3, 1), 40.0))[0] - (at - within)[0, 0]
