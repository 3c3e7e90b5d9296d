"""Weights by which patients come to have means that are given: entropy balancing, as comparisons adjusted by matching
use it (Signorovitch 2010; Hainmueller 2012). Of all weights that give the means they are the nearest to equal ones.
"""

import numpy as np
from numpy.typing import NDArray

from oligoscope.synthesis.survival.risk import Array

_ROUNDS, _ENOUGH = 200, 1e-10
_EDGE = 1e-7
"""A variance left after weighting, as a share of that before, below which the weights have run to an edge: all weight
on patients who are alike, none on the rest."""
_SAME = 1e-9
"""What a column has beyond the others, as a share of its own, below which it is a sum of them."""
ROUNDED = 0.02
"""How far a mean that follows from the others may be off, as a share of the column's range: of shares, two per cent."""
NO_WEIGHTS = "no weights exist: nobody, or hardly anybody, is on the far side of the published values taken together"
CONTRADICT = "the published values contradict each other for these patients: what follows from some is not the others"


def balancing(values: Array, targets: Array) -> Array | str:
    """Weights of mean 1, each above 0, by which the means of the columns are the targets; or why there are none.

    values: patients x columns.  targets: one for each column; one that follows from the others may be off by ROUNDED.
    """
    kept = _independent(values)
    spread = values[:, kept].std(axis=0)
    p = _tilted((values[:, kept] - targets[kept]) / spread)
    if p is None:
        return NO_WEIGHTS
    off = np.abs(p @ values - targets)
    if (off > ROUNDED * np.ptp(values, axis=0) + _SAME * np.abs(targets)).any():
        return CONTRADICT
    weights: Array = p * len(values)
    return weights


def effective(weights: Array) -> float:
    """How many patients of equal weight tell as much as these (Kish).

    >>> effective(np.array([1.0, 1.0, 1.0])), effective(np.array([1.0, 0.0, 0.0]))
    (3.0, 1.0)
    """
    return float(weights.sum() ** 2 / (weights**2).sum())


def _independent(values: Array) -> NDArray[np.int64]:
    """The columns that neither are constant nor follow from those before them."""
    basis, kept = [np.full(len(values), len(values) ** -0.5)], []
    for j, column in enumerate(values.T):
        rest = column
        for _ in range(2):  # Once more, for what rounding leaves.
            for each in basis:
                rest = rest - (rest @ each) * each
        size = float(np.linalg.norm(rest))
        if size > _SAME * max(float(np.linalg.norm(column)), 1e-300):
            basis.append(rest / size)
            kept.append(j)
    return np.array(kept, np.int64)


def _tilted(z: Array) -> Array | None:
    """Shares proportional to exp(z a) whose mean of z is 0, by Newton's method on the convex log of their sum."""
    a = np.zeros(z.shape[1])
    level, p = _level(z, a)
    for _ in range(_ROUNDS):
        gradient = p @ z
        curvature = (z * p[:, None]).T @ z - np.outer(gradient, gradient)
        if np.abs(gradient).max(initial=0.0) < _ENOUGH:
            least = np.linalg.eigvalsh(curvature).min(initial=1.0)
            return p if least > _EDGE and p.min() > 0 else None
        step = np.linalg.lstsq(curvature, -gradient, rcond=1e-14)[0]
        size = 1.0
        while size > 1e-8:
            new_level, new_p = _level(z, a + size * step)
            if new_level <= level + 1e-4 * size * float(gradient @ step) + 1e-15:
                break
            size /= 2
        else:
            return None
        a, level, p = a + size * step, new_level, new_p
    return None


def _level(z: Array, a: Array) -> tuple[float, Array]:
    """(log of the sum of exp(z a), the share of each)."""
    score = z @ a
    top = float(score.max())
    raised = np.exp(score - top)
    whole = float(raised.sum())
    return top + float(np.log(whole)), raised / whole
