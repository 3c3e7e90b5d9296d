"""Every worked example of the packaged knowledge, from one file per table, through both executors."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from oligoscope.assess.examples import as_document, chart_of, expectations
from oligoscope.assess.patient import assess
from oligoscope.chart.document import build_case
from oligoscope.knowledge import Knowledge, load
from oligoscope.knowledge.pack import PACKAGED, Pack
from oligoscope.tables.domain import Choices, Possible
from oligoscope.tables.model import APPLIES, Options
from oligoscope.tables.record import Answer
from oligoscope.tables.reference import evaluate
from tests.support.agreement import TODAY, Chart, by_columns, by_reference
from tests.support.one_table import columnar_rows

RULES = Path(__file__).parent / "rule_examples"


def examples() -> list[tuple[str, dict[str, Any], Chart]]:
    found = []
    for document in Pack(PACKAGED).examples:
        content = document.content
        for example in content["examples"]:
            found.append((content["table"], example, chart_of(content["base"], example)))
    return found


EXAMPLES = examples()
NAMES = [f"{table} {example['id']}" for table, example, _ in EXAMPLES]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    knowledge: Knowledge = load()
    charts = [chart for _, _, chart in EXAMPLES]
    return {
        "reference": by_reference(charts, knowledge),
        "columnar": by_columns(charts, knowledge, tmp_path_factory.mktemp("examples")),
    }


@pytest.mark.parametrize("executor", ["reference", "columnar"])
@pytest.mark.parametrize("number", range(len(EXAMPLES)), ids=NAMES)
def test_worked_example(number: int, executor: str, answers: dict[str, list[dict[str, Any]]]) -> None:
    table, example, _ = EXAMPLES[number]
    row = answers[executor][number]
    told = list(expectations(table, example, row, row["lesions"]))
    assert [(name, found) for name, _, found in told] == [(name, wanted) for name, wanted, _ in told]


@pytest.mark.parametrize(("example", "chart"), [(e, c) for _, e, c in EXAMPLES if "facts" in e])
def test_facts_of_worked_example(example: dict[str, Any], chart: Chart) -> None:
    """Conversions, as sets of labels."""
    knowledge = load()
    answers = assess(build_case(as_document(*chart), "chart", TODAY), knowledge).answers
    for name, labels in example["facts"].items():
        domain, possible = knowledge.domains[name], answers[name].possible
        assert isinstance(domain, Choices)
        assert isinstance(possible, int)
        assert domain.names(possible) == labels


RULE_EXAMPLES = [
    (content, example)
    for path in sorted(RULES.glob("*.yaml"))
    for content in [yaml.safe_load(path.read_text())]
    for example in content["examples"]
]


def rule_answers(content: dict[str, Any], example: dict[str, Any], knowledge: Knowledge) -> dict[str, Any]:
    """What a table answers for inputs given directly, by both executors, which must agree.

    Of a decision value and rule; of options, by the id of those that the example names, whether they apply.
    """
    table = knowledge.compiled(content["table"])
    domains = {**knowledge.domains, **(knowledge.lists[table.list_name] if table.list_name else {})}
    record: dict[str, Possible] = {}
    for name, value in {**content["base"], **example["inputs"]}.items():
        domain = domains[name]
        record[name] = domain.mask([value]) if isinstance(domain, Choices) else (float(value), float(value))
    told = evaluate(table, {name: Answer(possible) for name, possible in record.items()})
    (row,) = columnar_rows(table, [record], domains, {**{name: (name,) for name in domains}, **knowledge.asks})
    if isinstance(table.table, Options):
        applying = [name for name, settled in told.items() if settled.possible == (APPLIES,)]
        assert row[table.name] == "|".join(applying)
        return {name: name in applying for name in example["expect"]}
    found = {"value": told.only.value, "rule": "|".join(told.only.rules) or None}
    assert found == {"value": row[table.name], "rule": row[f"{table.name}_rule"]}
    return found


@pytest.mark.parametrize("number", range(len(RULE_EXAMPLES)), ids=[str(example["id"]) for _, example in RULE_EXAMPLES])
def test_rule_example(number: int) -> None:
    content, example = RULE_EXAMPLES[number]
    assert rule_answers(content, example, load()) == example["expect"]
