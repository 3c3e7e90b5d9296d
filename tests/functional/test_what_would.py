"""Under which values an answer would be given: the fewest fields, what is open first, never what no chart may say."""

from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

import oligoscope as osc
from oligoscope.api import what_would
from oligoscope.cli.main import main

COMPLETE = Path("examples/complete.yaml")
CHART: dict[str, Any] = yaml.safe_load(COMPLETE.read_text(encoding="utf-8"))


def without(*fields: str, **others: object) -> dict[str, Any]:
    """The complete chart without some fields, and with others."""
    kept = {name: value for name, value in CHART.items() if name not in fields}
    patient = {name: value for name, value in CHART["patient"].items() if name not in fields}
    return {**kept, "patient": patient, **others}


def value(document: dict[str, Any], table: str) -> str | None:
    return osc.assess(document).decisions[table].value


def test_what_holds_already_needs_nothing() -> None:
    found = what_would(COMPLETE)
    assert (found.goal, found.holds, found.open, found.would_have_to_differ) == (
        "lat-candidacy=CONDITIONAL",
        True,
        (),
        (),
    )


def test_an_open_field_comes_first_and_a_known_one_is_named_as_such() -> None:
    found = what_would(without("all_sites_treatable"))
    (way,) = found.open
    assert [(each.field, each.values, each.known, each.now) for each in way] == [
        ("all_sites_treatable", ("true",), False, "unknown")
    ]
    (way,) = what_would(without(all_sites_treatable=False)).would_have_to_differ
    assert [(each.field, each.values, each.known, each.now) for each in way] == [
        ("all_sites_treatable", ("true",), True, "false")
    ]


def test_two_fields_where_none_does_alone() -> None:
    found = what_would(without("all_sites_treatable", "life_expectancy_months"))
    assert [tuple(each.field for each in way) for way in found.open] == [
        ("all_sites_treatable", "life_expectancy_months")
    ]
    assert found.open[0][1].values == (">=6",)


def test_of_a_number_that_may_just_reach_a_limit_the_limit_is_told() -> None:
    chart = without("life_expectancy_months")
    chart["patient"]["life_expectancy_months"] = "<=6"
    assert [[each.values for each in way] for way in what_would(chart).open] == [[("6",)]]


@pytest.mark.parametrize("outcome", ["lung-molgpa=1.5-2.0", "lat-candidacy=NOT_RECOMMENDED", "omd-state=META_REC"])
def test_every_way_gives_the_answer_and_no_other_single_label_does(outcome: str) -> None:
    table, _, wanted = outcome.partition("=")
    found = what_would(COMPLETE, outcome)
    ways = [*found.open, *found.would_have_to_differ]
    assert ways
    for way in ways:
        for values in product(*(each.values for each in way)):
            fields = dict(zip((each.field for each in way), values, strict=True))
            assert {c.table: c.after for c in osc.what_if(COMPLETE, fields).changes}[table] == wanted
    said = {(each.field, v) for way in ways if len(way) == 1 for each in way for v in each.values}
    for field, labels in (("ecog", range(5)), ("all_sites_treatable", ("true", "false")), ("egfr", ("negative",))):
        for label in map(str, labels):
            changes = {c.table: c.after for c in osc.what_if(COMPLETE, {field: label}).changes}
            assert (changes.get(table) == wanted) == ((field, label) in said)


def test_a_trial_is_met_under_every_way_that_is_named() -> None:
    chart = without(**{})
    chart["patient"]["ecog"] = 3
    found = what_would(chart, trial="sweden-hypofract")
    assert not found.holds
    for way in [*found.open, *found.would_have_to_differ]:
        fields = {each.field: each.values[0] for each in way}
        changed = osc.what_if(chart, fields).trials
        assert [each.after for each in changed if each.trial == "sweden-hypofract"] == ["POSSIBLE"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["--for", "lat-candidacy=CONDITONAL"], "CONDITIONAL"),
        (["--for", "lung-zone=central"], "lung-zone is about each lesion"),
        (["--trial", "sweden-hypofrac"], "sweden-hypofract"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(
    asked: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["what-if", str(COMPLETE), *asked]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("asked", [[], ["ecog=1", "--candidate"], ["--candidate", "--trial", "halt"]])
def test_one_question_at_a_time(asked: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["what-if", str(COMPLETE), *asked])
    assert stopped.value.code == 2
    assert "--candidate" in capsys.readouterr().err
