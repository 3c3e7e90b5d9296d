"""Does therapy go along with survival alike in all groups of a factor? One test per factor, never one per group."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from oligoscope.cohort.analysis.designs import columns_of
from oligoscope.cohort.analysis.emulation import SEED
from oligoscope.cohort.analysis.factors import Factor
from oligoscope.cohort.analysis.patients import Flags, Floats, Patients
from oligoscope.cohort.analysis.refused import FEW_EVENTS, FEW_PATIENTS, Refused
from oligoscope.cohort.analysis.treatment import Exposed, exposure, split
from oligoscope.synthesis.survival import Cox, Design, Followed, cox

MOST = 100_000
"""Patients whose subgroups are compared; of a larger registry a seeded sample: two models per factor, each patient in
two intervals, took more time than all else of a report.
"""


@dataclass(frozen=True)
class Within:
    """The ratio of therapy in one group, as logarithms. It has no P of its own."""

    group: str
    n: int
    events: int
    coef: float
    low: float
    high: float


@dataclass(frozen=True)
class Subgroups:
    """p: that the ratios of all groups are one (likelihood ratio of the interaction)."""

    factor: Factor
    groups: tuple[Within, ...]
    p: float


def is_sample(patients: Patients) -> bool:
    """Whether subgroups are compared in a sample of them."""
    return patients.n > MOST and not patients.asked.whole


def subgroups(patients: Patients, tell: Callable[[str], None]) -> Iterator[tuple[Factor, Subgroups | Refused]]:
    """Of every factor; therapy is a state that begins on its day, so no group is formed after time zero.

    tell: is told which factor is looked at.
    """
    if is_sample(patients):
        patients = patients.sample(MOST, SEED)
    clear = ~patients.frame["lat_unclear"].to_numpy()
    for factor in patients.asked.factors:
        tell(f"subgroups by {factor.label}")
        yield factor, _within(patients, factor, clear)


def _within(patients: Patients, factor: Factor, clear: Flags) -> Subgroups | Refused:
    columns = columns_of(patients, factor)
    rows = columns.known & clear
    whole = exposure(patients, rows)
    codes = columns.codes[rows]
    used = []
    for k in np.unique(codes):
        here = codes == k
        treated = int(whole.ever[here].sum())
        enough = min(treated, int(here.sum()) - treated) >= FEW_PATIENTS
        if enough and whole.followed.event[here].sum() >= FEW_EVENTS:
            used.append(int(k))
    if len(used) < 2:
        enough_is = f"{FEW_PATIENTS} treated, {FEW_PATIENTS} untreated and {FEW_EVENTS} events"
        return Refused(f"fewer than two groups have {enough_is}")
    kept = np.isin(codes, used)
    part, codes = Exposed(whole.followed.part(kept), whole.lat[kept]), codes[kept]
    intervals, state, whose = split(part)
    groups = np.column_stack([(codes[whose] == k).astype(float) for k in used])
    names = [columns.labels[k] for k in used]
    ratios = [f"therapy in {name}" for name in names]
    apart = _fitted(intervals, groups[:, 1:], state[:, None] * groups, [*names[1:], *ratios])
    alike = _fitted(intervals, groups[:, 1:], state[:, None], [*names[1:], "therapy"])
    if apart.reason or alike.reason or apart.loglik is None or alike.loglik is None:
        return Refused(apart.reason or alike.reason)
    p = float(stats.chi2.sf(max(2 * (apart.loglik - alike.loglik), 0.0), len(used) - 1))
    found = []
    for term, k in zip(apart.terms[len(used) - 1 :], used, strict=True):
        if term.coef is None or term.low is None or term.high is None:
            return Refused(term.reason)
        here = codes == k
        events = int(part.followed.event[here].sum())
        found.append(Within(columns.labels[k], int(here.sum()), events, term.coef, term.low, term.high))
    return Subgroups(factor, tuple(found), p)


def _fitted(intervals: Followed, groups: Floats, states: Floats, names: Sequence[str]) -> Cox:
    return cox(intervals, Design(np.column_stack([groups, states]), names), tested=False)
