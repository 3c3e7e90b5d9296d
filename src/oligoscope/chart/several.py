"""Entries of a list that stand for several, each as so many entries: `{organ: bone, count: 2}` is two lesions.

What is no whole number stays as it is, and is refused where the field is read.
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from oligoscope.vocabulary.fields import ListSpec, lists
from oligoscope.vocabulary.values import HowMany
from oligoscope.vocabulary.words import Case

Place: TypeAlias = tuple[str | int, ...]


def standing_for(spec: ListSpec) -> HowMany | None:
    """The kind of the field in which an entry of a list says for how many it stands."""
    return next((each.kind for each in spec.fields if isinstance(each.kind, HowMany)), None)


def each_apart(document: Mapping[str, Any], case: type[Case]) -> tuple[dict[str, Any], dict[Place, Place]]:
    """The document with an entry for each, and by new place of an entry its old one.

    >>> each_apart({"lesions": [{"id": "B", "organ": "bone", "count": 2}]}, Case)[0]["lesions"]
    [{'id': 'B-1', 'organ': 'bone', 'count': 2}, {'id': 'B-2', 'organ': 'bone', 'count': 2}]
    """
    found, moved = dict(document), dict[Place, Place]()
    for spec in lists(case):
        entries = document.get(spec.name)
        kind = standing_for(spec)
        if kind is None or not isinstance(entries, (list, tuple)):
            continue
        apart = [(place, each) for place, entry in enumerate(entries) for each in _apart(entry, kind)]
        if len(apart) > len(entries):
            found[spec.name] = [each for _, each in apart]
            moved |= {(spec.name, new): (spec.name, old) for new, (old, _) in enumerate(apart)}
    return found, moved


def _apart(entry: object, kind: HowMany) -> Iterator[object]:
    number = how_many(entry.get("count"), kind) if isinstance(entry, Mapping) else 1
    if number == 1 or not isinstance(entry, Mapping):
        yield entry
        return
    for n in range(1, number + 1):
        yield {**entry, "id": f"{entry['id']}-{n}"} if entry.get("id") is not None else entry


def how_many(raw: object, kind: HowMany) -> int:
    """For how many an entry stands; 1 where that is not one of the numbers allowed."""
    text = str(raw).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= kind.high else 1
