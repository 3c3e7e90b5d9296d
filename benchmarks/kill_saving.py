"""kill -9 in the middle of saving: nothing that was acknowledged is lost, nothing is half saved, the log holds.

python benchmarks/kill_saving.py [MOMENTS]     half of them after a random time, half at a random step of a transaction

A process saves cases, changes, decisions and blind decisions, and says each on a pipe once it is kept; it is killed, and
the database is read by another.
"""

import contextlib
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy import event

from oligoscope.store import Cases, Database
from oligoscope.store.concordance import Concordance

MOMENTS = 200
LONGEST_SECONDS = 0.08
"""After the first acknowledgement; one save takes 5 to 20 ms."""
MOST_STEPS = 60
"""Statements and commits until the failpoint; a save has 5 to 12."""
WRITES = ("create", "save", "decide", "lock")


def main() -> int:
    """Kill as often as asked; 1 where anything is lost or broken."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else MOMENTS
    chance, kinds = random.Random(1), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'cases.sqlite'}"
        Database(url).close()
        acknowledged: list[tuple[str, str]] = []
        for moment in range(n):
            by_step = moment % 2 == 1
            steps = chance.randint(1, MOST_STEPS) if by_step else 0
            said = _killed(url, steps, chance.uniform(0, LONGEST_SECONDS))
            acknowledged += said
            kinds["by a step" if by_step else "by time"] += 1
            wrong = _wrong(url, acknowledged)
            if wrong:
                print(f"moment {moment} ({steps} steps): {wrong}")
                return 1
        told = Counter(what for what, _ in acknowledged)
        database = Database(url)
        length, _ = Cases(database).seal()
    print(f"killed {n} times ({dict(kinds)}); acknowledged {dict(told)}, all kept, none by half; log of {length} holds")
    return 0


def _killed(url: str, steps: int, seconds: float) -> list[tuple[str, str]]:
    """What a process acknowledged until it was killed. steps: at its own failpoint; 0: after some seconds."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _save_for_ever(url, writing, steps)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        first = pipe.readline()
        if not steps:
            time.sleep(seconds)
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        lines = [first, *pipe.readlines()]
    os.waitpid(child, 0)
    # A line that was cut off was not heard.
    whole = [line.decode().split() for line in lines if line.endswith(b"\n")]
    return [(what, case_id) for what, case_id in whole]


def _save_for_ever(url: str, pipe: int, steps: int) -> None:
    database = Database(url)
    cases, concordance = Cases(database), Concordance(database)
    if steps:
        _die_after(database, steps)
    document = {"patient": {"ecog": "1"}, "lesions": [{"organ": "liver"}] * 200}

    def say(what: str, case_id: str) -> None:
        os.write(pipe, f"{what} {case_id}\n".encode())

    while True:
        made = cases.create(document, "A", "anna")
        say("create", made.id)
        cases.save(made.id, 1, "anna", document=document, status="discussed")
        say("save", made.id)
        cases.decide(made.id, 2, "anna", "board", "SABR", "", "2026.11", {"omd-state": "SYNC"})
        say("decide", made.id)
        concordance.lock(made.id, 3, "anna", "board", {"omd-state": "SYNC"}, "")
        say("lock", made.id)


def _die_after(database: Database, steps: int) -> None:
    left = [steps]

    def step(*_: Any, **__: Any) -> None:
        left[0] -= 1
        if left[0] <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
        event.listen(database.engine, name, step)


def _wrong(url: str, acknowledged: list[tuple[str, str]]) -> str:
    """What is lost or broken; empty where nothing is."""
    from sqlalchemy import select

    from oligoscope.store.models import CaseRow, ConcordanceRow, DecisionRow, LogRow

    database = Database(url)
    broken = Cases(database).broken_line()
    if broken is not None:
        return f"line {broken} of the log does not hold"
    with database.reading() as session:
        logged = Counter((line.what, line.case_id) for line in session.scalars(select(LogRow)))
        versions = {row.id: row.version for row in session.scalars(select(CaseRow))}
        decided = Counter(row.case_id for row in session.scalars(select(DecisionRow)))
        locked = {row.case_id for row in session.scalars(select(ConcordanceRow))}
    database.close()
    lost = [(what, case_id) for what, case_id in acknowledged if not logged[what, case_id]]
    if lost:
        return f"acknowledged and lost: {lost[0]}"
    for case_id, version in versions.items():
        by_log = sum(logged[what, case_id] for what in WRITES[:3])
        if version != by_log or decided[case_id] != logged["decide", case_id]:
            return f"half saved: version {version}, {by_log} lines of the log"
        if (case_id in locked) != bool(logged["lock", case_id]):
            return "half locked"
    return (
        "" if set(versions) == {case_id for what, case_id in logged if what == "create"} else "a case without its line"
    )


if __name__ == "__main__":
    sys.exit(main())
