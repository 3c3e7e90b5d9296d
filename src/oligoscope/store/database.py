"""One database: opened, brought to the present form of its tables, and its transactions."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError
from sqlalchemy.orm import Session

from oligoscope.errors import NotAllowed

ONE_WRITER = 7_260_451
"""The lock that writers of the log take in turn on PostgreSQL; any number that nobody else uses."""
WAIT_SECONDS = 10
FULL = ("disk is full", "disk full", "disk i/o error", "no space left", "could not extend", "readonly database")
"""Words of SQLite and PostgreSQL for a disk that takes nothing more."""


class Unavailable(NotAllowed):
    """The database does not answer; nothing was saved."""


class NoRoom(Unavailable):
    """The database answers and cannot write: its disk is full, or may not be written; nothing was saved."""


def default_url() -> str:
    """SQLite in the user's own data folder."""
    from platformdirs import user_data_path

    return f"sqlite:///{user_data_path('oligoscope') / 'cases.sqlite'}"


class Database:
    """An open database. url: as SQLAlchemy writes it (sqlite:///FILE, postgresql+psycopg://…).

    Raises NotAllowed for an address that is none, Unavailable where nothing answers there.
    """

    def __init__(self, url: str) -> None:
        try:
            self.url = make_url(url)
            self.engine = create_engine(self.url, pool_pre_ping=True, connect_args=_patience(self.url))
        except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
            allowed = "sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME"
            raise NotAllowed("database", _shown(url), allowed, f"this cannot be opened ({error})") from None
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        if self.is_sqlite:
            _made_private(self.url.database or "")
            event.listen(self.engine, "connect", _durable)
            event.listen(self.engine, "begin", _begun)
        self._brought_up_to_date()

    def _brought_up_to_date(self) -> None:
        """Apply every migration that this database has not seen; two processes that start at once do it in turn."""
        migrations = resources.files("oligoscope.store").joinpath("migrations")
        if self._form() == _newest(migrations):
            return
        # Read where it is needed only: it takes a sixth of a second, and most starts find nothing to do.
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(migrations))
        with self.writing() as session:
            config.attributes["connection"] = session.connection()
            command.upgrade(config, "head")

    def _form(self) -> str | None:
        """The last migration that was applied; None for a new database."""
        with self.reading() as session:
            if not inspect(session.connection()).has_table("alembic_version"):
                return None
            return session.execute(text("SELECT version_num FROM alembic_version")).scalar()

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction that no other writer runs beside; all of it is kept, or none. Raises Unavailable."""
        with self._answering(), Session(self.engine) as session, session.begin():
            if not self.is_sqlite:
                session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_WRITER})
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction that changes nothing. Raises Unavailable."""
        with self._answering(), Session(self.engine.execution_options(reading=True)) as session:
            yield session

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except (OperationalError, DBAPIError) as error:
            if isinstance(error, OperationalError) or error.connection_invalidated:
                raise self._refusal(str(error.orig or error).strip().partition("\n")[0]) from None
            raise

    def _refusal(self, reason: str) -> Unavailable:
        """What the driver said, as one of two things that an administrator can mend."""
        if any(words in reason.lower() for words in FULL):
            fix = "make room on its disk, then try again"
            return NoRoom("database", self.shown, "", f"nothing can be written, and nothing was ({reason})", fix)
        fix = "see that it runs and may be written, then try again"
        return Unavailable("database", self.shown, "", f"it does not answer ({reason})", fix)

    @property
    def shown(self) -> str:
        """Its address, without the password in it."""
        return self.url.render_as_string(hide_password=True)

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def _newest(migrations: Traversable) -> str:
    """The last migration that there is: their files begin with what they are called (0009)."""
    return max(each.name[:4] for each in migrations.joinpath("versions").iterdir() if each.name[:4].isdigit())


def _patience(url: URL) -> dict[str, int]:
    """How long a server may take to answer at all: without a limit a machine that is gone holds whoever asks."""
    return {"connect_timeout": WAIT_SECONDS} if url.get_backend_name() == "postgresql" else {}


def _shown(url: str) -> str:
    """An address without the password in it."""
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return "(not an address)"


def _made_private(name: str) -> None:
    """The file, for its owner alone from the start."""
    if name and name != ":memory:":
        file = Path(name)
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not file.exists():
            os.close(os.open(file, os.O_CREAT | os.O_WRONLY, 0o600))


def _durable(connection: Any, _: object) -> None:
    """What was said to be saved is on the disk; a writer waits for another instead of failing."""
    # Transactions are begun by `_begun`: the driver's own way begins them only at the first change.
    connection.isolation_level = None
    for line in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={WAIT_SECONDS * 1000}"):
        connection.execute(f"PRAGMA {line}")


def _begun(connection: Connection) -> None:
    """A writer waits for the one before it from its first line; who only reads waits for nobody."""
    reading = connection.get_execution_options().get("reading")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
