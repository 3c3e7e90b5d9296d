"""The source review as data: what it states, what it cites, and where it is known to differ from its sources."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


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
    """A known difference. class A: clinical meaning; B: number or identifier; C: wording or definition; D: spelling.

    check: the check of the audit that shows it; none where it was found by reading and stands in this list alone.
    """

    id: str
    weight: Literal["A", "B", "C", "D"]
    statements: list[str] = []
    studies: list[str] = []
    check: str = ""
    text: str
    sources: list[str] = []


Kind = Literal["result", "limit", "rule", "criterion", "definition", "method"]
"""method: what the review did and is done again: a search, or a criterion that abstracts are read for."""
Says = Literal["confirms", "contradicts", "narrows", "carries out", "leaves open"]


class Link(_Record):
    """What answers one phrase of a statement, and what a reader of both found.

    to: its kind, and the name by which that kind is called.  reviewed: what the target does to the phrase, and how.
    more_than: the result that the statement says this one exceeds.
    """

    statement: str
    phrase: str = Field(min_length=1)
    to: Annotated[Mapping[Kind, str], Field(min_length=1, max_length=1)]
    reviewed: Annotated[Mapping[Says, str], Field(min_length=1, max_length=1)]
    more_than: str = ""

    @property
    def kind(self) -> Kind:
        """What sort of thing the target is."""
        return next(iter(self.to))

    @property
    def target(self) -> str:
        """The target's name."""
        return self.to[self.kind]

    @property
    def says(self) -> Says:
        """What the target does to the phrase."""
        return next(iter(self.reviewed))

    @property
    def how(self) -> str:
        """The same in words."""
        return self.reviewed[self.says]

    @property
    def answers(self) -> bool:
        """Whether the phrase is answered, whichever way."""
        return self.says != "leaves open"


class Unanswered(_Record):
    """A statement that nothing answers, and why."""

    statement: str
    because: Literal[
        "method", "general", "hypothesis", "not in the store", "could not be read", "review only",
        "rests on the review",
    ]  # fmt: skip
    reason: str = Field(min_length=1)
