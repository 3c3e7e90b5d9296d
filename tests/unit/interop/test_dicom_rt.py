"""Files of other systems: what is right is read, what is wrong is refused or said, and no patient is named."""

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest

import oligoscope as osc
from oligoscope.dose.dvh import Named, summary
from oligoscope.dose.metric import metric
from oligoscope.errors import NotAllowed
from oligoscope.interop.dicom_rt import pair_warnings, read_dose, read_plan, read_structures
from tests.support.rt_files import box, linear, square, write_dose, write_plan, write_structures

DATA = Path(__file__).parents[2] / "data" / "dicom-rt"


def numbers(structures: Path, dose: Path, *metrics: str) -> dict[str, float | None]:
    found = osc.dvh(structures, dose, metrics).model_dump()["structures"][0]
    return {name: told["value"] for name, told in found["metrics"].items()} | {"volume": found["volume_cc"]}


@pytest.fixture
def structures(tmp_path: Path) -> Path:
    return write_structures(tmp_path / "rs.dcm", {"Box": box(square())})


ORIENTATIONS = {
    "head first supine": (1, 0, 0, 0, 1, 0),
    "head first prone": (-1, 0, 0, 0, -1, 0),
    "feet first": (-1, 0, 0, 0, 1, 0),
    "sagittal": (0, 1, 0, 0, 0, -1),
    "coronal": (1, 0, 0, 0, 0, -1),
    "oblique": (0.8, 0.6, 0, -0.6, 0.8, 0),
}


@pytest.mark.parametrize("orientation", ORIENTATIONS.values(), ids=list(ORIENTATIONS))
@pytest.mark.parametrize("descending", [False, True])
def test_a_dose_in_any_orientation(
    orientation: tuple[float, ...], descending: bool, structures: Path, tmp_path: Path
) -> None:
    dose = write_dose(tmp_path / "rd.dcm", orientation=orientation, descending=descending)
    found = numbers(structures, dose, "Dmean", "D50%", "D95%", "D2%")
    assert found["volume"] == pytest.approx(12, rel=0.01)
    # Across the box the field changes by 2 and 4 Gy, along it by 30.
    assert found == pytest.approx({"volume": 12, "Dmean": 30, "D50%": 30, "D95%": 16.5, "D2%": 44.5}, rel=0.02)


@pytest.mark.parametrize("options", [{"bits": 16}, {"absolute": True}, {"meta": False}], ids=str)
def test_other_ways_to_write_a_dose(options: dict[str, object], structures: Path, tmp_path: Path) -> None:
    dose = write_dose(tmp_path / "rd.dcm", **options)  # type: ignore[arg-type]  # chosen by the parameters above
    assert numbers(structures, dose, "Dmean")["Dmean"] == pytest.approx(30, rel=0.003)


def test_a_voxel_lies_where_the_file_says(tmp_path: Path) -> None:
    grid = read_dose(write_dose(tmp_path / "rd.dcm", orientation=ORIENTATIONS["oblique"])).grid
    at = np.array([[4.0], [-7.0], [11.0]])
    assert grid.cubic(grid.indices(at))[0] == pytest.approx(float(linear(*at)[0]), abs=0.02)


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"DoseUnits": "RELATIVE"}, "RTDOSE DoseUnits", "relative"),
        ({"DoseUnits": None}, "RTDOSE DoseUnits", "nothing: the unit of its doses is not known"),
        ({"DoseUnits": "CGY"}, "RTDOSE DoseUnits", "CGY: the unit of its doses is not known"),
        ({"DoseType": "ERROR"}, "RTDOSE DoseType", "differences"),
        ({"DoseSummationType": "BEAM"}, "RTDOSE DoseSummationType", "a part of the plan"),
        ({"DoseSummationType": "FRACTION"}, "RTDOSE DoseSummationType", "a part of the plan"),
        ({"DoseGridScaling": None}, "RTDOSE", "DoseGridScaling"),
        ({"PixelSpacing": None}, "RTDOSE", "PixelSpacing"),
        ({"PixelData": b"\0\0\0\0"}, "RTDOSE", "cannot be read"),
        ({"GridFrameOffsetVector": [0, 3]}, "RTDOSE", "planes"),
        ({"GridFrameOffsetVector": [*range(21), 40]}, "RTDOSE GridFrameOffsetVector", "uneven"),
        ({"GridFrameOffsetVector": [7 + 3 * n for n in range(22)]}, "RTDOSE GridFrameOffsetVector", "begin"),
        ({"Modality": "CT"}, "file", "of modality CT"),
    ],
    ids=str,
)
def test_a_dose_that_is_refused(changes: dict[str, object], field: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(NotAllowed) as refused:
        read_dose(write_dose(tmp_path / "rd.dcm", **changes))  # type: ignore[arg-type]  # elements of the file
    assert refused.value.field == field
    assert said in str(refused.value)
    assert refused.value.fix
    assert "SECRET" not in str(refused.value).upper()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"DoseSummationType": None}, "taken for that of the whole plan"),
        ({"DoseSummationType": "MULTI_PLAN"}, "MULTI_PLAN"),
        ({"DoseType": "EFFECTIVE"}, "EFFECTIVE"),
        ({"PatientID": ""}, "one patient was not checked"),
        ({"FrameOfReferenceUID": ""}, "that they fit was not checked"),
    ],
    ids=str,
)
def test_a_dose_that_is_doubted(changes: dict[str, object], said: str, structures: Path, tmp_path: Path) -> None:
    dose = write_dose(tmp_path / "rd.dcm", **changes)  # type: ignore[arg-type]  # elements of the file
    assert any(said in text for text in osc.dvh(structures, dose).model_dump()["warnings"])


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"PatientID": "OTHER-9"}, "different patients"), ({"FrameOfReferenceUID": "9.9"}, "frames of reference")],
    ids=str,
)
def test_a_wrong_pair_is_refused(changes: dict[str, object], said: str, structures: Path, tmp_path: Path) -> None:
    dose = write_dose(tmp_path / "rd.dcm", **changes)  # type: ignore[arg-type]  # elements of the file
    with pytest.raises(NotAllowed, match=said) as refused:
        osc.dvh(structures, dose)
    assert "SECRET" not in str(refused.value)
    assert "OTHER-9" not in str(refused.value)


def test_structures_of_every_kind(tmp_path: Path) -> None:
    drawn = {"Whole": box(square()), "Ring": box(square(), square(5)), "Empty": [], "Outside": box(square(x=27))}
    found = osc.dvh(write_structures(tmp_path / "rs.dcm", drawn), write_dose(tmp_path / "rd.dcm")).model_dump()
    whole, ring, empty, outside = found["structures"]
    assert ring["volume_cc"] == pytest.approx(whole["volume_cc"] * 0.75, rel=0.01)
    assert (empty["volume_cc"], empty["reason"]) == (None, "it has no contour")
    assert empty["metrics"]["Dmean"] == {
        "value": None,
        "low": None,
        "high": None,
        "unit": "Gy",
        "reason": "it has no contour",
    }
    assert outside["volume_cc"] == pytest.approx(whole["volume_cc"], rel=0.01)
    assert outside["covered_percent"] == pytest.approx(72.5, abs=1)
    assert outside["metrics"]["D95%"]["value"] is None
    assert "outside the dose grid" in outside["metrics"]["D95%"]["reason"]


@pytest.mark.parametrize("geometric", ["CLOSEDPLANAR_XOR", "CLOSED_PLANAR"])
def test_holes_by_either_name(geometric: str, tmp_path: Path) -> None:
    drawn = {"Ring": box(square(), square(5))}
    structures = write_structures(tmp_path / "rs.dcm", drawn, geometric=geometric)
    assert numbers(structures, write_dose(tmp_path / "rd.dcm"), "Dmean")["volume"] == pytest.approx(9, rel=0.01)


def test_points_have_no_volume(tmp_path: Path) -> None:
    structures = write_structures(tmp_path / "rs.dcm", {"Isocentre": box(square())}, geometric="POINT")
    assert "points" in osc.dvh(structures, write_dose(tmp_path / "rd.dcm")).model_dump()["structures"][0]["reason"]


def test_a_single_slice_is_as_thick_as_the_others(tmp_path: Path) -> None:
    drawn = {"Thin": box(square(), levels=[0.0]), "Whole": box(square())}
    thin = osc.dvh(write_structures(tmp_path / "rs.dcm", drawn), write_dose(tmp_path / "rd.dcm")).model_dump()
    assert thin["structures"][0]["volume_cc"] == pytest.approx(1.2, rel=0.01)


@pytest.mark.parametrize(
    ("fractions", "expected", "why"),
    [((5,), 5, ""), ((None,), None, "does not say"), ((5, 3), None, "2 groups"), ((), None, "does not say")],
)
def test_fractions_of_a_plan(fractions: tuple[int | None, ...], expected: int | None, why: str, tmp_path: Path) -> None:
    plan = read_plan(write_plan(tmp_path / "rp.dcm", fractions))
    assert plan.fractions == expected
    assert why in plan.why


def test_a_dose_of_one_fraction_is_pointed_out(structures: Path, tmp_path: Path) -> None:
    dose, plan = (
        read_dose(write_dose(tmp_path / "rd.dcm")),
        read_plan(write_plan(tmp_path / "rp.dcm", prescribed=300.0)),
    )
    assert any("of one fraction" in text for text in pair_warnings(read_structures(structures), dose, plan))


def test_the_files_of_other_systems() -> None:
    assert read_plan(DATA / "rtplan.dcm").fractions == 30
    assert [roi.reason[:6] for roi in read_structures(DATA / "no-meta-rtstruct.dcm").rois] == ["", "it is ", "it is "]
    with pytest.raises(NotAllowed, match="relative"):
        read_dose(DATA / "relative-rtdose.dcm")
    for wrong in ("NOTICE.md", "nowhere.dcm", "."):
        with pytest.raises(NotAllowed):
            read_dose(DATA / wrong)


@pytest.fixture(scope="module")
def ent(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("ent")
    for name in ("ent-rtss.dcm", "ent-rtdose.dcm"):
        (folder / name).write_bytes(gzip.decompress((DATA / f"{name}.gz").read_bytes()))
    return folder / "ent-rtss.dcm", folder / "ent-rtdose.dcm"


METRICS = {"Dmean": "mean_gy", "D98%": "d98_gy", "D95%": "d95_gy", "D50%": "d50_gy", "D2%": "d2_gy"}
LARGE = ("BRAIN", "BRSTEM", "CTV", "PTV1", "optBRAIN")


@pytest.mark.parametrize("name", LARGE)
def test_a_real_plan_lies_between_two_planning_systems(name: str, ent: tuple[Path, Path]) -> None:
    """In their span, widened by 1 %: of structures of 10 cm3 and more."""
    rows = [row for row in csv.DictReader((DATA / "ent-reference.csv").open()) if row["roi_name"] == name]
    assert {row["system"] for row in rows} == {"Eclipse", "CERR"}
    roi = next(roi for roi in read_structures(ent[0]).rois if roi.name == name)
    found = summary(Named(name, roi.polygons), [read_dose(ent[1]).grid], [metric(text) for text in METRICS])
    for told, column in [(found.volume, "volume_cc"), *((found.metrics[m], column) for m, column in METRICS.items())]:
        span = [float(row[column]) for row in rows]
        assert told.value is not None
        assert min(span) * 0.99 <= told.value <= max(span) * 1.01, column


SMALL = ("GTV", "Lens - left", "Lens - right", "Optic Chiasm", "Optic Nerve - Rt", "Optic Nerve-Lt", "Orbit - left")


@pytest.mark.parametrize("name", SMALL)
def test_small_structures_of_a_real_plan_lie_in_the_band_by_both_conventions(name: str, ent: tuple[Path, Path]) -> None:
    """Eclipse ends at the last contour, the lower end of the band; CERR half a slice beyond, as here. Of three slices
    that is half of the volume more.
    """
    stored = {
        row["system"]: float(row["volume_cc"])
        for row in csv.DictReader((DATA / "ent-reference.csv").open())
        if row["roi_name"] == name
    }
    roi = next(roi for roi in read_structures(ent[0]).rois if roi.name == name)
    told = summary(Named(name, roi.polygons), [read_dose(ent[1]).grid], []).volume
    assert told.low is not None
    assert told.value is not None
    assert told.value == pytest.approx(stored["CERR"], rel=0.05)
    # Stored to 0.1 cc.
    assert told.low - 0.05 <= stored["Eclipse"] < told.value
