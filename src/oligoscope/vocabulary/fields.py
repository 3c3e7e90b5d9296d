"""The fields of the vocabulary as lists: what templates, schema, dictionary and the readers are derived from.

Everything here is read off the `Case` model, so a field or a list is written once, in `words`. Every function takes the
case model, so that a vocabulary with more fields or lists (a subclass of `Case`) is read by the same code.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from functools import cache, cached_property
from operator import attrgetter
from typing import get_args

from pydantic.fields import FieldInfo

from oligoscope.vocabulary.values import FieldType, Value
from oligoscope.vocabulary.words import Case, ListRole, Section, Unremarkable


@dataclass(frozen=True)
class FieldSpec:
    """One field. name: as tables and answers write it (primary.n).  column: as a flat cohort writes it (primary_n).

    path: where a case file has it.  attribute: its name in the section's Python class.  kind: what it may hold.
    definition: in words.  default: what silence means.  unremarkable: what it is taken for where a chart that is kept
    by exception leaves it out.
    """

    name: str
    column: str
    path: str
    attribute: str
    kind: FieldType
    definition: str
    default: Value
    unremarkable: Value | None = None


@dataclass(frozen=True)
class ListSpec:
    """One list of a case. name: lesions.  item: lesion, what one entry is called.  model: the class of its items.

    none_if_empty, follow_up, planned, named_by: see `ListRole`.
    """

    name: str
    item: str
    model: type[Section]
    fields: tuple[FieldSpec, ...]
    none_if_empty: bool
    follow_up: bool
    planned: bool
    named_by: str

    @cached_property
    def said(self) -> Callable[[Section], Hashable]:
        """All that an item says but what it is called. Items that say the same are worked on once: 10,000 lesions say
        some 800 things.
        """
        return attrgetter(*(field.attribute for field in self.fields if field.name != "id"))


@cache
def scalar_fields(case: type[Case] = Case) -> tuple[FieldSpec, ...]:
    """Every field of which a case has one; the patient's carry no prefix in names and columns."""
    found = []
    for section, model in (("", case), *_sections(case)):
        prefix = "" if section in ("", "patient") else f"{section}."
        for spec in _fields_of(model):
            path = f"{section}.{spec.name}" if section else spec.name
            name = f"{prefix}{spec.name}"
            column = name.replace(".", "_")
            found.append(replace(spec, name=name, column=column, path=path))
    return tuple(found)


@cache
def lists(case: type[Case] = Case) -> tuple[ListSpec, ...]:
    """Every list of a case.

    >>> [(spec.name, spec.item) for spec in lists()][:2]
    [('systemic_therapy', 'systemic_therapy'), ('lesions', 'lesion')]
    """
    found = []
    for name, info in case.model_fields.items():
        role = next((m for m in info.metadata if isinstance(m, ListRole)), None)
        if role is not None:
            model = _item_model(info)
            own = tuple(_fields_of(model))
            how = (role.none_if_empty, role.follow_up, role.planned, role.named_by)
            found.append(ListSpec(name, role.item, model, own, *how))
    return tuple(found)


@cache
def list_fields(list_name: str, case: type[Case] = Case) -> tuple[FieldSpec, ...]:
    """The fields of one list's items. KeyError when a case has no such list."""
    return {spec.name: spec for spec in lists(case)}[list_name].fields


def _item_model(info: FieldInfo) -> type[Section]:
    """The class of the items in `tuple[Item, ...] | None`."""
    return next(
        part
        for option in get_args(info.annotation)
        for part in get_args(option)
        if isinstance(part, type) and issubclass(part, Section)
    )


@cache
def sections(case: type[Case] = Case) -> frozenset[str]:
    """The parts of a case that hold fields of their own: patient, primary."""
    return frozenset(name for name, _ in _sections(case))


def _sections(case: type[Case]) -> tuple[tuple[str, type[Section]], ...]:
    return tuple(
        (name, info.annotation)
        for name, info in case.model_fields.items()
        if isinstance(info.annotation, type) and issubclass(info.annotation, Section)
    )


def _fields_of(model: type[Section]) -> list[FieldSpec]:
    found = []
    for attribute, info in model.model_fields.items():
        kind = next((m for m in info.metadata if isinstance(m, FieldType)), None)
        if kind is not None:
            name = info.alias or attribute
            silent = info.get_default(call_default_factory=True, validated_data={})
            usual = next((m.value for m in info.metadata if isinstance(m, Unremarkable)), None)
            found.append(FieldSpec(name, name, name, attribute, kind, info.description or "", silent, usual))
    return found
