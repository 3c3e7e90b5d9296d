"""What a board says of a case before the case is answered; the log proves the order.

A line `lock` comes before the line `answered` of the same case, and a case of which somebody had seen an answer before
(a line `read` or `export`, or one that was kept out of the form that answers while it is filled in) is marked: it is
left out of every count, and told.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from oligoscope.errors import NotAllowed
from oligoscope.store import log
from oligoscope.store.cases import ANSWER_SEEN, LONGEST, at_version, short, summary_of, written
from oligoscope.store.database import Database
from oligoscope.store.models import CaseRow, ConcordanceRow, LogRow, now

SEEING = ("read", "export", "decide")
"""Words of the log for what shows the answer of a case."""


@dataclass(frozen=True)
class Blind:
    """One case that a board spoke on first. opened: an answer had been seen before.  answers: empty until answered."""

    case_id: str
    pseudonym: str
    case_version: int
    who: str
    locked: str
    opened: bool
    said: Mapping[str, str]
    words: str
    knowledge: str
    answers: Mapping[str, str]
    reason: str


class Concordance:
    """The blind decisions of one database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def lock(self, case_id: str, version: int, who: str, board: str, said: Mapping[str, str], words: str) -> Blind:
        """Keep what a board says, for good. who: writes it down.  said: by table the outcome.  words: its own.

        Raises NotAllowed where nothing is said or it was locked already, Changed, NotKept, Unavailable.
        """
        if not said and not words.strip():
            raise NotAllowed("decision", "", "an answer to at least one question", "nothing is said")
        with self.database.writing() as session:
            row = at_version(session, case_id, version)
            if session.get(ConcordanceRow, case_id):
                raise NotAllowed("decision", "", "", "the decision on this case is locked already")
            opened = _was_opened(session, case_id)
            blind = ConcordanceRow(
                case_id=case_id,
                case_version=version,
                who=short("who", board, 200),
                locked=now(),
                opened=int(opened),
                said=written(said),
                words=short("decision", words.strip(), LONGEST),
                knowledge="",
                answers="{}",
                reason="",
            )
            session.add(blind)
            log.append(session, who, "lock", case_id, f"version {version}{', seen before' if opened else ''}")
            return _blind(session, blind, row)

    def answer(self, case_id: str, who: str, knowledge: str, answers: Mapping[str, str]) -> None:
        """Keep what the knowledge answers, once it was locked. Raises NotAllowed where it was not."""
        with self.database.writing() as session:
            row = session.get(ConcordanceRow, case_id)
            if row is None or row.knowledge:
                raise NotAllowed("case", case_id[:40], "", "its decision is not locked, or it was answered already")
            row.knowledge, row.answers = knowledge, written(answers)
            log.append(session, who, "answered", case_id, "after the lock")

    def explain(self, case_id: str, who: str, reason: str) -> None:
        """Keep why a board and the answer differ. Raises NotAllowed."""
        with self.database.writing() as session:
            row = session.get(ConcordanceRow, case_id)
            if row is None or not row.knowledge:
                raise NotAllowed("case", case_id[:40], "", "its decision is not locked, or it is not answered yet")
            row.reason = short("reason", reason.strip(), LONGEST)
            log.append(session, who, "reason", case_id)

    def every(self, who: str) -> Sequence[Blind]:
        """All of them, the newest first; that they were read is one line of the log."""
        with self.database.writing() as session:
            rows = session.scalars(
                select(ConcordanceRow).order_by(ConcordanceRow.locked.desc(), ConcordanceRow.case_id)
            ).all()
            log.append(session, who, "list", "", f"{len(rows)} blind decisions")
            return [_blind(session, row, session.get_one(CaseRow, row.case_id)) for row in rows]

    def chart(self, case_id: str, who: str) -> tuple[Mapping[str, object], int, Blind | None]:
        """The chart of a case, which shows no answer; its version; and what was said of it, if anything.

        Raises NotKept, Unavailable.
        """
        with self.database.writing() as session:
            row = at_version(session, case_id, None)
            log.append(session, who, "chart", case_id, f"version {row.version}")
            blind = session.get(ConcordanceRow, case_id)
            return json.loads(row.document), row.version, _blind(session, blind, row) if blind else None


def _was_opened(session: Session, case_id: str) -> bool:
    lines = session.scalars(select(LogRow).where(LogRow.case_id == case_id))
    return any(line.what in SEEING or ANSWER_SEEN in line.detail for line in lines)


def _blind(session: Session, row: ConcordanceRow, case: CaseRow) -> Blind:
    return Blind(
        case_id=row.case_id,
        pseudonym=summary_of(session, case).pseudonym,
        case_version=row.case_version,
        who=row.who,
        locked=row.locked,
        opened=bool(row.opened),
        said=json.loads(row.said),
        words=row.words,
        knowledge=row.knowledge,
        answers=json.loads(row.answers),
        reason=row.reason,
    )
