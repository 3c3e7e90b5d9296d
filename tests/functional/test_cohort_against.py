"""`oligoscope cohort against`: the patients who meet a trial's criteria over its rebuilt arms, and what is refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import oligoscope as osc
from oligoscope.cli.main import main
from oligoscope.synthesis.survival import Curve, followed, kaplan_meier
from tests.functional.test_cohort_report import TODAY, day, outcomes, patients, registry

TRIAL = "sindas"
MONTH = 30.4375


def lives(seed: int, n: int, median: float) -> tuple[np.ndarray, np.ndarray]:
    """Days, and whether somebody died."""
    random = np.random.default_rng(seed)
    death, end = random.exponential(median * MONTH / np.log(2), n), random.uniform(600, 1500, n)
    return np.ceil(np.minimum(death, end)), death <= end


def source_of(folder: Path, n: int, median: float, **more: Any) -> Path:
    """Patients of whom each other one is EGFR-mutant, as the trial asks; nobody has any line of therapy but it."""
    days, event = lives(1, n, median)
    people = patients(n).with_columns(
        primary_dx_date=pl.lit(day(0)),
        diffuse_disease=pl.lit("false"),
        lesions_complete=pl.lit("true"),
        hist_polymetastatic=pl.lit("false"),
        hist_oligometastatic=pl.lit("false"),
        histology=pl.lit("adenocarcinoma"),
        **{"egfr": pl.Series(["positive" if k % 2 else "negative" for k in range(n)]), **more},
    )
    lesions = pl.DataFrame({"patient_id": people["patient_id"], "id": "L1", "organ": "adrenal", "metastasis": "true"})
    return registry(folder, patients=people, lesions=lesions, outcomes=outcomes(days.tolist(), event.tolist()))


def figure(folder: Path, **arms: Curve) -> list[str]:
    """A figure's readings and numbers at risk, in months, of arms whose patients are known."""
    curve, risk = ["arm,time,survival"], ["arm,time,n_risk"]
    for name, each in arms.items():
        curve += [f"{name},0,1", *(f"{name},{t},{s:.4f}" for t, s in zip(each.times, each.survival, strict=True))]
        gone = each.events + each.censored
        risk += [f"{name},{t},{each.n - int(gone[each.times < t].sum())}" for t in (0, 6, 12, 18, 24)]
    (folder / "curve.csv").write_text("\n".join(curve))
    (folder / "risk.csv").write_text("\n".join(risk))
    return ["--curve", str(folder / "curve.csv"), "--at-risk", str(folder / "risk.csv")]


def arm(seed: int, n: int, median: float) -> Curve:
    days, event = lives(seed, n, median)
    return kaplan_meier(followed(days / MONTH, event.astype(float)))


def against(source: Path, folder: Path, words: list[str], exits: int = 0) -> dict[str, Any]:
    order = ["cohort", "against", TRIAL, str(source), "-o", str(folder / "out"), "--leave-out", "untreated"]
    assert main([*order, "--from", "omd_dx_date", "--today", TODAY, *words]) == exits
    found: dict[str, Any] = json.loads((folder / "out/against.json").read_text("utf-8"), parse_constant=pytest.fail)
    return found


def test_the_registry_is_held_against_each_arm(tmp_path: Path) -> None:
    """It lives as the second arm does and twice as long as the first; the ratios are those of the true patients."""
    arms = {"short": arm(7, 150, 9), "alike": arm(27, 150, 18)}
    source = source_of(tmp_path, 600, 18)
    found = against(source, tmp_path, figure(tmp_path, **arms))
    assert found["flow"]["could_be_analysed"] == 600
    assert found["flow"]["analysed"] == 300
    assert {c["id"]: (c["met"], c["failed"], c["unknown"]) for c in found["criteria"]}["driver"] == (300, 300, 0)
    assert [c["id"] for c in found["criteria"] if not c["asked"]] == ["untreated"]
    days, event = (each[1::2] for each in lives(1, 600, 18))
    for shown, seed, median in zip(found["arms"], (7, 27), (9, 18), strict=True):
        theirs, died = lives(seed, 150, median)
        frame = {"t": [*days, *theirs], "e": [*map(int, event), *map(int, died)], "arm": ["r"] * 300 + ["a"] * 150}
        true = osc.survival.cox(frame, time="t", event="e", covariates="arm:factor").model_dump()["terms"][0]
        ratio = shown["hazard_ratio"]
        assert abs(np.log(ratio["value"]) - true["coef"]) < 0.02
        assert np.log(ratio["high"] / ratio["low"]) == pytest.approx(2 * 1.96 * true["se"], rel=0.03)
        assert ratio["low"] < ratio["value"] < ratio["high"]
        months = osc.survival.rmst(frame, time="t", event="e", by="arm", tau=shown["months"]["until"] * MONTH)
        assert abs(shown["months"]["value"] * MONTH - months.model_dump()["difference"]["value"]) < 0.15 * MONTH
    assert found["arms"][0]["hazard_ratio"]["high"] < 0.8
    assert found["arms"][1]["hazard_ratio"]["low"] < 1 < found["arms"][1]["hazard_ratio"]["high"]
    curve = found["arms"][0]["curve"]
    assert all(
        low <= share <= high
        for low, share, high in zip(curve["low"], curve["share"], curve["high"], strict=True)
        if low is not None
    )
    page = (tmp_path / "out/against.html").read_text("utf-8")
    assert "nothing is adjusted" in page
    assert "no systemic therapy yet (left out: nobody need meet it)" in page
    assert "not recorded in the evidence" in page
    assert (tmp_path / "out/against.svg").read_text("utf-8").startswith("<svg")


def test_same_input_same_bytes(tmp_path: Path) -> None:
    source, words = source_of(tmp_path, 100, 18), figure(tmp_path, one=arm(5, 60, 9))
    runs = []
    for _ in range(2):
        against(source, tmp_path, words)
        runs.append({path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()})
    assert runs[0] == runs[1]


def test_what_is_refused_is_nowhere(tmp_path: Path) -> None:
    words = figure(tmp_path, one=arm(5, 60, 9))
    found = against(source_of(tmp_path, 16, 18), tmp_path, words)
    assert found["flow"]["analysed"] == 8
    assert found["arms"] == found["registry"] == {"refused": "8 patients can be analysed: fewer than 10"}
    assert not (tmp_path / "out/against.svg").exists()
    found = against(source_of(tmp_path, 200, 18, egfr=pl.lit(None, pl.String)), tmp_path, words)
    assert found["flow"]["left_out"][-1] == {"reason": "it is open whether they meet the criteria of SINDAS", "n": 200}
    assert "refused" in found["arms"]


def test_hazards_that_cross_have_no_ratio_but_months(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    early = np.concatenate([random.uniform(1, 3, 60), np.full(60, 48.0)])
    crossing = kaplan_meier(followed(early, np.concatenate([np.ones(60), np.zeros(60)])))
    (shown,) = against(source_of(tmp_path, 400, 14), tmp_path, figure(tmp_path, one=crossing))["arms"]
    assert "not proportional" in shown["hazard_ratio"]["refused"]
    assert shown["months"]["low"] < shown["months"]["value"] < shown["months"]["high"]


@pytest.mark.parametrize(
    ("trial", "more", "says"),
    [
        ("sinda", [], "did you mean sindas?"),
        ("sindas", ["--leave-out", "brains"], "none of that id"),
        ("sindas", ["--endpoint", "OSS"], "endpoint OSS"),
        ("sindas", ["--reported", "hr=0"], "above 0"),
    ],
)
def test_what_cannot_be_asked_is_refused_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], trial: str, more: list[str], says: str
) -> None:
    source, words = source_of(tmp_path, 20, 18), figure(tmp_path, one=arm(5, 60, 9), two=arm(6, 60, 9))
    assert main(["cohort", "against", trial, str(source), "-o", str(tmp_path / "out"), *words, *more]) == 2
    assert says in capsys.readouterr().err.lower().replace("oss", "OSS")
    assert not (tmp_path / "out").exists()
