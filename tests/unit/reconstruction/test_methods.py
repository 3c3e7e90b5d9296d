"""The methods of others beside ours: curves drawn here by a seed, and readings on which their programs in R were run."""

import json
from typing import Any

import numpy as np
import pytest

import oligoscope as osc
from oligoscope.errors import NotAllowed
from oligoscope.report.ipd import Patients
from oligoscope.synthesis.reconstruction import METHODS, rebuild
from oligoscope.synthesis.survival import followed, kaplan_meier
from tests.support.shared import shared
from tests.unit.reconstruction.test_rebuild import drawn, made_up, read_by_others

OTHERS = ("guyot", "iterative")
IN_R = {"guyot": "guyot_kmdata", "iterative": "modified_ikm"}


@pytest.mark.parametrize("method", OTHERS)
@pytest.mark.parametrize("seed", range(3))
def test_exact_corners_give_one_set_near_the_curve(method: str, seed: int) -> None:
    time, event = made_up(seed, 120, 14)
    (arm,) = rebuild([drawn(time, event, [0, 6, 12, 18, 24, 30])], size=40, method=method)
    (member,) = arm.members
    curve, true = kaplan_meier(followed(member.time, member.event)), kaplan_meier(followed(time, event))
    heights = curve.survival[np.searchsorted(curve.times, true.times + 1e-9, side="right") - 1]
    assert len(member.time) == 120
    # Of the last three at risk one more or less has the event: 0.035 of the curve.
    assert np.abs(heights - true.survival).max() < 0.04
    assert abs(member.event.sum() - event.sum()) <= 5


def test_the_iterative_one_meets_numbers_at_risk() -> None:
    time, event = made_up(5, 200, 20)
    given = drawn(time, event, [0.0, 6, 12, 18, 24, 30, 36])
    (arm,) = rebuild([given], method="iterative")
    assert [(arm.members[0].time >= tick).sum() for tick in given.risk_time] == given.at_risk.tolist()


def test_the_iterative_one_leaves_a_stray_reading_out_and_guyot_does_not() -> None:
    time, event = made_up(4, 150, 14)
    arm = drawn(time, event, [0.0, 12, 24])
    arm.survival[20] -= 0.25
    off = {}
    for method in OTHERS:
        (member,) = rebuild([arm], method=method)[0].members
        off[method] = abs(member.event.sum() - event.sum())
    assert off["iterative"] <= 3 < off["guyot"]


@pytest.mark.parametrize("method", OTHERS)
def test_events_given_are_met_after_the_last_number_at_risk(method: str) -> None:
    time, event = made_up(7, 150, 10)
    known = int(event.sum())
    (arm,) = rebuild([drawn(time, event, [0.0], events=known)], method=method)
    assert int(arm.members[0].event.sum()) == known
    (free,) = rebuild([drawn(time, event, [0.0])], method=method)
    assert int(free.members[0].event.sum()) > known, "without numbers at risk nobody counts as censored before the end"


@pytest.mark.parametrize("method", OTHERS)
def test_more_events_than_the_curve_has_room_for_are_named(method: str) -> None:
    curve = {"time": [0, 2.0, 5.0, 8.0, 12.0], "survival": [1.0, 0.9, 0.7, 0.6, 0.6]}
    found: Patients = osc.ipd(curve, {"time": [0, 6], "n_risk": [20, 12]}, events=19, method=method).found
    assert found.sets == 1
    assert [each.constraint for each in found.compared.arms[0].violations] == ["events"]
    assert found.compared.arms[0].curve.n == 20


def test_several_arms_marks_and_the_report() -> None:
    curve = {
        "arm": ["one"] * 5 + ["two"] * 5,
        "time": [0, 2, 5, 8, 9] * 2,
        "survival": [1.0, 0.9, 0.7, 0.6, 1.0, 1.0, 0.8, 0.5, 0.3, 1.0],
        "kind": ["curve", "curve", "curve", "curve", "censored"] * 2,
    }
    risk = {"arm": ["one", "one", "two", "two"], "time": [0, 6] * 2, "n_risk": [20, 12, 20, 9]}
    for method in OTHERS:
        found = osc.ipd(curve, risk, method=method)
        told: Any = found.model_dump()
        assert told["variant"]["name"] == method
        assert told["variant"]["sets"] == 1
        assert told["hr"]["sets_low"] == told["hr"]["value"] == told["hr"]["sets_high"]
        assert told["arms"][0]["notes"] == [f"marks of censoring are not used by the method {method}"]
        assert "(one set)" in str(found)
        assert "of chance only" in str(found)


def test_what_a_method_cannot_take_is_refused() -> None:
    curve = {"time": [0, 2.0, 5.0, 8.0], "survival": [1.0, 0.9, 0.7, 0.6]}
    with pytest.raises(
        NotAllowed, match=r"n_risk 20, then 26 of all: the method guyot knows no patients who come in late"
    ):
        osc.ipd(curve, {"time": [0, 4], "n_risk": [20, 26]}, method="guyot")
    with pytest.raises(NotAllowed, match=r"method parmar: .*Allowed: constrained, guyot, iterative"):
        osc.ipd(curve, {"time": [0, 4], "n_risk": [20, 16]}, method="parmar")


@pytest.mark.parametrize(("method", "apart"), [("guyot", 5), ("iterative", 2)])
def test_traces_give_the_events_that_programs_in_r_give(method: str, apart: int) -> None:
    rows = json.loads((shared("reference") / "km_reconstruction_r.json").read_text())
    known = {
        row["case"]: row
        for row in rows
        if (row["method"], row["input"], row["events_given"]) == (IN_R[method], "trace", False)
    }
    assert len(known) == 8
    for name, row in known.items():
        curve, risk, case = read_by_others(name, "trace")
        found: Patients = osc.ipd(curve, risk, method=method).found
        ours = [int(arm.curve.events.sum()) for arm in found.compared.arms]
        assert max(abs(a - b) for a, b in zip(ours, row["events"], strict=True)) <= apart, name
        assert abs(_error(found, case)) <= 0.01, name


def test_ours_is_nearer_at_its_worst_than_either() -> None:
    worst = dict.fromkeys(METHODS, 0.0)
    for name in ("RTOG0617_2A", "survival_lung", "survival_veteran"):
        for kind in ("trace", "clicks"):
            curve, risk, case = read_by_others(name, kind)
            for method in METHODS:
                found: Patients = osc.ipd(curve, risk, method=method).found
                worst[method] = max(worst[method], abs(_error(found, case)))
    assert worst["constrained"] <= 0.02 < min(worst["guyot"], worst["iterative"])
    assert max(worst.values()) <= 0.03


def _error(found: Patients, case: dict[str, Any]) -> float:
    value = found.compared.ratios[0].value
    assert value is not None
    return float(np.log(value) - case["truth"]["log_hr"])
