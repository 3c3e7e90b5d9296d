"""Works on registries, one at a time in each server process, each by the command in a process of its own: a registry of
a million patients must not slow the answers to the others, nor end with the server.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

from oligoscope.errors import NotAllowed, OligoscopeError
from oligoscope.store.jobs import DONE, FAILED, RUNNING, Job, Jobs

CHECK = "check"


@dataclass(frozen=True)
class Work:
    """What may be done with a registry. name: of the command.  offers: what it gives.  says: while it is done.  page:
    its result, to be read.
    """

    name: str
    offers: str
    says: str
    page: str
    takes_endpoint: bool = True


WORKS: Mapping[str, Work] = {
    work.name: work
    for work in (
        Work("assess", "Every patient assessed", "assessing every patient", "summary.html", takes_endpoint=False),
        Work("report", "Survival report", "analysing survival", "report.html"),
        Work("validate", "Validation", "holding it against published survival", "validation.html"),
    )
}
"""By command, in the order in which they are done. The registry is read once more before them, for what is wrong."""
READING = "reading the registry"
BEAT_SECONDS, LOOK_SECONDS = 5, 10
MAPPING = "mapping.yaml"
GIVEN, FOUND, ASKED = "given", "found", "asked.json"
"""Of a job: the folder of what was uploaded, that of what came out (one in it for each work), and what was asked."""
MOST_TOLD = 20_000
"""Letters of what a command says that are kept."""


@dataclass(frozen=True)
class Asked:
    """What is to be done with a registry. endpoint, origin: as for the commands; "" for what is usual there."""

    works: tuple[str, ...]
    endpoint: str = ""
    origin: str = ""

    @property
    def steps(self) -> tuple[tuple[str, str], ...]:
        """The commands, in their order, each with what it does."""
        return ((CHECK, READING), *((name, work.says) for name, work in WORKS.items() if name in self.works))

    def keep(self, folder: Path) -> None:
        """Lay it beside the files that it is about."""
        (folder / ASKED).write_text(json.dumps(asdict(self)), "utf-8")

    @staticmethod
    def of(folder: Path) -> "Asked":
        """What `keep` laid there. Without it, every patient is assessed."""
        if not (folder / ASKED).exists():
            return Asked(("assess",))
        raw = json.loads((folder / ASKED).read_text("utf-8"))
        return Asked(tuple(raw["works"]), raw["endpoint"], raw["origin"])


def asked(works: Sequence[str], endpoint: str, origin: str) -> Asked:
    """What a form or a request asks for. Raises NotAllowed."""
    from oligoscope.cohort.analysis.endpoints import ENDPOINTS, ORIGINS

    for field, value, allowed in (
        *(("work", work, tuple(WORKS)) for work in works),
        ("endpoint", endpoint, ("", *ENDPOINTS)),
        ("from", origin, ("", *ORIGINS)),
    ):
        if value not in allowed:
            raise NotAllowed(field, value[:60], ", ".join(filter(None, allowed)), "there is none of that name")
    if not works:
        raise NotAllowed("work", "", ", ".join(WORKS), "nothing was asked for", "choose one or more")
    return Asked(tuple(dict.fromkeys(works)), endpoint, origin)


class Worker:
    """Takes up jobs until the server ends. options: of the command, for packs and studies."""

    def __init__(self, jobs: Jobs, options: Sequence[str]) -> None:
        self.jobs, self.options = jobs, tuple(options)
        self.name = ""
        self.wake, self.is_over = threading.Event(), False
        self.thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look for jobs."""
        # Not before: processes forked of one application would have one name, and could not tell whose a job is.
        self.name = f"{socket.gethostname()}:{os.getpid()}:{uuid4()}"
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
        folder, said = Path(job.folder), []
        if not folder.is_dir():
            self.jobs.say(job.id, self.name, "", "the uploaded files are not on this machine", FAILED)
            return
        wanted = Asked.of(folder)
        (folder / FOUND).mkdir(mode=0o700, exist_ok=True)
        for step, words in wanted.steps:
            # What another process began, or an earlier one was asked otherwise, is of no use.
            shutil.rmtree(folder / FOUND / step, ignore_errors=True)
            code = self._run(job, step, words, _command(folder, step, wanted, self.options))
            if code is None:
                return
            told = (folder / f"{step}.txt").read_text("utf-8", "replace")[:MOST_TOLD].replace("\0", "")
            told = told.replace(f"{folder / FOUND}/", "").replace(f"{folder}/", "")
            said += [told] if step != CHECK else []
            if code not in (0, 1):
                self.jobs.say(job.id, self.name, words, told, FAILED)
                return
        self.jobs.say(job.id, self.name, "", "".join(said), DONE)

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


def _command(folder: Path, step: str, wanted: Asked, options: Sequence[str]) -> list[str]:
    files = sorted(path for path in (folder / GIVEN).iterdir() if path.name != MAPPING)
    source = files[0] if len(files) == 1 else folder / GIVEN
    mapping = folder / GIVEN / MAPPING
    if mapping.exists() and len(files) > 1:
        mapping = mapping.rename(folder / MAPPING)
    mapping = mapping if mapping.exists() else folder / MAPPING
    by = ["--mapping", str(mapping)] if mapping.exists() else []
    more = [] if step == CHECK else ["-o", str(folder / FOUND / step), *options]
    if step != CHECK and WORKS[step].takes_endpoint:
        settings = {"--endpoint": wanted.endpoint, "--from": wanted.origin}
        more += [word for option, value in settings.items() if value for word in (option, value)]
    # Lower than the server itself: who waits for an answer comes first.
    nice = ["nice", "-n", "10"] if shutil.which("nice") else []
    return [*nice, sys.executable, "-m", "oligoscope", "cohort", step, str(source), *by, *more]
