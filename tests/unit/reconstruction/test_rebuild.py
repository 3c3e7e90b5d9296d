"""Patients out of curves whose patients are known: drawn here by a seed, or of trials and data sets read by others."""

import json
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

import oligoscope as osc
from oligoscope.report.ipd import Patients
from oligoscope.synthesis.reconstruction import Drawn, Member, rebuild
from oligoscope.synthesis.reconstruction.compare import _unmet
from oligoscope.synthesis.reconstruction.readings import levels
from oligoscope.synthesis.reconstruction.rebuild import Rebuilt
from oligoscope.synthesis.survival import followed, kaplan_meier
from oligoscope.synthesis.survival.risk import Array
from tests.support.shared import shared

TRIALS = ("RTOG0617_2A", "survival_lung", "survival_veteran")


def made_up(seed: int, n: int, median: float) -> tuple[Array, Array]:
    """Times and events of patients with early and late censoring, to a tenth of a month."""
    random = np.random.default_rng(seed)
    death = random.exponential(median / np.log(2), n)
    censored = np.minimum(random.uniform(12, 40, n), np.where(random.random(n) < 0.1, random.uniform(0, 12, n), 99))
    return np.ceil(np.minimum(death, censored) * 10) / 10, (death <= censored).astype(float)


def drawn(time: Array, event: Array, ticks: list[float], **more: Any) -> Drawn:
    """The exact corners of their curve with the numbers at risk at ticks."""
    curve = kaplan_meier(followed(time, event))
    falls = curve.events > 0
    corners = np.concatenate([[0.0], curve.times[falls], [time.max()]])
    height = np.concatenate([[1.0], curve.survival[falls], curve.survival[-1:]])
    at_risk = followed(time, event).at_risk(np.array(ticks))
    return Drawn("arm", corners, height, np.array(ticks), at_risk, more.pop("marks", np.array([])), **more)


@pytest.mark.parametrize("seed", range(3))
def test_exact_corners_give_back_the_curve_and_nearly_every_event(seed: int) -> None:
    # Not every one: 2 events of 20 at risk make the same drop as 1 of 10, and who was censored before it is unknown.
    time, event = made_up(seed, 120, 14)
    (arm,) = rebuild([drawn(time, event, [0, 6, 12, 18, 24, 30])], size=3)
    true = kaplan_meier(followed(time, event))
    for member in arm.members:
        curve = kaplan_meier(followed(member.time, member.event))
        heights = curve.survival[np.searchsorted(curve.times, true.times + 1e-9, side="right") - 1]
        assert np.abs(heights - true.survival).max() < 0.005
        assert abs(member.event.sum() - event.sum()) <= 2
        assert len(member.time) == 120


def test_numbers_at_risk_are_met_by_every_set() -> None:
    time, event = made_up(5, 200, 20)
    ticks = [0.0, 6, 12, 18, 24, 30, 36]
    arm_drawn = drawn(time, event, ticks)
    (arm,) = rebuild([arm_drawn], size=10)
    for member in arm.members:
        assert [(member.time >= tick).sum() for tick in ticks] == arm_drawn.at_risk.tolist()


def test_marks_of_censoring_are_its_times() -> None:
    time, event = made_up(6, 80, 14)
    marks = np.sort(time[event == 0])
    (arm,) = rebuild([drawn(time, event, [0, 12, 24], marks=marks)], size=2)
    for member in arm.members:
        assert np.isin(np.round(member.time[member.event == 0], 6), np.round(marks, 6)).mean() > 0.9


def test_without_numbers_at_risk_after_the_first_the_events_decide() -> None:
    time, event = made_up(7, 150, 10)
    alone = drawn(time, event, [0.0], events=int(event.sum()))
    (arm,) = rebuild([alone], size=4)
    assert {int(member.event.sum()) for member in arm.members} == {int(event.sum())}


def test_rising_numbers_at_risk_are_late_entries() -> None:
    curve = {"time": [0, 2.0, 5.0, 8.0, 12.0], "survival": [1.0, 0.9, 0.7, 0.6, 0.6]}
    found: Patients = osc.ipd(curve, {"time": [0, 4, 8, 12], "n_risk": [20, 26, 15, 4]}, sets=5).found
    (arm,) = found.compared.arms
    assert "rise (left truncation)" in arm.violations[0].says
    assert (arm.member.entry > -1).sum() == 0 or (arm.member.entry >= 0).sum() >= 8
    assert arm.curve.n == len(arm.member.time) >= 28
    assert arm.max_distance < 0.05


def test_a_table_that_leaves_no_room_for_the_events_is_named() -> None:
    curve = {"time": [0, 2.0, 5.0, 8.0, 12.0], "survival": [1.0, 0.9, 0.7, 0.6, 0.6]}
    found: Patients = osc.ipd(curve, {"time": [0, 6, 12], "n_risk": [100, 95, 20]}, sets=5).found
    (arm,) = found.compared.arms
    assert [violation.constraint for violation in arm.violations] == ["at_risk"]
    assert arm.violations[0].says == (
        "of 100 at risk at 0, the curve leaves at most 70 at 6, where the table has 95: that number was left out"
    )
    assert arm.verdict == "usable"
    assert arm.rmse < 0.01


def test_numbers_counted_after_the_events_of_their_time_are_recognised() -> None:
    times = np.arange(1.0, 31.0)
    time = np.repeat(times, 4)
    event = np.tile([1.0, 1.0, 1.0, 0.0], 30)
    arm = drawn(time, event, [0.0, 5, 10, 15, 20, 25])
    left = np.array([120, *((time > tick).sum() + (time == tick).sum() - 3 for tick in (5, 10, 15, 20, 25))], float)
    after = Drawn("arm", arm.time, arm.survival, arm.risk_time, left, arm.marks)
    (before_told,) = rebuild([arm], size=2)
    (after_told,) = rebuild([after], size=2)
    assert not before_told.notes
    assert "counted after the events" in after_told.notes[0]
    assert {int(member.event.sum()) for member in after_told.members} == {90}


def test_published_numbers_that_do_not_fit_are_named_and_those_that_fit_are_met() -> None:
    one, other = made_up(8, 70, 8), made_up(9, 70, 14)
    arms = [drawn(*each, [0.0, 6, 12, 18, 24]) for each in (one, other)]
    table: dict[str, list[Any]] = {"arm": [], "time": [], "survival": []}
    risk: dict[str, list[Any]] = {"arm": [], "time": [], "n_risk": []}
    for name, arm in zip(("control", "new"), arms, strict=True):
        table = {
            key: table[key] + more
            for key, more in zip(table, ([name] * len(arm.time), [*arm.time], [*arm.survival]), strict=True)
        }
        risk = {
            key: risk[key] + more
            for key, more in zip(risk, ([name] * len(arm.risk_time), [*arm.risk_time], [*arm.at_risk]), strict=True)
        }
    plain = osc.ipd(table, risk, sets=10).found.compared
    fits = {"median": [f"{arm.curve.quantile().value:.1f}" for arm in plain.arms], "hr": f"{plain.ratios[0].value:.2f}"}
    assert osc.ipd(table, risk, sets=10, reported=fits).found.compared.violations == ()
    wrong = {"median": ["3.0", "-"], "hr": "0.20", "p": "0.9", "rate@6": ["0.95", "-"]}
    found = osc.ipd(table, risk, sets=10, reported=wrong).found.compared
    assert [each.constraint for each in found.violations] == ["hr", "p"]
    assert [each.constraint for each in found.arms[0].violations][:2] == ["median", "rate"]
    assert found.verdict != "good"


def test_the_same_seed_gives_the_same_patients() -> None:
    time, event = made_up(10, 60, 10)
    first, second = (rebuild([drawn(time, event, [0.0, 12])], size=3, seed=4)[0] for _ in range(2))
    assert all(np.array_equal(a.time, b.time) for a, b in zip(first.members, second.members, strict=True))


def read_by_others(name: str, kind: str) -> tuple[dict[str, list[Any]], dict[str, list[Any]], dict[str, Any]]:
    """The readings of a kind, the numbers at risk, and the case with the truth."""
    case = json.loads((shared("data/km") / f"{name}.json").read_text())
    curve: dict[str, list[Any]] = {"arm": [], "time": [], "survival": []}
    risk: dict[str, list[Any]] = {"arm": [], "time": [], "n_risk": []}
    for arm in case["arms"]:
        curve["arm"] += [arm["label"]] * len(arm[kind]["time"])
        curve["time"] += arm[kind]["time"]
        curve["survival"] += arm[kind]["surv"]
        risk["arm"] += [arm["label"]] * len(arm["risk_times"])
        risk["time"] += arm["risk_times"]
        risk["n_risk"] += arm["n_risk"]
    return curve, risk, case


def traced(time: Array, event: Array, ticks: list[float], columns: Array, rows: int, **more: Any) -> Drawn:
    """A trace of their curve: its height, to a pixel, where each column of a picture is."""
    curve = kaplan_meier(followed(time, event))
    height = np.r_[1.0, curve.survival][np.searchsorted(curve.times, columns, side="right")]
    at_risk = followed(time, event).at_risk(np.array(ticks))
    return Drawn("arm", columns, np.round(height * rows) / rows, np.array(ticks), at_risk, np.array([]), **more)


def test_a_last_drop_that_no_column_shows_is_as_likely_as_late_events_make_it() -> None:
    # Both traces stop between two columns, before their last patient leaves. Where all late ones had the event, so had
    # he in most sets; where the late ones were censored while the curve ran flat, he was censored in most.
    death = np.sort(np.random.default_rng(3).exponential(10, 60)) + 0.05
    columns = np.arange(0, death[-1], 0.05)[:-1]
    assert columns[-1] > death[-2]
    late = [0.0, 6, 12, 18, 24]
    (died,) = rebuild([traced(death, np.ones(60), late, columns, 500)], size=40)
    events = [int(member.event.sum()) for member in died.members]
    assert 0.6 * 40 < events.count(60) < 40
    assert set(events) <= {59, 60}
    time, event = np.r_[death[:52], 24.0 + np.arange(8)], np.r_[np.ones(52), np.zeros(8)]
    columns = np.arange(0, 31, 0.05)
    (left,) = rebuild([traced(time, event, [0.0, 6, 12, 18, 24], columns, 500)], size=40)
    events = [int(member.event.sum()) for member in left.members]
    assert events.count(52) > 0.6 * 40
    (told,) = rebuild([traced(death, np.ones(60), late, np.arange(0, death[-1], 0.05)[:-1], 500, events=60)], size=4)
    assert {int(member.event.sum()) for member in told.members} == {60}


def test_a_drop_to_nothing_from_high_up_would_be_seen() -> None:
    time, event = np.r_[np.arange(1, 11) * 1.0, 12.0], np.r_[np.ones(8), np.zeros(3)]
    (arm,) = rebuild([traced(time, event, [0.0, 3.5, 6.5], np.arange(0, 11.9, 0.05), 500)], size=40)
    assert arm.curve.fall[-1] > 0.1
    assert max(int(member.event.sum()) for member in arm.members) == 8


def test_large_drops_are_found_whole() -> None:
    # Many events at once, as of visits. That nobody was censored before a drop is always tried, whatever is expected.
    time = np.repeat([1.0, 2, 3, 6, 8, 9, 10, 15], [9, 2, 9, 3, 10, 12, 1, 1])
    event = np.ones(len(time))
    event[[9, 10, 32, 45, 46]] = 0
    (found,) = rebuild([drawn(time, event, [0.0, 12])], size=40)
    assert int(event.sum()) in {int(member.event.sum()) for member in found.members}


def test_a_coarse_picture_leaves_more_open_than_a_fine_one() -> None:
    time, event = made_up(11, 90, 10)
    columns = np.arange(0, time.max(), 0.05)
    spread = {}
    for rows in (100, 1000):
        (arm,) = rebuild([traced(time, event, [0.0, 12, 24], columns, rows)], size=30)
        events = [int(member.event.sum()) for member in arm.members]
        assert min(events) <= event.sum() <= max(events)
        spread[rows] = float(np.std([member.time.sum() for member in arm.members]))
    assert spread[100] > spread[1000]


def test_a_trace_says_itself_whether_its_axes_were_placed_a_little_wrong() -> None:
    time, event = made_up(12, 300, 10)
    columns = np.arange(0, time.max(), 0.05)
    exact = traced(time, event, [0.0, 12, 24], columns, 250)
    # Levels up to two pixels off, as where the line is read at its edge.
    off = np.unique(exact.survival, return_inverse=True)[1] % 3 / 250
    wrong = Drawn(
        "arm", columns, exact.survival - off * (exact.survival < 1), exact.risk_time, exact.at_risk, exact.marks
    )
    noise = [float(np.median(rebuild([arm], size=2)[0].curve.noise)) for arm in (exact, wrong)]
    assert noise[1] > 1.5 * noise[0]


def test_the_pixel_of_a_trace_is_its_usual_step() -> None:
    # 1 is cut off, and one level lies between two rows: neither halves the error that every other level has.
    height = np.repeat(np.array([250.0, 240, 239.5, 230, 229, 220, 219, 210, 209, 199]), 20) / 250
    found = levels(np.arange(200) / 10, height, 30)
    assert np.allclose(found.noise, 12**-0.5 / 250, rtol=0.2)


@pytest.mark.parametrize("name", TRIALS)
@pytest.mark.parametrize("given", [True, False], ids=["events", "no events"])
@pytest.mark.parametrize(("kind", "most"), [("trace", 0.01), ("clicks", 0.02)])
def test_hazard_ratios_of_figures_read_by_others(name: str, kind: str, most: float, given: bool) -> None:
    curve, risk, case = read_by_others(name, kind)
    events = [arm["events"] for arm in case["arms"]]
    found: Patients = osc.ipd(curve, risk, events=events if given else None, sets=30).found
    ratio = found.compared.ratios[0]
    assert ratio.value is not None
    assert abs(np.log(ratio.value) - case["truth"]["log_hr"]) <= most
    assert not given or [int(arm.curve.events.sum()) for arm in found.compared.arms] == events


def unmet(stretches: Sequence[tuple[float, int]] = (), rate: float = 0.6) -> list[str]:
    """What two dead and three censored of five leave unmet, by name."""
    time, event = np.array([1.0, 2, 3, 4, 5]), np.array([1.0, 1, 0, 0, 0])
    rows = tuple(SimpleNamespace(end=end, left=left) for end, left in stretches)
    arm = SimpleNamespace(drawn=SimpleNamespace(events=None, rates=[(2.5, rate, 0.01)]), stretches=rows)
    member = Member(time, event, np.zeros(5))
    return [each.constraint for each in _unmet(cast(Rebuilt, arm), member, kaplan_meier(followed(time, event)), None)]


@pytest.mark.parametrize(("rate", "is_told"), [(0.61, False), (0.615, True), (0.585, True), (0.6, False)])
def test_a_published_rate_is_met_within_half_of_its_last_digit(rate: float, is_told: bool) -> None:
    assert unmet(rate=rate) == (["rate"] if is_told else [])


@pytest.mark.parametrize(("left", "n_told"), [(3, 0), (4, 1)])
def test_every_number_at_risk_but_that_of_the_end_is_held_to_the_patients(left: int, n_told: int) -> None:
    assert len(unmet([(2.5, left), (5.0, 99)])) == n_told
