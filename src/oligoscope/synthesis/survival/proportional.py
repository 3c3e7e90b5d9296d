"""Whether hazards are proportional: Grambsch and Therneau's score tests, time by the Kaplan-Meier transform."""

from collections.abc import Sequence

import numpy as np
from scipy import stats

from oligoscope.synthesis.survival.curve import kaplan_meier
from oligoscope.synthesis.survival.design import FEW, GLOBAL, Proportional
from oligoscope.synthesis.survival.partial import Likelihood, Maximum
from oligoscope.synthesis.survival.risk import Followed

_NOTHING = 1e-9
"""Of the information about a drift with time, this share left by the other coefficients is none."""


def proportional(
    who: Followed, model: Likelihood, found: Maximum, names: Sequence[str]
) -> tuple[tuple[Proportional, ...], str]:
    """A test of each term that has an estimate, and one of all; none, and the reason, where they cannot be made.

    names: of all terms.  A drift is a coefficient of covariate x g(time), g one less the pooled curve just before.
    """
    if not len(found.free):
        return (), "no term has an estimate"
    curve = kaplan_meier(who)
    before = np.concatenate([[1.0], curve.survival])[np.searchsorted(curve.times, model.time)]
    g = 1 - before
    g -= np.average(g, weights=model.died)
    free, at, sums = found.free, found.at, found.sums
    part = np.ix_(free, free)
    slope = model.score(at, sums, g)[free]
    mixed = model.information(at, sums.times(g))[part]
    whole = model.information(at, sums.times(g**2))[part]
    left = whole - mixed @ found.inverse[part] @ mixed
    if np.linalg.matrix_rank(left, tol=_NOTHING * float(np.abs(whole).max(initial=0))) < len(free):
        return (), FEW
    # The model holds weights with a mean of 1; a test grows with them, as in R.
    each = model.mean_weight * slope**2 / np.diag(left)
    together = model.mean_weight * float(slope @ np.linalg.solve(left, slope))
    tests = [
        *((names[i], float(chisq), 1) for i, chisq in zip(free, each, strict=True)),
        (GLOBAL, together, len(free)),
    ]
    return tuple(
        Proportional(name, float(value), float(df), float(stats.chi2.sf(value, df))) for name, value, df in tests
    ), ""
