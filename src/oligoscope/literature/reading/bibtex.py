"""BibTeX files, by bibtexparser; entries that it could not read are named with their lines."""

import logging
import re

from oligoscope.literature.reading.model import Read, Remark
from oligoscope.literature.record import Record, record_of

_ENTRY = re.compile(r"^[ \t]*@(\w+)\s*[{(]\s*([^,\s]*)", re.MULTILINE)
_NO_ENTRIES = ("comment", "string", "preamble")
_MEANS = {"number": "issue", "author": "authors", "note": "notes", "notes": "notes", "ENTRYTYPE": "kind"}


def read_bibtex(text: str) -> Read:
    """All entries of a file, of standard types or not."""
    import bibtexparser
    from bibtexparser.bparser import BibTexParser

    logging.getLogger("bibtexparser").setLevel(logging.ERROR)  # It warns of what stands among the quirks here.
    places = [found for found in _ENTRY.finditer(text) if found[1].lower() not in _NO_ENTRIES]
    records: list[Record] = []
    refused: list[Remark] = []
    # Entry by entry: one that is broken costs the others nothing, and each has its line.
    ends = [*(place.start() for place in places[1:]), len(text)]
    for place, end in zip(places, ends, strict=True):
        line = text.count("\n", 0, place.start()) + 1
        parser = BibTexParser(common_strings=True, ignore_nonstandard_types=False)
        # Scopus names fields such as "funding_text 1", which no parser takes.
        entry = re.sub(r"^([ \t]*\w+)[^\S\n]+(\w+)(\s*=)", r"\1_\2\3", text[place.start() : end], flags=re.MULTILINE)
        entries = bibtexparser.loads(entry, parser).entries
        if not entries:
            refused.append(Remark(line, f"the entry {place[2] or place[1]} is broken: not read"))
        records += [_record(entry, line) for entry in entries[:1]]
    quirks = tuple(Remark(record.line, "a record without a title") for record in records if not record.title)
    return Read("BibTeX", tuple(records), tuple(refused), quirks)


def _record(entry: dict[str, str], line: int) -> Record:
    values: dict[str, list[str]] = {}
    for name, value in entry.items():
        plain = re.sub(r"[{}]", "", value).replace("--", "-")
        parts = [plain]
        if name == "author":
            parts = re.split(r"\s+and\s+", plain)
        elif name in ("keywords", "author_keywords"):
            parts = plain.split(";")
        values.setdefault(_MEANS.get(name, name), []).extend(parts)
    return record_of(values, line, {name: [value] for name, value in entry.items()})
