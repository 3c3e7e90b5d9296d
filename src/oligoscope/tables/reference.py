"""The reference executor: one record at a time, in plain Python.

With `deriving` it defines what facts and tables mean; `columnar` must agree with it, and asks it for tables.
"""

from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeVar

from oligoscope.tables.compile import CompiledPart, CompiledTable
from oligoscope.tables.deriving import derive, verdict
from oligoscope.tables.domain import Span
from oligoscope.tables.facts import Fact
from oligoscope.tables.grid import REMEMBERED, Masks
from oligoscope.tables.model import Table
from oligoscope.tables.record import Answer, Assumed, Item, Items, OfItem, Record, unassumed, with_each
from oligoscope.tables.search import Question, Shares, Told

T = TypeVar("T")


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
    without = _answered(question, ChainMap(unassumed({name: assumed[name] for name in resting}), answers))
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
        record.lists[fact.list_name] = with_each(items, fact.name, each)


def _fact_of_item(fact: Fact, seen: Record) -> OfItem:
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
        record.lists[table.list_name] = with_each(items, table.name, [told for _, told in each])
    return tuple([answered for answered, _ in each])


def _table_of_item(table: CompiledTable, seen: Record) -> tuple[Answered, OfItem]:
    answered = evaluate_assuming(table, seen.answers, seen.assumed)
    if not table.table.one_answer:
        return answered, _NOTHING
    return answered, (as_answer(table.table, answered), _assumed_answer(table.table, answered))


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
