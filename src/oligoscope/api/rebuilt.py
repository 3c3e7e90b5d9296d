"""Rebuilt trials pooled by patients: `osc.pool_rebuilt(["one/", "two/"])`."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from oligoscope.api.result import Result
from oligoscope.errors import NotAllowed

if TYPE_CHECKING:
    from oligoscope.report.rebuilt import PooledPatients, RebuiltTrial
    from oligoscope.synthesis.survival.risk import Array

_Z = 1.959963984540054
"""Half of a 95 % interval, in standard errors."""


def pool_rebuilt(trials: Sequence[Path | str]) -> "Result[PooledPatients]":
    """Trials that `oligoscope ipd -o` rebuilt, pooled: one Cox model of all patients, stratified by trial, beside the
    pool of their hazard ratios by random effects.

    trials: folders with ipd.csv and quality.json, each of two arms; the second arm is held against the first.  A trial
    whose reconstruction is poor is left out, and said. Needs the package survival.
    """
    from oligoscope.report.rebuilt import rebuilt_json, rebuilt_text

    found = [_trial(Path(each)) for each in trials]
    names = [trial.name for trial in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise NotAllowed("trial", twice, "each trial once", "two folders have this name", "rename one of them")
    taken = tuple(trial for trial in found if trial.verdict != "poor")
    left = tuple(trial for trial in found if trial.verdict == "poor")
    if len(taken) < 2:
        problem = f"there are {len(taken)} that can be pooled ({len(left)} poor)"
        raise NotAllowed("trials", ", ".join(names), "two or more whose reconstruction is not poor", problem)
    return Result(_pooled(taken, left), rebuilt_json, rebuilt_text)


def _trial(folder: Path) -> "RebuiltTrial":
    """One folder. Raises NotAllowed, and OSError for a file that is not there."""
    from oligoscope.report.rebuilt import RebuiltTrial
    from oligoscope.synthesis.reconstruction import CONSTRAINED

    try:
        quality = json.loads((folder / "quality.json").read_text(encoding="utf-8"))
        control, other = (str(arm["arm"]) for arm in quality["arms"])
        low, value, high = (math.log(quality["hr"][name]) for name in ("low", "value", "high"))
        verdict = str(quality["verdict"])
        # Folders of before methods had names hold ours.
        method = str(quality["variant"].get("name", CONSTRAINED))
    except (ValueError, KeyError, TypeError):
        problem = "quality.json has no two arms with a hazard ratio"
        raise NotAllowed("trial", folder, "a folder that ipd -o wrote, of two arms", problem) from None
    se = (high - low) / (2 * _Z)
    return RebuiltTrial(folder.resolve().name, folder / "ipd.csv", control, other, value, se, verdict, method)


def _pooled(trials: "tuple[RebuiltTrial, ...]", left: "tuple[RebuiltTrial, ...]") -> "PooledPatients":
    """Both pools. Raises NotAllowed where a table of patients does not fit its quality."""
    import numpy as np

    from oligoscope.report.rebuilt import PooledPatients
    from oligoscope.synthesis import meta
    from oligoscope.synthesis.survival import Design, cox, followed

    parts = [_patients(trial) for trial in trials]
    times, events, entries, arms = (np.concatenate(column) for column in zip(*parts, strict=True))
    strata = np.repeat(np.arange(len(parts)), [len(part[0]) for part in parts])
    try:
        fitted = cox(followed(times, events, entries), Design(arms[:, None], ["arm"], strata=strata))
    except ModuleNotFoundError:
        fix = "run pip install 'oligoscope[survival]'"
        raise NotAllowed("package", "survival", "", "Cox regression needs it, and it is not installed", fix) from None
    two = meta.fit([trial.log_ratio for trial in trials], [trial.se**2 for trial in trials])
    return PooledPatients(trials, left, fitted, two)


def _patients(trial: "RebuiltTrial") -> "tuple[Array, Array, Array, Array]":
    """Times, events, entries (before 0 where a patient was followed from the start), and 1 for the second arm."""
    import numpy as np

    from oligoscope.files.columns import Wanted, frame_of, sample

    frame = frame_of(trial.patients)
    wanted = [Wanted("time", "time", "time"), Wanted("event", "event", "flag"), Wanted("arm", "arm", "label")]
    late = [Wanted("entry", "entry", "number")] if "entry" in frame.columns else []
    found = sample(frame, [*wanted, *late])
    label = found.labels[wanted[2]]
    if set(label.names) != {trial.control, trial.other}:
        problem = f"quality.json of {trial.name} has other arms"
        raise NotAllowed("arm", ", ".join(label.names), f"{trial.control}, {trial.other}", problem)
    time = np.maximum(found.numbers[wanted[0]], 1e-6)
    entry = found.numbers[late[0]] if late else np.zeros(len(time))
    since = np.where(entry > 0, np.minimum(entry, time * (1 - 1e-6)), -1.0)
    return time, found.numbers[wanted[1]], since, (label.codes == label.names.index(trial.other)).astype(float)
