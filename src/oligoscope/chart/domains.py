"""The vocabulary as the table language sees it: of each field what it can be, of each value the part still possible."""

from functools import cache

from oligoscope.tables.domain import FLAG, Choices, Dates, Domain, Numbers, Possible
from oligoscope.vocabulary.fields import FieldSpec, list_fields, scalar_fields
from oligoscope.vocabulary.values import (
    Choice,
    Day,
    FieldType,
    Flag,
    PresumedFlag,
    Procedure,
    Quantity,
    Scale,
    Text,
    Value,
)
from oligoscope.vocabulary.words import Case


def domain_of(kind: FieldType) -> Domain:
    """The domain that tables see of a kind of field. TypeError for free text, which tables cannot read."""
    match kind:
        case PresumedFlag():
            return Choices(kind.labels)
        case Flag():
            return FLAG
        case Choice():
            return Choices(kind.labels)
        case Scale():
            return Choices(kind.steps)
        case Quantity():
            return Numbers(kind.whole, kind.low, kind.high, kind.unit)
        case Day():
            return Dates()
    raise TypeError(f"{type(kind).__name__} is not for tables")


def possible_of(value: Value, domain: Domain) -> Possible:
    """The part of a domain that a value leaves possible."""
    if isinstance(domain, Choices):
        return domain.everything if value.labels is None else domain.mask(value.labels)
    return (value.low, value.high)


@cache
def chart_domains(case: type[Case] = Case) -> dict[str, Domain]:
    """Every scalar field's domain, by its name; the date of a procedure is a field of its own."""
    return _domains(scalar_fields(case))


@cache
def item_domains(list_name: str, case: type[Case] = Case) -> dict[str, Domain]:
    """The domain of every field of a list's items."""
    return _domains(list_fields(list_name, case))


def _domains(fields: tuple[FieldSpec, ...]) -> dict[str, Domain]:
    found: dict[str, Domain] = {}
    for spec in fields:
        if not isinstance(spec.kind, Text):
            found[spec.name] = domain_of(spec.kind)
        if isinstance(spec.kind, Procedure):
            found[f"{spec.name}_date"] = Dates()
    return found
