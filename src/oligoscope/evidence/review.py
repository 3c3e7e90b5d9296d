"""The source review as data: what it states, what it cites, and where it is known to differ from its sources."""

from functools import cache
from importlib import resources
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

_YAML_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Statement(_Record):
    """One statement of the review.

    flag: how it stands against sources that were read; studies: the records that test it.
    """

    id: str
    section: str
    quote: str
    corrected: str | None = None
    kind: str
    topic: str
    refs: list[int] = []
    studies: list[str] = []
    flag: Literal[
        "agrees", "general", "differs", "outdated", "ambiguous", "review only", "not-checked", "method", "table"
    ]
    note: str = ""


class Reference(_Record):
    """One number of the review's reference list, as far as it was identified."""

    ref: int
    first_author: str = ""
    year: str = ""
    title: str = ""
    journal: str = ""
    pmid: str = ""
    doi: str = ""
    mapping: str = ""
    status: str


class Discrepancy(_Record):
    """A known difference. class A: clinical meaning; B: number or identifier; C: wording or definition; D: spelling."""

    id: str
    weight: Literal["A", "B", "C", "D"]
    statements: list[str] = []
    studies: list[str] = []
    text: str
    sources: list[str] = []


@cache
def statements() -> tuple[Statement, ...]:
    """The review's quantitative and normative statements, in reading order."""
    return tuple(TypeAdapter(list[Statement]).validate_python(_read("statements")))


@cache
def references() -> tuple[Reference, ...]:
    """The review's reference list."""
    return tuple(TypeAdapter(list[Reference]).validate_python(_read("references")))


@cache
def discrepancies() -> tuple[Discrepancy, ...]:
    """The differences found by reading, against which the audit is measured."""
    return tuple(TypeAdapter(list[Discrepancy]).validate_python(_read("discrepancies")))


def _read(name: str) -> Any:
    return yaml.load(
        resources.files("oligoscope.evidence").joinpath("review").joinpath(f"{name}.yaml").read_text("utf-8"),
        Loader=_YAML_LOADER,
    )
