"""Entries of a list that stand for several, each as so many entries: `{organ: bone, count: 2}` is two lesions,
`{lesions: [L1, L2]}` a plan for each.

What is no whole number stays as it is, and is refused where the field is read.
"""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from oligoscope.vocabulary.fields import ListSpec, lists
from oligoscope.vocabulary.values import HowMany, Names
from oligoscope.vocabulary.words import Case

Place: TypeAlias = tuple[str | int, ...]


def standing_for(spec: ListSpec) -> HowMany | None:
    """The kind of the field in which an entry of a list says for how many it stands."""
    return next((each.kind for each in spec.fields if isinstance(each.kind, HowMany)), None)


def each_apart(document: Mapping[str, object], case: type[Case]) -> tuple[dict[str, object], dict[Place, Place]]:
    """The document with an entry for each, and by new place of an entry its old one.

    >>> each_apart({"lesions": [{"id": "B", "organ": "bone", "count": 2}]}, Case)[0]["lesions"]
    [{'id': 'B-1', 'organ': 'bone', 'count': 2}, {'id': 'B-2', 'organ': 'bone', 'count': 2}]
    """
    found, moved = dict(document), dict[Place, Place]()
    for spec in lists(case):
        entries = document.get(spec.name)
        kind, naming = standing_for(spec), naming_several(spec)
        if not (kind or naming) or not isinstance(entries, (list, tuple)):
            continue
        one_by_one = [_apart(entry, kind) if kind else _each_named(entry, naming) for entry in entries]
        apart = [(place, each) for place, several in enumerate(one_by_one) for each in several]
        if len(apart) > len(entries):
            found[spec.name] = [each for _, each in apart]
            moved |= {(spec.name, new): (spec.name, old) for new, (old, _) in enumerate(apart)}
    return found, moved


def naming_several(spec: ListSpec) -> str:
    """The field in which an entry of a list names several items of another; empty where there is none."""
    return next((each.column for each in spec.fields if isinstance(each.kind, Names)), "")


def names_in(raw: object) -> list[str]:
    """The names in a list, or in a text with | between them.

    >>> names_in("L1|L2"), names_in(["L1"]), names_in("")
    (['L1', 'L2'], ['L1'], [])
    """
    each = raw if isinstance(raw, (list, tuple)) else str(raw).split("|")
    return [name for one in each if (name := str(one).strip())]


def _each_named(entry: object, naming: str) -> Iterator[object]:
    names = names_in(entry[naming]) if isinstance(entry, Mapping) and entry.get(naming) is not None else []
    if len(names) < 2 or not isinstance(entry, Mapping):
        yield entry
        return
    yield from ({**entry, naming: name} for name in names)


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
