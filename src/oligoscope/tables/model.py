"""A decision table as typed data: what a file of tables says, and nothing derived from it.

Four kinds of table, each with its own parts. What is settled on its own inside a table is a part: the whole of a
decision, one group of criteria, one option, one factor of a score. Exports read this, never YAML; `compile` makes of it
what executors need.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar, NamedTuple, TypeAlias

from oligoscope.tables.conditions import Condition
from oligoscope.tables.domain import Choices

LAST = 1_000
"""The order of a table that states none."""

PATIENT = "patient"
"""What a table is about unless it is about the items of a list."""
UNVERIFIED = "unverified"
"""The status of what no one has seen in its source: it is shown, but drives no answer."""

When = tuple[Mapping[str, Condition], ...]
"""Alternatives, each a conjunction of conditions by input; an input left out may be anything."""


class Provenance(NamedTuple):
    """Where a table, part or rule comes from: evidence ids, how well the source was seen, what a reader should know,
    and the pack that it came with, where that is not the base.
    """

    cites: tuple[str, ...] = ()
    status: str = ""
    note: str = ""
    pack: str = ""


NOWHERE = Provenance()
"""Nothing is said of where it comes from."""


class Outcome(NamedTuple):
    """An answer of a table.

    expects: evidence results that say what follows from it.  applies: whether the question is asked here at all.  Of a
    criteria table also: fits: a patient with this answer belongs to the group, certainly or perhaps.  remark: the
    group's text is worth reading with this answer.
    """

    code: str
    label: str = ""
    expects: tuple[str, ...] = ()
    note: str = ""
    fits: bool = False
    applies: bool = True
    remark: bool = False


class Rule(NamedTuple):
    """When these conditions hold, then this outcome."""

    id: str
    when: When
    then: str
    provenance: Provenance = NOWHERE
    text: str = ""


class Criterion(NamedTuple):
    """One of the conditions that a criteria group asks for all of.

    confirming: shared by all groups; without it what is met stays provisional.
    """

    id: str
    when: When
    text: str = ""
    confirming: bool = False


# ---- parts ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """What is settled on its own inside a table.

    id: unique in the table; of a decision the table's own name.  inputs: the names that its rules read, in the table's
    order.  outcomes: what its rules may lead to, in the order in which answers name them.
    """

    id: str
    inputs: tuple[str, ...]
    rules: tuple[Rule, ...]
    outcomes: tuple[str, ...]
    label: str = ""
    text: str = ""
    provenance: Provenance = NOWHERE

    @property
    def named_rules(self) -> tuple[Rule, ...]:
        """Every rule that an answer may name."""
        return self.rules

    @property
    def driving(self) -> tuple[Rule, ...]:
        """The rules that may drive an answer: what is not verified never does by itself."""
        return tuple(rule for rule in self.rules if (rule.provenance.status or self.provenance.status) != UNVERIFIED)


@dataclass(frozen=True)
class Group(Part):
    """A group of criteria of which all are asked for.

    met: the outcome that all criteria lead to.  open: the rule whose outcome is the word for "may still be met".
    """

    criteria: tuple[Criterion, ...] = ()
    met: str = ""
    open: Rule | None = None

    @property
    def named_rules(self) -> tuple[Rule, ...]:
        return (*self.rules, self.open) if self.open else self.rules


PayloadValue: TypeAlias = str | int | float | bool | Sequence[str | int | float | bool]
Payload: TypeAlias = Mapping[str, PayloadValue]

APPLIES, APPLIES_NOT = "yes", "no"


class May(NamedTuple):
    """How an option is told while nothing but these chart fields keeps it open.

    text: under which condition it applies.  open: the fields, with the words for each.
    """

    text: str
    open: Mapping[str, str]


@dataclass(frozen=True)
class Option(Part):
    """Something that applies or does not, on its own. One that is not verified is listed, but never applies.

    payload: what the option carries, by the keys that its table declares.  may: how it is told while it is open, where
    silence would mislead.
    """

    expects: tuple[str, ...] = ()
    payload: Payload = field(default_factory=dict)
    may: May | None = None

    @property
    def driving(self) -> tuple[Rule, ...]:
        unverified = self.provenance.status == UNVERIFIED
        return tuple(rule for rule in self.rules if rule.then == APPLIES_NOT or not unverified)


@dataclass(frozen=True)
class Factor(Part):
    """One factor of a score; its outcomes are points."""


class Band(NamedTuple):
    """The totals from low to high, both included, that give one outcome of a score."""

    id: str
    low: float
    high: float
    then: str


# ---- tables --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Table:
    """What every decision table says of itself; `Decision`, `Score`, `Criteria` or `Options`.

    about: `patient`, or what one item of a list is called; then it is answered once for each item.  internal: a step
    towards others, reported among the facts.  supplementary: a question that a chart need not ask; what it lacks is
    wanted only where the chart has begun to answer it.  role: what the table is for, where a report treats it apart
    ("flags": what must be told beside the decisions; "timing": when, beside which drugs; of an item "regimens",
    "not_to_be_used", "remarks", "modalities": how it may be treated, how not, what to know beside it).  shares: of a
    registry, outcomes that are told together, by what patients with one of them "have" (a phrase after the number of
    patients).  order: its place among the tables of its kind in a report, smallest first.  settings: the parameters
    that its conditions use.
    """

    name: str
    title: str
    question: str
    hit: str
    about: str
    inputs: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    provenance: Provenance
    internal: bool
    supplementary: bool
    role: str
    order: int
    shares: Mapping[str, tuple[str, ...]]
    settings: Mapping[str, float]

    kind: ClassVar[str]
    one_answer: ClassVar[bool] = False
    """Whether it has one answer, so that it can be the input of another table."""

    @property
    def parts(self) -> Sequence[Part]:
        """What is settled on its own."""
        raise NotImplementedError

    @cached_property
    def codes(self) -> tuple[str, ...]:
        return tuple(outcome.code for outcome in self.outcomes)

    @cached_property
    def domain(self) -> Choices:
        """What it can answer, as the input of another table."""
        return Choices(self.codes)

    def outcome(self, code: str) -> Outcome:
        return self._by_code[code]

    @cached_property
    def _by_code(self) -> Mapping[str, Outcome]:
        return {outcome.code: outcome for outcome in self.outcomes}

    def rule(self, rule_id: str) -> Rule | None:
        """The rule of that id, in whichever part."""
        return next((rule for part in self.parts for rule in part.named_rules if rule.id == rule_id), None)


@dataclass(frozen=True)
class Decision(Table):
    """One answer of several, by rules."""

    whole: Part
    kind = "decision"
    one_answer = True

    @property
    def parts(self) -> Sequence[Part]:
        return (self.whole,)


@dataclass(frozen=True)
class Score(Table):
    """One answer of several, by the sum of its factors' points.

    applies: the answers under which the score applies.  not_applicable: what is answered where it does not.
    """

    factors: tuple[Factor, ...]
    bands: tuple[Band, ...]
    applies: Mapping[str, Condition]
    not_applicable: Rule | None
    kind = "score"
    one_answer = True

    @property
    def parts(self) -> Sequence[Factor]:
        return self.factors

    @property
    def missing(self) -> str:
        """The outcome where the score does not apply; none has an empty one."""
        return self.not_applicable.then if self.not_applicable else ""


@dataclass(frozen=True)
class Criteria(Table):
    """Groups of criteria, each with an answer of its own."""

    groups: tuple[Group, ...]
    kind = "criteria"

    @property
    def parts(self) -> Sequence[Group]:
        return self.groups


@dataclass(frozen=True)
class Options(Table):
    """What applies, each option on its own. payload: the keys that options may carry."""

    options: tuple[Option, ...]
    payload: tuple[str, ...] = ()
    kind = "options"

    @property
    def parts(self) -> Sequence[Option]:
        return self.options
