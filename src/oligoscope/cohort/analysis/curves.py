"""Survival by group: Kaplan-Meier curves, or cumulative incidence where another event competes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oligoscope.cohort.analysis.endpoints import DAYS_PER_MONTH
from oligoscope.cohort.analysis.factors import Factor
from oligoscope.cohort.analysis.patients import Flags, Floats, Patients
from oligoscope.cohort.analysis.refused import FEW_AT_RISK, FEW_EVENTS, FEW_PATIENTS, Refused, plural
from oligoscope.synthesis.survival import (
    Curve,
    Followed,
    Gray,
    LogRank,
    Quantile,
    gray,
    incidences,
    kaplan_meier,
    log_rank,
    median_follow_up,
)

MILESTONES = (12.0, 24.0, 36.0, 60.0)
"""Months at which shares are told."""
MOST_STEPS = 300
"""Steps of a curve that are drawn and published: finer than a screen shows."""
NOT_SETTLED = "not settled"


@dataclass(frozen=True)
class Share:
    """The share alive without the event (or, of an incidence, with it) at a time in months, with its interval."""

    months: float
    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Line:
    """One group. months, share, low, high: the steps of its curve; low and high are NaN where there is no interval.

    median, follow_up: in months; median is None of an incidence.  at_risk: at the report's ticks.  shares: at the
    milestones that at least FEW_PATIENTS are followed to.  is_settled: false of those whose group is not known.
    """

    label: str
    n: int
    events: int
    competing: int
    months: Floats
    share: Floats
    low: Floats
    high: Floats
    median: Quantile | None
    follow_up: Quantile
    at_risk: tuple[int, ...]
    shares: tuple[Share, ...]
    is_settled: bool = True


@dataclass(frozen=True)
class Gap:
    """A share less that of the reference, at one time: with its interval, each error Greenwood's."""

    label: str
    against: str
    months: float
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Divided:
    """The groups of one factor. left_out: groups that are too small, and how large.  test: of all settled groups;
    where something competes Gray's, or of cause-specific hazards where patients enter late.  gaps: differences at
    milestones.  n_unsettled: of whom it is open.
    """

    factor: Factor
    lines: tuple[Line, ...]
    left_out: tuple[tuple[str, int], ...]
    test: LogRank | Gray | Refused
    gaps: tuple[Gap, ...]
    n_unsettled: int


def ticks(patients: Patients) -> tuple[float, ...]:
    """Months at which numbers at risk stand below every curve: up to the last that FEW_PATIENTS are followed to."""
    longest = np.sort(patients.followed.time)[-min(FEW_PATIENTS, patients.n)] / DAYS_PER_MONTH
    step = next((each for each in (3, 6, 12, 24, 36, 60) if longest / each <= 8), 120)
    return tuple(float(step * i) for i in range(int(longest // step) + 1)) or (0.0,)


def overall(patients: Patients) -> Line | Refused:
    """All patients as one group."""
    return line("all patients", patients, np.ones(patients.n, bool))


def divided(patients: Patients, factor: Factor) -> Divided | Refused:
    """The curves of one factor's groups."""
    codes = patients.codes(factor)
    sizes = np.bincount(codes[codes >= 0], minlength=len(factor.levels))
    if int((sizes >= FEW_PATIENTS).sum()) < 2:
        return Refused(f"fewer than two groups have {FEW_PATIENTS} patients or more")
    lines, left_out, used = [], [], np.zeros(len(codes), bool)
    for k, label in enumerate(factor.levels):
        if not sizes[k]:
            continue
        found = line(label, patients, codes == k)
        if isinstance(found, Refused):
            left_out.append((label, int(sizes[k])))
        else:
            lines.append(found)
            used |= codes == k
    if len(lines) < 2:
        return Refused("fewer than two groups can be drawn")
    unsettled = line(NOT_SETTLED, patients, codes < 0, is_settled=False)
    gaps = tuple(_gaps(lines)) if not patients.competing else ()
    drawn = [*lines, *([unsettled] if isinstance(unsettled, Line) else [])]
    test = _tested(patients, used, codes)
    return Divided(factor, tuple(drawn), tuple(left_out), test, gaps, int((codes < 0).sum()))


def line(
    label: str, patients: Patients, chosen: Flags, *, is_settled: bool = True, weights: Floats | None = None
) -> Line | Refused:
    """The curve of some patients. weights: of those chosen; of a curve of incidence there are none."""
    n = int(chosen.sum())
    if n < FEW_PATIENTS:
        return Refused(f"{plural(n, 'patient')}: fewer than {FEW_PATIENTS}")
    part, cause = patients.followed.part(chosen), patients.cause[chosen]
    if patients.is_truncated and _rests_on_few(part):
        return Refused(f"fewer than {FEW_AT_RISK} were at risk when an early event happened: all would rest on them")
    events, competing = int((cause == 1).sum()), int((cause == 2).sum())
    follow_up = _in_months(median_follow_up(Followed(part.time, (cause > 0).astype(float), part.entry)))
    at_risk = tuple(int(n) for n in part.at_risk(np.array(ticks(patients)) * DAYS_PER_MONTH + 1e-9))
    if patients.competing:
        steps, median = _incidence(part, cause), None
    else:
        curve = kaplan_meier(part, weights=weights)
        steps, median = (curve.times, curve.survival, curve.low, curve.high), _in_months(curve.quantile())
    shares = tuple(_shares(steps, part, start=0.0 if patients.competing else 1.0))
    months, share, low, high = _thinned(*steps)
    return Line(label, n, events, competing, months, share, low, high, median, follow_up, at_risk, shares, is_settled)


def _incidence(part: Followed, cause: NDArray[np.int8]) -> tuple[Floats, Floats, Floats, Floats]:
    entry = part.entry if np.isfinite(part.entry).any() else None
    (found,) = incidences(part.time, cause, [1], entry=entry)
    return found.times, found.incidence, found.low, found.high


def _rests_on_few(part: Followed) -> bool:
    """Whether an event happened while fewer than FEW_AT_RISK had entered, though more entered later."""
    curve: Curve = kaplan_meier(part)
    few = (curve.events > 0) & (curve.at_risk < FEW_AT_RISK)
    grows = np.maximum.accumulate(curve.at_risk[::-1])[::-1] > curve.at_risk
    return bool((few & grows).any())


def _shares(steps: tuple[Floats, Floats, Floats, Floats], part: Followed, start: float) -> Iterator[Share]:
    times, share, low, high = steps
    for months in MILESTONES:
        day = months * DAYS_PER_MONTH
        if int((part.time >= day).sum()) < FEW_PATIENTS:
            return
        place = int(np.searchsorted(times, day, side="right")) - 1
        value = float(share[place]) if place >= 0 else start
        ends = (float(low[place]), float(high[place])) if place >= 0 else (np.nan, np.nan)
        known = all(np.isfinite(end) for end in ends) and ends[0] < ends[1]
        yield Share(months, value, *(ends if known else (None, None)))


def _gaps(lines: Sequence[Line]) -> Iterator[Gap]:
    """Differences of milestones against the largest group. An interval by both groups' log-log ends would not be of a
    difference: errors are taken back from the ends of each, on the side that faces the other (Newcombe's hybrid).
    """
    reference = max(lines, key=lambda each: each.n)
    for each in lines:
        for mine, other in zip(each.shares, reference.shares, strict=False):
            if each is reference or mine.low is None or mine.high is None or other.low is None or other.high is None:
                continue
            value = mine.value - other.value
            down = np.hypot(mine.value - mine.low, other.high - other.value)
            up = np.hypot(mine.high - mine.value, other.value - other.low)
            yield Gap(each.label, reference.label, mine.months, value, value - float(down), value + float(up))


def _tested(patients: Patients, used: Flags, codes: NDArray[np.int64]) -> LogRank | Gray | Refused:
    """Log-rank; where something competes Gray's test, of incidence, which knows no late entry."""
    part, groups = patients.followed.part(used), np.unique(codes[used], return_inverse=True)[1].astype(np.int64)
    events = int(part.event.sum())
    if events < FEW_EVENTS:
        return Refused(f"{plural(events, 'event')}: fewer than {FEW_EVENTS}")
    is_gray = patients.competing and not patients.is_truncated
    test = gray(part.time, patients.cause[used], groups) if is_gray else log_rank(part, groups)
    return Refused(test.reason) if test.p is None else test


def _in_months(found: Quantile) -> Quantile:
    return Quantile(*(None if each is None else each / DAYS_PER_MONTH for each in (found.value, found.low, found.high)))


def _thinned(times: Floats, share: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """At most MOST_STEPS steps: those at which the curve has moved on by its share of the whole way."""
    moved = np.flatnonzero(np.diff(share, prepend=np.nan) != 0)
    kept = moved if len(moved) <= MOST_STEPS else moved[np.linspace(0, len(moved) - 1, MOST_STEPS).round().astype(int)]
    kept = np.unique([*kept, len(times) - 1]).astype(int)
    return times[kept] / DAYS_PER_MONTH, share[kept], low[kept], high[kept]
