"""The whole store as one file, and back: a backup, and the way from SQLite to PostgreSQL.

One line of JSON for each row, gzip; the last line has the digest of all before it, so that half a file is never
restored. Who is signed in is not copied: a file that is stolen opens no session; nor is a registry that was uploaded,
whose files lie beside the database.
"""

import gzip
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from oligoscope.errors import NotAllowed
from oligoscope.store import log
from oligoscope.store.database import Database
from oligoscope.store.models import Base, JobRow, SessionRow, TokenRow

FORM = "oligoscope-store-1"
TRANSIENT = (SessionRow.__tablename__, TokenRow.__tablename__, JobRow.__tablename__)
TABLES = tuple(table for table in Base.metadata.sorted_tables if table.name not in TRANSIENT)
"""In an order in which no row comes before one that it names."""
MANY = 500
"""Rows that are written at once."""

Line = Mapping[str, Any]


def copied(database: Database) -> Iterator[Line]:
    """Every row, as of one moment: nobody writes while they are read."""
    with database.writing() as session:
        for table in TABLES:
            for row in session.execute(select(table).order_by(*table.primary_key)).mappings():
                yield {"table": table.name, "row": dict(row)}


def put(lines: Iterable[Line], database: Database) -> int:
    """Write rows into a database in which there is nothing yet, all or none; returns how many there were.

    Raises NotAllowed where something is there already, or where the log that came does not hold.
    """
    with database.writing() as session:
        if log.length(session) or any(session.execute(select(table).limit(1)).first() for table in TABLES):
            problem = "something is kept there already"
            raise NotAllowed("database", database.shown, "an empty one", problem, "name another")
        n = sum(map(len, _written(lines, session)))
        broken = log.broken(session)
        if broken is not None:
            raise NotAllowed("log", f"line {broken}", "", "the log that came does not hold; nothing was written")
        return n


def _written(lines: Iterable[Line], session: Session) -> Iterator[list[object]]:
    """Batches of rows of one table, each written before it is given."""
    tables = {table.name: table for table in TABLES}
    batch: list[Any] = []
    name = ""
    for line in lines:
        if batch and (line["table"] != name or len(batch) == MANY):
            session.execute(insert(tables[name]), batch)
            yield batch
            batch = []
        name = line["table"]
        if name not in tables:
            raise NotAllowed("backup", str(name)[:40], "", "it holds a table that this release does not know")
        batch.append(line["row"])
    if batch:
        session.execute(insert(tables[name]), batch)
        yield batch


def back_up(database: Database, file: Path) -> int:
    """Write the store to a new file that its owner alone can read; returns the number of rows.

    Raises NotAllowed for a file that is there, OSError.
    """
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    if file.exists():
        raise NotAllowed("backup", file, "", "there is such a file", "name another, so that no backup is lost")
    digest, n = sha256(), 0
    try:
        with os.fdopen(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "wb") as raw:
            with gzip.open(raw, "wt", encoding="utf-8") as out:
                for line in ({"form": FORM}, *copied(database)):
                    text = json.dumps(line, ensure_ascii=False)
                    digest.update(text.encode())
                    out.write(f"{text}\n")
                    n += 1
                out.write(json.dumps({"digest": digest.hexdigest()}))
            raw.flush()
            os.fsync(raw.fileno())
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)
    return n - 1


def restore(file: Path, database: Database) -> int:
    """Write a backup into an empty database; returns the number of rows. Raises NotAllowed, OSError."""
    return put(_lines(file), database)


def _lines(file: Path) -> Iterator[Line]:
    """The rows of a backup. Raises NotAllowed at its end where it is not whole: nothing is kept then."""
    digest, last, is_first = sha256(), None, True
    try:
        with gzip.open(file, "rt", encoding="utf-8") as given:
            for text in given:
                line = json.loads(text)
                if is_first and line.get("form") != FORM:
                    raise NotAllowed("backup", file, f"one of form {FORM}", "it is no backup of this program")
                is_first, last = False, line.get("digest")
                if last is None:
                    digest.update(text.rstrip("\n").encode())
                    if "row" in line:
                        yield line
    except (gzip.BadGzipFile, EOFError, UnicodeDecodeError, json.JSONDecodeError, AttributeError) as error:
        raise NotAllowed("backup", file, "", f"it cannot be read to its end ({error}); nothing was written") from None
    if last != digest.hexdigest():
        raise NotAllowed("backup", file, "", "it is not whole, or was changed; nothing was written")
