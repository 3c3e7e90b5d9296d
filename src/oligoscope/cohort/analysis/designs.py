"""Factors as columns of a Cox model: numbers as they are, of groups one column for each but the largest."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oligoscope.cohort.analysis.factors import Factor
from oligoscope.cohort.analysis.patients import Flags, Floats, Patients
from oligoscope.cohort.analysis.refused import FEW_PATIENTS

WIDE = 5
"""A standard deviation from which a number's ratio is told per ten units."""


@dataclass(frozen=True)
class Columns:
    """One factor in a model. known: who can be used: the factor is settled, in a group of FEW_PATIENTS or more.

    names: of the columns, level or unit.  matrix: patients x columns.  reference: the level that has none, "" of a
    number.  codes: the level of each patient, of a number 0 below the median and 1 from there on; -1 where not known.
    """

    factor: Factor
    known: Flags
    names: tuple[str, ...]
    matrix: Floats
    reference: str
    codes: NDArray[np.int64]
    labels: tuple[str, ...]


def columns_of(patients: Patients, factor: Factor) -> Columns:
    """How a factor enters a model. No column is left where it does not vary."""
    if factor.is_number:
        return _of_number(patients, factor)
    codes = patients.codes(factor)
    sizes = np.bincount(codes[codes >= 0], minlength=len(factor.levels))
    kept = [k for k in range(len(factor.levels)) if sizes[k] >= FEW_PATIENTS]
    if not kept:
        return Columns(factor, np.zeros(len(codes), bool), (), np.zeros((len(codes), 0)), "", codes, factor.levels)
    reference = max(kept, key=lambda k: (sizes[k], -k))
    others = [k for k in kept if k != reference]
    matrix = np.column_stack([(codes == k).astype(float) for k in others]) if others else np.zeros((len(codes), 0))
    names = tuple(factor.levels[k] for k in others)
    return Columns(factor, np.isin(codes, kept), names, matrix, factor.levels[reference], codes, factor.levels)


def _of_number(patients: Patients, factor: Factor) -> Columns:
    numbers = patients.numbers(factor)
    known = np.isfinite(numbers)
    varies = known.any() and np.ptp(numbers[known]) > 0
    middle = float(np.median(numbers[known])) if varies else 0.0
    # Where half have the least value, as of counts, they stand against those above it.
    is_least = not (numbers[known] < middle).any()
    above = numbers > middle if is_least else numbers >= middle
    codes = np.where(known, above.astype(np.int64), -1)
    labels = (f"{middle:g}", f"above {middle:g}") if is_least else (f"below {middle:g}", f"{middle:g} or more")
    if not varies:
        return Columns(factor, known, (), np.zeros((len(numbers), 0)), "", codes, labels)
    # A ratio of 1.00 to 1.00 per year says nothing; per ten years it does.
    step = 10 if numbers[known].std() >= WIDE else 1
    unit = factor.unit if step > 1 else factor.unit.removesuffix("s")
    name = f"per {step} {unit or 'more'}" if step > 1 or not unit else f"per {unit}"
    return Columns(factor, known, (name,), np.nan_to_num(numbers)[:, None] / step, "", codes, labels)


def strata_of(columns: Sequence[Columns], rows: Flags) -> NDArray[np.int64] | None:
    """One code for each combination of the factors' groups; None without factors."""
    if not columns:
        return None
    joined = np.column_stack([each.codes[rows] for each in columns])
    return np.unique(joined, axis=0, return_inverse=True)[1].astype(np.int64).ravel()
