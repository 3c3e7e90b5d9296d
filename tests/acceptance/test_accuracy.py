"""Time-dependent AUC and Brier score held to riskRegression, Uno's C to survival's concordance, of R; the script stands
beside the values.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oligoscope.synthesis.survival import followed
from oligoscope.synthesis.survival.accuracy import auc_at, brier_at, uno_c

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "reference/accuracy.json").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_agrees_with_r(case: dict[str, Any]) -> None:
    data = {name: np.array(values, float) for name, values in case["data"].items()}
    whole, group = followed(data["time"], data["event"]), data["group"].astype(np.int64)
    assert auc_at(whole, group, case["at"]) == pytest.approx(case["auc"], rel=1e-8)
    assert brier_at(whole, np.array(case["lives"])[group], case["at"]) == pytest.approx(case["brier"], rel=1e-8)
    assert uno_c(whole, group, np.inf) == pytest.approx(case["uno"], rel=1e-8)


def test_without_a_pair_there_is_no_number() -> None:
    nobody = followed([1.0, 2.0], [0, 0])
    assert uno_c(nobody, np.array([0, 1]), np.inf) is None
    assert auc_at(nobody, np.array([0, 1]), 1.5) is None
    assert auc_at(followed([1.0, 2.0], [1, 1]), np.array([0, 1]), 3.0) is None
