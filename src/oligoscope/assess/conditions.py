"""What a rule asks, condition by condition, with the chart entries on which each holds or fails; and what other answer
is one condition away.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, TypeAlias

from oligoscope.assess.answer import Published
from oligoscope.assess.entries import Entry, entries_behind
from oligoscope.assess.patient import Assessment
from oligoscope.assess.provenance import rules_of
from oligoscope.assess.quantities import in_words
from oligoscope.assess.reasons import inputs_behind, verdicts
from oligoscope.knowledge import Knowledge
from oligoscope.tables import conditions
from oligoscope.tables.compile import CompiledTable
from oligoscope.tables.domain import Numbers, is_known
from oligoscope.tables.facts import Fact
from oligoscope.tables.model import Part, Rule, Score, Table, When
from oligoscope.tables.record import Answer
from oligoscope.tables.search import Question, Told
from oligoscope.vocabulary.fields import list_fields, lists, scalar_fields

Holds: TypeAlias = Literal["yes", "no", "open"]
_HOLDS: Mapping[frozenset[bool], Holds] = {frozenset([True]): "yes", frozenset([False]): "no"}


class Condition(Published):
    """One condition of a rule.

    rule: which; "" where none asks it by itself.  label: the input in words.  asks: what must hold of it.  value: what
    the chart leaves of it, value_label: the same with its unit, or with what an outcome means.  entries: of the chart,
    on which that stands.  rules: of an input that is itself a decision, those that gave it; because: and what they
    asked, where it does not stand higher up already.
    """

    rule: str
    input: str
    label: str
    asks: str
    value: str
    value_label: str
    holds: Holds
    entries: tuple[Entry, ...]
    rules: tuple[str, ...]
    because: tuple["Condition", ...]


def conditions_of(assessment: Assessment, rule: Rule, told: set[str]) -> tuple[Condition, ...]:
    """The conditions of a rule: of the alternative that holds; else of the one of which least fails.

    told: decisions whose own conditions were given already; those given here are added.
    """
    way = _nearest(assessment, rule.when)
    return tuple(condition_on(assessment, name, told, asked, rule.id) for name, asked in way.items())


def passed_over(assessment: Assessment, part: Part, rule: Rule, told: set[str]) -> tuple[Condition, ...]:
    """Why no earlier rule fired, in a part whose rules are asked in turn: of each of their alternatives what fails."""
    earlier = itertools.takewhile(lambda each: each.id != rule.id, part.driving)
    # Two alternatives may fail by the same condition; it is said once.
    failing = dict.fromkeys(
        (each.id, name, asked)
        for each in earlier
        if each.then != rule.then
        for way in each.when
        for name, asked in way.items()
        if _holds(assessment, name, asked) == "no"
    )
    return tuple(condition_on(assessment, name, told, asked, earlier_id) for earlier_id, name, asked in failing)


def in_turn(table: Table) -> bool:
    """Whether the rules of a part are asked in turn, so that one fires only where none before it did."""
    return table.hit not in ("unique", "collect-sum")


def _nearest(assessment: Assessment, when: When) -> Mapping[str, conditions.Condition]:
    """The alternative of which least fails, and then least is open."""

    def short(way: Mapping[str, conditions.Condition]) -> tuple[int, int]:
        words = [_holds(assessment, name, asked) for name, asked in way.items()]
        return words.count("no"), words.count("open")

    return min(when, key=short, default={})


def condition_on(
    assessment: Assessment, name: str, told: set[str], asked: conditions.Condition | None = None, rule: str = ""
) -> Condition:
    """One condition with what the chart says of it; without `asked` the input alone."""
    step = next((step for step in assessment.knowledge.steps if step.name == name), None)
    rules: tuple[str, ...] = ()
    because: tuple[Condition, ...] = ()
    if isinstance(step, CompiledTable):
        rules = assessment.settled[name].only.rules
        if name not in told:
            told.add(name)
            because = _because(assessment, step.table, told)
    known = is_known(assessment.answers[name].possible)
    return Condition(
        rule=rule,
        input=name,
        label=meaning(assessment, name),
        asks=str(asked).replace(", ", " or ") if asked else "",
        value=in_words(assessment, name),
        value_label=value_of(assessment, name),
        holds=_holds(assessment, name, asked) if asked else "yes" if known else "open",
        entries=entries_behind(assessment, name),
        rules=rules,
        because=because,
    )


def _because(assessment: Assessment, table: Table, told: set[str]) -> tuple[Condition, ...]:
    """What the rule that gave a decision asked, and why none came before it; of a score, and of a decision that is
    open, the inputs behind it.
    """
    part, settled = table.parts[0], assessment.settled[table.name].only
    rules = rules_of(part, settled)
    if len(rules) != 1 or isinstance(table, Score):
        behind = inputs_behind(table, part, settled, assessment)
        return tuple(condition_on(assessment, name, told) for name in behind)
    asked = conditions_of(assessment, rules[0], told)
    return (*asked, *(passed_over(assessment, part, rules[0], told) if in_turn(table) else ()))


def _holds(assessment: Assessment, name: str, condition: conditions.Condition) -> Holds:
    return _HOLDS.get(frozenset(verdicts(name, condition, assessment)), "open")


def value_of(assessment: Assessment, name: str) -> str:
    """A quantity in words, with its unit, or with the label of the outcome beside its code."""
    step = next((step for step in assessment.knowledge.steps if step.name == name), None)
    said = in_words(assessment, name)
    if isinstance(step, CompiledTable):
        value = assessment.settled[name].only.value
        label = step.table.outcome(value).label if value else ""
        return f"{said} ({label})" if label and label != said else said
    domain = assessment.knowledge.domains[name]
    unit = domain.unit if isinstance(domain, Numbers) and isinstance(step, Fact) else ""
    if not unit or said == "unknown":
        return said
    return f"{said} {unit.removesuffix('s') if said == '1' else unit}"


def meaning(assessment: Assessment, name: str) -> str:
    """What a field, fact or table is, in words."""
    return named(assessment.knowledge, name)


def named(knowledge: Knowledge, name: str) -> str:
    """What a field, fact or table of the knowledge is, in words; empty for a name that is none."""
    step = next((step for step in knowledge.steps if step.name == name), None)
    if isinstance(step, CompiledTable):
        return step.table.title
    if step is not None:
        return step.definition
    specs = [*scalar_fields(), *(spec for each in lists() for spec in list_fields(each.name))]
    return next((spec.definition for spec in specs if spec.name == name.removesuffix("_date")), "") or next(
        (spec.definition for spec in specs if spec.name == name), ""
    )


def one_away(
    question: Question, answers: Mapping[str, Answer], possible: Sequence[str]
) -> Iterator[tuple[str, str, Told]]:
    """What else a question would answer if one of its inputs were another: the input, its other answers, the answer.

    possible: what it answers now.
    """
    masks = tuple([question.mask(i, answers[name].possible) for i, name in enumerate(question.inputs)])
    for i, name in enumerate(question.inputs):
        found: dict[Told, list[str]] = {}
        for k, cell in enumerate(question.cells[i]):
            if not masks[i] >> k & 1:
                told = question.told(question.explore((*masks[:i], 1 << k, *masks[i + 1 :])).said)
                if len(told.possible) == 1 and told.possible != tuple(possible):
                    found.setdefault(told, []).append(cell.name)
        for told, cells in found.items():
            in_steps = len(cells) > 2 and all(cell.isdigit() for cell in cells)
            yield name, f"[{cells[0]}..{cells[-1]}]" if in_steps else " or ".join(cells), told
