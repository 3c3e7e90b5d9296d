"""An assessment as the JSON of CASE: stable names, versioned."""

import datetime
import math
from typing import Any

from oligoscope.assess.patient import Assessment
from oligoscope.knowledge.load import Knowledge
from oligoscope.tables.domain import Choices, Dates, Possible, is_known
from oligoscope.tables.facts import Fact
from oligoscope.tables.model import Part, Provenance, Rule, Table
from oligoscope.tables.reference import Settled

SCHEMA = 1


def as_json(assessment: Assessment, as_of: datetime.date) -> dict[str, Any]:
    """The answer.

    Decisions hold value, possible, rule, needs; criteria the same by group; flags and options only what certainly
    applies.
    """
    knowledge = assessment.knowledge
    by_kind: dict[str, list[Table]] = {}
    for table in knowledge.tables:
        by_kind.setdefault(table.kind, []).append(table)
    return {
        "schema": SCHEMA,
        "knowledge": knowledge.version,
        "case": assessment.case.case.given,
        "assessed": assessment.case.assessed.given,
        "as_of": as_of.isoformat(),
        "parameters": dict(knowledge.parameters),
        "facts": {
            step.name: _fact(step.name, assessment)
            for step in knowledge.steps
            if isinstance(step, Fact) or step.internal
        },
        "decisions": {
            t.name: _decision(t, t.parts[0], assessment.settled[t.name][""])
            for kind in ("decision", "score")
            for t in by_kind.get(kind, [])
        },
        "criteria": {
            t.name: {p.id: _criteria(t, p, assessment.settled[t.name][p.id]) for p in t.parts}
            for t in by_kind.get("criteria", [])
        },
        "options": {t.name: _options(t, assessment) for t in by_kind.get("options", []) if t.name != "safety-flags"},
        "flags": [
            _flag(p)
            for p in knowledge.table("safety-flags").parts
            if assessment.settled["safety-flags"][p.id].possible == ("yes",)
        ],
        "needs": [{"input": field, "settles": list(tables)} for field, tables in assessment.needs()],
    }


def _fact(name: str, assessment: Assessment) -> dict[str, Any]:
    answer = spelled(assessment.answers[name].possible, assessment.knowledge, name)
    step = next(step for step in assessment.knowledge.steps if step.name == name)
    return {**answer, "note": step.note, "cites": list(step.cites)} if isinstance(step, Fact) and step.cites else answer


def spelled(possible: Possible, knowledge: Knowledge, name: str) -> dict[str, Any]:
    """What is possible of a quantity: its value; else the labels, or the lowest and highest number (null: no bound)."""
    domain = knowledge.domains[name]
    if isinstance(possible, int):
        assert isinstance(domain, Choices)
        labels = domain.names(possible)
        return {"value": labels[0]} if len(labels) == 1 else {"value": None, "possible": labels}
    low, high = (_day(end) if isinstance(domain, Dates) else _number(end) for end in possible)
    return {"value": low} if is_known(possible) else {"value": None, "low": low, "high": high}


def _number(value: float) -> float | int | None:
    if math.isinf(value):
        return None
    rounded = round(value, 6)
    return int(rounded) if rounded == int(rounded) else rounded


def _day(number: float) -> str | None:
    if number in (1_01_01, 9999_12_31):
        return None
    return f"{int(number) // 10000:04d}-{int(number) // 100 % 100:02d}-{int(number) % 100:02d}"


def rules_of(part: Part, settled: Settled) -> list[Rule]:
    """The rules behind an answer: the one that settled it, else none."""
    if settled.rule is None:
        return []
    named = settled.rule.split("|")
    return [rule for rule in (*part.rules, *((part.open,) if part.open else ())) if rule.id in named]


def provenance(table: Table, part: Part, settled: Settled) -> Provenance:
    """Citations and status of an answer: of its rules, else of the group, else of the table."""
    rules = [rule.provenance for rule in rules_of(part, settled)]
    reachable = [rule for rule in part.rules if rule.id in settled.rules]
    cites = dict.fromkeys(c for p in rules for c in p.cites) or dict.fromkeys(
        c for rule in reachable for c in rule.provenance.cites
    )
    if table.score:
        cites = dict.fromkeys(c for p in table.parts for c in p.provenance.cites)
    statuses = {p.status for p in rules if p.status}
    return Provenance(tuple(cites), statuses.pop() if len(statuses) == 1 else table.provenance.status)


def notes_of(table: Table, part: Part, settled: Settled) -> list[str]:
    """What a reader should know with this answer."""
    rules = rules_of(part, settled)
    outcome = [table.outcome(settled.value).note] if settled.value else []
    return [
        note
        for note in (*(r.text for r in rules), *(r.provenance.note for r in rules), *outcome, table.provenance.note)
        if note
    ]


def expects_of(table: Table, settled: Settled) -> list[str]:
    """The published results that the outcomes still possible refer to."""
    return [reference for code in settled.possible for reference in table.outcome(code).expects]


def _decision(table: Table, part: Part, settled: Settled) -> dict[str, Any]:
    source = provenance(table, part, settled)
    answer: dict[str, Any] = {
        "value": settled.value,
        "possible": list(settled.possible),
        "rule": settled.rule,
        "needs": list(settled.needs),
    }
    if settled.score:
        answer["score"] = {"low": settled.score[0], "high": settled.score[1]}
    answer |= {
        "cites": list(source.cites),
        "status": source.status,
        "notes": notes_of(table, part, settled),
        "expects": expects_of(table, settled),
    }
    if table.settings:
        answer["parameters"] = dict(table.settings)
    return answer


def _criteria(table: Table, part: Part, settled: Settled) -> dict[str, Any]:
    source = provenance(table, part, settled)
    return {
        "value": settled.value,
        "possible": list(settled.possible),
        "rule": settled.rule,
        "needs": list(settled.needs),
        "criteria": dict(settled.criteria),
        "failed": [c.text or c.id for c in part.criteria if settled.criteria.get(c.id) == "failed"],
        "cites": list(dict.fromkeys([*part.provenance.cites, *source.cites])),
        "status": part.provenance.status or source.status,
    }


def _options(table: Table, assessment: Assessment) -> list[dict[str, Any]]:
    found = []
    for part in table.parts:
        settled = assessment.settled[table.name][part.id]
        if "yes" in settled.possible:
            option = {
                "id": part.id,
                "label": part.label,
                "text": part.text,
                **part.payload,
                "cites": list(part.provenance.cites),
                "status": part.provenance.status,
            }
            found.append({**option, "expects": list(part.expects), "depends_on": list(settled.needs)})
    return found


def _flag(part: Part) -> dict[str, Any]:
    return {
        "id": part.id,
        "severity": part.payload.get("severity", "information"),
        "text": part.text,
        "cites": list(part.provenance.cites),
        "expects": list(part.expects),
        "status": part.provenance.status,
    }
