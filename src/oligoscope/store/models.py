"""The tables. What names a patient stands apart from all else, so that it can be erased and the log stays whole."""

from datetime import UTC, datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

ID = String(36)
MOMENT = String(32)
"""A moment in UTC, ISO 8601: one form on every database, and the one that the log's digest is made of."""


class Base(DeclarativeBase):
    """All tables of the store."""


class Identity(Base):
    """What a board calls a patient: a pseudonym. Erasing it leaves a case without a name."""

    __tablename__ = "identities"
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    pseudonym: Mapped[str] = mapped_column(String(200))


class CaseRow(Base):
    """A case as it was last saved. version: how often it was; document: JSON, without the pseudonym.  knowledge: the
    release that answered when the document was saved; empty where nobody noted it.
    """

    __tablename__ = "cases"
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    identity_id: Mapped[str | None] = mapped_column(ForeignKey("identities.id"))
    version: Mapped[int] = mapped_column(Integer)
    document: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(20))
    discussed: Mapped[str] = mapped_column(String(10))
    changed: Mapped[str] = mapped_column(MOMENT)
    knowledge: Mapped[str] = mapped_column(String(200), default="", server_default="")


class DecisionRow(Base):
    """What a board decided. answers: JSON, by table the answer that it was shown; knowledge: by which release."""

    __tablename__ = "decisions"
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    case_version: Mapped[int] = mapped_column(Integer)
    decision: Mapped[str] = mapped_column(Text)
    dissent: Mapped[str] = mapped_column(Text)
    who: Mapped[str] = mapped_column(String(200))
    made: Mapped[str] = mapped_column(MOMENT)
    knowledge: Mapped[str] = mapped_column(String(200))
    answers: Mapped[str] = mapped_column(Text)


class ConcordanceRow(Base):
    """What a board said of a case before it was answered. said: JSON, by table the outcome; answers: JSON, by table
    what is possible by that knowledge.  opened: whether anyone had seen an answer before: then it counts for nothing.
    """

    __tablename__ = "concordance"
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    case_version: Mapped[int] = mapped_column(Integer)
    who: Mapped[str] = mapped_column(String(200))
    locked: Mapped[str] = mapped_column(MOMENT)
    opened: Mapped[int] = mapped_column(Integer)
    said: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text)
    knowledge: Mapped[str] = mapped_column(String(200))
    answers: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)


class RequestRow(Base):
    """A save that was answered, by its client's key for it: said again, it is answered again, not done again."""

    __tablename__ = "requests"
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    case_id: Mapped[str] = mapped_column(ID)


class LogRow(Base):
    """One line of the log. digest: of the line and of the one before it, so that none can be changed or taken out."""

    __tablename__ = "log"
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    moment: Mapped[str] = mapped_column(MOMENT)
    who: Mapped[str] = mapped_column(String(200))
    what: Mapped[str] = mapped_column(String(40))
    case_id: Mapped[str] = mapped_column(String(36))
    detail: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64))


class FeedbackRow(Base):
    """What was done with a card. reason: the code of an override; comments may name a patient and are not kept."""

    __tablename__ = "feedback"
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    service: Mapped[str] = mapped_column(String(100))
    card: Mapped[str] = mapped_column(String(100))
    outcome: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(100))
    received: Mapped[str] = mapped_column(MOMENT)


class TokenRow(Base):
    """A token that was used, until it expires (seconds since 1970): it may not be used again."""

    __tablename__ = "tokens"
    issuer: Mapped[str] = mapped_column(String(200), primary_key=True)
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    expires: Mapped[int] = mapped_column(Integer)


class AccountRow(Base):
    """Who may use the server. password: its argon2id hash, empty until one was chosen.  code: digest of the code by
    which a password is chosen once, until it expires.  failures: wrong passwords since the last right one.  disabled: 1
    where it opens nothing; times in seconds since 1970.  issuer, subject: whom an identity provider means; None
    for an account with a password of its own.
    """

    __tablename__ = "accounts"
    __table_args__ = (Index("accounts_identity", "issuer", "subject", unique=True),)
    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    role: Mapped[str] = mapped_column(String(20))
    password: Mapped[str] = mapped_column(String(200))
    code: Mapped[str] = mapped_column(String(64))
    code_expires: Mapped[int] = mapped_column(BigInteger)
    failures: Mapped[int] = mapped_column(Integer)
    locked_until: Mapped[int] = mapped_column(BigInteger)
    disabled: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    issuer: Mapped[str | None] = mapped_column(String(500))
    subject: Mapped[str | None] = mapped_column(String(255))


class SessionRow(Base):
    """A browser that is signed in, or a program's token. digest: of what it carries, which itself is kept nowhere.

    idle_seconds: how long it may be silent; 0 where only its end counts.
    """

    __tablename__ = "sessions"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(ForeignKey("accounts.name"), index=True)
    seen: Mapped[int] = mapped_column(BigInteger)
    expires: Mapped[int] = mapped_column(BigInteger)
    idle_seconds: Mapped[int] = mapped_column(Integer)


class JobRow(Base):
    """What is worked on. kind: a registry, or a review.  folder: where its files lie, on the machine that took them.
    step: what is being done.  claimed, beat: the process that does it, and when it last said so, in seconds since 1970.
    """

    __tablename__ = "jobs"
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    who: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(200))
    folder: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(20))
    step: Mapped[str] = mapped_column(String(40))
    told: Mapped[str] = mapped_column(Text)
    made: Mapped[str] = mapped_column(MOMENT)
    claimed: Mapped[str] = mapped_column(String(200))
    beat: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(20), server_default="registry")


class CommentRow(Base):
    """What a reader says of a table. knowledge: the release that was read.  answered: empty where nobody answered."""

    __tablename__ = "comments"
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    about: Mapped[str] = mapped_column(String(200))
    rule: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    who: Mapped[str] = mapped_column(String(200))
    made: Mapped[str] = mapped_column(MOMENT)
    knowledge: Mapped[str] = mapped_column(String(200))
    answer: Mapped[str] = mapped_column(Text)
    answered_by: Mapped[str] = mapped_column(String(200))
    answered: Mapped[str] = mapped_column(MOMENT)


def now() -> str:
    """This moment, as the tables write it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
