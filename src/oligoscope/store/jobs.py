"""What is worked on in the background, registries and reviews: what became of each, and which process works on it.

A process that ends leaves its job claimed; when it has not been heard of for a while, the next one takes it up.
"""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from oligoscope.errors import NotAllowed
from oligoscope.store import log
from oligoscope.store.cases import NotKept, short
from oligoscope.store.database import Database
from oligoscope.store.models import JobRow, now

WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"
REGISTRY, REVIEW = "registry", "review"
"""What a job is about."""
SILENT_SECONDS = 30
"""A process says that it works every few seconds; one that was silent for so long has ended."""


Keep = Callable[[Path], object]


@dataclass(frozen=True)
class Job:
    """One registry, or what is done with one review. told: what the last step said."""

    id: str
    who: str
    name: str
    folder: str
    state: str
    step: str
    told: str
    made: str


class Jobs:
    """The jobs of one kind in a database. clock: seconds since 1970."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time, kind: str = REGISTRY) -> None:
        self.database, self.clock, self.kind = database, clock, kind

    def add(self, job_id: str, name: str, folder: str, who: str) -> None:
        """A job whose files are all there."""
        with self.database.writing() as session:
            self._add(session, job_id, name, folder, who)
            log.append(session, who, self.kind, job_id, "upload")

    def _add(self, session: Session, job_id: str, name: str, folder: str, who: str) -> None:
        kept = {"who": who, "name": short("name", name, 200), "folder": folder, "made": now(), "kind": self.kind}
        session.add(JobRow(id=job_id, state=WAITING, step="", told="", claimed="", beat=0, **kept))

    def put(self, job_id: str, name: str, folder: Path, who: str, keep: Keep, detail: str) -> None:
        """Put down the one job that there is of a thing, anew where it ended. keep: lays what is asked into its folder.
        detail: for the log.  Raises NotAllowed where it is still worked on.
        """
        with self.database.writing() as session:
            row = session.get(JobRow, job_id)
            if row is None:
                self._add(session, job_id, name, str(folder), who)
            else:
                self._wait(row)
                row.who, row.made = who, now()
            keep(folder)
            log.append(session, who, self.kind, "", detail[:200])

    def claim(self, process: str) -> Job | None:
        """The oldest job that nobody works on, for this process."""
        silent = int(self.clock()) - SILENT_SECONDS
        free = or_(JobRow.state == WAITING, (JobRow.state == RUNNING) & (JobRow.beat < silent))
        order = select(JobRow).where(JobRow.kind == self.kind, free).order_by(JobRow.made, JobRow.id).limit(1)
        with self.database.reading() as session:
            if session.scalars(order).first() is None:
                return None
        with self.database.writing() as session:
            row = session.scalars(order).first()
            if row is None:
                return None
            row.state, row.claimed, row.beat = RUNNING, process, int(self.clock())
            return _job(row)

    def again(self, job_id: str, who: str, keep: Keep) -> None:
        """Put a job that ended down once more. keep: lays what is asked now into its folder.

        Raises NotKept, and NotAllowed where it is still worked on.
        """
        with self.database.writing() as session:
            row = self._row(session, job_id)
            self._wait(row)
            keep(Path(row.folder))
            log.append(session, who, self.kind, job_id, "asked again")

    def _wait(self, row: JobRow) -> None:
        """Let a job that ended wait once more. Raises NotAllowed where it did not."""
        if row.state not in (DONE, FAILED):
            problem = f"it is {row.state}{f', {row.step}' if row.step else ''}, for {row.who}"
            raise NotAllowed(self.kind, row.name, "one that is not worked on", problem, "wait until it is done")
        row.state, row.step, row.told, row.claimed, row.beat = WAITING, "", "", "", 0

    def say(self, job_id: str, process: str, step: str, told: str = "", state: str = RUNNING) -> bool:
        """What a process does, or did; False where the job is another's by now, or is gone."""
        with self.database.writing() as session:
            row = session.get(JobRow, job_id)
            if row is None or row.claimed != process:
                return False
            row.step, row.told, row.state, row.beat = step, told or row.told, state, int(self.clock())
            return True

    def read(self, job_id: str, who: str) -> Job:
        """One job, logged where its results may be seen. Raises NotKept."""
        with self.database.writing() as session:
            row = self._row(session, job_id)
            if row.state == DONE:
                log.append(session, who, self.kind, job_id, "read")
            return _job(row)

    def find(self, job_id: str) -> Job | None:
        """One job, None where there is none; nothing of a patient is in it, so nothing is logged."""
        with self.database.reading() as session:
            row = session.get(JobRow, job_id)
            return _job(row) if row and row.kind == self.kind else None

    def list(self) -> Sequence[Job]:
        """Every job, the newest first."""
        order = select(JobRow).where(JobRow.kind == self.kind).order_by(JobRow.made.desc(), JobRow.id)
        with self.database.reading() as session:
            return [_job(row) for row in session.scalars(order)]

    def remove(self, job_id: str, who: str) -> Job:
        """Take a job away; its files are the caller's to erase. Raises NotKept."""
        with self.database.writing() as session:
            row = self._row(session, job_id)
            found = _job(row)
            session.delete(row)
            log.append(session, who, self.kind, job_id, "erase")
            return found

    def _row(self, session: Session, job_id: str) -> JobRow:
        row = session.get(JobRow, job_id) if _ID.fullmatch(job_id) else None
        if row is None or row.kind != self.kind:
            raise NotKept(self.kind, job_id[:40], "", "there is none of that id")
        return row


def new_id() -> str:
    """An id that nobody can guess."""
    return str(uuid4())


def _job(row: JobRow) -> Job:
    return Job(row.id, row.who, row.name, row.folder, row.state, row.step, row.told, row.made)


_ID = re.compile(r"[0-9a-f-]{36}")
