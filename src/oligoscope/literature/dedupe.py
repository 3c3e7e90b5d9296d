"""Records that are one are grouped, those of one study are linked; what a person took apart stays apart."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from oligoscope.literature.likeness import Plain, compare, plain
from oligoscope.literature.record import Record

_LARGEST = 60
"""Records with one key, beyond which only neighbours in the order of their titles are compared: a key that thousands
share (an author's name and a year) tells little, and their pairs would be millions."""
_NEIGHBOURS = 12
_EVERY = 1_000
"""Keys after which it is told how far it is."""
OnKeys = Callable[[int, int], object]
"""Told how many keys are gone through, and of how many."""


@dataclass(frozen=True)
class Pair:
    """Two records and what they are to each other. relation: "same" or the kinship."""

    one: int
    other: int
    relation: str
    reason: str


@dataclass(frozen=True)
class Found:
    """heads: the first record of its group, for each record that is not itself the first.  same: why.  kin: links
    between groups.
    """

    heads: Mapping[int, int]
    same: tuple[Pair, ...]
    kin: tuple[Pair, ...]


def dedupe(
    records: Mapping[int, Record], apart: Collection[tuple[int, int]] = (), on_keys: OnKeys = lambda *_: None
) -> Found:
    """Groups of records that are one, and links between records of one study.

    records: by id.  apart: pairs (lower id first) that a person took apart; they never come into one group.  on_keys:
    told how far it is.
    """
    compared = {key: plain(record) for key, record in records.items()}
    pairs = []
    for one, other in _candidates(compared, on_keys):
        if (one, other) not in apart:
            verdict = compare(compared[one], compared[other])
            if verdict.relation:
                pairs.append(Pair(one, other, verdict.relation, verdict.reason))
    return _grouped(pairs, apart)


def _grouped(pairs: list[Pair], apart: Collection[tuple[int, int]]) -> Found:
    members: dict[int, list[int]] = {}
    heads: dict[int, int] = {}
    same: list[Pair] = []
    separated = set(apart)
    for pair in sorted((pair for pair in pairs if pair.relation == "same"), key=lambda pair: (pair.one, pair.other)):
        one, other = heads.get(pair.one, pair.one), heads.get(pair.other, pair.other)
        if one == other:
            continue
        low, high = sorted((one, other))
        left, right = members.get(low, [low]), members.get(high, [high])
        if separated and any((min(a, b), max(a, b)) in separated for a in left for b in right):
            continue
        same.append(pair)
        members[low] = left + right
        members.pop(high, None)
        heads |= dict.fromkeys(right, low)
    linked: dict[tuple[int, int], Pair] = {}
    for pair in pairs:
        one, other = sorted((heads.get(pair.one, pair.one), heads.get(pair.other, pair.other)))
        if pair.relation != "same" and one != other:
            linked.setdefault((one, other), Pair(one, other, pair.relation, pair.reason))
    return Found(heads, tuple(same), tuple(linked.values()))


def _candidates(compared: Mapping[int, Plain], on_keys: OnKeys) -> Iterator[tuple[int, int]]:
    """Pairs that share a key, each once, the lower id first."""
    shared: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for key, each in compared.items():
        for name in _keys(each):
            shared[name].append(key)
    seen: set[tuple[int, int]] = set()
    for number, keys in enumerate(shared.values()):
        if number % _EVERY == 0:
            on_keys(number, len(shared))
        if len(keys) < 2:
            continue
        ordered = sorted(keys, key=lambda key: (compared[key].title, key))
        reach = len(ordered) if len(ordered) <= _LARGEST else _NEIGHBOURS
        for place, one in enumerate(ordered):
            for other in ordered[place + 1 : place + 1 + reach]:
                pair = (min(one, other), max(one, other))
                if pair not in seen:
                    seen.add(pair)
                    yield pair


def _keys(each: Plain) -> Iterator[tuple[str, ...]]:
    """What two records of one report are likely to share, whichever half of them is misprinted."""
    if each.doi:
        yield "doi", each.doi
    if each.pmid:
        yield "pmid", each.pmid
    for name in each.registry:
        yield "registry", name
    if each.title:
        yield "begins", each.title[:20]
        yield "ends", each.title[-20:]
        yield "middle", each.title[len(each.title) // 2 :][:16]
    if each.author and each.year:
        yield "author", each.author, str(each.year)
    if each.page and each.volume:
        yield "place", each.volume, each.page
