"""How near patients rebuilt from curves come to the true ones: every curve of shared/data/km, from corners, traces and
clicks, with the number of events given and without, by every method.

    python benchmarks/ipd.py [NAME]

NAME: only curves whose name begins so. Prints the error of the log hazard ratio, of medians, the events, RMSE, seconds;
then the middle and the worst of each kind and method, beside those of R's implementations.
"""

import json
import os
import sys
import time
from collections import defaultdict
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from oligoscope import api
from oligoscope.report.ipd import Patients
from oligoscope.synthesis.reconstruction import METHODS

PLACE = Path(os.environ.get("OLIGOSCOPE_SHARED", Path(__file__).parents[2] / "shared"))


def columns(arms: list[dict[str, Any]], kind: str) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """The readings of a kind and the numbers at risk, as tables."""
    curve: dict[str, list[Any]] = {"arm": [], "time": [], "survival": []}
    risk: dict[str, list[Any]] = {"arm": [], "time": [], "n_risk": []}
    for arm in arms:
        times = list(arm[kind]["time"])
        survival = list(arm[kind]["surv"])
        if kind == "vertices":  # The corners of the drops; the curve goes on to the last patient.
            times, survival = [*times, arm["last_time"]], [*survival, survival[-1]]
        curve["arm"] += [arm["label"]] * len(times)
        curve["time"] += times
        curve["survival"] += survival
        risk["arm"] += [arm["label"]] * len(arm["risk_times"])
        risk["time"] += arm["risk_times"]
        risk["n_risk"] += arm["n_risk"]
    return curve, risk


def median_of(arm: dict[str, Any]) -> tuple[float | None, float | None]:
    """The true median, and the next event after it."""
    times, survival = np.asarray(arm["vertices"]["time"]), np.asarray(arm["vertices"]["surv"])
    below = np.flatnonzero(survival <= 0.5)
    if not len(below):
        return None, None
    i = int(below[0])
    return float(times[i - 1]), float(times[min(i + 1, len(times) - 1)])


def run(case: dict[str, Any], kind: str, method: str, *, given: bool) -> tuple[float, list[float], Patients, float]:
    """The error of the log hazard ratio, relative errors of medians (0 within the neighbouring events), all of it."""
    curve, risk = columns(case["arms"], kind)
    events = [arm["events"] for arm in case["arms"]] if given else None
    begin = time.perf_counter()
    found: Patients = api.ipd(curve, risk, events=events, method=method).found
    seconds = time.perf_counter() - begin
    medians = []
    for arm, rebuilt in zip(case["arms"], found.compared.arms, strict=True):
        low, high = median_of(arm)
        value = rebuilt.curve.quantile().value
        if low is None or high is None or value is None:
            medians.append(0.0 if (low is None) == (value is None) else 1.0)
        else:
            medians.append(max(low / value - 1, value / high - 1, 0.0))
    hr = found.compared.ratios[0].value or float("nan")
    return float(np.log(hr)) - case["truth"]["log_hr"], medians, found, seconds


def told(name: str, kind: str, method: str, case: dict[str, Any], *, given: bool) -> float:
    """One line of one run. Returns the error of the log hazard ratio."""
    error, medians, found, seconds = run(case, kind, method, given=given)
    arms = " ".join(
        f"{int(arm.curve.events.sum())}/{true['events']} rmse {arm.rmse:.4f} {arm.verdict}"
        for arm, true in zip(found.compared.arms, case["arms"], strict=True)
    )
    known = "events given" if given else ""
    head = f"{name:18} {kind:8} {known:12} {method:11}"
    print(f"{head} {error:+.4f} medians {max(medians):.3f} {arms} {seconds:.2f} s", flush=True)
    return error


def main(beginning: str = "") -> None:
    errors: dict[tuple[str, bool, str], list[float]] = defaultdict(list)
    for path in sorted((PLACE / "data/km").glob("*.json")):
        case = json.loads(path.read_text())
        if "truth" not in case or not case["id"].startswith(beginning):
            continue
        for run_of in product(("vertices", "trace", "clicks"), (False, True), METHODS):
            kind, given, method = run_of
            errors[run_of].append(abs(told(case["id"], kind, method, case, given=given)))
    for (kind, given, method), found in sorted(errors.items()):
        known = "events given" if given else "events not given"
        print(f"{kind:8} {known:16} {method:11} median {np.median(found):.4f} worst {max(found):.4f}")
    theirs: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row in json.loads((PLACE / "reference/km_reconstruction_r.json").read_text()):
        if row.get("log_hr_error") is not None:
            theirs[row["input"], row["method"]].append(abs(row["log_hr_error"]))
    for (kind, method), values in sorted(theirs.items()):
        print(f"R {method:14} {kind:8} {len(values)} runs, median {np.median(values):.4f} worst {max(values):.4f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
