"""The reference executor: one record at a time, in plain Python.

It defines what facts and tables mean; `columnar` must agree with it.
"""

from collections import ChainMap
from collections.abc import Collection, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from oligoscope.tables.compile import CompiledPart, CompiledTable
from oligoscope.tables.domain import Possible, Span, is_known
from oligoscope.tables.facts import JOINED, Fact
from oligoscope.tables.grid import REMEMBERED, Grid, Masks
from oligoscope.tables.model import Group, Part, Rule, Table
from oligoscope.tables.operators import Held, flag
from oligoscope.tables.score import Totals


class Answer(NamedTuple):
    """What is still possible of a quantity, and the chart fields whose answer could narrow it."""

    possible: Possible
    asks: tuple[str, ...] = ()


class Item(NamedTuple):
    """One entry of a list. answers: of its fields, and of what is derived of it.  names: its fields that are names."""

    answers: Mapping[str, Answer]
    names: Mapping[str, str] = {}


Items = Sequence[Item]


@dataclass
class Record:
    """A chart as tables see it.

    answers: by name.  lists: the items of each list, in the chart's order (None: the list itself is unknown).  item:
    the one in question, where a fact or table is about an item.
    """

    answers: MutableMapping[str, Answer]
    lists: dict[str, Items | None]
    item: Item | None = None

    def of(self, item: Item) -> "Record":
        """The chart as a fact or table about one item sees it: the item's own answers before the patient's."""
        return Record(ChainMap(dict(item.answers), self.answers), self.lists, item)


class Settled(NamedTuple):
    """What a part of a table answers.

    value: the one outcome left, or the word for "may still be met"; None where it is undetermined.  possible: the
    outcomes that some filling-in of what is unknown leads to.  rules: those that gave the value, none where it is
    undetermined.  needs: the chart fields whose answer could change the outcome, most decisive first.  reachable: the
    rules that may still fire.  score: lowest and highest total.  criteria: of each criterion met, failed or unknown.
    """

    value: str | None
    possible: tuple[str, ...]
    rules: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    reachable: tuple[str, ...] = ()
    score: Span | None = None
    criteria: Mapping[str, str] = {}


# ---- grids ---------------------------------------------------------------------------------------


def verdict(grid: Grid, record: Mapping[str, Possible]) -> str:
    """Of a (no, yes) grid: certain, impossible or open."""
    return _word(grid, tuple([grid.mask(i, record[name]) for i, name in enumerate(grid.inputs)]))


@lru_cache(REMEMBERED)
def _word(grid: Grid, masks: Masks) -> str:
    boxes = grid.possible_boxes(masks)
    no, yes = grid.boxes_of_outcome
    return "certain" if not boxes & no else "open" if boxes & yes else "impossible"


class _Found(NamedTuple):
    """What masks leave of a grid: the possible outcomes and rules, and of each input that can change the outcome the
    share of its answers that would settle it.
    """

    outcomes: tuple[int, ...]
    rules: tuple[int, ...]
    shares: Mapping[int, float]


@lru_cache(REMEMBERED)
def _explore(grid: Grid, masks: Masks) -> _Found:
    reaches = grid.reaches(masks)
    boxes = grid.common(reaches)
    outcomes = tuple(grid.outcomes_of(boxes))
    rules = tuple([r for r, own in enumerate(grid.boxes_of_rule) if boxes & own])
    if len(outcomes) == 1:
        return _Found(outcomes, rules, {})
    return _Found(
        outcomes,
        rules,
        {i: _share(grid, masks, reaches, i) for i in range(len(masks)) if any(grid.can_change(masks, i))},
    )


def _share(grid: Grid, masks: Masks, reaches: Sequence[int], position: int) -> float:
    """The share of an input's possible answers that would leave one outcome."""
    rest = grid.common(reaches, leave_out=position)
    answers = [k for k in range(len(grid.cells[position])) if masks[position] >> k & 1]
    settled = sum([grid.one_outcome(rest & grid.boxes_with[position][k]) for k in answers])
    return settled / len(answers)


# ---- parts and tables ----------------------------------------------------------------------------


class Answered(Mapping[str, Settled]):
    """What a table answers, by the id of its parts."""

    def __init__(self, parts: Mapping[str, Settled]) -> None:
        self._parts = parts

    def __getitem__(self, part: str) -> Settled:
        return self._parts[part]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    @property
    def only(self) -> Settled:
        """The one answer of a decision or a score."""
        (settled,) = self._parts.values()
        return settled


def evaluate(table: CompiledTable, answers: Mapping[str, Answer]) -> Answered:
    """What a table answers; a score has one answer, under its own name.

    answers: by input, facts and earlier tables included.
    """
    if table.totals:
        said = tuple([answers[name] for name in table.totals.inputs])
        return Answered({table.name: _settled_score(table, table.totals, said)})
    return Answered({part.id: _evaluate_part(part, answers) for part in table.parts})


def _evaluate_part(part: CompiledPart, answers: Mapping[str, Answer]) -> Settled:
    return _settled(part, tuple([answers[name] for name in part.reads]))


@lru_cache(REMEMBERED)
def _settled(part: CompiledPart, said: tuple[Answer, ...]) -> Settled:
    """What a part answers where this is said of what it reads. Kept: of two patients most parts are told the same."""
    answers = dict(zip(part.reads, said, strict=True))
    found = _explore(part.grid, _masks(part.grid, answers))
    possible = tuple([part.part.outcomes[o] for o in found.outcomes])
    rules = tuple([part.rules[r].id for r in found.rules])
    criteria = {name: _CRITERION_WORDS[_word(grid, _masks(grid, answers))] for name, grid in part.criteria.items()}
    if len(possible) == 1:
        return Settled(possible[0], possible, rules, (), rules, criteria=criteria)
    needs = order_needs(part.grid.inputs, part.fields, answers, found.shares)
    may = may_be_met(part.part, possible)
    if may:
        return Settled(may.then, possible, (may.id,), needs, rules, criteria=criteria)
    return Settled(None, possible, (), needs, rules, criteria=criteria)


def may_be_met(part: Part, possible: Collection[str]) -> Rule | None:
    """The rule that speaks while a group of criteria may still be met."""
    if isinstance(part, Group) and part.open and {part.met, part.open.then} & set(possible):
        return part.open
    return None


_CRITERION_WORDS = {"certain": "met", "impossible": "failed", "open": "unknown"}


def _masks(grid: Grid, answers: Mapping[str, Answer]) -> Masks:
    return tuple([grid.mask(i, answers[name].possible) for i, name in enumerate(grid.inputs)])


def order_needs(
    inputs: Sequence[str], fields: Sequence[str], answers: Mapping[str, Answer], shares: Mapping[int, float]
) -> tuple[str, ...]:
    """The chart fields behind the inputs that matter, most decisive first; ties in the order of `fields`."""
    best: dict[str, float] = {}
    for position, name in enumerate(inputs):
        for asked in answers[name].asks:
            if position in shares:
                best[asked] = max(best.get(asked, 0.0), shares[position])
    return tuple(sorted(best, key=lambda asked: (-best[asked], fields.index(asked))))


def possible_outcomes(table: CompiledTable, part: CompiledPart, answers: Mapping[str, Answer]) -> tuple[str, ...]:
    """The outcomes still possible of one part, and nothing of what they need: what a what-if asks many times.

    part: of a score any of its factors.
    """
    totals = table.totals
    if totals is None:
        found = _explore(part.grid, _masks(part.grid, answers)).outcomes
        return tuple([part.part.outcomes[o] for o in found])
    reached = totals.outcomes({name: totals.mask(name, answers[name].possible) for name in totals.inputs})
    return tuple([code for code in totals.codes if code in reached])


@lru_cache(REMEMBERED)
def _settled_score(table: CompiledTable, totals: Totals, said: tuple[Answer, ...]) -> Settled:
    answers = dict(zip(totals.inputs, said, strict=True))
    masks = {name: totals.mask(name, answers[name].possible) for name in totals.inputs}
    found = totals.outcomes(masks)
    possible = tuple([code for code in totals.codes if code in found])
    score = totals.range(masks)
    if len(possible) == 1:
        rules = (totals.rule_of(possible[0]),)
        return Settled(possible[0], possible, rules, (), rules, score=score)
    shares = {}
    for position, name in enumerate(totals.inputs):
        if totals.can_change(masks, name):
            options = [k for k in range(masks[name].bit_length()) if masks[name] >> k & 1]
            shares[position] = sum(len(totals.outcomes({**masks, name: 1 << k})) == 1 for k in options) / len(options)
    needs = order_needs(totals.inputs, table.fields, answers, shares)
    return Settled(None, possible, (), needs, score=score)


def as_answer(table: Table, answered: Answered) -> Answer:
    """A table's one answer as the input of another: its whole possible set, and what it needs."""
    return Answer(table.domain.mask(answered.only.possible), answered.only.needs)


# ---- steps ---------------------------------------------------------------------------------------


def add_fact(fact: Fact, record: Record) -> None:
    """Derive a fact and put it into the record: of the patient, or of every item."""
    if not fact.list_name:
        record.answers[fact.name] = derive(fact, record)
    elif (items := record.lists[fact.list_name]) is not None:
        record.lists[fact.list_name] = [_with(item, fact.name, derive(fact, record.of(item))) for item in items]


def answer(table: CompiledTable, record: Record) -> Answered:
    """Evaluate a table about the patient, and put its one answer into the record."""
    answered = evaluate(table, record.answers)
    if table.table.one_answer:
        record.answers[table.name] = as_answer(table.table, answered)
    return answered


def answer_items(table: CompiledTable, record: Record) -> tuple[Answered, ...]:
    """Evaluate a table about an item once for each item, in their order; its one answer becomes part of the item."""
    items = record.lists[table.list_name] or ()
    each = tuple([evaluate(table, record.of(item).answers) for item in items])
    if table.table.one_answer and items:
        record.lists[table.list_name] = [
            _with(item, table.name, as_answer(table.table, answered))
            for item, answered in zip(items, each, strict=True)
        ]
    return each


def _with(item: Item, name: str, answer: Answer) -> Item:
    return Item({**item.answers, name: answer}, item.names)


# ---- facts ---------------------------------------------------------------------------------------


def derive(fact: Fact, record: Record) -> Answer:
    """The value of one fact, with the fields that could narrow it."""
    if fact.given and verdict(fact.given, {n: record.answers[n].possible for n in fact.given.inputs}) != "certain":
        blocking = {asked for name in fact.given.inputs for asked in record.answers[name].asks}
        return Answer(fact.domain.everything, tuple(asked for asked in fact.asks if asked in blocking))
    if fact.folds:
        return _derive_from_list(fact, record)
    parts = [record.answers[name] for name in fact.of]
    possible = fact.plain_operator.reference([part.possible for part in parts])
    return Answer(
        possible, () if is_known(possible) else fact.plain_operator.asks(fact.asks, [part.asks for part in parts])
    )


def _derive_from_list(fact: Fact, record: Record) -> Answer:
    items = record.lists[fact.of[0]]
    if fact.joined_by and items is not None:
        items = [_with(item, JOINED, _speaks_of(fact, item, record)) for item in items]
    complete, missing = _completeness(fact, record, items)
    newest = fact.list_operator.newest
    held, unclear = [], set()
    for item in reversed(items or ()) if newest else items or ():
        word = (
            verdict(fact.where, {n: item.answers[n].possible for n in fact.where.inputs}) if fact.where else "certain"
        )
        if word == "impossible":
            continue
        value = item.answers[fact.item] if fact.item else Answer(0)
        held.append(Held(word == "certain", value.possible))
        if word == "open" and fact.where:
            unclear |= {asked for name in fact.where.inputs for asked in _asks(item.answers[name])}
        unclear |= set(_asks(value))
        if word == "certain" and newest:
            break
    result = fact.list_operator.reference(held, complete)
    wanting = missing | unclear
    return Answer(result, () if is_known(result) else tuple(asked for asked in fact.asks if asked in wanting))


def _asks(answer: Answer) -> tuple[str, ...]:
    return () if is_known(answer.possible) else answer.asks


def _speaks_of(fact: Fact, other: Item, record: Record) -> Answer:
    """Whether an item of another list speaks of the item in question: by its name; one that does not say may."""
    assert record.item is not None
    own, named = record.item.names.get("id", ""), other.names.get(fact.joined_by, "")
    listed = {item.names.get("id", "") for item in record.lists[fact.list_name] or ()}
    if named and own:
        return Answer(flag(own != named, own == named))
    # An item without a name may be any that the chart speaks of but does not list by name.
    may = not named or named not in listed
    return Answer(flag(True, may), (f"{fact.of[0]}.{fact.joined_by}",) if may else ())


def _completeness(fact: Fact, record: Record, items: Items | None) -> tuple[bool, set[str]]:
    """Whether the list is all there is, and the fields to fill in if not."""
    if items is None:
        return False, {fact.of[0]}
    stated = record.answers[fact.stated_by].possible if fact.stated_by else 3
    if stated == 2 or fact.complete_if is None:
        return True, set()
    if stated == 1:
        return False, {fact.stated_by}
    needed = fact.complete_if
    yes = next(box for box in needed.boxes if box.outcome == 1)
    lacking = {n for i, n in enumerate(needed.inputs) if needed.mask(i, record.answers[n].possible) & ~yes.masks[i]}
    return not lacking, lacking
