"""What contours mean: holes, keyholes, several on a slice, gaps, planes of any direction."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from oligoscope.dose.dvh import DoseGrid, contours_of, dosed
from oligoscope.dose.dvh.contours import held, rasterised
from oligoscope.dose.dvh.parts import separate
from oligoscope.errors import NotAllowed

Array = NDArray[np.float64]
OUTER = np.array([[0, 0], [30, 0], [30, 30], [0, 30]], dtype=float)
INNER = np.array([[10, 10], [20, 10], [20, 20], [10, 20]], dtype=float)
KEYHOLE = np.array(
    [[0, 0], [30, 0], [30, 30], [0, 30], [0, 10], [10, 10], [10, 20], [20, 20], [20, 10], [10, 10], [0, 10]],
    dtype=float,
)
UNIFORM = DoseGrid(np.full((3, 3, 3), 2.0), np.full(3, -100.0), np.eye(3)[::-1].copy(), np.full(3, 100.0))


def stack(*polygons: Array, levels: tuple[float, ...] = (0, 3, 6)) -> list[Array]:
    return [np.column_stack([one, np.full(len(one), z)]) for z in levels for one in polygons]


def volume(polygons: list[Array], thickness: float | None = None) -> float:
    value = dosed(contours_of("x", polygons, thickness), UNIFORM).volume.value
    assert value is not None
    return value


def test_a_hole_is_taken_out_whichever_way_it_is_drawn() -> None:
    whole, hole = 30 * 30 * 9 / 1000, 10 * 10 * 9 / 1000
    assert volume(stack(OUTER)) == pytest.approx(whole, rel=0.01)
    assert volume(stack(OUTER, INNER)) == pytest.approx(whole - hole, rel=0.01)
    assert volume(stack(OUTER, INNER[::-1])) == pytest.approx(whole - hole, rel=0.01)
    assert volume(stack(KEYHOLE)) == pytest.approx(whole - hole, rel=0.01)


def test_an_island_in_a_hole_counts_again() -> None:
    island = np.array([[13, 13], [17, 13], [17, 17], [13, 17]], dtype=float)
    assert volume(stack(OUTER, INNER, island)) == pytest.approx((900 - 100 + 16) * 9 / 1000, rel=0.01)


def test_two_contours_on_a_slice_are_two_parts() -> None:
    assert volume(stack(INNER, INNER + 40)) == pytest.approx(2 * 0.9, rel=0.01)


def test_a_contour_that_stands_twice_does_not_cancel_itself() -> None:
    found = contours_of("x", stack(OUTER, OUTER))
    assert found.slices[0].area == 900
    assert "stands twice" in found.warnings[0]


def test_a_gap_is_said_and_not_filled() -> None:
    found = contours_of("x", stack(OUTER, levels=(0, 3, 6, 21, 24)))
    assert [len(part) for part in found.parts()] == [3, 2]
    assert "2 parts" in found.warnings[0]
    assert volume(stack(OUTER, levels=(0, 3, 6, 21, 24))) == pytest.approx(900 * 15 / 1000, rel=0.01)


def test_a_lesion_ends_where_a_slice_does_not_show_it() -> None:
    """Above 9 mm slices stand half a millimetre apart, and at 9.5 only the other lesion is drawn."""
    levels = [(0.0, OUTER), (3.0, OUTER), (6.0, OUTER), (9.0, OUTER), (9.5, INNER + 40), (10.0, OUTER)]
    parts = separate(contours_of("x", [polygon for z, one in levels for polygon in stack(one, levels=(z,))]))
    assert [[level.position for level in part.slices] for part in parts] == [[0, 3, 6, 9], [10], [9.5]]


def test_a_single_slice_needs_its_thickness() -> None:
    assert volume(stack(OUTER, levels=(5,)), 2.0) == pytest.approx(1.8, rel=0.01)
    with pytest.raises(NotAllowed, match="how thick"):
        contours_of("x", stack(OUTER, levels=(5,)))


@pytest.mark.parametrize(
    "polygons",
    [[], [np.zeros((1, 3))], [np.zeros((5, 3))], [np.array([[0, 0, 0], [1, 0, 0], [2, 0, 0]], dtype=float)]],
)
def test_what_encloses_no_area_is_refused(polygons: list[Array]) -> None:
    with pytest.raises(NotAllowed, match="no area"):
        contours_of("x", polygons)


def test_planes_that_cross_are_refused() -> None:
    upright = np.column_stack([OUTER[:, 0], np.zeros(4), OUTER[:, 1]])
    with pytest.raises(NotAllowed, match="parallel"):
        contours_of("x", [*stack(OUTER), upright])


def test_a_point_is_held_by_a_triangle_up_to_its_slanted_side() -> None:
    """The long side runs where x + y = 4."""
    triangle = np.array([[0, 0], [4, 0], [0, 4]], dtype=float)
    points = np.array([[1, 1], [1.9, 1.9], [2.1, 2.1], [0.5, 3], [1.5, 3], [-1, 1]])
    assert held(triangle, points).tolist() == [True, True, False, True, False, False]


@settings(max_examples=8, deadline=None)
@given(st.floats(0, 6.28), st.floats(0, 3.14), st.floats(-90, 90))
def test_a_volume_does_not_hang_on_the_direction_of_the_planes(turn: float, tilt: float, shift: float) -> None:
    about_z = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    turned = [points @ (about_z @ about_x).T + shift for points in stack(OUTER, INNER)]
    assert volume(turned) == pytest.approx((900 - 100) * 9 / 1000, rel=0.015)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=3, max_size=9))
def test_what_is_inside_by_every_ray(corners: list[tuple[float, float]]) -> None:
    """The parity along rows against one point at a time."""
    polygon = np.array(corners)
    x, y = np.linspace(-10.03, 9.97, 23), np.linspace(-9.99, 10.01, 19)
    grid = rasterised([polygon], x, y)
    for row in range(0, len(y), 3):
        for column in range(0, len(x), 3):
            crossings = 0
            for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
                if (y0 <= y[row]) != (y1 <= y[row]):
                    crossings += x0 + (y[row] - y0) * (x1 - x0) / (y1 - y0) <= x[column]
            assert grid[row, column] == (crossings % 2 == 1)
