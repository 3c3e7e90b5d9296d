"""Projects of ASReview: a zip with SQLite databases in it, or one of those databases."""

import io
import json
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from oligoscope.literature.reading.model import Read, Remark
from oligoscope.literature.record import Record, record_of

_DATABASES = (".db", ".sql", ".sqlite")


def read_project(content: bytes) -> Read:
    """Records with their labels and notes. A project of version 1 has its records as the file that was imported."""
    if content.startswith(b"SQLite format 3"):
        return _databases([content], None)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as project:
            names = project.namelist()
            found = [project.read(name) for name in names if PurePosixPath(name).suffix in _DATABASES]
            tables = [name for name in names if "/data/" in f"/{name}" and not name.endswith("/")]
            imported = (PurePosixPath(tables[0]).name, project.read(tables[0])) if tables else None
    except (zipfile.BadZipFile, OSError, RuntimeError) as error:
        return Read("ZIP", refused=(Remark(1, f"a broken ZIP file ({error}): nothing of it was read"),))
    return _databases(found, imported)


def _databases(contents: list[bytes], imported: tuple[str, bytes] | None) -> Read:
    records: list[tuple[str, Record]] = []
    labels: dict[str, tuple[bool, str]] = {}
    for content in contents:
        if not content.startswith(b"SQLite format 3"):
            continue
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "project.db"
            path.write_bytes(content)
            for table, row in _rows(path):
                if table == "record" and "title" in row:
                    records.append((_text(row.get("record_id")), _record(row, len(records) + 1)))
                elif table == "results" and row.get("label") in (0, 1, 0.0, 1.0):
                    labels[_text(row.get("record_id"))] = (bool(row["label"]), _text(row.get("note")))
    if records:
        return Read("ASReview project", tuple(_labelled(record, labels.get(key)) for key, record in records))
    if imported is None:
        return Read("ASReview project", refused=(Remark(1, "no table of records is in this project"),))
    from oligoscope.literature.reading import read_bytes

    inner = read_bytes(imported[1], imported[0])
    kept = tuple(_labelled(record, labels.get(str(place))) for place, record in enumerate(inner.records))
    return Read("ASReview project", kept, inner.refused, inner.quirks, inner.encoding)


def _rows(path: Path) -> Iterator[tuple[str, dict[str, object]]]:
    """(table, row) of the tables that are wanted."""
    database = sqlite3.connect(path)
    database.text_factory = lambda raw: raw.decode("utf-8", "replace")
    try:
        tables = {name for (name,) in database.execute("select name from sqlite_master where type = 'table'")}
        for table in ("record", "results"):
            if table in tables:
                cursor = database.execute(f"select * from {table}")  # One of two names that stand here.
                names = [column[0] for column in cursor.description]
                yield from ((table, dict(zip(names, row, strict=True))) for row in cursor)
    finally:
        database.close()


def _record(row: dict[str, object], line: int) -> Record:
    fields = {name: parts for name, value in row.items() if (parts := _parts(value))}
    names = ("title", "abstract", "authors", "year", "doi", "keywords", "url", "notes")
    included = row.get("included")
    label = bool(included) if included in (0, 1, 0.0, 1.0) else None
    return record_of({name: fields.get(name, []) for name in names}, line, fields, label)


def _parts(value: object) -> list[str]:
    text = _text(value)
    if text.startswith("["):
        try:
            return [str(each) for each in json.loads(text)]
        except json.JSONDecodeError:
            return [text]
    return [text] if text else []


def _text(value: object) -> str:
    """Ids of records are bytes in some versions: eight of them, the lowest first."""
    if isinstance(value, bytes):
        return str(int.from_bytes(value, "little"))
    return "" if value is None else str(value)


def _labelled(record: Record, found: tuple[bool, str] | None) -> Record:
    from dataclasses import replace

    if found is None:
        return record
    label, note = found
    return replace(record, label=label, notes=(*record.notes, note) if note else record.notes)
