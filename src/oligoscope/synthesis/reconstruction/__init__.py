"""Patients out of published curves: readings of a figure in, sets of patients that may lie behind it out."""

from oligoscope.synthesis.reconstruction.compare import (
    Comparison,
    Quality,
    Ratio,
    Reported,
    compare,
    distances,
    joined,
    pooled,
    ratio_of,
)
from oligoscope.synthesis.reconstruction.paths import Member
from oligoscope.synthesis.reconstruction.rebuild import CONSTRAINED, METHODS, Drawn, Rebuilt, Violation, rebuild

__all__ = [
    "CONSTRAINED",
    "METHODS",
    "Comparison",
    "Drawn",
    "Member",
    "Quality",
    "Ratio",
    "Rebuilt",
    "Reported",
    "Violation",
    "compare",
    "distances",
    "joined",
    "pooled",
    "ratio_of",
    "rebuild",
]
