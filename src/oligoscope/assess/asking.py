"""What to ask next: the questions that change a decision, the one that settles most first.

A question is measured by trying its answers: how many decisions they settle, on average. Labels are tried one by one;
of a number one of each stretch that some rule tells apart; of a date a few; of a list that there is nothing, and that
there is one entry of which nothing is known.
"""

import datetime
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from oligoscope.assess.patient import Assessment
from oligoscope.knowledge import Knowledge
from oligoscope.spelling import spell
from oligoscope.tables.deriving import derive
from oligoscope.tables.domain import FIRST_DAY, FLAG, LAST_DAY, Choices, Dates, Domain, Label, Possible
from oligoscope.tables.facts import Fact
from oligoscope.tables.model import Options
from oligoscope.tables.record import Answer, Item, Items, Record
from oligoscope.tables.reference import add_fact, answer_items, possible_outcomes

SHOWN = 3
"""Questions whose answers are worked out and shown: each takes as much of a page as an answer."""
_DAYS_BEFORE = (10, 120, 250, 900, 2500)
"""Days before the assessment at which a date is tried: on both sides of 1, 3, 4, 6 and 12 months."""

Outcomes = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Effect:
    """One answer and what it does: of each decision that it touches, the outcomes still possible. answer: "" where it
    stands for others too.
    """

    answer: str
    changes: Outcomes


@dataclass(frozen=True)
class Question:
    """One field to ask for. settles: decisions settled by an answer, on average.  effects: of each answer.

    touches: the decisions, then the trials and groups of criteria, that it could change.
    """

    field: str
    settles: float
    effects: tuple[Effect, ...]
    touches: tuple[str, ...]


@dataclass(frozen=True)
class Asking:
    """first: the questions that settle most, with their effects.  others: further ones that change a decision.
    work_up: those that complete groups of criteria and nothing else.
    """

    first: tuple[Question, ...]
    others: tuple[str, ...]
    work_up: tuple[str, ...]


def asking(assessment: Assessment, trials: Mapping[str, Sequence[str]]) -> Asking:
    """What to ask next. trials: the fields that would settle entry to a trial, by trial."""
    decisions = wanted_by(assessment)
    entries: dict[str, list[str]] = {}
    for trial, fields in trials.items():
        for field in fields:
            entries.setdefault(field, []).append(trial)
    first = _best(assessment, decisions, entries)
    named = {asked.field for asked in first}
    others = [field for field in {**decisions, **entries} if field not in named]
    work_up = [field for field in _wanted_by_criteria(assessment) if field not in decisions and field not in entries]
    return Asking(tuple(first), tuple(others), tuple(work_up))


def wanted_by(assessment: Assessment) -> dict[str, tuple[str, ...]]:
    """By field, the decisions of the page that it could change: no other field can settle them. Most wanted first."""
    found: dict[str, list[str]] = {}
    for table in assessment.knowledge.on_page:
        settled = assessment.settled[table.name].only
        if not table.supplementary or len(settled.possible) < len(table.codes):
            for field in settled.needs:
                found.setdefault(field, []).append(table.name)
    return {field: tuple(found[field]) for field in sorted(found, key=lambda name: -len(found[name]))}


def _wanted_by_criteria(assessment: Assessment) -> list[str]:
    found: dict[str, None] = {}
    for table in assessment.knowledge.tables:
        if not table.one_answer and not isinstance(table, Options):
            for settled in assessment.settled[table.name].values():
                found |= dict.fromkeys(settled.needs)
    return list(found)


def _best(
    assessment: Assessment, decisions: Mapping[str, tuple[str, ...]], entries: Mapping[str, Sequence[str]]
) -> list[Question]:
    """The few questions that settle most. No more are tried than may be among them: a field settles at most the
    decisions that want it, which spares two thirds of the answers of an almost empty chart.
    """
    found: list[Question] = []
    for field, tables in decisions.items():
        if len(found) >= SHOWN and len(tables) < found[SHOWN - 1].settles:
            break
        found.append(question(assessment, field, tables, entries.get(field, ())))
        found.sort(key=lambda asked: (-asked.settles, -len(asked.touches)))
    trials_only = [Question(field, 0, (), tuple(names)) for field, names in entries.items() if field not in decisions]
    return [*found, *sorted(trials_only, key=lambda asked: -len(asked.touches))][:SHOWN]


def question(assessment: Assessment, field: str, tables: Sequence[str], trials: Sequence[str] = ()) -> Question:
    """One field as a question: its answers tried on the decisions that want it."""
    effects = tuple(Effect(spoken, outcomes) for spoken, outcomes in tried(assessment, field, tables))
    return Question(field, mean_settled(effects), effects, (*tables, *trials))


def mean_settled(effects: Sequence[Effect]) -> float:
    """How many decisions an answer settles, on average; 0 where no answer can be tried."""
    settled = [sum(len(possible) == 1 for possible in effect.changes.values()) for effect in effects]
    return sum(settled) / len(settled) if settled else 0.0


def tried(assessment: Assessment, field: str, tables: Collection[str]) -> Iterator[tuple[str, Outcomes]]:
    """Each answer of a field that is tried, and what is still possible under it of these undetermined decisions."""
    for spoken, record, name in answers_tried(assessment, field):
        yield spoken, _possible(assessment, record, name, tables)


# ---- answers that are tried ----------------------------------------------------------------------


def answers_tried(assessment: Assessment, field: str) -> Iterator[tuple[str, Record, str]]:
    """(the answer, the chart with it, what of the chart it changes)."""
    knowledge, lists = assessment.knowledge, assessment.lists
    name, _, own = field.partition(".")
    if field in lists:
        for spoken, items in (("none", []), ("", [_blank(knowledge, field)])):
            record = _record(assessment, {field: items})
            whole = {step.stated_by for step in knowledge.facts if step.folds and step.of[0] == field} - {""}
            record.answers.update({stated: Answer(FLAG.mask([True])) for stated in whole})
            yield spoken, record, field
    elif name in lists:
        domain = knowledge.lists[name][own]
        for spoken, possible in _values(domain, None, assessment, own):
            yield spoken, _record(assessment, {name: _filled(lists[name], own, domain, possible)}), name
    elif field in knowledge.domains:
        domain = knowledge.domains[field]
        for spoken, possible in _values(domain, assessment.answers[field].possible, assessment, field):
            yield spoken, Record({**assessment.answers, field: Answer(possible)}, dict(lists)), field


def _record(assessment: Assessment, lists: Mapping[str, Items | None]) -> Record:
    return Record(dict(assessment.answers), {**assessment.lists, **lists})


def _blank(knowledge: Knowledge, name: str) -> Item:
    """An entry of which nothing is known."""
    domains = knowledge.lists[name]
    return Item({own: Answer(domain.everything, knowledge.asks[f"{name}.{own}"]) for own, domain in domains.items()})


def _filled(items: Items | None, own: str, domain: Domain, possible: Possible) -> Items:
    """The entries, with one answer wherever the field is quite open; those that say the same go on sharing it."""
    filled = {
        id(item.answers): {**item.answers, own: Answer(possible)}
        for item in items or ()
        if own in item.answers and item.answers[own].possible == domain.everything
    }
    return [Item(filled[id(item.answers)], item.names) if id(item.answers) in filled else item for item in items or ()]


def _values(
    domain: Domain, possible: Possible | None, assessment: Assessment, field: str
) -> Iterator[tuple[str, Possible]]:
    """The answers that are tried, in words and as what they leave possible."""
    possible = domain.everything if possible is None else possible
    if isinstance(domain, Choices):
        assert isinstance(possible, int)
        yield from ((spell(label), domain.mask([label])) for label in _labels(domain, possible))
        return
    assert not isinstance(possible, int)
    low, high = possible
    numbers = _days(assessment) if isinstance(domain, Dates) else assessment.knowledge.stretches.get(field, ())
    inside = [number for number in numbers if low <= number <= high] or [end for end in possible if _is_said(end)]
    yield from (("", (number, number)) for number in dict.fromkeys(inside))


def _is_said(end: float) -> bool:
    """Whether an end of what is possible was written, and is not just as far as numbers and days go."""
    return math.isfinite(end) and end not in (FIRST_DAY, LAST_DAY)


def _labels(domain: Choices, possible: int) -> Sequence[Label]:
    """The labels still possible; of a field with one left, those that it does not have."""
    still = domain.names(possible)
    return still if len(still) > 1 else [label for label in domain.labels if label not in still]


def _days(assessment: Assessment) -> list[float]:
    given = assessment.case.assessed.low
    day = datetime.date(int(given) // 10000, int(given) // 100 % 100, int(given) % 100)
    days = [day - datetime.timedelta(days=before) for before in _DAYS_BEFORE]
    return [day.year * 10000 + day.month * 100 + day.day for day in days]


# ---- what follows from an answer -----------------------------------------------------------------


def _possible(assessment: Assessment, record: Record, name: str, tables: Collection[str]) -> Outcomes:
    """What is still possible of these decisions once one field or list is another, with all that follows from it."""
    changed, found = {name}, {}
    inputs_of = assessment.knowledge.inputs_of
    for step in assessment.knowledge.between(name, tables):
        if changed.isdisjoint(inputs_of[step.name]):
            continue
        if step.list_name:
            before = record.lists[step.list_name]
            if isinstance(step, Fact):
                add_fact(step, record)
            else:
                answer_items(step, record)
            if record.lists[step.list_name] != before:
                changed |= {step.name, step.list_name}
        elif isinstance(step, Fact):
            new = derive(step, record)
            if new.possible != record.answers[step.name].possible:
                record.answers[step.name] = new
                changed.add(step.name)
        elif step.table.one_answer:
            possible = possible_outcomes(step.questions[0], record.answers)
            if possible != assessment.settled[step.name].only.possible:
                record.answers[step.name] = Answer(step.table.domain.mask(possible))
                changed.add(step.name)
                if step.name in tables:
                    found[step.name] = possible
    return found
