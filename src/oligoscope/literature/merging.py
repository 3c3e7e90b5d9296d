"""Two stores of one review become one: records, decisions, runs of searches, each with who and when.

What both hold is kept once, by its content: the same file, the same decision, the same run. So a store that is merged
again adds nothing. The records of the first store keep their ids.
"""

import heapq
import json
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import accumulate
from pathlib import Path

from oligoscope.errors import NotAllowed
from oligoscope.literature.protocol import protocol
from oligoscope.literature.screening import IMPORTED, SETTLED
from oligoscope.literature.store import Decision, Store, opened

Row = tuple[object, ...]
_SOURCE = "path, database, form, encoding, sha256, at, records, round"
_RECORD = "line, title, abstract, year, doi, pmid, content"
_DECISION = "at, who, stage, record, verdict, reason, note, settles"


@dataclass(frozen=True)
class Part:
    """What one store held. known: how many of its records and decisions an earlier store held too."""

    path: str
    records: int
    known: int
    decisions: int
    known_decisions: int
    runs: int


@dataclass(frozen=True)
class Merged:
    """The store that was written. unchanged: it was there already.  remarks: what the stores say otherwise."""

    path: str
    parts: tuple[Part, ...]
    records: int
    distinct: int
    decisions: int
    runs: int
    unchanged: bool
    remarks: tuple[str, ...]


@dataclass
class _Taken:
    """One store on its way. records, runs, decisions: the ids in the new store by those in this one.

    shared: its records of files that an earlier store held too.
    """

    path: str
    store: Store
    records: dict[int, int] = field(default_factory=dict)
    runs: dict[int, int] = field(default_factory=dict)
    decisions: dict[int, int] = field(default_factory=dict)
    shared: set[int] = field(default_factory=set)
    known_decisions: int = 0


def merge(paths: Sequence[Path], output: Path) -> Merged:
    """Write one store out of several, whole or not at all.

    Raises NotAllowed where one person decided one record in two ways, or another file is there.
    """
    if len(paths) < 2:
        raise NotAllowed("store", ", ".join(map(str, paths)), "two stores or more", "one is whole by itself")
    building = output.with_name(f"{output.name}.part")
    _remove(building)
    try:
        with ExitStack() as stack:
            stores = [stack.enter_context(opened(path)) for path in paths]
            target = stack.enter_context(opened(building, create=True))
            parts = [_Taken(str(path), store) for path, store in zip(paths, stores, strict=True)]
            found = _merged(target, parts, str(output))
        if output.exists():
            _must_be_same(building, output)
            return replace(found, unchanged=True)
        building.replace(output)
        return found
    finally:
        _remove(building)


def _merged(target: Store, parts: Sequence[_Taken], output: str) -> Merged:
    remarks: list[str] = []
    with target.writing():
        for part in parts:
            _take_records(target, part, remarks)
    target.group()
    _refuse_two_minds(parts, target.heads())
    with target.writing():
        _take_runs(target, parts)
        _take_decisions(target, parts)
        _take_samples(target, parts, remarks)
        _take_protocol(target, parts, remarks)
    heads, records = target.heads(), target.source_of()
    told = tuple(
        Part(
            part.path,
            len(part.records),
            len(part.shared),
            len(part.store.decisions()),
            part.known_decisions,
            len(part.runs),
        )
        for part in parts
    )
    runs = len(set().union(*(part.runs.values() for part in parts)))
    counts = (len(records), len(records) - len(heads), len(target.decisions()), runs)
    return Merged(output, told, *counts, False, tuple(remarks))


def _take_records(target: Store, part: _Taken, remarks: list[str]) -> None:
    """Sources that are new with their records; of those that are known, which record is which."""
    theirs, ours = part.store.database, target.database
    known = {str(row[1]): row for row in ours.execute("select id, sha256, database from source")}
    for old, *source in theirs.execute(f"select id, {_SOURCE} from source order by id").fetchall():
        rows = theirs.execute(f"select id, {_RECORD} from record where source = ? order by id", (old,)).fetchall()
        there = known.get(source[4])
        if there:
            same = ours.execute("select id, content from record where source = ? order by id", (there[0],)).fetchall()
            if [row[-1] for row in rows] != [row[1] for row in same]:
                fix = "import the file again into a new store, and decide there"
                raise NotAllowed("store", part.path, f"{source[0]} as the other read it", "it was read otherwise", fix)
            mapped = dict(zip((row[0] for row in rows), (row[0] for row in same), strict=True))
            part.records |= mapped
            part.shared |= mapped.keys()
            if there[2] != source[1]:
                remarks.append(f"{source[0]}: of {there[2]}; {part.path} calls it {source[1]}")
            continue
        new = _insert(target, "source", _SOURCE, source)
        for row in rows:
            part.records[row[0]] = _insert(target, "record", f"source, {_RECORD}", (new, *row[1:]))
        for remark in theirs.execute("select line, refused, text from remark where source = ?", (old,)):
            ours.execute("insert into remark values (?, ?, ?, ?)", (new, *remark))
    for one, other, who, at in theirs.execute("select one, other, who, at from apart"):
        low, high = sorted((part.records[one], part.records[other]))
        ours.execute("insert or ignore into apart values (?, ?, ?, ?)", (low, high, who, at))


def _take_runs(target: Store, parts: Sequence[_Taken]) -> None:
    """Runs in the order in which they were, so that the latest version of a trial's record is that of the last."""
    rows = [
        (at, place, key, (kind, at, searches, number), done)
        for place, part in enumerate(parts)
        for key, kind, at, done, searches, number in part.store.database.execute(
            "select id, kind, at, finished, searches, round from run"
        )
    ]
    known: dict[Row, tuple[int, str]] = {}
    for _, place, key, run, done in sorted(rows):
        kind, at, searches, number = run
        if run not in known:
            row = (kind, at, done, searches, number)
            known[run] = _insert(target, "run", "kind, at, finished, searches, round", row), done
        elif done > known[run][1]:  # One copy of the store finished it later.
            known[run] = known[run][0], done
            target.database.execute("update run set finished = ? where id = ?", (done, known[run][0]))
        parts[place].runs[key] = known[run][0]
    for part in parts:
        _take_seen(target, part)


def _take_seen(target: Store, part: _Taken) -> None:
    """What the runs of a store fetched and saw."""
    theirs, ours = part.store.database, target.database
    source_of = target.source_of()
    for old, run in theirs.execute("select source, run from fetched"):
        first = theirs.execute("select min(id) from record where source = ?", (old,)).fetchone()[0]
        row = (source_of[part.records[first]], part.runs[run])
        ours.execute("insert or ignore into fetched values (?, ?)", row)
    for number, run, *version in theirs.execute("select number, run, dated, content from version"):
        ours.execute("insert or ignore into version values (?, ?, ?, ?)", (number, part.runs[run], *version))
    for *notice, run in theirs.execute("select pmid, kind, notice, run from notice"):
        ours.execute(
            "insert into notice values (?, ?, ?, ?) on conflict do update set run = min(run, excluded.run)",
            (*notice, part.runs[run]),
        )


def _refuse_two_minds(parts: Sequence[_Taken], heads: Mapping[int, int]) -> None:
    """Raises NotAllowed where one person, or two adjudications, say two things of one record.

    A log that goes on where the other ends is the later copy of it, and no second mind.
    """
    said: dict[Row, tuple[str, list[Decision]]] = {}
    for part in parts:
        logs: dict[Row, list[Decision]] = defaultdict(list)
        for each in part.store.decisions():
            if each.who != IMPORTED:
                key = part.records[each.record]
                head = heads.get(key, key)
                logs["adjudication" if each.settles else each.who, each.stage, head].append(
                    replace(each, id=0, record=key)
                )
        for place, log in logs.items():
            path, before = said.setdefault(place, (part.path, log))
            longer, shorter = (log, before) if len(log) > len(before) else (before, log)
            if longer[: len(shorter)] == shorter:
                said[place] = (path, longer)
            elif {log[-1].verdict, before[-1].verdict} == set(SETTLED):
                raise _two_minds(path, before[-1], part.path, log[-1])


def _two_minds(one: str, first: Decision, other: str, second: Decision) -> NotAllowed:
    ways = [f"{path}: {each.who}, {each.verdict} on {each.at}" for path, each in ((one, first), (other, second))]
    return NotAllowed(
        "store",
        other,
        "one mind of one person on a record",
        f"record {first.record} at {first.stage} is decided in two ways ({'; '.join(ways)})",
        "decide it the same way in both stores, then merge again",
    )


def _take_decisions(target: Store, parts: Sequence[_Taken]) -> None:
    """All decisions in the order of their times; a decision that several stores hold once."""
    logs: list[list[_Line]] = []
    for part in parts:
        spare: dict[Row, deque[_Line]] = defaultdict(deque)
        for line in (line for log in logs for line in log):
            spare[line.row].append(line)
        logs.append(list(_new_lines(part, spare)))
    for line in heapq.merge(*logs, key=lambda line: line.time):
        new = _insert(target, "decision", _DECISION, line.row)
        for part, key in line.holders:
            part.decisions[key] = new


@dataclass
class _Line:
    """A decision on its way. holders: the stores that have it, with its id there."""

    time: str
    row: Row
    holders: list[tuple[_Taken, int]]


def _new_lines(part: _Taken, spare: Mapping[Row, deque[_Line]]) -> Iterator[_Line]:
    """What a store's log has beyond the earlier ones. spare: their lines, each to be found again once."""
    rows = part.store.database.execute(f"select id, {_DECISION} from decision order by id").fetchall()
    # A clock that was set back must not turn the order of a log.
    times = accumulate((row[1] for row in rows), max)
    for time, (key, at, who, stage, record, *rest) in zip(times, rows, strict=True):
        row = (at, who, stage, part.records[record], *rest)
        again = who == IMPORTED and record in part.shared  # It came with the file, whose labels are there.
        if again or spare.get(row):
            part.known_decisions += 1
            if not again:
                spare[row].popleft().holders.append((part, key))
        else:
            yield _Line(time, row, [(part, key)])


def _take_samples(target: Store, parts: Sequence[_Taken], remarks: list[str]) -> None:
    """Rounds of calibration; samples only of a store that lacks no record: others are not random among all."""
    everything = set(target.source_of())
    known: set[Row] = set()
    for part in parts:
        theirs = part.store.database
        for at, stage, seed, readers, keys in theirs.execute(
            "select at, stage, seed, readers, records from calibration order by id"
        ):
            known_round = (at, stage, seed, readers, _moved(keys, part))
            if known_round not in known:
                _insert(target, "calibration", "at, stage, seed, readers, records", known_round)
            known.add(known_round)
        drawn = theirs.execute("select at, stage, who, unread, after, records from sample order by id").fetchall()
        if drawn and set(part.records.values()) != everything:
            remarks.append(
                f"{part.path}: {len(drawn)} random samples are left out, drawn before the other records came; draw anew"
            )
            continue
        for at, stage, who, unread, after, keys in drawn:
            last = max((new for old, new in part.decisions.items() if old <= after), default=0)
            sample = (at, stage, who, unread, last, _moved(keys, part))
            if sample not in known:
                _insert(target, "sample", "at, stage, who, unread, after, records", sample)
            known.add(sample)


def _moved(keys: str, part: _Taken) -> str:
    return json.dumps([part.records[key] for key in json.loads(keys)])


def _take_protocol(target: Store, parts: Sequence[_Taken], remarks: list[str]) -> None:
    """All entries in the order of their times; where two stores end otherwise, it is said, and the later one stands."""
    columns = "at, who, name, value, reason"
    rows: dict[Row, None] = {}
    ends: dict[str, tuple[str, str]] = {}
    for part in parts:
        said = protocol(part.store).entries
        for name, entry in said.items():
            path, value = ends.setdefault(name, (part.path, entry.value))
            if value != entry.value:
                remarks.append(
                    f"protocol, {name}: {path} says “{value}”, {part.path} “{entry.value}”; the later stands"
                )
        found = part.store.database.execute(f"select {columns} from protocol order by id")
        rows |= dict.fromkeys(tuple(row) for row in found)
    for row in sorted(rows, key=lambda row: str(row[0])):
        _insert(target, "protocol", columns, row)


def _insert(target: Store, table: str, columns: str, row: Sequence[object]) -> int:
    places = ", ".join("?" * len(row))
    return target.database.execute(f"insert into {table} ({columns}) values ({places})", row).lastrowid or 0


def _must_be_same(building: Path, output: Path) -> None:
    """Raises NotAllowed where the file that is there says anything else."""
    with opened(building) as new, opened(output) as old:
        if list(new.database.iterdump()) != list(old.database.iterdump()):
            raise NotAllowed("output", output, "a new file", "it is there, and says something else", "another name")


def _remove(path: Path) -> None:
    for end in ("", "-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
