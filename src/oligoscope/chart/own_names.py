"""Fields of a document whose names carry another unit, or none where the value does: under the field's own name."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from oligoscope.vocabulary.fields import lists
from oligoscope.vocabulary.naming import Kinds, other_unit, without_unit
from oligoscope.vocabulary.synonyms import factors
from oligoscope.vocabulary.values import FieldType, Quantity
from oligoscope.vocabulary.words import Case, Section

Place: TypeAlias = tuple[str | int, ...]


def with_own_names(document: Mapping[str, Any], case: type[Case]) -> tuple[dict[str, Any], dict[Place, Place]]:
    """The document with `size_mm: 22` written as `size_cm: 22 mm`, and by new place the old one of what moved.

    A name is only changed where the unit is certain: both stand in the value, or the field is not written anyway.
    """
    moved: dict[Place, Place] = {}
    found = dict(document)
    items = {spec.name for spec in lists(case)}
    for key, content in document.items():
        if key in items and isinstance(content, (list, tuple)):
            found[key] = [
                _renamed(each, (key, n), case, moved) if isinstance(each, Mapping) else each
                for n, each in enumerate(content)
            ]
        elif isinstance(content, Mapping) and key in case.model_fields:
            found[key] = _renamed(content, (key,), case, moved)
    return found, moved


def kinds_at(location: Place, case: type[Case]) -> dict[str, FieldType | None]:
    """Every name that may stand at a place of a case file, with the kind of those that are fields."""
    model: type[Section] = case
    items = {spec.name: spec.model for spec in lists(case)}
    for step in location:
        if isinstance(step, str):
            annotation = items.get(step) or model.model_fields[step].annotation
            assert isinstance(annotation, type)
            model = annotation
    return {
        info.alias or name: next((each for each in info.metadata if isinstance(each, FieldType)), None)
        for name, info in model.model_fields.items()
    }


def _renamed(content: Mapping[str, Any], place: Place, case: type[Case], moved: dict[Place, Place]) -> dict[str, Any]:
    kinds = kinds_at(place, case)
    if all(key in kinds for key in content):
        return dict(content)
    found = {}
    for key, raw in content.items():
        name, value = (key, raw) if key in kinds else next(_in_own_unit(str(key), raw, kinds), (key, raw))
        if name in content or name in found:
            name, value = key, raw
        elif name != key:
            moved[(*place, name)] = (*place, key)
        found[name] = value
    return found


def _in_own_unit(key: str, raw: object, kinds: Kinds) -> Iterator[tuple[str, object]]:
    """The field and the value with its unit, where both are certain."""
    field, unit = other_unit(key, kinds)
    kind = kinds.get(field)
    if isinstance(kind, Quantity):
        # `2|3` is a list too: each of its numbers has the unit, not the last alone.
        raw = raw.split("|") if isinstance(raw, str) and "|" in raw else raw
        parts = raw if isinstance(raw, (list, tuple)) else [raw]
        written = [Quantity.unit_in(part) if isinstance(part, str) else "" for part in parts]
        same = {factors(kind.unit).get(each) for each in written if each} <= {factors(kind.unit)[unit]}
        if same:
            with_unit = [_with_unit(part, unit, has) for part, has in zip(parts, written, strict=True)]
            yield field, with_unit if isinstance(raw, (list, tuple)) else with_unit[0]
    field = without_unit(key, kinds)
    kind = kinds.get(field)
    if isinstance(kind, Quantity) and isinstance(raw, str) and Quantity.unit_in(raw) in factors(kind.unit):
        yield field, raw


def _with_unit(part: object, unit: str, has: str) -> object:
    """A number with a unit behind it; words, such as unknown, and what has one stay as they are."""
    numeric = isinstance(part, (int, float)) or (isinstance(part, str) and any(map(str.isdigit, part)))
    return f"{part} {unit}" if numeric and not has and not isinstance(part, bool) else part
