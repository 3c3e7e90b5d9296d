"""Registries that are being assessed: what became of each, and which process works on it.

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
SILENT_SECONDS = 30
"""A process says that it works every few seconds; one that was silent for so long has ended."""


@dataclass(frozen=True)
class Job:
    """One registry. told: what the last step said."""

    id: str
    who: str
    name: str
    folder: str
    state: str
    step: str
    told: str
    made: str


class Jobs:
    """The jobs of one database. clock: seconds since 1970."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self.database, self.clock = database, clock

    def add(self, job_id: str, name: str, folder: str, who: str) -> None:
        """A registry whose files are all there."""
        with self.database.writing() as session:
            made = now()
            kept = {"who": who, "name": short("name", name, 200), "folder": folder, "made": made}
            session.add(JobRow(id=job_id, state=WAITING, step="", told="", claimed="", beat=0, **kept))
            log.append(session, who, "registry", job_id, "upload")

    def claim(self, process: str) -> Job | None:
        """The oldest job that nobody works on, for this process."""
        silent = int(self.clock()) - SILENT_SECONDS
        free = or_(JobRow.state == WAITING, (JobRow.state == RUNNING) & (JobRow.beat < silent))
        order = select(JobRow).where(free).order_by(JobRow.made, JobRow.id).limit(1)
        with self.database.reading() as session:
            if session.scalars(order).first() is None:
                return None
        with self.database.writing() as session:
            row = session.scalars(order).first()
            if row is None:
                return None
            row.state, row.claimed, row.beat = RUNNING, process, int(self.clock())
            return _job(row)

    def again(self, job_id: str, who: str, keep: Callable[[Path], None]) -> None:
        """Put a job that ended down once more. keep: lays what is asked now into its folder.

        Raises NotKept, and NotAllowed where it is still worked on.
        """
        with self.database.writing() as session:
            row = _row(session, job_id)
            if row.state not in (DONE, FAILED):
                fix = "wait until it is done"
                raise NotAllowed("registry", job_id, "one that is not worked on", f"it is {row.state}", fix)
            keep(Path(row.folder))
            row.state, row.step, row.told, row.claimed, row.beat = WAITING, "", "", "", 0
            log.append(session, who, "registry", job_id, "asked again")

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
            row = _row(session, job_id)
            if row.state == DONE:
                log.append(session, who, "registry", job_id, "read")
            return _job(row)

    def list(self) -> Sequence[Job]:
        """Every job, the newest first."""
        with self.database.reading() as session:
            return [_job(row) for row in session.scalars(select(JobRow).order_by(JobRow.made.desc(), JobRow.id))]

    def remove(self, job_id: str, who: str) -> Job:
        """Take a job away; its files are the caller's to erase. Raises NotKept."""
        with self.database.writing() as session:
            row = _row(session, job_id)
            found = _job(row)
            session.delete(row)
            log.append(session, who, "registry", job_id, "erase")
            return found


def new_id() -> str:
    """An id that nobody can guess."""
    return str(uuid4())


def _row(session: Session, job_id: str) -> JobRow:
    row = session.get(JobRow, job_id) if _ID.fullmatch(job_id) else None
    if row is None:
        raise NotKept("registry", job_id[:40], "", "there is none of that id")
    return row


def _job(row: JobRow) -> Job:
    return Job(row.id, row.who, row.name, row.folder, row.state, row.step, row.told, row.made)


_ID = re.compile(r"[0-9a-f-]{36}")
