"""Cox models of a registry: one factor at a time, then all together; which hazards are proportional, and what then."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from oligoscope.cohort.analysis.designs import Columns, columns_of, strata_of
from oligoscope.cohort.analysis.endpoints import DAYS_PER_MONTH
from oligoscope.cohort.analysis.factors import Factor
from oligoscope.cohort.analysis.patients import Flags, Patients
from oligoscope.cohort.analysis.refused import FEW_EVENTS, NOT_PROPORTIONAL, Refused, plural
from oligoscope.synthesis.survival import (
    Cox,
    Design,
    Difference,
    Followed,
    Term,
    cox,
    difference,
    fine_gray,
    kaplan_meier,
)


@dataclass(frozen=True)
class Ratio:
    """One hazard ratio, as logarithms. n, events: of its level; of a number, of all."""

    name: str
    n: int
    events: int
    coef: float | None
    low: float | None
    high: float | None
    p: float | None
    reason: str = ""


@dataclass(frozen=True)
class LifeLost:
    """The months lived up to a time, less those of the reference: what stands for a ratio that is none."""

    name: str
    against: str
    until: float
    months: Difference


@dataclass(frozen=True)
class Single:
    """One factor in a model. reference: the level that the others are compared with; "" of a number.

    proportional: the P of the test (of a factor with several terms the least, times their number).  ratios: () where
    refused.  instead: differences of restricted means, where hazards are not proportional.
    """

    factor: Factor
    n: int
    events: int
    reference: str
    ratios: tuple[Ratio, ...]
    proportional: float | None
    refused: str = ""
    instead: tuple[LifeLost, ...] = ()

    @property
    def per_variable(self) -> float:
        """Events for each coefficient."""
        return self.events / max(len(self.ratios), 1)


@dataclass(frozen=True)
class Together:
    """The model of all factors. singles: each factor in it.  strata: those it is stratified by, whose hazards are not
    proportional.  n_left_out: patients with a factor that is not settled.  proportional: P of the whole in the end.
    incidence: the same terms by Fine and Gray, where something competes.
    """

    n: int
    events: int
    n_left_out: int
    terms: int
    singles: tuple[Single, ...]
    strata: tuple[Factor, ...]
    concordance: float | None
    concordance_se: float | None
    proportional: float | None
    incidence: "tuple[Term, ...] | Refused | None" = None


def univariable(patients: Patients) -> tuple[Single, ...]:
    """Each factor alone, in the patients of whom it is settled."""
    return tuple(_alone(patients, factor) for factor in patients.asked.factors)


def _alone(patients: Patients, factor: Factor) -> Single:
    columns = columns_of(patients, factor)
    part = patients.followed.part(columns.known)
    events = int(part.event.sum())
    if not columns.names:
        return Single(factor, part.n, events, columns.reference, (), None, "it does not vary enough to be compared")
    if few := too_few(events, len(columns.names)):
        return Single(factor, part.n, events, columns.reference, (), None, few)
    fit = cox(part, Design(columns.matrix[columns.known], columns.names))
    if fit.reason:
        return Single(factor, part.n, events, columns.reference, (), None, fit.reason)
    p = _least(fit, columns.names)
    if p is not None and p < NOT_PROPORTIONAL:
        instead = life_lost(part, columns)
        return Single(factor, part.n, events, columns.reference, (), p, NOT_CONSTANT, instead)
    ratios = _ratios(fit, columns, 0, part, columns.known)
    return Single(factor, part.n, events, columns.reference, ratios, p)


NOT_CONSTANT = "hazards are not proportional: months lived are compared instead"
IN_STRATA = "hazards not proportional: the model is stratified by it, it has no ratio"


def too_few(events: int, terms: int) -> str:
    """Why a model with so many coefficients is not fitted; "" where it may be."""
    if events >= FEW_EVENTS * terms:
        return ""
    return f"{plural(events, 'event')} for {plural(terms, 'coefficient')}: fewer than {FEW_EVENTS} for each"


def multivariable(patients: Patients) -> Together | Refused:
    """All factors that vary, in the patients of whom all are settled."""
    every = [columns_of(patients, factor) for factor in patients.asked.factors]
    whole = np.logical_and.reduce([each.known for each in every]) if every else np.zeros(patients.n, bool)
    used = [each for each in every if _varying(each, whole)]
    if not used:
        return Refused(f"no factor varies in the {plural(int(whole.sum()), 'patient')} of whom all factors are settled")
    part = patients.followed.part(whole)
    events = int(part.event.sum())
    if few := too_few(events, sum(len(_varying(each, whole)) for each in used)):
        return Refused(f"{few} (of the {plural(int(whole.sum()), 'patient')} of whom all factors are settled)")
    fit = _fit(part, used, (), whole)
    strata = [each for each in used if (p := _least(fit, _named(each, whole))) is not None and p < NOT_PROPORTIONAL]
    free = [each for each in used if each not in strata]
    if not free:
        return Refused("the hazards of no factor are proportional")
    final = _fit(part, free, strata, whole) if strata else fit
    if final.reason:
        return Refused(final.reason)
    singles = [_single(each, fit if each in strata else final, each in strata, part, whole) for each in used]
    return Together(
        part.n,
        events,
        patients.n - part.n,
        len(final.terms),
        tuple(singles),
        tuple(each.factor for each in strata),
        final.concordance,
        final.concordance_se,
        _of_all(final),
        _incidence(patients, used, whole) if patients.competing else None,
    )


def _of_all(fit: Cox) -> float | None:
    """The P of the test for all terms at once."""
    whole = next((test.p for test in fit.proportional if test.name == "GLOBAL"), None)
    return _least(fit, [term.name for term in fit.terms]) if whole is None else whole


def _incidence(patients: Patients, used: Sequence[Columns], rows: Flags) -> tuple[Term, ...] | Refused:
    """Subdistribution hazard ratios of all terms, beside the cause-specific ones."""
    if patients.is_truncated:
        return Refused("patients enter late, which the weights of Fine and Gray do not know")
    matrix = np.column_stack([each.matrix[rows][:, _varying(each, rows)] for each in used])
    names = [name for each in used for name in _named(each, rows)]
    fit = fine_gray(patients.followed.time[rows], patients.cause[rows], matrix, names)
    return Refused(fit.reason) if fit.reason else fit.terms


def _varying(columns: Columns, rows: Flags) -> list[int]:
    """The columns of a factor that still vary among these patients."""
    return [i for i in range(len(columns.names)) if np.ptp(columns.matrix[rows, i]) > 0] if rows.any() else []


def _named(columns: Columns, rows: Flags) -> list[str]:
    return [f"{columns.factor.name}: {columns.names[i]}" for i in _varying(columns, rows)]


def _fit(part: Followed, free: Sequence[Columns], strata: Sequence[Columns], rows: Flags) -> Cox:
    matrix = np.column_stack([each.matrix[rows][:, _varying(each, rows)] for each in free])
    names = [name for each in free for name in _named(each, rows)]
    return cox(part, Design(matrix, names, strata_of(strata, rows)))


def _single(columns: Columns, fit: Cox, in_strata: bool, part: Followed, rows: Flags) -> Single:
    names, events = _named(columns, rows), int(part.event.sum())
    p = _least(fit, names)
    if in_strata:
        return Single(columns.factor, part.n, events, columns.reference, (), p, IN_STRATA)
    start = next(i for i, term in enumerate(fit.terms) if term.name == names[0])
    return Single(columns.factor, part.n, events, columns.reference, _ratios(fit, columns, start, part, rows), p)


def _ratios(fit: Cox, columns: Columns, start: int, part: Followed, rows: Flags) -> tuple[Ratio, ...]:
    """The ratios of a factor, whose terms stand in the model from `start` on."""
    found = []
    for term, i in zip(fit.terms[start:], _varying(columns, rows), strict=False):
        mine = np.ones(part.n, bool) if columns.factor.is_number else columns.matrix[rows, i] > 0
        events = int(part.event[mine].sum())
        found.append(
            Ratio(columns.names[i], int(mine.sum()), events, term.coef, term.low, term.high, term.p, term.reason)
        )
    return tuple(found)


def _least(fit: Cox, names: Sequence[str]) -> float | None:
    """The P of the test that the hazards of a factor are proportional: the least of its terms, times their number."""
    found = [test.p for test in fit.proportional if test.name in names]
    return min(1.0, min(found) * len(found)) if found else None


def life_lost(part: Followed, columns: Columns) -> tuple[LifeLost, ...]:
    """Restricted means of a factor's groups less that of its reference, up to the last month that all are followed to.

    A number is divided at its median.
    """
    codes = columns.codes[columns.known]
    groups = {columns.labels[k]: part.part(codes == k) for k in np.unique(codes)}
    reference = columns.reference or next(iter(groups))
    until = np.floor(min(each.time.max() for each in groups.values()) / DAYS_PER_MONTH)
    means = {name: kaplan_meier(each).restricted_mean(until * DAYS_PER_MONTH) for name, each in groups.items()}
    found = []
    for name, mean in means.items():
        gap = difference(means[reference], mean) if name != reference else None
        if gap:
            value, se, low, high = (each / DAYS_PER_MONTH for each in (gap.value, gap.se, gap.low, gap.high))
            found.append(LifeLost(name, reference, float(until), Difference(value, se, low, high, gap.p)))
    return tuple(found)
