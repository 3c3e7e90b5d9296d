"""Reviews for tests: made-up files of records, and all that a store holds."""

import sqlite3

_RECORD = (
    "TY  - JOUR\nTI  - {title}\nAU  - Doe, Jane\nPY  - 2024\nDO  - 10.1234/{number}\nAB  - About {title}.\nER  -\n"
)
_QUERIES = (
    "select path, database, form, sha256, records, round from source order by id",
    "select id, source, line, content from record order by id",
    "select record, head from head order by record",
    "select who, stage, record, verdict from decision order by id",
    "select number, run, dated, content from version order by number, run",
    "select source, run from fetched order by source",
    "select id, kind, searches, round, finished = '' from run order by id",
    "select * from notice order by pmid, kind",
)


def kept(path: str) -> list[tuple[object, ...]]:
    """All that a store holds, but for the times at which it was written."""
    database = sqlite3.connect(path)
    rows = [row for query in _QUERIES for row in database.execute(query)]
    database.close()
    return rows


def ris(start: int, count: int) -> str:
    """Made-up records by their numbers."""
    return "\n".join(
        _RECORD.format(title=f"{number * 7919 % 9973} patients in series {number}", number=number)
        for number in range(start, start + count)
    )
