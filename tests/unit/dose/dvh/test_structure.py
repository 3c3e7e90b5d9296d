"""What can be told of a structure, and what cannot."""

import numpy as np
import pytest

from oligoscope.dose.dvh import Dosed, DoseGrid, contours_of, dosed
from oligoscope.dose.dvh.overlap import overlap
from oligoscope.dose.metric import metric

SQUARE = np.array([[-10, -10], [10, -10], [10, 10], [-10, 10]], dtype=float)


def box(values: np.ndarray, voxel: float = 10.0, origin: float = -25.0) -> Dosed:
    """20 x 20 x 20 mm around the middle."""
    polygons = [np.column_stack([SQUARE, np.full(4, z)]) for z in np.arange(-9.0, 10, 2)]
    grid = DoseGrid(values, np.full(3, origin), np.eye(3)[::-1].copy(), np.full(3, voxel))
    return dosed(contours_of("x", polygons), grid)


def test_a_box_in_one_dose() -> None:
    found = box(np.full((6, 6, 6), 12.5))
    assert found.volume.value == pytest.approx(8, rel=0.005)
    got = {asked: found.metric(metric(asked)).value for asked in ("Dmean", "D2%", "V12.5Gy", "V12.6Gy%", "CV12.5Gy")}
    assert got == pytest.approx({"Dmean": 12.5, "D2%": 12.5, "V12.5Gy": 8, "V12.6Gy%": 0, "CV12.5Gy": 0}, abs=0.05)


def test_a_dose_that_no_float_of_7_digits_holds_is_reached() -> None:
    """A dose file is held in 4 bytes a voxel: 22.4 Gy stands there as 22.3999996."""
    found = box(np.full((6, 6, 6), np.float32(22.4)))
    assert found.metric(metric("V22.4Gy%")).value == 100
    assert found.metric(metric("V22.41Gy%")).value == 0


def test_outside_the_grid_no_dose_is_made_up() -> None:
    found = box(np.full((6, 6, 6), 12.5), voxel=5.0)
    assert found.covered_percent == pytest.approx(12.5, abs=0.5)
    assert found.volume.value == pytest.approx(8, rel=0.005)
    told = found.metric(metric("D95%"))
    assert (told.value, told.low, told.high) == (None, None, None)
    assert told.reason == "88 % of it lies outside the dose grid"


def test_a_volume_that_it_does_not_have() -> None:
    told = box(np.full((6, 6, 6), 12.5)).metric(metric("D15cc"))
    assert told.value is None
    assert told.reason == "it has only 8 cc"


def test_the_band_lies_around_the_value_and_widens_with_the_slices() -> None:
    values = np.broadcast_to(np.arange(6.0)[:, None, None] * 10, (6, 6, 6)).copy()
    told = box(values).metric(metric("D95%"))
    assert told.value is not None
    assert told.low is not None
    assert told.high is not None
    # The lower end may lie a millimetre higher or lower, which is 1 Gy of this field.
    assert told.low <= told.value - 0.8
    assert told.high >= told.value + 0.8


def test_between_two_slices_the_outline_that_is_shared_with_moves_evenly() -> None:
    """A cone of squares, 10 mm from its middle at z = 0 and 20 mm at z = 10: 15 mm at the middle of the small box.

    Of that, x from 12 to 18, y 4 mm and z 2 mm, the half lies within, up to the size of a piece: 24 mm3.
    """
    cone = [np.column_stack([SQUARE * size, np.full(4, z)]) for size, z in ((1, 0), (2, 10))]
    small = np.array([[12, -2], [18, -2], [18, 2], [12, 2]], dtype=float)
    box = [np.column_stack([small, np.full(4, z)]) for z in (4.5, 5.5)]
    shared = overlap(contours_of("cone", cone), contours_of("box", box))
    assert shared.value == pytest.approx(0.024, rel=0.05)


def test_a_structure_ends_half_a_slice_beyond_its_last() -> None:
    """Slices every 2 mm from -9 to 9 end at 10; what lies from 10 to 11 above them shares nothing, in the middle of
    the band.
    """
    low = contours_of("low", [np.column_stack([SQUARE, np.full(4, z)]) for z in np.arange(-9.0, 10, 2)])
    high = contours_of("high", [np.column_stack([SQUARE * 0.5, np.full(4, z)]) for z in (10.25, 10.75)])
    assert overlap(low, high).value == 0
    within = contours_of("within", [np.column_stack([SQUARE * 0.5, np.full(4, z)]) for z in (9.25, 9.75)])
    assert overlap(low, within).value == pytest.approx(0.1, rel=0.02)
