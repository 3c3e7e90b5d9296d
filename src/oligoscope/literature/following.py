"""What is new since the last run: records, changed records of a registry, notices on reports that count.

All of it is read from the store: a run that ended before it was shown can be shown again.
"""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from oligoscope.errors import NotAllowed
from oligoscope.literature.clients import pubmed
from oligoscope.literature.clients.registry import number_of
from oligoscope.literature.record import Record
from oligoscope.literature.runs import Notice, Run, Runs, Version
from oligoscope.literature.screening import settled
from oligoscope.literature.searching import Asked, Asking, OnRecords, batches, carry_out, version_of
from oligoscope.literature.store import STAGES, Store
from oligoscope.literature.strategy import Search

_FIRST = ("statusModule.overallStatus", "hasResults")
"""What a reader of a review looks for first in a changed record."""
_LINES = "eligibilityModule.eligibilityCriteria"
"""Compared line by line: it is a page of text of which a line changes."""
_NOTICES = {
    "RetractionIn": "retracted",
    "PartialRetractionIn": "retracted in part",
    "RetractedandRepublishedIn": "retracted and republished",
    "ExpressionOfConcernIn": "expression of concern",
    "CorrectedandRepublishedIn": "corrected and republished",
    "ErratumIn": "corrected",
    "UpdateIn": "updated",
}
"""By PubMed's word for the link from a report to its notice."""
_TYPES = {"Retracted Publication": "retracted"}
GRAVE = frozenset(each for each in _NOTICES.values() if "retracted" in each or "concern" in each)
"""Notices after which a report may not count as it stands."""


@dataclass(frozen=True)
class Change:
    """One entry of a record that changed. field: its path.  before, after: "" where there was or is none."""

    field: str
    before: str
    after: str


@dataclass(frozen=True)
class Changed:
    """A trial whose record changed between two runs."""

    before: Version
    after: Version
    changes: tuple[Change, ...]

    @property
    def title(self) -> str:
        """As the registry has it now."""
        found = self.after.content.get("identificationModule")
        return str(found.get("briefTitle") or "") if isinstance(found, dict) else ""


@dataclass(frozen=True)
class Followed:
    """What an update brought. since: the day of the run before.  new: records by id.

    older_notices: seen by runs before.  unread: trials and reports that were looked up, and not given.
    """

    run: Run
    since: str
    asked: tuple[Asked, ...]
    new: Mapping[int, Record]
    changed: tuple[Changed, ...]
    notices: tuple[Notice, ...]
    older_notices: tuple[Notice, ...]
    unread: tuple[str, ...] = ()


def searches_of(runs: Runs) -> list[Search]:
    """Every search that was ever complete, once. Raises NotAllowed where there is none."""
    found = {
        (each.database, tuple(sorted(each.words.items()))): each
        for run in runs.all()
        if run.finished
        for each in run.searches
    }
    if not found:
        fix = "run literature search on this store first"
        raise NotAllowed("store", "", "a store with a complete search", "no search of it is complete", fix)
    return list(found.values())


def follow(
    store: Store,
    run: Run,
    asking: Asking,
    numbers: Sequence[str],
    pmids: Sequence[str],
    now: str,
    on_records: OnRecords,
) -> tuple[tuple[Asked, ...], tuple[str, ...]]:
    """Carry out an update: its searches, the trials and the reports that are followed beside them.

    numbers: of trials in the registry.  pmids: of reports.  Returns what was asked, and what was not given.
    """
    runs = Runs(store)
    outcome = carry_out(store, run, asking, on_records)
    seen = {version.number for version in outcome.versions}
    versions, unread = list(outcome.versions), list[str]()
    for batch in batches(sorted({*numbers} - seen), 100):
        found = asking.registry.search({"filter.ids": "|".join(batch)})
        versions += [version_of(trial, run.id) for trial in found]
        unread += sorted({*batch} - {number_of(trial) for trial in found})
    notices = list[Notice]()
    for pages in batches(sorted(set(pmids), key=int), pubmed.BATCH):
        _, read = asking.pubmed.fetch(pages)
        unread += sorted({*pages} - {record.pmid for record in read.records})
        notices += [notice for record in read.records for notice in notices_on(record, run.id)]
    runs.finish(run, versions, notices, now)
    return outcome.asked, tuple(unread)


def included(store: Store) -> dict[int, Record]:
    """Records that stand as included at their last stage, by id."""
    heads, decisions, records = store.heads(), store.decisions(), store.records()
    stands: dict[int, str] = {}
    for stage in STAGES:
        for key, said in settled([each for each in decisions if each.stage == stage], heads).items():
            stands[key] = said.verdict
    groups: dict[int, list[int]] = {}
    for key in records:
        groups.setdefault(heads.get(key, key), []).append(key)
    kept = (key for head, verdict in stands.items() if verdict == "include" for key in groups.get(head, []))
    return {key: records[key] for key in sorted(kept)}


def notices_on(record: Record, run: int) -> Iterator[Notice]:
    """What PubMed says of a report: retracted, of concern, corrected."""
    linked = set()
    for each in record.fields.get("corrections", ()):
        kind, _, pmid = each.partition(" ")
        if kind in _NOTICES:
            linked.add(_NOTICES[kind])
            yield Notice(record.pmid, _NOTICES[kind], pmid, run)
    for name in record.fields.get("kind", ()):
        if name in _TYPES and _TYPES[name] not in linked:
            yield Notice(record.pmid, _TYPES[name], "", run)


def told(store: Store, run: Run, asked: Sequence[Asked] = (), unread: Sequence[str] = ()) -> Followed:
    """What a run that is complete brought."""
    runs = Runs(store)
    records = store.records()
    before = [each.finished for each in runs.all() if each.id < run.id and each.finished]
    notices = sorted(runs.notices(), key=lambda each: (each.kind not in GRAVE, each.pmid))
    return Followed(
        run,
        max(before, default="")[:10],
        tuple(asked),
        {key: records[key] for key in runs.brought(run)},
        tuple(_changed(runs, run)),
        tuple(each for each in notices if each.run == run.id),
        tuple(each for each in notices if each.run < run.id),
        tuple(unread),
    )


def _changed(runs: Runs, run: Run) -> Iterator[Changed]:
    last: dict[str, Version] = {}
    for version in runs.versions():
        if version.run == run.id and version.number in last:
            before = last[version.number]
            yield Changed(before, version, tuple(differences(before.content, version.content)))
        last[version.number] = version


def differences(before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[Change]:
    """Field by field what two versions of a record say otherwise; the status and the results first.

    >>> list(differences({"design": {"count": 90}}, {"design": {"count": 97}}))
    [Change(field='design.count', before='90', after='97')]
    """
    old, new = dict(_flat(before)), dict(_flat(after))
    places = sorted({*old, *new}, key=lambda place: (place not in _FIRST, place))
    for place in places:
        one, other = old.get(place, ""), new.get(place, "")
        if place == _LINES:
            yield from _line_changes(one, other)
        elif one != other:
            yield Change(place, one, other)


def _line_changes(before: str, after: str) -> Iterator[Change]:
    for line in difflib.ndiff(before.splitlines(), after.splitlines()):
        text = line[2:].strip()
        if text and line[0] in "-+":
            yield Change(_LINES, *((text, "") if line[0] == "-" else ("", text)))


def _flat(content: object, place: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(content, Mapping):
        for name, value in content.items():
            yield from _flat(value, f"{place}.{name}" if place else str(name))
    elif isinstance(content, list):
        for number, value in enumerate(content, 1):
            yield from _flat(value, f"{place}.{number}")
    elif content is not None:
        yield place, str(content)
