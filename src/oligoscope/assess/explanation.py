"""One answer followed down to the chart and to the published numbers, as data."""

from collections.abc import Iterator
from typing import Literal, TypeAlias

from oligoscope.assess.answer import Number, Published, Total, Versioned, Word, if_any, number, total
from oligoscope.assess.conditions import Condition, condition_on, conditions_of, in_turn, meaning, one_away, passed_over
from oligoscope.assess.entries import Entry, entries_behind
from oligoscope.assess.patient import Assessment
from oligoscope.assess.provenance import expects_of, provenance, rules_of
from oligoscope.assess.quantities import in_words
from oligoscope.evidence import Store
from oligoscope.knowledge.schedules import dose_in_words
from oligoscope.tables.compile import CompiledTable
from oligoscope.tables.facts import Fact
from oligoscope.tables.model import APPLIES_NOT, Group, Option, Options, Part, Rule, Score, Table
from oligoscope.tables.reference import Settled, possible_outcomes

ANYTHING = "anything else"
"""What a rule asks that takes whatever no other rule does."""
Kind: TypeAlias = Literal["chart", "fact", "table"]


class RuleUsed(Published):
    """A rule that gave the answer, or that may still fire while it is open.

    when, then: in words.  text: what the rule says to a reader.  conditions: of the alternative that holds, or may; of
    a group of criteria they stand with the criteria.  earlier: why no rule before it fired, where rules are asked in
    turn.
    """

    id: str
    when: str
    then: str
    label: str
    text: str
    status: str
    cites: tuple[str, ...]
    conditions: tuple[Condition, ...]
    earlier: tuple[Condition, ...]
    pack: str | None = if_any("the pack of the rule, where it is not the base")


class Factor(Published):
    """One factor of a score. points: by its rules, in words.  low, high: the points that this chart leaves possible."""

    label: str
    points: str
    low: float
    high: float
    inputs: tuple[Condition, ...]


class CriterionUsed(Published):
    """One criterion of a group. word: met, failed or unknown.  conditions: what it asks, and what the chart says."""

    id: str
    text: str
    word: Word
    conditions: tuple[Condition, ...]


class Miss(Published):
    """Another answer, one condition away.

    rules: those that would give it.  then, label: the answer, as code and in words.  input, asks: what would have to
    hold instead of `value`, which stands on `entries`.
    """

    rules: tuple[str, ...]
    then: str
    label: str
    input: str
    input_label: str
    asks: str
    value: str
    entries: tuple[Entry, ...]


class Listed(Published):
    """A list of the chart that a fact is derived from. n: its items; null where the chart has no such list."""

    list: str
    n: int | None


class Input(Published):
    """What an answer was derived from, and below it what that was derived from.

    value: in words.  kind: a field of the chart, a fact, or another table.  An input that stands higher up already is
    not followed twice.
    """

    name: str
    value: str
    kind: Kind
    definition: str | None = if_any("of a fact")
    cites: tuple[str, ...] | None = if_any("of a fact: ids of studies")
    listed: Listed | None = if_any("of a fact over a list")
    rule: str | None = if_any('of a table: the ids of its rules, or "open"')
    inputs: tuple["Input", ...]


class Publication(Published):
    """A publication of a study."""

    citation: str
    pmid: str | None
    doi: str | None


class Source(Published):
    """A study that the answer rests on."""

    study: str
    title: str
    design: str
    publications: tuple[Publication, ...]
    cautions: tuple[str, ...]
    numbers: tuple[Number, ...]


class Link(Published):
    """One answer of the table: its rules, its inputs down to the chart, its sources.

    value_label: the value in words.  misses: other answers that are one condition away, of an answer that is settled.
    assumes: the fields that the chart leaves out and on whose assumed value it rests.
    """

    part: str | None
    label: str
    value: str | None
    value_label: str | None
    possible: tuple[str, ...]
    rules: tuple[RuleUsed, ...]
    score: Total | None = if_any("of a score: its total")
    factors: tuple[Factor, ...] | None = if_any("of a score")
    criteria: tuple[CriterionUsed, ...] | None = if_any("of a group of criteria")
    misses: tuple[Miss, ...]
    needs: tuple[str, ...]
    inputs: tuple[Input, ...]
    evidence: tuple[Source, ...]
    assumes: tuple[str, ...]


class Explanation(Versioned):
    """The answers of one table, each followed down. lesion: whose, for a table about lesions."""

    table: str
    title: str
    question: str
    lesion: str | None
    chain: tuple[Link, ...]


def links(assessment: Assessment, table: Table) -> Iterator[Link]:
    """One link per answer; of options those that apply or may apply."""
    answered = assessment.settled[table.name]
    told: set[str] = set()
    for part in table.parts[:1] if table.one_answer else table.parts:
        settled = answered.only if table.one_answer else answered[part.id]
        if not (isinstance(table, Options) and settled.possible == (APPLIES_NOT,)):
            yield _link(assessment, table, part, settled, told)


def _link(assessment: Assessment, table: Table, part: Part, settled: Settled, told: set[str]) -> Link:
    """told: decisions whose own conditions stand in an earlier link."""
    is_score = isinstance(table, Score)
    rules = rules_of(part, settled) or [rule for rule in part.rules if rule.id in settled.reachable]
    names = table.inputs if is_score else part.inputs
    return Link(
        part=None if table.one_answer else part.id,
        label=table.title if table.one_answer else _label(part),
        value=settled.value,
        value_label=outcome_label(table, settled.value) if settled.value else None,
        possible=settled.possible,
        rules=tuple(_rule(assessment, table, part, rule, told, len(settled.possible) == 1) for rule in rules),
        score=total(settled),
        factors=tuple(_factors(assessment, table, told)) if is_score else None,
        criteria=tuple(_criteria(assessment, part, settled, told)) if isinstance(part, Group) else None,
        misses=tuple(_misses(assessment, table, part, settled)),
        needs=settled.needs,
        inputs=tuple(_input(assessment, name, set()) for name in names),
        evidence=tuple(_sources(assessment.knowledge.evidence, table, part, settled)),
        assumes=settled.assumes,
    )


def _label(part: Part) -> str:
    """What a part is called; of a dose first the dose itself."""
    named = part.label or part.text or part.id
    return ": ".join(filter(None, [dose_in_words(part), named]))


def outcome_label(table: Table, code: str) -> str:
    """An outcome in words; of an option it is the word itself."""
    return (table.outcome(code).label if code in table.codes else "") or code


def _rule(assessment: Assessment, table: Table, part: Part, rule: Rule, told: set[str], fired: bool) -> RuleUsed:
    source = rule.provenance
    asked_in_turn = fired and in_turn(table) and not isinstance(part, Group)
    return RuleUsed(
        id=rule.id,
        when=_when(rule),
        then=rule.then,
        label=outcome_label(table, rule.then),
        text=rule.text,
        status=source.status,
        cites=source.cites,
        conditions=() if isinstance(part, Group) else conditions_of(assessment, rule, told),
        earlier=passed_over(assessment, part, rule, told) if asked_in_turn else (),
        pack=source.pack or None,
    )


def _factors(assessment: Assessment, table: Table, told: set[str]) -> Iterator[Factor]:
    """Every factor with the points that the chart leaves possible."""
    for compiled in assessment.knowledge.compiled(table.name).parts:
        points = [float(code) for code in possible_outcomes(compiled, assessment.answers)]
        yield Factor(
            label=compiled.part.label or compiled.id,
            points=_points(compiled.part),
            low=min(points),
            high=max(points),
            inputs=tuple(condition_on(assessment, name, told) for name in compiled.inputs),
        )


def _criteria(assessment: Assessment, part: Group, settled: Settled, told: set[str]) -> Iterator[CriterionUsed]:
    for each in part.criteria:
        word = settled.criteria[each.id]
        conditions = conditions_of(assessment, Rule(each.id, each.when, ""), told)
        yield CriterionUsed(id=each.id, text=each.text or each.id, word=word, conditions=conditions)


def _misses(assessment: Assessment, table: Table, part: Part, settled: Settled) -> Iterator[Miss]:
    """What one other answer of one input would give, input by input. Of options nobody asks why not the opposite."""
    if isinstance(table, Options) or len(settled.possible) != 1:
        return
    compiled = assessment.knowledge.compiled(table.name)
    question = next(q for q in compiled.questions if q.id in (part.id, table.name))
    for name, asks, told in one_away(question, assessment.answers, settled.possible):
        yield Miss(
            rules=told.rules,
            then=told.possible[0],
            label=outcome_label(table, told.possible[0]),
            input=name,
            input_label=meaning(assessment, name),
            asks=asks,
            value=in_words(assessment, name),
            entries=entries_behind(assessment, name),
        )


def _points(part: Part) -> str:
    return ", ".join(f"{_when(rule)}: {rule.then}" for rule in part.rules)


def _when(rule: Rule) -> str:
    ways = [" and ".join(f"{name} {condition}" for name, condition in way.items()) for way in rule.when]
    return " or ".join(ways) or ANYTHING


def _input(assessment: Assessment, name: str, seen: set[str]) -> Input:
    """An input with all that it was derived from. seen: what was followed already."""
    step = next((step for step in assessment.knowledge.steps if step.name == name), None)
    value = in_words(assessment, name)
    kind: Kind = "chart" if step is None else "table" if isinstance(step, CompiledTable) else "fact"
    if step is None or name in seen:
        return Input(name=name, value=value, kind=kind, inputs=())
    seen.add(name)
    if isinstance(step, CompiledTable):
        below = tuple(_input(assessment, source, seen) for source in step.parts[0].grid.inputs)
        rule = "|".join(assessment.settled[name].only.rules) or "open"
        return Input(name=name, value=value, kind=kind, rule=rule, inputs=below)
    below = tuple(_input(assessment, source, seen) for source in _followed(step))
    listed = None if step.sources else _listed(assessment, step)
    return Input(
        name=name,
        value=value,
        kind=kind,
        definition=step.definition,
        cites=step.cites or None,
        listed=listed,
        inputs=below,
    )


def _followed(fact: Fact) -> tuple[str, ...]:
    """The quantities combined; of a fact over a list what says whether the list is complete."""
    if fact.sources:
        return fact.of
    complete = fact.complete_if.inputs if fact.complete_if else ()
    return (*complete, fact.stated_by) if fact.stated_by else complete


def _listed(assessment: Assessment, fact: Fact) -> Listed:
    items = assessment.lists[fact.of[0]]
    return Listed(list=fact.of[0], n=None if items is None else len(items))


def _sources(store: Store, table: Table, part: Part, settled: Settled) -> Iterator[Source]:
    """The studies cited by the rules and the part, and those whose results say what follows."""
    references = [
        *(expects_of(table, settled) if table.one_answer else ()),
        *(part.expects if isinstance(part, Option) else ()),
    ]
    cites = (*part.provenance.cites, *provenance(table, part, settled).cites)
    for study in dict.fromkeys([*cites, *(reference.partition("/")[0] for reference in references)]):
        yield _source(store, study, [r for r in references if r.partition("/")[0] == study])


def _source(store: Store, name: str, references: list[str]) -> Source:
    study = store.study(name)
    return Source(
        study=name,
        title=study.title,
        design=study.design,
        publications=tuple(
            Publication(citation=p.citation, pmid=p.pmid or None, doi=p.doi or None) for p in study.reports
        ),
        cautions=tuple(study.alerts),
        numbers=tuple(number(store, reference) for reference in references),
    )
