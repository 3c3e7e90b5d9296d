"""What a what-if changed: another answer, or only what stands behind it."""

from typing import Any

import pytest

from oligoscope.assess.answer import Change, Total

SAME: dict[str, Any] = {
    "table": "t",
    "part": None,
    "lesion": None,
    "before": "a",
    "after": "a",
    "labels": ("A", "A"),
    "possible": (("a",), ("a",)),
    "rules": (("r1",), ("r2",)),
    "needs": (("ecog",), ()),
}
LOW, HIGH = Total(low=1, high=2), Total(low=1, high=3)


@pytest.mark.parametrize(
    ("change", "otherwise"),
    [
        ({}, False),
        ({"possible": (("a",), ("a", "b"))}, True),
        ({"possible": (("a", "b"), ("a",))}, True),
        ({"scores": (LOW, LOW)}, False),
        ({"scores": (LOW, HIGH)}, True),
        ({"scores": (HIGH, LOW)}, True),
        ({"scores": (None, LOW)}, True),
        ({"scores": (None, None)}, False),
    ],
)
def test_another_answer_is_another_outcome_or_another_total(change: dict[str, Any], otherwise: bool) -> None:
    assert Change(**{**SAME, **change}).answers_otherwise == otherwise
