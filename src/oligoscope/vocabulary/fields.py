"""The fields of the vocabulary as a list: what templates, schema, dictionary and the cohort reader are derived from."""

from dataclasses import dataclass
from functools import cache

from oligoscope.vocabulary.values import FieldType, Value
from oligoscope.vocabulary.words import (
    Case,
    Lesion,
    LocalTreatment,
    Outcome,
    Patient,
    Primary,
    Recist,
    Section,
    Staging,
    SystemicTherapy,
)

LISTS: dict[str, type[Section]] = {
    "lesions": Lesion,
    "systemic_therapy": SystemicTherapy,
    "local_treatment": LocalTreatment,
    "outcomes": Outcome,
}
_SECTIONS: tuple[tuple[str, type[Section]], ...] = (
    ("", Case),
    ("patient", Patient),
    ("primary", Primary),
    ("staging", Staging),
    ("recist", Recist),
)


@dataclass(frozen=True)
class FieldSpec:
    """One field. name: as tables and answers write it (primary.n).  column: as a flat cohort writes it (primary_n).

    path: where a case file has it.  kind: what it may hold.  definition: in words.  default: what silence means.
    """

    name: str
    column: str
    path: str
    kind: FieldType
    definition: str
    default: Value


@cache
def scalar_fields() -> tuple[FieldSpec, ...]:
    """Every field of which a case has one; the patient's carry no prefix."""
    found = []
    for section, model in _SECTIONS:
        prefix = "" if section in ("", "patient") else f"{section}."
        for spec in _fields_of(model):
            path = f"{section}.{spec.name}" if section else spec.name
            name = f"{prefix}{spec.name}"
            found.append(FieldSpec(name, name.replace(".", "_"), path, spec.kind, spec.definition, spec.default))
    return tuple(found)


@cache
def list_fields(list_name: str) -> tuple[FieldSpec, ...]:
    """The fields of one list's items."""
    return tuple(_fields_of(LISTS[list_name]))


def _fields_of(model: type[Section]) -> list[FieldSpec]:
    found = []
    for attribute, info in model.model_fields.items():
        kind = next((m for m in info.metadata if isinstance(m, FieldType)), None)
        if kind is not None:
            name = info.alias or attribute
            found.append(
                FieldSpec(name, name, name, kind, info.description or "", info.get_default(call_default_factory=True))
            )
    return found


def attribute(name: str) -> str:
    """The Python attribute of a field (class is a keyword)."""
    return f"{name}_" if name == "class" else name
