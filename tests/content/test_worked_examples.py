"""Every worked example of the knowledge specification, from one file a table, through both executors."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from oligoscope.assess.patient import assess
from oligoscope.chart.document import build_case
from oligoscope.knowledge import Knowledge, load
from oligoscope.tables.domain import Choices
from oligoscope.tables.reference import Answer, evaluate
from tests.support.agreement import TODAY, Chart, by_columns, by_reference
from tests.support.charts import as_document
from tests.support.one_table import columnar_answers

FOLDER = Path(__file__).parent / "worked_examples"
RULES = Path(__file__).parent / "rule_examples"
EXTRA = {
    "statements": "guideline-statements",
    "flags": "safety-flags",
    "jang": "performance-prognosis",
    "survival": "lung-molgpa-survival",
    "gate": "omd-count-gate",
}


def examples() -> list[tuple[str, dict[str, Any], Chart]]:
    found = []
    for path in sorted(FOLDER.glob("*.yaml")):
        content = yaml.safe_load(path.read_text())
        for example in content["examples"]:
            found.append((content["table"], example, chart_of(content["base"], example)))
    return found


def chart_of(base: dict[str, str], example: dict[str, Any]) -> Chart:
    """lesions and more: counts by organ; course: the response of `lesions`, stable for `more`."""
    course = {"response": example["course"]} if "course" in example else {}
    lesions = [
        {"organ": organ, "metastasis": "true", **course}
        for organ, n in example.get("lesions", {}).items()
        for _ in range(n)
    ]
    lesions += [
        {"organ": organ, "metastasis": "true", "response": "stable"}
        for organ, n in example.get("more", {}).items()
        for _ in range(n)
    ]
    row = {**base, **example["chart"]}
    therapies = [] if row.pop("systemic_therapy", "") == "none" else example.get("therapies")
    return row, lesions, therapies


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
    assert {key: read(row, table, key) for key in example["expect"]} == example["expect"]
    for key, name in EXTRA.items():
        if key in example:
            shown = row[name].split("|") if key != "gate" and row[name] else row[name] or []
            assert (sorted(shown) if key != "gate" else shown) == (
                sorted(example[key]) if key != "gate" else example[key]
            )


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


def rule_answers(content: dict[str, Any], example: dict[str, Any], knowledge: Knowledge) -> tuple[Any, ...]:
    """(value, possible, rule, needs) of a table for inputs given directly, by both executors, which must agree."""
    table = knowledge.table(content["table"])
    record = {}
    for name, value in {**content["base"], **example["inputs"]}.items():
        domain = knowledge.domains[name]
        record[name] = domain.mask([value]) if isinstance(domain, Choices) else (value, value)
    settled = evaluate(table, {name: Answer(possible) for name, possible in record.items()})[""]
    answer = (settled.value, "|".join(settled.possible), settled.rule, "|".join(settled.needs))
    assert columnar_answers(table, [record], knowledge.domains, asks=knowledge.asks) == [answer]
    return answer


@pytest.mark.parametrize("number", range(len(RULE_EXAMPLES)), ids=[str(example["id"]) for _, example in RULE_EXAMPLES])
def test_rule_example(number: int) -> None:
    content, example = RULE_EXAMPLES[number]
    value, _, rule, _ = rule_answers(content, example, load())
    assert {"value": value, "rule": rule} == example["expect"]


def read(row: dict[str, Any], table: str, key: str) -> Any:
    """One expectation's answer: value, possible, rule, needs, low, high, or a criteria group by its id."""
    if key == "value":
        return row[table]
    if key in ("possible", "needs"):
        joined = row[f"{table}_{key}"]
        return joined.split("|") if joined else []
    return row[f"{table}_{key}"]
