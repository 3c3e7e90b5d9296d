"""One table's answer followed down to the chart and to the published numbers."""

import textwrap
from collections.abc import Iterator

from oligoscope.assess.patient import Assessment
from oligoscope.assess.provenance import expects_of, provenance, rules_of
from oligoscope.evidence import Store
from oligoscope.evidence.wording import number_text
from oligoscope.report.view import STATUS, shown
from oligoscope.tables.facts import Fact
from oligoscope.tables.model import Option, Options, Part, Rule, Score, Table
from oligoscope.tables.reference import Settled


def explain(assessment: Assessment, table: Table) -> str:
    """The chain: question, rule, each input down to chart fields, then citation, study, numbers."""
    lines = [f"{table.name}: {table.title}", f"  {table.question}"]
    for part in table.parts[:1] if isinstance(table, Score) else table.parts:
        lines += list(_part(assessment, table, part))
    return "\n".join(lines) + "\n"


def _part(assessment: Assessment, table: Table, part: Part) -> Iterator[str]:
    answered = assessment.settled[table.name]
    settled = answered.only if table.one_answer else answered[part.id]
    if isinstance(table, Options) and settled.possible == ("no",):
        return
    yield ""
    yield f"  {part.label or part.id}: {settled.value or 'undetermined, one of ' + ', '.join(settled.possible)}"
    named = rules_of(part, settled) or [rule for rule in part.rules if rule.id in settled.reachable]
    for rule in named:
        yield f"    rule {rule.id}: when {_when(rule)} then {rule.then}  [{STATUS.get(rule.provenance.status, rule.provenance.status)}]"
    if isinstance(table, Score) and settled.score:
        yield f"    total {settled.score[0]:g} to {settled.score[1]:g}; factors: {', '.join(f'{p.label} ({_points(p)})' for p in table.parts)}"
    for name in table.inputs if isinstance(table, Score) else part.inputs:
        yield from _input(assessment, name, 4, set())
    yield from _evidence(assessment.knowledge.evidence, table, part, settled)


def _points(part: Part) -> str:
    return ", ".join(f"{_when(rule)}: {rule.then}" for rule in part.rules)


def _when(rule: Rule) -> str:
    ways = [" and ".join(f"{name} {condition}" for name, condition in way.items()) for way in rule.when]
    return " or ".join(ways) or "anything else"


def _input(assessment: Assessment, name: str, indent: int, seen: set[str]) -> Iterator[str]:
    """An input with its value, and below it what it was derived from."""
    step = next((s for s in assessment.knowledge.steps if s.name == name), None)
    kind = "chart" if step is None else "fact" if isinstance(step, Fact) else "table"
    yield f"{' ' * indent}{name} = {shown(assessment, name)}  [{kind}]"
    if name in seen or step is None:
        return
    seen.add(name)
    if isinstance(step, Fact):
        source = f" [{', '.join(step.cites)}]" if step.cites else ""
        yield f"{' ' * (indent + 4)}{step.definition}{source}"
        sources = (
            step.of
            if step.sources
            else (*(step.complete_if.inputs if step.complete_if else ()), *([step.stated_by] if step.stated_by else ()))
        )
        if not step.sources:
            items = getattr(assessment.case, step.of[0])
            yield f"{' ' * (indent + 4)}{step.of[0]}: {'not given' if items is None else f'{len(items)} listed'}"
        for source in sources:
            yield from _input(assessment, source, indent + 4, seen)
    else:
        settled = assessment.settled[name].only
        yield f"{' ' * (indent + 4)}rule {'|'.join(settled.rules) or 'open'}"
        for source in step.parts[0].grid.inputs:
            yield from _input(assessment, source, indent + 4, seen)


def _evidence(store: Store, table: Table, part: Part, settled: Settled) -> Iterator[str]:
    cites = dict.fromkeys((*part.provenance.cites, *provenance(table, part, settled).cites))
    references = [
        *(expects_of(table, settled) if table.one_answer else []),
        *(part.expects if isinstance(part, Option) else ()),
    ]
    yield "    evidence"
    for study in dict.fromkeys([*cites, *(reference.split("/")[0] for reference in references)]):
        record = store.study(study)
        yield f"      {study}: {record.title}. {record.design}"
        for report in record.reports:
            identifiers = " ".join(
                f"{name} {value}" for name, value in (("PMID", report.pmid), ("DOI", report.doi)) if value
            )
            yield f"        {report.citation} {identifiers}"
        for alert in record.alerts:
            yield from textwrap.wrap(f"caution: {alert}", 100, initial_indent=" " * 8, subsequent_indent=" " * 10)
        for reference in references:
            if reference.split("/")[0] == study:
                yield f"        {reference}: {number_text(store.resolve(reference)[1])}"
