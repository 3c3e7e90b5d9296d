"""Which records are one, and which only belong to one study: rules with their reasons, pair by pair.

Same: the same report, as two sources have it. Kin: another report of the study (a preprint, a conference abstract, an
erratum, the entry in a registry), which is linked and never merged.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from oligoscope.literature.record import Record

SAME_TITLE = 0.93
"""Similarity of titles, of 0 to 1, from which on one may be the other's misprint."""
_KINDS = (
    ("erratum", r"^(erratum|corrigendum|correction)\b|published erratum"),
    ("retraction", r"^retract|retraction (of publication|notice)"),
    ("comment", r"^(comment|re:|reply|in reply|author reply|authors? response|response to|letter)\b|^editorial"),
    ("preprint", r"preprint|medrxiv|biorxiv|research square|ssrn|10\.1101/|10\.21203/"),
    ("registry record", r"registry record|clinicaltrials\.gov|^nct,"),
    ("protocol", r"\b(study|trial) protocol\b|\bprotocol (for|of) an?\b"),
    ("abstract", r"conference (abstract|paper)|meeting abstract|\bproceedings\b"),
)


@dataclass(frozen=True, slots=True)
class Plain:
    """What of a record is compared, in plain letters."""

    title: str
    author: str
    people: str
    year: int | None
    journal: str
    volume: str
    page: str
    doi: str
    pmid: str
    registry: frozenset[str]
    role: str
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a pair is. relation: "same", or what the kinship is; "" for neither."""

    relation: str
    reason: str = ""


def plain(record: Record) -> Plain:
    """A record as it is compared."""
    role = role_of(record)
    title = _letters(re.sub(r"<[^>]{1,8}>|(?<=\S)\s*\[[^\]]{1,40}\]\s*\.?$", "", record.title))
    # Some tables run authors together: "Chen R.Wang Y.Liang L."
    names = [name for each in record.authors for name in re.split(r"(?<=[A-Z]\.)(?=[A-Z][a-z])", each)]
    return Plain(
        title=title,
        author=_surname(names[0]) if names else "",
        people="".join(map(_surname, names)),
        year=record.year,
        journal=_letters(record.journal),
        volume=(re.match(r"\D*(\d*)", record.volume) or [""])[1],
        page=_first_page(record.pages),
        doi=record.doi,
        pmid=record.pmid,
        registry=frozenset(record.registry),
        role=role,
        numbers=tuple(re.findall(r"\d+", title)),
    )


def role_of(record: Record) -> str:
    """What kind of report a record is, by its title, kind, journal and DOI; "report" where nothing says more."""
    first_author = record.authors[0].lower() if record.authors else ""
    for name, pattern in _KINDS:
        where = [record.title, record.kind, first_author]
        if name == "preprint":
            where = [record.kind, record.journal, record.doi]
        if any(re.search(pattern, text.lower()) for text in where if text):
            return name
    return "report"


def compare(one: Plain, other: Plain) -> Verdict:
    """Whether two records are the same, kin, or neither, and why."""
    if one.pmid and one.pmid == other.pmid:
        return Verdict("same", f"the same PubMed id {one.pmid}")
    similar = likeness(one.title, other.title)
    if one.role != other.role and (one.role != "report" or other.role != "report"):
        return _of_two_kinds(one, other, similar)
    if one.doi and one.doi == other.doi:
        # A supplement of abstracts may have one DOI for all of them: then only the titles tell them apart.
        if similar < 0.6 and one.title and other.title:
            return Verdict("")
        if _neighbours(one, other):
            return Verdict("another report", "one DOI, but page and authors differ")
        return Verdict("same", f"the same DOI {one.doi}")
    if similar < SAME_TITLE or one.numbers != other.numbers:
        return Verdict("")
    return _of_one_title(one, other, similar)


def _of_two_kinds(one: Plain, other: Plain, similar: float) -> Verdict:
    """A report and, say, its erratum."""
    about = " and ".join(sorted((one.role, other.role)))
    if shared := one.registry & other.registry:
        return Verdict(about, f"both name {', '.join(sorted(shared))}")
    if similar >= SAME_TITLE:
        if one.doi and one.doi == other.doi and {one.role, other.role} & {"abstract", "protocol"}:
            return Verdict("same", f"the same DOI {one.doi}")
        if {one.role, other.role} == {"abstract", "report"} and _where(one, other) == 1:
            return Verdict("same", "title, volume and page agree")
        return Verdict(about, "the titles agree")
    shorter, longer = sorted((one.title, other.title), key=len)
    if len(shorter) >= 30 and shorter in longer:
        return Verdict(about, "the one title holds the other")
    return Verdict("")


def _of_one_title(one: Plain, other: Plain, similar: float) -> Verdict:
    """Two records of a kind with one title: the same, unless what else is known of them speaks against it."""
    where = _where(one, other)
    whose = _agree(one.author, other.author)
    when = None if one.year is None or other.year is None else abs(one.year - other.year)
    if _neighbours(one, other):
        return Verdict("another report", "one title, but page and authors differ")
    apart = []
    if one.doi and other.doi:
        apart.append("DOI")
    if whose is False:
        apart.append("first author")
    if where is not None and where < 0.5:
        apart.append("volume or page")
    if when is not None and when > 1:
        apart.append("year")
    journal = likeness(one.journal, other.journal) if one.journal and other.journal else None
    if not apart or (apart == ["DOI"] and where == 1) or (apart == ["year"] and where == 1):
        return Verdict("same", f"title{'' if similar == 1 else ' nearly'} the same{_agreeing(whose, where, when)}")
    if apart == ["volume or page"] and whose and when in (0, None) and (journal is None or journal > 0.8):
        return Verdict("same", "title, first author, year and journal agree")
    if whose is False:
        return Verdict("")
    return Verdict("another report", f"one title, but {' and '.join(apart)} differ")


def _neighbours(one: Plain, other: Plain) -> bool:
    """Two abstracts of one meeting, by one group: printed on different pages, by authors who are not all the same."""
    pages = bool(one.page and other.page) and one.page != other.page
    return pages and bool(one.people and other.people) and likeness(one.people, other.people) < 0.9


def _agreeing(whose: bool | None, where: float | None, when: int | None) -> str:
    found = [
        name for name, agrees in (("first author", whose), ("volume and page", where), ("year", when == 0)) if agrees
    ]
    return f"; {', '.join(found)} too" if found else ""


def _where(one: Plain, other: Plain) -> float | None:
    """How far volume and first page agree, of 0 to 1; None where neither can be compared."""
    pairs = ((one.volume, other.volume), (one.page, other.page))
    known = [a == b for a, b in pairs if a and b]
    return sum(known) / len(known) if known else None


def _agree(one: str, other: str) -> bool | None:
    if not one or not other:
        return None
    shorter, longer = sorted((one, other), key=len)
    return shorter in longer or likeness(shorter, longer) > 0.8


@lru_cache(maxsize=200_000)
def likeness(one: str, other: str) -> float:
    """Similarity of two texts of plain letters, of 0 to 1."""
    if one == other:
        return 1.0 if one else 0.0
    from rapidfuzz.distance import Indel

    return float(Indel.normalized_similarity(one, other, score_cutoff=0.5))


def _letters(text: str) -> str:
    """Letters and digits in lower case, without accents."""
    unaccented = unicodedata.normalize("NFKD", text.replace("&amp;", "and").replace("&", "and"))
    return "".join(sign for sign in unaccented.casefold() if sign.isalnum())


def _surname(name: str) -> str:
    return _letters(re.split(r"[,;]|\s(?=[A-Z]\b)", name.strip(), maxsplit=1)[0])


def _first_page(pages: str) -> str:
    found = re.match(r"\s*(?:pp?\.?\s*)?([A-Za-z]{0,3}\d+)", pages)
    return found[1].lower() if found else ""
