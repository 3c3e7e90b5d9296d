"""The published answer: its schema, and that nothing in it can speak for something else."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import oligoscope as osc
from oligoscope.assess.answer import Answer
from oligoscope.assess.examples import as_document
from oligoscope.cli.main import main
from tests.support.charts import Charts

EXAMPLES = sorted(Path("examples").glob("*.yaml"))
SCHEMA = Answer.model_json_schema()


def _documents() -> Iterator[Any]:
    yield from EXAMPLES
    yield {"patient": {"age": 60}}
    charts = Charts(909)
    yield from (as_document(*charts.chart()) for _ in range(40))


def test_the_schema_that_is_printed_is_that_of_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["vocabulary", "--answer-schema"]) == 0
    assert json.loads(capsys.readouterr().out) == SCHEMA


def test_every_answer_is_valid_by_the_published_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    validator = jsonschema.Draft202012Validator(SCHEMA)
    for document in _documents():
        validator.validate(osc.assess(document).model_dump())


def test_an_answer_reads_back_as_it_was() -> None:
    for document in EXAMPLES:
        dumped = osc.assess(document).model_dump()
        assert Answer.model_validate_json(json.dumps(dumped)).model_dump() == dumped


@pytest.mark.parametrize(
    ("place", "change"),
    [
        (("decisions", "omd-state"), {"extra": 1}),
        (("trials", "halt"), {"value": "PERHAPS"}),
        ((), {"schema": 2}),
        ((), {"n_lesions": 2}),
    ],
)
def test_the_schema_refuses_what_is_no_answer(place: tuple[str, ...], change: dict[str, object]) -> None:
    answer = osc.assess(EXAMPLES[0]).model_dump()
    target = answer
    for key in place:
        target = target[key]
    target.update(change)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(answer, SCHEMA)


def test_the_command_prints_what_the_library_gives(capsys: pytest.CaptureFixture[str]) -> None:
    for path in EXAMPLES:
        assert main(["assess", str(path), "--json"]) == 0
        assert json.loads(capsys.readouterr().out) == osc.assess(path).model_dump()
        assert main(["assess", str(path)]) == 0
        assert capsys.readouterr().out == str(osc.assess(path))


def test_trials_stand_in_the_answer_by_their_ids() -> None:
    trial = osc.assess("examples/complete.yaml").trials["stop-2"]
    assert trial.value == "POSSIBLE"
    assert set(trial.criteria) == set(trial.texts)
    assert trial.questions
