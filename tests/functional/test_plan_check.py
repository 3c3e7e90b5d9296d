"""`oligoscope dose check` and `osc.check_plan`: verdicts that know their precision, on made-up plans."""

import json
from pathlib import Path

import numpy as np
import pytest

import oligoscope as osc
from oligoscope.cli.main import main
from tests.support.rt_files import box, square, write_dose, write_plan, write_structures

# The dose is 30 Gy in the middle and rises by 1 Gy per mm along z: a box between two levels has its maximum at its top.
DRAWN = {
    "SpinalCord": box(square(5), levels=np.arange(-13.5, -6, 3)),
    "Esophagus": box(square(5), levels=np.arange(-1.5, 14, 3)),
    "Heart": box(square(), levels=np.arange(-4.5, 8, 3)),
    "Stomach": box(square(x=27)),
    "PTV_50": box(square()),
    "Spinal Cord": box(square(5)),
    "SpinalCord_PRV05": box(square(7)),
    "Trachea": [],
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    folder = tmp_path_factory.mktemp("plan")
    structures = write_structures(folder / "rs.dcm", DRAWN)
    return structures, write_dose(folder / "rd.dcm"), write_plan(folder / "rp.dcm", (5,))


@pytest.fixture(scope="module")
def found(files: tuple[Path, Path, Path]) -> dict[str, object]:
    return osc.check_plan(*files).model_dump()


def verdicts(found: dict[str, object], organ: str) -> list[dict[str, object]]:
    every = found["verdicts"]
    assert isinstance(every, list)
    return [told for told in every if told["organ"] == organ]


def result(found: dict[str, object], organ: str) -> dict[str, object]:
    every = found["organs"]
    assert isinstance(every, list)
    one: dict[str, object] = next(told for told in every if told["organ"] == organ)
    return one


def test_the_fractions_are_the_plans(found: dict[str, object]) -> None:
    assert (found["fractions"], found["fractions_from"]) == (5, "from the plan")
    assert found["plan"] == {"label": "made up", "date": "20260101", "uid": "1.2.3.481.5"}


def test_every_source_stands_beside_the_others(found: dict[str, object]) -> None:
    told = verdicts(found, "spinal_cord")
    # The cord ends at z = -6, where the dose is 24 Gy: below the 30 Gy of one source and the 25.3 Gy of others.
    assert len({row["source"] for row in told}) >= 3
    assert {row["structure"] for row in told} == {"SpinalCord"}
    for row in told:
        if row["metric"] in ("D0.035cc", "Dmax") and row["verdict"] == "met":
            assert row["margin"] == pytest.approx(row["limit"] - row["value"])  # type: ignore[operator]
            assert row["high"] <= row["limit"]  # type: ignore[operator]


def test_what_is_exceeded_fails_and_stops(found: dict[str, object]) -> None:
    judged = [row for row in verdicts(found, "oesophagus") if row["judges"]]
    assert {(row["metric"], row["verdict"]) for row in judged} == {("D5cc", "cannot_be_told"), ("D0.035cc", "exceeded")}
    told = result(found, "oesophagus")
    assert (told["result"], told["hard_stop"]) == ("fail", True)


def test_a_structure_outside_the_grid_is_not_told(found: dict[str, object]) -> None:
    assert {row["verdict"] for row in verdicts(found, "stomach")} == {"cannot_be_told"}
    assert result(found, "stomach")["result"] == "cannot_be_told"


@pytest.mark.parametrize("organ", ["liver", "trachea"])
def test_a_limit_without_a_structure_is_never_met(organ: str, found: dict[str, object]) -> None:
    """No structure at all, and one without a contour."""
    assert {row["verdict"] for row in verdicts(found, organ)} <= {"no_such_structure", "cannot_be_told"}
    assert result(found, organ)["result"] == "cannot_be_told"


def test_no_name_is_dropped(found: dict[str, object]) -> None:
    unmapped = found["unmapped"]
    assert isinstance(unmapped, list)
    named = {one["name"]: one["suggestion"] for one in unmapped}
    assert named == {"PTV_50": None, "Spinal Cord": "spinal_cord", "SpinalCord_PRV05": "spinal_cord"}
    mapped = found["mapped"]
    assert isinstance(mapped, dict)
    assert {*named, *mapped} == set(DRAWN)


def test_a_verdict_whose_band_lies_on_both_sides_is_open(tmp_path: Path) -> None:
    """The spinal cord ends at 25 Gy, give or take half a slice: 25.3 Gy of a source cannot be told."""
    cord = {"SpinalCord": box(square(5), levels=np.arange(-24.5, -6, 3))}
    found = osc.check_plan(
        write_structures(tmp_path / "rs.dcm", cord), write_dose(tmp_path / "rd.dcm"), fractions=5
    ).model_dump()
    open_ones = [row for row in verdicts(found, "spinal_cord") if row["verdict"] == "cannot_be_told"]
    assert open_ones
    for row in open_ones:
        assert row["low"] <= row["limit"] < row["high"]  # type: ignore[operator]


def test_an_organ_that_was_irradiated_before_is_not_judged(files: tuple[Path, Path, Path]) -> None:
    found = osc.check_plan(*files, irradiated_before=["spinal_cord"]).model_dump()
    assert [row["verdict"] for row in verdicts(found, "spinal_cord")] == ["no_limit"]
    assert "irradiated before" in str(result(found, "spinal_cord")["because"])


def test_for_a_number_of_fractions_without_limits_nothing_is_met(files: tuple[Path, Path, Path]) -> None:
    found = osc.check_plan(*files[:2], fractions=10).model_dump()
    assert {row["verdict"] for row in found["verdicts"]} == {"no_limit"}


def test_a_mapping_makes_it_an_organ(files: tuple[Path, Path, Path], tmp_path: Path) -> None:
    mapping = tmp_path / "names.yaml"
    mapping.write_text("names: {Spinal Cord: spinal_cord, SpinalCord: null}", "utf-8")
    found = osc.check_plan(*files, names=mapping).model_dump()
    assert {row["structure"] for row in verdicts(found, "spinal_cord")} == {"Spinal Cord"}


def test_a_name_that_no_structure_has_is_no_mapping(files: tuple[Path, Path, Path]) -> None:
    with pytest.raises(osc.OligoscopeError, match="no structure of the plan is called so"):
        osc.check_plan(*files, names={"Spinl Cord": "spinal_cord"})


@pytest.mark.parametrize(
    ("words", "begins"),
    [
        ((), "fractions not given: how many fractions is not known"),
        (("--fractions", "2.5"), "fractions 2.5"),
        (("--fractions", "5", "--names", "nowhere.yaml"), "names nowhere.yaml"),
        (("--fractions", "5", "--irradiated-before", "hart"), "organ hart"),
    ],
)
def test_what_cannot_be_checked_is_refused(
    words: tuple[str, ...], begins: str, files: tuple[Path, Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["dose", "check", str(files[0]), str(files[1]), *words]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(begins)


def test_a_plan_of_other_fractions_is_refused(files: tuple[Path, Path, Path]) -> None:
    with pytest.raises(osc.OligoscopeError, match="the plan says 5"):
        osc.check_plan(*files, fractions=3)


def test_text_page_and_json_say_the_same_and_name_nobody(
    files: tuple[Path, Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "check.html"
    assert main(["dose", "check", *map(str, files), "--html", str(page)]) == 0
    text = capsys.readouterr().out
    assert main(["dose", "check", *map(str, files), "--json"]) == 0
    content = capsys.readouterr().out
    shown = page.read_text("utf-8")
    headline = json.loads(content)["headline"]
    assert "hard stop: oesophagus" in headline
    for one in (text, shown, content):
        assert headline in one
        assert "SECRET" not in one.upper()
    assert shown.count("Not a medical device") == text.count("Not a medical device") == 1
    assert shown.count("<svg") == 3
    assert "SpinalCord_PRV05, a planning risk volume, 5 mm" in text
