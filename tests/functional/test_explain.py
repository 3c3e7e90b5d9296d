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


def test_the_command_prints_text_or_data(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(COMPLETE), "omd-state"]) == 0
    assert capsys.readouterr().out == str(osc.explain(COMPLETE, "omd-state"))
    assert main(["explain", str(COMPLETE), "omd-state", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == osc.explain(COMPLETE, "omd-state").model_dump()
