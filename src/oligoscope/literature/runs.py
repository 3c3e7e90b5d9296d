"""Runs of a review's searches, beside its records: what was asked up to which day, which version of a registry's record
was seen, and which notices on a report.

A run that was stopped is taken up again: what it kept stays, and what it had not kept is asked for.
"""

import datetime
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from oligoscope.literature.store import Store
from oligoscope.literature.strategy import Search

SEARCH, UPDATE = "search", "update"


@dataclass(frozen=True)
class Run:
    """One run. at: when it began, `finished` when it was complete ("" until then).  round: of the review's search."""

    id: int
    kind: str
    at: str
    finished: str
    searches: tuple[Search, ...]
    round: int


@dataclass(frozen=True)
class Version:
    """A registry's record as one run saw it. dated: the day of its last change, as the registry says."""

    number: str
    run: int
    dated: str
    content: Mapping[str, object]


@dataclass(frozen=True)
class Notice:
    """A notice on a report. kind: retracted, expression of concern, corrected and so on.

    notice: its PMID; "" where PubMed names none.  run: which run saw it first.
    """

    pmid: str
    kind: str
    notice: str
    run: int


class Runs:
    """The runs of one store."""

    def __init__(self, store: Store) -> None:
        self._store, self._database = store, store.database

    def all(self) -> list[Run]:
        """The oldest first."""
        names = "id, kind, at, finished, searches, round"
        rows = self._database.execute(f"select {names} from run order by id")
        return [Run(key, kind, at, done, _searches(text), number) for key, kind, at, done, text, number in rows]

    def begun(self, kind: str, searches: Sequence[Search], now: str) -> Run:
        """The run to be carried out: an update that was stopped, the same search again, or a new one.

        A stopped update keeps its day: what it brought is new to a reader until it was complete.
        """
        for run in reversed(self.all()):
            same = run.searches == tuple(searches) if kind == SEARCH else not run.finished
            if run.kind == kind and same:
                return run
        last = self._store.round()
        number = last + 1 if kind == UPDATE else last or 1
        with self._store.writing():
            self._database.execute(
                "insert into run (kind, at, finished, searches, round) values (?, ?, '', ?, ?)",
                (kind, now, _text(searches), number),
            )
        return self.all()[-1]

    def finish(self, run: Run, versions: Sequence[Version], notices: Sequence[Notice], now: str) -> None:
        """Keep what else it saw, and that it is complete: all of it, or nothing."""
        known = {(each.pmid, each.kind, each.notice) for each in self.notices()}
        latest = {each.number: each for each in self.versions()}
        with self._store.writing():
            for version in versions:
                before = latest.get(version.number)
                # A search that is run again keeps the version it first saw: what changed is for an update to tell.
                if before is None or (before.run != run.id and before.content != version.content):
                    self._keep(version)
            for notice in notices:
                if (notice.pmid, notice.kind, notice.notice) not in known:
                    row = (notice.pmid, notice.kind, notice.notice, notice.run)
                    self._database.execute("insert into notice values (?, ?, ?, ?)", row)
            self._database.execute("update run set finished = ? where id = ?", (now, run.id))

    def _keep(self, version: Version) -> None:
        content = json.dumps(version.content, ensure_ascii=False, sort_keys=True)
        row = (version.number, version.run, version.dated, content)
        self._database.execute("insert into version values (?, ?, ?, ?)", row)

    def versions(self, number: str = "") -> list[Version]:
        """Versions of one record, or of all, the oldest first."""
        rows = self._database.execute(
            "select number, run, dated, content from version where ? in ('', number) order by run, number", (number,)
        )
        return [Version(name, run, dated, json.loads(content)) for name, run, dated, content in rows]

    def notices(self) -> list[Notice]:
        """Every notice that was seen."""
        return [Notice(*row) for row in self._database.execute("select pmid, kind, notice, run from notice")]

    def held(self, database: str) -> set[str]:
        """The numbers of the records that searches of a database brought: PMIDs, or numbers of a registry."""
        rows = self._database.execute(
            "select pmid, json_extract(content, '$.fields.registry[0]') from record join fetched using (source)"
            " join source on source.id = record.source where source.database = ?",
            (database,),
        )
        return {pmid or number for pmid, number in rows}

    def brought(self, run: Run) -> Iterator[int]:
        """The ids of the records that a run brought."""
        rows = self._database.execute(
            "select record.id from record join fetched using (source) where fetched.run = ? order by record.id",
            (run.id,),
        )
        return (key for (key,) in rows)


def _text(searches: Sequence[Search]) -> str:
    return json.dumps([[each.database, dict(each.words), each.until.isoformat()] for each in searches])


def _searches(text: str) -> tuple[Search, ...]:
    return tuple(Search(name, words, datetime.date.fromisoformat(day)) for name, words, day in json.loads(text))
