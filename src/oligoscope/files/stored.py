"""Typed facts, tables and trials as JSON and back, for the cache. Nothing is ever run: only the classes named are made.

Every value stands once, in a list, after the values it is made of: a plain one as itself, any other as what it is (the
name of a class, TUPLE, LIST or MAPPING) and then the places of its parts. Tables repeat themselves (a rule stands in
its table and beside its grid, a citation in many rules): of some 50,000 values 6,000 are left to make.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from pydantic import BaseModel

from oligoscope.files.documents import Plain

TUPLE, LIST, MAPPING = 0, 1, 2


def to_plain(value: object) -> list[Plain]:
    """Dataclasses, named tuples, Pydantic models, tuples, lists, mappings and plain values as one list.

    >>> to_plain((("x", 2), ("x", 2)))
    ['x', 2, [0, 0, 1], [0, 2, 2]]
    """
    written: list[Plain] = []
    places: dict[tuple[object, ...], int] = {}

    def place(value: object) -> int:
        kind, parts = _apart(value)
        # 1, 1.0 and True are equal, and must not stand for one another.
        key = (type(value), value) if kind is None else (kind, *map(place, parts))
        if key not in places:
            places[key] = len(written)
            written.append(value if kind is None else [kind, *key[1:]])
        return places[key]

    place(value)
    return written


def from_plain(written: list[Plain], classes: Mapping[str, type[object]]) -> Any:
    """What `to_plain` made plain, of these classes. KeyError, IndexError, TypeError or ValueError for anything else.

    >>> from_plain(["x", 2, [0, 0, 1], [0, 2, 2]], {})
    (('x', 2), ('x', 2))
    """
    makers: dict[int | str, Callable[[Iterable[object]], object]] = {TUPLE: tuple, LIST: list, MAPPING: _mapping}
    makers |= {name: _maker(made) for name, made in classes.items()}
    values: list[object] = []
    for entry in written:
        values.append(makers[entry[0]](map(values.__getitem__, entry[1:])) if type(entry) is list else entry)
    return values[-1]


def _apart(value: Any) -> tuple[int | str | None, Iterable[object]]:
    """What a value is, None for a plain one, and its parts."""
    names = parts_of(value.__class__)
    if names is not None:
        return type(value).__name__, [getattr(value, name) for name in names]
    if isinstance(value, Mapping):
        return MAPPING, [part for pair in value.items() for part in pair]
    if isinstance(value, (tuple, list)):
        return TUPLE if isinstance(value, tuple) else LIST, value
    return None, ()


def _mapping(parts: Iterable[object]) -> dict[object, object]:
    each = iter(parts)
    return dict(zip(each, each, strict=True))


def _maker(made: type[object]) -> Callable[[Iterable[Any]], object]:
    """How one is made of its parts. A model was checked before it was kept, and building its checks takes 14 ms."""
    if issubclass(made, BaseModel):
        return lambda parts: made.model_construct(**dict(zip(made.model_fields, parts, strict=True)))
    return lambda parts: made(*parts)


@cache
def parts_of(made: type[object]) -> tuple[str, ...] | None:
    """The names of the parts of a dataclass, a named tuple or a Pydantic model; None for any other type."""
    if issubclass(made, BaseModel):
        return tuple(made.model_fields)
    if is_dataclass(made):
        return tuple(field.name for field in fields(made))
    named: tuple[str, ...] | None = getattr(made, "_fields", None)
    return named
