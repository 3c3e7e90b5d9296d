"""What readers of the knowledge say of a table to its curator, and what the curator answers; nothing of a patient."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from oligoscope.errors import NotAllowed
from oligoscope.store import log
from oligoscope.store.cases import short
from oligoscope.store.database import Database
from oligoscope.store.models import CommentRow, now

LONGEST = 4_000
"""Letters of a comment or an answer."""


@dataclass(frozen=True)
class Comment:
    """A comment on a table, or on one of its rules. knowledge: the release that was read.  answered: UTC, or empty."""

    id: str
    table: str
    rule: str
    text: str
    who: str
    made: str
    knowledge: str
    answer: str
    answered_by: str
    answered: str


class Comments:
    """The comments of one database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def add(self, table: str, rule: str, text: str, who: str, knowledge: str) -> Comment:
        """Keep a comment. rule: empty for the table as a whole. Raises NotAllowed, Unavailable."""
        if not text.strip():
            raise NotAllowed("comment", "", "what you would tell the curator, in words", "it is empty")
        with self.database.writing() as session:
            row = CommentRow(
                id=str(uuid4()),
                about=table,
                rule=rule,
                text=short("comment", text.strip(), LONGEST),
                who=who,
                made=now(),
                knowledge=knowledge,
                answer="",
                answered_by="",
                answered="",
            )
            session.add(row)
            log.append(session, who, "comment", "", f"{table} {rule}".strip()[:200])
            return _comment(row)

    def list(self, table: str | None = None) -> Sequence[Comment]:
        """Those on a table, or all: what is not answered first, then the newest first."""
        with self.database.reading() as session:
            order = select(CommentRow).order_by(CommentRow.answered != "", CommentRow.made.desc(), CommentRow.id)
            rows = session.scalars(order if table is None else order.where(CommentRow.about == table))
            return [_comment(row) for row in rows]

    def answer(self, comment_id: str, answer: str, who: str) -> None:
        """Mark a comment as answered. answer: may be empty. Raises NotAllowed where it is answered already."""
        with self.database.writing() as session:
            row = _row(session, comment_id)
            if row.answered:
                problem = f"it was answered already, by {row.answered_by}"
                raise NotAllowed("comment", row.about, "", problem, "read that answer first")
            row.answer = short("answer", answer.strip(), LONGEST)
            row.answered_by, row.answered = who, now()
            log.append(session, who, "answer comment", "", f"{row.about} {row.rule}".strip()[:200])

    def erase(self, comment_id: str, who: str) -> None:
        """Take a comment away, for example one that names a patient; the log keeps that there was one."""
        with self.database.writing() as session:
            row = _row(session, comment_id)
            log.append(session, who, "erase comment", "", f"{row.about} {row.rule}".strip()[:200])
            session.delete(row)


def _row(session: Session, comment_id: str) -> CommentRow:
    row = session.get(CommentRow, comment_id[:36].replace("\0", ""))
    if row is None:
        raise NotAllowed("comment", comment_id[:40].replace("\0", ""), "", "there is no such comment")
    return row


def _comment(row: CommentRow) -> Comment:
    return Comment(
        row.id,
        row.about,
        row.rule,
        row.text,
        row.who,
        row.made,
        row.knowledge,
        row.answer,
        row.answered_by,
        row.answered,
    )
