"""The store of a review: one SQLite file with records, sources, groups, and a log of decisions that only grows.

The standard library's sqlite3, and not SQLAlchemy as in `oligoscope.store`: a review is a file that one group hands on,
it must open on the command line without the web extra, and in any SQLite browser without us. Each decision is a
transaction of its own, on disk before the next is asked for (synchronous=FULL): a killed process loses none.
"""

import datetime
import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from oligoscope.errors import NotAllowed
from oligoscope.literature.dedupe import Found, OnKeys, Pair, dedupe
from oligoscope.literature.reading import Read
from oligoscope.literature.record import Record

_OURS = 0x6F6C6967  # "olig": how a file says that it is one of ours.
_LAYOUT = 3
VERDICTS = ("include", "exclude", "maybe", "skip")
STAGES = ("abstract", "full_text")
_TABLES = """
create table source (id integer primary key, path text not null, database text not null, form text not null,
  encoding text not null, sha256 text not null unique, at text not null,
  records integer not null, round integer not null);
create table remark (source integer not null references source, line integer not null, refused integer not null,
  text text not null);
create table record (id integer primary key, source integer not null references source, line integer not null,
  title text not null, abstract text not null, year integer, doi text not null, pmid text not null,
  content text not null);
create table same (one integer not null, other integer not null, reason text not null);
create table kin (one integer not null, other integer not null, relation text not null, reason text not null);
create table head (record integer primary key, head integer not null);
create table apart (one integer not null, other integer not null, who text not null, at text not null,
  primary key (one, other));
create table decision (id integer primary key, at text not null, who text not null, stage text not null,
  record integer not null references record, verdict text not null, reason text not null, note text not null,
  settles integer not null);
create table sample (id integer primary key, at text not null, stage text not null, who text not null,
  unread integer not null, after integer not null, records text not null);
"""
_SINCE_2 = """
create table run (id integer primary key, kind text not null, at text not null, finished text not null,
  searches text not null, round integer not null);
create table fetched (source integer primary key references source, run integer not null references run);
create table version (number text not null, run integer not null references run, dated text not null,
  content text not null, primary key (number, run));
create table notice (pmid text not null, kind text not null, notice text not null,
  run integer not null references run, primary key (pmid, kind, notice));
"""
"""What runs of searches saw: `runs` reads and writes it."""
_SINCE_3 = """
create table protocol (id integer primary key, at text not null, who text not null, name text not null,
  value text not null, reason text not null);
create table calibration (id integer primary key, at text not null, stage text not null, seed integer not null,
  readers integer not null, records text not null);
"""
"""What was planned (`protocol`), and rounds of calibration (`calibration`)."""


@dataclass(frozen=True)
class Source:
    """A file that was imported, or (fetched) an answer of a search.

    round: 1 for the first search, 2 for its first update, and so on.
    """

    id: int
    path: str
    database: str
    form: str
    encoding: str
    at: str
    records: int
    round: int
    fetched: bool


@dataclass(frozen=True)
class Decision:
    """What one person said of one record. settles: an adjudication of what two said."""

    id: int
    at: str
    who: str
    stage: str
    record: int
    verdict: str
    reason: str = ""
    note: str = ""
    settles: bool = False


@dataclass(frozen=True)
class Sample:
    """Records drawn at random. unread: of how many.  after: the last decision before it was drawn."""

    who: str
    unread: int
    after: int
    records: tuple[int, ...]


class Store:
    """A review that is kept. Open it with `opened`."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    @property
    def database(self) -> sqlite3.Connection:
        """For what is kept beside records and decisions."""
        return self._database

    @contextmanager
    def writing(self) -> Iterator[None]:
        """All of what is written within, or nothing of it."""
        self._database.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._database.execute("rollback")
            raise
        self._database.execute("commit")

    def _all(self, query: str, *values: object) -> list[tuple[object, ...]]:
        return self._database.execute(query, values).fetchall()

    def add(
        self,
        path: str,
        content: bytes,
        read: Read,
        database: str,
        update: bool = False,
        run: tuple[int, int] | None = None,
    ) -> int | None:
        """Keep a file's records; returns the id of its source, None when the very file is there already.

        update: it belongs to a new round of the search.  run: the run that fetched it, and the round of that run.
        """
        digest = hashlib.sha256(content).hexdigest()
        with self.writing():
            if self._all("select id from source where sha256 = ?", digest):
                return None
            number = run[1] if run else self.round() + update or 1
            source = self._database.execute(
                "insert into source (path, database, form, encoding, sha256, at, records, round)"
                " values (?, ?, ?, ?, ?, ?, ?, ?)",
                (path, database, read.form, read.encoding, digest, now(), len(read.records), number),
            ).lastrowid
            remarks = [*((each, 1) for each in read.refused), *((each, 0) for each in read.quirks)]
            self._database.executemany(
                "insert into remark values (?, ?, ?, ?)", ((source, each.line, bad, each.text) for each, bad in remarks)
            )
            self._add_records(source or 0, read.records)
            if run:
                self._database.execute("insert into fetched values (?, ?)", (source, run[0]))
        return source

    def _add_records(self, source: int, records: Sequence[Record]) -> None:
        for record in records:
            content = json.dumps(asdict(record), ensure_ascii=False)
            row = (source, record.line, record.title, record.abstract, record.year, record.doi, record.pmid, content)
            added = self._database.execute(
                "insert into record (source, line, title, abstract, year, doi, pmid, content)"
                " values (?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            ).lastrowid
            if record.label is not None:
                verdict = "include" if record.label else "exclude"
                self._decide("imported", "abstract", added or 0, verdict, "", "came with the file", False)

    def is_begun(self) -> bool:
        """Whether it has a record, or a search that was asked for."""
        return bool(self._all("select 1 from record union all select 1 from run limit 1"))

    def round(self) -> int:
        """The last round of the search; 0 before the first."""
        return int(str(self._all("select coalesce(max(round), 0) from source")[0][0]))

    def sources(self) -> list[Source]:
        """Files in the order of their import."""
        names = "id, path, database, form, encoding, at, records, round, id in (select source from fetched)"
        found = [Source(*row) for row in self._database.execute(f"select {names} from source order by id")]
        return [replace(each, fetched=bool(each.fetched)) for each in found]  # SQLite has 0 and 1 only.

    def remarks(self, source: int) -> list[tuple[int, bool, str]]:
        """(line, whether it was refused, text) of a source."""
        found = self._database.execute("select line, refused, text from remark where source = ?", (source,))
        return [(line, bool(refused), text) for line, refused, text in found]

    def records(self) -> dict[int, Record]:
        """All records by id."""
        return {key: _record(content) for key, content in self._database.execute("select id, content from record")}

    def texts(self, keys: Sequence[int]) -> Iterator[str]:
        """Title and abstract of records: a tenth of the time that whole records take."""
        for key in keys:
            title, abstract = self._all("select title, abstract from record where id = ?", key)[0]
            yield f"{title} {abstract}"

    def extent(self) -> tuple[object, ...]:
        """What changes whenever records come in or are grouped otherwise, in a moment: records are never taken away."""
        last = "select coalesce(max(id), 0) from record"
        return self._all(f"select ({last}), (select count(*) from head), (select count(*) from apart)")[0]

    def record(self, key: int) -> Record:
        """One of them. Raises NotAllowed."""
        self.known([key])
        return _record(str(self._all("select content from record where id = ?", key)[0][0]))

    def source_of(self) -> dict[int, int]:
        """The source of each record."""
        return dict(self._database.execute("select id, source from record"))

    def heads(self) -> dict[int, int]:
        """The first record of its group, for each record that is not itself the first."""
        return dict(self._database.execute("select record, head from head"))

    def pairs(self, table: str) -> list[Pair]:
        """Pairs that are "same", or "kin"."""
        if table == "same":
            return [
                Pair(a, b, "same", why) for a, b, why in self._database.execute("select one, other, reason from same")
            ]
        return [Pair(*row) for row in self._database.execute("select one, other, relation, reason from kin")]

    def apart(self) -> set[tuple[int, int]]:
        """Pairs that a person took apart, the lower id first."""
        return set(self._database.execute("select one, other from apart"))

    def group(self, on_keys: OnKeys = lambda *_: None) -> Found:
        """Group all records anew. What is found depends on the records and on what was taken apart only.

        Records are compared before the file is held for writing, which takes half a minute for 100,000: whoever screens
        meanwhile keeps their decisions.  on_keys: told how far it is.
        """
        while True:
            seen = self.extent()[::2]
            found = dedupe(self.records(), self.apart(), on_keys)
            if self._keep_groups(found, seen):
                return found

    def _keep_groups(self, found: Found, seen: tuple[object, ...]) -> bool:
        """Keep what was found; False where others brought records, or took some apart, since they were counted."""
        with self.writing():
            if self.extent()[::2] != seen:
                return False
            for table in ("same", "kin", "head"):
                self._database.execute(f"delete from {table}")
            self._database.executemany("insert into head values (?, ?)", sorted(found.heads.items()))
            self._database.executemany(
                "insert into same values (?, ?, ?)", ((p.one, p.other, p.reason) for p in found.same)
            )
            self._database.executemany(
                "insert into kin values (?, ?, ?, ?)", ((p.one, p.other, p.relation, p.reason) for p in found.kin)
            )
        return True

    def take_apart(self, record: int, who: str) -> int:
        """Take a record out of its group for good; returns how many it was grouped with. Raises NotAllowed."""
        heads = self.heads()
        self.known([record])
        head = heads.get(record, record)
        others = [key for key in [head, *(key for key, first in heads.items() if first == head)] if key != record]
        if not others:
            raise NotAllowed("record", record, "a record that was merged", "it stands alone already")
        with self.writing():
            self._database.executemany(
                "insert or ignore into apart values (?, ?, ?, ?)",
                ((min(record, other), max(record, other), who, now()) for other in others),
            )
        self.group()
        return len(others)

    def known(self, records: Sequence[int]) -> None:
        """Raises NotAllowed where there is no record of that id."""
        for record in records:
            if not self._all("select 1 from record where id = ?", record):
                last = self._all("select coalesce(max(id), 0) from record")[0][0]
                raise NotAllowed("record", record, f"1 to {last}", "there is no record of that id")

    def decide(
        self,
        who: str,
        stage: str,
        record: int,
        verdict: str,
        reason: str = "",
        note: str = "",
        settles: bool = False,
    ) -> None:
        """Keep a decision: it is on disk when this returns. Raises NotAllowed."""
        for name, value, allowed in (("verdict", verdict, VERDICTS), ("stage", stage, STAGES)):
            if value not in allowed:
                raise NotAllowed(name, value, ", ".join(allowed))
        if not who.strip():
            raise NotAllowed("who", who, "a name", "a decision is somebody's")
        self.known([record])
        with self.writing():
            self._decide(who, stage, record, verdict, reason, note, settles)

    def _decide(self, who: str, stage: str, record: int, verdict: str, reason: str, note: str, settles: bool) -> None:
        self._database.execute(
            "insert into decision (at, who, stage, record, verdict, reason, note, settles)"
            " values (?, ?, ?, ?, ?, ?, ?, ?)",
            (now(), who, stage, record, verdict, reason, note, settles),
        )

    def decisions(self, stage: str | None = None, people: Sequence[str] = ()) -> list[Decision]:
        """The log, oldest first. people: of these alone, without what they settled between others."""
        names = "id, at, who, stage, record, verdict, reason, note, settles"
        only = f" where settles = 0 and who in ({', '.join('?' * len(people))})" if people else ""
        rows = self._database.execute(f"select {names} from decision{only} order by id", tuple(people))
        found = [Decision(*row) for row in rows]
        return [each for each in found if stage in (None, each.stage)]

    def distinct(self) -> list[int]:
        """The first record of every group, in the order of the import."""
        every = self._all("select id from record where id not in (select record from head) order by id")
        return [int(str(key)) for (key,) in every]

    def add_sample(self, stage: str, who: str, unread: int, records: Sequence[int]) -> None:
        """Keep which records were drawn at random of what a person had not read."""
        with self.writing():
            after = self._all("select coalesce(max(id), 0) from decision")[0][0]
            row = (now(), stage, who, unread, after, json.dumps(list(records)))
            self._database.execute(
                "insert into sample (at, stage, who, unread, after, records) values (?, ?, ?, ?, ?, ?)", row
            )

    def samples(self, stage: str) -> list[Sample]:
        """Samples of a stage, oldest first."""
        names = "who, unread, after, records"
        rows = self._database.execute(f"select {names} from sample where stage = ? order by id", (stage,))
        return [Sample(who, unread, after, tuple(json.loads(keys))) for who, unread, after, keys in rows]


@contextmanager
def opened(path: Path, *, create: bool = False) -> Iterator[Store]:
    """The store of a review. create: make it where there is none. Raises NotAllowed."""
    if not create and not path.is_file():
        raise NotAllowed("store", path, "a store of a review", "there is no such file", "import records into it first")
    if path.is_dir():
        raise NotAllowed("store", path, "a file", "this is a folder")
    try:
        database = sqlite3.connect(path, timeout=30, isolation_level=None)
    except sqlite3.Error as error:
        raise NotAllowed("store", path, "a file that can be written", str(error)) from None
    try:
        _prepare(database, path)
        yield Store(database)
    except sqlite3.OperationalError as error:
        raise NotAllowed("store", path, "a store that can be written", str(error)) from None
    finally:
        database.close()


def _prepare(database: sqlite3.Connection, path: Path) -> None:
    try:
        ours = database.execute("pragma application_id").fetchone()[0]
        empty = not database.execute("select count(*) from sqlite_master").fetchone()[0]
    except sqlite3.DatabaseError:
        raise NotAllowed("store", path, "a store of a review", "this file is something else") from None
    if ours != _OURS and not empty:
        raise NotAllowed("store", path, "a store of a review", "this is another program's database")
    database.execute("pragma journal_mode = wal")
    database.execute("pragma synchronous = full")
    if empty:
        database.executescript(
            f"begin immediate; {_TABLES} {_SINCE_2} {_SINCE_3} pragma application_id = {_OURS};"
            f" pragma user_version = {_LAYOUT}; commit;"
        )
        return
    layout = database.execute("pragma user_version").fetchone()[0]
    if layout > _LAYOUT:
        raise NotAllowed("store", path, f"layout {_LAYOUT}", "a newer version wrote it", "install that version")
    if layout < _LAYOUT:
        lacking = " ".join((_SINCE_2, _SINCE_3)[layout - 1 :])
        database.executescript(f"begin immediate; {lacking} pragma user_version = {_LAYOUT}; commit;")


def _record(content: str) -> Record:
    values = json.loads(content)
    for name in ("authors", "registry", "keywords", "notes"):
        values[name] = tuple(values[name])
    return Record(**values)


def now() -> str:
    """The moment, as the store writes it."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
