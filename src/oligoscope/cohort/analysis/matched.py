"""The registry's patients weighted to a trial's published baseline: who is, by how much, and what is left different.

Of the trial's patients only means and shares are known. The weights make those of the registry equal to them; how the
factors go together, and every factor that was not given, stay as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from oligoscope.cohort.analysis.baseline import Baseline, Margin, check_reach
from oligoscope.cohort.analysis.curves import Line, line
from oligoscope.cohort.analysis.endpoints import DAYS_PER_MONTH
from oligoscope.cohort.analysis.patients import Floats, Patients
from oligoscope.cohort.analysis.refused import FEW_EVENTS, FEW_PATIENTS, Refused, plural
from oligoscope.synthesis.balancing import balancing, effective


@dataclass(frozen=True)
class Balanced:
    """A published number, and the registry's of those who can be weighted, before and after; None without weights."""

    margin: Margin
    before: float
    after: float | None


@dataclass(frozen=True)
class Weights:
    """values: of the patients, with mean 1.  effective: how many patients of equal weight tell as much; events: of
    those with the event alike.  line: the weighted curve, its numbers at risk scaled to the effective sample size.
    """

    values: Floats
    effective: float
    events: float
    line: Line


@dataclass(frozen=True)
class Matched:
    """patients: of whom every factor of the baseline is known.  unknown: by factor, of how many it is not.  rows: ()
    where they are too few to be described.
    """

    baseline: Baseline
    patients: Patients
    unknown: tuple[tuple[str, int], ...]
    rows: tuple[Balanced, ...]
    weights: Weights | Refused


def matched(patients: Patients, baseline: Baseline, at: Sequence[float]) -> Matched:
    """at: months at which numbers at risk are told. Raises NotAllowed for a number that no weights can give."""
    known = np.all([patients.known(factor) for factor in baseline.factors], axis=0)
    unknown = [(factor.label, int((~patients.known(factor)).sum())) for factor in baseline.factors]
    part = replace(patients, frame=patients.frame.filter(known))
    lacking = tuple((label, n) for label, n in unknown if n)
    if part.n < FEW_PATIENTS:
        said = f"every factor of the baseline is known of {plural(part.n, 'patient')}: fewer than {FEW_PATIENTS}"
        return Matched(baseline, part, lacking, (), Refused(said))
    check_reach(baseline.margins, part)
    values = np.column_stack([each.values(part) for each in baseline.margins]).astype(float)
    weights = _weights(part, values, baseline, at)
    before = values.mean(axis=0)
    after = None if isinstance(weights, Refused) else np.average(values, axis=0, weights=weights.values)
    rows = tuple(
        Balanced(margin, float(before[k]), None if after is None else float(after[k]))
        for k, margin in enumerate(baseline.margins)
    )
    return Matched(baseline, part, lacking, rows, weights)


def _weights(part: Patients, values: Floats, baseline: Baseline, at: Sequence[float]) -> Weights | Refused:
    few = _too_few(part, len(baseline.margins))
    if few:
        return few
    found = balancing(values, np.array([each.value for each in baseline.margins]))
    if isinstance(found, str):
        return Refused(found)
    size, events = effective(found), effective(found[part.cause == 1])
    if size < FEW_PATIENTS or events < FEW_EVENTS:
        said = f"{plural(part.n, 'patient')} would tell as much as {size:.1f}, their events as much as {events:.1f}"
        return Refused(f"{said}: fewer than {FEW_PATIENTS} patients or {FEW_EVENTS} events")
    name = f"this registry, weighted{f' to {baseline.arm}' if baseline.arm else ''}"
    scaled = found * size / part.n
    drawn = line(name, part, np.ones(part.n, bool), weights=scaled)
    if isinstance(drawn, Refused):
        return drawn
    at_risk = part.followed.at_risk(np.array(at) * DAYS_PER_MONTH + 1e-9, scaled)
    # Shares at milestones are told of those alone of whom enough are followed to them, which weights do not count.
    return Weights(found, size, events, replace(drawn, at_risk=tuple(int(n) for n in at_risk.round()), shares=()))


def _too_few(part: Patients, terms: int) -> Refused | None:
    if part.events < FEW_EVENTS:
        return Refused(f"{plural(part.events, 'event')} of those whose factors are known: fewer than {FEW_EVENTS}")
    if part.n < FEW_PATIENTS * terms:
        said = f"{plural(part.n, 'patient')} for {plural(terms, 'published number')}"
        return Refused(f"{said}: fewer than {FEW_PATIENTS} for each")
    return None
