"""What the first part of a page says, ready to be laid out as text or page."""

from dataclasses import dataclass

from oligoscope.report.chart import LesionRow
from oligoscope.report.sources import Reference

NAMELESS = "case"
"""What a case is called that has no name."""


@dataclass(frozen=True)
class Said:
    """A text with the numbers of its sources."""

    text: str
    refs: tuple[str, ...] = ()


@dataclass(frozen=True)
class AnswerRow:
    """One question answered. why: in whom it holds, whose rule it is.  open: more than one answer is possible.
    brief: the answer, those that are possible counted only.
    """

    title: str
    answer: str
    why: tuple[str, ...]
    refs: tuple[str, ...]
    open: bool
    part: str
    table: str
    brief: str


@dataclass(frozen=True)
class TrialRow:
    """What one trial found. side: for or against.  of_100: patients of a hundred with and without, each with its
    interval in words; only where both arms' rates at that time were read.  what: of the two numbers, or of the others.
    """

    name: str
    side: str
    what: str
    of_100: tuple[tuple[int, str], tuple[int, str]] | None
    who: str
    refs: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """One question, and what its answers would do. field: of the chart, by its name."""

    field: str
    question: str
    answers: tuple[str, ...]


@dataclass(frozen=True)
class FirstPart:
    """What stands first on a page, in its order.

    sentence: state, where, under which drug, what follows.  evidence: which trials speak for that and against.
    """

    case: str
    assessed: str
    knowledge: str
    sentence: Said
    evidence: Said | None
    stops: tuple[Said, ...]
    flags: tuple[Said, ...]
    checks: tuple[Said, ...]
    read_as: tuple[str, ...]
    notes: tuple[Said, ...]
    chart: tuple[tuple[str, str], ...]
    lesions: tuple[LesionRow, ...]
    remarks: tuple[str, ...]
    answers: tuple[AnswerRow, ...]
    spoke: str
    trials: tuple[TrialRow, ...]
    trials_more: str
    open_trials: tuple[str, ...]
    asked: tuple[Asked, ...]
    ask_more: str
    sources: tuple[Reference, ...]
    marks: tuple[tuple[str, str], ...]
