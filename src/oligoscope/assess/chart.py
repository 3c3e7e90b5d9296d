"""A case as tables see it: the vocabulary's values as parts of the tables' domains."""

from collections.abc import Iterable, Mapping
from typing import Any

from oligoscope.chart.document import field_values
from oligoscope.chart.domains import possible_of
from oligoscope.knowledge import Knowledge
from oligoscope.tables.domain import Domain, is_known
from oligoscope.tables.reference import Answer, Item, Record
from oligoscope.vocabulary.fields import list_fields
from oligoscope.vocabulary.values import Name, Value
from oligoscope.vocabulary.words import Case


def record_of(case: Case, knowledge: Knowledge) -> Record:
    """The chart of one case as answers and lists."""
    return Record(
        chart_answers(field_values(case), knowledge.chart_fields, knowledge),
        {name: _items(getattr(case, name), name, knowledge.lists[name]) for name in knowledge.lists},
    )


def chart_answers(values: Mapping[str, Value], fields: Iterable[str], knowledge: Knowledge) -> dict[str, Answer]:
    """What a chart says of these scalar fields; an unknown one asks for itself."""
    found = {}
    for name in fields:
        possible = possible_of(
            values[name.removesuffix("_date")] if name not in values else values[name], knowledge.domains[name]
        )
        found[name] = Answer(possible, () if is_known(possible) else knowledge.asks[name])
    return found


def _items(content: tuple[Any, ...] | None, name: str, domains: Mapping[str, Domain]) -> list[Item] | None:
    if content is None:
        return None
    fields = [spec for spec in list_fields(name) if spec.name in domains]
    named = [spec for spec in list_fields(name) if isinstance(spec.kind, Name)]
    return [
        Item(
            {
                spec.name: _said(getattr(item, spec.attribute), domains[spec.name], f"{name}.{spec.name}")
                for spec in fields
            },
            {spec.name: getattr(item, spec.attribute).given for spec in named},
        )
        for item in content
    ]


def _said(value: Value, domain: Domain, asked: str) -> Answer:
    possible = possible_of(value, domain)
    return Answer(possible, () if is_known(possible) else (asked,))
