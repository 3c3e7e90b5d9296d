"""The published answer filled in: what was worked out of a case, under the keys that `answer` publishes."""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from oligoscope.assess.answer import (
    BoundedFact,
    Check,
    Decision,
    Fact,
    Flag,
    Group,
    KnownFact,
    Lesion,
    Need,
    NotRecorded,
    NotToBeUsed,
    OpenFact,
    Option,
    ReadAs,
    Release,
    Remark,
    Trial,
    total,
)
from oligoscope.assess.flags import flags_beyond, flags_of, flags_settled, open_flags_of, severity
from oligoscope.assess.needs import needs_of
from oligoscope.assess.not_used import not_used
from oligoscope.assess.patient import LESION, LESIONS, Assessment
from oligoscope.assess.pauses import pauses_of_case
from oligoscope.assess.provenance import expects_of, notes_of, pack_of, provenance
from oligoscope.assess.quantities import Between, Beyond, Known, OneOf, quantity
from oligoscope.assess.told_pauses import option_of
from oligoscope.chart.consistency import checks_of
from oligoscope.chart.read_as import read_as
from oligoscope.files.documents import Plain
from oligoscope.knowledge.schedules import (
    NOT_TO_BE_USED,
    REMARKS,
    bed10_and_eqd2,
    dose_in_words,
    number_or_range,
    schedule_of,
)
from oligoscope.tables import facts as derived
from oligoscope.tables import model
from oligoscope.tables.compile import CompiledTable
from oligoscope.tables.domain import Possible
from oligoscope.tables.reference import Answered, Settled

SAME_ANSWERS = 1_000
"""What is kept of each kind of answer as it is published, the latest used: some 10 MB."""
SAME_FACTS = 10_000
"""The same of facts: some hundred of a case, of 500 bytes."""


def answer_keys(assessment: Assessment, as_of: datetime.date, trials: Mapping[str, Trial]) -> dict[str, Plain]:
    """The keys of an `Answer`. as_of: today."""
    knowledge = assessment.knowledge
    tables, flags = knowledge.tables, flags_settled(assessment)
    return {
        "knowledge": knowledge.version,
        "packs": [
            Release(id=r.id, title=r.title, version=r.version, date=r.date, changes=r.changes)
            for r in knowledge.releases
        ],
        "case": assessment.case.case.given,
        "assessed": assessment.case.assessed.given,
        "as_of": as_of.isoformat(),
        "parameters": dict(knowledge.parameters),
        "facts": {
            step.name: _fact(step, assessment.answers[step.name].possible)
            for step in knowledge.steps
            if not step.list_name and (isinstance(step, derived.Fact) or step.table.internal)
        },
        "decisions": {
            table.name: _decision(knowledge.compiled(table.name), assessment.settled[table.name])
            for kind in (model.Decision, model.Score)
            for table in tables
            if isinstance(table, kind)
        },
        "criteria": {
            table.name: _groups(knowledge.compiled(table.name), assessment.settled[table.name])
            for table in tables
            if isinstance(table, model.Criteria)
        },
        "options": {**_options_of(assessment), **_pause_options(assessment)},
        "flags": [
            *(_flag(part, flags[part.id], part.text) for part in flags_of(assessment)),
            *(_flag(f.option, flags[f.option.id], f.text, f.depends_on) for f in open_flags_of(assessment)),
        ],
        "lesions": _lesions(assessment),
        "needs": [Need(input=need.field, settles=need.settles) for need in needs_of(assessment)],
        "trials": trials,
        **_of_chart(assessment, as_of),
    }


def _of_chart(assessment: Assessment, as_of: datetime.date) -> dict[str, Plain]:
    """What is told of the chart itself: how it was read, what it leaves out, what is improbable in it."""
    return {
        "not_recorded": [
            NotRecorded(id=part.id, severity=severity(part), text=part.text, assumes=settled.assumes)
            for part, settled in flags_beyond(assessment)
        ],
        "assumed": {name: each.value.given for name, each in assessment.assumptions.told.items()},
        "not_used": not_used(assessment),
        "checks": [
            Check(fields=check.fields, values=check.values, text=check.text)
            for check in checks_of(assessment.case, as_of)
        ],
        "read_as": [
            ReadAs(
                field=each.field,
                written=each.written,
                value=each.value,
                unit=each.unit or None,
                note=each.note or None,
            )
            for each in read_as(assessment.case)
        ],
    }


def _lesions(assessment: Assessment) -> dict[str, Lesion]:
    """What is answered of each lesion, by its name."""
    knowledge, items = assessment.knowledge, assessment.items
    tables = [knowledge.compiled(table.name) for table in knowledge.about(LESION)]
    one_answer = [table for table in tables if table.table.one_answer]
    criteria = [table for table in tables if isinstance(table.table, model.Criteria)]
    not_used, remarks = (_with_role(tables, role) for role in (NOT_TO_BE_USED, REMARKS))
    return {
        name: Lesion(
            decisions={table.name: _decision(table, items[table.name][place]) for table in one_answer},
            criteria={table.name: _groups(table, items[table.name][place]) for table in criteria},
            not_to_be_used=tuple(x for table in not_used for x in _not_to_be_used(table, items[table.name][place])),
            remarks=tuple(x for table in remarks for x in _remarks(table, items[table.name][place])),
        )
        for place, name in enumerate(assessment.item_names(LESIONS))
        if tables
    }


def _with_role(tables: Sequence[CompiledTable], role: str) -> list[CompiledTable]:
    return [table for table in tables if isinstance(table.table, model.Options) and table.table.role == role]


def _options_of(assessment: Assessment) -> dict[str, Plain]:
    """By table: a list of what applies to the patient; of a table about lesions, a list for each of them."""
    knowledge = assessment.knowledge
    found: dict[str, Plain] = {
        table.name: _options(knowledge.compiled(table.name), assessment.settled[table.name])
        for table in knowledge.tables
        if isinstance(table, model.Options) and table.role != "flags"
    }
    for table in knowledge.about(LESION):
        if isinstance(table, model.Options) and table.role not in (NOT_TO_BE_USED, REMARKS):
            named = zip(assessment.item_names(LESIONS), assessment.items[table.name], strict=True)
            found[table.name] = {name: _options(knowledge.compiled(table.name), each) for name, each in named}
    return found


def _pause_options(assessment: Assessment) -> dict[str, Plain]:
    """Each drug against each planned day."""
    pauses = assessment.knowledge.pauses
    told = pauses_of_case(assessment.case, pauses)
    return {pauses.name: tuple(Option.model_validate(option_of(each, pauses)) for each in told)} if pauses else {}


# Most tables answer the same of two keystrokes, and of two lesions: 10,000 of them have some hundreds of answers.


@lru_cache(SAME_FACTS)
def _fact(step: derived.Fact | CompiledTable, possible: Possible) -> Fact:
    sources: dict[str, Plain] = {}
    if isinstance(step, derived.Fact) and step.cites:
        sources = {"note": step.note, "cites": step.cites}
    match quantity(possible, step.domain if isinstance(step, derived.Fact) else step.table.domain):
        case Known(value):
            return KnownFact(value=value, **sources)
        case OneOf(labels):
            return OpenFact(value=None, possible=labels, **sources)
        case Between(low, high):
            return BoundedFact(value=None, low=low, high=high, **sources)
        case Beyond(reason):
            return BoundedFact(value=None, low=None, high=None, reason=reason, **sources)


@lru_cache(SAME_ANSWERS)
def _decision(compiled: CompiledTable, answered: Answered) -> Decision:
    table, settled = compiled.table, answered.only
    part = table.parts[0]
    source = provenance(table, part, settled)
    return Decision(
        value=settled.value,
        possible=settled.possible,
        rule="|".join(settled.rules) or None,
        needs=settled.needs,
        score=total(settled),
        cites=source.cites,
        status=source.status,
        notes=notes_of(table, part, settled),
        expects=expects_of(table, settled),
        pack=pack_of(part, settled) or None,
        parameters=dict(table.settings) if table.settings else None,
        label=table.outcome(settled.value).label if settled.value else None,
        assumes=settled.assumes,
    )


@lru_cache(SAME_ANSWERS)
def _groups(compiled: CompiledTable, answered: Answered) -> Mapping[str, Group]:
    table = compiled.table
    assert isinstance(table, model.Criteria)
    return {part.id: _group(table, part, answered[part.id]) for part in table.groups}


def _group(table: model.Criteria, part: model.Group, settled: Settled) -> Group:
    source = provenance(table, part, settled)
    return Group(
        value=settled.value,
        possible=settled.possible,
        rule="|".join(settled.rules) or None,
        needs=settled.needs,
        criteria=settled.criteria,
        failed=tuple(c.text or c.id for c in part.criteria if settled.criteria.get(c.id) == "failed"),
        cites=tuple(dict.fromkeys([*part.provenance.cites, *source.cites])),
        status=part.provenance.status or source.status,
        pack=pack_of(part, settled) or None,
        label=table.outcome(settled.value).label if settled.value else None,
        assumes=settled.assumes,
    )


@lru_cache(SAME_ANSWERS)
def _options(compiled: CompiledTable, answered: Answered) -> tuple[Option, ...]:
    # What an option carries never speaks for the option itself.
    told = _applying(compiled, answered)
    return tuple([Option.model_validate({**part.payload, **_dose(part), **own}) for part, own in told])


@lru_cache(SAME_ANSWERS)
def _remarks(compiled: CompiledTable, answered: Answered) -> tuple[Remark, ...]:
    """What must be known beside the doses that are published for a lesion."""
    return tuple([Remark.model_validate(own) for _, own in _applying(compiled, answered)])


@lru_cache(SAME_ANSWERS)
def _not_to_be_used(compiled: CompiledTable, answered: Answered) -> tuple[NotToBeUsed, ...]:
    """The doses that must not be used for a lesion."""
    found = []
    for part, own in _applying(compiled, answered):
        told = {key: value for key, value in own.items() if key not in ("text", "expects")}
        dose = {**_dose(part), "prescribed_to": part.payload.get("prescribed_to")}
        found.append(NotToBeUsed.model_validate({**told, **dose, "reason": part.text}))
    return tuple(found)


def _applying(compiled: CompiledTable, answered: Answered) -> Iterator[tuple[model.Option, dict[str, Plain]]]:
    """The options that apply or may apply, with what is said of each."""
    assert isinstance(compiled.table, model.Options)
    for part in compiled.table.options:
        settled = answered[part.id]
        if model.APPLIES in settled.possible:
            yield (
                part,
                {
                    "id": part.id,
                    "label": part.label,
                    "text": part.text,
                    "applies": "yes" if settled.possible == (model.APPLIES,) else "may",
                    "cites": part.provenance.cites,
                    "status": part.provenance.status,
                    "expects": part.expects,
                    "depends_on": settled.needs,
                    "assumes": settled.assumes,
                    "pack": part.provenance.pack or None,
                },
            )


def _dose(part: model.Option) -> dict[str, Plain]:
    """The dose that an option gives, in numbers and in words; nothing where it gives none."""
    schedule = schedule_of(part)
    if schedule is None:
        return {}
    bed10, eqd2_10 = bed10_and_eqd2(schedule)
    return {
        "total_dose_gy": number_or_range(schedule.total_dose_gy),
        "fractions": number_or_range(schedule.fractions),
        "bed10_gy": number_or_range(bed10),
        "eqd2_10_gy": number_or_range(eqd2_10),
        "in_words": dose_in_words(part),
    }


def _flag(part: model.Option, settled: Settled, text: str, depends_on: tuple[str, ...] = ()) -> Flag:
    return Flag(
        id=part.id,
        severity=severity(part),
        assumes=settled.assumes,
        text=text,
        applies="may" if depends_on else "yes",
        depends_on=depends_on,
        cites=part.provenance.cites,
        expects=part.expects,
        status=part.provenance.status,
        pack=part.provenance.pack or None,
    )
