"""`oligoscope ipd`: the command on small tables, its files, and one clear error for what cannot be."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import yaml

import oligoscope as osc
from oligoscope.cli.main import main
from oligoscope.synthesis.survival import followed, kaplan_meier

CURVE = "arm,time,survival\ncontrol,0,1\ncontrol,2,0.8\ncontrol,5,0.5\ncontrol,9,0.3\nnew,0,1\nnew,3,0.9\nnew,6,0.7\nnew,10,0.6\n"
RISK = "arm,time,n_risk\ncontrol,0,40\ncontrol,6,19\nnew,0,40\nnew,6,33\n"


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return _files(tmp_path, CURVE, RISK)


def _files(folder: Path, curve: str, risk: str) -> tuple[Path, Path]:
    (folder / "curve.csv").write_text(curve)
    (folder / "risk.csv").write_text(risk)
    return folder / "curve.csv", folder / "risk.csv"


def asked(capsys: pytest.CaptureFixture[str], *words: object) -> dict[str, Any]:
    assert main(["ipd", *map(str, words), "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    return found


def test_command_and_function_say_the_same(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    curve, risk = files
    printed = asked(capsys, curve, "--at-risk", risk, "--events", "26,16", "--sets", "8")
    assert osc.ipd(curve, risk, events=[26, 16], sets=8).model_dump() == printed
    assert [
        set(arm) >= {"arm", "n", "events", "median", "rmse", "max_distance", "violations"} for arm in printed["arms"]
    ] == [True, True]
    assert printed["status"] == "computed"
    assert (
        printed["hr"]["low"]
        < printed["hr"]["sets_low"]
        <= printed["hr"]["value"]
        <= printed["hr"]["sets_high"]
        < printed["hr"]["high"]
    )


def test_its_files_hold_every_patient(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    curve, risk = files
    printed = asked(capsys, curve, "--at-risk", risk, "-o", tmp_path / "out", "--sets", "5")
    patients = pl.read_csv(tmp_path / "out/ipd.csv")
    assert patients.group_by("arm", maintain_order=True).len()["len"].to_list() == [40, 40]
    assert patients.group_by("arm", maintain_order=True).agg(pl.col("event").sum())["event"].to_list() == [
        arm["events"] for arm in printed["arms"]
    ]
    assert json.loads((tmp_path / "out/quality.json").read_text()) == printed
    assert (tmp_path / "out/overlay.svg").read_text().startswith("<?xml")
    medians = osc.survival.km(tmp_path / "out/ipd.csv", time="time", event="event", by="arm").model_dump()["groups"]
    assert [group["median"] for group in medians] == [arm["median"] for arm in printed["arms"]]


def test_one_misread_begin_of_twenty_does_not_make_a_curve_rise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The median of the first tenth, two of twenty: 0.75, below which the curve ends."""
    rows = [(0, 0.5), (0.1, 1.0), *((k, 1 - 0.02 * k) for k in range(1, 19))]
    text = "time,survival\n" + "".join(f"{time},{share:.2f}\n" for time, share in rows)
    curve, risk = _files(tmp_path, text, "time,n_risk\n0,50\n")
    printed = asked(capsys, curve, "--at-risk", risk, "--sets", "2")
    assert printed["arms"][0]["n"] == 50


def test_per_cent_and_one_arm(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    curve, risk = _files(tmp_path, "time,survival_percent\n0,100\n4,80\n8,55\n", "time,n_risk\n0,20\n6,14\n")
    printed = asked(capsys, curve, "--at-risk", risk, "--sets", "5")
    assert printed["hr"] == {"value": None, "low": None, "high": None, "reason": "there is one arm"}
    assert printed["arms"][0]["arm"] == "all"
    assert printed["arms"][0]["rmse"] < 0.02


@pytest.mark.parametrize(
    ("curve", "risk", "words", "says"),
    [
        (CURVE.replace("0.8", "80"), RISK, [], "survival 80 of control: this is no share of patients. Allowed: 0 to 1. Name the column survival_percent"),
        (CURVE, RISK.replace("new,0,40\n", ""), [], "--at-risk 6 of new: it is the first. Allowed: numbers at risk from time 0 on"),
        (CURVE, RISK.replace("new", "old"), [], "--at-risk new: this arm of the curve has no numbers at risk there. Allowed: control, old"),
        (CURVE, RISK.replace("40", "40.5"), [], "n_risk 40.5 of control: so many patients cannot be"),
        (CURVE, RISK + "new,6,30\n", [], "--at-risk 6 of new: it stands there twice"),
        ("time,survival\n0,0\n5,0.3\n9,0.6\n", "time,n_risk\n0,9\n", [], "survival all: it rises from 0 to 0.3"),
        ("time,survival\n0,1\n5,\n", "time,n_risk\n0,9\n", [], "curve table: cells are missing (survival in 1 of 2 rows)"),
        (CURVE, RISK, ["--events", "12"], "--events 12: there are 1. Allowed: 2 numbers, of control, new"),
        (CURVE, RISK, ["--events", "12,99"], "--events 99 of new: it has so many patients. Allowed: a whole number from 0 to 40"),
        (CURVE, RISK, ["--reported", "hazard=1"], "--reported hazard: nothing of this name is compared. Allowed: hr, hr_low"),
        (CURVE, RISK, ["--reported", "hr=-1"], "--reported hr=-1: it cannot be. Allowed: above 0"),
        (CURVE, RISK, ["--reported", "hr=0"], "--reported hr=0: it cannot be. Allowed: above 0"),
        (CURVE, RISK, ["--reported", "p=1.5"], "--reported p=1.5: it cannot be. Allowed: 0 to 1"),
        (CURVE, RISK, ["--sets", "0"], "--sets 0: this is none. Allowed: a whole number from 1 to 1000"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], curve: str, risk: str, words: list[str], says: str
) -> None:
    paths = _files(tmp_path, curve, risk)
    assert main(["ipd", str(paths[0]), "--at-risk", str(paths[1]), *words]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert says in printed.err


def test_results_never_overwrite_what_is_read(files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    curve, risk = files
    renamed = curve.rename(curve.parent / "ipd.csv")
    assert main(["ipd", str(renamed), "--at-risk", str(risk), "-o", str(curve.parent)]) == 2
    assert "overwrite" in capsys.readouterr().err
    assert renamed.read_text() == CURVE


def test_the_figure_command_writes_what_ipd_reads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import numpy as np
    from PIL import Image

    picture = np.full((220, 320, 3), 255, np.uint8)
    picture[200:202, 20:300], picture[10:202, 20:22] = 0, 0
    for column in (21, 161, 299):
        picture[202:206, column] = 0
    for row in (20, 110, 200):
        picture[row, 16:20] = 0
    for (first, last), row in {(22, 100): 20, (100, 200): 80, (200, 290): 140}.items():
        picture[row - 1 : row + 1, first:last] = (31, 119, 180)
        if row > 20:
            picture[row - 60 : row, first - 1 : first + 1] = (31, 119, 180)
    Image.fromarray(picture).save(tmp_path / "km.png")
    words = ["ipd", "figure", str(tmp_path / "km.png"), "--axes", "x=0:20", "y=0:1", "--curve", "one=#1f77b4"]
    assert main([*words, "-o", str(tmp_path / "read"), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["axes"]["x"] == {"low": 0.0, "high": 20.0, "low_at": 21.0, "high_at": 299.0}
    assert [arm["arm"] for arm in printed["arms"]] == ["one"]
    (tmp_path / "risk.csv").write_text("arm,time,n_risk\none,0,30\n")
    (arm,) = asked(capsys, tmp_path / "read/curve.csv", "--at-risk", tmp_path / "risk.csv", "--sets", "5")["arms"]
    assert arm["rmse"] < 0.02
    assert arm["median"] == pytest.approx((200 - 21) / 278 * 20, abs=0.15)
    assert main([*words[:3], "--axes", "x=0:20", "x=0:1"]) == 2
    assert "x: it is given twice" in capsys.readouterr().err


def test_rebuilt_trials_are_pooled_in_one_stage_beside_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    curve, risk = _files(tmp_path, CURVE, RISK)
    for name, text in (("one", CURVE), ("two", CURVE.replace("0.7", "0.65").replace("0.6\n", "0.5\n"))):
        curve.write_text(text)
        asked(capsys, curve, "--at-risk", risk, "--sets", "5", "-o", tmp_path / name)
    found = asked(capsys, "pool", tmp_path / "one", tmp_path / "two")
    assert osc.pool_rebuilt([tmp_path / "one", tmp_path / "two"]).model_dump() == found
    both = pl.concat(
        [pl.read_csv(tmp_path / name / "ipd.csv").with_columns(trial=pl.lit(name)) for name in ("one", "two")]
    )
    (term,) = osc.survival.cox(both, time="time", event="event", covariates="arm:factor", strata="trial").model_dump()[
        "terms"
    ]
    assert found["one_stage"]["value"] == pytest.approx(term["hr"])
    assert [trial["arm"] for trial in found["trials"]] == ["new", "new"]
    low, high = sorted(trial["hr"] for trial in found["trials"])
    assert low <= found["two_stage"]["value"] <= high
    assert [trial["method"] for trial in found["trials"]] == ["constrained", "constrained"]
    asked(capsys, curve, "--at-risk", risk, "--method", "guyot", "-o", tmp_path / "three")
    said = str(osc.pool_rebuilt([tmp_path / "one", tmp_path / "three"]))
    assert said.count("of chance only\n") == 1
    assert "three: one set of patients, by the method guyot: its interval is of chance only\n" in said
    quality = json.loads((tmp_path / "two/quality.json").read_text())
    (tmp_path / "two/quality.json").write_text(json.dumps({**quality, "verdict": "poor"}))
    assert main(["ipd", "pool", str(tmp_path / "one"), str(tmp_path / "two")]) == 2
    assert "there are 1 that can be pooled (1 poor)" in capsys.readouterr().err
    (tmp_path / "two/quality.json").write_text("{}")
    assert main(["ipd", "pool", str(tmp_path / "one"), str(tmp_path / "two")]) == 2
    assert "quality.json has no two arms with a hazard ratio" in capsys.readouterr().err


def test_rebuilt_arms_become_a_study_that_no_pool_takes_for_verified(
    tmp_path: Path, files: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """The draft loads as evidence; by itself it enters no pool; admitted, it is marked, and has the rebuilt ratio."""
    curve, risk = files
    draft = tmp_path / "evidence/made-up-2024.yaml"
    draft.parent.mkdir()
    printed = asked(capsys, curve, "--at-risk", risk, "--evidence-draft", draft, "--endpoint", "PFS", "--sets", "8")
    study = osc.study("made-up-2024", evidence=[draft.parent]).found
    assert {result.status for result in study.results} == {"computed"}
    assert not any(result.verified for result in study.results)
    ratio = study.result("pfs-hr-1")
    assert ratio.value == pytest.approx(printed["hr"]["value"], abs=1e-6)
    assert f"verdict {printed['verdict']}" in str(ratio.note)
    assert [study.result(f"pfs-median-{i}").events for i in (1, 2)] == [arm["events"] for arm in printed["arms"]]
    roles = yaml.safe_load(draft.read_text())
    for arm, role in zip(roles["arms"], ("control", "experimental"), strict=True):
        arm["role"] = role
    roles["reports"][0]["published"] = "2024-05-02"
    draft.write_text(yaml.safe_dump({**roles, "allocation": "randomised", "relevance": "core"}))
    verified = osc.pool("PFS", evidence=[draft.parent]).model_dump()
    assert "made-up-2024" not in [row["study"] for row in verified["studies"]]
    (left,) = [row["reason"] for row in verified["left_out"] if row["study"] == "made-up-2024"]
    assert "not verified" in left
    admitted = osc.pool("PFS", admitted=["unverified"], evidence=[draft.parent]).model_dump()
    (row,) = [row for row in admitted["studies"] if row["study"] == "made-up-2024"]
    assert (row["verified"], "computed from a published figure" in row["cautions"]) == (False, True)
    assert (row["results"], row["hr"]) == (["made-up-2024/pfs-hr-1"], None), "no number that was not read is printed"
    assert main(["ipd", str(curve), "--at-risk", str(risk), "--evidence-draft", str(draft)]) == 2
    assert "left as it is" in capsys.readouterr().err
    assert main(["ipd", str(curve), "--at-risk", str(risk), "--evidence-draft", str(tmp_path / "A b.yaml")]) == 2
    assert "small letters" in capsys.readouterr().err


def test_drops_of_many_events_at_once_leave_their_number_open(tmp_path: Path) -> None:
    """Deaths noted in a few rounds: the number of events is not told by the curve, so the verdict is not good."""
    random = np.random.default_rng(4)
    death, end = random.exponential(12, 150), random.uniform(6, 40, 150)
    for rounded, verdict in ((6.0, "usable"), (0.01, "good")):
        time, event = np.ceil(np.minimum(death, end) / rounded) * rounded, (death <= end).astype(float)
        curve = kaplan_meier(followed(time, event))
        drops = curve.events > 0
        line = {
            "time": [0, *curve.times[drops], curve.times[-1]],
            "survival": [1, *curve.survival[drops], curve.survival[-1]],
        }
        ticks = [0.0, 7.0, 13.0, 19.0, 25.0]
        risk = {"time": ticks, "n_risk": [int((time >= tick).sum()) for tick in ticks]}
        (arm,) = osc.ipd(line, risk, sets=5).model_dump()["arms"]
        assert arm["verdict"] == verdict
        assert any("give the number of events" in note for note in arm["notes"]) == (verdict == "usable")
        (arm,) = osc.ipd(line, risk, events=int(event.sum()), sets=5).model_dump()["arms"]
        assert (arm["verdict"], arm["events"]) == ("good", int(event.sum()))
