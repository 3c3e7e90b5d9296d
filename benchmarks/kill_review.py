"""kill -9 in the middle of a review's search, import and screening: nothing kept is lost, and run again it is the same.

python benchmarks/kill_review.py [MOMENTS]     of each; half after a random time, half at a random statement of SQLite

A process searches stand-ins of PubMed and ClinicalTrials.gov, imports files, or screens and says each decision on a pipe
once it is kept. It is killed, the store is looked at, and after ten kills at most the work is finished and held against
that of a process that nobody killed.
"""

import contextlib
import json
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from oligoscope import api
from oligoscope.literature import store as storing

sys.path.insert(0, str(Path(__file__).parents[1]))  # The stand-ins and what a store holds are the tests'.
from tests.support.databases import articles, databases, trial
from tests.support.reviews import kept, ris

MOMENTS = 100
KILLS_OF_A_STORE = 10
RECORDS = 600
Work = Callable[[Path, int], None]
"""What a process does: to a store, telling a pipe."""


@dataclass
class Job:
    """One kind of work. share: of the whole after which it is killed at the latest; where each process goes on, a little.

    whole: what an undisturbed process leaves.  seconds, steps: what it took.
    """

    name: str
    work: Work
    start: Callable[[Path], None]
    share: float
    whole: list[tuple[object, ...]]
    seconds: float = 0.0
    steps: int = 0


def main() -> int:
    """Kill as often as asked; 1 where anything is lost, broken or other than it would have been."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else MOMENTS
    chance = random.Random(1)
    with tempfile.TemporaryDirectory() as name, _stand_ins() as addresses:
        folder = Path(name)
        for job in _jobs(folder, addresses):
            _measure(job, folder)
            wrong, told = _kill(job, folder, n, chance)
            if wrong:
                print(f"{job.name}: {wrong}")
                return 1
            print(f"{job.name}: {told}")
    return 0


def _jobs(folder: Path, addresses: tuple[str, str]) -> list[Job]:
    def search(store: Path, _: int) -> None:
        where = api.literature.addresses(*addresses, per_second=1000)
        api.literature.search(store=store, where=where)

    files = [folder / f"part{place}.ris" for place in range(6)]
    for place, path in enumerate(files):
        path.write_text(ris(place * 80, 120))

    def imports(store: Path, _: int) -> None:
        api.literature.import_files(files, store=store)

    def screen(store: Path, pipe: int) -> None:
        with storing.opened(store) as review:
            done = {each.record for each in review.decisions()}
            left = sorted(set(review.source_of()) - done)
        for record in left:
            verdict = "include" if record % 7 == 0 else "exclude"
            api.literature.decide(record, verdict, store=store, who="jane")
            os.write(pipe, f"{record} {verdict}\n".encode())

    def nothing(_: Path) -> None:
        return None

    def filled(store: Path) -> None:
        api.literature.import_files(files[:2], store=store)

    return [
        Job("search", search, nothing, 0.7, []),
        Job("import", imports, nothing, 0.7, []),
        Job("screening", screen, filled, 1.5 / KILLS_OF_A_STORE, []),
    ]


def _measure(job: Job, folder: Path) -> None:
    """Do the work once, undisturbed."""
    store = folder / f"{job.name}-whole.db"
    job.start(store)
    began = time.monotonic()
    lines = _process(job, store, 0, None)
    job.seconds, job.steps = time.monotonic() - began, int(lines[-1])
    job.whole = kept(str(store))
    assert job.whole, job.name


def _kill(job: Job, folder: Path, n: int, chance: random.Random) -> tuple[str, str]:
    """What is wrong, and what is told where nothing is."""
    kinds, stores, acknowledged = Counter[str](), 0, 0
    while kinds.total() < n:
        store, heard = folder / f"{job.name}-{stores}.db", list[str]()
        job.start(store)
        stores += 1
        for _ in range(min(KILLS_OF_A_STORE, n - kinds.total())):
            by_step = chance.random() < 0.5
            steps = chance.randint(1, max(1, int(job.steps * job.share))) if by_step else 0
            lines = _process(job, store, steps, None if by_step else chance.uniform(0, job.seconds * job.share))
            heard += [line for line in lines if " " in line]
            if wrong := _wrong(store, heard):
                return f"kill {kinds.total() + 1}: {wrong}", ""
            if lines and lines[-1].isdecimal():
                break  # It ended before it was killed.
            kinds["by a step" if by_step else "by time"] += 1
        heard += [line for line in _process(job, store, 0, None) if " " in line]
        acknowledged += len(heard)
        if wrong := _wrong(store, heard):
            return f"finished after kill {kinds.total()}: {wrong}", ""
        if kept(str(store)) != job.whole:
            return f"finished after kill {kinds.total()}: another store than that of an undisturbed process", ""
    said = f"; {acknowledged} decisions acknowledged, all kept once" if acknowledged else ""
    return (
        "",
        f"killed {kinds.total()} times ({dict(kinds)}), {stores} stores finished, each the same as undisturbed{said}",
    )


def _process(job: Job, store: Path, steps: int, seconds: float | None) -> list[str]:
    """What a process told until it ended or was killed: at a statement, or after some seconds; its last line then is
    how many statements it took.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        code = 1
        with contextlib.suppress(BaseException):
            counted = _counting(steps)
            job.work(store, writing)
            os.write(writing, f"{counted[0]}\n".encode())
            code = 0
        os._exit(code)
    os.close(writing)
    if seconds is not None:
        time.sleep(seconds)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    with os.fdopen(reading, "rb") as pipe:
        lines = pipe.readlines()
    _, status = os.waitpid(child, 0)
    if os.waitstatus_to_exitcode(status) not in (0, -signal.SIGKILL):
        raise RuntimeError(f"{job.name}: the process failed by itself")
    # A line that was cut off was not heard.
    return [line.decode().strip() for line in lines if line.endswith(b"\n")]


def _counting(steps: int) -> list[int]:
    """Count every statement of SQLite, and die at one of them; 0: never."""
    counted = [0]
    connect = sqlite3.connect

    def step(_: str) -> None:
        counted[0] += 1
        if counted[0] == steps:
            os.kill(os.getpid(), signal.SIGKILL)

    def connected(path: Path, timeout: float, isolation_level: None) -> sqlite3.Connection:
        found = connect(path, timeout=timeout, isolation_level=isolation_level)
        found.set_trace_callback(step)
        return found

    sqlite3.connect = connected  # type: ignore[assignment]  # in this process only, which ends by it
    return counted


def _wrong(store: Path, heard: list[str]) -> str:
    """What is lost or half kept; "" where nothing is."""
    if not store.exists():
        return "decisions without a store" if heard else ""
    database = sqlite3.connect(store)
    try:
        if database.execute("pragma integrity_check").fetchone() != ("ok",):
            return "the file is broken"
        if not database.execute("select count(*) from sqlite_master").fetchone()[0]:
            return "decisions without tables" if heard else ""
        half = database.execute(
            "select count(*) from source where records != (select count(*) from record where source = source.id)"
        ).fetchone()[0]
        decided = Counter(
            f"{key} {verdict}" for key, verdict in database.execute("select record, verdict from decision")
        )
    finally:
        database.close()
    if half:
        return f"{half} files kept by half"
    if lost := [each for each in heard if decided[each] != 1]:
        return f"acknowledged, and kept {decided[lost[0]]} times: {lost[0]}"
    return ""


@contextlib.contextmanager
def _stand_ins() -> Iterator[tuple[str, str]]:
    """The stand-ins in a process of their own: this one forks, and must have no threads."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        numbers = [f"NCT{place:08d}" for place in range(1, RECORDS // 2)]
        with databases(articles=articles(RECORDS), trials={number: trial(number) for number in numbers}) as held:
            os.write(writing, f"{json.dumps([held.pubmed_url, held.registry_url])}\n".encode())
            signal.pause()
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        first, second = json.loads(pipe.readline())
    try:
        yield first, second
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


if __name__ == "__main__":
    sys.exit(main())
