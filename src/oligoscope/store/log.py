"""The log: who did what to which case, appended only; each line seals the one before it."""

from hashlib import sha256
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from oligoscope.store.models import LogRow, now

if TYPE_CHECKING:
    from oligoscope.store.database import Database

FIRST = "0" * 64


def append(session: Session, who: str, what: str, case_id: str = "", detail: str = "") -> None:
    """One line, in the transaction of what it tells of. detail: nothing of a patient."""
    length_so_far, before = seal(session)
    line = LogRow(number=length_so_far + 1, moment=now(), who=who, what=what, case_id=case_id, detail=detail)
    line.digest = _digest(line, before)
    session.add(line)
    session.flush()


def note(database: "Database", who: str, what: str, detail: str) -> None:
    """One line about what is kept elsewhere, before it is done there. Raises Unavailable."""
    with database.writing() as session:
        append(session, who, what, "", detail[:200])


def seal(session: Session) -> tuple[int, str]:
    """The number and the digest of the last line."""
    last = session.scalars(select(LogRow).order_by(LogRow.number.desc()).limit(1)).first()
    return (last.number, last.digest) if last else (0, FIRST)


def broken(session: Session) -> int | None:
    """The number of the first line that was changed, or that does not follow the one before it; None where all do."""
    before, expected = FIRST, 1
    for line in session.scalars(select(LogRow).order_by(LogRow.number)):
        if line.number != expected or line.digest != _digest(line, before):
            return expected
        before, expected = line.digest, expected + 1
    return None


def lines_of(session: Session, case_id: str) -> list[dict[str, str]]:
    """What was done to a case, and by whom."""
    lines = session.scalars(select(LogRow).where(LogRow.case_id == case_id).order_by(LogRow.number))
    return [{"moment": line.moment, "who": line.who, "what": line.what, "detail": line.detail} for line in lines]


def length(session: Session) -> int:
    """How many lines there are."""
    return session.scalar(select(func.count()).select_from(LogRow)) or 0


def _digest(line: LogRow, before: str) -> str:
    parts = (before, str(line.number), line.moment, line.who, line.what, line.case_id, line.detail)
    return sha256("\x1f".join(parts).encode("utf-8")).hexdigest()
