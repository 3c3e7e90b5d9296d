"""Therapy within some months against none by then, as a trial would compare them: cloned, censored, weighted.

Every patient begins as two clones, one for each plan; a clone is censored on the day on which the patient leaves its
plan. Who stays is weighted by the inverse of the chance to have stayed, given the factors, so that the censoring does
not select. No time before therapy counts for it, and nobody is left out for dying early.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from oligoscope.cohort.analysis.endpoints import DAYS_PER_MONTH
from oligoscope.cohort.analysis.patients import Floats
from oligoscope.cohort.analysis.refused import FEW_EVENTS, FEW_PATIENTS, Refused, plural
from oligoscope.cohort.analysis.treatment import Compared, Exposed
from oligoscope.synthesis.logistic import logistic
from oligoscope.synthesis.survival import Design, Followed, cox

GRACE = 6.0
"""Months within which therapy must begin to follow its plan."""
LARGEST_WEIGHT = 20.0
"""Weights are cut off here: a single patient must not stand for more than so many."""
SAMPLE = 20_000
"""Patients of whom clones are made; of a larger registry a seeded sample, which the report names."""
SEED = 20261126


@dataclass(frozen=True)
class Rows:
    """Intervals of clones. arm: 1 for therapy within the grace period."""

    followed: Followed
    arm: Floats
    weight: Floats
    whose: NDArray[np.int64]


def emulated(exposed: Exposed, covariates: Floats, way: str) -> Compared | Refused:
    """The comparison. covariates: of each patient, rows x terms; none of them where weights are of time alone."""
    day = GRACE * DAYS_PER_MONTH
    late = exposed.starts >= day
    if late.any():
        chosen = ~late
        exposed = Exposed(exposed.followed.part(chosen), exposed.lat[chosen])
        covariates = covariates[chosen]
    beyond = exposed.followed.time > day
    treated = exposed.lat <= day
    if min(int((beyond & treated).sum()), int((beyond & ~treated).sum())) < FEW_PATIENTS:
        return Refused(f"fewer than {FEW_PATIENTS} followed beyond {GRACE:g} months kept to one of the plans")
    stays = _chance_to_be_treated(covariates[beyond], treated[beyond])
    if stays is None:
        return Refused("who is treated can be told from the factors without doubt: nobody compares with the others")
    chance = np.ones(len(treated))
    chance[beyond] = stays
    rows = _joined(_with_therapy(exposed, chance, day), _without(exposed, covariates, day))
    events = int((rows.followed.event > 0).sum())
    if events < FEW_EVENTS:
        return Refused(f"{plural(events, 'event')}: fewer than {FEW_EVENTS}")
    fit = cox(rows.followed, Design(rows.arm[:, None], (way,), cluster=rows.whose, weights=rows.weight), tested=False)
    term = fit.terms[0]
    if term.coef is None or term.low is None or term.high is None or term.p is None:
        return Refused(term.reason or fit.reason)
    n = int(treated.sum())
    return Compared(way, n, len(treated) - n, events, term.coef, term.low, term.high, term.p, left_out=int(late.sum()))


def sampled(n: int, *, whole: bool) -> NDArray[np.int64] | None:
    """The rows of a seeded sample; None where all are taken. whole: all are wanted, however many."""
    if whole or n <= SAMPLE:
        return None
    return np.sort(np.random.default_rng(SEED).choice(n, SAMPLE, replace=False))


def _chance_to_be_treated(covariates: Floats, treated: NDArray[np.bool_]) -> Floats | None:
    """Of those followed beyond the grace period, that their therapy had begun in it."""
    varies = [i for i in range(covariates.shape[1]) if np.ptp(covariates[:, i]) > 0]
    found = logistic(covariates[:, varies], treated.astype(float))
    return None if found is None else np.maximum(found, 1 / LARGEST_WEIGHT)


def _with_therapy(exposed: Exposed, chance: Floats, day: float) -> Rows:
    """Clones of the plan to be treated: all up to the grace period's end, beyond it those whose therapy had begun."""
    whole, n = exposed.followed, len(exposed.lat)
    ends = np.minimum(whole.time, day)
    event = np.where(whole.time <= day, whole.event, 0.0)
    on = np.flatnonzero((whole.time > day) & (exposed.lat <= day))
    both = Followed(
        np.concatenate([ends, whole.time[on]]),
        np.concatenate([event, whole.event[on]]),
        np.concatenate([whole.entry, np.maximum(whole.entry[on], day)]),
    )
    weight = np.concatenate([np.ones(n), 1 / chance[on]])
    return Rows(both, np.ones(n + len(on)), weight, np.concatenate([np.arange(n), on]))


def _without(exposed: Exposed, covariates: Floats, day: float) -> Rows:
    """Clones of the other plan: up to therapy, where it begins in the grace period; weighted month by month."""
    whole, n = exposed.followed, len(exposed.lat)
    leaves = np.where(exposed.lat <= day, exposed.lat, np.inf)
    ends = np.minimum(whole.time, leaves)
    event = np.where(whole.time <= leaves, whole.event, 0.0)
    hazard = _therapy_hazard(exposed, covariates, day)
    cuts = np.append(np.arange(0, GRACE) * DAYS_PER_MONTH, [day, np.inf])
    parts = []
    for first, last in pairwise(cuts):
        here = np.flatnonzero((ends > first) & (exposed.starts < last))
        if not len(here):
            continue
        stops = np.minimum(ends[here], last)
        had = np.where(ends[here] <= last, event[here], 0.0)
        starts = np.maximum(whole.entry[here], first if first > 0 else -np.inf)
        # Nobody could leave the plan before being followed, so the chance to have stayed counts from the entry on.
        entered = np.minimum(exposed.starts[here], first)
        weight = np.minimum(np.exp(hazard(here, np.full(len(here), first)) - hazard(here, entered)), LARGEST_WEIGHT)
        parts.append(Rows(Followed(stops, had, starts), np.zeros(len(here)), weight, here))
    at_once = np.flatnonzero(ends <= 0)
    at_once = at_once[event[at_once] > 0]
    if len(at_once):
        ended = Followed(ends[at_once], event[at_once], np.full(len(at_once), -np.inf))
        parts.append(Rows(ended, np.zeros(len(at_once)), np.ones(len(at_once)), at_once))
    return _joined(*parts) if parts else Rows(whole.part(np.zeros(n, bool)), *(np.zeros(0),) * 2, np.zeros(0, np.int64))


class _Hazard:
    """The cumulative hazard of therapy of some patients, each up to a day."""

    def __init__(self, times: Floats, cumulative: Floats, relative: Floats) -> None:
        self._times, self._cumulative, self._relative = times, np.concatenate([[0.0], cumulative]), relative

    def __call__(self, rows: NDArray[np.int64], days: Floats) -> Floats:
        return self._cumulative[np.searchsorted(self._times, days, side="right")] * self._relative[rows]


def _therapy_hazard(exposed: Exposed, covariates: Floats, day: float) -> _Hazard:
    """Of therapy as an event, by a Cox model of the factors with Breslow's baseline."""
    n = len(exposed.lat)
    ends = np.minimum(np.minimum(exposed.followed.time, exposed.lat), day)
    event = ((exposed.lat <= day) & (exposed.lat <= exposed.followed.time)).astype(float)
    part = Followed(ends, event, np.where(exposed.followed.entry < ends, exposed.followed.entry, -np.inf))
    relative = np.ones(n)
    varies = [i for i in range(covariates.shape[1]) if np.ptp(covariates[:, i]) > 0]
    if varies and event.sum() >= FEW_EVENTS * len(varies):
        fit = cox(part, Design(covariates[:, varies], [str(i) for i in varies]), tested=False)
        coefs = np.array([term.coef or 0.0 for term in fit.terms])
        relative = np.exp((covariates[:, varies] - covariates[:, varies].mean(axis=0)) @ coefs)
    times = np.unique(ends[event > 0])
    entered = np.argsort(part.entry, kind="stable")
    left = np.argsort(ends, kind="stable")
    came = np.concatenate([[0.0], np.cumsum(relative[entered])])[np.searchsorted(part.entry[entered], times, "left")]
    went = np.concatenate([[0.0], np.cumsum(relative[left])])[np.searchsorted(ends[left], times, "left")]
    return _Hazard(times, np.cumsum(part.events_at(times) / (came - went)), relative)


def _joined(*parts: Rows) -> Rows:
    return Rows(
        Followed(*(np.concatenate([getattr(p.followed, name) for p in parts]) for name in ("time", "event", "entry"))),
        np.concatenate([p.arm for p in parts]),
        np.concatenate([p.weight for p in parts]),
        np.concatenate([p.whose for p in parts]),
    )
