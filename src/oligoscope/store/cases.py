"""Saved cases and a board's decisions; every look at one and every change is a line of the log."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from oligoscope.errors import NotAllowed
from oligoscope.store import log
from oligoscope.store.database import Database
from oligoscope.store.models import CaseRow, ConcordanceRow, DecisionRow, Identity, LogRow, RequestRow, now

STATUSES = ("open", "discussed", "treated", "closed")
ANSWER_SEEN = ", answer seen"
"""In the log, of a case that was kept out of the form that answers while it is filled in."""
BLIND = ", to be decided first"
"""Of a case that is not answered until its board has decided."""
LONGEST = 10_000
"""Letters of a decision or a dissent."""


class NotKept(NotAllowed):
    """There is no such case."""


class Changed(NotAllowed):
    """Somebody else saved the case in between; nothing was overwritten."""


@dataclass(frozen=True)
class Summary:
    """A case in a list. pseudonym: empty where it was erased.  discussed: a day, or empty.  changed: UTC.  knowledge:
    the release that answered when its document was saved; empty where nobody noted it.
    """

    id: str
    pseudonym: str
    version: int
    status: str
    discussed: str
    changed: str
    knowledge: str = ""


@dataclass(frozen=True)
class Decision:
    """What a board decided. case_version: what it saw.  answers: by table what it was shown, by that knowledge."""

    decision: str
    dissent: str
    who: str
    made: str
    case_version: int
    knowledge: str
    answers: Mapping[str, str]


@dataclass(frozen=True)
class Kept:
    """A case as it was last saved, with its decisions, the newest first."""

    summary: Summary
    document: Mapping[str, Any]
    decisions: tuple[Decision, ...]


class Cases:
    """The cases of one database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def create(
        self,
        document: Mapping[str, object],
        pseudonym: str,
        who: str,
        key: str = "",
        *,
        how: str = "",
        knowledge: str = "",
    ) -> Summary:
        """Save a new case. key: the client's name for this request: sent again, the same case is given back.
        how: ANSWER_SEEN, BLIND or nothing; for the log.  knowledge: the release that answers now.

        Raises NotAllowed for a key that was used for another document, Unavailable.
        """
        text = written(document)
        with self.database.writing() as session:
            if key and (before := session.get(RequestRow, short("idempotency-key", key, 200))):
                if before.digest != _digest(text, pseudonym):
                    problem = "this key was used for another case"
                    raise NotAllowed("idempotency-key", key, "a new key for each case", problem)
                return summary_of(session, _row(session, before.case_id))
            identity = Identity(id=str(uuid4()), pseudonym=short("pseudonym", pseudonym, 200))
            session.add(identity)
            session.flush()
            row = CaseRow(
                id=str(uuid4()),
                identity_id=identity.id,
                version=1,
                document=text,
                status=STATUSES[0],
                discussed="",
                changed=now(),
                knowledge=knowledge,
            )
            session.add(row)
            if key:
                session.add(
                    RequestRow(key=short("idempotency-key", key, 200), digest=_digest(text, pseudonym), case_id=row.id)
                )
            log.append(session, who, "create", row.id, f"version 1{how}")
            return summary_of(session, row)

    def save(
        self,
        case_id: str,
        version: int,
        who: str,
        *,
        document: Mapping[str, object] | None = None,
        status: str | None = None,
        discussed: str | None = None,
        knowledge: str = "",
    ) -> Summary:
        """Save a case that was read at this version. knowledge: the release that answers now, kept with a document.

        Raises Changed where it is another version by now, NotKept.
        """
        with self.database.writing() as session:
            row = at_version(session, case_id, version)
            if document is not None:
                row.document, row.knowledge = written(document), knowledge
            if status is not None:
                if status not in STATUSES:
                    raise NotAllowed("status", status, ", ".join(STATUSES))
                row.status = status
            if discussed is not None:
                if not _DAY.fullmatch(discussed):
                    raise NotAllowed("discussed", discussed[:40], "a day such as 2026-11-26, or empty")
                row.discussed = discussed
            row.version += 1
            row.changed = now()
            log.append(session, who, "save", row.id, f"version {row.version}")
            return summary_of(session, row)

    def decide(
        self,
        case_id: str,
        version: int,
        who: str,
        board: str,
        decision: str,
        dissent: str,
        knowledge: str,
        answers: Mapping[str, str],
    ) -> Summary:
        """Keep what a board decided about the case as it stands at this version. who: that wrote it down, for the log.

        Errors as those of `save`.
        """
        if not decision.strip():
            raise NotAllowed("decision", decision, "what the board decided, in words", "it is empty")
        with self.database.writing() as session:
            row = at_version(session, case_id, version)
            made = now()
            session.add(
                DecisionRow(
                    id=str(uuid4()),
                    case_id=case_id,
                    case_version=version,
                    decision=short("decision", decision.strip(), LONGEST),
                    dissent=short("dissent", dissent.strip(), LONGEST),
                    who=short("who", board, 200),
                    made=made,
                    knowledge=knowledge,
                    answers=written(answers),
                )
            )
            row.version += 1
            row.changed, row.status, row.discussed = made, "discussed", row.discussed or made[:10]
            log.append(session, who, "decide", case_id, f"version {row.version}")
            return summary_of(session, row)

    def read(self, case_id: str, who: str) -> Kept:
        """A case; that it was read is logged. Raises NotKept, Unavailable."""
        with self.database.writing() as session:
            row = _row(session, case_id)
            log.append(session, who, "read", case_id, f"version {row.version}")
            return _kept(session, row)

    def list(self, who: str) -> Sequence[Summary]:
        """Every case, the one that was changed last first; that the names were read is one line of the log."""
        with self.database.writing() as session:
            found = [summary_of(session, row) for row in _newest_first(session)]
            log.append(session, who, "list", "", f"{len(found)} cases")
            return found

    def decided(self, who: str) -> Mapping[str, Kept]:
        """The cases on which a board has decided, whole and by id, for the list of what changed since; one line of the
        log for each. The others are not read: whoever looks at the list has not seen their answers.
        """
        with self.database.writing() as session:
            rows = [row for row in _newest_first(session) if _has_decision(session, row)]
            for row in rows:
                log.append(session, who, "read", row.id, f"version {row.version}")
            return {row.id: _kept(session, row) for row in rows}

    def whole(self, who: str) -> Sequence[Kept]:
        """Every case whole, to count over them, one line of the log for each; not those that wait for their board."""
        with self.database.writing() as session:
            rows = [row for row in _newest_first(session) if not _waits(session, row)]
            for row in rows:
                log.append(session, who, "count", row.id, f"version {row.version}")
            return [_kept(session, row) for row in rows]

    def of(self, pseudonym: str) -> Sequence[str]:
        """The ids of a patient's cases, by the name that the board gave."""
        with self.database.reading() as session:
            order = select(CaseRow.id).join(Identity, Identity.id == CaseRow.identity_id)
            return list(session.scalars(order.where(Identity.pseudonym == pseudonym).order_by(CaseRow.id)))

    def export(self, case_id: str, who: str) -> dict[str, Any]:
        """Everything that is kept about a case, the log's lines too. Raises NotKept, Unavailable."""
        with self.database.writing() as session:
            row = _row(session, case_id)
            log.append(session, who, "export", case_id, f"version {row.version}")
            kept = _kept(session, row)
            return {
                **asdict(kept.summary),
                "case": dict(kept.document),
                "decisions": [asdict(each) for each in kept.decisions],
                "concordance": _said_blind(session, case_id),
                "log": log.lines_of(session, case_id),
            }

    def forget(self, case_id: str, who: str) -> None:
        """Erase what names the patient, the document and the decisions; the log keeps that there was a case.

        Raises NotKept, Unavailable.
        """
        with self.database.writing() as session:
            row = _row(session, case_id)
            identity = row.identity_id
            session.execute(delete(DecisionRow).where(DecisionRow.case_id == case_id))
            session.execute(delete(ConcordanceRow).where(ConcordanceRow.case_id == case_id))
            session.execute(delete(RequestRow).where(RequestRow.case_id == case_id))
            session.delete(row)
            session.flush()
            session.execute(delete(Identity).where(Identity.id == identity))
            log.append(session, who, "forget", case_id)

    def broken_line(self) -> int | None:
        """The first line of the log that does not hold; None where all do."""
        with self.database.reading() as session:
            return log.broken(session)

    def seal(self) -> tuple[int, str]:
        """How many lines the log has, and the last one's digest: noted elsewhere, it tells a log that was cut short."""
        with self.database.reading() as session:
            return log.seal(session)


def _row(session: Session, case_id: str) -> CaseRow:
    row = session.get(CaseRow, case_id) if _ID.fullmatch(case_id) else None
    if row is None:
        raise NotKept("case", case_id[:40], "", "there is no case of that id")
    return row


def _newest_first(session: Session) -> Sequence[CaseRow]:
    return session.scalars(select(CaseRow).order_by(CaseRow.changed.desc(), CaseRow.id)).all()


def _waits(session: Session, row: CaseRow) -> bool:
    made = select(LogRow.detail).where(LogRow.case_id == row.id, LogRow.what == "create")
    is_blind = any(BLIND in detail for detail in session.scalars(made))
    return is_blind and session.get(ConcordanceRow, row.id) is None


def _said_blind(session: Session, case_id: str) -> dict[str, object] | None:
    row = session.get(ConcordanceRow, case_id)
    kept = ("who", "locked", "words", "knowledge", "reason")
    return {name: getattr(row, name) for name in kept} | {"said": json.loads(row.said)} if row else None


def _has_decision(session: Session, row: CaseRow) -> bool:
    return session.scalars(select(DecisionRow.id).where(DecisionRow.case_id == row.id).limit(1)).first() is not None


def at_version(session: Session, case_id: str, version: int | None) -> CaseRow:
    """The row of a case that was read at a version; None where any will do. Raises NotKept, Changed."""
    row = _row(session, case_id)
    if version is not None and row.version != version:
        problem = f"it was saved by somebody else since: it is version {row.version} by now"
        raise Changed("version", version, "", problem, "read it again, then save")
    return row


def summary_of(session: Session, row: CaseRow) -> Summary:
    """A case in a list."""
    identity = session.get(Identity, row.identity_id) if row.identity_id else None
    name = identity.pseudonym if identity else ""
    return Summary(row.id, name, row.version, row.status, row.discussed, row.changed, row.knowledge)


def _kept(session: Session, row: CaseRow) -> Kept:
    rows = session.scalars(
        select(DecisionRow).where(DecisionRow.case_id == row.id).order_by(DecisionRow.made.desc(), DecisionRow.id)
    )
    decisions = tuple(
        Decision(r.decision, r.dissent, r.who, r.made, r.case_version, r.knowledge, json.loads(r.answers)) for r in rows
    )
    return Kept(summary_of(session, row), json.loads(row.document), decisions)


def written(content: Mapping[str, object]) -> str:
    """JSON, one text for one content."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _digest(text: str, pseudonym: str) -> str:
    return sha256(f"{pseudonym}\x1f{text}".encode()).hexdigest()


_ID = re.compile(r"[0-9a-f-]{36}")
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})?")


def short(field: str, text: str, longest: int) -> str:
    """A text that fits its column. A null character, which not every database keeps, is none."""
    if "\0" in text:
        raise NotAllowed(field, text.replace("\0", "")[:40], "text", "it holds a null character")
    if len(text) > longest:
        raise NotAllowed(field, f"{text[:40]}…", f"at most {longest} letters", f"it has {len(text)}")
    return text
