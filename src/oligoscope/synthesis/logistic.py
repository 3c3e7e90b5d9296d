"""Logistic regression by Newton's method, and the E-value: what comparisons of who was treated rest on."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_ROUNDS, _ENOUGH = 50, 1e-10
RIDGE = 0.01
"""On terms of standard deviation 1: it leaves well-bounded coefficients as they are, and
bounds those of a level in which all, or none, had the outcome.
"""


def logistic(covariates: Array, outcome: Array) -> Array | None:
    """Fitted probabilities, with an intercept and a weak ridge; None where they are not found.

    covariates: rows x terms, each of which varies.  outcome: 1 or 0.
    """
    scaled = (covariates - covariates.mean(axis=0)) / covariates.std(axis=0)
    x = np.column_stack([np.ones(len(outcome)), scaled])
    penalty = np.diag([0.0, *(RIDGE for _ in range(covariates.shape[1]))])
    beta = np.zeros(x.shape[1])
    for _ in range(_ROUNDS):
        p = 1 / (1 + np.exp(-np.clip(x @ beta, -30, 30)))
        information = (x * (p * (1 - p))[:, None]).T @ x + penalty
        if np.linalg.matrix_rank(information) < len(beta):
            return None
        step = np.linalg.solve(information, x.T @ (outcome - p) - penalty @ beta)
        beta = beta + step
        if np.abs(step).max() < _ENOUGH:
            return p
    return None


def e_value(ratio: float) -> float:
    """How strongly something unmeasured must go along with both therapy and event to explain a risk ratio away.

    As VanderWeele and Ding have it, both as risk ratios.

    >>> round(e_value(0.5), 2), e_value(1.0)
    (3.41, 1.0)
    """
    above = max(ratio, 1 / ratio)
    return float(above + np.sqrt(above * (above - 1)))


def risk_ratio(hazard_ratio: float) -> float:
    """The risk ratio that a hazard ratio of a common event stands for, by VanderWeele's approximation.

    >>> round(risk_ratio(0.5), 3)
    0.62
    """
    root = np.sqrt(hazard_ratio)
    return float((1 - 0.5**root) / (1 - 0.5 ** (1 / root)))
