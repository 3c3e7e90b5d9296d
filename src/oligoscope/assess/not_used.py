"""What a chart records and no rule reads."""

from collections.abc import Iterator

from oligoscope.assess.patient import Assessment
from oligoscope.chart.state import field_values
from oligoscope.vocabulary.fields import ListSpec, lists

SHOWN = frozenset({"case", "assessed", "charting", "lesions.id", "lesions.count", "local_treatment.lesion"})
"""Fields that say how a chart is read, or what it and its parts are called: not for rules."""


def not_used(assessment: Assessment) -> tuple[str, ...]:
    """The fields that a chart records and that nothing here reads, in the order of the vocabulary."""
    read = assessment.knowledge.read_fields | SHOWN
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
