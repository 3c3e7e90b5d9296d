"""The published answer: what `assess --json` prints, what a program gets. Names stay; keys are only added under one
schema.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from oligoscope.evidence import Store
from oligoscope.evidence.wording import number_text
from oligoscope.files.documents import Plain
from oligoscope.tables.reference import Settled

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


def total(settled: Settled) -> Total | None:
    """The total of a score, where it applies."""
    return Total(low=settled.score[0], high=settled.score[1]) if settled.score else None


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
