"""The model of all factors with what is missing drawn, beside that of complete cases."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from oligoscope.cohort.analysis.designs import Columns, columns_of
from oligoscope.cohort.analysis.emulation import SEED, sampled
from oligoscope.cohort.analysis.factors import Factor
from oligoscope.cohort.analysis.models import Ratio, too_few
from oligoscope.cohort.analysis.patients import Flags, Floats, Patients
from oligoscope.cohort.analysis.refused import Refused
from oligoscope.synthesis.imputation import Variable, impute, rubin
from oligoscope.synthesis.survival import Design, Followed, cox

IMPUTATIONS = 10


@dataclass(frozen=True)
class Drawn:
    """One factor in it. share: of its values that were drawn.  lost: the greatest share of missing information."""

    factor: Factor
    reference: str
    ratios: tuple[Ratio, ...]
    share: float
    lost: float


@dataclass(frozen=True)
class Imputed:
    """imputations: completed sets.  n, events: of the patients in each; of a large registry a seeded sample."""

    imputations: int
    n: int
    events: int
    is_sample: bool
    strata: tuple[Factor, ...]
    drawn: tuple[Drawn, ...]


def imputed(patients: Patients, strata: Sequence[Factor], tell: Callable[[str], None]) -> Imputed | Refused:
    """Pooled by Rubin's rules; event and cumulative hazard are in the model of what is missing. strata: as in the model
    of complete cases.  tell: is told which set is drawn.
    """
    every = [each for each in (columns_of(patients, factor) for factor in patients.asked.factors) if each.names]
    small = np.zeros(patients.n, bool)
    for each in every:
        small |= patients.known(each.factor) & ~each.known
    rows = ~small
    chosen = sampled(int(rows.sum()), whole=patients.asked.whole)
    if chosen is not None:
        rows = np.zeros(patients.n, bool)
        rows[np.flatnonzero(~small)[chosen]] = True
    if not any((~each.known[rows]).any() for each in every):
        return Refused("nothing is missing: the model of complete cases is that of all")
    part = patients.followed.part(rows)
    free = [each for each in every if each.factor not in strata]
    if few := too_few(int(part.event.sum()), sum(len(each.names) for each in free)):
        return Refused(few)
    fits = _fitted(part, every, free, rows, tell)
    if isinstance(fits, Refused):
        return fits
    estimates, errors = fits
    pooled = rubin(estimates, errors)
    drawn, at = [], 0
    for each in free:
        mine = pooled[at : at + len(each.names)]
        at += len(each.names)
        ratios = tuple(
            Ratio(name, part.n, int(part.event.sum()), p.coef, p.low, p.high, p.p)
            for name, p in zip(each.names, mine, strict=True)
        )
        share = float((~each.known[rows]).mean())
        drawn.append(Drawn(each.factor, each.reference, ratios, share, max(p.lost for p in mine)))
    strata_used = tuple(factor for factor in strata if any(each.factor == factor for each in every))
    return Imputed(IMPUTATIONS, part.n, int(part.event.sum()), chosen is not None, strata_used, tuple(drawn))


def _fitted(
    part: Followed, every: Sequence[Columns], free: Sequence[Columns], rows: Flags, tell: Callable[[str], None]
) -> tuple[Floats, Floats] | Refused:
    """(coefficients, errors), imputations x terms."""
    variables = [_variable(each, rows) for each in every]
    outcome = np.column_stack([part.event, _cumulative_hazard(part)])
    estimates, errors = [], []
    for number in range(IMPUTATIONS):
        tell(f"drawing what is missing, set {number + 1} of {IMPUTATIONS}")
        filled = impute(variables, outcome, np.random.default_rng([SEED, number]))
        values = {each.factor.name: column for each, column in zip(every, filled, strict=True)}
        matrix = np.column_stack([_terms(each, values[each.factor.name]) for each in free])
        names = [f"{each.factor.name}: {name}" for each in free for name in each.names]
        held = [each for each in every if each not in free]
        codes = np.column_stack([_group(each, values[each.factor.name]) for each in held]) if held else None
        strata = None if codes is None else np.unique(codes, axis=0, return_inverse=True)[1].ravel().astype(np.int64)
        fit = cox(part, Design(matrix, names, strata), tested=False)
        if fit.reason or any(term.coef is None or term.se is None for term in fit.terms):
            return Refused(fit.reason or "a coefficient has no finite estimate in one of the completed sets")
        estimates.append([term.coef for term in fit.terms])
        errors.append([term.se for term in fit.terms])
    return np.array(estimates, np.float64), np.array(errors, np.float64)


def _cumulative_hazard(part: Followed) -> Floats:
    """Nelson and Aalen's, at each patient's own time."""
    times = np.unique(part.time[part.event > 0])
    steps = np.cumsum(part.events_at(times) / part.at_risk(times))
    return np.concatenate([[0.0], steps])[np.searchsorted(times, part.time, "right")]


def _variable(columns: Columns, rows: Flags) -> Variable:
    known = columns.known[rows]
    if columns.factor.is_number:
        return Variable(np.where(known, columns.matrix[rows, 0], np.nan))
    return Variable(np.where(known, columns.codes[rows], np.nan), len(columns.labels))


def _terms(columns: Columns, values: Floats) -> Floats:
    if columns.factor.is_number:
        return values[:, None]
    places = [columns.labels.index(name) for name in columns.names]
    return np.asarray(values[:, None] == np.array(places), np.float64)


def _group(columns: Columns, values: Floats) -> Floats:
    """The group by which a model is stratified; of a number, which side of its median."""
    return (values >= np.median(values)).astype(float) if columns.factor.is_number else values
