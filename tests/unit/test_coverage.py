"""What answers a statement of the review, and why nothing does: made-up statements in a layer over the packaged pack."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from oligoscope.appraisal.coverage import GONE, Covered, coverage
from oligoscope.assess.check import check_pack
from oligoscope.knowledge import load
from oligoscope.report.audited import coverage_json, coverage_text

RELEASE = 'id: ours\ntitle: Ours\nversion: "1"\ndate: 2026-01-01\nrequires: {om_nsclc: "2026.11"}\n'
STUDY = {
    "study": "made-up",
    "title": "Made up",
    "reports": [{"id": "r", "published": "2020-05-01"}],
    "arms": [{"id": "new", "n": 20, "description": "drug and rays"}, {"id": "old", "n": 20}],
    "results": [
        {"id": name, "report": "r", "endpoint": "OS", "measure": "median", "arm": name, "value": 9.7, "status": status}
        for name, status in (("new", "seen"), ("old", "unverified"))
    ],
}
TRIAL = {
    "trial": "made-up",
    "title": "Made up",
    "status": "closed",
    "enrolment": 40,
    "criteria_of": "omd-definition/ars-2022",
    "criteria": [{"id": "mine", "when": {"age_years": ">= 18"}, "text": "grown up", "status": "seen"}],
    "ask": [{"text": "willing", "status": "seen"}],
}
QUOTE = "OS was 9.7 months in twenty of 40 patients"


def link(kind: str = "result", target: str = "made-up/new", says: str = "confirms", **more: Any) -> dict[str, Any]:
    return {"statement": "T1", "phrase": "9.7 months", "to": {kind: target}, "reviewed": {says: "the same"}, **more}


def written(folder: Path, links: list[dict[str, Any]], unanswered: list[dict[str, Any]] | None = None) -> Path:
    """A layer with one study, one trial and the statements T1 and T2 of a review."""
    said = {"section": "1", "kind": "result", "topic": "survival", "flag": "agrees"}
    statements = [{"id": "T1", "quote": QUOTE, **said}, {"id": "T2", "quote": "more research", **said}]
    why_not = [{"statement": "T2", "because": "general", "reason": "a call"}] if unanswered is None else unanswered
    files = {
        "studies/made-up.yaml": STUDY,
        "trials/made-up.yaml": TRIAL,
        "review/statements.yaml": statements,
        "review/links.yaml": links,
        "review/unanswered.yaml": why_not,
    }
    (folder / "release.yaml").write_text(RELEASE)
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(yaml.safe_dump(content, sort_keys=False))
    return folder


def covered(folder: Path) -> dict[str, Covered]:
    return {c.statement.id: c for c in coverage(load(folder)) if c.statement.id in ("T1", "T2")}


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("result", "made-up/new"),
        ("rule", "lat-candidacy/CAND-2"),
        ("criterion", "made-up/mine"),
        ("criterion", "made-up/count"),
        ("criterion", "made-up/ask/1"),
        ("criterion", "made-up/enrolment"),
        ("definition", "made-up/new"),
        ("definition", "omd-definition"),
        ("definition", "omd-definition/ars-2022"),
        ("method", "search/PubMed"),
        ("method", "criteria/fewer-than-10"),
    ],
)
def test_a_link_whose_target_is_there_answers(kind: str, target: str, tmp_path: Path) -> None:
    found = covered(written(tmp_path, [link(kind, target)]))
    assert (found["T1"].by, found["T1"].targets(found["T1"].by or "result")) == (kind, [target])
    assert (found["T2"].answered, found["T2"].because, found["T2"].reason) == (False, "general", "a call")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (link(target="made-up/neww"), "did you mean made-up/new"),
        (link(target="made-up"), "there is no evidence made-up"),
        (link(target="made-up/old"), "the result made-up/old was not verified"),
        (link(more_than="made-up/elder"), "there is no evidence made-up/elder"),
        (link("rule", "lat-candidacy/CAND-222"), "there is no rule lat-candidacy/CAND-222"),
        (link("rule", "lat-candidacy"), "there is no rule lat-candidacy"),
        (link("limit", "TG101-cord"), "there is no limit TG101-cord"),
        (link("limit", "TG101-liver-700cc-1fx"), "the limit TG101-liver-700cc-1fx was not verified"),
        (link("limit", "HYTEC-lungs"), "the limit HYTEC-lungs was not verified, or is no number"),
        (link("criterion", "made-up/organs"), "there is no criterion made-up/organs"),
        (link("criterion", "made-up/ask/2"), "there is no criterion made-up/ask/2"),
        (link("criterion", "made-up/nct"), "there is no criterion made-up/nct"),
        (link("definition", "made-up/old"), "there is no definition made-up/old"),
        (link("definition", "made-up"), "there is no definition made-up"),
        (link("method", "search/Embase"), "nothing carries out search/Embase"),
        (
            link("method", "criteria/measurable"),
            "nothing carries out criteria/measurable",
        ),  # No abstract is read for it.
        (link(says="carries out"), "a result carries out nothing"),
        (link(phrase="9.8 months"), "the phrase '9.8 months' is not in the statement"),
        (link(statement="T3"), "there is no statement T3"),
        (link(to={}), "to: Dictionary should have at least 1 item"),
        (link(to={"result": "made-up/new", "rule": "lat-candidacy/CAND-2"}), "at most 1 item"),
        (link("study", "made-up"), "'result', 'limit', 'rule', 'criterion', 'definition' or 'method'"),
        (link(says="agrees"), "'confirms', 'contradicts', 'narrows', 'carries out' or 'leaves open'"),
        (link(reviewed={}), "reviewed: Dictionary should have at least 1 item"),
    ],
)
def test_a_link_that_cannot_answer_is_refused_with_its_line(wrong: dict[str, Any], said: str, tmp_path: Path) -> None:
    found = check_pack(written(tmp_path, [link(), wrong])).problems
    assert {(p.file, p.line in range(7, 14)) for p in found} == {("review/links.yaml", True)}
    assert said in f"{found[0].problem}. {found[0].fix}"


def test_each_statement_is_answered_or_has_its_reason_once(tmp_path: Path) -> None:
    why_not = {"because": "general", "reason": "a call"}

    def problems(links: list[dict[str, Any]], *statements: str) -> list[tuple[str, str]]:
        folder = written(tmp_path, links, [{"statement": name, **why_not} for name in statements])
        return [(p.rule, p.problem) for p in check_pack(folder).problems]

    assert problems([link()], "T2") == []
    assert problems([link()]) == [("T2", "nothing answers this statement")]
    assert problems([link()], "T1", "T2") == [("T1", "this statement is told twice")]
    assert problems([link()], "T2", "T2") == [("T2", "this statement is told twice")]
    assert problems([link(says="leaves open")], "T2") == [("T1", "nothing answers this statement")]
    assert problems([link()], "T2", "T9") == [("T9", "there is no statement T9")]


def test_what_leaves_a_phrase_open_answers_nothing(tmp_path: Path) -> None:
    why_not = [{"statement": name, "because": "hypothesis", "reason": "untested"} for name in ("T1", "T2")]
    found = covered(written(tmp_path, [link(says="leaves open")], why_not))["T1"]
    assert (found.answered, found.by, found.because, found.reason) == (False, None, "hypothesis", "untested")


def test_what_a_layer_has_retired_answers_no_more(tmp_path: Path) -> None:
    name = next(
        c.statement.id for c in coverage(load()) if [n.target for n in c.links] == ["guideline-statements/AE-1"]
    )
    (tmp_path / "release.yaml").write_text(RELEASE)
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables/guideline-statements.yaml").write_text("change: guideline-statements\nretire: [AE-1]\n")
    found = next(c for c in coverage(load(tmp_path)) if c.statement.id == name)
    assert (found.answered, found.reason) == (False, GONE)


def test_counts_in_words_and_data(tmp_path: Path) -> None:
    two = link("definition", "omd-definition", "narrows", phrase="40 patients")
    found = list(covered(written(tmp_path, [two, link()])).values())
    assert coverage_text(found).splitlines() == [
        f"T1 1: “{QUOTE}”",
        "     “40 patients” narrowed by definition omd-definition: the same",
        "     “9.7 months” confirmed by result made-up/new: the same",
        "T2 1: “more research”",
        "     not answered, general: a call",
        "",
        "1 of 2 statements are answered (50 %), each counted once, by the first of: "
        "result 1, limit 0, rule 0, criterion 0, definition 0, method 0.",
        "1 are not answered: general 1.",
    ]
    data = coverage_json(found)
    assert data["answered_by"] == {"result": 1, "limit": 0, "rule": 0, "criterion": 0, "definition": 0, "method": 0}
    assert data["not_answered"] == {"general": 1}
    assert data["matrix"] == [
        {
            "statement": "T1",
            "flag": "agrees",
            "results": ["made-up/new"],
            "limits": [],
            "rules": [],
            "criteria": [],
            "definitions": ["omd-definition"],
            "methods": [],
            "links": [
                {"phrase": phrase, "kind": kind, "target": target, "review": says, "finding": "the same"}
                for phrase, kind, target, says in (
                    ("40 patients", "definition", "omd-definition", "narrows"),
                    ("9.7 months", "result", "made-up/new", "confirms"),
                )
            ],
            "because": None,
            "reason": None,
        },
        {
            "statement": "T2",
            "flag": "agrees",
            "results": [],
            "limits": [],
            "rules": [],
            "criteria": [],
            "definitions": [],
            "methods": [],
            "links": [],
            "because": "general",
            "reason": "a call",
        },
    ]
