"""Gray's test and Fine-Gray regression held to cmprsk 2.2-11 of R, on data that its script draws: ties, three groups,
nobody censored, 40 patients. The script stands beside the values.
"""

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oligoscope.synthesis.survival import fine_gray, gray, incidences

fine_gray_module = import_module("oligoscope.synthesis.survival.fine_gray")

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "reference/competing.json").read_text("utf-8"))


def near(value: Any) -> Any:
    return pytest.approx(value, rel=1e-8, abs=1e-10)


def arrays(case: dict[str, Any]) -> dict[str, np.ndarray]:
    return {name: np.array(values, float) for name, values in case["data"].items()}


@pytest.mark.parametrize("of", [1, 2])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_gray(case: dict[str, Any], of: int) -> None:
    data = arrays(case)
    found = gray(data["time"], data["cause"], data["group"].astype(np.int64), of)
    assert found.chisq == near(case["gray"]["stat"][of - 1])
    assert found.p == near(case["gray"]["p"][of - 1])
    assert found.df == case["gray"]["df"][of - 1]


@pytest.mark.parametrize("of", [1, 2])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_fine_gray(case: dict[str, Any], of: int) -> None:
    data = arrays(case)
    covariates = np.column_stack([data["x"], data["z"], data["group"] == 1]).astype(float)
    found, told = fine_gray(data["time"], data["cause"], covariates, ["x", "z", "g"], of), case["fit"][of - 1]
    # crr ends up to 1.4e-9 before the maximum, whatever it is asked for; what follows from it agrees to 1e-8.
    assert [term.coef for term in found.terms] == pytest.approx(told["coef"], rel=1e-8, abs=2e-9)
    beta = np.array([term.coef for term in found.terms], float)
    rows = fine_gray_module._sorted(data["time"], data["cause"].astype(np.int64), covariates, of)
    assert np.abs(fine_gray_module._likelihood(rows, beta)[1]).max() < 1e-9
    assert [term.robust_se for term in found.terms] == near(told["se"])
    assert found.loglik == near(told["loglik"])
    assert found.loglik_null == near(told["loglik_null"])


def test_what_cannot_be_compared_says_why() -> None:
    groups = np.array([0, 0, 1, 1])
    assert gray([1, 2, 3, 4], [2, 0, 2, 0], groups).reason == "nobody had an event of this cause"
    assert gray([1, 2, 3, 4], [1, 0, 2, 1], np.zeros(4, np.int64)).reason == "there is one group"
    same = fine_gray([1, 2, 3, 4], [1, 0, 2, 1], np.ones((4, 1)), ["one"])
    assert same.terms[0].coef is None
    assert "constant" in same.reason


def test_incidence_with_late_entry_is_that_without_where_nobody_enters_late() -> None:
    data = arrays(CASES[1])
    (plain,) = incidences(data["time"], data["cause"], [1])
    (late,) = incidences(data["time"], data["cause"], [1], entry=np.full(len(data["time"]), -1.0))
    assert late.incidence == pytest.approx(plain.incidence, abs=1e-14)
    # Two estimates of one error: of 220 patients they lie within 3 % of each other.
    well = plain.incidence > 0.05
    assert late.se[well] == pytest.approx(plain.se[well], rel=0.03)


def test_incidence_with_late_entry_and_its_error_by_simulation() -> None:
    """Over 400 draws the mean is the truth and the errors are the spread."""
    random, at, values, errors = np.random.default_rng(5), 4.0, [], []
    for _ in range(400):
        enter = random.uniform(0, 3, 1500)
        first, second, last = random.exponential(5, 1500), random.exponential(8, 1500), random.uniform(4, 12, 1500)
        time = np.minimum(np.minimum(first, second), last)
        cause = np.where(last < np.minimum(first, second), 0, np.where(first < second, 1, 2))
        seen = time > enter
        (curve,) = incidences(time[seen], cause[seen], [1], entry=enter[seen])
        reading = curve.at([at])[0]
        assert reading.incidence is not None
        assert reading.se is not None
        values.append(reading.incidence)
        errors.append(reading.se)
    rate = 1 / 5 + 1 / 8
    truth = (1 / 5) / rate * (1 - np.exp(-rate * at))
    assert np.mean(values) == pytest.approx(truth, abs=float(4 * np.std(values) / 20))
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.15)
