"""The flow of a review after PRISMA 2020, counted from the log: each number is a list of records."""

from collections.abc import Mapping
from dataclasses import dataclass

from oligoscope.literature.protocol import Protocol, protocol
from oligoscope.literature.screening import settled
from oligoscope.literature.store import Decision, Source, Store

NOT_RETRIEVED = "not retrieved"
"""The reason that stands for a report that nobody could get: PRISMA counts it apart from what was assessed."""


@dataclass(frozen=True)
class Box:
    """A number of the flow: its name, its words, its records. by: the same, parted by database or by reason."""

    name: str
    title: str
    records: tuple[int, ...]
    by: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Flow:
    """Boxes by name, in the order of reading. round: of the search that is shown; earlier ones are one box.

    protocol: what the review planned.
    """

    boxes: Mapping[str, Box]
    round: int
    protocol: Protocol


def flow(store: Store, readers: int = 1) -> Flow:
    """The flow of the last round. readers: how many must agree before a decision stands."""
    heads, sources, decisions = store.heads(), {each.id: each for each in store.sources()}, store.decisions()
    source_of = {key: sources[source] for key, source in store.source_of().items()}
    last = store.round()
    first_round: dict[int, int] = {}
    for key, source in source_of.items():
        head = heads.get(key, key)
        first_round[head] = min(first_round.get(head, last), source.round)
    now = [key for key, source in source_of.items() if source.round == last]
    new = {head for head, number in first_round.items() if number == last}
    titles = settled([each for each in decisions if each.stage == "abstract"], heads, readers)
    texts = settled([each for each in decisions if each.stage == "full_text"], heads, readers)
    boxes = [
        *_previous(first_round, last, texts),
        *_identified(now, source_of, {key for key in now if heads.get(key, key) == key and key in new}),
        *_screened(new, titles),
        *_assessed({key for key in new if key in titles and titles[key].verdict == "include"}, texts),
    ]
    return Flow({box.name: box for box in boxes}, last, protocol(store))


def _previous(first_round: Mapping[int, int], last: int, texts: Mapping[int, Decision]) -> list[Box]:
    if last < 2:
        return []
    kept = [key for key, number in first_round.items() if number < last and key in texts]
    return [
        _box("previous", "Reports included in previous versions", [k for k in kept if texts[k].verdict == "include"])
    ]


def _identified(now: list[int], source_of: Mapping[int, Source], distinct: set[int]) -> list[Box]:
    by: dict[str, list[int]] = {}
    for key in now:
        source = source_of[key]
        by.setdefault(source.database if source.fetched else f"{source.database} (imported file)", []).append(key)
    return [
        _box("identified", "Records identified", now, by),
        _box("duplicates", "Duplicate records removed", [key for key in now if key not in distinct]),
    ]


def _screened(new: set[int], titles: Mapping[int, Decision]) -> list[Box]:
    decided = [key for key in new if key in titles]
    return [
        _box("waiting", "Records not yet screened", [key for key in new if key not in titles]),
        _box("screened", "Records screened", decided),
        _box("excluded", "Records excluded", [key for key in decided if titles[key].verdict == "exclude"]),
    ]


def _assessed(sought: set[int], texts: Mapping[int, Decision]) -> list[Box]:
    out = [key for key in sought if key in texts and texts[key].verdict == "exclude"]
    missing = [key for key in out if texts[key].reason.strip().lower() == NOT_RETRIEVED]
    reasons: dict[str, list[int]] = {}
    for key in out:
        if key not in missing:
            reasons.setdefault(texts[key].reason.strip() or "no reason given", []).append(key)
    waiting = [key for key in sought if key not in texts]
    included = [key for key in sought if key in texts and texts[key].verdict == "include"]
    refused = [key for each in reasons.values() for key in each]
    return [
        _box("sought", "Reports sought for retrieval", sought),
        _box("not_retrieved", "Reports not retrieved", missing),
        _box("text_waiting", "Reports not yet assessed", waiting),
        _box("assessed", "Reports assessed for eligibility", [*refused, *included]),
        _box("text_excluded", "Reports excluded", refused, reasons),
        _box("included", "Reports included in the review", included),
    ]


def _box(name: str, title: str, records: "list[int] | set[int]", by: Mapping[str, list[int]] | None = None) -> Box:
    parts = {each: tuple(sorted(keys)) for each, keys in sorted((by or {}).items())}
    return Box(name, title, tuple(sorted(records)), parts)
