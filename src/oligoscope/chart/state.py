"""What is possible of everything that the rules about charts read, of a patient and of each item of a list."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import attrgetter

from oligoscope.chart.domains import chart_domains, item_domains, possible_of
from oligoscope.chart.integrity import PATIENT_ITSELF, TODAY, Rule, State, derive, integrity, references, referred
from oligoscope.spelling import spell
from oligoscope.tables.domain import Choices, Domain, Possible
from oligoscope.vocabulary.fields import FieldSpec, ListSpec, list_fields, lists, scalar_fields
from oligoscope.vocabulary.values import Name, Value
from oligoscope.vocabulary.words import Case, Section


def state_of(case: Case, today: int) -> dict[str, Possible]:
    """What is possible of everything about the patient that rules read, and which lists there are."""
    model = type(case)
    found: dict[str, Possible] = {TODAY: (today, today)}
    found |= {spec.name: 2 if getattr(case, spec.name) is not None else 1 for spec in lists(model)}
    found |= {
        name: possible_of(value, domain)
        for (_, value), read in zip(scalars(case), _read_by_rules(model), strict=True)
        for name, domain in read
    }
    return derive(integrity(model).about(PATIENT_ITSELF).derived, found)


@dataclass(frozen=True)
class ChartState:
    """What is possible of everything that rules read of a chart, worked out once for all rules.

    patient: of the patient, and which lists there are.  items: by list, of each of its items in the chart's order;
    those that say the same share one.
    """

    patient: State
    items: Mapping[str, Sequence[State]]


def whole_state(case: Case, today: int) -> ChartState:
    """What is possible of a chart and its items. today: as yyyymmdd."""
    patient = state_of(case, today)
    return ChartState(patient, {spec.name: _item_states(case, spec, patient) for spec in lists(type(case))})


def _item_states(case: Case, spec: ListSpec, patient: State) -> list[State]:
    known: dict[Hashable, State] = {}
    found = []
    for item in getattr(case, spec.name) or ():
        key = spec.said(item)
        if key not in known:
            known[key] = _item_state(case, spec, item, patient)
        found.append(known[key])
    return found


def _item_state(case: Case, spec: ListSpec, item: Section, state: State) -> dict[str, Possible]:
    """What is possible of everything that rules read of one item; state: of the patient."""
    model = type(case)
    rules = integrity(model).about(spec.name)
    read = _read_of_items(model, spec.name)
    found = {name: possible_of(getattr(item, attribute), domain) for name, attribute, domain in read}
    found |= {words.name: words.possible(getattr(item, words.of).given) for words in rules.words}
    for field, target in references(spec.name, model):
        found |= _named_item(case, field, getattr(item, field.attribute).given, target)
    return derive(rules.derived, {**state, **found})


def _named_item(case: Case, field: FieldSpec, name: str, target: ListSpec) -> dict[str, Possible]:
    """Whether the item that a field names is listed, and what is possible of its fields.

    An item without a name may be any that is named and not listed; so may one of a list that the chart does not have.
    """
    assert isinstance(field.kind, Name)
    domains, items = item_domains(target.name, type(case)), getattr(case, target.name)
    ids = [item.id.given for item in items or ()]
    if name and name in ids:
        item, attributes = items[ids.index(name)], {each.name: each.attribute for each in target.fields}
        own = {each: possible_of(getattr(item, attributes[each]), domains[each]) for each in domains}
        return {referred(field): 2, **{referred(field, each): possible for each, possible in own.items()}}
    may = not name or name in field.kind.also or items is None or "" in ids
    return {referred(field): 3 if may else 1} | {referred(field, each): domains[each].everything for each in domains}


def holding(rules: Sequence[Rule], states: Sequence[State]) -> Iterator[tuple[Rule, ...]]:
    """Of each item the rules that hold of it; asked once of items that share what they say."""
    known: dict[int, tuple[Rule, ...]] = {}
    for state in states if rules else ():
        if id(state) not in known:
            known[id(state)] = tuple(rule for rule in rules if rule.holds(state))
        yield known[id(state)]


def name_of_item(item: Section, place: int) -> str:
    """What an item is called: its id, else its place from 1. place: from 0."""
    own: Value | None = getattr(item, "id", None)
    return (own.given if own else "") or str(place + 1)


def concluded(domain: Domain, mask: int) -> Value:
    """A value that nobody wrote, spelled as if somebody had."""
    assert isinstance(domain, Choices)
    labels = tuple(domain.names(mask))
    return Value(labels, given="|".join(map(spell, labels)))


def scalars(case: Case) -> Iterable[tuple[FieldSpec, Value]]:
    """Every scalar field of a case with its value."""
    specs, values_of = _every_scalar(type(case))
    return zip(specs, values_of(case), strict=True)


@cache
def _every_scalar(model: type[Case]) -> tuple[tuple[FieldSpec, ...], Callable[[Case], tuple[Value, ...]]]:
    """The scalar fields, and what reads all their values at once: five times faster than one by one."""
    specs = scalar_fields(model)
    return specs, attrgetter(*(f"{spec.path.rpartition('.')[0]}.{spec.attribute}".lstrip(".") for spec in specs))


@cache
def _read_by_rules(model: type[Case]) -> tuple[tuple[tuple[str, Domain], ...], ...]:
    """Of every scalar field, what rules call it and its date, where they read them."""
    reads, domains = integrity(model).reads, chart_domains(model)
    return tuple(
        tuple((n, domains[n]) for n in (spec.name, f"{spec.name}_date") if n in reads and n in domains)
        for spec in scalar_fields(model)
    )


@cache
def _read_of_items(model: type[Case], list_name: str) -> tuple[tuple[str, str, Domain], ...]:
    """Of every field of an item the same, with the attribute that holds it."""
    reads, domains = integrity(model).about(list_name).reads, item_domains(list_name, model)
    return tuple(
        (name, field.attribute, domains[name])
        for field in list_fields(list_name, model)
        for name in (field.name, f"{field.name}_date")
        if name in reads and name in domains
    )


def field_values(case: Case) -> Mapping[str, Value]:
    """Every scalar field of a case by its name (primary.n)."""
    return {spec.name: value for spec, value in scalars(case)}
