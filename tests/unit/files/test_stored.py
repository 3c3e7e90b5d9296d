"""What is kept of the knowledge comes back as it was."""

import json
from typing import Any

import pytest

from oligoscope.files.stored import from_plain, to_plain
from oligoscope.knowledge import load
from oligoscope.knowledge.build import _classes, _from_plain, _plain
from oligoscope.tables.conditions import Interval
from oligoscope.tables.domain import Dates


def back(value: Any) -> Any:
    return from_plain(json.loads(json.dumps(to_plain(value))), _classes())


def test_the_whole_knowledge_comes_back_with_all_its_trials() -> None:
    whole = load()
    again = _from_plain(json.loads(json.dumps(_plain(whole))), whole.evidence)
    # Compiled tables are told apart by identity, so the written forms are compared.
    assert _plain(again) == _plain(whole)
    assert [trial.model_dump(mode="json") for trial in again.trials] == [
        trial.model_dump(mode="json") for trial in whole.trials
    ]


@pytest.mark.parametrize(
    "value",
    [(1, 1.0, True, "1", None), [(), [], {}], {"a": {"b": [0, False, 0.0]}}, (Dates(), Interval(1, float("inf")))],
)
def test_equal_values_of_other_types_do_not_stand_for_one_another(value: Any) -> None:
    assert repr(back(value)) == repr(value)


def test_what_stands_in_many_places_is_made_once() -> None:
    one, other = back([Interval(1, 2), Interval(1, 2)])
    assert one is other


def test_no_other_class_is_made() -> None:
    with pytest.raises(KeyError):
        from_plain(["touch", ["Popen", 0]], _classes())


def test_a_trial_that_lacks_a_part_is_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        from_plain(["x", ["Version", 0]], _classes())
