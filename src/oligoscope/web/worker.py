"""Works on what waits, one job of a kind at a time in each server process, each step by the command in a process of its
own: a registry of a million patients must not slow the answers to the others, nor end with the server.
"""

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from oligoscope.errors import OligoscopeError
from oligoscope.files.writing import lock, unlock
from oligoscope.store.jobs import DONE, FAILED, RUNNING, Job, Jobs

BEAT_SECONDS, LOOK_SECONDS = 5, 10
MOST_TOLD = 20_000
"""Letters of what a command says that are kept."""


@dataclass(frozen=True)
class Step:
    """One command of a job. name: of the file that holds what it says.  says: what it does, in 40 letters.  is_told:
    whether what it says stands with the result.
    """

    name: str
    says: str
    command: tuple[str, ...]
    is_told: bool = True


Plan = Callable[[Path], Iterable[Step]]
"""What is to be done, by the folder of a job; each step is asked for when the one before it has ended."""


def ours(*words: str) -> tuple[str, ...]:
    """A command of this program, lower than the server itself: who waits for an answer comes first."""
    nice = ("nice", "-n", "10") if shutil.which("nice") else ()
    return (*nice, sys.executable, "-m", "oligoscope", *words)


class Worker:
    """Takes up jobs until the server ends. hidden: folders whose place on this machine nobody is told."""

    def __init__(
        self, jobs: Jobs, plan: Plan, hidden: Callable[[Path], Sequence[Path]] = lambda folder: (folder,)
    ) -> None:
        self.jobs, self.plan, self.hidden = jobs, plan, hidden
        self.name = ""
        self.wake, self.is_over = threading.Event(), False
        self.thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look for jobs."""
        # Not before: processes forked of one application would have one name, and could not tell whose a job is.
        self.name = f"{socket.gethostname()}:{os.getpid()}:{uuid4()}"
        self.is_over = False
        self.thread = threading.Thread(target=self._work, name=self.jobs.kind, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """Leave the present job to whoever comes next."""
        self.is_over = True
        self.wake.set()
        if self.thread:
            self.thread.join(BEAT_SECONDS)

    def _work(self) -> None:
        while not self.is_over:
            job = None
            # A database that does not answer now may answer later.
            with suppress(OligoscopeError):
                job = self.jobs.claim(self.name)
                if job:
                    self._carried_out(job)
            if job is None:
                self.wake.wait(LOOK_SECONDS)
                self.wake.clear()

    def _carried_out(self, job: Job) -> None:
        folder = Path(job.folder)
        if not folder.is_dir():
            self.jobs.say(job.id, self.name, "", "the uploaded files are not on this machine", FAILED)
            return
        held = self._held(job, folder)
        try:
            self._steps(job, folder, () if held is None else (held,))
        finally:
            unlock(held)

    def _held(self, job: Job, folder: Path) -> int | None:
        """The folder for us alone: a command outlives the server that was killed, and two would work side by side."""
        held = lock(folder)
        while held is None and os.name == "posix" and self._goes_on(job, job.step):
            time.sleep(1)
            held = lock(folder)
        return held

    def _goes_on(self, job: Job, words: str) -> bool:
        """Whether the job is ours still: it was not given up, erased, or taken up by another."""
        return not self.is_over and self.jobs.say(job.id, self.name, words, "", RUNNING)

    def _steps(self, job: Job, folder: Path, held: Sequence[int]) -> None:
        said = []
        for step in self.plan(folder):
            code = self._run(job, step, held)
            if code is None:
                return
            told = (folder / f"{step.name}.txt").read_text("utf-8", "replace")[:MOST_TOLD].replace("\0", "")
            for place in self.hidden(folder):
                told = told.replace(f"{place}/", "")
            said += [told] if step.is_told else []
            if code not in (0, 1):
                self.jobs.say(job.id, self.name, step.says, told, FAILED)
                return
        self.jobs.say(job.id, self.name, "", "".join(said), DONE)

    def _run(self, job: Job, step: Step, held: Sequence[int]) -> int | None:
        """One command to its end; None where the job is no longer ours. held: what it keeps locked."""
        file = Path(job.folder) / f"{step.name}.txt"
        with (
            file.open("wb") as out,
            subprocess.Popen(step.command, stdout=out, stderr=out, pass_fds=tuple(held)) as process,
        ):
            while True:
                if not self._goes_on(job, step.says):
                    process.kill()
                    return None
                with suppress(subprocess.TimeoutExpired):
                    return process.wait(BEAT_SECONDS)
