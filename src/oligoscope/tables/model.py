"""A decision table as typed data. Executors and exports read this, never YAML; nothing here knows a data frame."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from oligoscope.tables.conditions import Condition
from oligoscope.tables.grid import Grid

LAST = 1_000
"""The order of a table that states none."""

When = tuple[Mapping[str, Condition], ...]
"""Alternatives, each a conjunction of conditions by input; an input left out may be anything."""


@dataclass(frozen=True)
class Provenance:
    """Where a table, part or rule comes from: evidence ids, how well the source was seen, what a reader should know,
    and the pack that it came with, where that is not the base.
    """

    cites: tuple[str, ...] = ()
    status: str = ""
    note: str = ""
    pack: str = ""


@dataclass(frozen=True)
class Outcome:
    """An answer of a table.

    expects: evidence results that say what follows from it.  Of a criteria table also: fits: a patient with this answer
    belongs to the group, certainly or perhaps.  applies: the group is asked for at all.  remark: the group's text is
    worth reading with this answer.
    """

    code: str
    label: str = ""
    expects: tuple[str, ...] = ()
    note: str = ""
    fits: bool = False
    applies: bool = True
    remark: bool = False


@dataclass(frozen=True)
class Rule:
    """When these conditions hold, then this outcome."""

    id: str
    when: When
    then: str
    provenance: Provenance = Provenance()
    text: str = ""


@dataclass(frozen=True)
class Criterion:
    """One of the conditions that a criteria group asks for all of.

    confirming: shared by all groups; without it what is met stays provisional.
    """

    id: str
    when: When
    text: str = ""
    grid: Grid | None = None
    confirming: bool = False


@dataclass(frozen=True)
class Part:
    """What is settled on its own inside a table: the decision, one group of criteria, one option, one factor of a
    score.

    `grid` is the rules in evaluated form; `fields` the chart fields behind its inputs, in the order that breaks ties
    among needs. `met` and `open` (criteria): the outcome that all criteria lead to, and the rule whose outcome is the
    word for "may still be met".  `payload` (options): what the option carries.
    """

    id: str
    rules: tuple[Rule, ...]
    outcomes: tuple[str, ...]
    grid: Grid
    fields: tuple[str, ...]
    label: str = ""
    text: str = ""
    provenance: Provenance = Provenance()
    criteria: tuple[Criterion, ...] = ()
    met: str = ""
    open: Rule | None = None
    expects: tuple[str, ...] = ()
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Band:
    """The totals from low to high, both included, that give one outcome of a score."""

    id: str
    low: float
    high: float
    then: str


@dataclass(frozen=True)
class Score:
    """A score: the totals' bands, and the outcome and rule where it does not apply.

    applies: for each input that decides it, the answers (by its factor's cells) under which the score applies.
    """

    bands: tuple[Band, ...]
    applies: Mapping[str, int]
    not_applicable: str
    not_applicable_rule: str


@dataclass(frozen=True)
class Table:
    """One decision table.

    kind: decision, score, criteria or options.  internal: a step towards others, reported among the facts.
    supplementary: a question that a chart need not ask; what it lacks is wanted only where the chart has begun to
    answer it.  role: what the table is for, where a report treats it apart ("flags": what a reader must be told beside
    the decisions).  order: its place among the tables of its kind in a report, smallest first.
    """

    name: str
    title: str
    question: str
    kind: str
    hit: str
    about: str
    inputs: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    parts: tuple[Part, ...]
    fields: tuple[str, ...]
    provenance: Provenance = Provenance()
    score: Score | None = None
    internal: bool = False
    supplementary: bool = False
    settings: Mapping[str, float] = field(default_factory=dict)
    role: str = ""
    order: int = LAST

    @property
    def reads(self) -> tuple[str, ...]:
        """The fields, facts and tables whose answer it needs."""
        return self.inputs

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(outcome.code for outcome in self.outcomes)

    def outcome(self, code: str) -> Outcome:
        return next(outcome for outcome in self.outcomes if outcome.code == code)

    def rule(self, rule_id: str) -> Rule | None:
        """The rule of that id, in whichever part."""
        for part in self.parts:
            rules: tuple[Rule, ...] = (*part.rules, part.open) if part.open else part.rules
            for rule in rules:
                if rule.id == rule_id:
                    return rule
        return None
