"""Selection, pooling, audit, coverage and drift, held to studies that nobody published."""

import copy
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from oligoscope.appraisal.audit import arithmetic, audit, twice
from oligoscope.appraisal.checks import CHECKS, Z_SLACK
from oligoscope.appraisal.drift import drift
from oligoscope.appraisal.pool import Pool
from oligoscope.appraisal.pool import pool as pool_by
from oligoscope.appraisal.select import LeftOut, Request, Selected
from oligoscope.appraisal.select import select as select_by
from oligoscope.evidence import EvidenceError, Study
from oligoscope.evidence.store import read_study
from oligoscope.knowledge import load
from oligoscope.report.pooled import pool_json, pool_text, row_text

MADE_UP = Path(__file__).parent.parent / "made_up/steady.yaml"
STEADY = yaml.safe_load(MADE_UP.read_text())
EVIDENCE = load().evidence
REVIEW_DAY, TODAY = "2022-09-01", "2026-11-25"


def select(request: Request, studies: Sequence[Study]) -> tuple[tuple[Selected, ...], tuple[LeftOut, ...]]:
    return select_by(request, studies, EVIDENCE.terms)


def pool(request: Request, studies: Sequence[Study]) -> Pool:
    return pool_by(request, studies, EVIDENCE.terms)


def study(**changes: Any) -> Study:
    return Study.model_validate({**copy.deepcopy(STEADY), **changes})


def with_results(*results: dict[str, Any], **changes: Any) -> Study:
    base = {"report": "steady-2025", "endpoint": "PFS", "status": "seen"}
    return study(results=[{"id": f"r{n}", **base, **result} for n, result in enumerate(results)], **changes)


def ratio(value: float, low: float, high: float, level: float = 0.95, **more: Any) -> dict[str, Any]:
    return {
        "measure": "hazard_ratio",
        "value": value,
        "interval": {"low": low, "high": high, "level": level},
        "comparison": "lct vs control",
        **more,
    }


# ---- selection and pooling -----------------------------------------------------------------------


def names(request: Request, studies: list[Study] | None = None) -> list[str]:
    return [row.study.study for row in select(request, studies or EVIDENCE.studies())[0]]


def test_the_world_as_the_review_saw_it_holds_its_trials_only() -> None:
    found = names(Request("PFS", REVIEW_DAY))
    assert found == ["gomez-lct", "sabr-comet"]
    everything = names(Request("PFS", REVIEW_DAY, admitted=frozenset({"unverified", "concern", "approximate"})))
    assert set(everything) == {"gomez-lct", "iyengar-sabr", "sabr-comet", "sindas"}
    assert all(EVIDENCE.study(name).in_review for name in everything)


def test_what_is_left_out_says_why_and_what_would_admit_it() -> None:
    left = {entry.study.study: entry for entry in select(Request("PFS", TODAY), EVIDENCE.studies())[1]}
    assert left["sindas"].kind == "concern"
    assert left["nrg-lu002"].kind == left["iyengar-sabr"].kind == "unverified"
    assert left["pembro-rt"].kind == "indirect"
    assert "oligoprogressive" in left["curb"].reason
    assert left["curb"].kind == ""


def test_one_trial_is_counted_once() -> None:
    request = Request("PFS", TODAY, "any", admitted=frozenset({"indirect", "unverified"}), randomised=False)
    found = names(request)
    assert not {"theelen-pooled"} & set(found)
    assert "counted already" in next(
        e.reason for e in select(request, EVIDENCE.studies())[1] if e.study.study == "theelen-pooled"
    )


def test_the_pool_is_that_of_its_inputs() -> None:
    found = pool(Request("PFS", TODAY), EVIDENCE.studies())
    assert found.fit is not None
    y = np.array([row.effect.log_ratio for row in found.selected])
    w = 1 / np.array([row.effect.se**2 for row in found.selected])
    fixed = next(v.fit for v in found.methods if v.label == "fixed effect")
    assert fixed.estimate == pytest.approx(float(w @ y / w.sum()))
    assert found.fit.tau2 == 0
    assert found.fit.estimate == pytest.approx(fixed.estimate)
    assert [row.effect.method for row in found.selected if row.study.study == "nrog-china-002"] == [
        "hazard ratio and P value"
    ]
    assert next(row for row in found.selected if row.study.study == "gomez-lct").effect.se == pytest.approx(
        math.log(0.66 / 0.18) / (2 * 1.6448536269514722)
    )


def test_a_new_trial_changes_pool_and_drift_without_code() -> None:
    before, after = (
        pool(Request("PFS", TODAY), EVIDENCE.studies()),
        pool(Request("PFS", TODAY), [*EVIDENCE.studies(), study()]),
    )
    assert before.fit is not None
    assert after.fit is not None
    assert after.fit.k == before.fit.k + 1
    assert after.fit.estimate > before.fit.estimate
    changed = drift(REVIEW_DAY, TODAY, load(), studies=[*EVIDENCE.studies(), study()])
    assert "steady" in {row.study.study for row in changed.pools[0].entered}
    assert "steady" in {new.study.study for new in changed.newcomers}


def test_as_of_uses_the_report_that_was_out() -> None:
    early = select(Request("PFS", "2019-12-31"), EVIDENCE.studies())[0]
    late = select(Request("PFS", TODAY), EVIDENCE.studies())[0]
    assert [row.report.published for row in early if row.study.study == "sabr-comet"] == ["2019"]
    assert [row.report.published for row in late if row.study.study == "sabr-comet"] == ["2022"]


def test_direction_without_and_unknown_words() -> None:
    turned = with_results(
        {**ratio(1.25, 0.97, 1.61), "comparison": "control vs lct", "direction": "control over experimental"}
    )
    (row,) = select(Request("PFS", TODAY), [turned])[0]
    assert row.effect.log_ratio == pytest.approx(-math.log(1.25))
    assert "gomez-lct" not in names(Request("PFS", TODAY, without=("gomez-lct",)))
    for wrong in (
        Request("PSF", TODAY),
        Request("PFS", TODAY, "egfr-mutant"),
        Request("PFS", TODAY, without=("gomez",)),
        Request("PFS", TODAY, admitted=frozenset({"concerns"})),
    ):
        with pytest.raises(EvidenceError, match="Nearest"):
            pool(wrong, EVIDENCE.studies())


def test_an_interval_without_a_level_is_not_guessed() -> None:
    silent = with_results({"measure": "hazard_ratio", "value": 0.8, "interval": {"low": 0.62, "high": 1.03}})
    rows, left = select(Request("PFS", TODAY), [silent])
    assert not rows
    assert left[0].reason == "no effect with an error is published"


def test_unverified_numbers_enter_no_output() -> None:
    found = pool(Request("PFS", TODAY, admitted=frozenset({"unverified"})), EVIDENCE.studies())
    text, data = pool_text(found), json.loads(json.dumps(pool_json(found)))
    assert "0.304" not in text
    assert "0.66 to 1.31" not in text
    hidden = {entry["study"]: entry for entry in data["studies"] if not entry["verified"]}
    assert set(hidden) == {"iyengar-sabr", "nrg-lu002"}
    assert all(entry["hr"] is entry["log_hr"] is entry["se"] is None for entry in hidden.values())


# ---- audit ---------------------------------------------------------------------------------------


def alarms(*results: dict[str, Any], **changes: Any) -> set[str]:
    return {alarm.check for alarm in arithmetic(with_results(*results, **changes))}


def test_a_consistent_study_raises_no_alarm() -> None:
    assert not audit([study()])


@pytest.mark.parametrize(
    ("check", "results"),
    [
        ("centre", [ratio(0.70, 0.62, 1.03)]),
        ("inside", [ratio(0.50, 0.62, 1.03)]),
        ("level", [ratio(0.60, 0.42, 0.86), {"measure": "p_value", "value": 0.05}]),
        ("level", [ratio(0.66, 0.50, 0.87, p={"value": 0.025, "sides": 1})]),
        (
            "level",
            [ratio(0.80, 0.62, 1.03), {"measure": "p_value", "value": 0.001, "p": {"value": 0.001, "operator": "<"}}],
        ),
        ("information", [ratio(0.80, 0.76, 0.84)]),
        ("events", [{"measure": "hazard_ratio", "value": 0.90}, {"measure": "p_value", "value": 0.0001}]),
        ("events", [{"measure": "hazard_ratio", "value": 0.60, "events": 20}, {"measure": "p_value", "value": 0.001}]),
        (
            "medians",
            [
                ratio(0.80, 0.62, 1.03),
                {"measure": "median", "arm": "lct", "value": 5.0},
                {"measure": "median", "arm": "control", "value": 14.0},
            ],
        ),
        ("versions", [ratio(0.80, 0.62, 1.03), ratio(0.60, 0.46, 0.78)]),
        (
            "proportion",
            [
                {"measure": "count", "value": 4, "unit": "patients", "n": 20, "arm": "lct"},
                {"measure": "rate", "value": 25, "unit": "percent", "arm": "lct"},
            ],
        ),
        ("review-value", [{"measure": "rate", "value": 39.2, "unit": "percent", "in_review": {"value": 60}}]),
    ],
)
def test_each_inconsistency_is_found(check: str, results: list[dict[str, Any]]) -> None:
    found = {alarm.check for alarm in audit([with_results(*results)])}
    assert check in found
    assert found <= set(CHECKS)


def test_a_second_report_on_the_other_side_of_significance_is_named() -> None:
    reports = [{"id": "steady-2025", "published": "2025"}, {"id": "steady-2026", "published": "2026"}]
    assert "versions" in alarms(
        {"measure": "p_value", "value": 0.03},
        {"measure": "p_value", "value": 0.11, "report": "steady-2026"},
        reports=reports,
    )


def test_one_trial_under_two_names() -> None:
    other = study(study="other", registry=["NCT99999901"])
    assert [alarm.check for alarm in twice([study(), other])] == ["twice"]
    hidden = study(study="other", registry=[], n=300)
    assert [alarm.check for alarm in twice([study(n=300), hidden])] == ["twice"]
    assert not list(twice([study(), study(study="other", registry=["NCT99999902"])]))


@settings(deadline=None, max_examples=300)
@given(
    st.floats(0.2, 1.6),
    st.integers(20, 400),
    st.sampled_from([0.8, 0.9, 0.95, 0.99]),
    st.integers(1, 3),
    st.floats(-1, 1),
)
def test_honest_numbers_raise_no_alarm_however_rounded(
    hr: float, events: int, level: float, places: int, wobble: float
) -> None:
    """A Wald interval, a log-rank P within its slack, exponential medians and percentages, all rounded as papers do."""
    se = 2 / math.sqrt(events)
    z = float(stats.norm.ppf((1 + level) / 2))
    low, value, high = (round(math.exp(math.log(hr) + x * z * se), places) for x in (-1, 0, 1))
    p = float(2 * stats.norm.sf(abs(math.log(hr) / se + wobble * Z_SLACK)))
    if not 0 < low < value < high or p < 0.0006:
        return
    results = [ratio(value, low, high, level), {"measure": "p_value", "value": round(p, 3 if p < 0.1 else 2)}]
    results += [
        {"measure": "median", "arm": "lct", "value": round(10 / hr, 1)},
        {"measure": "median", "arm": "control", "value": 10.0},
    ]
    n = 2 * events + 40
    sized = with_results(*results, arms=[{"id": "lct", "n": n // 2}, {"id": "control", "n": n - n // 2}])
    assert not [alarm.finding for alarm in arithmetic(sized)]


def test_the_audit_shows_what_numbers_of_the_packaged_studies_cannot_both_hold() -> None:
    by_study = {(alarm.check, alarm.study) for alarm in audit(EVIDENCE.studies())}
    assert {
        ("centre", "sindas"),
        ("medians", "sindas"),
        ("versions", "sindas"),
        ("information", "theelen-pooled"),
        ("versions", "northstar"),
        ("proportion", "tang-2021"),
    } <= by_study


def test_alarms_on_unverified_numbers_do_not_print_them() -> None:
    hidden = [alarm for alarm in audit(EVIDENCE.studies()) if not alarm.shown]
    assert hidden
    assert not any(any(character.isdigit() for character in alarm.finding) for alarm in hidden)


# ---- coverage and records ------------------------------------------------------------------------


def test_every_name_in_the_review_resolves() -> None:
    known = {s.study for s in EVIDENCE.studies()}
    assert all(set(s.studies) <= known for s in EVIDENCE.statements)
    numbers = {reference.ref for reference in EVIDENCE.references}
    assert numbers == set(range(1, 65))
    assert all(set(s.refs) <= numbers for s in EVIDENCE.statements)
    told = {s.id for s in EVIDENCE.statements}
    assert all(
        r.in_review is None or r.in_review.statement is None or r.in_review.statement in told
        for s in EVIDENCE.studies()
        for r in s.results
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {
                "results": [
                    {"id": "a", "report": "nowhere", "endpoint": "PFS", "measure": "rate", "value": 1, "status": "seen"}
                ]
            },
            "nowhere is not a report",
        ),
        (
            {
                "results": [
                    {
                        "id": "a",
                        "report": "steady-2025",
                        "endpoint": "PFS",
                        "measure": "hazard",
                        "value": 1,
                        "status": "seen",
                    }
                ]
            },
            "measure",
        ),
        (
            {"results": [ratio(0.8, 1.03, 0.62, id="a", report="steady-2025", endpoint="PFS", status="seen")]},
            "wrong way round",
        ),
        (
            {"results": [ratio(0.8, 0.62, 1.03, 95, id="a", report="steady-2025", endpoint="PFS", status="seen")]},
            "level",
        ),
        (
            {"results": [ratio(-0.8, 0.62, 1.03, id="a", report="steady-2025", endpoint="PFS", status="seen")]},
            "not a ratio",
        ),
        ({"reports": []}, "reports"),
        ({"study": "unsteady"}, "name the file unsteady.yaml"),
        ({"titel": "x"}, "titel"),
    ],
)
def test_a_wrong_record_is_refused_with_its_place(change: dict[str, Any], said: str) -> None:
    with pytest.raises(EvidenceError, match=said):
        read_study(yaml.safe_dump({**copy.deepcopy(STEADY), **change}), "steady.yaml")
    with pytest.raises(EvidenceError, match="not YAML"):
        read_study("a: [", "steady.yaml")


def test_the_change_by_year_is_a_weighted_regression() -> None:
    found = pool(Request("PFS", TODAY), EVIDENCE.studies())
    assert found.by_year is not None
    assert found.by_year.tau2 == 0
    years = np.array([float(row.report.earliest[:4]) for row in found.selected])
    y, w = (
        np.array([row.effect.log_ratio for row in found.selected]),
        np.array([1 / row.effect.se for row in found.selected]),
    )
    slope, _ = np.polyfit(years, y, 1, w=w)
    assert found.by_year.coefficients[1] == pytest.approx(float(slope))
    assert pool(Request("PFS", REVIEW_DAY), EVIDENCE.studies()).by_year is None


def test_a_row_prints_the_published_interval_and_marks_a_computed_one() -> None:
    rows = {row.study.study: row_text(row) for row in pool(Request("PFS", TODAY), EVIDENCE.studies()).selected}
    assert rows["peng-sbrt-tki"] == "0.52 (0.31 to 0.89)"
    assert rows["gomez-lct"] == "0.35 (0.16 to 0.76, computed)"
    assert rows["nrog-china-002"].endswith("computed)")
