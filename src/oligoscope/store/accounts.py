"""Who may use a server: accounts with a role, passwords, and who is signed in. Nothing here can be turned back into a
password, a code or a token: of each only a hash is kept.
"""

import re
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from oligoscope.errors import NotAllowed
from oligoscope.store import log
from oligoscope.store.database import Database
from oligoscope.store.models import AccountRow, SessionRow

ROLES = ("viewer", "clinician", "curator", "admin")
ADMIN = "admin"
TRIES, LOCKED_SECONDS = 5, 15 * 60
"""Wrong passwords in a row, and how long an account then answers nobody; `reset` opens it at once."""
CODE_SECONDS = 24 * 3600
IDLE_SECONDS, SESSION_SECONDS = 30 * 60, 12 * 3600
"""A browser is signed out after half an hour without a request, and after a long shift in any case."""
SEEN_EVERY = 60
"""Seconds between two notes that a session was used: a write for every request would halve the speed."""
SHORTEST, LONGEST = 12, 500
"""Letters of a password. Length is the one rule: rules about signs make passwords shorter and alike."""


class SignInRefused(NotAllowed):
    """A name and password that open nothing; it never says which of both was wrong."""


@dataclass(frozen=True)
class Account:
    """Somebody who may use the server. disabled: kept, and opens nothing.  sessions: browsers and programs inside.
    provider: the identity provider that vouches for them and says their role; empty for an account with a password.
    """

    name: str
    role: str
    has_password: bool
    locked: bool
    disabled: bool = False
    sessions: int = 0
    provider: str = ""


@dataclass(frozen=True)
class Identity:
    """Somebody as an identity provider knows them. issuer, subject: who it is.  name: what they are called there, which
    people may choose: it is shown, and no account is ever found by it.
    """

    issuer: str
    subject: str
    name: str


class Accounts:
    """The accounts of one database. clock: seconds since 1970."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self.database, self.clock = database, clock
        self.hasher = PasswordHasher()
        # Held against when there is no such account, so that it takes as long as a wrong password.
        self.nobody = self.hasher.hash(secrets.token_urlsafe())

    # ---- who there is ----------------------------------------------------------------------------

    def list(self) -> Sequence[Account]:
        """Everybody, by name."""
        with self.database.reading() as session:
            count = select(SessionRow.name, func.count()).where(SessionRow.expires > int(self.clock()))
            open_now = {row[0]: row[1] for row in session.execute(count.group_by(SessionRow.name))}
            rows = session.scalars(select(AccountRow).order_by(AccountRow.name))
            return [replace(self._account(row), sessions=open_now.get(row.name, 0)) for row in rows]

    def add(self, name: str, role: str, who: str) -> str:
        """A new account; returns the code by which its owner chooses a password, once. Raises NotAllowed."""
        if not _NAME.fullmatch(name):
            raise NotAllowed("name", name[:40], "1 to 100 letters, digits and . _ @ -", "it cannot be the name of one")
        _known_role(role)
        with self.database.writing() as session:
            row = _added(session, name, role)
            log.append(session, who, "account", "", f"add {name} {role}"[:200])
            return self._new_code(row)

    def reset(self, name: str, who: str) -> str:
        """Take an account's password and its sessions away, and unlock it; returns a code for a new password."""
        with self.database.writing() as session:
            row = _own(session, name)
            row.password, row.failures, row.locked_until = "", 0, 0
            _end_sessions(session, name)
            log.append(session, who, "account", "", f"reset {name}"[:200])
            return self._new_code(row)

    def give_role(self, name: str, role: str, who: str) -> None:
        """Another role; it holds from the next request on. Raises NotAllowed, also for the last administrator."""
        _known_role(role)
        with self.database.writing() as session:
            row = _own(session, name)
            if role != ADMIN:
                _not_the_last(session, row)
            row.role = role
            log.append(session, who, "account", "", f"role {name} {role}"[:200])

    def disable(self, name: str, who: str) -> None:
        """Let an account open nothing until `enable`. Raises NotAllowed, also for the last administrator."""
        with self.database.writing() as session:
            row = _row(session, name)
            _not_the_last(session, row)
            row.disabled = 1
            _end_sessions(session, name)
            log.append(session, who, "account", "", f"disable {name}"[:200])

    def enable(self, name: str, who: str) -> None:
        """Undo `disable`; the password is what it was."""
        with self.database.writing() as session:
            _row(session, name).disabled = 0
            log.append(session, who, "account", "", f"enable {name}"[:200])

    def end_sessions(self, name: str, who: str) -> None:
        """Sign an account out everywhere; its programs' tokens end too."""
        with self.database.writing() as session:
            _row(session, name)
            _end_sessions(session, name)
            log.append(session, who, "account", "", f"end sessions of {name}"[:200])

    def remove(self, name: str, who: str) -> None:
        """Take an account away; what it did stays in the log. Raises NotAllowed, also for the last administrator."""
        with self.database.writing() as session:
            row = _row(session, name)
            _not_the_last(session, row)
            _end_sessions(session, name)
            session.delete(row)
            log.append(session, who, "account", "", f"remove {name}"[:200])

    def _new_code(self, row: AccountRow) -> str:
        code = secrets.token_urlsafe(12)
        row.code, row.code_expires = _digest(code), int(self.clock()) + CODE_SECONDS
        return code

    def _account(self, row: AccountRow) -> Account:
        return Account(
            row.name,
            row.role,
            has_password=bool(row.password),
            locked=row.locked_until > self.clock(),
            disabled=bool(row.disabled),
            provider=row.issuer or "",
        )

    # ---- passwords -------------------------------------------------------------------------------

    def choose_password(self, name: str, proof: str, password: str) -> None:
        """A new password. proof: the code of `add` or `reset`, or the password so far. Raises NotAllowed."""
        if not SHORTEST <= len(password) <= LONGEST:
            raise NotAllowed("password", "(not shown)", f"{SHORTEST} to {LONGEST} letters", f"it has {len(password)}")
        if name.lower() in password.lower():
            raise NotAllowed("password", "(not shown)", "", "it holds the account's own name", "choose another")
        self._proven(name, proof, may_be_code=True)
        hashed = self.hasher.hash(password)
        with self.database.writing() as session:
            row = _row(session, name)
            row.password, row.code, row.code_expires, row.failures = hashed, "", 0, 0
            _end_sessions(session, name)
            log.append(session, name, "password")

    def sign_in(self, name: str, password: str) -> str:
        """The token of a new session. Raises SignInRefused."""
        self._proven(name, password, may_be_code=False)
        with self.database.writing() as session:
            log.append(session, name, "sign in")
            return self._opened(session, name, SESSION_SECONDS, IDLE_SECONDS)

    def _proven(self, name: str, proof: str, *, may_be_code: bool) -> None:
        """Hold a proof against an account. The try is counted before it is looked at: many at once gain nothing."""
        now = self.clock()
        with self.database.writing() as session:
            row = session.get(AccountRow, name) if _NAME.fullmatch(name) else None
            is_locked = row is not None and row.locked_until > now
            hashed, code = (row.password, row.code) if row and not is_locked and not row.disabled else ("", "")
            in_time = row is not None and row.code_expires > now
            if row and not is_locked:
                row.failures += 1
                if row.failures >= TRIES:
                    row.failures, row.locked_until = 0, int(now) + LOCKED_SECONDS
        is_code = may_be_code and in_time and bool(code) and secrets.compare_digest(code, _digest(proof))
        if not is_code and not self._matches(hashed or self.nobody, proof):
            with self.database.writing() as session:
                log.append(session, name if row else "unknown", "refused")
            raise SignInRefused("sign-in", "(not shown)", "", WRONG, _LATER)
        with self.database.writing() as session:
            row = _row(session, name)
            row.failures, row.locked_until = 0, 0

    def _matches(self, hashed: str, password: str) -> bool:
        try:
            return self.hasher.verify(hashed, password[:LONGEST])
        except (VerifyMismatchError, InvalidHashError):
            return False

    # ---- an identity provider ---------------------------------------------------------------------

    def enter(self, found: Identity, role: str) -> str:
        """Sign in whom an identity provider vouches for, with the role that it says now; returns the session's token.

        The account is the one of that issuer and subject, never one of the same name; it is made where there is none.
        Raises SignInRefused where it is disabled.
        """
        _known_role(role)
        with self.database.writing() as session:
            same = select(AccountRow).where(AccountRow.issuer == found.issuer, AccountRow.subject == found.subject)
            row = session.scalars(same).first()
            if row is None:
                row = _added(session, _name_of(found), role)
                row.issuer, row.subject = found.issuer, found.subject
                log.append(session, row.name, "account", "", f"add {row.name} {role} by {found.issuer}"[:200])
            name, is_disabled = row.name, bool(row.disabled)
            if is_disabled:
                log.append(session, name, "refused", "", "disabled")
            elif row.role != role:
                row.role = role
                log.append(session, name, "account", "", f"role {name} {role} by {found.issuer}"[:200])
            if not is_disabled:
                log.append(session, name, "sign in", "", f"by {found.issuer}"[:200])
                return self._opened(session, name, SESSION_SECONDS, IDLE_SECONDS)
        raise SignInRefused("sign-in", name, "", "the account is disabled", "ask an administrator")

    def not_entered(self, reason: str) -> None:
        """Note that an identity provider's word was not taken. reason: a few words, nothing of who it was about."""
        with self.database.writing() as session:
            log.append(session, "unknown", "refused", "", reason[:200])

    # ---- sessions --------------------------------------------------------------------------------

    def token(self, name: str, days: int, who: str) -> str:
        """A token for a program that acts with the account's role, shown once. Raises NotAllowed."""
        if not 1 <= days <= 366:
            raise NotAllowed("days", days, "1 to 366", "a token lives for some time only")
        with self.database.writing() as session:
            if _own(session, name).disabled:
                raise NotAllowed("account", name, "", "it is disabled", "enable it first")
            log.append(session, who, "account", "", f"token {name}"[:200])
            return self._opened(session, name, days * 24 * 3600, 0)

    def _opened(self, session: Session, name: str, seconds: int, idle: int) -> str:
        now, token = int(self.clock()), secrets.token_urlsafe(32)
        session.execute(delete(SessionRow).where(SessionRow.expires < now))
        session.add(SessionRow(digest=_digest(token), name=name, seen=now, expires=now + seconds, idle_seconds=idle))
        return token

    def of(self, token: str) -> Account | None:
        """Whose session a token is; None where it is none, or is over."""
        now, digest = int(self.clock()), _digest(token)
        with self.database.reading() as session:
            found = session.get(SessionRow, digest)
            if found is None or found.expires < now or (found.idle_seconds and found.seen + found.idle_seconds < now):
                return None
            account, is_stale = self._account(_row(session, found.name)), found.seen + SEEN_EVERY < now
        if account.disabled:
            return None
        if is_stale:
            with self.database.writing() as session:
                again = session.get(SessionRow, digest)
                if again:
                    again.seen = now
        return account

    def sign_out(self, token: str) -> None:
        """End a session."""
        with self.database.writing() as session:
            found = session.get(SessionRow, _digest(token))
            if found:
                log.append(session, found.name, "sign out")
                session.delete(found)


_NAME = re.compile(r"[A-Za-z0-9._@-]{1,100}")
WRONG = "name or password is not right, or the account is disabled, or locked after five wrong ones"
"""One sentence for all of them: whoever tries names learns nothing."""
_LATER = "try again, after a quarter of an hour if need be, or have an administrator reset it"


def _known_role(role: str) -> None:
    if role not in ROLES:
        raise NotAllowed("role", role[:40], ", ".join(ROLES))


def _row(session: Session, name: str) -> AccountRow:
    row = session.get(AccountRow, name) if _NAME.fullmatch(name) else None
    if row is None:
        raise NotAllowed("account", name[:100], "", "there is no account of that name")
    return row


def _own(session: Session, name: str) -> AccountRow:
    """An account that is this server's own: of the others the identity provider alone says what they may."""
    row = _row(session, name)
    if row.issuer:
        problem, fix = f"{row.issuer} vouches for it, and says its role", "change it there, or disable the account here"
        raise NotAllowed("account", name, "", problem, fix)
    return row


def _added(session: Session, name: str, role: str) -> AccountRow:
    if session.get(AccountRow, name):
        raise NotAllowed("name", name, "", "there is an account of that name", "take another, or reset it")
    row = AccountRow(name=name, role=role, password="", code="", code_expires=0, failures=0, locked_until=0)
    session.add(row)
    return row


def _name_of(found: Identity) -> str:
    """What the account of an identity is called: as there, with an end of its own, so that nobody can choose there to
    be called as somebody is here.
    """
    called = re.sub(r"[^A-Za-z0-9._@-]", "", found.name)[:80] or "user"
    return f"{called}.{_digest(f'{found.issuer} {found.subject}')[:8]}"


def _not_the_last(session: Session, row: AccountRow) -> None:
    others = select(func.count()).select_from(AccountRow)
    # One whom an identity provider makes an administrator is not counted on: it may not answer.
    others = others.where(AccountRow.role == ADMIN, AccountRow.disabled == 0, AccountRow.issuer.is_(None))
    others = others.where(AccountRow.name != row.name)
    if row.role == ADMIN and not row.disabled and not row.issuer and not session.scalar(others):
        raise NotAllowed("account", row.name, "", "it is the last administrator", "make another one first")


def _end_sessions(session: Session, name: str) -> None:
    session.execute(delete(SessionRow).where(SessionRow.name == name))


def _digest(secret: str) -> str:
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
