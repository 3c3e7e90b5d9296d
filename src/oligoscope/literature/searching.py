"""A run of searches: asked, held against what the store has, and what is new is kept batch by batch.

Each batch is kept whole or not at all, and batches are cut from the whole list in its order: a run that was stopped
and is run again ends with the store that an undisturbed one ends with.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self, TypeVar

from oligoscope.errors import NotAllowed
from oligoscope.literature.clients import pubmed, registry
from oligoscope.literature.clients.caller import Caller
from oligoscope.literature.clients.pubmed import PubMed
from oligoscope.literature.clients.registry import Registry, Trial, at, number_of
from oligoscope.literature.reading import Read, read_bytes
from oligoscope.literature.runs import Run, Runs, Version
from oligoscope.literature.store import Store
from oligoscope.literature.strategy import Search

T = TypeVar("T")
OnRecords = Callable[[int, int], object]
"""Told how many records of a search are there, and of how many."""
_TRIALS = 100
"""Trials in one batch of the store."""


@dataclass(frozen=True)
class Where:
    """Where to ask. per_second: questions a second; None for what each database allows.  key: of PubMed; it raises that
    and stands in no message.
    """

    pubmed: str = pubmed.BASE
    registry: str = registry.BASE
    per_second: float | None = None
    key: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        for name, address in (("pubmed", self.pubmed), ("clinicaltrials", self.registry)):
            if not address.startswith(("https://", "http://")):
                raise NotAllowed(f"address of {name}", address, "https://… or http://…", "this is no address")
        own = pubmed.PER_SECOND_WITH_KEY if self.key else pubmed.PER_SECOND
        most = own if self.pubmed == pubmed.BASE or self.registry == registry.BASE else 1000.0
        if self.per_second is not None and not 0 < self.per_second <= most:
            reason = "the databases shut out who asks more often; mirrors of both may be asked as often as you like"
            raise NotAllowed("questions a second", f"{self.per_second:g}", f"above 0, at most {most:g}", reason)


class Asking:
    """Both databases, open. Use it in a `with`."""

    def __init__(self, where: Where) -> None:
        secret = {"api_key": where.key} if where.key else {}
        often = pubmed.PER_SECOND_WITH_KEY if where.key else pubmed.PER_SECOND
        self._callers = ExitStack()
        self._first = Caller(pubmed.NAME, where.pubmed, where.per_second or often, secret)
        self._second = Caller(registry.NAME, where.registry, where.per_second or registry.PER_SECOND)
        self.pubmed, self.registry = PubMed(self._first), Registry(self._second)

    def __enter__(self) -> Self:
        for caller in (self._first, self._second):
            self._callers.enter_context(caller)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._callers.close()


@dataclass(frozen=True)
class Asked:
    """What became of one search. count: what the database counts.  parts: (days or pages, count), which add up to it.

    added: records that are new.  missing: named by the search, and not given.  remarks: of the database on the words.
    """

    search: Search
    count: int
    parts: tuple[tuple[str, int], ...]
    added: int
    missing: tuple[str, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """What a run brought. versions: of every trial that its searches found."""

    asked: tuple[Asked, ...]
    versions: tuple[Version, ...]


def carry_out(store: Store, run: Run, asking: Asking, on_records: OnRecords = lambda *_: None) -> Outcome:
    """Ask every search of a run, and keep what is new. Raises UpstreamError; what was kept before stays."""
    asked, versions = [], []
    for search in run.searches:
        if search.database == pubmed.NAME:
            asked.append(_pubmed(store, run, search, asking.pubmed, on_records))
        else:
            found = asking.registry.search(_registry_words(search), on_records)
            versions += [version_of(trial, run.id) for trial in found]
            asked.append(_keep_trials(store, run, search, found))
    store.group()
    return Outcome(tuple(asked), tuple(versions))


def version_of(trial: Trial, run: int) -> Version:
    """A trial as a run (its id) saw it, without the names and numbers of people at its sites."""
    study = at(trial, "protocolSection")
    parts = dict(study) if isinstance(study, dict) else {}
    sites = at(parts.pop("contactsLocationsModule", None), "locations")
    content = {
        **parts,
        "sites": len(sites) if isinstance(sites, list) else 0,
        "hasResults": bool(trial.get("hasResults")),
    }
    day = at(study, "statusModule", "lastUpdatePostDateStruct", "date") or at(
        study, "statusModule", "lastUpdateSubmitDate"
    )
    return Version(number_of(trial), run, str(day or ""), content)


def batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Items in their order, so many at a time."""
    return (items[start : start + size] for start in range(0, len(items), size))


def _pubmed(store: Store, run: Run, search: Search, client: PubMed, on_records: OnRecords) -> Asked:
    named = client.search(search.words["query"], search.until)
    ids = [each for part in named.parts for each in part.ids]
    ids.sort(key=int)
    held, added, missing = Runs(store).held(search.database), 0, list[str]()
    for place, batch in enumerate(batches(ids, pubmed.BATCH)):
        wanted = [each for each in batch if each not in held]
        if wanted:
            content, read = client.fetch(wanted)
            missing += sorted(set(wanted) - {each.pmid for each in read.records}, key=int)
            added += _add(store, run, search, f"records {batch[0]} to {batch[-1]}", content, read)
        on_records(min(len(ids), (place + 1) * pubmed.BATCH), len(ids))
    parts = tuple((f"{part.since} to {part.until}", part.count) for part in named.parts)
    return Asked(search, named.count, parts, added, tuple(missing), named.remarks)


def _keep_trials(store: Store, run: Run, search: Search, found: Sequence[Trial]) -> Asked:
    held, added = Runs(store).held(search.database), 0
    for batch in batches(found, _TRIALS):
        new = [trial for trial in batch if number_of(trial) not in held]
        if new:
            content = json.dumps({"studies": new}, ensure_ascii=False).encode()
            label = f"trials {number_of(batch[0])} to {number_of(batch[-1])}"
            added += _add(store, run, search, label, content, read_bytes(content, "studies.json"))
    return Asked(search, len(found), (("all pages", len(found)),), added, (), ())


def _add(store: Store, run: Run, search: Search, label: str, content: bytes, read: Read) -> int:
    """How many records were added. An answer without any is not kept: it would be another source each time."""
    if not read.records:
        return 0
    path = f"{search.database} until {search.until}, {label}"
    source = store.add(path, content, read, search.database, run=(run.id, run.round))
    return len(read.records) if source is not None else 0


def _registry_words(search: Search) -> Mapping[str, str]:
    return {**search.words, "filter.advanced": f"AREA[StudyFirstPostDate]RANGE[MIN,{search.until}]"}
