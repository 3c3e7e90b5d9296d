"""Several courses in `dose check`: side by side, added up where that has a meaning, an organ treated before."""

import json
import re
from pathlib import Path

import numpy as np
import pytest

import oligoscope as osc
from oligoscope.cli.main import main
from tests.support.rt_files import box, square, write_dose, write_plan, write_structures

CORD = box(square(5), levels=np.arange(-13.5, -6, 3))
"""Its highest dose lies at z = -6, where it is 24 Gy and a little."""
DRAWN = {
    "SpinalCord": CORD,
    "Heart": box(square(), levels=np.arange(-4.5, 8, 3)),
    "PTV_50": box(square(4, x=-9), square(6, x=9)),
}
Plan = dict[str, Path]
Content = dict[str, object]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Two doses on different grids, plans of 5 and of 10 fractions, one elsewhere."""
    folder = tmp_path_factory.mktemp("courses")
    return {
        "rs": write_structures(folder / "rs.dcm", DRAWN),
        "rd": write_dose(folder / "rd.dcm"),
        "rp": write_plan(folder / "rp.dcm", (5,)),
        "rd2": write_dose(folder / "rd2.dcm", spacing=2.0, count=34),
        "rp5": write_plan(folder / "rp5.dcm", (5,), 30.0),
        "rp10": write_plan(folder / "rp10.dcm", (10,), 30.0),
        "rd_far": write_dose(folder / "far.dcm", FrameOfReferenceUID="1.9"),
        "rs_far": write_structures(folder / "rs_far.dcm", DRAWN, FrameOfReferenceUID="1.9"),
        "rd_other": write_dose(folder / "other.dcm", PatientID="another"),
    }


def checked(files: Plan, *courses: tuple[str, ...], **options: object) -> Content:
    given = [[files[name] for name in course] for course in courses]
    return osc.check_plan(files["rs"], files["rd"], files["rp"], courses=given, **options).model_dump()  # type: ignore[arg-type]  # options of any kind


def mean(structures: object, name: str) -> dict[str, float]:
    assert isinstance(structures, list)
    found: dict[str, float] = next(one for one in structures if one["name"] == name)["metrics"]["Dmean"]
    return found


@pytest.fixture(scope="module")
def beside(files: Plan) -> Content:
    return checked(files, ("rd2", "rp10"))


def test_doses_on_different_grids_are_added_up(beside: Content) -> None:
    courses = beside["courses"]
    assert isinstance(courses, list)
    assert [one["fractions"] for one in courses] == [5, 10]
    for name in DRAWN:
        each = [mean(one["structures"], name)["value"] for one in courses]
        total = mean(beside["total"], name)
        assert total["value"] == pytest.approx(sum(each), rel=1e-6)
        assert total["low"] < total["value"] < total["high"]
    # The heart's middle is at z = 1.5, where the field is 31.5 Gy in each.
    assert mean(beside["total"], "Heart")["value"] == pytest.approx(63, abs=0.1)


def test_the_verdicts_are_those_of_the_first_alone(files: Plan, beside: Content) -> None:
    alone = checked(files)
    assert beside["verdicts"] == alone["verdicts"]
    assert "courses" not in alone


def test_courses_in_the_same_sessions_are_judged_by_their_sum(files: Plan) -> None:
    found = checked(files, ("rd2", "rp5"), together=True)
    verdicts = found["verdicts"]
    assert isinstance(verdicts, list)
    heart = next(v for v in verdicts if v["organ"] == "heart" and v["metric"] == "D0.035cc" and v["judges"])
    assert heart["value"] == pytest.approx(2 * 40.4, abs=0.2)
    assert heart["verdict"] == "exceeded"


@pytest.mark.parametrize(
    ("courses", "options", "why"),
    [
        ((("rd2", "rp10"),), {"together": True}, "course 1: 5, course 2: 10"),
        ((("rd2",),), {"together": True}, "course 2: not known"),
        ((), {"together": True}, "there is one course"),
        ((("rd_far", "rs_far", "rp5"),), {"together": True}, "course 2 in another frame of reference"),
        ((("rd_far",),), {}, "Give its own RTSTRUCT"),
        ((("rp10",),), {}, "it has no dose"),
        ((("rd2", "rd"),), {}, "a second RTDOSE"),
        ((("rd_other",),), {}, "of different patients"),
    ],
)
def test_what_cannot_stand_together_is_refused(
    courses: tuple[tuple[str, ...], ...], options: dict[str, bool], why: str, files: Plan
) -> None:
    with pytest.raises(osc.OligoscopeError, match=why) as refused:
        checked(files, *courses, **options)
    assert "SECRET" not in str(refused.value)


def test_in_another_frame_of_reference_courses_stand_side_by_side_without_a_sum(files: Plan) -> None:
    found = checked(files, ("rd_far", "rs_far"))
    assert found["total"] is None
    assert "registered" in str(found["no_total"])
    assert isinstance(found["courses"], list)
    assert len(found["courses"]) == 2


def before(found: Content) -> dict[str, dict[str, object]]:
    every = found["organs_treated_before"]
    assert isinstance(every, list)
    (one,) = every
    return {told["what"]: told for told in one["limits"]}


ALL, THIS, SHARE = (
    "no point has more of all courses than",
    "this course gives",
    "the share of this course is at least",
)


def test_a_cord_treated_before_is_held_against_what_is_published_of_two_courses(files: Plan) -> None:
    """30 Gy in 10 at 2 Gy is 37.5 Gy; 24.3 Gy in 5 are 41.7 Gy."""
    found = checked(files, irradiated_before=["spinal_cord=30Gy/10fx"])
    told = before(found)
    new = told[THIS]["value"]
    assert isinstance(new, float)
    dose = next(one for one in found["structures"] if one["name"] == "SpinalCord")["metrics"]["Dmax"]["value"]  # type: ignore[attr-defined]
    assert new == pytest.approx(dose * (dose / 5 + 2) / 4)
    assert told[ALL]["value"] == pytest.approx(37.5 + new)
    assert told[SHARE]["value"] == pytest.approx(new / (37.5 + new))
    assert told[THIS]["verdict"] == "exceeded"
    # The highest doses may lie apart, so that the sum proves nothing.
    assert told[ALL]["verdict"] == "cannot_be_told"
    assert {v["verdict"] for v in found["verdicts"] if v["organ"] == "spinal_cord"} == {"no_limit"}  # type: ignore[attr-defined]


def test_the_dose_before_may_come_from_its_own_files(files: Plan) -> None:
    told = before(checked(files, ("rd2", "rp10"), irradiated_before=["spinal_cord"]))
    new, both = told[THIS]["value"], told[ALL]["value"]
    assert isinstance(new, float)
    assert isinstance(both, float)
    # The same dose in twice the fractions.
    dose = 5 * ((1 + 4 * new / 5) ** 0.5 - 1)
    assert both - new == pytest.approx(dose * (dose / 10 + 2) / 4, rel=1e-3)


def test_a_limit_of_another_structure_is_never_told_to_be_met(tmp_path: Path) -> None:
    """The cord lies inside the thecal sac: what the cord keeps, the sac may not."""
    drawn = {"SpinalCord": box(square(5), levels=np.arange(-28.5, -24, 3))}
    for name, verdict in (("SpinalCord", "cannot_be_told"), ("Thecal Sac", "met")):
        structures = write_structures(tmp_path / "rs.dcm", {name: drawn["SpinalCord"]})
        found = osc.check_plan(
            structures,
            write_dose(tmp_path / "rd.dcm"),
            fractions=5,
            names={name: "spinal_cord"},
            irradiated_before=["spinal_cord=20Gy/10fx"],
        ).model_dump()
        told = before(found)
        assert {told[ALL]["verdict"], told[THIS]["verdict"]} == {verdict}


def test_a_target_of_two_lesions_has_a_dose_for_each(beside: Content) -> None:
    structures = beside["structures"]
    assert isinstance(structures, list)
    parts = {one["name"]: one["parts"] for one in structures}
    assert [part["name"] for part in parts["PTV_50"]] == ["PTV_50, part 1 of 2", "PTV_50, part 2 of 2"]
    volumes = [part["volume_cc"] for part in parts["PTV_50"]]
    assert volumes == pytest.approx([12 * 12 * 30 / 1000, 8 * 8 * 30 / 1000], rel=0.01)
    # The field rises by 0.1 Gy per mm along x: the larger lesion lies 18 mm further.
    means = [part["metrics"]["Dmean"]["value"] for part in parts["PTV_50"]]
    assert means[0] - means[1] == pytest.approx(1.8, abs=0.02)
    assert parts["Heart"] == []


def test_what_target_and_organ_share_is_said(beside: Content) -> None:
    overlaps = beside["overlaps"]
    assert isinstance(overlaps, list)
    heart = next(one for one in overlaps if one["structure"] == "Heart")
    # 5 slices of 3 mm; of each 5 x 8 and 7 x 12 mm lie in the heart.
    assert heart["low_cc"] < (5 * 8 + 7 * 12) * 15 / 1000 < heart["high_cc"]
    assert heart["volume_cc"] == pytest.approx((5 * 8 + 7 * 12) * 15 / 1000, rel=0.03)


def test_text_and_page_say_what_was_judged(files: Plan, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "check.html"
    words = ["dose", "check", str(files["rs"]), str(files["rd"]), str(files["rp"]), "--course", str(files["rd2"])]
    words += [str(files["rp10"]), "--irradiated-before", "spinal_cord"]
    assert main([*words, "--html", str(page)]) == 0
    text, shown = capsys.readouterr().out, page.read_text("utf-8")
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["together"] is False
    for said in (text, shown):
        assert "Judged is course 1 alone" in said
        assert "fractions differ (5 and 10)" in said
        assert "Courses side by side" in said
        assert "PTV_50, part 2 of 2" in said
        assert "thecal sac" in said
        assert "SECRET" not in said.upper()


def test_exported_histograms_cannot_be_added_up(files: Plan, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dose", "check", "--dvh", str(files["rs"]), "--fractions", "5", "--together"]) == 2
    assert "need DICOM files" in capsys.readouterr().err


PAGE = Path(__file__).parents[2] / "docs/how-to/check-a-plan.md"


@pytest.mark.parametrize(
    ("option", "given"),
    [("--course", ("rd2", "rp10")), ("--irradiated-before", ("spinal_cord=30Gy/10fx",))],
)
def test_the_page_shows_what_is_printed(
    files: Plan, capsys: pytest.CaptureFixture[str], option: str, given: tuple[str, ...]
) -> None:
    page = PAGE.read_text("utf-8")
    shown = re.search(rf"```text\n\$ [^\n]*{option} [^\n]*\n(.*?)```", page, re.DOTALL)
    assert shown
    words = [str(files[name]) if name in files else name for name in given]
    main(["dose", "check", *(str(files[name]) for name in ("rs", "rd", "rp")), option, *words])
    printed = [line.strip() for line in capsys.readouterr().out.splitlines()]
    lines = [line.strip() for line in shown[1].splitlines() if line.strip() != "..."]
    assert lines
    assert [line for line in lines if line not in printed] == []
