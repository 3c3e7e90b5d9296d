"""What a chart may not say, what is improbable in it, and what follows from it: the rules of integrity.yaml at work."""

import datetime
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from oligoscope.chart.domains import chart_domains, item_domains
from oligoscope.chart.integrity import PATIENT_ITSELF, Rule, integrity
from oligoscope.chart.problems import Problem, shown
from oligoscope.chart.state import ChartState, concluded, field_values, holding, name_of_item, scalars, whole_state
from oligoscope.tables.domain import Domain
from oligoscope.vocabulary.fields import FieldSpec, ListSpec, lists, scalar_fields
from oligoscope.vocabulary.values import Value, as_number
from oligoscope.vocabulary.words import Case, Section


def contradictions(case: Case, state: ChartState) -> list[Problem]:
    """What a chart may not say, the first of each field."""
    found: dict[str, Problem] = {}
    for problem in _every_contradiction(case, state):
        found.setdefault(problem.field, problem)
    return list(found.values())


def _every_contradiction(case: Case, state: ChartState) -> Iterator[Problem]:
    """Every rule that the chart breaks, with the field and the value as it was written."""
    model = type(case)
    for rule, of, place in _broken_rules(case, state, "contradictions"):
        if of is None:
            written = {spec.name: (spec.path, value) for spec, value in scalars(case)}
            path, value = written[_field(rule.field, written)]
            yield _broken(rule, path, value.given)
        else:
            name, value = _of_item(case, of, place, rule.field)
            yield _broken(rule, f"{of.name}[{place}].{name}", value.given)
    for spec in lists(model):
        items: Sequence[Section] = getattr(case, spec.name) or ()
        for rule in integrity(model).about(spec.name).unique:
            names = [_of_item(case, spec, place, rule.field)[1].given for place in range(len(items))]
            seen: set[str] = set()
            for place, name in enumerate(names):
                if name and name in seen:
                    yield _broken(rule, f"{spec.name}[{place}].{rule.field}", name)
                seen.add(name)


def _broken_rules(
    case: Case, state: ChartState, part: Literal["contradictions", "checks"]
) -> Iterator[tuple[Rule, ListSpec | None, int]]:
    """Every rule that holds, with the list and the place of the item that it holds of."""
    rules = integrity(type(case))
    yield from ((rule, None, 0) for rule in getattr(rules.about(PATIENT_ITSELF), part) if rule.holds(state.patient))
    for spec in lists(type(case)):
        mine: Sequence[Rule] = getattr(rules.about(spec.name), part)
        broken = holding(mine, state.items[spec.name])
        yield from ((rule, spec, place) for place, found in enumerate(broken) for rule in found)


@dataclass(frozen=True)
class Check:
    """Something improbable: accepted, and said.

    fields: those that say it, as answers name them (`lesions.L1.size_cm`).  values: as written.
    """

    fields: tuple[str, ...]
    values: tuple[str, ...]
    text: str


def checks_of(case: Case, today: datetime.date) -> list[Check]:
    """What is improbable in a case that was accepted. today: the day it is asked on."""
    state = whole_state(case, as_number(today))
    scalars = field_values(case)
    found = []
    for rule, of, place in _broken_rules(case, state, "checks"):
        if of is None:
            said = [(name, scalars[name]) for name in (_field(each, scalars) for each in rule.fields)]
        else:
            item = getattr(case, of.name)[place]
            own = (_of_item(case, of, place, each) for each in rule.fields)
            said = [(f"{of.name}.{name_of_item(item, place)}.{name}", value) for name, value in own]
        said = [(name, value) for name, value in said if not value.is_unknown]
        found.append(Check(tuple(name for name, _ in said), tuple(value.given for _, value in said), rule.says))
    return found


def _broken(rule: Rule, path: str, given: str) -> Problem:
    return Problem(path, given, f"{shown(given)}: {rule.says}", rule.allowed, rule.fix)


def _field(name: str, known: Container[str]) -> str:
    """The field that a name of a rule stands for: the date of a procedure is written in the procedure's."""
    return name if name in known else name.removesuffix("_date")


def _of_item(case: Case, spec: ListSpec, place: int, name: str) -> tuple[str, Value]:
    """A field of an item that a rule names, and what is written there."""
    attributes = {field.name: field.attribute for field in spec.fields}
    name = _field(name, attributes)
    return name, getattr(getattr(case, spec.name)[place], attributes[name])


def with_consequences(case: Case, state: ChartState) -> Case:
    """The case with what its entries say without writing it."""
    model = type(case)
    rules = integrity(model)
    domains = chart_domains(model)
    for rule in rules.about(PATIENT_ITSELF).consequences:
        if rule.holds(state.patient):
            for name, mask in rule.then:
                case = _replaced(case, {spec.name: spec for spec in scalar_fields(model)}[name], domains[name], mask)
    for spec in lists(model):
        mine, content = rules.about(spec.name).consequences, getattr(case, spec.name)
        if mine and content:
            rules_of = holding(mine, state.items[spec.name])
            followed = tuple(map(partial(_item_with, spec, type(case)), content, rules_of))
            case = case.model_copy(update={spec.name: followed})
    return case


def _item_with(spec: ListSpec, model: type[Case], item: Section, rules: Sequence[Rule]) -> Section:
    """An item with what these rules say of it."""
    if not rules:
        return item
    domains, attributes = item_domains(spec.name, model), {field.name: field.attribute for field in spec.fields}
    changes = {attributes[name]: concluded(domains[name], mask) for rule in rules for name, mask in rule.then}
    return item.model_copy(update=changes)


def _replaced(case: Case, spec: FieldSpec, domain: Domain, mask: int) -> Case:
    *sections, _ = spec.path.split(".")
    change: dict[str, object] = {spec.attribute: concluded(domain, mask)}
    if sections:
        change = {sections[0]: getattr(case, sections[0]).model_copy(update=change)}
    return case.model_copy(update=change)
