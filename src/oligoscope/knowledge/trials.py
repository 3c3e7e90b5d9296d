"""Trials as data: what is known of each, and its eligibility as a `criteria` table of the decision-table language."""

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, InstanceOf, ValidationError

from oligoscope.files.documents import Plain
from oligoscope.tables.compile import CompiledTable
from oligoscope.tables.errors import TableError
from oligoscope.tables.model import UNVERIFIED

if TYPE_CHECKING:
    from oligoscope.tables.read import Reader

ELIGIBLE, NOT_ELIGIBLE = "ELIGIBLE", "NOT_ELIGIBLE"
ENROLLING = ("recruiting", "open")
OUTDATED_AFTER_DAYS = 180
"""TRL-6: a status older than this may be outdated."""

Text = str | int | datetime.date


class _Raw(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Version(_Raw):
    """One version of a protocol: from when, as far as known, and what it changed."""

    date: Text
    change: str


class OpenCriterion(_Raw):
    """A criterion that no chart field answers.

    status seed: according to the review only, so it is to be checked with the trial.
    """

    text: str
    status: Literal["seen", "seed", "unverified"]


class RawTrialCriterion(_Raw):
    """One criterion that a chart answers.

    status design: a rule of this product, such as that diffuse disease cannot be counted.  unverified: of a draft.
    """

    id: str
    when: Plain
    text: str
    status: Literal["seen", "design", "unverified"]


class Trial(_Raw):
    """One file of a pack's trials.

    criteria: read and verified, each decides alone.  criteria_of: `table/group`, where the same criteria stand already.
    ask: verified criteria that the chart has no field for, so they stay open.  check: not verified, never used to
    exclude (TRL-3). not_lung: why no patient with lung cancer can enter.  card_status unverified: a draft that nobody
    has confirmed; it is listed, and no patient is held against it.

    Trials are told apart by identity, as tables are, so that what was found of one can be kept.
    """

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    trial: str
    title: str
    nct: str = ""
    nct_status: str = "seen"
    card_status: Literal["seen", "unverified"] = "seen"
    phase: Text = ""
    enrolment: int | None = None
    status: str
    status_date: Text = ""
    status_note: str = ""
    arms: str = ""
    primary_endpoint: str = ""
    cites: list[str] = []
    counting_rule: str = ""
    protocol_versions: list[Version] = []
    criteria_of: str = ""
    criteria: list[RawTrialCriterion] = []
    ask: list[OpenCriterion] = []
    check: list[OpenCriterion] = []
    not_lung: str = ""
    table: InstanceOf[CompiledTable] | None = Field(None, exclude=True)

    @property
    def registry(self) -> str:
        """Its registry number, where it was read."""
        return (
            self.nct
            if self.nct and self.nct_status == "seen"
            else "registry number not verified"
            if self.nct
            else "registry number not seen"
        )

    @property
    def is_draft(self) -> bool:
        """Whether nobody has confirmed the card."""
        return self.card_status == UNVERIFIED

    @property
    def enrolling(self) -> bool:
        """Whether its record says that it recruits (TRL-2: others are shown as evidence, never offered)."""
        return self.status in ENROLLING

    def outdated(self, today: datetime.date) -> bool:
        """Whether its status was read too long ago, or on a day that is not known in full (TRL-6)."""
        try:
            return (today - datetime.date.fromisoformat(str(self.status_date))).days > OUTDATED_AFTER_DAYS
        except ValueError:
            return True


def read_trial(raw: Mapping[str, Plain], file: str, reader: "Reader") -> Trial:
    """A trial from parsed YAML, its criteria verified against what the reader knows. Raises TableError."""
    try:
        trial = Trial.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        raise TableError(
            f"{file} {place}: {first['msg']}",
            fix=f"allowed keys are {', '.join(name for name in Trial.model_fields if name != 'table')}",
        ) from None
    unread = [criterion.id for criterion in trial.criteria if criterion.status == UNVERIFIED]
    if unread and not trial.is_draft:
        raise TableError(
            f"{file} {unread[0]}: the card is confirmed, and this criterion is unverified",
            fix="read it in the record and write status: seen, or move its text to check",
        )
    if not trial.criteria:
        return trial
    table = reader.table(_as_table(trial))
    # Of a draft it is read to see whether it can be; without a table nothing can be evaluated.
    return trial if trial.is_draft else trial.model_copy(update={"table": table})


def _as_table(trial: Trial) -> dict[str, Plain]:
    """A trial's criteria in the full form of the language."""
    inputs = dict.fromkeys(
        name
        for c in trial.criteria
        for alternative in (c.when if isinstance(c.when, list) else [c.when])
        for name in alternative
    )
    return {
        "table": f"trial-{trial.trial}",
        "title": trial.title,
        "question": f"Does this patient meet the criteria of {trial.title}?",
        "kind": "criteria",
        "hit": "collect",
        "inputs": list(inputs),
        "outcomes": {
            ELIGIBLE: {"label": "meets every criterion that the chart answers", "fits": True},
            NOT_ELIGIBLE: {"label": "fails a criterion"},
        },
        "shared": {
            "met": ELIGIBLE,
            "otherwise": {"id": "TRL-1", "then": NOT_ELIGIBLE, "cites": trial.cites, "status": "design"},
        },
        "groups": {
            trial.trial: {
                "label": trial.title,
                "rule": "TRL-1",
                "cites": trial.cites,
                "status": "seen",
                "criteria": [{"id": c.id, "when": c.when, "text": c.text} for c in trial.criteria],
            }
        },
    }
