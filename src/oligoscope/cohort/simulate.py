"""Registries whose truth is known, by a seed: what every estimator of a report is held against.

Death comes at a constant rate, changed by a factor (sex) and, from its day on, by local therapy; who is to be treated
is drawn, so therapy is free of confounding unless `indication` says otherwise. All else is what spoils registries:
censoring, missing outcomes, and the time that a patient must live through to be treated.
"""

from dataclasses import asdict, dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from oligoscope.errors import NotAllowed

Floats = NDArray[np.float64]
DAY_ZERO = np.datetime64("2015-01-01")


@dataclass(frozen=True)
class Truth:
    """rate: deaths per day.  factor_ratio: of men's hazard to women's.  therapy_ratio: of the hazard from the first
    local therapy on.  treated: the share meant to be treated, within `wait` days.  indication: how many times as often
    ECOG 0 is treated as ECOG 2, whose hazard is twice as great; 1 for no confounding.  follow_up: least and greatest
    days until censoring.  missing: the share of outcomes that were not recorded.
    """

    patients: int = 600
    seed: int = 1
    rate: float = 1 / 600
    factor_ratio: float = 1.5
    therapy_ratio: float = 0.7
    treated: float = 0.5
    wait: int = 300
    indication: float = 1.0
    follow_up: tuple[int, int] = (365, 2190)
    missing: float = 0.0

    def __post_init__(self) -> None:
        for name in ("rate", "factor_ratio", "therapy_ratio", "indication"):
            if getattr(self, name) <= 0:
                raise NotAllowed(name, getattr(self, name), "numbers above 0", "there is no such hazard")
        for name in ("treated", "missing"):
            if not 0 <= getattr(self, name) <= 1:
                raise NotAllowed(name, getattr(self, name), "shares from 0 to 1", "it is no share")
        if self.patients < 1:
            raise NotAllowed("patients", self.patients, "1 or more", "there is nobody")


@dataclass(frozen=True)
class Simulated:
    """In days: time to death or censoring, event, therapy (inf without). man: 1 or 0.  ecog: 0 to 2."""

    truth: Truth
    time: Floats
    event: Floats
    therapy: Floats
    man: Floats
    ecog: NDArray[np.int64]
    told: NDArray[np.bool_]


def simulate(truth: Truth) -> Simulated:
    """One registry. Times are continuous: whole days come with the tables."""
    random, n = np.random.default_rng(truth.seed), truth.patients
    man, ecog = random.integers(0, 2, n).astype(float), random.integers(0, 3, n)
    hazard = truth.rate * truth.factor_ratio**man
    share = np.full(n, truth.treated)
    if truth.indication != 1:
        hazard = hazard * np.array([1.0, 2**0.5, 2.0])[ecog]
        share = np.clip(truth.treated * truth.indication ** (0.5 - ecog / 2), 0, 1)
    due = np.where(random.random(n) < share, random.uniform(0, truth.wait, n), np.inf)
    before, after = random.exponential(1 / hazard), random.exponential(1 / (hazard * truth.therapy_ratio))
    death = np.where(before <= due, before, np.where(np.isfinite(due), due, 0) + after)
    end = random.uniform(*truth.follow_up, n)
    time = np.minimum(death, end)
    told = random.random(n) >= truth.missing
    return Simulated(truth, time, (death <= end).astype(float), np.where(due < time, due, np.inf), man, ecog, told)


def as_tables(found: Simulated) -> dict[str, pl.DataFrame]:
    """patients, outcomes and local_treatment, as `cohort report` reads them; times in whole days, rounded up."""
    ids = [f"S{k:06d}" for k in range(1, len(found.time) + 1)]
    days = np.ceil(found.time).astype(int)
    patients = pl.DataFrame(
        {
            "patient_id": ids,
            "assessed": _dated(np.zeros(len(ids))),
            "omd_dx_date": _dated(np.zeros(len(ids))),
            "sex": np.where(found.man > 0, "male", "female"),
            "ecog": found.ecog.astype(str),
        }
    )
    dead = pl.Series(found.event > 0).cast(pl.String)
    rows = pl.DataFrame({"patient_id": ids, "endpoint": ["OS"] * len(ids), "date": _dated(days), "event": dead})
    outcomes = rows.filter(pl.Series(found.told))
    treated = np.isfinite(found.therapy)
    therapy = _dated(np.floor(found.therapy[treated]))
    local = pl.DataFrame({"patient_id": pl.Series(ids).filter(pl.Series(treated)), "modality": "sabr", "date": therapy})
    return {"patients": patients, "outcomes": outcomes, "local_treatment": local}


def _dated(days: NDArray[np.float64] | NDArray[np.int64]) -> pl.Series:
    return pl.Series(DAY_ZERO + days.astype("timedelta64[D]")).dt.to_string("%Y-%m-%d")


def truth_json(truth: Truth) -> dict[str, object]:
    """What truth.json says."""
    return {"synthetic": True, **asdict(truth), "follow_up": list(truth.follow_up)}
