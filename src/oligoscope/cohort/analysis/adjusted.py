"""The comparisons of therapy that rest on a model of who is treated: cloned and weighted, or weighted at a landmark."""

from collections.abc import Iterator

import numpy as np

from oligoscope.cohort.analysis.designs import Columns
from oligoscope.cohort.analysis.emulation import GRACE, emulated, sampled
from oligoscope.cohort.analysis.patients import Flags, Floats, Patients
from oligoscope.cohort.analysis.refused import Refused
from oligoscope.cohort.analysis.treatment import SHOWN_LANDMARK, Compared, Exposed, adjusting, exposure
from oligoscope.cohort.analysis.weighting import Weighted, weighted


def cloned(patients: Patients) -> Iterator[tuple[str, Compared | Refused]]:
    """Therapy within the grace period against none by then: of all patients, and adjusted for the factors."""
    clear, wanted = ~patients.frame["lat_unclear"].to_numpy(), patients.asked.whole
    whole = exposure(patients, clear)
    yield _cloned(whole, np.zeros((whole.followed.n, 0)), f"within {GRACE:g} months, cloned and weighted", whole=wanted)
    factors, rows = adjusting(patients, clear)
    if factors:
        part = Exposed(whole.followed.part(rows), whole.lat[rows])
        yield _cloned(part, _matrix(factors, clear)[rows], f"within {GRACE:g} months, cloned, adjusted", whole=wanted)


def _cloned(exposed: Exposed, covariates: Floats, way: str, *, whole: bool) -> tuple[str, Compared | Refused]:
    chosen = sampled(exposed.followed.n, whole=whole)
    if chosen is not None:
        way = f"{way} (sample of {len(chosen):,})"
        picked = np.zeros(exposed.followed.n, bool)
        picked[chosen] = True
        exposed, covariates = Exposed(exposed.followed.part(picked), exposed.lat[picked]), covariates[picked]
    return way, emulated(exposed, covariates, way)


def balanced_therapy(patients: Patients) -> Weighted | Refused:
    """Who is treated by the landmark, weighted to be like who is not, where every factor is settled."""
    clear = ~patients.frame["lat_unclear"].to_numpy()
    factors, rows = adjusting(patients, clear)
    if not factors or not rows.any():
        return Refused("no patient has every factor settled, so nothing can be weighted")
    whole = exposure(patients, clear)
    part = Exposed(whole.followed.part(rows), whole.lat[rows])
    values = [(each, _values(patients, each, clear)[rows]) for each in factors]
    return weighted(part, _matrix(factors, clear)[rows], values, SHOWN_LANDMARK)


def _values(patients: Patients, columns: Columns, clear: Flags) -> Floats:
    factor = columns.factor
    found = patients.numbers(factor) if factor.is_number else patients.codes(factor).astype(float)
    return found[clear]


def _matrix(factors: list[Columns], clear: Flags) -> Floats:
    return np.column_stack([each.matrix[clear] for each in factors])
