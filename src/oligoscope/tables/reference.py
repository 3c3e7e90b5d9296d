"""The reference executor: one record at a time, in plain Python.

It defines what facts and tables mean; `columnar` must agree with it, and asks it for tables.
"""

from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple, TypeAlias, TypeVar

from oligoscope.tables.compile import CompiledPart, CompiledTable
from oligoscope.tables.domain import Possible, Span, is_known
from oligoscope.tables.facts import JOINED, Fact
from oligoscope.tables.grid import REMEMBERED, Grid, Masks
from oligoscope.tables.model import Table
from oligoscope.tables.operators import Held, flag
from oligoscope.tables.search import Question, Shares, Told

T = TypeVar("T")


class Answer(NamedTuple):
    """What is still possible of a quantity, and the chart fields whose answer could narrow it."""

    possible: Possible
    asks: tuple[str, ...] = ()


class Assumed(NamedTuple):
    """What is possible of a quantity without what is assumed of the chart, and the chart fields so assumed.

    The answer itself stands where it always does, as if the assumption were written.
    """

    possible: Possible
    fields: tuple[str, ...]


class Item(NamedTuple):
    """One entry of a list. answers: of its fields, and of what is derived of it.  names: its fields that are names.

    assumed: what rests on an assumption.  Items that say the same may share both: what is found of one is found of all.
    """

    answers: Mapping[str, Answer]
    names: Mapping[str, str] = {}
    assumed: Mapping[str, Assumed] = {}


Items = Sequence[Item]


@dataclass
class Record:
    """A chart as tables see it.

    answers: by name.  lists: the items of each list, in the chart's order (None: the list itself is unknown).  item:
    the one in question, where a fact or table is about an item.  assumed: of the answers that rest on an assumption,
    what they would be without.  assuming: whether anything is assumed, of the patient or of an item.
    """

    answers: MutableMapping[str, Answer]
    lists: dict[str, Items | None]
    item: Item | None = None
    assumed: MutableMapping[str, Assumed] = field(default_factory=dict)
    assuming: bool = False

    def of(self, item: Item) -> "Record":
        """The chart as a fact or table about one item sees it: the item's own answers before the patient's."""
        above = {name: each for name, each in self.assumed.items() if name not in item.answers}
        return Record(
            ChainMap(dict(item.answers), self.answers), self.lists, item, {**above, **item.assumed}, self.assuming
        )

    def assuming_nothing(self) -> "Record":
        """The chart with nothing assumed."""
        without = ChainMap(_unassumed(self.assumed), self.answers)
        lists = {
            name: items and [Item({**item.answers, **_unassumed(item.assumed)}, item.names) for item in items]
            for name, items in self.lists.items()
        }
        return Record(without, lists, self.item)


class Settled(NamedTuple):
    """What a part of a table answers.

    value: the one outcome left, or the word for "may still be met"; None where it is undetermined.  possible: the
    outcomes that some filling-in of what is unknown leads to.  rules: those that gave the value, none where it is
    undetermined.  needs: the chart fields whose answer could change the outcome, most decisive first.  reachable: the
    rules that may still fire.  score: lowest and highest total.  criteria: of each criterion met, failed or unknown.
    assumes: the fields without whose assumed values more would be possible.  beyond: the outcomes that then would be.
    """

    value: str | None
    possible: tuple[str, ...]
    rules: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    reachable: tuple[str, ...] = ()
    score: Span | None = None
    criteria: Mapping[str, str] = {}
    assumes: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()


# ---- conditions ----------------------------------------------------------------------------------


def verdict(grid: Grid, record: Mapping[str, Possible]) -> str:
    """Of a (no, yes) grid: certain, impossible or open."""
    return word(grid, tuple([grid.mask(i, record[name]) for i, name in enumerate(grid.inputs)]))


@lru_cache(REMEMBERED)
def word(grid: Grid, masks: Masks) -> str:
    """The same of masks."""
    boxes = grid.possible_boxes(masks)
    no, yes = grid.boxes_of_outcome
    return "certain" if not boxes & no else "open" if boxes & yes else "impossible"


# ---- tables -------------------------------------------------------------------------------------


class Answered(Mapping[str, Settled]):
    """What a table answers, by the id of its parts.

    Told apart by identity, so that what is made of it can be kept: records that tell a table the same share one.
    """

    def __init__(self, parts: Mapping[str, Settled]) -> None:
        self._parts = parts

    __eq__ = object.__eq__
    __hash__ = object.__hash__

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
    return _evaluated(table, tuple([answers[name] for name in table.asked_of]))


# Kept in three layers: most tables are told the same of two patients, two lesions or two keystrokes; else most of their
# questions are; else most numbers lie in the same cells.


@lru_cache(REMEMBERED)
def _evaluated(table: CompiledTable, told: tuple[Answer, ...]) -> Answered:
    answers = dict(zip(table.asked_of, told, strict=True))
    return Answered({question.id: _answered(question, answers) for question in table.questions})


@lru_cache(REMEMBERED)
def _settled(question: Question, told: tuple[Answer, ...]) -> Settled:
    """What a question answers where this is told of what it reads."""
    masks = _masks(question, told)
    (value, possible, rules, reachable), total, shares = _told(question, masks)
    needs = order_needs([(told[i].asks, share) for i, share in shares], question.fields) if shares else ()
    criteria = {}
    if isinstance(question, CompiledPart) and question.criteria:
        record = {name: answer.possible for name, answer in zip(question.reads, told, strict=True)}
        criteria = {name: _CRITERION_WORDS[verdict(grid, record)] for name, grid in question.criteria.items()}
    return Settled(value, possible, rules, needs, reachable, total, criteria)


_CRITERION_WORDS = {"certain": "met", "impossible": "failed", "open": "unknown"}


@lru_cache(REMEMBERED)
def _told(question: Question, masks: Masks) -> tuple[Told, Span | None, Shares]:
    said, shares = question.explore(masks)
    return question.told(said), said.total, shares


def _masks(question: Question, told: Iterable[Answer]) -> Masks:
    """told: of its inputs, in their order, and perhaps of more."""
    # A label's mask is one already; asking each question for it took a fifth of a table's time.
    return tuple(
        [
            possible if isinstance(possible, int) else question.mask(place, possible)
            for place, (possible, _) in zip(range(len(question.inputs)), told, strict=False)
        ]
    )


def order_needs(asked: Iterable[tuple[Sequence[str], float]], fields: Sequence[str]) -> tuple[str, ...]:
    """The chart fields that could help, most decisive first, ties in the order of `fields`.

    asked: for each input that matters the fields that it asks, and how decisive it is.
    """
    best: dict[str, float] = {}
    for names, share in asked:
        for name in names:
            best[name] = max(best.get(name, 0.0), share)
    return tuple(sorted(best, key=lambda name: (-best[name], fields.index(name))))


def possible_outcomes(question: Question, answers: Mapping[str, Answer]) -> tuple[str, ...]:
    """The outcomes still possible of one question: what a what-if asks many times."""
    return tuple([question.codes[o] for o in question.left(_masks(question, [answers[n] for n in question.inputs]))])


def as_answer(table: Table, answered: Answered) -> Answer:
    """A table's one answer as the input of another: its whole possible set, and what it needs."""
    return Answer(table.domain.mask(answered.only.possible), answered.only.needs)


# ---- assumptions ---------------------------------------------------------------------------------


def _unassumed(assumed: Mapping[str, Assumed]) -> dict[str, Answer]:
    return {name: Answer(each.possible) for name, each in assumed.items()}


def _fields(assumed: Iterable[Assumed]) -> tuple[str, ...]:
    return tuple(sorted({name for each in assumed for name in each.fields}))


def evaluate_assuming(
    table: CompiledTable, answers: MutableMapping[str, Answer], assumed: Mapping[str, Assumed]
) -> Answered:
    """As `evaluate`, and of every part which assumptions it rests on."""
    answered = evaluate(table, answers)
    if not any(name in assumed for name in table.inputs):
        return answered
    return Answered({q.id: _assuming(q, answered[q.id], answers, assumed) for q in table.questions})


def _assuming(
    question: Question, settled: Settled, answers: MutableMapping[str, Answer], assumed: Mapping[str, Assumed]
) -> Settled:
    """One input after the other is told without its assumption, and stays so where that changes nothing: what then is
    possible is what the question answers, whatever is true of the inputs left so. It rests on the others' assumptions.
    """
    resting = [name for name in question.inputs if name in assumed]
    told: MutableMapping[str, Answer] = ChainMap({}, answers)
    kept = []
    for name in resting:
        told[name] = Answer(assumed[name].possible)
        found = _answered(question, told)
        if (found.possible, found.score) != (settled.possible, settled.score):
            told[name] = answers[name]
            kept.append(assumed[name])
    if not kept:
        return settled
    without = _answered(question, ChainMap(_unassumed({name: assumed[name] for name in resting}), answers))
    beyond = tuple([code for code in without.possible if code not in settled.possible])
    return settled._replace(assumes=_fields(kept), beyond=beyond)


def _answered(question: Question, answers: Mapping[str, Answer]) -> Settled:
    return _settled(question, tuple([answers[name] for name in question.reads]))


def _assumed_answer(table: Table, answered: Answered) -> Assumed | None:
    """What a table's one answer would be without what it assumes; None where it would be the same."""
    only = answered.only
    return Assumed(table.domain.mask((*only.possible, *only.beyond)), only.assumes) if only.beyond else None


def _assumed_fact(fact: Fact, found: Answer, record: Record) -> Assumed | None:
    """The same of a fact: it rests on the assumptions of all that it reads."""
    if not record.assuming:
        return None
    read = [record.assumed[name] for name in _read(fact) if name in record.assumed]
    if fact.folds:
        of_item = (*(fact.where.inputs if fact.where else ()), fact.item)
        read += [item.assumed[n] for item in record.lists[fact.of[0]] or () for n in of_item if n in item.assumed]
    if not read:
        return None
    without = derive(fact, record.assuming_nothing()).possible
    return Assumed(without, _fields(read)) if without != found.possible else None


def _read(fact: Fact) -> tuple[str, ...]:
    """What a fact reads of the patient, and of the item that it is about."""
    if fact.folds:
        return (*(fact.complete_if.inputs if fact.complete_if else ()), fact.stated_by)
    return (*fact.of, *(fact.given.inputs if fact.given else ()))


# ---- steps ---------------------------------------------------------------------------------------


def add_fact(fact: Fact, record: Record) -> None:
    """Derive a fact and put it into the record: of the patient, or of every item."""
    if not fact.list_name:
        found = record.answers[fact.name] = derive(fact, record)
        if assumed := _assumed_fact(fact, found, record):
            record.assumed[fact.name] = assumed
    elif (items := record.lists[fact.list_name]) is not None:
        each = _once(items, lambda item: _fact_of_item(fact, record.of(item)), by_name=bool(fact.joined_by))
        record.lists[fact.list_name] = _with_each(items, fact.name, each)


def _fact_of_item(fact: Fact, seen: Record) -> "OfItem":
    found = derive(fact, seen)
    return found, _assumed_fact(fact, found, seen)


def answer(table: CompiledTable, record: Record) -> Answered:
    """Evaluate a table about the patient, and put its one answer into the record."""
    answered = evaluate_assuming(table, record.answers, record.assumed)
    if table.table.one_answer:
        record.answers[table.name] = as_answer(table.table, answered)
        if assumed := _assumed_answer(table.table, answered):
            record.assumed[table.name] = assumed
    return answered


def answer_items(table: CompiledTable, record: Record) -> tuple[Answered, ...]:
    """Evaluate a table about an item once for each item, in their order; its one answer becomes part of the item."""
    items = record.lists[table.list_name] or ()
    each = _once(items, lambda item: _table_of_item(table, record.of(item)))
    if table.table.one_answer and items:
        record.lists[table.list_name] = _with_each(items, table.name, [told for _, told in each])
    return tuple([answered for answered, _ in each])


def _table_of_item(table: CompiledTable, seen: Record) -> "tuple[Answered, OfItem]":
    answered = evaluate_assuming(table, seen.answers, seen.assumed)
    if not table.table.one_answer:
        return answered, _NOTHING
    return answered, (as_answer(table.table, answered), _assumed_answer(table.table, answered))


OfItem: TypeAlias = tuple[Answer, Assumed | None]
"""One answer about an item, and what it would be without what is assumed."""
_NOTHING: OfItem = (Answer(0), None)


def _once(items: Items, find: Callable[[Item], T], *, by_name: bool = False) -> list[T]:
    """What is found of each item, worked out once for those that say the same: 10,000 lesions say some 800 things.

    by_name: it depends on what the item is called, too.
    """
    known: dict[tuple[int, int, str], T] = {}
    found = []
    for item in items:
        key = (id(item.answers), id(item.assumed), item.names.get("id", "") if by_name else "")
        if key not in known:
            known[key] = find(item)
        found.append(known[key])
    return found


def _with_each(items: Items, name: str, found: Sequence[OfItem]) -> list[Item]:
    """Each item with its answer; those that said the same and get the same go on sharing what they say."""
    made: dict[tuple[int, int, OfItem], Item] = {}
    each = []
    for item, told in zip(items, found, strict=True):
        key = (id(item.answers), id(item.assumed), told)
        said = made.get(key)
        if said is None:
            said = made[key] = _with(item, name, *told)
        each.append(Item(said.answers, item.names, said.assumed))
    return each


def _with(item: Item, name: str, answer: Answer, assumed: Assumed | None = None) -> Item:
    return Item(
        {**item.answers, name: answer}, item.names, {**item.assumed, name: assumed} if assumed else item.assumed
    )


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
        items = _with_each(items, JOINED, [(_speaks_of(fact, item, record), None) for item in items])
    said = {id(item.answers): item.answers for item in items}
    known = {key: _counts(fact, answers) for key, answers in said.items()}
    return items, [known[id(item.answers)] for item in items]


def _counts(fact: Fact, answers: Mapping[str, Answer]) -> Held | None:
    word = verdict(fact.where, {n: answers[n].possible for n in fact.where.inputs}) if fact.where else "certain"
    possible = answers[fact.item].possible if fact.item else 0
    return None if word == "impossible" else Held(word == "certain", possible)


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
