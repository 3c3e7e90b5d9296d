"""What a chart records and no rule reads."""

from collections.abc import Iterator, Sequence

from oligoscope.assess.patient import Assessment
from oligoscope.chart.state import field_values
from oligoscope.vocabulary.fields import FieldSpec, ListSpec, lists

SHOWN = frozenset({"case", "assessed", "charting", "lesions.id", "lesions.count", "local_treatment.lesion"})
"""Fields that say how a chart is read, or what it and its parts are called: not for rules."""


def not_used(assessment: Assessment) -> tuple[str, ...]:
    """The fields that a chart records and that nothing here reads, in the order of the vocabulary."""
    read = assessment.knowledge.read_fields | SHOWN
    recorded = [n for n, value in field_values(assessment.case).items() if n not in read and not value.is_unknown]
    for spec in lists(type(assessment.case)):
        unread = [field for field in spec.fields if f"{spec.name}.{field.name}" not in read]
        recorded += [f"{spec.name}.{name}" for name in _recorded(assessment, spec, unread)]
    return tuple(recorded)


def _recorded(assessment: Assessment, spec: ListSpec, fields: Sequence[FieldSpec]) -> Iterator[str]:
    """Those of the fields that some item of a list has more in than what silence says."""
    items = getattr(assessment.case, spec.name) or ()
    for field in fields:
        values = (getattr(item, field.attribute) for item in items)
        if any(not value.is_unknown and value != field.default for value in values):
            yield field.name
