"""A round of calibration: the same random records for every reader, before they read apart.

Its decisions are decisions like all others: they stand, nobody reads the records again, and the flow counts them. Until
all readers have read all of its records, nobody is told where they differ.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from oligoscope.errors import NotAllowed
from oligoscope.literature.screening import IMPORTED, SETTLED, Agreement, agreements, current
from oligoscope.literature.store import Decision, Store, now


@dataclass(frozen=True)
class Round:
    """One round. readers: how many are to read it.  records: first records of their groups, in the order of reading."""

    stage: str
    seed: int
    readers: int
    records: tuple[int, ...]


@dataclass(frozen=True)
class Calibration:
    """How far a round is. read: by person, how many of its records they decided.

    finished: as many as were planned have read all of it.  agreements and disagreements are empty until then.
    disagreements: by record, what each said; settled: those of them that are adjudicated.
    """

    round: Round
    read: Mapping[str, int]
    finished: bool
    agreements: tuple[Agreement, ...] = ()
    disagreements: Mapping[int, tuple[Decision, ...]] = field(default_factory=dict)
    settled: tuple[int, ...] = ()


def rounds(store: Store, stage: str) -> list[Round]:
    """Those of a stage, the oldest first. Their records are the first of the groups as they are now."""
    heads = store.heads()
    rows = store.database.execute(
        "select stage, seed, readers, records from calibration where stage = ? order by id", (stage,)
    )
    return [
        Round(name, seed, readers, tuple(dict.fromkeys(heads.get(key, key) for key in json.loads(keys))))
        for name, seed, readers, keys in rows
    ]


def begun(store: Store, stage: str, count: int, seed: int, readers: int, unread: Sequence[int]) -> Round:
    """The round of a seed, drawn when its first reader asks for it. Raises NotAllowed.

    unread: the groups of this stage that nobody has decided.
    """
    if readers < 2:
        raise NotAllowed("readers", readers, "2 or more", "one reader agrees with nobody")
    with store.writing():  # Of two readers who ask at once, the second finds the round of the first.
        there = [each for each in rounds(store, stage) if each.seed == seed]
        if not there:
            if not 1 <= count <= len(unread):
                raise NotAllowed("calibrate", count, f"1 to {len(unread)}", "so many are not unread by everybody")
            drawn = Random(seed).sample(sorted(unread), count)
            row = (now(), stage, seed, readers, json.dumps(drawn))
            store.database.execute(
                "insert into calibration (at, stage, seed, readers, records) values (?, ?, ?, ?, ?)", row
            )
            return Round(stage, seed, readers, tuple(drawn))
    if len(there[-1].records) != count or there[-1].readers != readers:
        drawn_then = f"{len(there[-1].records)} records for {there[-1].readers} readers"
        fix = "ask for that many, or for another round by another --seed"
        raise NotAllowed("calibrate", count, drawn_then, f"the round of seed {seed} is drawn", fix)
    return there[-1]


def told(store: Store, part: Round) -> Calibration:
    """How far a round is, and once it is finished where its readers differ."""
    heads = store.heads()
    here = [each for each in store.decisions() if each.stage == part.stage]
    inside = [each for each in here if heads.get(each.record, each.record) in part.records]
    said = {who: each for who, each in current(inside, heads).items() if who != IMPORTED}
    read = {who: sum(each.verdict in SETTLED for each in found.values()) for who, found in said.items()}
    whole = [who for who, count in sorted(read.items()) if count == len(part.records)]
    if len(whole) < part.readers:
        return Calibration(part, read, False)
    apart = {
        key: tuple(said[who][key] for who in whole)
        for key in part.records
        if len({said[who][key].verdict for who in whole}) > 1
    }
    settled = {heads.get(each.record, each.record) for each in inside if each.settles}
    alike = agreements([each for each in inside if each.settles or each.who in whole], heads)
    return Calibration(part, read, True, tuple(alike), apart, tuple(key for key in apart if key in settled))


def blind(store: Store, stage: str) -> set[int]:
    """The records of rounds that are not finished: of these nobody is told where readers differ."""
    return {key for part in rounds(store, stage) if not told(store, part).finished for key in part.records}
