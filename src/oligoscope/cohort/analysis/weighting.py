"""Confounding by indication: who is treated by the landmark, weighted to be like who is not, and the balance left."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from oligoscope.cohort.analysis.designs import Columns
from oligoscope.cohort.analysis.endpoints import DAYS_PER_MONTH
from oligoscope.cohort.analysis.patients import Floats
from oligoscope.cohort.analysis.refused import FEW_EVENTS, FEW_PATIENTS, Refused, plural
from oligoscope.cohort.analysis.table_one import greatest_difference
from oligoscope.cohort.analysis.treatment import Compared, Exposed, landmarked
from oligoscope.synthesis.balancing import effective
from oligoscope.synthesis.logistic import e_value, logistic, risk_ratio
from oligoscope.synthesis.survival import Design, cox

CUT = (0.01, 0.99)
"""Weights beyond these quantiles are set to them."""


@dataclass(frozen=True)
class Balance:
    """The standardised difference of a factor between treated and not, before and after weighting."""

    label: str
    before: float | None
    after: float | None


@dataclass(frozen=True)
class Weighted:
    """e_value: for the ratio, and for the end of its interval nearest 1 (1 where the interval holds 1).

    effective: the number of patients that weigh as much as the weighted ones.
    """

    landmark: float
    compared: Compared
    balance: tuple[Balance, ...]
    e_value: float
    e_value_of_the_end: float
    largest_weight: float
    effective: float


def weighted(
    exposed: Exposed, matrix: Floats, factors: Sequence[tuple[Columns, Floats]], landmark: float
) -> Weighted | Refused:
    """By the inverse of the chance of what was done by the landmark, of those followed beyond it.

    exposed: patients of whom every factor is settled.  matrix: of them, patients x terms of the model of therapy.
    factors: each with its value for every patient.
    """
    part, group = landmarked(exposed, landmark)
    beyond = exposed.followed.time > landmark * DAYS_PER_MONTH
    n, events = int(group.sum()), int(part.event.sum())
    if min(n, part.n - n) < FEW_PATIENTS:
        return Refused(f"{n:,} treated and {part.n - n:,} untreated: fewer than {FEW_PATIENTS} in one of the groups")
    if events < FEW_EVENTS:
        return Refused(f"{plural(events, 'event')}: fewer than {FEW_EVENTS}")
    terms = matrix[beyond]
    terms = terms[:, [i for i in range(terms.shape[1]) if np.ptp(terms[:, i]) > 0]]
    if min(n, part.n - n) < FEW_EVENTS * terms.shape[1]:
        said = f"{min(n, part.n - n):,} in the smaller group for {plural(terms.shape[1], 'coefficient')} of therapy"
        return Refused(f"{said}: fewer than {FEW_EVENTS} for each")
    chance = logistic(terms, group)
    if chance is None:
        return Refused("who is treated can be told from the factors without doubt: nobody compares with the others")
    share = group.mean()
    weight = np.where(group > 0, share / chance, (1 - share) / (1 - chance))
    weight = np.clip(weight, *np.quantile(weight, CUT))
    way = f"landmark at {landmark:g} months, weighted"
    fit = cox(part, Design(group[:, None], (way,), cluster=np.arange(part.n), weights=weight), tested=False)
    term = fit.terms[0]
    if term.coef is None or term.low is None or term.high is None or term.p is None:
        return Refused(term.reason or fit.reason)
    compared = Compared(way, n, part.n - n, events, term.coef, term.low, term.high, term.p)
    balance = tuple(_balance(columns, values[beyond], group, weight) for columns, values in factors)
    nearest = 0.0 if term.low <= 0 <= term.high else min(term.low, term.high, key=abs)
    return Weighted(
        landmark,
        compared,
        balance,
        e_value(risk_ratio(math.exp(term.coef))),
        e_value(risk_ratio(math.exp(nearest))),
        float(weight.max()),
        effective(weight),
    )


def _balance(columns: Columns, values: Floats, group: Floats, weight: Floats) -> Balance:
    parts = [values[group == k] for k in (0, 1)]
    before = greatest_difference(columns.factor, parts)
    after = greatest_difference(columns.factor, parts, [weight[group == k] for k in (0, 1)])
    return Balance(columns.factor.label, before, after)
