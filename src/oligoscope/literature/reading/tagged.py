"""Files of tagged lines: RIS and its dialects, PubMed's NBIB, Web of Science's CIW, EndNote's %0.

One reader for all four, and not rispy: rispy knows no line numbers, and drops what stands between records without a
word. The tests hold this reader to rispy's on the files that rispy reads.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from oligoscope.literature.reading.model import Read, Remark
from oligoscope.literature.record import Record, record_of


@dataclass(frozen=True)
class Dialect:
    """One way to write tagged lines.

    line: a tag and its value.  begins, ends: the tags at which a record does; "" where it ends at the next one.
    means: what a tag says, by the names of `Record`.  repeats: tags that stand once in a record each time they begin.
    """

    name: str
    line: re.Pattern[str]
    begins: str
    ends: str
    means: Mapping[str, str]
    heads: tuple[str, ...] = ()


RIS = Dialect(
    "RIS",
    re.compile(r"^([A-Z][A-Z0-9]) {1,2}-(?: +(.*)|\s*)$"),
    "TY",
    "ER",
    {
        **dict.fromkeys(("TI", "T1", "CT"), "title"),
        **dict.fromkeys(("AB", "N2"), "abstract"),
        **dict.fromkeys(("AU", "A1"), "authors"),
        **dict.fromkeys(("PY", "Y1", "DA", "YR"), "year"),
        **dict.fromkeys(("JF", "T2", "JO", "JA", "J2"), "journal"),
        **dict.fromkeys(("N1", "RN"), "notes"),
        **dict.fromkeys(("UR", "LK"), "url"),
        **dict.fromkeys(("AN", "C2", "ID", "U2"), "accession"),
        **dict.fromkeys(("DO", "DI", "L3"), "doi"),
        **dict.fromkeys(("TY", "M3"), "kind"),
        "VL": "volume",
        "IS": "issue",
        "SP": "first_page",
        "EP": "last_page",
        "KW": "keywords",
        "LA": "language",
        "PM": "pmid",
        "C1": "registry",
    },
)
NBIB = Dialect(
    "NBIB",
    re.compile(r"^([A-Z][A-Z0-9]{1,3}) *- ?(.*)$"),
    "PMID",
    "",
    {
        **dict.fromkeys(("TI", "BTI"), "title"),
        **dict.fromkeys(("AID", "LID", "DOI"), "doi"),
        **dict.fromkeys(("OT", "MH"), "keywords"),
        "AB": "abstract",
        "FAU": "authors",
        "DP": "year",
        "JT": "journal",
        "TA": "journal",
        "VI": "volume",
        "IP": "issue",
        "PG": "pages",
        "PT": "kind",
        "LA": "language",
        "PMID": "pmid",
        "PMC": "pmcid",
        "SI": "registry",
    },
)
CIW = Dialect(
    "Web of Science",
    re.compile(r"^([A-Z][A-Z0-9])(?: (.*)|\s*)$"),
    "PT",
    "ER",
    {
        "TI": "title",
        "AB": "abstract",
        "AF": "full_authors",
        "AU": "authors",
        "PY": "year",
        "SO": "journal",
        "VL": "volume",
        "IS": "issue",
        "BP": "first_page",
        "EP": "last_page",
        "AR": "first_page",
        "DE": "keywords",
        "DT": "kind",
        "LA": "language",
        "DI": "doi",
        "PM": "pmid",
        "UT": "accession",
    },
    heads=("FN", "VR", "EF"),
)
ENDNOTE = Dialect(
    "EndNote tagged",
    re.compile(r"^%([A-Z0-9@!?#$&^(>[+]) ?(.*)$"),
    "0",
    "",
    {
        "T": "title",
        "X": "abstract",
        "A": "authors",
        "D": "year",
        "J": "journal",
        "B": "journal",
        "V": "volume",
        "N": "issue",
        "P": "pages",
        "K": "keywords",
        "0": "kind",
        "G": "language",
        "R": "doi",
        "U": "url",
        "M": "accession",
        "Z": "notes",
    },
)
DIALECTS = (RIS, NBIB, CIW, ENDNOTE)
_LABELS = re.compile(r"ASReview_(relevant|irrelevant)", re.IGNORECASE)
_AT_ITS_BEGINNING = re.compile(r"\s*\d+\.\s*$|\s*Record #\d+ of \d+\s*$")
"""Numbers of records, which Ovid and Cochrane print above each of them."""


@dataclass
class _Open:
    """A record that is being read."""

    line: int
    fields: dict[str, list[str]] = field(default_factory=dict)
    tag: str = ""


def read_tagged(text: str, dialect: Dialect) -> Read:
    """All records of a file, none left out; what stands outside of them is named."""
    records: list[Record] = []
    quirks: list[Remark] = []
    for found in _records(text, dialect, quirks):
        records.append(_record(found, dialect, quirks))
    return Read(dialect.name, tuple(records), quirks=tuple(quirks))


def _records(text: str, dialect: Dialect, quirks: list[Remark]) -> Iterator[_Open]:
    """Records in order; whatever is odd about how they are divided goes to the quirks."""
    now: _Open | None = None
    before: _Open | None = None  # Has ended, but Ovid writes tags of it after its end.
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        found = dialect.line.match(line)
        tag, value = (found[1], found[2] or "") if found else ("", line)
        if tag in dialect.heads and now is None:
            continue
        if tag and tag == dialect.ends:
            if now is None:
                quirks.append(Remark(number, f"an end of a record ({tag}) where none had begun"))
            else:
                before, now = now, None
            continue
        if tag == dialect.begins and now is not None:
            if dialect.ends:
                quirks.append(Remark(number, f"the record from line {now.line} has no end ({dialect.ends})"))
            before, now = now, None
            yield before
            before = None
        if now is None and tag and tag != dialect.begins and before is not None:
            quirks.append(Remark(number, f"{tag} after the end of a record: kept with it (from line {before.line})"))
            before.fields.setdefault(tag, []).append(value.rstrip())
            continue
        if now is None:
            now = _begun(number, tag, line, dialect, quirks)
            if now is None:
                continue
            if before is not None:
                yield before
                before = None
        _take(now, number, tag, value, quirks)
    if now is not None and dialect.ends:
        quirks.append(Remark(now.line, f"the last record has no end ({dialect.ends})"))
    yield from (each for each in (before, now) if each is not None)


def _begun(number: int, tag: str, line: str, dialect: Dialect, quirks: list[Remark]) -> _Open | None:
    """A new record where a tag begins one; else the line is named, unless it is blank or a number of a record."""
    if tag:
        if tag != dialect.begins:
            quirks.append(Remark(number, f"a record that begins with {tag}, not with {dialect.begins}"))
        return _Open(number)
    if line.strip() and not _AT_ITS_BEGINNING.match(line):
        quirks.append(Remark(number, f"text between records, not read: {line.strip()[:80]}"))
    return None


def _take(now: _Open, number: int, tag: str, value: str, quirks: list[Remark]) -> None:
    """A value of a tag, or one more line of the last one."""
    if tag:
        now.fields.setdefault(tag, []).append(value.rstrip())
        now.tag = tag
    elif value.strip() and now.tag:
        now.fields[now.tag][-1] = f"{now.fields[now.tag][-1]}\n{value.strip()}"
    elif value.strip():
        quirks.append(Remark(number, f"a line without a tag, not read: {value.strip()[:80]}"))


def _record(found: _Open, dialect: Dialect, quirks: list[Remark]) -> Record:
    values: dict[str, list[str]] = {}
    # In the order of the dialect, not of the file: a full title of a journal goes before its short one.
    for tag in dialect.means:
        if tag in found.fields:
            values.setdefault(dialect.means[tag], []).extend(_split(tag, found.fields[tag], dialect))
    if dialect is NBIB:
        values["doi"] = [each for each in values.get("doi", ()) if "[doi]" in each]
        values["title"] = [each for each in [*values.get("title", ()), *found.fields.get("TT", ())] if each.strip()]
        values.setdefault("authors", []).extend([] if "FAU" in found.fields else found.fields.get("AU", []))
    if not any(each.strip() for each in values.get("title", ())):
        quirks.append(Remark(found.line, "a record without a title"))
    labels = {label.lower() for note in values.get("notes", ()) for label in _LABELS.findall(note)}
    label = next(iter(labels)) == "relevant" if len(labels) == 1 else None
    return record_of(values, found.line, found.fields, label)


def _split(tag: str, values: list[str], dialect: Dialect) -> list[str]:
    """Several values where a dialect writes one per line, or divides them by semicolons."""
    if (dialect is CIW and tag in ("AU", "AF")) or dialect.means[tag] == "keywords":
        parts = [part for value in values for part in re.split(r"\n|;", value)]
        return [part.strip() for part in parts]
    return values
