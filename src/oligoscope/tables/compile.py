"""From a table as it is written to a table that can be evaluated: its rules as grids, its parts with what they need.

Compiling proves a table: gaps, overlaps and rules that can never fire are errors here.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from oligoscope.tables.conditions import Cell, Condition
from oligoscope.tables.domain import Choices, Domain, Possible
from oligoscope.tables.errors import TableError
from oligoscope.tables.grid import Grid, Masks, build_grid
from oligoscope.tables.model import UNVERIFIED, Group, Part, Rule, Score, Table, When
from oligoscope.tables.score import Totals
from oligoscope.tables.search import Explored, Question, Said, Told, explore_grid

NO, YES = 0, 1
Asks = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class CompiledPart:
    """A part with its rules in evaluated form; but for a factor of a score it is a question, see `search.Question`.

    rules: those that may drive an answer, in the order of the grid's rules.  fields: the chart fields behind its
    inputs, in the order that breaks ties among needs.  criteria: of each criterion a grid with the outcomes (no, yes).
    """

    part: Part
    rules: tuple[Rule, ...]
    grid: Grid
    fields: tuple[str, ...]
    criteria: Mapping[str, Grid]

    @property
    def id(self) -> str:
        return self.part.id

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """The inputs that its answer, and then those that the words of its criteria, depend on."""
        return tuple(dict.fromkeys(name for grid in (self.grid, *self.criteria.values()) for name in grid.inputs))

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.grid.inputs

    @property
    def cells(self) -> tuple[tuple[Cell, ...], ...]:
        return self.grid.cells

    @property
    def codes(self) -> tuple[str, ...]:
        return self.part.outcomes

    def mask(self, position: int, possible: Possible) -> int:
        """An input's answers that are still possible."""
        return self.grid.mask(position, possible)

    def left(self, masks: Masks) -> tuple[int, ...]:
        """The outcomes still possible alone."""
        return self.explore(masks).said.outcomes

    def explore(self, masks: Masks) -> Explored:
        """What a record leaves."""
        return explore_grid(self.grid, masks)

    def told(self, said: Said) -> Told:
        """The same in words; while a group of criteria may still be met, the rule that says so speaks."""
        possible = tuple([self.codes[o] for o in said.outcomes])
        reachable = tuple([self.rules[r].id for r in said.rules])
        if len(possible) == 1:
            return Told(possible[0], possible, reachable, reachable)
        part = self.part
        if isinstance(part, Group) and part.open and {part.met, part.open.then} & set(possible):
            return Told(part.open.then, possible, (part.open.id,), reachable)
        return Told(None, possible, (), reachable)


@dataclass(frozen=True, eq=False)
class CompiledTable:
    """A table that executors can evaluate.

    fields: the chart fields behind its inputs.  applies (of a score): for each input that decides it, the answers, by
    its factor's cells, under which the score applies.  list_name: the list whose items it is about, empty for a table
    about the patient; fields_of_item: the inputs that the chart says of an item.
    """

    table: Table
    parts: tuple[CompiledPart, ...]
    fields: tuple[str, ...]
    inputs: tuple[str, ...]
    applies: Mapping[str, int]
    list_name: str = ""
    fields_of_item: tuple[str, ...] = ()

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """What it answers on its own: its parts, of a score the whole."""
        if isinstance(self.table, Score):
            return (Totals(self.table, [part.grid for part in self.parts], self.applies, self.fields),)
        return self.parts

    @property
    def name(self) -> str:
        return self.table.name

    @property
    def reads(self) -> tuple[str, ...]:
        """The patient's fields, and the facts and tables, whose answer it needs."""
        return tuple(name for name in self.inputs if name not in self.fields_of_item)

    @cached_property
    def asked_of(self) -> tuple[str, ...]:
        """All that its answers depend on, what only the words of criteria read among it."""
        return tuple(dict.fromkeys(name for question in self.questions for name in question.reads))

    @cached_property
    def by_id(self) -> Mapping[str, CompiledPart]:
        return {part.id: part for part in self.parts}

    def only(self, ids: Iterable[str]) -> "CompiledTable":
        """The table with these parts alone, reading what they read."""
        parts = tuple(part for part in self.parts if part.id in set(ids))
        inputs = tuple(dict.fromkeys(name for part in parts for name in part.grid.inputs))
        return replace(self, parts=parts, inputs=inputs)


def compile_table(
    table: Table, domains: Mapping[str, Domain], asks: Asks, list_name: str = "", of_item: Container[str] = ()
) -> CompiledTable:
    """The table, proved. domains, asks: of its inputs. list_name, of_item: of a table about an item, the list and the
    fields that the chart says of an item. Raises TableError.
    """
    axes = {name: domains[name] for name in table.inputs}
    cuts = table.applies if isinstance(table, Score) else {}
    parts = tuple(_compile_part(table, part, axes, asks, cuts) for part in table.parts)
    fields = _fields(table.inputs, asks)
    if isinstance(table, Score):
        _check_bands(table)
    applies = {name: _cells_where(condition, name, parts, axes[name]) for name, condition in cuts.items()}
    own = tuple(name for name in table.inputs if name in of_item)
    return CompiledTable(table, parts, fields, table.inputs, applies, list_name, own)


def yes_no(when: When, domains: Mapping[str, Domain], *, inverted: bool = False) -> Grid:
    """A grid with the outcomes (no, yes): yes where the condition holds (inverted: where it does not)."""
    yes, no = (NO, YES) if inverted else (YES, NO)
    read = {n: domains[n] for n in domains if any(n in alternative for alternative in when)}
    return build_grid([(when, yes), (({},), no)], read, 2, ["condition", "otherwise"])


def _compile_part(
    table: Table, part: Part, axes: Mapping[str, Domain], asks: Asks, cuts: Mapping[str, Condition]
) -> CompiledPart:
    if isinstance(part, Group) and part.provenance.status == UNVERIFIED:
        raise TableError(f"group {part.id} is not verified, so it can answer nothing", fix="verify it, or leave it out")
    rules = part.driving
    how: dict[str, Any] = {"unique": table.hit in ("unique", "collect-sum"), "cuts": cuts}
    rows = [(rule.when, part.outcomes.index(rule.then)) for rule in rules]
    try:
        grid = build_grid(rows, axes, len(part.outcomes), [rule.id for rule in rules], **how)
    except TableError as error:
        left_out = [rule.id for rule in part.rules if rule not in rules]
        hint = f" (left out, since not verified: {', '.join(left_out)})" if left_out else ""
        found = TableError(f"{error.problem}{hint}", fix=error.fix, where=error.where)
        raise found if len(table.parts) == 1 else found.at(part.id) from None
    criteria = {c.id: yes_no(c.when, axes) for c in part.criteria} if isinstance(part, Group) else {}
    return CompiledPart(part, rules, grid, _fields(grid.inputs, asks), criteria)


def _fields(inputs: Iterable[str], asks: Asks) -> tuple[str, ...]:
    return tuple(dict.fromkeys(asked for name in inputs for asked in asks[name]))


# ---- scores --------------------------------------------------------------------------------------


def _check_bands(table: Score) -> None:
    """Every total falls into one band. Raises TableError."""
    totals = {0.0}
    for factor in table.factors:
        totals = {total + float(points) for total in totals for points in factor.outcomes}
    for total in sorted(totals):
        if sum(band.low <= total <= band.high for band in table.bands) != 1:
            raise TableError(f"a total of {total:g} falls into no band, or into two", fix="make the bands meet")
    if beyond := [b.id for b in table.bands if b.low not in totals or b.high not in totals]:
        raise TableError(
            f"bands {', '.join(beyond)} begin or end where no total is",
            fix=f"use totals from {min(totals):g} to {max(totals):g}",
        )


def _cells_where(condition: Condition, name: str, parts: Sequence[CompiledPart], domain: Domain) -> int:
    """The answers of an input, by its factor's cells, of which a condition holds."""
    if isinstance(domain, Choices):
        return domain.mask(label for label in domain.labels if condition.holds(label))
    grid = next(part.grid for part in parts if name in part.grid.inputs)
    cells = grid.cells[grid.inputs.index(name)]
    return sum(1 << k for k, cell in enumerate(cells) if condition.holds(cell.inside))
