"""Pauses of drugs around radiotherapy as data: `pauses.yaml` says of each drug how long, by kind of radiotherapy."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from oligoscope.files.documents import Document, Plain

Verdict = Literal["too_short", "long_enough", "cannot_be_told", "no_pause_asked", "no_reference"]
Kind = Literal["sabr", "intracranial", "other"]
KINDS: tuple[Kind, ...] = ("sabr", "intracranial", "other")
HOURS, DAYS = "hours", "days"


@dataclass(frozen=True)
class Pause:
    """How long without a drug, in its source's unit. amount 0: no pause is asked."""

    amount: float
    unit: str

    def __str__(self) -> str:
        return f"{self.amount:g} {self.unit if self.amount != 1 else self.unit[:-1]}"


@dataclass(frozen=True)
class Drug:
    """What its source says of one drug. of: by kind of radiotherapy, the pause.

    not_for: the sites for which the source leaves its column of palliative radiotherapy open.  source: a study; label:
    what it is called beside a number.  status: how well it was read.  note: what to know of its pauses.
    """

    of: Mapping[str, Pause]
    not_for: tuple[str, ...]
    source: str
    label: str
    status: str
    note: str


@dataclass(frozen=True)
class Pauses:
    """Every drug by its name. name: under which an answer lists them.  rules: by verdict the rule behind it."""

    name: str
    drugs: Mapping[str, Drug]
    rules: Mapping[str, str]

    @property
    def sources(self) -> Mapping[str, Drug]:
        """One drug of each source, by the source: what is said of all of its drugs alike."""
        return {drug.source: drug for drug in self.drugs.values()}

    @property
    def longest_days(self) -> float:
        """The longest pause of any drug, in days."""
        return max((p.amount for drug in self.drugs.values() for p in drug.of.values() if p.unit == DAYS), default=0.0)


def _pause(text: object) -> object:
    """`5 days`, `48 hours` or `none`. Raises ValueError."""
    if text == "none" or (isinstance(text, str) and re.fullmatch(r"[1-9]\d{0,2} (days|hours)", text)):
        return text
    raise ValueError("write a pause as `5 days` or `48 hours`, and `none` where no pause is asked")


_Text = Annotated[str, Field(min_length=1)]
_PauseText = Annotated[str, BeforeValidator(_pause)]


class _RawDrug(BaseModel):
    model_config = ConfigDict(extra="forbid", defer_build=True)

    sabr: _PauseText
    intracranial: _PauseText
    other: _PauseText
    not_for: list[Literal["thorax", "abdomen_or_pelvis", "brain"]] = []


class RawPauses(BaseModel):
    """pauses.yaml. rules: by verdict the id of the rule that it stands for."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    name: _Text
    source: _Text
    label: _Text
    status: _Text
    note: str = ""
    rules: dict[Verdict, _Text]
    drugs: dict[_Text, _RawDrug]


def pauses_of(raw: Mapping[str, Plain]) -> Pauses | None:
    """The pauses that packs say together; None where none says any."""
    if not raw:
        return None
    drugs = {
        name: Drug(
            {kind: _read(entry[kind]) for kind in KINDS},
            tuple(entry.get("not_for", ())),
            *(entry[key] for key in _SAID),
        )
        for name, entry in raw["drugs"].items()
    }
    return Pauses(raw["name"], drugs, dict(raw["rules"]))


def _read(text: str) -> Pause:
    if text == "none":
        return Pause(0, DAYS)
    amount, unit = text.split()
    return Pause(float(amount), unit)


_SAID = ("source", "label", "status", "note")
"""What a file says of all its drugs: it stays with each of them when another pack is laid over."""


def laid_over(below: Mapping[str, Plain], document: Document | None) -> dict[str, Plain]:
    """One pack's pauses over those below: a drug of a known name is replaced, with its source."""
    if document is None:
        return dict(below)
    content = document.content
    said = {key: content.get(key, "") for key in _SAID}
    drugs = {name: {**entry, **said} for name, entry in content["drugs"].items()}
    kept = {"name": content["name"], "rules": content["rules"]}
    return {**kept, **below, "drugs": {**below.get("drugs", {}), **drugs}}


def pause_problems(document: Document | None, studies: tuple[str, ...]) -> Iterator[tuple[Document, str, str]]:
    """What the shape alone does not show: (document, problem, fix)."""
    if document and document.content["source"] not in studies:
        fix = "correct the name, or add the study to studies/"
        yield document, f"there is no evidence {document.content['source']}", fix
