"""One patient through every table, by the reference executor."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from oligoscope.assess.chart import record_of
from oligoscope.chart.document import field_values
from oligoscope.knowledge import Knowledge
from oligoscope.tables.facts import Fact
from oligoscope.tables.reference import Answer, Answered, Items, Record, as_answer, derive, evaluate
from oligoscope.vocabulary.values import Value
from oligoscope.vocabulary.words import Case


@dataclass(frozen=True)
class Assessment:
    """What the tables answer for one case.

    answers: what is known of every field, fact and decision.  settled: by table and part.  lists: the items of the
    chart as tables see them (None: the list itself is unknown).
    """

    case: Case
    knowledge: Knowledge
    answers: Mapping[str, Answer]
    settled: Mapping[str, Answered]
    lists: Mapping[str, Items | None]

    @cached_property
    def given(self) -> Mapping[str, Value]:
        """What the chart says of every scalar field."""
        return field_values(self.case)


def assess(case: Case, knowledge: Knowledge) -> Assessment:
    """Every fact and table of the knowledge, answered for one case."""
    record = record_of(case, knowledge)
    return assess_record(case, record, knowledge)


def assess_record(case: Case, record: Record, knowledge: Knowledge) -> Assessment:
    """As `assess`, from a chart already read; the record gets the facts."""
    settled: dict[str, Answered] = {}
    for step in knowledge.steps:
        if isinstance(step, Fact):
            record.answers[step.name] = derive(step, record)
        else:
            settled[step.name] = evaluate(step, record.answers)
            if step.table.one_answer:
                record.answers[step.name] = as_answer(step.table, settled[step.name])
    return Assessment(case, knowledge, record.answers, settled, record.lists)
