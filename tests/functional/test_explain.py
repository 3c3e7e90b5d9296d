"""One answer followed down, as data and as text: the chain from the rule to the chart and to published numbers."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

import oligoscope as osc
from oligoscope.assess.explanation import Input
from oligoscope.cli.main import main
from oligoscope.knowledge import load

COMPLETE = Path("examples/complete.yaml")
GAPS = Path("examples/gaps.yaml")


@pytest.mark.parametrize("table", [table.name for table in load().tables])
@pytest.mark.parametrize("case", [COMPLETE, GAPS], ids=lambda path: path.stem)
def test_the_chain_agrees_with_the_answer(case: Path, table: str) -> None:
    explained, answer = osc.explain(case, table), osc.assess(case)
    decision = answer.decisions.get(table)
    if decision:
        (link,) = explained.chain
        assert (link.value, link.possible) == (decision.value, decision.possible)
        assert decision.value is None or "|".join(rule.id for rule in link.rules) == decision.rule or link.score
        assert set(decision.cites) <= {source.study for source in link.evidence}
    for group in answer.criteria.get(table, {}):
        assert group in [link.part for link in explained.chain]


def _ends(inputs: Iterable[Input]) -> Iterator[Input]:
    for each in inputs:
        yield from _ends(each.inputs) if each.inputs else [each]


def test_every_input_ends_in_the_chart() -> None:
    fields = load().domains
    for table in ("omd-state", "lat-candidacy", "lung-molgpa"):
        (link,) = osc.explain(GAPS, table).chain
        ends = list(_ends(link.inputs))
        assert any(end.kind == "chart" for end in ends)
        assert all(end.name in fields for end in ends)


def test_a_number_stands_under_its_study() -> None:
    (link,) = osc.explain(COMPLETE, "ashworth-risk-group").chain
    numbers = {number.reference: number.text for source in link.evidence for number in source.numbers}
    assert numbers
    assert all(reference.partition("/")[0] in {s.study for s in link.evidence} for reference in numbers)
    assert all(text in str(osc.explain(COMPLETE, "ashworth-risk-group")) for text in numbers.values())


@pytest.mark.parametrize("table", [table.name for table in load().tables])
@pytest.mark.parametrize("case", [COMPLETE, GAPS], ids=lambda path: path.stem)
def test_a_settled_answer_stands_on_conditions_that_hold_and_on_earlier_ones_that_fail(case: Path, table: str) -> None:
    for link in osc.explain(case, table).chain:
        if len(link.possible) == 1 and len(link.rules) == 1:
            assert {condition.holds for condition in link.rules[0].conditions} <= {"yes"}
            assert {condition.holds for condition in link.rules[0].earlier} <= {"no"}
        else:
            assert all("no" not in {c.holds for c in rule.conditions} for rule in link.rules)


def test_a_condition_names_the_chart_entries_that_it_stands_on() -> None:
    (rule,) = osc.explain(COMPLETE, "lat-candidacy").chain[0].rules
    inner = {c.input: c for condition in rule.conditions for each in condition.because for c in (each, *each.because)}
    lesions = [(entry.field, entry.text) for entry in inner["n_metastases"].entries]
    assert lesions[:3] == [("lesions.L1", "left adrenal"), ("lesions.L2", "brain"), ("lesions.L3", "right lung")]
    (therapy,) = inner["on_systemic_therapy"].entries
    assert (therapy.field, therapy.text) == ("systemic_therapy.1", "osimertinib since 2023-01-10 (ongoing true)")
    growing = [entry.text for entry in inner["n_progressing_sites"].entries if entry.field.startswith("lesions.")]
    assert growing == ["left adrenal (response progression)", "brain (response new)"]


def test_an_entry_that_may_count_is_told_from_one_that_does() -> None:
    case = {
        "lesions_complete": True,
        "lesions": [
            {"id": "A", "organ": "brain"},
            {"id": "B", "organ": ["brain", "liver"]},
            {"id": "C", "organ": "bone"},
        ],
    }
    (link,) = osc.explain(case, "lung-molgpa").chain
    assert link.factors
    entries = next(c.entries for factor in link.factors for c in factor.inputs if c.input == "n_brain_metastases")
    said = [(entry.field, entry.certain) for entry in entries if entry.field.startswith("lesions.")]
    assert said == [("lesions.A", True), ("lesions.B", False)]


def test_the_points_of_the_factors_make_the_total() -> None:
    for case in (COMPLETE, GAPS):
        (link,) = osc.explain(case, "lung-molgpa").chain
        assert link.score
        assert link.factors
        assert link.score.low == sum(factor.low for factor in link.factors)
        assert link.score.high == sum(factor.high for factor in link.factors)


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [("all_sites_treatable", False, "CAND-2"), ("life_expectancy_months", 3, "CAND-4")],
)
def test_a_miss_of_a_chart_field_is_what_a_what_if_finds(field: str, value: object, rule: str) -> None:
    misses = [miss for miss in osc.explain(COMPLETE, "lat-candidacy").chain[0].misses if miss.input == field]
    (change,) = [c for c in osc.what_if(COMPLETE, {field: value}).changes if c.table == "lat-candidacy"]
    assert [(miss.then, miss.rules) for miss in misses] == [(change.after, (rule,))]
    assert change.rules[1] == (rule,)


def test_no_answer_that_is_open_has_a_miss_and_no_miss_gives_the_answer_that_is() -> None:
    for case in (COMPLETE, GAPS):
        for table in load().tables:
            for link in osc.explain(case, table.name).chain:
                assert not link.misses or len(link.possible) == 1
                assert all((miss.then,) != link.possible for miss in link.misses)


def test_the_command_prints_text_or_data(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(COMPLETE), "omd-state"]) == 0
    assert capsys.readouterr().out == str(osc.explain(COMPLETE, "omd-state"))
    assert main(["explain", str(COMPLETE), "omd-state", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == osc.explain(COMPLETE, "omd-state").model_dump()
