"""Works on registries, one at a time in each server process, each by the command in a process of its own: a registry of
a million patients must not slow the answers to the others, nor end with the server.
"""

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from oligoscope.errors import OligoscopeError
from oligoscope.store.jobs import DONE, FAILED, RUNNING, Job, Jobs

STEPS = (("check", "reading the registry"), ("assess", "assessing every patient"))
"""The commands, in their order, each with what it does."""
BEAT_SECONDS, LOOK_SECONDS = 5, 10
MAPPING = "mapping.yaml"
GIVEN, FOUND = "given", "found"
"""Folders of a job: what was uploaded, what came out."""
MOST_TOLD = 20_000
"""Letters of what a command says that are kept."""


class Worker:
    """Takes up jobs until the server ends. options: of the command, for packs and studies."""

    def __init__(self, jobs: Jobs, options: Sequence[str]) -> None:
        self.jobs, self.options = jobs, tuple(options)
        self.name = f"{socket.gethostname()}:{os.getpid()}:{uuid4()}"
        self.wake, self.is_over = threading.Event(), False
        self.thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look for jobs."""
        self.is_over = False
        self.thread = threading.Thread(target=self._work, name="registries", daemon=True)
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
        # One that another process began is begun again: its folder is of no use.
        shutil.rmtree(folder / FOUND, ignore_errors=True)
        for step, words in STEPS:
            code = self._run(job, step, words, _command(folder, step, self.options))
            told = (folder / f"{step}.txt").read_text("utf-8", "replace")[:MOST_TOLD].replace("\0", "")
            if code is None:
                return
            if code not in (0, 1):
                self.jobs.say(job.id, self.name, words, told.replace(f"{folder}/", ""), FAILED)
                return
        self.jobs.say(job.id, self.name, "", told.replace(f"{folder}/", ""), DONE)

    def _run(self, job: Job, step: str, words: str, command: Sequence[str]) -> int | None:
        """One command to its end; None where the job was given up, erased, or taken up by another."""
        file = Path(job.folder) / f"{step}.txt"
        with file.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out) as process:
            while True:
                if self.is_over or not self.jobs.say(job.id, self.name, words, "", RUNNING):
                    process.kill()
                    return None
                with suppress(subprocess.TimeoutExpired):
                    return process.wait(BEAT_SECONDS)


def _command(folder: Path, step: str, options: Sequence[str]) -> list[str]:
    files = sorted(path for path in (folder / GIVEN).iterdir() if path.name != MAPPING)
    source = files[0] if len(files) == 1 else folder / GIVEN
    mapping = folder / GIVEN / MAPPING
    if mapping.exists() and len(files) > 1:
        mapping = mapping.rename(folder / MAPPING)
    mapping = mapping if mapping.exists() else folder / MAPPING
    by = ["--mapping", str(mapping)] if mapping.exists() else []
    more = [] if step == "check" else ["-o", str(folder / FOUND), *options]
    # Lower than the server itself: who waits for an answer comes first.
    nice = ["nice", "-n", "10"] if shutil.which("nice") else []
    return [*nice, sys.executable, "-m", "oligoscope", "cohort", step, str(source), *by, *more]
