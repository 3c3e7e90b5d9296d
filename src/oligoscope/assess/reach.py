"""What would have to be otherwise for an answer to be another: the fewest fields, what is open before what is known."""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product
from typing import NamedTuple

from oligoscope.assess.chart import chart_answers, record_of
from oligoscope.assess.patient import Assessment
from oligoscope.spelling import spell
from oligoscope.tables.compile import CompiledTable
from oligoscope.tables.domain import Choices, Numbers, Possible, Span, is_known
from oligoscope.tables.facts import Fact
from oligoscope.tables.record import Answer, Record
from oligoscope.tables.reference import add_fact, answer, answer_items, evaluate, possible_outcomes

Steps = Sequence[Fact | CompiledTable]


class Goal(NamedTuple):
    """An answer asked for: any of `wanted`, of a part (by id) of a table about the patient."""

    table: CompiledTable
    part: str
    wanted: frozenset[str]


class Turn(NamedTuple):
    """Another value of a field. written: as a chart writes it.  open: the chart leaves it possible."""

    field: str
    possible: Possible
    written: str
    open: bool


Way = tuple[Turn, ...]


def ways(assessment: Assessment, goal: Goal, *, known: bool) -> list[Way]:
    """The fewest fields, one or else two, with values under which the goal is certainly answered.

    known: values that the chart rules out are tried too, and each way has one; else only what may turn out. The chart's
    lists and dates are left as they are.
    """
    steps, record = _leading_to(assessment, goal), _chart(assessment, goal)
    turns = [turn for turn in _turns(assessment, goal, record, steps) if known or turn.open]
    for size in (1, 2):
        found = [
            way
            for fields in combinations(dict.fromkeys(turn.field for turn in turns), size)
            for way in product(*([turn for turn in turns if turn.field == field] for field in fields))
            if known != all(turn.open for turn in way) and _reaches(way, goal, record, steps)
        ]
        if found:
            return found
    return []


def reached(assessment: Assessment, goal: Goal) -> bool:
    """Whether the goal is what is certainly answered."""
    return _certain(goal, {**_chart(assessment, goal).answers, **assessment.answers})


def still_open(assessment: Assessment, goal: Goal) -> tuple[str, ...]:
    """The chart fields that could still change whether it is, most decisive first."""
    return evaluate(goal.table, {**_chart(assessment, goal).answers, **assessment.answers})[goal.part].needs


def _certain(goal: Goal, answers: Mapping[str, Answer]) -> bool:
    question = next(each for each in goal.table.questions if each.id == goal.part)
    return set(possible_outcomes(question, answers)) <= goal.wanted


def _chart(assessment: Assessment, goal: Goal) -> Record:
    """The chart alone, with the fields that only the goal reads."""
    record = record_of(assessment.case, assessment.assumptions, assessment.knowledge)
    derived = {step.name for step in assessment.knowledge.steps}
    lacking = [name for name in goal.table.inputs if name not in record.answers and name not in derived]
    record.answers.update(chart_answers(assessment.given, lacking, assessment.knowledge))
    return record


def _leading_to(assessment: Assessment, goal: Goal) -> Steps:
    """The facts and tables behind the goal, in evaluation order."""
    needed, found = set(goal.table.inputs), []
    for step in reversed(assessment.knowledge.steps):
        if step.name in needed:
            needed |= set(step.reads)
            found.append(step)
    return found[::-1]


def _reaches(way: Way, goal: Goal, chart: Record, steps: Steps) -> bool:
    told = {turn.field: Answer(turn.possible) for turn in way}
    record = Record({**chart.answers, **told}, dict(chart.lists))
    for step in steps:
        if isinstance(step, Fact):
            add_fact(step, record)
        elif step.list_name:
            answer_items(step, record)
        else:
            answer(step, record)
    return _certain(goal, record.answers)


def _turns(assessment: Assessment, goal: Goal, chart: Record, steps: Steps) -> Iterator[Turn]:
    """Every other value of a field behind the goal: each label, each stretch of numbers that some condition cuts."""
    for name in dict.fromkeys([*goal.table.fields, *(n for step in steps for n in step.reads)]):
        domain, said = assessment.knowledge.domains.get(name), chart.answers.get(name)
        if said is None:
            continue
        if isinstance(domain, Choices) and isinstance(said.possible, int):
            for label in domain.labels:
                mask = domain.mask([label])
                if mask != said.possible:
                    yield Turn(name, mask, spell(label), bool(mask & said.possible))
        elif isinstance(domain, Numbers) and not isinstance(said.possible, int):
            low, high = said.possible
            for start, end in _stretches(name, goal, steps):
                inside = max(start, low), min(end, high)
                if inside[0] <= inside[1] and inside != said.possible and not is_known(said.possible):
                    yield Turn(name, inside, _written(inside, domain), True)
                if end < low or start > high:
                    yield Turn(name, (start, end), _written((start, end), domain), False)


def _stretches(name: str, goal: Goal, steps: Steps) -> Iterator[Span]:
    """The stretches of a number that conditions on it, or on a fact that takes it as it is, tell apart."""
    names = {name, *(step.name for step in steps if isinstance(step, Fact) and name in step.of and not step.folds)}
    tables = [goal.table, *(step for step in steps if isinstance(step, CompiledTable))]
    cells = {
        (cell.low, cell.high)
        for table in tables
        for part in table.parts
        for read, own in zip(part.grid.inputs, part.grid.cells, strict=True)
        if read in names
        for cell in own
    }
    yield from sorted(cells)


def _written(span: Span, domain: Numbers) -> str:
    """A stretch of numbers as a chart writes it; an end one float beside a cut is that cut, left out."""
    low, high = (float(f"{end:.12g}") for end in span)
    if span[0] == span[1]:
        return f"{low:g}"
    if span[1] >= domain.high or math.isinf(high):
        return f"{'>=' if low == span[0] else '>'}{low:g}"
    if span[0] <= domain.low or math.isinf(low):
        return f"{'<=' if high == span[1] else '<'}{high:g}"
    return f"{span[0]!r}..{span[1]!r}"
