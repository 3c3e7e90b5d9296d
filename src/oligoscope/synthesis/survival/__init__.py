"""Survival analysis: arrays in, frozen results out. Agrees with R's survival, whose variants it names.

Curves, tests, incidences and Cox regression are ours, a few lines of arrays each; exact ties and the concordance of a
model are the package `survival`'s.
"""

from oligoscope.synthesis.survival.competing import Incidence, Reading, incidences
from oligoscope.synthesis.survival.cox import Cox, Term, cox
from oligoscope.synthesis.survival.curve import (
    INTERVALS,
    Curve,
    Difference,
    Interval,
    Mean,
    Point,
    Quantile,
    difference,
    kaplan_meier,
    median_follow_up,
)
from oligoscope.synthesis.survival.design import TIES, Design, Proportional, Ties
from oligoscope.synthesis.survival.fine_gray import FineGray, fine_gray
from oligoscope.synthesis.survival.gray import Gray, gray
from oligoscope.synthesis.survival.logrank import LogRank, log_rank
from oligoscope.synthesis.survival.risk import Followed, followed

__all__ = [
    "INTERVALS",
    "TIES",
    "Cox",
    "Curve",
    "Design",
    "Difference",
    "FineGray",
    "Followed",
    "Gray",
    "Incidence",
    "Interval",
    "LogRank",
    "Mean",
    "Point",
    "Proportional",
    "Quantile",
    "Reading",
    "Term",
    "Ties",
    "cox",
    "difference",
    "fine_gray",
    "followed",
    "gray",
    "incidences",
    "kaplan_meier",
    "log_rank",
    "median_follow_up",
]
