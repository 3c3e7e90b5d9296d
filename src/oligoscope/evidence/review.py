"""The source review as data: what it states, what it cites, and where it is known to differ from its sources."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


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
