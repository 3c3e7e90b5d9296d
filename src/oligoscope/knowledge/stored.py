"""Typed facts and tables as JSON and back, for the cache. Nothing is ever run: only the classes named here are made.

Every list begins with what it is: the name of a class, then its fields in order; FLAT, then plain values; or NESTED,
then whatever. Of 40,000 values two thirds stand in flat lists, which need no look at each: 20 ms in place of 45.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from oligoscope.files.documents import Plain

FLAT, NESTED = 0, 1


def to_plain(value: Any) -> Plain:
    """Dataclasses and tuples as lists.

    >>> to_plain(((1, 2), "x"))
    [1, [0, 1, 2], 'x']
    """
    if is_dataclass(value) and not isinstance(value, type):
        return [type(value).__name__, *(to_plain(getattr(value, name)) for name in _names(type(value)))]
    if isinstance(value, Mapping):
        return {key: to_plain(entry) for key, entry in value.items()}
    if not isinstance(value, (tuple, list)):
        return value
    plain = [to_plain(entry) for entry in value]
    return [NESTED if any(isinstance(entry, (list, dict)) for entry in plain) else FLAT, *plain]


def from_plain(value: Plain, classes: Mapping[str, type[Any]]) -> Any:
    """What `to_plain` made plain, of these classes. KeyError or TypeError for anything else.

    >>> from_plain([1, [0, 1, 2], "x"], {})
    ((1, 2), 'x')
    """

    def made(value: Plain) -> Any:
        if type(value) is list:
            kind, *content = value
            if kind == FLAT:
                return tuple(content)
            return tuple(map(made, content)) if kind == NESTED else classes[kind](*map(made, content))
        return {key: made(entry) for key, entry in value.items()} if type(value) is dict else value

    return made(value)


@cache
def _names(made: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(made))
