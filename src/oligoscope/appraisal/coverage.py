"""What became of every statement of the review: what answers it, or the reason why nothing does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from oligoscope.evidence.review import Kind, Link, Statement, Unanswered
from oligoscope.knowledge import Knowledge
from oligoscope.knowledge.links import target_problems

KINDS: tuple[Kind, ...] = get_args(Kind)
"""Kinds of answer, the nearest to a published number first."""
GONE = "what answered it is not among these packs"


@dataclass(frozen=True)
class Covered:
    """One statement: the links that answer it, or the reason why none does, and of what sort that reason is."""

    statement: Statement
    links: tuple[Link, ...]
    because: str
    reason: str

    @property
    def answered(self) -> bool:
        return bool(self.links)

    @property
    def by(self) -> Kind | None:
        """The kind of answer nearest to a published number."""
        return next((kind for kind in KINDS if self.targets(kind)), None)

    def targets(self, kind: Kind) -> list[str]:
        """What of one kind answers it."""
        return [link.target for link in self.links if link.kind == kind]


def coverage(knowledge: Knowledge) -> list[Covered]:
    """Each statement of the review, in reading order. A link counts only where its target is there."""
    evidence = knowledge.evidence
    why_not = {entry.statement: entry for entry in evidence.unanswered}
    answers: dict[str, list[Link]] = {}
    for link in evidence.links:
        if link.answers and not list(target_problems(link, knowledge)):
            answers.setdefault(link.statement, []).append(link)
    return [_covered(statement, answers, why_not) for statement in evidence.statements]


def _covered(statement: Statement, answers: Mapping[str, Sequence[Link]], why_not: Mapping[str, Unanswered]) -> Covered:
    if links := answers.get(statement.id):
        return Covered(statement, tuple(links), "", "")
    known = why_not.get(statement.id)
    return Covered(statement, (), known.because if known else "gone", known.reason if known else GONE)
