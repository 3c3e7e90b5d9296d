"""Trials: the worked examples of the knowledge specification, both executors, and what is offered."""

import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from oligoscope.assess.examples import as_document
from oligoscope.assess.patient import assess
from oligoscope.chart.batch import Batch
from oligoscope.chart.document import build_case
from oligoscope.cohort.criteria import asked_by, words_of
from oligoscope.cohort.trials import match_batch
from oligoscope.errors import OligoscopeError
from oligoscope.knowledge import load
from oligoscope.knowledge.build import reader_of
from oligoscope.knowledge.trials import Trial, read_trial
from oligoscope.report.trials import summary_lines
from oligoscope.tables.columnar import Memory
from oligoscope.tables.errors import TableError
from oligoscope.tables.model import APPLIES
from oligoscope.tables.reference import evaluate
from oligoscope.trials.findings import findings_of
from oligoscope.trials.match import NO, TrialMatch, match_trials
from oligoscope.trials.published import published
from oligoscope.trials.speaking import voices_of
from tests.support.agreement import TODAY, Chart, batch_of, write_cohort
from tests.support.charts import Charts

CONTENT = yaml.safe_load((Path(__file__).parent / "trial_examples/trials.yaml").read_text())
DAY = CONTENT["today"]
FITTING = "Population fits or may fit, not recruiting: evidence only"
KNOWLEDGE = load()
TRIALS = KNOWLEDGE.trials


def chart_of(example: dict[str, Any]) -> Chart:
    listed = example["lesions"]
    # By organ a number of lesions, or each lesion with its entries.
    each = listed if isinstance(listed, list) else [{"organ": organ} for organ, n in listed.items() for _ in range(n)]
    lesions = [{"metastasis": "true", **lesion, **course(example, lesion["organ"])} for lesion in each]
    row = {**CONTENT["base"], **example["chart"]}
    therapies = [] if row.pop("systemic_therapy", "") == "none" else example.get("therapies")
    return row, lesions, therapies


def course(example: dict[str, Any], organ: str) -> dict[str, str]:
    """Size and response of the lesions of one organ."""
    size = example.get("sizes", {}).get(organ, example.get("size"))
    response = example.get("courses", {}).get(organ, example.get("course"))
    return {key: value for key, value in (("size_cm", size), ("response", response)) if value}


def by_reference(chart: Chart) -> dict[str, TrialMatch]:
    matches = match_trials(assess(build_case(as_document(*chart), "chart", DAY), KNOWLEDGE), TRIALS, DAY)
    return {match.trial.trial: match for match in matches}


def by_columns(charts: list[Chart], folder: Path, today: datetime.date) -> list[dict[str, str]]:
    write_cohort(charts, folder)
    batch = batch_of(folder, today)
    errors = batch.rejects.filter(pl.col("severity") == "error")
    assert errors.is_empty(), errors
    rows = match_batch(batch, TRIALS, KNOWLEDGE, today, Memory()).to_dicts()
    return sorted(rows, key=lambda row: int(row["patient_id"]))


@pytest.fixture(scope="module")
def columns(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    return by_columns([chart_of(e) for e in CONTENT["examples"]], tmp_path_factory.mktemp("trials"), DAY)


@pytest.fixture(scope="module")
def charts(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    folder = tmp_path_factory.mktemp("words")
    write_cohort([chart_of(e) for e in CONTENT["examples"]], folder)
    return batch_of(folder, DAY)


@pytest.mark.parametrize("number", range(len(CONTENT["examples"])), ids=[str(e["id"]) for e in CONTENT["examples"]])
def test_worked_example(number: int, columns: list[dict[str, str]]) -> None:
    example = CONTENT["examples"][number]
    found = by_reference(chart_of(example))
    assert {name: found[name].match for name in example["expect"]} == example["expect"]
    assert {name: columns[number][name] for name in example["expect"]} == example["expect"]
    assert {name: found[name].offered for name in example.get("offered", {})} == example.get("offered", {})


@pytest.mark.parametrize("trial", [t for t in TRIALS if t.table or t.criteria_of], ids=lambda trial: trial.trial)
def test_a_cohort_has_the_words_of_each_criterion_that_one_patient_has(trial: Trial, charts: Batch) -> None:
    asked = asked_by(trial, KNOWLEDGE)
    rows = words_of(charts, asked, KNOWLEDGE, Memory()).to_dicts()
    rows.sort(key=lambda row: int(row["patient_id"]))
    seen = set()
    for example, row in zip(CONTENT["examples"], rows, strict=True):
        match = by_reference(chart_of(example))[trial.trial]
        assert {each.id: row[each.id] for each in match.criteria} == {each.id: each.word for each in match.criteria}
        assert (row["all"] == "failed") == (match.match == NO), example["id"]
        seen |= {row[each.id] for each in match.criteria}
    assert seen >= {"met", "failed"}


def test_a_criterion_that_is_left_out_need_not_be_met(charts: Batch) -> None:
    trial = next(t for t in TRIALS if t.table and len(t.criteria) > 5)
    (one, *others) = [each.id for each in asked_by(trial, KNOWLEDGE).criteria]
    rows = words_of(charts, asked_by(trial, KNOWLEDGE, [one]), KNOWLEDGE, Memory()).to_dicts()
    for row in rows:
        words = {row[name] for name in others}
        assert row["all"] == ("failed" if "failed" in words else "unknown" if "unknown" in words else "met")
    with pytest.raises(OligoscopeError, match="none of that id"):
        asked_by(trial, KNOWLEDGE, ["nothing"])
    with pytest.raises(OligoscopeError, match="stands as a whole"):
        asked_by(next(t for t in TRIALS if t.criteria_of), KNOWLEDGE, ["count"])


def test_every_criterion_of_every_trial_decides_some_example() -> None:
    """Each criterion is met in one example and fails in another, so that none could be dropped unseen."""
    seen: dict[tuple[str, str], set[str]] = {}
    for example in CONTENT["examples"]:
        for name, match in by_reference(chart_of(example)).items():
            if not match.trial.criteria_of:
                alone = [c.text for c in match.criteria if c.word == "failed"]
                for criterion in match.criteria:
                    if criterion.word == "met" or alone == [criterion.text]:
                        seen.setdefault((name, criterion.text), set()).add(criterion.word)
    lacking = [
        (t.trial, c.text) for t in TRIALS for c in t.criteria if seen.get((t.trial, c.text), set()) != {"met", "failed"}
    ]
    assert not lacking


def test_a_number_of_a_registry_is_published_where_somebody_has_seen_it() -> None:
    matches = match_trials(assess(build_case({"patient": {"ecog": "1"}}, "chart", DAY), KNOWLEDGE), TRIALS, DAY)
    told = {name: trial.nct for name, trial in published(matches, KNOWLEDGE.evidence).items()}
    assert told == {each.trial: (each.nct or None) if each.nct_status == "seen" else None for each in TRIALS}
    assert any(told.values())


def test_both_executors_agree_on_generated_charts(tmp_path: Path) -> None:
    source = Charts(31)
    charts = [source.chart() for _ in range(300)]
    found = by_columns(charts, tmp_path, TODAY)
    for n, chart in enumerate(charts):
        matches = match_trials(assess(build_case(as_document(*chart), "chart", TODAY), KNOWLEDGE), TRIALS, TODAY)
        assert {m.trial.trial: m.match for m in matches} == {
            name: word for name, word in found[n].items() if name != "patient_id"
        }


def test_a_trial_that_is_shown_as_fitting_has_no_failed_criterion() -> None:
    """Neither in its list nor by its findings: its population is one that the patient may be in."""
    source, shown, told, heard, asked = Charts(33), 0, 0, 0, 0
    assert KNOWLEDGE.page.fits
    for _ in range(350):
        assessment = assess(build_case(as_document(*source.chart()), "chart", DAY), KNOWLEDGE)
        matches = match_trials(assessment, TRIALS, DAY)
        fitting = {match.trial.trial for match in matches if match.may_fit}
        for match in matches:
            words = {criterion.word for criterion in match.criteria}
            assert (match.trial.trial in fitting) == (bool(words) and "failed" not in words and match.match != NO)
            shown += match.trial.trial in fitting
        for entry in findings_of(matches, KNOWLEDGE.evidence):
            assert entry.trial.trial in fitting
            told += 1
        unfit = {name for match in matches if match.trial.trial not in fitting for name in match.trial.cites}
        voices = voices_of(assessment, matches)
        speaking = {trial.study.study for trial in voices.trials} if voices else set()
        assert not speaking & unfit
        heard += len(speaking)
        fits = evaluate(KNOWLEDGE.page.fits, assessment.answers)
        states = [state for state in KNOWLEDGE.page.settings if fits[state.id].possible == (APPLIES,)]
        assert not voices or voices.words == states[0].words
        for trial in voices.trials if voices else ():
            if trial.study.study in fits:
                possible = fits[trial.study.study].possible
                assert APPLIES in possible
                assert possible == (APPLIES,) or not trial.certain
                asked += 1
        (line,) = dict(summary_lines(matches, KNOWLEDGE.evidence))[FITTING]
        closed = {match.trial.title for match in matches if match.trial.trial in fitting and not match.trial.enrolling}
        assert set(filter(None, line.removesuffix("none").split(", "))) <= {
            part for title in closed for part in title.split(", ")
        }
    assert shown > 300
    assert told > 100
    assert heard > 50
    assert asked > 10


@pytest.mark.parametrize(
    "name", sorted(trial.trial for trial in TRIALS if "countable" in {c.id for c in trial.criteria})
)
def test_diffuse_disease_fits_no_trial_that_counts_metastases(name: str) -> None:
    chart = ({**CONTENT["base"], "diffuse_disease": "true"}, [{"organ": "bone", "metastasis": "true"}], None)
    assert by_reference(chart)[name].match == NO


def test_only_recruiting_trials_are_offered_and_nothing_unverified_excludes() -> None:
    source = Charts(32)
    for _ in range(100):
        for match in by_reference(source.chart()).values():
            assert not match.offered or match.trial.status in ("recruiting", "open")
            texts = {c.text for c in match.trial.criteria} | {match.trial.not_lung}
            if match.match == NO and not match.trial.criteria_of:
                assert set(match.failed) <= texts


def test_every_trial_cites_a_study_and_says_what_it_counts() -> None:
    for trial in TRIALS:
        assert set(trial.cites) <= set(KNOWLEDGE.evidence.ids)
        assert trial.cites
        assert trial.counting_rule


def test_a_wrong_criterion_is_refused_with_its_place() -> None:
    raw = {
        "trial": "x",
        "title": "X",
        "status": "recruiting",
        "criteria": [{"id": "a", "when": {"n_metastase": "<= 3"}, "text": "t", "status": "seen"}],
    }
    with pytest.raises(TableError, match="did you mean n_metastases"):
        read_trial(raw, "x.yaml", reader_of(KNOWLEDGE))
    with pytest.raises(TableError, match=r"x\.yaml criteria\.0\.status"):
        read_trial(
            {**raw, "criteria": [{"id": "a", "when": {}, "text": "t", "status": "seed"}]},
            "x.yaml",
            reader_of(KNOWLEDGE),
        )


def test_an_open_exception_keeps_a_trial_open_whose_criteria_are_all_met() -> None:
    """Diffuse disease rules a definition out whatever else is met: while it is unknown, nothing matches for certain."""
    row, lesions, therapies = chart_of(next(e for e in CONTENT["examples"] if e["id"] == "iyengar fits"))
    before = by_reference((row, lesions, therapies))["iyengar-sabr"]
    found = by_reference(({**row, "diffuse_disease": "unknown"}, lesions, therapies))["iyengar-sabr"]
    assert {criterion.word for criterion in (*before.criteria, *found.criteria)} == {"met"}
    assert found.questions == (
        "may still be: diffuse disease is not oligometastatic whatever the count",
        *before.questions,
    )
    assert (before.needs, found.needs) == ((), ("diffuse_disease",))
