"""The command for one patient, as its reader runs it."""

import html
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

import oligoscope as osc
from oligoscope.cli.main import main
from oligoscope.vocabulary.dictionary import json_schema

EXAMPLES = Path(__file__).parents[2] / "examples"


def answer(name: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert main(["assess", str(EXAMPLES / f"{name}.yaml"), "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_the_json_of_a_complete_case(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer("complete", capsys)
    assert (found["schema"], found["case"], found["facts"]["n_metastases"], found["facts"]["n_brain_metastases"]) == (
        1,
        "complete",
        {"value": 3},
        {"value": 1},
    )
    state = found["decisions"]["omd-state"]
    assert (state["value"], state["possible"], state["rule"], state["needs"]) == (
        "META_PROG",
        ["META_PROG"],
        "OMD-3",
        [],
    )
    assert state["cites"] == ["guckenberger-2020"]
    assert state["status"] == "seen-secondary"
    assert "Question order not verified against the primary paper." in state["notes"]
    assert found["decisions"]["ashworth-risk-group"]["rule"] == "ASH-1"
    assert found["decisions"]["lung-molgpa"]["score"] == {"low": 2.5, "high": 3.0}
    assert found["criteria"]["omd-definition"]["estro-astro-2020"]["value"] == "MEETS"
    assert found["criteria"]["omd-definition"]["eortc-2019"]["failed"] == ["synchronous"]
    assert {"EV-1-egfr", "EV-1-support"} <= {flag["id"] for flag in found["flags"]}
    assert "EV-1-contrary" not in {flag["id"] for flag in found["flags"]}


def test_the_json_of_a_case_with_gaps(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer("gaps", capsys)
    assert found["decisions"]["omd-state"]["value"] is None
    assert found["decisions"]["omd-state"]["possible"] == ["POLYMETASTATIC", "SYNC", "META_REC"]
    assert found["facts"]["n_metastases"] == {"value": None, "low": 3, "high": None}
    assert found["needs"][0]["input"] == "staging.brain_mri"
    assert "lat-candidacy" in found["needs"][0]["settles"]


def test_a_polymetastatic_case(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer("polymetastatic", capsys)
    assert found["decisions"]["omd-state"]["rule"] == "OMD-P"
    assert found["decisions"]["lat-candidacy"]["value"] == "NOT_A_CANDIDATE"
    assert {group["value"] for group in found["criteria"]["omd-definition"].values()} == {"NOT_MET"}


@pytest.mark.parametrize("name", ["complete", "gaps", "polymetastatic"])
def test_text_and_page_say_the_same(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = str(EXAMPLES / f"{name}.yaml")
    assert main(["assess", case]) == 0
    text = capsys.readouterr().out
    assert main(["assess", case, "--html", str(tmp_path / "page.html")]) == 0
    capsys.readouterr()
    page = (tmp_path / "page.html").read_text()
    first = osc.assess(case).report().first
    told, shown = " ".join(text.split()), html.unescape(re.sub(r"<sup>.*?</sup>|\n", "", page))
    for said in (first.sentence.text, *(row.answer for row in first.answers), *(text for _, text in first.chart)):
        assert said[1:] in told
        assert said in shown
    for produced in (text, page):
        assert produced.count("Not a medical device") == 1
    assert not re.search(r"<script|https?://(?!www\.w3)", page)


def test_the_schema_takes_the_examples_and_refuses_a_wrong_one() -> None:
    schema = json_schema()
    for path in EXAMPLES.glob("*.yaml"):
        jsonschema.validate(json.loads(json.dumps(yaml.safe_load(path.read_text()), default=str)), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"patient": {"ecog": 7}}, schema)


def test_explain_reaches_the_chart_and_the_number(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(EXAMPLES / "complete.yaml"), "ashworth-risk-group"]) == 0
    text = capsys.readouterr().out
    for piece in (
        "rule ASH-1",
        "first_metastasis_date 2024-04-20",
        "PMID 24894943",
        "ashworth-2014/os-rate-5-years-low-risk",
        "47.8 %",
    ):
        assert piece in text


def test_what_if_shows_what_changes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["what-if", str(EXAMPLES / "complete.yaml"), "all_sites_treatable=false"]) == 0
    assert "lat-candidacy: CONDITIONAL → NOT_A_CANDIDATE" in capsys.readouterr().out
    assert main(["what-if", str(EXAMPLES / "complete.yaml"), "sex=male"]) == 0
    assert capsys.readouterr().out == "nothing changes\n"


def test_a_parameter_changes_the_gate_and_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["assess", str(EXAMPLES / "complete.yaml"), "--json", "--set", "sync_threshold_months=3"]) == 0
    assert json.loads(capsys.readouterr().out)["parameters"]["sync_threshold_months"] == 3


def test_one_patient_loads_no_data_frame() -> None:
    code = (
        "import sys; from oligoscope.cli.main import main; main(['assess', sys.argv[1], '--json'])\n"
        "print([m for m in ('polars', 'duckdb', 'pyarrow', 'matplotlib', 'jinja2') if m in sys.modules], file=sys.stderr)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(EXAMPLES / "gaps.yaml")], capture_output=True, text=True, check=True
    )
    assert run.stderr.strip() == "[]"


def test_every_command_has_help_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    for command in (
        ["assess"],
        ["explain"],
        ["what-if"],
        ["vocabulary"],
        ["cohort", "assess"],
        ["cohort", "template"],
        ["knowledge", "list"],
        ["knowledge", "export"],
        ["evidence", "show"],
    ):
        with pytest.raises(SystemExit):
            main([*command, "--help"])
        assert f"example: oligoscope {' '.join(command)}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("kps", "possible", "asked"),
    [
        (70, ("CONDITIONAL",), False),
        (60, ("NOT_RECOMMENDED", "CONDITIONAL"), True),
        (50, ("NOT_RECOMMENDED",), False),
    ],
)
def test_a_karnofsky_value_that_two_studies_convert_otherwise_asks_for_ecog(
    kps: int, possible: tuple[str, ...], asked: bool
) -> None:
    """Karnofsky 60 stands for ECOG 2 by one study and 3 by the other; from ECOG 3 it is not recommended."""
    case = yaml.safe_load((EXAMPLES / "complete.yaml").read_text())
    case["patient"].pop("ecog")
    case["patient"]["kps"] = kps
    decision = osc.assess(case).decisions["lat-candidacy"]
    assert decision.possible == possible
    assert ("ecog" in decision.needs) == asked
