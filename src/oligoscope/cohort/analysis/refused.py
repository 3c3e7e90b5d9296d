"""When an analysis must not be made, and what the reader is told instead."""

from dataclasses import dataclass

FEW_EVENTS = 10
"""Events for each coefficient of a model, and in a curve's test: below it estimates lean to extremes."""
FEW_PATIENTS = 10
"""Patients of a group below which neither a curve nor a ratio of it is shown: it would rest on single fates."""
FEW_AT_RISK = 5
"""At risk at an early event, where patients enter late: below it one death pulls the whole curve down for good."""
MOST_WITHOUT_OUTCOME = 0.5
"""Share of accepted patients without an outcome beyond which nothing is estimated: who is left is a selection."""
OF_NOTE = 0.2
"""Share of patients without an outcome, or of whom a factor is not settled, beyond which the reader is warned."""
NOT_PROPORTIONAL = 0.05
"""P of the test of proportional hazards below which no hazard ratio is shown: restricted means lead."""


@dataclass(frozen=True)
class Refused:
    """An analysis that is not made. It holds no number that it refuses."""

    reason: str


def plural(n: int, one: str, many: str = "") -> str:
    """
    >>> plural(1, "patient"), plural(1200, "patient")
    ('1 patient', '1,200 patients')
    """
    return f"{n:,} {one if n == 1 else many or one + 's'}"
