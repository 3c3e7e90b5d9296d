"""What a table's or fact's YAML may hold, key by key. `read` turns it into typed tables."""

from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr, field_validator

from oligoscope.tables.model import LAST, PATIENT, Provenance

Yaml: TypeAlias = Any
"""What YAML may hold: the models here check it, key by key."""
RawWhen = dict[str, Yaml] | list[dict[str, Yaml]]


class Raw(BaseModel):
    """A mapping in which an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)


class RawProvenance(Raw):
    """Citations, status and note, as many entries carry them. pack: set when packs are laid over each other."""

    cites: list[str] = []
    status: str = ""
    note: str = ""
    pack: str = ""

    def provenance(self) -> Provenance:
        return Provenance(tuple(self.cites), self.status, self.note, self.pack)


class RawOutcome(Raw):
    """An outcome of a table."""

    label: str = ""
    expects: list[str] = []
    note: str = ""
    fits: bool = False
    applies: bool = True
    remark: bool = False


class RawRule(RawProvenance):
    """When these conditions hold, then this outcome."""

    id: str
    when: RawWhen = {}
    then: str | float = ""
    text: str = ""


class RawCriterion(Raw):
    """One condition of a group of criteria."""

    id: str
    when: RawWhen
    text: str = ""


class RawGroup(RawProvenance):
    """A group of criteria of which all are asked for."""

    label: str
    rule: str
    text: str = ""
    unless: list[RawRule] = []
    criteria: list[RawCriterion]


class RawConfirmation(RawProvenance):
    """Criteria without which what is met stays provisional."""

    id: str
    then: str
    criteria: list[RawCriterion]


class RawCriteria(Raw):
    """What the groups of a criteria table share."""

    met: str
    otherwise: RawRule
    unless: list[RawRule] = []
    confirmed_by: RawConfirmation | None = None
    open: RawRule | None = None


RESERVED = ("id", "label", "text", "cites", "status", "note", "expects", "when", "depends_on")
"""What an answer says of every option: no payload may use these names."""

PayloadCell = StrictBool | StrictInt | StrictFloat | StrictStr
Payload = dict[str, PayloadCell | list[PayloadCell]]


class RawMay(Raw):
    """How an option is told while only these fields are open: the condition, and the words for each field."""

    text: str
    open: dict[str, str] = Field(min_length=1)


class RawOption(RawProvenance):
    """One option, and when it applies."""

    id: str
    when: RawWhen
    label: str = ""
    text: str = ""
    expects: list[str] = []
    payload: Payload = {}
    may: RawMay | None = None


class RawFactor(RawProvenance):
    """One factor of a score; the outcome of its rules is points."""

    id: str
    label: str = ""
    rules: list[RawRule]


class RawBand(Raw):
    """The totals that give one outcome."""

    id: str
    low: float
    high: float
    then: str


class RawScore(Raw):
    """Bands of totals, and where the score applies."""

    applies: dict[str, Yaml] = {}
    not_applicable: RawRule | None = None
    bands: list[RawBand]


class RawTable(RawProvenance):
    """One file of knowledge/tables."""

    table: str
    title: str
    question: str
    about: str = PATIENT
    kind: Literal["decision", "score", "criteria", "options"]
    hit: Literal["unique", "first", "collect", "collect-sum"]
    internal: bool = False
    supplementary: bool = False
    role: Literal["", "flags", "timing", "regimens", "not_to_be_used", "remarks", "modalities"] = ""
    order: int = LAST
    shares: dict[str, list[str]] = {}
    inputs: list[str]
    outcomes: dict[str, RawOutcome] = {}
    rules: list[RawRule] = []
    shared: RawCriteria | None = None
    groups: dict[str, RawGroup] = {}
    options: list[RawOption] = []
    payload: list[str] = []
    factors: list[RawFactor] = []
    score: RawScore | None = None

    @field_validator("payload")
    @classmethod
    def _own_names(cls, keys: list[str]) -> list[str]:
        if taken := [key for key in keys if key in RESERVED]:
            raise ValueError(f"{', '.join(taken)} is said of every option already; give the payload another name")
        return keys


class RawFact(Raw):
    """One entry of facts.yaml. Exactly one operator key, whose value says what it works on."""

    definition: str
    about: str = PATIENT
    cites: list[str] = []
    note: str = ""
    unit: str = ""
    where: dict[str, Yaml] = {}
    complete_if: dict[str, Yaml] | None = None
    stated_by: str = ""
    item: str = ""
    joined_by: str = ""
    given: dict[str, Yaml] = {}
    as_: str | list[Yaml] = Field("", alias="as")
    map: dict[Yaml, Yaml] = {}
    operator: str
    of: list[str]
