"""What a chart says by saying something else, for a case and for a registry alike."""

import csv
from pathlib import Path

import polars as pl
import pytest

import oligoscope as osc

TODAY = "2024-06-01"
BASE = {"assessed": "2024-05-02"}


def facts(document: dict[str, object]) -> dict[str, object]:
    """What the case says, by the facts that rest on it."""
    answer = osc.assess({**BASE, **document}, today=TODAY)
    return {name: fact.value for name, fact in answer.facts.items()}


THERAPY = {"class": "chemotherapy", "start": "2023-01-10"}


def test_a_therapy_that_was_stopped_is_not_ongoing() -> None:
    stopped = facts({"systemic_therapy": [{**THERAPY, "stop": "2023-06-01"}]})
    silent = facts({"systemic_therapy": [THERAPY]})
    going = facts({"systemic_therapy": [{**THERAPY, "ongoing": True}]})
    names = [name for name in stopped if stopped[name] is False and silent[name] is None and going[name] is True]
    assert names, "no fact tells a therapy that goes on from one that was stopped"


def test_a_stop_does_not_overrule_what_is_written() -> None:
    """A last day after the assessment cannot be written, one on that day may."""
    last_day = facts({"systemic_therapy": [{**THERAPY, "stop": "2024-05-02", "ongoing": True}]})
    going = facts({"systemic_therapy": [{**THERAPY, "ongoing": True}]})
    assert {name: last_day[name] for name in going if going[name] is not None} == {
        name: value for name, value in going.items() if value is not None
    }


@pytest.mark.parametrize(
    ("written", "same_as"),
    [
        ({"malignant_effusion": True}, {"malignant_effusion": True, "diffuse_disease": True}),
        ({"diffuse_disease": False}, {"malignant_effusion": False, "diffuse_disease": False}),
    ],
)
def test_an_effusion_is_diffuse_disease(written: dict[str, object], same_as: dict[str, object]) -> None:
    lesions = {"lesions_complete": True, "lesions": [{"id": "L1", "organ": "liver"}]}
    one = osc.assess({**BASE, **lesions, **written}, today=TODAY).model_dump()
    other = osc.assess({**BASE, **lesions, **same_as}, today=TODAY).model_dump()
    assert one["decisions"] == other["decisions"]
    assert one["decisions"] != osc.assess({**BASE, **lesions}, today=TODAY).model_dump()["decisions"]


def test_a_registry_says_the_same(tmp_path: Path) -> None:
    start, stop, ongoing = (f"systemic_therapy1_{name}" for name in ("start", "stop", "ongoing"))
    rows = [
        {"patient_id": "stopped", start: "2023-01-10", stop: "2023-06-01"},
        {"patient_id": "written", start: "2023-01-10", stop: "2023-06-01", ongoing: "false"},
        {"patient_id": "silent", start: "2023-01-10"},
    ]
    names = list(dict.fromkeys(name for row in rows for name in row))
    with (tmp_path / "flat.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["assessed", *names])
        writer.writeheader()
        writer.writerows({**BASE, **row} for row in rows)
    answers = osc.assess_cohort(tmp_path / "flat.csv", today=TODAY).answers
    stopped, written, silent = (answers.filter(pl.col("patient_id") == row["patient_id"]) for row in rows)
    assert stopped.drop("patient_id").equals(written.drop("patient_id"))
    assert not stopped.drop("patient_id").equals(silent.drop("patient_id"))
