"""What is taken for granted of a chart that is kept by exception, and what of any chart."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from oligoscope.chart.domains import chart_domains, possible_of
from oligoscope.chart.integrity import PATIENT_ITSELF, integrity, references
from oligoscope.chart.state import concluded, scalars, state_of
from oligoscope.vocabulary.fields import ListSpec, lists
from oligoscope.vocabulary.values import Value
from oligoscope.vocabulary.words import Case, Section


class Assumption(NamedTuple):
    """What a field that the chart leaves out is taken for. fields: those whose being left out it rests on."""

    value: Value
    fields: tuple[str, ...]


class Assumptions(NamedTuple):
    """Everything that is assumed of a chart.

    of_patient: by field.  of_items: by list, of each of its items by field.
    """

    of_patient: Mapping[str, Assumption]
    of_items: Mapping[str, Sequence[Mapping[str, Assumption]]]

    @property
    def told(self) -> dict[str, Assumption]:
        """All of it by field, of items once for all of them (`lesions.prior_radiotherapy`)."""
        found = dict(self.of_patient)
        for list_name, items in self.of_items.items():
            found |= {f"{list_name}.{name}": each for own in items for name, each in own.items()}
        return found


def by_exception(case: Case) -> bool:
    """Whether a chart says that what it leaves out is unremarkable."""
    return case.charting.labels == ("by_exception",)


def assumptions_of(case: Case) -> Assumptions:
    """What is assumed of a chart; nothing of a field that is written, be it as unknown."""
    return Assumptions(_of_patient(case), {spec.name: _of_items(case, spec) for spec in lists(type(case))})


def _of_patient(case: Case) -> dict[str, Assumption]:
    model = type(case)
    rules, domains = integrity(model).about(PATIENT_ITSELF), chart_domains(model)
    silent = {spec.name: spec for spec, value in scalars(case) if value.left_out}
    found: dict[str, Assumption] = {}
    if by_exception(case):
        found = {name: Assumption(spec.unremarkable, (name,)) for name, spec in silent.items() if spec.unremarkable}
    state = state_of(case, int(case.assessed.low))
    for rule in rules.assumptions:
        if rule.holds(state):
            for name, mask in rule.then:
                if name in silent:
                    found.setdefault(name, Assumption(concluded(domains[name], mask), (name,)))
    assumed = {name: possible_of(each.value, domains[name]) for name, each in found.items()}
    for rule in rules.consequences if found else ():
        behind = tuple(sorted(name for name in rule.reads if name in found))
        if behind and rule.holds({**state, **assumed}):
            for name, mask in rule.then:
                if name in silent:
                    found.setdefault(name, Assumption(concluded(domains[name], mask), behind))
    return found


def _of_items(case: Case, spec: ListSpec) -> list[dict[str, Assumption]]:
    """Of each item of a list, by field. Of an item that another list speaks of nothing is assumed."""
    items: Sequence[Section] = getattr(case, spec.name) or ()
    usual = [field for field in spec.fields if field.unremarkable]
    if not by_exception(case) or not usual:
        return [{} for _ in items]
    spoken_of = {
        getattr(other, field.attribute).given
        for each in lists(type(case))
        for field, target in references(each.name, type(case))
        if target.name == spec.name
        for other in getattr(case, each.name) or ()
    }
    return [
        {
            field.name: Assumption(field.unremarkable, (f"{spec.name}.{field.name}",))
            for field in usual
            if field.unremarkable and getattr(item, field.attribute).left_out and not _may_be(item, spoken_of)
        }
        for item in items
    ]


def _may_be(item: Section, spoken_of: set[str]) -> bool:
    """Whether an item may be one of those that are named; without a name on either side it may be any."""
    own: Value | None = getattr(item, "id", None)
    name = own.given if own else ""
    return name in spoken_of or "" in spoken_of or (not name and bool(spoken_of))
