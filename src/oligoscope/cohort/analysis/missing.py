"""What is missing: of each factor how often, and whether more often of those who had the event."""

from dataclasses import dataclass

from oligoscope.cohort.analysis.factors import Factor
from oligoscope.cohort.analysis.patients import Patients


@dataclass(frozen=True)
class Gap:
    """Shares of 0 to 1 of whom a factor is not settled: of all, of those with and of those without the event."""

    factor: Factor
    n: int
    every: float
    with_event: float | None
    without_event: float | None


@dataclass(frozen=True)
class Missing:
    """gaps: most first.  complete: patients of whom every factor of the model is settled."""

    gaps: tuple[Gap, ...]
    complete: int


def missing(patients: Patients) -> Missing:
    """Of the patients analysed."""
    had = patients.cause == 1
    gaps = []
    complete = ~had | had
    for factor in patients.asked.every:
        known = patients.known(factor)
        if factor in patients.asked.factors:
            complete = complete & known
        shares = (float((~known)[who].mean()) if who.any() else None for who in (had, ~had))
        gaps.append(Gap(factor, int((~known).sum()), float((~known).mean()), *shares))
    return Missing(tuple(sorted(gaps, key=lambda gap: -gap.n)), int(complete.sum()))
