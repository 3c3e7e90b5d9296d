"""A case as tables see it: the vocabulary's values as parts of the tables' domains."""

from collections.abc import Hashable, Iterable, Mapping, Sequence

from oligoscope.chart.assumptions import Assumption, Assumptions
from oligoscope.chart.domains import possible_of
from oligoscope.chart.state import field_values
from oligoscope.knowledge import Knowledge
from oligoscope.tables.domain import Domain, is_known
from oligoscope.tables.record import Answer, Assumed, Item, Items, Record
from oligoscope.vocabulary.fields import ListSpec, lists
from oligoscope.vocabulary.values import Name, Value
from oligoscope.vocabulary.words import Case, Section


def record_of(case: Case, assumptions: Assumptions, knowledge: Knowledge) -> Record:
    """The chart of one case as answers and lists, and what is assumed of it."""
    answers, assumed = assumed_answers(case, assumptions, knowledge.chart_fields, knowledge)
    items: dict[str, Items | None] = {
        spec.name: _items(case, spec, knowledge.lists[spec.name], assumptions.of_items[spec.name])
        for spec in lists()
        if spec.name in knowledge.lists
    }
    assuming = bool(assumed) or any(item.assumed for each in items.values() for item in each or ())
    return Record(answers, items, assumed=assumed, assuming=assuming)


def assumed_answers(
    case: Case, assumptions: Assumptions, fields: Iterable[str], knowledge: Knowledge
) -> tuple[dict[str, Answer], dict[str, Assumed]]:
    """What a chart says of these scalar fields with what is assumed of it, and what would be possible without."""
    of_patient = assumptions.of_patient
    values = {**field_values(case), **{name: each.value for name, each in of_patient.items()}}
    answers = chart_answers(values, fields, knowledge)
    assumed = {
        name: Assumed(knowledge.domains[name].everything, each.fields)
        for name, each in of_patient.items()
        if name in answers
    }
    return answers, assumed


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
    case: Case, spec: ListSpec, domains: Mapping[str, Domain], assumed: Sequence[Mapping[str, Assumption]]
) -> list[Item] | None:
    content: tuple[Section, ...] | None = getattr(case, spec.name)
    if content is None:
        return None
    fields = [field for field in spec.fields if field.name in domains]
    named = [field for field in spec.fields if isinstance(field.kind, Name)]
    alike: dict[Hashable, Item] = {}
    found = []
    for item, assumptions in zip(content, assumed, strict=True):
        key = (spec.said(item), *assumptions)
        if key not in alike:
            values = {field.name: getattr(item, field.attribute) for field in fields}
            values |= {name: each.value for name, each in assumptions.items()}
            alike[key] = Item(
                {name: _said(value, domains[name], f"{spec.name}.{name}") for name, value in values.items()},
                assumed={name: Assumed(domains[name].everything, each.fields) for name, each in assumptions.items()},
            )
        names = {field.name: getattr(item, field.attribute).given for field in named}
        found.append(Item(alike[key].answers, names, alike[key].assumed))
    return found


def _said(value: Value, domain: Domain, asked: str) -> Answer:
    possible = possible_of(value, domain)
    return Answer(possible, () if is_known(possible) else (asked,))
