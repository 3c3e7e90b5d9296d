"""What the audit asks of published numbers, what it tolerates, and how an answer no is told.

A printed number stands for every number that rounds to it, so each check compares ranges, not points.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from oligoscope.evidence import Result, Study

Z_SLACK = 0.2
"""How far a log-rank test may honestly lie from the interval of a Cox model, in standard errors."""
CENTRE_SLACK = 0.1
"""How far an interval by another method than Wald's may honestly put its centre, in standard errors."""
MEDIAN_FACTOR = 1.5
"""How far curves that are not exponential may honestly put a ratio of medians from the hazard ratio."""
SIGNIFICANT = 0.05
LEVELS = (0.8, 0.9, 0.95, 0.99)


@dataclass(frozen=True)
class Check:
    """One kind of question to the numbers: the formula it rests on, its source, and what it tolerates.

    computed: whether a machine asks it; otherwise a reader has answered.
    """

    id: str
    question: str
    formula: str
    tolerates: str
    computed: bool = True


CHECKS = {
    check.id: check
    for check in (
        Check(
            "review-value",
            "Does the review print the number of its source?",
            "the two numbers compared",
            "rounding to the review's own decimals",
        ),
        Check(
            "review-statement",
            "Does the review say what its source says?",
            "the flag set by reading both",
            "nothing: a reading",
            computed=False,
        ),
        Check(
            "population",
            "Is the review's number that of another population?",
            "the number compared with all of the same quantity in its source",
            "rounding to the review's own decimals",
        ),
        Check(
            "direction",
            "Is what the review calls more the larger number?",
            "the two numbers compared",
            "nothing",
        ),
        Check(
            "significance",
            "Does the P value show the difference that the review tells?",
            f"P < {SIGNIFICANT}, where the words compare",
            "nothing",
        ),
        Check(
            "points",
            "Is a difference in percent a share, or percentage points?",
            "high - low, and (high - low) / low",
            "half a point",
        ),
        Check(
            "cuts",
            "Does the review print one trial's numbers of one report?",
            "reports of numbers printed within two statements of each other compared",
            "a number that the later report does not have",
        ),
        Check(
            "trial",
            "Does the review print the limits and the number of patients of the trial's record?",
            "upper ends and numbers compared",
            "a lower end that the record leaves out",
        ),
        Check(
            "registry",
            "Is a registry number that of the trial?",
            "digits compared",
            "nothing",
        ),
        Check("year", "Is a year of publication that of a report?", "years compared", "nothing"),
        Check(
            "since",
            "Has a trial that the review names reported since it searched?",
            "first day of a report with a verified result > day of the search",
            "nothing",
        ),
        Check(
            "threshold",
            "Do the review's limits leave no number out, and none on both sides?",
            "< n beside > n leaves n out; <= n beside >= n takes it twice",
            "limits of different sections",
        ),
        Check(
            "centre",
            "Is the estimate at the centre of its interval?",
            "log HR = (log low + log high) / 2 (Wald interval)",
            f"rounding of all three, and {CENTRE_SLACK} standard errors for other kinds of interval",
        ),
        Check("inside", "Does the estimate lie in its interval?", "low <= estimate <= high", "nothing"),
        Check(
            "level",
            "Does the interval fit its P value at its level?",
            "SE = (log high - log low) / 2z, P = 2(1 - Φ(|log HR| / SE)) (Tierney 2007)",
            f"rounding, and {Z_SLACK} standard errors between log-rank and Cox",
        ),
        Check(
            "information",
            "Could that many patients give so narrow an interval?",
            "SE >= 2 / √events, events <= patients (Parmar 1998)",
            "rounding",
        ),
        Check(
            "events",
            "Do the P value and the ratio fit the number of events or patients?",
            "events = (z / log HR)² (n1 + n2)² / (n1 n2) (Parmar 1998)",
            f"rounding, {Z_SLACK} standard errors between log-rank and Cox, and a factor of 2 where events are given",
        ),
        Check(
            "medians",
            "Does the hazard ratio fit the medians?",
            "HR = median of control / median of experimental arm, were both curves exponential (Parmar 1998)",
            f"a factor of {MEDIAN_FACTOR:g}, or two standard errors of ratio and medians",
        ),
        Check(
            "versions",
            "Do two reports of one analysis agree?",
            "the numbers compared",
            "rounding to the coarser of the two",
        ),
        Check("proportion", "Does a percentage fit its count?", "count / patients", "rounding of the percentage"),
        Check("shares", "Do the shares of one whole stay within it?", "sum <= 100", "rounding of each"),
        Check("twice", "Is one trial counted twice?", "registry numbers, PMIDs and results compared", "nothing"),
    )
}


@dataclass(frozen=True)
class Alarm:
    """One answer no. `shown`: whether its numbers were all verified; otherwise `finding` names none of them."""

    check: str
    study: str
    results: tuple[str, ...]
    finding: str
    shown: bool = True
    statements: tuple[str, ...] = ()


@dataclass(frozen=True)
class Span:
    """The numbers that round to a printed one."""

    low: float
    high: float

    @classmethod
    def of(cls, value: float, decimals: int) -> "Span":
        half = 0.5 * 10**-decimals
        return cls(value - half, value + half)

    def gap(self, other: "Span") -> float:
        """The distance between two spans; 0 where they touch."""
        return max(0.0, self.low - other.high, other.low - self.high)

    def log(self) -> "Span":
        return Span(math.log(max(self.low, 1e-9)), math.log(max(self.high, 1e-9)))


def decimals(*values: float | None) -> int:
    """The decimals to which numbers printed together were rounded: the most that any of them shows."""
    return max((len(f"{v:.10g}".partition(".")[2]) for v in values if v is not None and math.isfinite(v)), default=0)


def alarm(check: str, study: Study, results: Sequence[Result], finding: str, statements: tuple[str, ...] = ()) -> Alarm:
    """A no to a check. Its finding names numbers only where all of them were verified."""
    shown = all(result.verified for result in results)
    text = (
        finding
        if shown
        else f"{CHECKS[check].question} No. Numbers that were not verified are among them and are not shown."
    )
    return Alarm(check, study.study, tuple(f"{study.study}/{result.id}" for result in results), text, shown, statements)


def same_analysis(a: Result, b: Result) -> bool:
    """Whether two numbers come from one analysis of the same patients."""
    return (a.endpoint, a.report, a.analysis, a.population, a.time) == (
        b.endpoint,
        b.report,
        b.analysis,
        b.population,
        b.time,
    )
