"""Who was analysed: each factor by the groups of one, with standardised differences."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from oligoscope.cohort.analysis.factors import Factor
from oligoscope.cohort.analysis.patients import Flags, Floats, Patients
from oligoscope.cohort.analysis.refused import FEW_PATIENTS, Refused

BALANCED = 0.1
"""A standardised difference below this is taken for balance in the field's papers."""


@dataclass(frozen=True)
class Cell:
    """Of a group how many are so and their share in percent; of a number its mean and standard deviation."""

    n: int
    first: float
    second: float | None = None


@dataclass(frozen=True)
class Row:
    """One factor, or one level of it. difference: standardised, of a factor's first row: between two groups, or the
    greatest between any two; None where it cannot be told.
    """

    label: str
    level: str
    cells: tuple[Cell, ...]
    difference: float | None = None


@dataclass(frozen=True)
class TableOne:
    """groups: label and number of patients of each column."""

    by: Factor
    groups: tuple[tuple[str, int], ...]
    rows: tuple[Row, ...]


def table_one(patients: Patients) -> TableOne | Refused:
    """The first table of a paper. Groups with fewer than FEW_PATIENTS patients have no column."""
    by = patients.asked.table_by
    if by.is_number:
        return Refused(f"{by.label} is a number and divides nobody into groups")
    codes = patients.codes(by)
    sizes = [(k, int((codes == k).sum())) for k in range(len(by.levels))]
    chosen = [(k, n) for k, n in sizes if n >= FEW_PATIENTS]
    if not chosen:
        return Refused(f"no group of {by.label} has {FEW_PATIENTS} patients")
    parts = [codes == k for k, _ in chosen]
    rows = [row for factor in patients.asked.factors if factor != by for row in _rows(patients, factor, parts)]
    return TableOne(by, tuple((by.levels[k], n) for k, n in chosen), tuple(rows))


def _rows(patients: Patients, factor: Factor, parts: Sequence[Flags]) -> Iterator[Row]:
    known = patients.known(factor)
    if factor.is_number:
        values = [patients.numbers(factor)[part & known] for part in parts]
        cells = tuple(Cell(len(v), *_mean(v)) for v in values)
        yield Row(factor.label, factor.unit, cells, greatest_difference(factor, values))
    else:
        values = [patients.codes(factor)[part & known].astype(float) for part in parts]
        difference = greatest_difference(factor, values)
        for k, level in enumerate(factor.levels):
            cells = tuple(_counted(int((v == k).sum()), len(v)) for v in values)
            if any(cell.n for cell in cells):
                yield Row(factor.label, level, cells, difference)
                difference = None
    missing = tuple(_counted(int((part & ~known).sum()), int(part.sum())) for part in parts)
    if any(cell.n for cell in missing):
        yield Row(factor.label, "not known", missing)


def _mean(values: Floats) -> tuple[float, float | None]:
    return (float(values.mean()), float(values.std(ddof=1))) if len(values) > 1 else (float("nan"), None)


def _counted(n: int, whole: int) -> Cell:
    return Cell(n, 100 * n / whole if whole else float("nan"))


def greatest_difference(
    factor: Factor, values: Sequence[Floats], weights: Sequence[Floats] | None = None
) -> float | None:
    """The greatest standardised difference between any two groups.

    Of a number the difference of means over the pooled standard deviation; of levels the distance of Yang and Dalton.
    """
    each = weights or [np.ones(len(v)) for v in values]
    pairs = itertools.combinations(zip(values, each, strict=True), 2)
    found = [_difference(factor, *first, *second) for first, second in pairs]
    known = [value for value in found if value is not None]
    return max(known) if known and len(known) == len(found) else None


def _difference(factor: Factor, a: Floats, a_weights: Floats, b: Floats, b_weights: Floats) -> float | None:
    if min(len(a), len(b)) < 2:
        return None
    if factor.is_number:
        mean_a, mean_b = np.average(a, weights=a_weights), np.average(b, weights=b_weights)
        squares = [np.average((v - m) ** 2, weights=w) for v, m, w in ((a, mean_a, a_weights), (b, mean_b, b_weights))]
        pooled = float(sum(squares)) / 2
        return float(abs(mean_a - mean_b)) / pooled**0.5 if pooled > 0 else 0.0 if mean_a == mean_b else None
    k = len(factor.levels)
    p, q = (np.bincount(v.astype(int), w, minlength=k) / w.sum() for v, w in ((a, a_weights), (b, b_weights)))
    occurs = np.flatnonzero((p > 0) | (q > 0))[1:]
    if not len(occurs):
        return 0.0
    p, q = p[occurs], q[occurs]
    spread = (np.diag(p) - np.outer(p, p) + np.diag(q) - np.outer(q, q)) / 2
    return float(np.sqrt(max((p - q) @ np.linalg.pinv(spread) @ (p - q), 0.0)))
