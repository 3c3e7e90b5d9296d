"""What is unknown, and what each answer to it would settle."""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from oligoscope.assess.patient import Assessment
from oligoscope.spelling import spell
from oligoscope.tables.compile import CompiledTable
from oligoscope.tables.domain import Choices, Label
from oligoscope.tables.facts import Fact
from oligoscope.tables.model import Options, Table
from oligoscope.tables.reference import Answer, Answered, Record, add_fact, answer_items, derive, possible_outcomes

MOST_ANSWERS = 6
"""A field with more answers than this is named without saying what each would give: a page has no room for them."""


class Need(NamedTuple):
    """One field to fill in. settles: the decisions and criteria it would help to settle."""

    field: str
    settles: tuple[str, ...]


class Settling(NamedTuple):
    """One possible answer of a field, and what it would settle: pairs of (decision or group of criteria, outcome)."""

    answer: str
    settles: tuple[tuple[str, str], ...]


def needs_of(assessment: Assessment) -> list[Need]:
    """The chart fields still wanted; the one wanted by most decisions and criteria comes first."""
    wanted: dict[str, dict[str, int]] = {}
    for table, answered in _answered(assessment):
        if isinstance(table, Options) or (table.supplementary and not _begun(table, answered)):
            continue
        for settled in answered.values():
            for rank, field in enumerate(settled.needs):
                wanted.setdefault(field, {}).setdefault(table.name, rank)
    order = sorted(wanted, key=lambda field: (-len(wanted[field]), sum(wanted[field].values())))
    return [Need(field, tuple(wanted[field])) for field in order]


def _answered(assessment: Assessment) -> Iterator[tuple[Table, Answered]]:
    """Every table with what it answers, of the patient and then of each item."""
    for table in assessment.knowledge.tables:
        yield table, assessment.settled[table.name]
    for table in assessment.knowledge.item_tables:
        yield from ((table, answered) for answered in assessment.items[table.name])


def _begun(table: Table, answered: Answered) -> bool:
    return any(len(settled.possible) < len(table.codes) for settled in answered.values())


def settling_answers(assessment: Assessment, needs: Sequence[Need]) -> list[tuple[Settling, ...]]:
    """For each field, what each of its possible answers would settle; nothing for numbers, days and long lists.

    Only what depends on the field is answered again, and only as long as something changes: a page of an almost empty
    chart asks some 60 answers, of which each concerns a few of some 70 facts and tables.
    """
    steps = [(step, frozenset(step.reads)) for step in assessment.knowledge.steps]
    found = []
    for need in needs:
        asked = _asked(assessment, need.field)
        found.append(tuple(_settling(assessment, need, label, steps) for label in asked))
    return found


def _asked(assessment: Assessment, field: str) -> Sequence[Label]:
    """The answers still possible; of a field with one left, those that it does not have."""
    domain, answer = assessment.knowledge.domains.get(field), assessment.answers.get(field)
    if not isinstance(domain, Choices) or answer is None or not isinstance(answer.possible, int):
        return ()
    still_open = domain.names(answer.possible)
    labels = still_open if len(still_open) > 1 else [label for label in domain.labels if label not in still_open]
    return labels if len(labels) <= MOST_ANSWERS else ()


Steps = Sequence[tuple[Fact | CompiledTable, frozenset[str]]]


def _settling(assessment: Assessment, need: Need, label: Label, steps: Steps) -> Settling:
    domain = assessment.knowledge.domains[need.field]
    assert isinstance(domain, Choices)
    outcomes = _under(assessment, need.field, Answer(domain.mask([label])), need.settles, steps)
    settled = [
        (part, possible[0])
        for table, part, possible in sorted(outcomes, key=lambda found: need.settles.index(found[0]))
        if len(possible) == 1 and len(assessment.settled[table][part].possible) > 1
    ]
    return Settling(spell(label), tuple(settled))


def _under(
    assessment: Assessment, field: str, answer: Answer, wanted: Collection[str], steps: Steps
) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(table, part, outcomes still possible) of the wanted tables' parts that an answer may change."""
    record = Record({**assessment.answers, field: answer}, dict(assessment.lists))
    changed = {field}
    for step, reads in steps:
        if changed.isdisjoint(reads):
            continue
        if step.list_name:
            before = record.lists[step.list_name]
            if isinstance(step, Fact):
                add_fact(step, record)
            else:
                answer_items(step, record)
            if record.lists[step.list_name] != before:
                changed.add(step.name)
            continue
        if isinstance(step, Fact):
            new = derive(step, record)
            if new.possible != record.answers[step.name].possible:
                record.answers[step.name] = new
                changed.add(step.name)
            continue
        if step.table.one_answer:
            possible = possible_outcomes(step.questions[0], record.answers)
            if possible != assessment.settled[step.name].only.possible:
                record.answers[step.name] = Answer(step.table.domain.mask(possible))
                changed.add(step.name)
            if step.name in wanted:
                yield step.name, step.name, possible
        elif step.name in wanted:
            for part in step.parts:
                if not changed.isdisjoint(part.inputs):
                    yield step.name, part.id, possible_outcomes(part, record.answers)
