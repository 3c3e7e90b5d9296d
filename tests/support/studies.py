"""Studies that nobody published."""

import math
from typing import Any

from oligoscope.evidence.model import Study

HALF = 1.959963984540054 * 0.2
"""The half-width of a 95 % interval whose error is 0.2."""


def ratio(value: float = 0.5, **more: Any) -> dict[str, Any]:
    ends = {"low": value * math.exp(-HALF), "high": value * math.exp(HALF), "level": 0.95}
    return {"measure": "hazard_ratio", "value": value, "interval": ends, **more}


def medians(experimental: float, control: float, **more: Any) -> list[dict[str, Any]]:
    pair = (("new", experimental), ("old", control))
    return [{"measure": "median", "arm": arm, "value": value, **more} for arm, value in pair]


def study(*results: dict[str, Any], name: str = "made-up", **more: Any) -> Study:
    base = {"report": "r", "endpoint": "PFS", "status": "seen"}
    return Study.model_validate(
        {
            "study": name,
            "title": name,
            "allocation": "randomised",
            "setting": "few",
            "reports": [{"id": "r", "published": "2020-05-01"}],
            "arms": [{"id": "old", "role": "control", "n": 50}, {"id": "new", "role": "experimental", "n": 100}],
            "results": [{"id": f"r{n}", **base, **result} for n, result in enumerate(results)],
            **more,
        }
    )


def trial(name: str, value: float, year: int = 2020, **more: Any) -> Study:
    return study(ratio(value), name=name, reports=[{"id": "r", "published": f"{year}-01-01"}], **more)
