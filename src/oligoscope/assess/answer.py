"""The published answer: what `assess --json` prints, what a program gets. Names stay; keys are only added under one
schema.
"""

import datetime
from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

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
from oligoscope.evidence import Store
from oligoscope.evidence.wording import number_text
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
from oligoscope.tables.reference import Answered, Settled

Scalar: TypeAlias = bool | int | float | str
NOT_OURS = "the pack of the rule, where it is not the base"
Word: TypeAlias = Annotated[str, Field(pattern="^(met|failed|unknown)$")]


def _none(value: object) -> bool:
    return value is None


def if_any(description: str) -> Plain:
    """A key that is left out where there is nothing to say."""
    return Field(None, description=description, exclude_if=_none)


class Published(BaseModel):
    """What every part of an answer shares. `model_dump()` is its JSON."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=True, extra="forbid", defer_build=True, serialize_by_alias=True, validate_by_name=True
    )


class Versioned(Published):
    """A JSON object that a command prints."""

    schema_: Annotated[Literal[1], Field(alias="schema", description="raised when a key is changed or removed")] = 1

    def model_dump(self, *, mode: str = "json", **options: Plain) -> dict[str, Plain]:
        """Its JSON as Python lists, mappings and plain values."""
        return super().model_dump(mode=mode, **options)


class _WithSource(Published):
    note: str | None = if_any("what a reader should know of the fact")
    cites: tuple[str, ...] | None = if_any("ids of studies")


class KnownFact(_WithSource):
    """One value is left. Days are written 2024-05-02."""

    value: Scalar


class OpenFact(_WithSource):
    """One of these labels."""

    value: None
    possible: tuple[bool | int | str, ...]


class BoundedFact(_WithSource):
    """A number or day between two ends, both included; null: no bound on that side.

    reason: why there is no number at all, though nothing is unknown.
    """

    value: None
    low: int | float | str | None
    high: int | float | str | None
    reason: str | None = if_any("why there is no finite number")


Fact: TypeAlias = KnownFact | OpenFact | BoundedFact


class Total(Published):
    """Lowest and highest total of a score that are still possible."""

    low: float
    high: float


Dose: TypeAlias = int | float | Mapping[str, int | float | None]
"""A number, or {low, high}; null for an end that the source does not give."""
ASSUMES = "fields that the chart leaves out and on whose assumed value this rests"


class Decision(Published):
    """One answer of several. value: null while more than one outcome is possible."""

    value: str | None
    possible: tuple[str, ...]
    rule: str | None = Field(description="ids of the rules that settled it, joined with |")
    needs: tuple[str, ...] = Field(description="chart fields that could still settle it, most decisive first")
    score: Total | None = if_any("of a score: its total")
    cites: tuple[str, ...]
    status: str = Field(description="how well the sources of its rules were seen")
    notes: tuple[str, ...]
    expects: tuple[str, ...] = Field(description="published results that say what follows: study/result")
    assumes: tuple[str, ...] = Field((), description=ASSUMES)
    pack: str | None = if_any(NOT_OURS)
    parameters: Mapping[str, int | float] | None = if_any("parameters that the table uses")
    label: str | None = Field(description="the value in words")


class Group(Published):
    """One group of criteria: a published definition, a step of the work-up."""

    value: str | None
    possible: tuple[str, ...]
    rule: str | None
    needs: tuple[str, ...]
    criteria: Mapping[str, Word]
    failed: tuple[str, ...]
    cites: tuple[str, ...]
    status: str
    label: str | None
    assumes: tuple[str, ...] = Field((), description=ASSUMES)
    pack: str | None = if_any(NOT_OURS)


class Option(Published):
    """Something that applies, with what it carries (keys of its own, declared by its table).

    applies: "yes", or "may" while it depends on what is unknown.  Of a published dose also total_dose_gy, fractions,
    bed10_gy and eqd2_10_gy (a number, or {low, high} with null for an end that the source does not give), and
    in_words.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow")

    id: str
    label: str
    text: str
    applies: Literal["yes", "may"]
    cites: tuple[str, ...]
    status: str
    expects: tuple[str, ...]
    depends_on: tuple[str, ...]
    assumes: tuple[str, ...] = Field((), description=ASSUMES)
    pack: str | None = if_any(NOT_OURS)


class NotToBeUsed(Published):
    """A dose that must not be used for a lesion. applies: "may" while that depends on what is unknown.

    Doses in Gy: a number, or {low, high}.
    """

    id: str
    label: str
    total_dose_gy: Dose
    fractions: Dose
    bed10_gy: Dose
    eqd2_10_gy: Dose
    in_words: str
    prescribed_to: str | None = if_any("the isodose or volume, where the source says it")
    reason: str
    applies: Literal["yes", "may"]
    depends_on: tuple[str, ...]
    cites: tuple[str, ...]
    status: str
    assumes: tuple[str, ...] = Field((), description=ASSUMES)
    pack: str | None = if_any(NOT_OURS)


class Remark(Published):
    """What must be known of a lesion beside its doses. applies: "may" while that depends on what is unknown."""

    id: str
    label: str
    text: str
    applies: Literal["yes", "may"]
    depends_on: tuple[str, ...]
    cites: tuple[str, ...]
    status: str
    expects: tuple[str, ...]
    assumes: tuple[str, ...] = Field((), description=ASSUMES)
    pack: str | None = if_any(NOT_OURS)


class Flag(Published):
    """What a reader must be told beside the decisions.

    applies: "may" where it rests on chart fields that are not recorded; its text then begins with the condition.
    """

    id: str
    severity: str
    text: str
    applies: Literal["yes", "may"] = "yes"
    depends_on: tuple[str, ...] = Field((), description="the chart fields that would tell, where it only may apply")
    cites: tuple[str, ...]
    expects: tuple[str, ...]
    status: str
    assumes: tuple[str, ...] = Field((), description=ASSUMES)
    pack: str | None = if_any(NOT_OURS)


class NotRecorded(Published):
    """A flag that may hold if what was assumed of the chart is not so: an assumption silences no warning."""

    id: str
    severity: str
    text: str
    assumes: tuple[str, ...]


class Need(Published):
    """A chart field to fill in, and the decisions and criteria that it would help to settle."""

    input: str
    settles: tuple[str, ...]


class Imported(Published):
    """What was read of a FHIR document."""

    resources: int = Field(description="in all")
    used: tuple[str, ...] = Field(description="resources that say something of the case")
    notes: tuple[str, ...] = Field(description="what was not taken, and why; contradictions among resources")
    unmapped: Mapping[str, int] = Field(description="how often what stands there that has no meaning here")


class Check(Published):
    """Entries that are improbable: accepted, and said. fields: `interval_months`, `lesions.L1.size_cm`."""

    fields: tuple[str, ...]
    values: tuple[str, ...] = Field(description="what the chart says in these fields, as written")
    text: str


class ReadAs(Published):
    """An entry in words that are not the vocabulary's, and what it was read as. field: `primary.status`,
    `lesions.L1.size_cm`.
    """

    field: str
    written: str
    value: str = Field(description="as the vocabulary has it; unknown, where the words say so")
    unit: str | None = if_any("of a number")
    note: str | None = if_any("what a reader should know beside it")


class Number(Published):
    """A published result in words. reference: study/result.  status: how well it was seen."""

    reference: str
    study: str
    result: str
    text: str
    status: str


def number(store: Store, reference: str) -> Number:
    """The result that `study/result` names. Raises EvidenceError."""
    study, result = store.resolve(reference)
    text = number_text(result)
    return Number(reference=reference, study=study.study, result=result.id, text=text, status=result.status)


class Change(Published):
    """One answer before and after.

    part: of a table with several answers the group or option, else null.  part_label: the same in words.  lesion: its
    id, for an answer about a lesion.
    before, after: the value; null while more than one is possible, and where there is no such question. labels: both in
    words.  scores: the totals still possible, of a score.  numbers: published results that say what follows, before
    and after.
    """

    table: str
    part: str | None
    part_label: str | None = None
    lesion: str | None
    before: str | None
    after: str | None
    labels: tuple[str, str]
    possible: tuple[tuple[str, ...], tuple[str, ...]]
    rules: tuple[tuple[str, ...], tuple[str, ...]]
    needs: tuple[tuple[str, ...], tuple[str, ...]]
    scores: tuple[Total | None, Total | None] | None = if_any("of a score: the totals still possible")
    numbers: tuple[tuple[Number, ...], tuple[Number, ...]] | None = if_any("where results say what follows")

    @property
    def answers_otherwise(self) -> bool:
        """Whether what is possible changes, and not only the rule or what is needed."""
        return self.possible[0] != self.possible[1] or bool(self.scores and self.scores[0] != self.scores[1])

    def __str__(self) -> str:
        name = ": ".join(part for part in (self.table, self.part, self.lesion) if part)
        before, after = (
            value or (f"undetermined ({', '.join(possible)})" if possible else "not there")
            for value, possible in zip((self.before, self.after), self.possible, strict=True)
        )
        return f"{name}: {before} → {after}"


class Comparison(Published):
    """What another release of the knowledge answers otherwise: before, under that one; after, under the current one."""

    knowledge: str
    changes: tuple[Change, ...]


class Release(Published):
    """A pack that was read. changes: what it added, replaced and retired, as a layer."""

    id: str
    title: str
    version: str
    date: str
    changes: tuple[str, ...]


class Lesion(Published):
    """What is answered of one lesion, by its id in the chart (its place in the list where it has none)."""

    decisions: Mapping[str, Decision]
    criteria: Mapping[str, Mapping[str, Group]]
    not_to_be_used: tuple[NotToBeUsed, ...]
    remarks: tuple[Remark, ...]


class Findings(Published):
    """What the reported trial found whose population a patient fits."""

    study: str
    contrary: bool
    natural_frequencies: tuple[str, ...]
    numbers: tuple[str, ...]
    cautions: tuple[str, ...]


class Trial(Published):
    """One trial for one patient. offered: not excluded, and recruiting by its record."""

    nct: str | None
    value: Annotated[str, Field(pattern="^(MATCHES|POSSIBLE|NO)$")]
    offered: bool
    status: str
    status_date: str | None
    criteria: Mapping[str, Word]
    texts: Mapping[str, str] = Field(description="the criteria in words")
    failed: tuple[str, ...]
    questions: tuple[str, ...] = Field(description="what is open: of the chart, or of the trial")
    needs: tuple[str, ...]
    assumes: tuple[str, ...] = Field((), description=ASSUMES)
    evidence: Findings | None = if_any("what it found")


class Answer(Versioned):
    """Everything that is answered for one case."""

    knowledge: str = Field(description="the release of the knowledge")
    packs: tuple[Release, ...] = Field(description="the packs it is made of, the base first")
    case: str
    assessed: str = Field(description="the day the questions are asked at")
    as_of: str = Field(description="the day of the answer")
    parameters: Mapping[str, int | float]
    facts: Mapping[str, Fact]
    decisions: Mapping[str, Decision]
    criteria: Mapping[str, Mapping[str, Group]]
    options: Mapping[str, tuple[Option, ...] | Mapping[str, tuple[Option, ...]]]
    flags: tuple[Flag, ...]
    not_recorded: tuple[NotRecorded, ...] = Field(description="flags that only what is assumed leaves out")
    assumed: Mapping[str, str] = Field(description="what is taken for fields that the chart leaves out")
    lesions: Mapping[str, Lesion]
    summary: str = Field(description="the answer in one sentence, and which trials speak for and against")
    stop_flags: tuple[str, ...] = Field(description="ids of the flags that stop everything")
    not_used: tuple[str, ...] = Field(description="fields that the chart gives and no rule here reads")
    checks: tuple[Check, ...] = Field(description="entries that are improbable: accepted, and said")
    read_as: tuple[ReadAs, ...] = Field(
        description="entries in other words than the vocabulary's, and how they were read"
    )
    needs: tuple[Need, ...]
    trials: Mapping[str, Trial] = Field(description="what may be offered first, what is excluded last")
    imported: Imported | None = if_any("of a FHIR document, what was read and what was not")
    release: Comparison | None = if_any("beside another release, where one was asked for")


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
            step.name: _fact(step, assessment)
            for step in knowledge.steps
            if not step.list_name and (isinstance(step, derived.Fact) or step.table.internal)
        },
        "decisions": {
            table.name: _decision(table, assessment.settled[table.name].only)
            for kind in (model.Decision, model.Score)
            for table in tables
            if isinstance(table, kind)
        },
        "criteria": {
            table.name: {
                group.id: _group(table, group, assessment.settled[table.name][group.id]) for group in table.groups
            }
            for table in tables
            if isinstance(table, model.Criteria)
        },
        "options": {**_options_of(assessment), **_pause_options(assessment)},
        "flags": [
            *(_flag(part, flags[part.id], part.text) for part in flags_of(assessment)),
            *(_flag(f.option, flags[f.option.id], f.text, f.depends_on) for f in open_flags_of(assessment)),
        ],
        "not_recorded": [
            NotRecorded(id=part.id, severity=severity(part), text=part.text, assumes=settled.assumes)
            for part, settled in flags_beyond(assessment)
        ],
        "assumed": {name: each.value.given for name, each in assessment.assumptions.items()},
        "not_used": not_used(assessment),
        "lesions": _lesions(assessment),
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
        "needs": [Need(input=need.field, settles=need.settles) for need in needs_of(assessment)],
        "trials": trials,
    }


def _lesions(assessment: Assessment) -> dict[str, Lesion]:
    """What is answered of each lesion, by its name."""
    tables = assessment.knowledge.about(LESION)
    return {
        name: Lesion(
            decisions={t.name: _decision(t, assessment.items[t.name][place].only) for t in tables if t.one_answer},
            criteria={
                t.name: {group.id: _group(t, group, assessment.items[t.name][place][group.id]) for group in t.groups}
                for t in tables
                if isinstance(t, model.Criteria)
            },
            **_beside_doses(assessment, place),
        )
        for place, name in enumerate(assessment.item_names(LESIONS))
        if tables
    }


def _beside_doses(assessment: Assessment, place: int) -> dict[str, Plain]:
    """The doses that must not be used for a lesion, and what must be known beside those that are published for it."""
    found: dict[str, Plain] = {NOT_TO_BE_USED: [], REMARKS: []}
    for table in assessment.knowledge.about(LESION):
        if isinstance(table, model.Options) and table.role in found:
            for part, own in _applying(table, assessment.items[table.name][place]):
                if table.role == REMARKS:
                    found[REMARKS].append(Remark.model_validate(own))
                    continue
                told = {key: value for key, value in own.items() if key not in ("text", "expects")}
                dose = {**_dose(part), "prescribed_to": part.payload.get("prescribed_to")}
                found[NOT_TO_BE_USED].append(NotToBeUsed.model_validate({**told, **dose, "reason": part.text}))
    return found


def _options_of(assessment: Assessment) -> dict[str, Plain]:
    """By table: a list of what applies to the patient; of a table about lesions, a list for each of them."""
    knowledge = assessment.knowledge
    found: dict[str, Plain] = {
        table.name: tuple(_options(table, assessment.settled[table.name]))
        for table in knowledge.tables
        if isinstance(table, model.Options) and table.role != "flags"
    }
    for table in knowledge.about(LESION):
        if isinstance(table, model.Options) and table.role not in (NOT_TO_BE_USED, REMARKS):
            # Lesions that say the same share one answer: 10,000 of them have some hundreds.
            known: dict[int, tuple[Option, ...]] = {}
            for answered in assessment.items[table.name]:
                known.setdefault(id(answered), tuple(_options(table, answered)))
            named = zip(assessment.item_names(LESIONS), assessment.items[table.name], strict=True)
            found[table.name] = {name: known[id(answered)] for name, answered in named}
    return found


def _pause_options(assessment: Assessment) -> dict[str, Plain]:
    """Each drug against each planned day."""
    pauses = assessment.knowledge.pauses
    told = pauses_of_case(assessment.case, pauses)
    return {pauses.name: tuple(Option.model_validate(option_of(each, pauses)) for each in told)} if pauses else {}


def _fact(step: derived.Fact | CompiledTable, assessment: Assessment) -> Fact:
    sources: dict[str, Plain] = {}
    if isinstance(step, derived.Fact) and step.cites:
        sources = {"note": step.note, "cites": step.cites}
    match quantity(assessment.answers[step.name].possible, assessment.knowledge, step.name):
        case Known(value):
            return KnownFact(value=value, **sources)
        case OneOf(labels):
            return OpenFact(value=None, possible=labels, **sources)
        case Between(low, high):
            return BoundedFact(value=None, low=low, high=high, **sources)
        case Beyond(reason):
            return BoundedFact(value=None, low=None, high=None, reason=reason, **sources)


def _decision(table: model.Table, settled: Settled) -> Decision:
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


def total(settled: Settled) -> Total | None:
    """The total of a score, where it applies."""
    return Total(low=settled.score[0], high=settled.score[1]) if settled.score else None


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


def _options(table: model.Options, answered: Answered) -> Iterator[Option]:
    for part, own in _applying(table, answered):
        # What an option carries never speaks for the option itself.
        yield Option.model_validate({**part.payload, **_dose(part), **own})


def _applying(table: model.Options, answered: Answered) -> Iterator[tuple[model.Option, dict[str, Plain]]]:
    """The options that apply or may apply, with what is said of each."""
    for part in table.options:
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
