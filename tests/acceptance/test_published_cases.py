"""Published cases, as a case file and as a registry of one: the right state, candidacy, definitions and words."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

import oligoscope as osc

Case = dict[str, Any]
CASES: list[Case] = yaml.safe_load((Path(__file__).parent / "published_cases.yaml").read_text("utf-8"))["cases"]
SEVERITIES = ("stop", "caution", "information")


def codes(answer: Case, name: str) -> set[str]:
    """The outcome of a table or group with the rule that gave it, or the ids of the options that apply."""
    table, _, group = name.partition("/")
    if group:
        found = answer["criteria"][table][group]
        return {found["value"], found["rule"]}
    if table in answer["decisions"]:
        found = answer["decisions"][table]
        return {found["value"], found["rule"]}
    return {option["id"] for option in answer["options"].get(table, []) if option["applies"] == "yes"}


@pytest.mark.parametrize("published", CASES, ids=lambda case: case["name"])
def test_the_answer_is_right(published: Case) -> None:
    answer = osc.assess(published["case"])
    found, text = answer.model_dump(), str(answer)
    for name, expected in published["expect"].items():
        match name:
            case "n":
                assert {fact: found["facts"][fact]["value"] for fact in expected} == expected
            case "text":
                assert all(word.lower() in text.lower() for word in expected.get("says", []))
                if "first_flag" in expected:
                    assert (
                        min(found["flags"], key=lambda flag: SEVERITIES.index(flag["severity"]))["severity"] == "stop"
                    )
            case "no_need":
                assert expected not in {need["input"] for need in found["needs"]}
            case _ if isinstance(expected, dict):
                assert expected["not"] not in codes(found, name)
            case _:
                assert expected in codes(found, name), (name, codes(found, name))


@pytest.mark.parametrize("published", CASES, ids=lambda case: case["name"])
def test_a_registry_says_the_same(published: Case, tmp_path: Path) -> None:
    """The chart as rows of a registry: every decision and definition as the case file has it."""
    answer = osc.assess(published["case"]).model_dump()
    answers = osc.assess_cohort(frames(published["case"])).answers
    row = answers.row(0, named=True)
    for table, decision in answer["decisions"].items():
        assert row[table] == decision["value"], table
        assert row[f"{table}_possible"].split("|") == list(decision["possible"]), table
    for table, groups in answer["criteria"].items():
        assert {group: row[f"{table}_{group}"] for group in groups} == {g: c["value"] for g, c in groups.items()}


def frames(case: Case) -> dict[str, pl.DataFrame]:
    """A case file as a registry's tables: one row of scalars, one table for each list."""
    row: dict[str, str] = {"patient_id": "P1"}
    tables = {}
    for name, content in case.items():
        if content == []:
            row[name] = "none"
        elif isinstance(content, list):
            tables[name] = [{"patient_id": "P1", **{k: _text(v) for k, v in item.items()}} for item in content]
        elif isinstance(content, dict):
            prefix = "" if name == "patient" else f"{name}_"
            row |= {prefix + field: _text(value) for field, value in content.items()}
        else:
            row[name] = _text(content)
    lists = {name: pl.DataFrame(rows, infer_schema_length=None) for name, rows in tables.items()}
    return {"patients": pl.DataFrame([row]), **lists}


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("published", CASES, ids=lambda case: case["name"])
def test_the_page_fits_one_screen_and_begins_with_the_answer(published: Case) -> None:
    """45 lines of 100 columns; the sentence and every stop flag stand in the first five."""
    lines = str(osc.assess(published["case"])).splitlines()
    assert len(lines) <= 45, "\n".join(lines)
    top = " ".join(lines[:5])
    assert osc.assess(published["case"]).model_dump()["summary"].split(":")[0] in " ".join(top.split())
