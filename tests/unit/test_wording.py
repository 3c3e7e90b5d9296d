"""A published number in words: value, unit, interval with its level, quartiles, who, where."""

from typing import Any

import pytest

from oligoscope.evidence.model import Result
from oligoscope.evidence.wording import number_text


def text(**content: Any) -> str:
    base = {"id": "r", "report": "x", "endpoint": "PFS", "measure": "median", "value": 9.0, "status": "seen"}
    return number_text(Result.model_validate({**base, "arm": "control", "locator": "table 2", **content}))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"unit": "month"}, "PFS: median 9 months (control; table 2)"),
        ({"unit": "month", "value": None}, "PFS: median not reached (control; table 2)"),
        ({"unit": "day", "value": 304.375}, "PFS: median 304.375 days (10.0 months) (control; table 2)"),
        ({"unit": "unknown thing"}, "PFS: median 9 unknown thing (control; table 2)"),
        (
            {"measure": "rate", "unit": "percent", "value": 47.8, "time": "5 years"},
            "PFS at 5 years: 47.8 % (control; table 2)",
        ),
        (
            {
                "measure": "hazard_ratio",
                "unit": "ratio",
                "value": 0.5,
                "interval": {"low": 0.3, "high": 0.83, "level": 0.9},
            },
            "PFS: hazard ratio 0.5 (90 % CI 0.3 to 0.83) (control; table 2)",
        ),
        ({"measure": "odds_ratio", "value": 2.0}, "PFS: odds ratio 2 (control; table 2)"),
        ({"measure": "p_value", "value": 0.03}, "PFS: P = 0.03 (control; table 2)"),
        (
            {"measure": "p_value", "value": 0.001, "p": {"value": 0.001, "operator": "<"}},
            "PFS: P < 0.001 (control; table 2)",
        ),
        (
            {"measure": "p_value", "value": 0.025, "p": {"value": 0.025, "sides": 1}},
            "PFS: P = 0.025 (one-sided) (control; table 2)",
        ),
        (
            {"measure": "p_value", "value": 0.025, "p": {"value": 0.025, "sides": 2}},
            "PFS: P = 0.025 (control; table 2)",
        ),
        (
            {"measure": "hazard_ratio", "value": 0.5, "p": {"value": 0.01, "operator": "<="}},
            "PFS: hazard ratio 0.5, P <= 0.01 (control; table 2)",
        ),
        (
            {
                "measure": "hazard_ratio",
                "value": 0.66,
                "interval": {"low": 0.5, "high": 0.87, "level": 0.95, "fits": 0.8},
            },
            "PFS: hazard ratio 0.66 (95 % CI 0.5 to 0.87 as printed; fits 80 %) (control; table 2)",
        ),
        (
            {"measure": "hazard_ratio", "value": 0.67, "superseded_by": "later/os-hr"},
            "PFS: hazard ratio 0.67 (control; table 2); superseded by later/os-hr",
        ),
        (
            {"unit": "month", "interval": {"low": 7.0, "high": 12.0}},
            "PFS: median 9 months (CI 7 to 12) (control; table 2)",
        ),
        (
            {"unit": "month", "interval": {"low": 7.0, "high": None, "level": 0.95}},
            "PFS: median 9 months (95 % CI 7 to not reached) (control; table 2)",
        ),
        (
            {"unit": "month", "interval": {"low": None, "high": 12.0, "level": 0.95}},
            "PFS: median 9 months (95 % CI not printed to 12) (control; table 2)",
        ),
        (
            {"unit": "month", "interval": {"low": None, "high": None, "level": 0.95}},
            "PFS: median 9 months (control; table 2)",
        ),
        (
            {"unit": "month", "quartiles": {"low": 4.0, "high": None}},
            "PFS: median 9 months, quartiles 4 to not reached (control; table 2)",
        ),
        (
            {"unit": "month", "quartiles": {"low": 4.0, "high": 20.5}},
            "PFS: median 9 months, quartiles 4 to 20.5 (control; table 2)",
        ),
        ({"arm": None, "comparison": "a vs b"}, "PFS: median 9 (a vs b; table 2)"),
        ({"arm": None, "locator": None}, "PFS: median 9 (all; source)"),
    ],
)
def test_a_number_that_was_seen(content: dict[str, Any], told: str) -> None:
    assert text(**content) == told


@pytest.mark.parametrize("status", ["unverified", "review only"])
def test_a_number_that_was_not_seen_is_not_in_the_text(status: str) -> None:
    told = text(value=123.25, status=status, interval={"low": 77.5, "high": 200.5, "level": 0.95})
    assert told == f"PFS median (control): {status}, not shown"
