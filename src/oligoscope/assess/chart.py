"""A case as tables see it: the vocabulary's values as parts of the tables' domains."""

from collections.abc import Iterable, Mapping
from typing import Any

from oligoscope.chart.document import field_values
from oligoscope.chart.domains import possible_of
from oligoscope.knowledge import Knowledge
from oligoscope.tables.domain import Domain, Possible, is_known
from oligoscope.tables.reference import Answer, Record
from oligoscope.vocabulary.fields import list_fields
from oligoscope.vocabulary.values import Value
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


def _items(
    content: tuple[Any, ...] | None, name: str, domains: Mapping[str, Domain]
) -> list[dict[str, Possible]] | None:
    if content is None:
        return None
    fields = [spec for spec in list_fields(name) if spec.name in domains]
    return [
        {spec.name: possible_of(getattr(item, spec.attribute), domains[spec.name]) for spec in fields}
        for item in content
    ]
