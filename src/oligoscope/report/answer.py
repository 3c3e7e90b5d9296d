"""An assessment as the JSON of CASE: stable names, versioned."""

import datetime
from typing import Any

from oligoscope.assess.needs import needs_of
from oligoscope.assess.patient import Assessment
from oligoscope.assess.provenance import expects_of, notes_of, pack_of, provenance
from oligoscope.assess.quantities import Between, Beyond, Known, OneOf, quantity
from oligoscope.tables.facts import Fact
from oligoscope.tables.model import Criteria, Decision, Group, Option, Options, Part, Score, Table
from oligoscope.tables.reference import Settled

SCHEMA = 1


def as_json(assessment: Assessment, as_of: datetime.date) -> dict[str, Any]:
    """The answer.

    Decisions hold value, possible, rule, needs; criteria the same by group; flags and options only what certainly
    applies.
    """
    knowledge = assessment.knowledge
    tables = knowledge.tables
    single = [t for kind in (Decision, Score) for t in tables if isinstance(t, kind)]
    options = [t for t in tables if isinstance(t, Options)]
    return {
        "schema": SCHEMA,
        "knowledge": knowledge.version,
        "packs": [
            {"id": r.id, "title": r.title, "version": r.version, "date": r.date, "changes": list(r.changes)}
            for r in knowledge.releases
        ],
        "case": assessment.case.case.given,
        "assessed": assessment.case.assessed.given,
        "as_of": as_of.isoformat(),
        "parameters": dict(knowledge.parameters),
        "facts": {
            step.name: _fact(step.name, assessment)
            for step in knowledge.steps
            if isinstance(step, Fact) or step.table.internal
        },
        "decisions": {t.name: _decision(t, t.parts[0], assessment.settled[t.name].only) for t in single},
        "criteria": {
            t.name: {p.id: _criteria(t, p, assessment.settled[t.name][p.id]) for p in t.groups}
            for t in tables
            if isinstance(t, Criteria)
        },
        "options": {t.name: _options(t, assessment) for t in options if t.role != "flags"},
        "flags": [
            _flag(p)
            for t in options
            if t.role == "flags"
            for p in t.options
            if assessment.settled[t.name][p.id].possible == ("yes",)
        ],
        "needs": [{"input": need.field, "settles": list(need.settles)} for need in needs_of(assessment)],
    }


def _fact(name: str, assessment: Assessment) -> dict[str, Any]:
    answer = _quantity(assessment, name)
    step = next(step for step in assessment.knowledge.steps if step.name == name)
    return {**answer, "note": step.note, "cites": list(step.cites)} if isinstance(step, Fact) and step.cites else answer


def _quantity(assessment: Assessment, name: str) -> dict[str, Any]:
    match quantity(assessment.answers[name].possible, assessment.knowledge, name):
        case Known(value):
            return {"value": value}
        case OneOf(labels):
            return {"value": None, "possible": list(labels)}
        case Between(low, high):
            return {"value": None, "low": low, "high": high}
        case Beyond(reason):
            return {"value": None, "low": None, "high": None, "reason": reason}


def _decision(table: Table, part: Part, settled: Settled) -> dict[str, Any]:
    source = provenance(table, part, settled)
    answer: dict[str, Any] = {
        "value": settled.value,
        "possible": list(settled.possible),
        "rule": "|".join(settled.rules) or None,
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
    if pack := pack_of(part, settled):
        answer["pack"] = pack
    if table.settings:
        answer["parameters"] = dict(table.settings)
    return answer


def _criteria(table: Table, part: Group, settled: Settled) -> dict[str, Any]:
    source = provenance(table, part, settled)
    return {
        "value": settled.value,
        "possible": list(settled.possible),
        "rule": "|".join(settled.rules) or None,
        "needs": list(settled.needs),
        "criteria": dict(settled.criteria),
        "failed": [c.text or c.id for c in part.criteria if settled.criteria.get(c.id) == "failed"],
        "cites": list(dict.fromkeys([*part.provenance.cites, *source.cites])),
        "status": part.provenance.status or source.status,
    }


def _options(table: Options, assessment: Assessment) -> list[dict[str, Any]]:
    found = []
    for part in table.options:
        settled = assessment.settled[table.name][part.id]
        if "yes" in settled.possible:
            option = {
                "id": part.id,
                "label": part.label,
                "text": part.text,
                **part.payload,
                "cites": list(part.provenance.cites),
                "status": part.provenance.status,
                **({"pack": part.provenance.pack} if part.provenance.pack else {}),
            }
            found.append({**option, "expects": list(part.expects), "depends_on": list(settled.needs)})
    return found


def _flag(part: Option) -> dict[str, Any]:
    return {
        "id": part.id,
        "severity": part.payload.get("severity", "information"),
        "text": part.text,
        "cites": list(part.provenance.cites),
        "expects": list(part.expects),
        "status": part.provenance.status,
        **({"pack": part.provenance.pack} if part.provenance.pack else {}),
    }
