"""Which results and rules answer a statement of the review, and why none does: a made-up statement and study."""

from typing import Any

import pytest

from oligoscope.appraisal.checks import Alarm
from oligoscope.appraisal.coverage import Covered, against_lists, coverage
from oligoscope.evidence.model import Study
from oligoscope.evidence.review import Discrepancy, Statement
from oligoscope.knowledge import load
from tests.support.studies import ratio, study

KNOWLEDGE = load()


def statement(**more: Any) -> Statement:
    base = {"id": "S1", "section": "1", "quote": "so", "kind": "number", "topic": "survival", "flag": "agrees"}
    return Statement.model_validate({**base, "studies": ["made-up"], **more})


def covered(said: Statement, *studies: Study) -> Covered:
    (found,) = coverage([said], studies, KNOWLEDGE)
    return found


def test_results_that_name_the_statement_answer_it() -> None:
    one = study(ratio(), ratio(0.6, in_review={"statement": "S1"}), ratio(0.7, in_review={"statement": "S2"}))
    found = covered(statement(), one)
    assert (found.results, found.reason, found.answered) == (("made-up/r1",), "", True)


def test_else_the_first_three_of_its_studies_do() -> None:
    one = study(ratio(status="unverified"), *(ratio(0.5 + n / 10, analysis=str(n)) for n in range(4)))
    assert covered(statement(), one).results == ("made-up/r1", "made-up/r2", "made-up/r3")
    assert covered(statement(studies=["other"]), one).results == ()


def test_what_was_not_verified_answers_nothing() -> None:
    one = study(ratio(status="unverified", in_review={"statement": "S1"}))
    found = covered(statement(note="to be read"), one)
    assert (found.results, found.reason, found.answered) == ((), "to be read", False)


@pytest.mark.parametrize("flag", ["review only", "general", "method", "table", "not-checked", "outdated"])
def test_without_an_answer_the_flag_says_why(flag: str) -> None:
    found = covered(statement(flag=flag, studies=[]))
    assert found.reason
    assert not found.answered


def test_rules_that_cite_its_studies_answer_it_each_once() -> None:
    table = next(t for t in KNOWLEDGE.tables for p in t.parts for r in p.rules if r.provenance.cites)
    part, rule = next((p, r) for p in table.parts for r in p.rules if r.provenance.cites)
    name = rule.provenance.cites[0]
    found = covered(statement(studies=[name, name]))
    assert f"{table.name}/{rule.id or part.id}" in found.rules
    assert len(set(found.rules)) == len(found.rules)
    assert (found.reason, found.answered) == ("", True)


def test_a_known_difference_is_met_by_its_statement_or_its_study() -> None:
    def known(id: str, weight: str = "A", **more: Any) -> Discrepancy:
        return Discrepancy.model_validate({"id": id, "weight": weight, "text": "so", **more})

    alarms = [
        Alarm("centre", "a, b", (), "off"),
        Alarm("review-value", "c", (), "off", statements=("S1",)),
        Alarm("inside", "a", (), "off"),
    ]
    entries = [
        known("by-study", studies=["b"]),
        known("by-statement", statements=["S1", "S9"]),
        known("both", studies=["a"], statements=["S1"]),
        known("neither", studies=["z"], statements=["S9"]),
        known("spelling", "D", studies=["a"]),
    ]
    assert {entry.discrepancy.id: entry.checks for entry in against_lists(entries, alarms)} == {
        "by-study": ("centre",),
        "by-statement": ("review-value",),
        "both": ("centre", "inside", "review-value"),
        "neither": (),
    }
