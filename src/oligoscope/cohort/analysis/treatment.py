"""Local therapy and survival without immortal time: who is treated later had to live until then.

The naive comparison counts that time for the treated. It is told only beside those that do not: therapy as a state that
begins on its day, and groups formed at a landmark among those who are followed beyond it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oligoscope.cohort.analysis.curves import Line, line
from oligoscope.cohort.analysis.designs import Columns, columns_of
from oligoscope.cohort.analysis.endpoints import DAYS_PER_MONTH, FIRST_LAT
from oligoscope.cohort.analysis.patients import Flags, Floats, Patients
from oligoscope.cohort.analysis.refused import FEW_EVENTS, FEW_PATIENTS, NOT_PROPORTIONAL, Refused, plural
from oligoscope.synthesis.survival import Design, Followed, LogRank, cox, log_rank

LANDMARKS = (3.0, 6.0, 12.0)
SHOWN_LANDMARK = 6.0
"""Months; the one whose curves are drawn."""


@dataclass(frozen=True)
class Compared:
    """One way to compare. treated, untreated: patients; with therapy as a state, those who ever were in it.

    left_out: who had the event, was censored, or was treated too late to be in a landmark's groups, in words.
    proportional: P of the test.
    """

    way: str
    treated: int
    untreated: int
    events: int
    coef: float
    low: float
    high: float
    p: float
    left_out: int = 0
    proportional: float | None = None


@dataclass(frozen=True)
class Curves:
    """Survival from a landmark on, by whether therapy had been given by then."""

    landmark: float
    lines: tuple[Line, ...]
    test: LogRank | None


@dataclass(frozen=True)
class Treated:
    """What the registry says of local therapy.

    ways: each a comparison or why it is not made, by name, in order; the naive one stands under `naive` alone.
    immortal_months: person-months that the naive one counts for therapy that had not been given.  n_treated: patients
    treated at or after time zero and before their event.  n_unclear: left out, since the day of therapy is not known.
    n_earlier: with therapy before time zero, which does not count.
    """

    n_treated: int
    n_untreated: int
    n_unclear: int
    n_earlier: int
    immortal_months: float
    naive: Compared | Refused
    ways: tuple[tuple[str, Compared | Refused], ...]
    adjusted_for: tuple[str, ...]
    curves: Curves | Refused


@dataclass(frozen=True)
class Exposed:
    """The patients whose therapy is dated. lat: days from time zero to the first, inf without one before the end."""

    followed: Followed
    lat: Floats

    @property
    def starts(self) -> Floats:
        """The day from which each is followed."""
        return np.maximum(self.followed.entry, 0.0)

    @property
    def ever(self) -> Flags:
        """Who was treated while followed."""
        return np.isfinite(self.lat)


def treated(patients: Patients) -> Treated | Refused:
    """Therapy against none, each way that avoids immortal time, and the one that does not."""
    if not patients.has_treatments:
        return Refused("the registry records no local therapy")
    if patients.asked.origin == FIRST_LAT:
        return Refused("time counts from the first local therapy, so nobody is without it")
    clear = ~patients.frame["lat_unclear"].to_numpy()
    exposed = exposure(patients, clear)
    ever = exposed.ever
    if min(int(ever.sum()), int((~ever).sum())) < FEW_PATIENTS:
        n = plural(int(ever.sum()), "patient was treated", "patients were treated")
        return Refused(f"{n}, {int((~ever).sum()):,} were not: fewer than {FEW_PATIENTS} in one of the groups")
    factors, rows = adjusting(patients, clear)
    waited = exposed.lat[ever] - exposed.starts[ever]
    ways = [("as a state that begins on its day", as_state(exposed))]
    if factors:
        part = Exposed(exposed.followed.part(rows), exposed.lat[rows])
        ways.append(("as a state, adjusted", as_state(part, _matrix(factors, clear)[rows], "as a state, adjusted")))
    ways += [(f"landmark at {months:g} months", at_landmark(exposed, months)) for months in LANDMARKS]
    return Treated(
        int(ever.sum()),
        int((~ever).sum()),
        int((~clear).sum()),
        int(patients.frame["lat_earlier"].sum()),
        float(np.maximum(waited, 0).sum() / DAYS_PER_MONTH),
        compared_naively(exposed),
        tuple(ways),
        tuple(each.factor.label for each in factors),
        _curves(patients),
    )


def exposure(patients: Patients, chosen: Flags) -> Exposed:
    """Who was treated when, before the end of following."""
    part = patients.followed.part(chosen)
    lat = patients.frame["lat"].cast(float).fill_null(np.inf).to_numpy()[chosen]
    return Exposed(part, np.where(lat < part.time, lat, np.inf))


def adjusting(patients: Patients, clear: Flags) -> tuple[list[Columns], Flags]:
    """The factors that a comparison is adjusted for, and of those in `clear` who has them all."""
    every = [columns_of(patients, factor) for factor in patients.asked.factors]
    used = [each for each in every if each.names]
    rows = np.logical_and.reduce([each.known[clear] for each in used]) if used else np.zeros(int(clear.sum()), bool)
    return used, rows


def _matrix(factors: Sequence[Columns], clear: Flags) -> Floats:
    return np.column_stack([each.matrix[clear] for each in factors])


def split(exposed: Exposed) -> tuple[Followed, Floats, NDArray[np.int64]]:
    """(intervals, 1 while treated, whose interval): each untreated up to the first therapy, treated from then on."""
    whole, lat = exposed.followed, exposed.lat
    before = np.flatnonzero(lat > exposed.starts)
    after = np.flatnonzero(np.isfinite(lat))
    ends = np.minimum(whole.time[before], lat[before])
    event = np.where(np.isfinite(lat[before]), 0.0, whole.event[before])
    # Therapy on day 0 leaves no time before it: such a patient is treated from the start.
    starts = np.where(lat[after] > exposed.starts[after], lat[after], whole.entry[after])
    both = Followed(
        np.concatenate([ends, whole.time[after]]),
        np.concatenate([event, whole.event[after]]),
        np.concatenate([whole.entry[before], starts]),
    )
    state = np.concatenate([np.zeros(len(before)), np.ones(len(after))])
    return both, state, np.concatenate([before, after])


def as_state(exposed: Exposed, covariates: Floats | None = None, way: str = "as a state") -> Compared | Refused:
    """Therapy as a state that begins on its day: nobody is counted as treated before."""
    intervals, state, whose = split(exposed)
    more = np.zeros((len(state), 0)) if covariates is None else covariates[whose]
    varies = [i for i in range(more.shape[1]) if np.ptp(more[:, i]) > 0]
    matrix = np.column_stack([state, more[:, varies]])
    n = int(exposed.ever.sum())
    return _fitted(way, intervals, matrix, n, len(exposed.lat) - n)


def at_landmark(exposed: Exposed, months: float) -> Compared | Refused:
    """Those followed beyond the landmark, by whether they had been treated by then."""
    part, group = landmarked(exposed, months)
    n = int(group.sum())
    found = _fitted(f"landmark at {months:g} months", part, group[:, None], n, part.n - n)
    if isinstance(found, Refused):
        return found
    return Compared(**{**found.__dict__, "left_out": exposed.followed.n - part.n})


def landmarked(exposed: Exposed, months: float) -> tuple[Followed, Floats]:
    """(who is followed beyond the landmark, 1 for those treated by then); an event on its very day is before it."""
    day = months * DAYS_PER_MONTH
    beyond = exposed.followed.time > day
    part = exposed.followed.part(beyond)
    late = np.maximum(part.entry, day)
    return Followed(part.time, part.event, late), (exposed.lat[beyond] <= day).astype(float)


def compared_naively(exposed: Exposed) -> Compared | Refused:
    """Ever treated against never: counts the time before therapy for it. Never to be shown alone."""
    ever = exposed.ever.astype(float)
    n = int(ever.sum())
    return _fitted("naive", exposed.followed, ever[:, None], n, len(ever) - n)


def _fitted(way: str, part: Followed, matrix: Floats, treated: int, untreated: int) -> Compared | Refused:
    events = int(part.event.sum())
    if min(treated, untreated) < FEW_PATIENTS:
        return Refused(
            f"{treated:,} treated and {untreated:,} untreated: fewer than {FEW_PATIENTS} in one of the groups"
        )
    if events < FEW_EVENTS * matrix.shape[1]:
        terms = plural(matrix.shape[1], "coefficient")
        return Refused(f"{plural(events, 'event')} for {terms}: fewer than {FEW_EVENTS} for each")
    fit = cox(part, Design(matrix, [way, *map(str, range(1, matrix.shape[1]))]))
    term = fit.terms[0]
    if term.coef is None or term.low is None or term.high is None or term.p is None:
        return Refused(term.reason or fit.reason)
    p = next((test.p for test in fit.proportional if test.name == way), None)
    return Compared(way, treated, untreated, events, term.coef, term.low, term.high, term.p, proportional=p)


def _curves(patients: Patients) -> Curves | Refused:
    """From the shown landmark on; time on the figure still counts from time zero."""
    late = patients.beyond(SHOWN_LANDMARK * DAYS_PER_MONTH)
    by_then = late.frame["lat"].cast(float).fill_null(np.inf).to_numpy() <= SHOWN_LANDMARK * DAYS_PER_MONTH
    lines = [
        line(label, late, chosen) for label, chosen in (("not treated by then", ~by_then), ("treated by then", by_then))
    ]
    drawn = [each for each in lines if isinstance(each, Line)]
    if len(drawn) < 2:
        return Refused("; ".join(each.reason for each in lines if isinstance(each, Refused)))
    enough = late.events >= FEW_EVENTS
    return Curves(SHOWN_LANDMARK, tuple(drawn), log_rank(late.followed, by_then.astype(np.int64)) if enough else None)


__all__ = ["NOT_PROPORTIONAL", "Compared", "Curves", "Exposed", "Treated", "treated"]
