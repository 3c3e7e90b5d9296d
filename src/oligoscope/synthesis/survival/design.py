"""What a Cox model is fitted to, and what a fit hands on: the same from our kernel and from the package."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from oligoscope.synthesis.survival.risk import Array

Ties = Literal["efron", "breslow", "exact"]
TIES: tuple[Ties, ...] = ("efron", "breslow", "exact")
Codes = NDArray[np.int64]
GLOBAL = "GLOBAL"
"""The name of the test of a whole model."""
FEW = "the events are too few, or at too few times, for the test"


@dataclass(frozen=True)
class Design:
    """What a model is fitted to, beside times and events.

    covariates: rows x terms.  names: of the terms.  strata, cluster: codes of rows.  weights: above 0.
    """

    covariates: Array
    names: Sequence[str]
    strata: Codes | None = None
    cluster: Codes | None = None
    weights: Array | None = None

    @property
    def clusters(self) -> Codes | None:
        """Whose rows' scores are added up for a robust error. Weights that count nobody make each row one, as in R."""
        if self.cluster is None and self.weights is not None and (self.weights != np.floor(self.weights)).any():
            return np.arange(len(self.weights))
        return self.cluster


@dataclass(frozen=True)
class Proportional:
    """The test that a coefficient does not change with time; of the whole model under the name GLOBAL."""

    name: str
    chisq: float
    df: float
    p: float


@dataclass(frozen=True)
class Fit:
    """beta: nan where a term is constant or a sum of others.  spread: standard deviations of the covariates.  variance:
    terms x terms, by the model; robust: by clusters.
    null: the log-likelihood where every coefficient is 0.  complaint: why this may be no maximum.  concordance: with
    its error, nan where there is none.  tests: makes those of proportional hazards, or says why they cannot be made.
    """

    beta: Array
    spread: Array
    variance: Array
    robust: Array | None
    null: float
    loglik: float
    complaint: str
    concordance: tuple[float, float]
    tests: Callable[[], tuple[tuple[Proportional, ...], str]]
