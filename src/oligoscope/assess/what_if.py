"""What changes when a field of a case has another value."""

from collections.abc import Iterator
from dataclasses import dataclass

from oligoscope.assess.chart import record_of
from oligoscope.assess.patient import Assessment, assess_record
from oligoscope.assess.rows import answer_row
from oligoscope.tables.domain import Choices, spell
from oligoscope.tables.reference import Answer


@dataclass(frozen=True)
class Change:
    """One answer column before and after."""

    column: str
    before: object
    after: object


def changes(before: Assessment, after: Assessment) -> list[Change]:
    """The answer columns that differ, in the order of a cohort's columns."""
    a, b = answer_row(before), answer_row(after)
    return [Change(name, a[name], b[name]) for name in a if a[name] != b[name]]


def answers_of(assessment: Assessment, field: str) -> Iterator[tuple[str, Assessment]]:
    """For each possible answer of a field with few of them: that answer, and the assessment it would lead to."""
    knowledge = assessment.knowledge
    domain = knowledge.domains.get(field)
    answer = assessment.answers.get(field)
    if not isinstance(domain, Choices) or answer is None or not isinstance(answer.possible, int):
        return
    still_open = domain.names(answer.possible)
    for label in still_open if len(still_open) > 1 else [other for other in domain.labels if other not in still_open]:
        record = record_of(assessment.case, knowledge)
        record.answers[field] = Answer(domain.mask([label]))
        yield spell(label), assess_record(assessment.case, record, knowledge)
