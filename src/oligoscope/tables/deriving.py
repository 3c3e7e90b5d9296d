"""Facts, for one record: what is worked out of a chart before tables read it."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from oligoscope.tables.domain import Possible, is_known
from oligoscope.tables.facts import JOINED, Fact
from oligoscope.tables.grid import REMEMBERED, Grid, Masks
from oligoscope.tables.operators import Held, flag
from oligoscope.tables.record import Answer, Item, Items, Record, with_each

Said: TypeAlias = tuple[Answer, ...]
"""What an item says of `read_of_items`."""
SAME_FACTS = 10_000
"""What is kept of facts, the latest used: some 150 of a chart."""
SHORT = 100
"""Items of a list of which what a fact answers is kept."""


def verdict(grid: Grid, record: Mapping[str, Possible]) -> str:
    """Of a (no, yes) grid: certain, impossible or open."""
    return word(grid, tuple([grid.mask(i, record[name]) for i, name in enumerate(grid.inputs)]))


@lru_cache(REMEMBERED)
def word(grid: Grid, masks: Masks) -> str:
    """The same of masks."""
    boxes = grid.possible_boxes(masks)
    no, yes = grid.boxes_of_outcome
    return "certain" if not boxes & no else "open" if boxes & yes else "impossible"


def derive(fact: Fact, record: Record) -> Answer:
    """The value of one fact, with the fields that could narrow it."""
    told = tuple([record.answers[name] for name in fact.told_of])
    if not fact.folds:
        return _derived(fact, told)
    items = _items_of(fact, record)
    said = () if items is None else _said(fact, items)
    # Of a long list only the key would be kept: 80 kB for 10,000 lesions.
    fold = _folded if len(said) <= SHORT else _folded.__wrapped__
    return fold(fact, told, said, listed=items is not None)


# Kept, since most facts are told the same of two patients or two keystrokes: it halves their share of an answer.


@lru_cache(SAME_FACTS)
def _derived(fact: Fact, told: tuple[Answer, ...]) -> Answer:
    """Of a fact that combines quantities. told: of those, then of what must hold."""
    parts, condition = told[: len(fact.of)], told[len(fact.of) :]
    if fact.given and _verdict(fact.given, condition) != "certain":
        return _blocked(fact, condition)
    operator = fact.plain_operator
    possible = operator.reference([part.possible for part in parts])
    return Answer(possible, () if is_known(possible) else operator.asks(fact.asks, [part.asks for part in parts]))


@lru_cache(SAME_FACTS)
def _folded(fact: Fact, told: tuple[Answer, ...], said: Sequence[Said], *, listed: bool) -> Answer:
    """Of a fact over a list. told: of what makes the list complete, then of what must hold.  said: of each item."""
    n_complete = len(fact.completeness_of)
    if fact.given and _verdict(fact.given, told[n_complete:]) != "certain":
        return _blocked(fact, told[n_complete:])
    complete, missing = _completeness(fact, told[:n_complete], listed=listed)
    found = _counting(fact, _held(fact, said))
    result = fact.list_operator.reference([one for _, one in found], complete)
    if is_known(result):
        return Answer(result)
    wanting = set(missing)
    for own, certain in {(said[place], one.certain) for place, one in found}:
        asking = own if not certain else own[-1:] if fact.item else ()
        wanting.update(asked for each in asking if not is_known(each.possible) for asked in each.asks)
    return Answer(result, tuple([asked for asked in fact.asks if asked in wanting]))


def _verdict(grid: Grid, told: Sequence[Answer]) -> str:
    """As `verdict`, of answers in the order of the grid's inputs."""
    return word(grid, tuple([grid.mask(i, answer.possible) for i, answer in enumerate(told)]))


def _blocked(fact: Fact, condition: Sequence[Answer]) -> Answer:
    """Unknown, as long as what must hold does not."""
    blocking = {asked for answer in condition for asked in answer.asks}
    return Answer(fact.domain.everything, tuple([asked for asked in fact.asks if asked in blocking]))


class Counted(NamedTuple):
    """An item that a fact over a list counts, certainly or perhaps. place: in the chart's list, from 0."""

    place: int
    item: Item
    certain: bool


def counted(fact: Fact, record: Record) -> Iterator[Counted]:
    """The items that count, in the chart's order; where only the newest matters newest first, none after it."""
    items = _items_of(fact, record) or ()
    for place, one in _counting(fact, _held(fact, _said(fact, items))):
        yield Counted(place, items[place], one.certain)


def _items_of(fact: Fact, record: Record) -> Items | None:
    """The items of a fact's list as it sees them; None where there is no list."""
    items = record.lists[fact.of[0]]
    if items and fact.joined_by:
        return with_each(items, JOINED, [(_speaks_of(fact, item, record), None) for item in items])
    return items


def _said(fact: Fact, items: Items) -> tuple[Said, ...]:
    """What each item says of all that the fact reads of it; those that say the same share it."""
    answers = {id(item.answers): item.answers for item in items}
    known = {key: tuple([own[name] for name in fact.read_of_items]) for key, own in answers.items()}
    return tuple([known[id(item.answers)] for item in items])


def _held(fact: Fact, said: Sequence[Said]) -> list[Held | None]:
    """What a fact holds of each item; None of one that does not count. Looked at once where they say the same."""
    known = {own: _counts(fact, own) for own in set(said)}
    return [known[own] for own in said]


def _counts(fact: Fact, said: Said) -> Held | None:
    told = _verdict(fact.where, said[: len(fact.where.inputs)]) if fact.where else "certain"
    possible = said[-1].possible if fact.item else 0
    return None if told == "impossible" else Held(told == "certain", possible)


def _counting(fact: Fact, held: Sequence[Held | None]) -> list[tuple[int, Held]]:
    """By place those that count; where only the newest matters newest first, none after one that certainly counts."""
    found = [(place, one) for place, one in enumerate(held) if one]
    if not fact.list_operator.newest:
        return found
    last = next((n for n in reversed(range(len(found))) if found[n][1].certain), 0)
    return found[last:][::-1]


def _speaks_of(fact: Fact, other: Item, record: Record) -> Answer:
    """Whether an item of another list speaks of the item in question: by its name; one that does not say may."""
    assert record.item is not None
    own, named = record.item.names.get("id", ""), other.names.get(fact.joined_by, "")
    if named and own:
        return Answer(flag(own != named, own == named))
    # An item without a name may be any that the chart speaks of but does not list by name.
    may = not named or all(item.names.get("id", "") != named for item in record.lists[fact.list_name] or ())
    return Answer(flag(True, may), (f"{fact.of[0]}.{fact.joined_by}",) if may else ())


def _completeness(fact: Fact, told: Sequence[Answer], *, listed: bool) -> tuple[bool, set[str]]:
    """Whether the list is all there is, and the fields to fill in if not. told: of `completeness_of`."""
    if not listed:
        return False, {fact.of[0]}
    needed = fact.complete_if
    stated = told[-1].possible if fact.stated_by else 3
    if stated == 2 or needed is None:
        return True, set()
    if stated == 1:
        return False, {fact.stated_by}
    yes = next(box for box in needed.boxes if box.outcome == 1)
    lacking = {n for i, n in enumerate(needed.inputs) if needed.mask(i, told[i].possible) & ~yes.masks[i]}
    return not lacking, lacking
