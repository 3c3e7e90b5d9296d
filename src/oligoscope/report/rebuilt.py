"""Rebuilt trials pooled by patients, as text and as data."""

import math
from dataclasses import dataclass
from pathlib import Path

from oligoscope.report.survival_text import ratio, table
from oligoscope.report.wording import DISCLAIMER
from oligoscope.synthesis.meta import Fit
from oligoscope.synthesis.reconstruction import CONSTRAINED
from oligoscope.synthesis.survival import Cox


@dataclass(frozen=True)
class RebuiltTrial:
    """A trial out of its figure. log_ratio, se: of the second arm against the first, reconstruction included unless the
    method gives one set.
    """

    name: str
    patients: Path
    control: str
    other: str
    log_ratio: float
    se: float
    verdict: str
    method: str = CONSTRAINED


@dataclass(frozen=True)
class PooledPatients:
    """Trials taken, those left out since they are poor; one: a Cox model of all patients, two: a pool of ratios."""

    trials: tuple[RebuiltTrial, ...]
    left_out: tuple[RebuiltTrial, ...]
    one: Cox
    two: Fit


def rebuilt_json(found: PooledPatients) -> dict[str, object]:
    """Both pools side by side, and what each rests on."""
    term, fit = found.one.terms[0], found.two
    one = {name: _exp(value) for name, value in (("value", term.coef), ("low", term.low), ("high", term.high))}
    return {
        "status": "computed",
        "variant": {
            "one_stage": "Cox, Efron, stratified by trial; one set of patients per trial: chance only",
            "two_stage": f"{fit.method}, Hartung-Knapp; reconstruction is part of each trial's interval",
        },
        "trials": [_trial_json(trial) for trial in found.trials],
        "left_out": [{"trial": trial.name, "reason": "its reconstruction is poor"} for trial in found.left_out],
        "one_stage": {**one, "n": found.one.n, "events": found.one.events, "reason": term.reason or None},
        "two_stage": {
            "value": math.exp(fit.estimate),
            "low": math.exp(fit.interval[0]),
            "high": math.exp(fit.interval[1]),
            "tau2": fit.tau2,
            "i2": fit.i2,
        },
    }


def _trial_json(trial: RebuiltTrial) -> dict[str, object]:
    return {
        "trial": trial.name,
        "arm": trial.other,
        "against": trial.control,
        "hr": math.exp(trial.log_ratio),
        "se_log_hr": trial.se,
        "verdict": trial.verdict,
        "method": trial.method,
    }


def _exp(value: float | None) -> float | None:
    return None if value is None else math.exp(value)


def rebuilt_text(found: PooledPatients) -> str:
    """Each trial, then both pools."""
    rows = [("trial", "arm", "against", "hazard ratio", "reconstruction")]
    rows += [(t.name, t.other, t.control, ratio(math.exp(t.log_ratio)), t.verdict) for t in found.trials]
    term, fit = found.one.terms[0], found.two
    lines = [f"Rebuilt trials pooled: {found.one.n} patients, {found.one.events} events", *table(rows)]
    lines += [f"  left out: {trial.name}, its reconstruction is poor" for trial in found.left_out]
    lines += [
        f"  {trial.name}: one set of patients, by the method {trial.method}: its interval is of chance only"
        for trial in found.trials
        if trial.method != CONSTRAINED
    ]
    one = "none: " + term.reason
    if term.coef is not None:
        one = f"{ratio(_exp(term.coef))} (95 % CI {ratio(_exp(term.low))} to {ratio(_exp(term.high))})"
    low, high = fit.interval
    two = f"{ratio(math.exp(fit.estimate))} (95 % CI {ratio(math.exp(low))} to {ratio(math.exp(high))})"
    lines += [
        f"  one stage, Cox stratified by trial: {one}",
        f"  two stages, {fit.method} with Hartung-Knapp: {two}, I² {fit.i2:.0f} %",
        "The patients are computed from figures, not observed. The interval of the one-stage pool is of chance only;",
        "that of the two-stage pool holds what the figures leave open, and what differs between trials.",
    ]
    return "\n".join([*lines, DISCLAIMER]) + "\n"
