"""A database as it lies on disk, and one that was away for a while; on SQLite and PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, text

from oligoscope.store import Database
from oligoscope.store.models import Base
from tests.support.postgres import postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    found = Database(f"sqlite:///{tmp_path / 'cases.sqlite'}" if request.param == "sqlite" else postgres())
    yield found
    found.close()


def test_the_migrations_lead_to_the_tables_that_the_program_knows(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_a_connection_that_the_server_ended_is_replaced_unseen() -> None:
    database = Database(postgres())
    with database.reading() as session:
        assert session.execute(text("SELECT 1")).scalar() == 1
        mine = session.execute(text("SELECT pg_backend_pid()")).scalar()
    other = create_engine(database.url)
    with other.connect() as connection:
        assert connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": mine}).scalar()
    with database.reading() as session:
        assert session.execute(text("SELECT pg_backend_pid()")).scalar() != mine
    other.dispose()
    database.close()
