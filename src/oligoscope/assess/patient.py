"""One patient through every table, by the reference executor."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from oligoscope.assess.chart import record_of
from oligoscope.chart.assumptions import Assumptions, assumptions_of
from oligoscope.chart.state import field_values
from oligoscope.knowledge import Knowledge
from oligoscope.tables.facts import Fact
from oligoscope.tables.record import Answer, Assumed, Item, Items, Record
from oligoscope.tables.reference import Answered, add_fact, answer, answer_items
from oligoscope.vocabulary.fields import list_fields
from oligoscope.vocabulary.values import Value
from oligoscope.vocabulary.words import Case

LESIONS, LESION = "lesions", "lesion"
"""The list of the chart, and what tables say that they are about."""


@dataclass(frozen=True)
class Assessment:
    """What the tables answer for one case.

    answers: what is known of every field, fact and decision.  settled: by table and part.  lists: the items of the
    chart as tables see them (None: the list itself is unknown).  items: by table about an item, what it answers for
    each item, in the chart's order.  assumed: of the answers that rest on an assumption, what they would be
    without.  assumptions: what the chart leaves out is taken for.
    """

    case: Case
    knowledge: Knowledge
    answers: Mapping[str, Answer]
    settled: Mapping[str, Answered]
    lists: Mapping[str, Items | None]
    items: Mapping[str, tuple[Answered, ...]]
    assumed: Mapping[str, Assumed]
    assumptions: Assumptions

    @cached_property
    def given(self) -> Mapping[str, Value]:
        """What the chart says of every scalar field."""
        return field_values(self.case)

    @property
    def record(self) -> Record:
        """The chart with all that was derived of it, as facts and tables see it."""
        return Record(dict(self.answers), dict(self.lists))

    def of_item(self, table: str, place: int) -> "Assessment":
        """The assessment as a table about an item sees it: with the item's own answers, and its answer to the table.

        place: of the item in the chart's list, from 0.
        """
        list_name = self.knowledge.compiled(table).list_name
        item = (self.lists[list_name] or ())[place]
        own = {
            spec.name: getattr(getattr(self.case, list_name)[place], spec.attribute) for spec in list_fields(list_name)
        }
        domains = {**self.knowledge.domains, **self.knowledge.lists[list_name]}
        return _OfItem(
            self.case,
            replace(self.knowledge, domains=domains),
            {**self.answers, **item.answers},
            {
                **self.settled,
                **{name: each[place] for name, each in self.items.items() if self._about(name, list_name)},
            },
            self.lists,
            self.items,
            {**self.assumed, **item.assumed},
            self.assumptions,
            own,
            item,
        )

    def names_of(self, table: str) -> list[str]:
        """What the items are called that a table is about."""
        return self.item_names(self.knowledge.compiled(table).list_name)

    def item_names(self, list_name: str) -> list[str]:
        """What the items of a list are called: their ids, or their places from 1 where they have none."""
        items = self.lists[list_name] or ()
        return [item.names.get("id") or str(place) for place, item in enumerate(items, 1)]

    def _about(self, table: str, list_name: str) -> bool:
        return self.knowledge.compiled(table).list_name == list_name


@dataclass(frozen=True)
class _OfItem(Assessment):
    own: Mapping[str, Value]
    item: Item

    @property
    def record(self) -> Record:
        """The chart with all that was derived of it and of the item, as facts and tables about it see it."""
        return Record(dict(self.answers), dict(self.lists), self.item)

    @cached_property
    def given(self) -> Mapping[str, Value]:
        """What the chart says of the item's fields, and of every scalar field."""
        return {**field_values(self.case), **self.own}


def assess(case: Case, knowledge: Knowledge) -> Assessment:
    """Every fact and table of the knowledge, answered for one case."""
    assumptions = assumptions_of(case)
    return assess_record(case, assumptions, record_of(case, assumptions, knowledge), knowledge)


def assess_record(case: Case, assumptions: Assumptions, record: Record, knowledge: Knowledge) -> Assessment:
    """As `assess`, from a chart already read; the record gets the facts."""
    settled: dict[str, Answered] = {}
    items: dict[str, tuple[Answered, ...]] = {}
    for step in knowledge.steps:
        if isinstance(step, Fact):
            add_fact(step, record)
        elif step.list_name:
            items[step.name] = answer_items(step, record)
        else:
            settled[step.name] = answer(step, record)
    return Assessment(case, knowledge, record.answers, settled, record.lists, items, record.assumed, assumptions)
