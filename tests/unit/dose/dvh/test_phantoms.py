"""Metrics against solids whose histograms are known. `benchmarks/dvh.py` does the same 500 times over, on more sizes."""

import numpy as np
import pytest

from oligoscope.dose.dvh import DoseGrid, contours_of, dosed
from oligoscope.dose.metric import metric
from tests.support.phantoms import FORMS, cone, cylinder, placed, sphere

FIELDS = ("x", "z", "gauss")
BARS = [
    (1.0, 10.0, {"volume": 1.5, "D95%": 1.0, "D0.03cc": 1.0}),
    (2.0, 20.0, {"volume": 2.0, "D95%": 2.5, "D0.03cc": 2.5}),
    (3.0, 20.0, {"volume": 3.0, "D95%": 5.0, "D0.03cc": 3.0}),
]


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(("spacing", "size", "bars"), BARS, ids=["1 mm", "2 mm", "3 mm"])
def test_a_sphere_is_as_near_to_the_truth_as_promised(
    spacing: float, size: float, bars: dict[str, float], field: str
) -> None:
    random, phantom = np.random.default_rng(7), sphere(size)
    for _ in range(3):
        dose = dosed(*placed(phantom, field, spacing, spacing, random))
        for asked, bar in bars.items():
            got = dose.volume if asked == "volume" else dose.metric(metric(asked))
            assert got.value == pytest.approx(phantom.truth(field, asked), rel=bar / 100), asked


@pytest.mark.parametrize("form", FORMS)
def test_the_band_holds_the_truth(form: str) -> None:
    random, phantom = np.random.default_rng(11), FORMS[form](20.0)
    held = []
    for index in range(9):
        field = FIELDS[index % 3]
        dose = dosed(*placed(phantom, field, 3.0, 3.0, random))
        for asked in ("volume", "Dmean", "D95%", "D50%", "D0.03cc", "V30Gy%", "CV28Gy"):
            got = dose.volume if asked == "volume" else dose.metric(metric(asked))
            assert got.low is not None
            assert got.high is not None
            held.append(got.low <= phantom.truth(field, asked) <= got.high)
    assert np.mean(held) >= 0.95


def test_the_band_holds_a_dose_that_hangs_on_both_ends_at_once() -> None:
    """The coldest twentieth of a short cylinder lies in both of its ends: it is gone only where both are. With each end
    moved on its own, 13 of 30 placements were missed.
    """
    random, phantom = np.random.default_rng(1), cylinder(10.0)
    truth = phantom.truth("gauss", "D95%")
    for _ in range(12):
        got = dosed(*placed(phantom, "gauss", 3.0, 3.0, random)).metric(metric("D95%"))
        assert got.low is not None
        assert got.high is not None
        assert got.low <= truth <= got.high


@pytest.mark.parametrize(("form", "flat"), [("cylinder", 2.0), ("cone", 3.0)])
def test_a_flat_end_costs_what_no_rule_can_know_and_no_more(form: str, flat: float) -> None:
    """Half a slice of each end: every end between the last contour and the next slice leaves the same contours."""
    random, phantom = np.random.default_rng(5), FORMS[form](10.0)
    truth = phantom.truth("z", "volume")
    for spacing in (1.0, 2.0, 3.0):
        for _ in range(4):
            value = dosed(*placed(phantom, "z", spacing, spacing, random)).volume.value
            assert value is not None
            assert abs(value / truth - 1) <= flat * spacing / 2 / phantom.height + 0.03


@pytest.mark.parametrize("made", [cylinder, cone])
def test_no_end_is_taken_for_that_of_a_sphere(made: object) -> None:
    """A cylinder whose ends lie half a slice beyond its contours keeps all of its volume; a cone keeps its point."""
    phantom = cylinder(24.0) if made is cylinder else cone(24.0)
    contours = contours_of("x", phantom.contours(np.zeros(3), 2.0, 0.5), 2.0)
    grid = DoseGrid(np.ones((4, 4, 4)), np.full(3, -30.0), np.eye(3)[::-1].copy(), np.full(3, 20.0))
    assert dosed(contours, grid).volume.value == pytest.approx(phantom.truth("z", "volume"), rel=0.004)


def test_a_structure_that_the_dose_covers_never_has_0_gy() -> None:
    """A structure smaller than a voxel, between planes of the dose."""
    square = np.array([[0, 0], [1.2, 0], [1.2, 1.2], [0, 1.2]])
    polygons = [np.column_stack([square, np.full(4, z)]) for z in (0.7, 1.7)]
    grid = DoseGrid(np.full((4, 4, 4), 20.0), np.full(3, -5.0), np.eye(3)[::-1].copy(), np.full(3, 5.0))
    dose = dosed(contours_of("lens", polygons), grid)
    assert dose.volume.value == pytest.approx(1.2 * 1.2 * 2 / 1000, rel=0.02)
    for asked in ("Dmin", "D95%", "Dmean", "Dmax"):
        assert dose.metric(metric(asked)).value == pytest.approx(20)
