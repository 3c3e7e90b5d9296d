"""A review of 100,000 made-up records: import, de-duplication, first ranking, and how long the next record takes.

python benchmarks/literature.py [RECORDS]

Two files, RIS and NBIB; a tenth of the second are records of the first in other spelling. Bars: import with
de-duplication and the first ranking in 5 minutes of processor time and 3 GiB, the next record in 200 ms: on the
command line the slowest, in the browser 95 of 100, while the order is being learned beside it.
"""

import random
import re
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from fastapi.testclient import TestClient

from oligoscope.api import literature
from oligoscope.web import create_app
from oligoscope.web.settings import LOOPBACK, Settings

T = TypeVar("T")

RECORDS = 100_000
WORDS = 30_000
"""Different words in all records, the frequent ones far more often, as in abstracts."""
IN_ABSTRACT = 150
SHARED = 10
"""One of so many records of the second file is one of the first."""
DECISIONS = 40
IN_BROWSER, FINDS = 200, (3, 60)
"""Decisions sent by a browser, and after how many of them one is an inclusion: after each the order is learned anew."""
MOST_SECONDS, MOST_GIB, MOST_NEXT_SECONDS = 300.0, 3.0, 0.2


def main() -> int:
    """Measure; 1 where a bar is missed."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else RECORDS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = [folder / "one.ris", folder / "two.nbib"]
        shared = _write(files, n)
        store = folder / "reviews/big.db"
        store.parent.mkdir()
        imported, found = _timed(lambda: literature.import_files(files, store=store).found)
        print(f"import and de-duplication: {imported:.1f} s, {found.added} records, {found.merged} merged of {shared}")
        for record, verdict in ((1, "include"), (2, "exclude")):
            literature.decide(record, verdict, store=store, who="jane")
        ranked, queue = _timed(lambda: literature.waiting(store=store, who="jane"))
        print(f"first ranking: {ranked:.1f} s, {len(queue.waiting)} waiting, learned: {queue.learned}")
        following = list(_next(store, list(queue.waiting)))
        again, _ = _timed(lambda: literature.waiting(store=store, who="jane"))
        processor = time.process_time()
        first, *served = _served(folder)
        processor = (time.process_time() - processor) / len(served)
    slowest = max(following)
    print(f"next record: {statistics.median(following) * 1000:.0f} ms, at most {slowest * 1000:.0f} ms")
    usual, most, worst = statistics.median(served), sorted(served)[int(0.95 * len(served))], max(served)
    print(
        f"in the browser: {usual * 1000:.0f} ms, 95 of 100 within {most * 1000:.0f} ms, at most {worst * 1000:.0f} ms"
        f" ({processor * 1000:.0f} ms of the processor); the first page {first * 1000:.0f} ms"
    )
    print(f"learned anew, after a find: {again:.1f} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"together {imported + ranked:.1f} s; peak {peak:.2f} GiB")
    return int(imported + ranked > MOST_SECONDS or peak > MOST_GIB or max(slowest, most) > MOST_NEXT_SECONDS)


def _next(store: Path, waiting: list[int]) -> Iterator[float]:
    """Seconds from a key to the next record on the screen."""
    for place in range(min(DECISIONS, len(waiting) - 1)):
        began = time.perf_counter()
        literature.decide(waiting[place], "exclude", store=store, who="jane")
        literature.shown(waiting[place + 1], len(waiting), store=store)
        yield time.perf_counter() - began


def _served(folder: Path) -> Iterator[float]:
    """Seconds of the page of screening, then from each decision that is sent to the page with the next record."""
    url = f"sqlite:///{folder / 'cases.sqlite'}"
    client = TestClient(create_app(Settings(database=url, hosts=(*LOOPBACK, "testserver"))))
    began = time.perf_counter()
    page = client.get("/review/big/screen", params={"reader": "bob"}).text
    yield time.perf_counter() - began
    for number in range(IN_BROWSER):
        found = re.search(r'name="record" value="(\d+)"', page)
        assert found, page
        said = {"record": found[1], "verdict": "include" if number in FINDS else "exclude"}
        began = time.perf_counter()
        sent = {"stage": "abstract", "reader": "bob", **said}
        page = client.post("/review/big/screen", data=sent, headers={"hx-request": "true"}).text
        yield time.perf_counter() - began
        time.sleep(0.1)  # Somebody reads.


def _timed(do: Callable[[], T]) -> tuple[float, T]:
    """Seconds of processor time, which others on the machine do not change, and what was made."""
    began = time.process_time()
    found = do()
    return time.process_time() - began, found


def _write(files: list[Path], n: int) -> int:
    """Write both files; how many of their records are the same."""
    chance = random.Random(1)
    words = ["".join(chance.choices("abcdefghilmnoprstuvz", k=chance.randint(3, 11))) for _ in range(WORDS)]
    # The k-th word is drawn in proportion to 1 / k.
    weights = [1 / (place + 1) for place in range(WORDS)]
    half, shared = n // 2, 0
    titles = []
    with files[0].open("w", encoding="utf-8") as file:
        for number in range(half):
            titles.append(" ".join(chance.choices(words, weights, k=12)).capitalize())
            abstract = " ".join(chance.choices(words, weights, k=IN_ABSTRACT))
            file.write(
                f"TY  - JOUR\nTI  - {titles[-1]}\nAU  - {words[number % WORDS].capitalize()}, A.\n"
                f"PY  - {1990 + number % 35}\nDO  - 10.1234/{number}\nAB  - {abstract}\nER  -\n\n"
            )
    with files[1].open("w", encoding="utf-8") as file:
        for number in range(n - half):
            same = number % SHARED == 0
            shared += same
            title = f"{titles[number].upper()}." if same else " ".join(chance.choices(words, weights, k=12))
            doi = f"LID - 10.1234/{number} [doi]\n" if same else ""
            abstract = " ".join(chance.choices(words, weights, k=IN_ABSTRACT))
            file.write(
                f"PMID- {number + 1}\nTI  - {title}\nFAU - {words[number % WORDS].capitalize()}, Anna\n"
                f"DP  - {1990 + number % 35}\n{doi}AB  - {abstract}\n\n"
            )
    return shared


if __name__ == "__main__":
    sys.exit(main())
