"""What a chart records and no rule reads."""

from collections.abc import Iterator

from oligoscope.assess.patient import Assessment
from oligoscope.chart.document import field_values
from oligoscope.knowledge import Knowledge
from oligoscope.tables.compile import CompiledTable
from oligoscope.tables.facts import Fact
from oligoscope.vocabulary.fields import ListSpec, lists

SHOWN = frozenset({"case", "assessed", "charting", "lesions.id", "lesions.count", "local_treatment.lesion"})
"""Fields that say how a chart is read, or what it and its parts are called: not for rules."""


def read_fields(knowledge: Knowledge) -> frozenset[str]:
    """The chart fields that some fact, table or trial reads, those of items as `lesions.size_cm`."""
    found = set(SHOWN)
    for step in knowledge.steps:
        found |= set(_of_fact(step) if isinstance(step, Fact) else _of_table(step))
    for trial in knowledge.trials:
        found |= set(trial.table.inputs) if trial.table else set()
    return frozenset(name.removesuffix("_date") if name.startswith("staging.") else name for name in found)


def _of_table(table: CompiledTable) -> Iterator[str]:
    yield from table.reads
    yield from (f"{table.list_name}.{name}" for name in table.fields_of_item)


def _of_fact(fact: Fact) -> Iterator[str]:
    yield from fact.reads
    if fact.folds:
        own = (*(fact.where.inputs if fact.where else ()), fact.item, fact.joined_by)
        yield from (f"{fact.of[0]}.{name}" for name in own if name)
    elif fact.list_name:
        yield from (f"{fact.list_name}.{name}" for name in (*fact.of, *(fact.given.inputs if fact.given else ())))


def not_used(assessment: Assessment) -> tuple[str, ...]:
    """The fields that a chart records and that nothing here reads, in the order of the vocabulary."""
    read = read_fields(assessment.knowledge)
    recorded = [name for name, value in field_values(assessment.case).items() if not value.is_unknown]
    recorded += [name for spec in lists(type(assessment.case)) for name in _recorded(assessment, spec)]
    return tuple(name for name in recorded if name not in read)


def _recorded(assessment: Assessment, spec: ListSpec) -> Iterator[str]:
    """The fields that some item of a list has more in than what silence says."""
    items = getattr(assessment.case, spec.name) or ()
    for field in spec.fields:
        values = (getattr(item, field.attribute) for item in items)
        if any(not value.is_unknown and value != field.default for value in values):
            yield f"{spec.name}.{field.name}"
