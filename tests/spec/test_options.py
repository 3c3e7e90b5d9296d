"""What a table of options answers."""

from collections.abc import Callable

import pytest

from oligoscope.tables.errors import TableError
from oligoscope.tables.model import Options
from tests.spec.conftest import WORDS
from tests.spec.drawing import written

title = "Options: each applies, or does not, on its own"

WARNINGS = """
table: warnings
kind: options
inputs: [age, level, fit]
payload: [severity]
options:
  - {id: frail, when: {age: ">= 80"}, payload: {severity: high}}
  - {id: weak, when: [{level: poor}, {fit: false}], payload: {severity: low}}
  - {id: doubted, when: {level: good}, status: unverified}
"""


def test_an_option_that_certainly_applies_may_apply_too(spec: Callable[..., None]) -> None:
    given = {"age": 85, "level": "fair", "fit": True}
    spec(WARNINGS, given, {"applies": ["frail"], "may": ["frail"]})


def test_options_do_not_exclude_each_other(spec: Callable[..., None]) -> None:
    given = {"age": 85, "level": "poor", "fit": True}
    spec(WARNINGS, given, {"applies": ["frail", "weak"], "may": ["frail", "weak"]})


def test_none_may_apply(spec: Callable[..., None]) -> None:
    spec(WARNINGS, {"age": 50, "level": "fair", "fit": True}, {"applies": [], "may": []})


def test_an_unknown_makes_an_option_one_that_may_apply(spec: Callable[..., None]) -> None:
    given = {"age": (70, 90), "level": "fair"}
    spec(WARNINGS, given, {"applies": [], "may": ["frail", "weak"]})


def test_one_of_several_conditions_is_enough_whatever_the_others_are(spec: Callable[..., None]) -> None:
    spec(WARNINGS, {"age": 50, "level": "poor"}, {"applies": ["weak"], "may": ["weak"]})
    spec(WARNINGS, {"age": 50, "fit": False}, {"applies": ["weak"], "may": ["weak"]})


def test_an_option_that_is_not_verified_never_applies(spec: Callable[..., None]) -> None:
    """It is listed in the table, and no answer names it, not even as one that may apply."""
    spec(WARNINGS, {"age": 50, "level": "good", "fit": True}, {"applies": [], "may": []})
    table = WORDS.reader().table(written(WARNINGS)).table
    assert [part.id for part in table.parts] == ["frail", "weak", "doubted"]


def test_an_option_carries_what_its_table_declares() -> None:
    table = WORDS.reader().table(written(WARNINGS)).table
    assert isinstance(table, Options)
    assert [dict(option.payload) for option in table.options] == [{"severity": "high"}, {"severity": "low"}, {}]


def test_what_a_table_does_not_declare_no_option_carries() -> None:
    undeclared = WARNINGS.replace("payload: [severity]\n", "payload: [weight]\n")
    with pytest.raises(TableError, match="option frail: payload severity is not declared"):
        WORDS.reader().table(written(undeclared))


def test_what_an_answer_says_of_every_option_is_no_payload() -> None:
    with pytest.raises(TableError, match="status is said of every option already"):
        WORDS.reader().table(written(WARNINGS.replace("payload: [severity]\n", "payload: [severity, status]\n")))
