"""Weighted curves, areas and ratios held to survival 3.5-3 of R, on data that its script draws: no ties, ties, late
entry. The script stands beside the values.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oligoscope.synthesis.survival import Design, Followed, cox, followed, kaplan_meier

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "reference/weighted.json").read_text("utf-8"))


def patients(case: dict[str, Any]) -> tuple[Followed, np.ndarray, np.ndarray]:
    data = {name: np.array(values, float) for name, values in case["data"].items()}
    entry = np.where(data["entry"] < 0, -np.inf, data["entry"])
    late = entry if np.isfinite(entry).any() else None
    return followed(data["time"], data["event"], late), data["weight"], data["group"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_curve(case: dict[str, Any]) -> None:
    whole, weight, _ = patients(case)
    found, told = kaplan_meier(whole, weights=weight), case["curve"]
    alive = found.survival > 0
    assert found.n == whole.n
    for name in ("times", "at_risk", "survival", "se", "low", "high"):
        values = np.array([np.nan if each is None else each for each in told[name]])
        # R lists the days of entry too, where nothing happens.
        values = values[np.isin(told["times"], found.times)]
        shown = alive & np.isfinite(values) & ((found.survival < 1) | (name not in ("low", "high")))
        assert shown.sum() > 15
        assert getattr(found, name)[shown] == pytest.approx(values[shown], rel=1e-9, abs=1e-12), name


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_area(case: dict[str, Any]) -> None:
    whole, weight, _ = patients(case)
    found = kaplan_meier(whole, weights=weight).restricted_mean(case["until"])
    assert [found.value, found.se] == pytest.approx(case["mean"], rel=1e-9)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_ratio(case: dict[str, Any]) -> None:
    whole, weight, group = patients(case)
    design = Design(group[:, None], ["group"], cluster=np.arange(whole.n), weights=weight)
    term = cox(whole, design, tested=False).terms[0]
    assert [term.coef, term.robust_se] == pytest.approx(case["ratio"], rel=1e-8)


@pytest.mark.parametrize("case", CASES[:2], ids=lambda case: case["name"])
def test_weights_of_one_are_none(case: dict[str, Any]) -> None:
    whole, _, _ = patients(case)
    plain, weighted = kaplan_meier(whole), kaplan_meier(whole, weights=np.ones(whole.n))
    for name in ("at_risk", "events", "censored", "survival", "se", "low", "high"):
        assert getattr(weighted, name) == pytest.approx(getattr(plain, name), rel=1e-9, nan_ok=True), name
    mine, theirs = plain.restricted_mean(case["until"]), weighted.restricted_mean(case["until"])
    assert [mine.value, mine.se] == pytest.approx([theirs.value, theirs.se], rel=1e-9)
