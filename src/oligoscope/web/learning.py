"""Orders to read in are learned in a process beside the server: 100,000 records take some 20 seconds of a processor, in
which each answer of the server would come late.
"""

import os
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from oligoscope.api import literature
from oligoscope.literature.screening import Queue
from oligoscope.literature.store import STAGES


class Learner:
    """Learns one order after another, in a process that begins with the first of them."""

    def __init__(self) -> None:
        # Two queues: whoever reads full texts does not wait until the process has begun.
        self._beside, self._here = (ThreadPoolExecutor(1, "ranking") for _ in range(2))
        self._pipe: Connection | None = None

    def order(self, store: Path, who: str, stage: str) -> "Future[Queue]":
        """What a person has still to read, once it is learned."""
        # What titles let in is little, and is learned sooner than a process begins.
        if stage == STAGES[0]:
            return self._beside.submit(self._asked, store, who, stage)
        return self._here.submit(_learned, store, who, stage)

    def _asked(self, store: Path, who: str, stage: str) -> Queue:
        """The answer of the process; where it cannot, it is learned here, so that what is wrong is raised here too."""
        answer = None
        with suppress(EOFError, OSError):
            answer = self._answer(store, who, stage)
        if answer is None:
            self._pipe = None
        return answer or _learned(store, who, stage)

    def _answer(self, store: Path, who: str, stage: str) -> Queue | None:
        if self._pipe is None:
            # Not forked: other threads of the server hold locks that nobody would let go of there.
            context = get_context("spawn")
            self._pipe, theirs = context.Pipe()
            context.Process(target=_learning, args=(theirs,), name="ranking", daemon=True).start()
            theirs.close()
        self._pipe.send((store, who, stage))
        answer: Queue | None = self._pipe.recv()
        return answer


def _learned(store: Path, who: str, stage: str) -> Queue:
    return literature.waiting(store=store, who=who, stage=stage)


def _learning(pipe: Connection) -> None:
    """The process: it ends when the server does, since the pipe ends with it."""
    if os.name == "posix":
        os.nice(10)
    with suppress(EOFError, OSError, KeyboardInterrupt):
        while True:
            asked = pipe.recv()
            answer = None
            with suppress(Exception):
                answer = _learned(*asked)
            pipe.send(answer)
