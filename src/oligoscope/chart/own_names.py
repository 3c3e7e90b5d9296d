"""Fields of a document whose names carry another unit, or none where the value does: under the field's own name."""

import re
from collections.abc import Mapping
from functools import cache
from typing import TypeAlias

from oligoscope.chart.integrity import Plain
from oligoscope.vocabulary.fields import lists, sections
from oligoscope.vocabulary.naming import Kinds, other_unit, without_unit
from oligoscope.vocabulary.synonyms import factors
from oligoscope.vocabulary.values import NUMBER_ENDS, FieldType, Quantity
from oligoscope.vocabulary.words import Case, Section

Place: TypeAlias = tuple[str | int, ...]


def with_own_names(document: Mapping[str, Plain], case: type[Case]) -> tuple[dict[str, Plain], dict[Place, Place]]:
    """The document with `size_mm: 22` written as `size_cm: 22 mm`, and by new place the old one of what moved.

    A name is changed only where the field is not written besides; where both are, the name is no field.
    """
    moved: dict[Place, Place] = {}
    found = dict(document)
    items = {spec.name for spec in lists(case)}
    for key, content in document.items():
        if key in items and isinstance(content, (list, tuple)):
            kinds = kinds_at((key,), case)
            found[key] = [
                _renamed(each, (key, n), kinds, moved) if isinstance(each, Mapping) else each
                for n, each in enumerate(content)
            ]
        elif isinstance(content, Mapping) and key in sections(case):
            found[key] = _renamed(content, (key,), kinds_at((key,), case), moved)
    return found, moved


def kinds_at(location: Place, case: type[Case]) -> Mapping[str, FieldType | None]:
    """Every name that may stand at a place of a case file, with the kind of those that are fields."""
    model: type[Section] = case
    items = {spec.name: spec.model for spec in lists(case)}
    for step in location:
        if isinstance(step, str):
            annotation = items.get(step) or model.model_fields[step].annotation
            assert isinstance(annotation, type)
            model = annotation
    return _kinds_of(model)


@cache
def _kinds_of(model: type[Section]) -> Mapping[str, FieldType | None]:
    return {
        info.alias or name: next((each for each in info.metadata if isinstance(each, FieldType)), None)
        for name, info in model.model_fields.items()
    }


def _renamed(content: Mapping[str, Plain], place: Place, kinds: Kinds, moved: dict[Place, Place]) -> dict[str, Plain]:
    if all(key in kinds for key in content):
        return dict(content)
    found = {}
    for key, raw in content.items():
        name, value = (key, raw) if key in kinds else _in_own_unit(str(key), raw, kinds) or (key, raw)
        if name != key and (name in content or name in found):
            name, value = key, raw
        if name != key:
            moved[(*place, name)] = (*place, key)
        found[name] = value
    return found


def _in_own_unit(key: str, raw: object, kinds: Kinds) -> tuple[str, object] | None:
    """The field and the value with its unit, where the unit is certain. A unit in the value itself wins."""
    field, unit = other_unit(key, kinds)
    if field:
        parts = [_with_unit(part, unit) for part in raw] if isinstance(raw, (list, tuple)) else _with_unit(raw, unit)
        return field, parts
    field = without_unit(key, kinds)
    kind = kinds.get(field)
    if isinstance(kind, Quantity) and isinstance(raw, str) and Quantity.unit_in(raw) in factors(kind.unit):
        return field, raw
    return None


def _with_unit(part: object, unit: str) -> object:
    """A number with a unit behind it; words, such as unknown, and what has one stay as they are."""
    if isinstance(part, bool) or not isinstance(part, (str, int, float)):
        return part
    return re.sub(NUMBER_ENDS, rf"\1 {unit}\2", str(part))
