"""Facts, for one record: what is worked out of a chart before tables read it."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from oligoscope.tables.domain import Possible, is_known
from oligoscope.tables.facts import JOINED, Fact
from oligoscope.tables.grid import REMEMBERED, Grid, Masks
from oligoscope.tables.operators import Held, flag
from oligoscope.tables.record import Answer, Item, Items, Record, with_each


def verdict(grid: Grid, record: Mapping[str, Possible]) -> str:
    """Of a (no, yes) grid: certain, impossible or open."""
    return word(grid, tuple([grid.mask(i, record[name]) for i, name in enumerate(grid.inputs)]))


def _verdict(grid: Grid, answers: Mapping[str, Answer]) -> str:
    """The same of answers, without the mapping of what is possible: a third of a chart's time went into such."""
    return word(grid, tuple([grid.mask(i, answers[name].possible) for i, name in enumerate(grid.inputs)]))


@lru_cache(REMEMBERED)
def word(grid: Grid, masks: Masks) -> str:
    """The same of masks."""
    boxes = grid.possible_boxes(masks)
    no, yes = grid.boxes_of_outcome
    return "certain" if not boxes & no else "open" if boxes & yes else "impossible"


def derive(fact: Fact, record: Record) -> Answer:
    """The value of one fact, with the fields that could narrow it."""
    if fact.given and _verdict(fact.given, record.answers) != "certain":
        blocking = {asked for name in fact.given.inputs for asked in record.answers[name].asks}
        return Answer(fact.domain.everything, tuple(asked for asked in fact.asks if asked in blocking))
    if fact.folds:
        return _derive_from_list(fact, record)
    parts = [record.answers[name] for name in fact.of]
    possible = fact.plain_operator.reference([part.possible for part in parts])
    return Answer(
        possible, () if is_known(possible) else fact.plain_operator.asks(fact.asks, [part.asks for part in parts])
    )


class Counted(NamedTuple):
    """An item that a fact over a list counts, certainly or perhaps. place: in the chart's list, from 0."""

    place: int
    item: Item
    certain: bool


def counted(fact: Fact, record: Record) -> Iterator[Counted]:
    """The items that count, in the chart's order; where only the newest matters newest first, none after it."""
    items, held = _held(fact, record)
    for place, one in _counting(fact, held):
        yield Counted(place, items[place], one.certain)


def _held(fact: Fact, record: Record) -> tuple[Items, list[Held | None]]:
    """The items of a fact's list as it sees them, and what it holds of each; None of one that does not count. Looked at
    once where they say the same.
    """
    items = record.lists[fact.of[0]] or ()
    if fact.joined_by:
        items = with_each(items, JOINED, [(_speaks_of(fact, item, record), None) for item in items])
    said = {id(item.answers): item.answers for item in items}
    known = {key: _counts(fact, answers) for key, answers in said.items()}
    return items, [known[id(item.answers)] for item in items]


def _counts(fact: Fact, answers: Mapping[str, Answer]) -> Held | None:
    said = _verdict(fact.where, answers) if fact.where else "certain"
    possible = answers[fact.item].possible if fact.item else 0
    return None if said == "impossible" else Held(said == "certain", possible)


def _counting(fact: Fact, held: Sequence[Held | None]) -> list[tuple[int, Held]]:
    """By place those that count; where only the newest matters newest first, none after one that certainly counts."""
    found = [(place, one) for place, one in enumerate(held) if one]
    if not fact.list_operator.newest:
        return found
    last = next((n for n in reversed(range(len(found))) if found[n][1].certain), 0)
    return found[last:][::-1]


def _derive_from_list(fact: Fact, record: Record) -> Answer:
    complete, missing = _completeness(fact, record, record.lists[fact.of[0]])
    items, held = _held(fact, record)
    found = _counting(fact, held)
    result = fact.list_operator.reference([one for _, one in found], complete)
    if is_known(result):
        return Answer(result)
    wanting = set(missing)
    said = {id(items[place].answers): (items[place].answers, one) for place, one in found}
    for answers, one in said.values():
        asking = fact.where.inputs if fact.where and not one.certain else ()
        for name in (*asking, *([fact.item] if fact.item else ())):
            wanting.update(_asks(answers[name]))
    return Answer(result, tuple([asked for asked in fact.asks if asked in wanting]))


def _asks(answer: Answer) -> tuple[str, ...]:
    return () if is_known(answer.possible) else answer.asks


def _speaks_of(fact: Fact, other: Item, record: Record) -> Answer:
    """Whether an item of another list speaks of the item in question: by its name; one that does not say may."""
    assert record.item is not None
    own, named = record.item.names.get("id", ""), other.names.get(fact.joined_by, "")
    if named and own:
        return Answer(flag(own != named, own == named))
    # An item without a name may be any that the chart speaks of but does not list by name.
    may = not named or all(item.names.get("id", "") != named for item in record.lists[fact.list_name] or ())
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
