"""A chart as facts and tables see it: what is possible of every quantity, of the patient and of each item of a list."""

from collections import ChainMap
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from oligoscope.tables.domain import Possible


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
        without = ChainMap(unassumed(self.assumed), self.answers)
        lists = {
            name: items and [Item({**item.answers, **unassumed(item.assumed)}, item.names) for item in items]
            for name, items in self.lists.items()
        }
        return Record(without, lists, self.item)


def unassumed(assumed: Mapping[str, Assumed]) -> dict[str, Answer]:
    """What is possible of quantities without what is assumed of them."""
    return {name: Answer(each.possible) for name, each in assumed.items()}


OfItem: TypeAlias = tuple[Answer, Assumed | None]
"""One answer about an item, and what it would be without what is assumed."""


def with_each(items: Items, name: str, found: Sequence[OfItem]) -> list[Item]:
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
