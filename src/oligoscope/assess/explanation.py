"""One answer followed down to the chart and to the published numbers, as data."""

from collections.abc import Iterator
from typing import Literal, TypeAlias

from oligoscope.assess.answer import Published, Total, Versioned, if_any, total
from oligoscope.assess.patient import Assessment
from oligoscope.assess.provenance import expects_of, provenance, rules_of
from oligoscope.assess.quantities import in_words
from oligoscope.evidence import Store
from oligoscope.evidence.wording import number_text
from oligoscope.tables.compile import CompiledTable
from oligoscope.tables.facts import Fact
from oligoscope.tables.model import APPLIES_NOT, Option, Options, Part, Rule, Score, Table
from oligoscope.tables.reference import Settled

Kind: TypeAlias = Literal["chart", "fact", "table"]


class RuleUsed(Published):
    """A rule that gave the answer, or that may still fire while it is open. when, then: in words."""

    id: str
    when: str
    then: str
    status: str
    pack: str | None = if_any("the pack of the rule, where it is not the base")


class Factor(Published):
    """One factor of a score. points: by its rules, in words."""

    label: str
    points: str


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


class Number(Published):
    """A published result in words. reference: study/result."""

    reference: str
    text: str


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
    """One answer of the table: its rules, its inputs down to the chart, its sources. assumes: the fields that the chart
    leaves out and on whose assumed value it rests.
    """

    part: str | None
    label: str
    value: str | None
    possible: tuple[str, ...]
    rules: tuple[RuleUsed, ...]
    score: Total | None = if_any("of a score: its total")
    factors: tuple[Factor, ...] | None = if_any("of a score")
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
    for part in table.parts[:1] if table.one_answer else table.parts:
        settled = answered.only if table.one_answer else answered[part.id]
        if not (isinstance(table, Options) and settled.possible == (APPLIES_NOT,)):
            yield _link(assessment, table, part, settled)


def _link(assessment: Assessment, table: Table, part: Part, settled: Settled) -> Link:
    is_score = isinstance(table, Score)
    rules = rules_of(part, settled) or [rule for rule in part.rules if rule.id in settled.reachable]
    names = table.inputs if is_score else part.inputs
    return Link(
        part=None if table.one_answer else part.id,
        label=part.label or part.id,
        value=settled.value,
        possible=settled.possible,
        rules=tuple(_rule(rule) for rule in rules),
        score=total(settled),
        factors=tuple(Factor(label=p.label, points=_points(p)) for p in table.parts) if is_score else None,
        inputs=tuple(_input(assessment, name, set()) for name in names),
        evidence=tuple(_sources(assessment.knowledge.evidence, table, part, settled)),
        assumes=settled.assumes,
    )


def _rule(rule: Rule) -> RuleUsed:
    source = rule.provenance
    return RuleUsed(id=rule.id, when=_when(rule), then=rule.then, status=source.status, pack=source.pack or None)


def _points(part: Part) -> str:
    return ", ".join(f"{_when(rule)}: {rule.then}" for rule in part.rules)


def _when(rule: Rule) -> str:
    ways = [" and ".join(f"{name} {condition}" for name, condition in way.items()) for way in rule.when]
    return " or ".join(ways) or "anything else"


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
        numbers=tuple(Number(reference=r, text=number_text(store.resolve(r)[1])) for r in references),
    )
