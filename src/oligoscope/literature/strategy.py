"""The searches of a review as data: a YAML list, one entry per database, with its words and its day."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from oligoscope.errors import NotAllowed
from oligoscope.files.documents import DocumentError, Plain, read_document
from oligoscope.literature.clients import pubmed, registry

DATABASES = {"pubmed": pubmed.NAME, "clinicaltrials": registry.NAME}
"""By the word of the command line, the name that a strategy and a flow have for it."""
_WORDS = {pubmed.NAME: ("query",), registry.NAME: ("query.cond", "query.term", "query.intr", "query.titles")}
_REMARKS = ("said", "reading")


@dataclass(frozen=True)
class Search:
    """One search. words: what is sent, by the names of the database.  until: the day up to which it looks."""

    database: str
    words: Mapping[str, str]
    until: datetime.date


def read_strategy(path: Path) -> list[Search]:
    """The searches of a file. Raises NotAllowed, with the entry and what is allowed."""
    try:
        content = read_document(path).content
    except DocumentError as error:
        raise NotAllowed("strategy", path, "a YAML list of searches", str(error)) from None
    if not isinstance(content, list) or not content:
        raise NotAllowed("strategy", path, "a YAML list of searches", "it holds none", "begin each with - database:")
    return [_search(entry, f"{path.name}, search {place}") for place, entry in enumerate(content, 1)]


def chosen(searches: Sequence[Search], database: str, until: datetime.date | None) -> list[Search]:
    """Those of one database ("" for all), up to another day where one is given. Raises NotAllowed."""
    found = [each for each in searches if database in ("", each.database)]
    if not found:
        known = ", ".join(dict.fromkeys(each.database for each in searches))
        raise NotAllowed("source", database, known, "the strategy has no search of it")
    return [Search(each.database, each.words, until or each.until) for each in found]


def _search(entry: Plain, place: str) -> Search:
    if not isinstance(entry, dict):
        raise NotAllowed("strategy", place, "database, until and the words", "this is no entry with keys")
    database = str(entry.get("database"))
    if database not in _WORDS:
        raise NotAllowed(f"{place}, database", database, ", ".join(_WORDS))
    for name in entry:
        if name not in ("database", "until", *_WORDS[database], *_REMARKS):
            raise NotAllowed(place, name, ", ".join(("database", "until", *_WORDS[database], *_REMARKS)))
    words = {name: " ".join(str(entry[name]).split()) for name in _WORDS[database] if entry.get(name)}
    if not words:
        raise NotAllowed(place, database, ", ".join(_WORDS[database]), "it has no words to search for")
    try:
        until = datetime.date.fromisoformat(str(entry.get("until")))
    except ValueError:
        raise NotAllowed(f"{place}, until", entry.get("until"), "a day, YYYY-MM-DD", "this is no day") from None
    return Search(database, words, until)
