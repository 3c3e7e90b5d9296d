"""Which command lines are accepted, and what they mean: without running any."""

import argparse
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from oligoscope.cli.main import as_one_word, parser


def commands(found: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Every command that runs something."""
    inner = [action for action in found._actions if isinstance(action, argparse._SubParsersAction)]
    if not inner:
        yield found
    for action in inner:
        for command in action.choices.values():
            yield from commands(command)


ALL = {command.prog: command for command in commands(parser())}


def read(line: str) -> dict[str, Any]:
    return vars(parser().parse_args(as_one_word(shlex.split(line))))


@pytest.mark.parametrize("name", ALL)
def test_the_example_of_every_command_is_one_of_its_command_lines(name: str) -> None:
    example = re.search(r"^example: oligoscope (.*)$", ALL[name].description or "", re.MULTILINE)
    assert example, f"{name} shows no example"
    assert f"oligoscope {example[1]}".startswith(name)
    assert callable(read(example[1])["run"])


@pytest.mark.parametrize(
    "line",
    [
        "",
        "cohort",
        "evidence",
        "knowledge",
        "trials",
        "assess",
        "explain case.yaml",
        "what-if case.yaml",
        "cohort assess registry",
        "cohort assess -o out",
        "cohort assess registry -o out --engine pandas",
        "cohort template",
        "cohort template -o out --format xlsx",
        "evidence pool",
        "evidence pool --endpoint PFS --design cohort",
        "evidence search",
        "evidence show",
        "knowledge export",
        "knowledge export omd-state --to xml",
        "trials match",
        "trials show",
        "asess case.yaml",
    ],
)
def test_what_lacks_a_part_or_has_a_wrong_one_is_refused(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        read(line)
    assert stopped.value.code == 2
    assert "usage: oligoscope" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("assess c.yaml", {"case": Path("c.yaml"), "json": False, "html": None, "knowledge": [], "set": []}),
        ("assess c.yaml --json --html p.html", {"json": True, "html": Path("p.html")}),
        ("assess c.yaml --knowledge a --knowledge b", {"knowledge": [Path("a"), Path("b")]}),
        ("assess c.yaml --evidence a --evidence b", {"evidence": [Path("a"), Path("b")]}),
        ("assess c.yaml --set a=1 --set b=2", {"set": ["a=1", "b=2"]}),
        ("what-if c.yaml ecog=2 primary.n=N0", {"changes": ["ecog=2", "primary.n=N0"], "json": False}),
        ("explain c.yaml t --lesion L1", {"table": "t", "lesion": "L1"}),
        ("explain c.yaml t", {"lesion": None, "json": False}),
        ("cohort assess r -o o", {"output": Path("o"), "engine": "polars", "extra_columns": False}),
        ("cohort assess r -o o --extra-columns --engine duckdb", {"extra_columns": True, "engine": "duckdb"}),
        ("cohort template -o o", {"output": Path("o"), "format": "csv"}),
        ("evidence list", {"words": [], "endpoint": None, "since": None, "until": None}),
        (
            "evidence search brain liver --from 2020 --to 2021",
            {"words": ["brain", "liver"], "since": "2020", "until": "2021"},
        ),
        (
            "evidence pool --endpoint PFS",
            {"design": "randomised", "as_of": None, "without": [], "admitted": [], "plot": None},
        ),
        (
            "evidence pool --endpoint PFS --without a --without b --with concern --with indirect --as-of 2022-09-01",
            {"without": ["a", "b"], "admitted": ["concern", "indirect"], "as_of": "2022-09-01"},
        ),
        ("evidence drift", {"since": None, "until": "today", "population": None, "html": None}),
        ("knowledge export t", {"table": "t", "to": "md"}),
        ("trials match c.yaml", {"case": Path("c.yaml"), "output": None}),
        ("literature simulate l.csv", {"labels": Path("l.csv"), "seed": 1, "runs": 5, "json": False}),
        ("cohort report r -o o", {"full": False, "pdf": False, "plan": None}),
    ],
)
def test_what_a_command_line_means(line: str, meant: dict[str, Any]) -> None:
    found = read(line)
    assert {name: found[name] for name in meant} == meant
