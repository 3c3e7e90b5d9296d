"""What of a chart was not written as the vocabulary has it, and was read all the same."""

from collections.abc import Iterator
from dataclasses import dataclass

from oligoscope.chart.state import field_values, name_of_item
from oligoscope.vocabulary.fields import lists, scalar_fields
from oligoscope.vocabulary.values import FieldType, Quantity, Value
from oligoscope.vocabulary.words import Case


@dataclass(frozen=True)
class ReadAs:
    """One entry that was read as something else than what is written.

    field: as answers name it (`lesions.L1.size_cm`).  value: as the vocabulary has it, `unknown` included.  unit: of a
    number.  note: what a reader should know beside it.  "" for none.
    """

    field: str
    written: str
    value: str
    unit: str
    note: str


def read_as(case: Case) -> list[ReadAs]:
    """Every such entry, in the order of the vocabulary."""
    return [
        ReadAs(name, value.written, str(value), unit_of(kind, value), value.note)
        for name, kind, value in _written(case)
    ]


def unit_of(kind: FieldType, value: Value) -> str:
    """The unit of a known number; "" for anything else."""
    return kind.unit if isinstance(kind, Quantity) and not value.is_unknown else ""


def _written(case: Case) -> Iterator[tuple[str, FieldType, Value]]:
    """The entries written in other words, with their names and kinds."""
    values = field_values(case)
    for spec in scalar_fields(type(case)):
        if values[spec.name].written:
            yield spec.name, spec.kind, values[spec.name]
    for each in lists(type(case)):
        for place, item in enumerate(getattr(case, each.name) or ()):
            for field in each.fields:
                value: Value = getattr(item, field.attribute)
                if value.written:
                    yield f"{each.name}.{name_of_item(item, place)}.{field.name}", field.kind, value
