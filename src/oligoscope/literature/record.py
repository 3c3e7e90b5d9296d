"""One record of a search: what every format is read into, and how its identifiers are written."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Fields = Mapping[str, Sequence[str]]
"""What a file says of one record, by its own names: kept whole, so that nothing is lost on the way out."""

_DOI = re.compile(r"10\.\d{4,9}/\S+", re.IGNORECASE)
_REGISTRY = re.compile(
    r"\b(NCT\d{8}|ISRCTN\d{8}|ChiCTR[-\w]{8,}|EUCTR\d{4}-\d{6}-\d{2}|ACTRN\d{14}|UMIN\d{9})", re.IGNORECASE
)
_YEAR = re.compile(r"(?<!\d)(1[89]\d\d|20\d\d)(?!\d)")


@dataclass(frozen=True, slots=True)
class Record:
    """A report, or a trial in a registry, as one source has it.

    line: where it begins in its file, from 1.  label: an earlier decision that came with the file.  fields: all that
    the file says of it, by the names of the file.
    """

    title: str = ""
    abstract: str = ""
    authors: tuple[str, ...] = ()
    year: int | None = None
    journal: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    doi: str = ""
    pmid: str = ""
    pmcid: str = ""
    registry: tuple[str, ...] = ()
    kind: str = ""
    language: str = ""
    keywords: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    url: str = ""
    label: bool | None = None
    line: int = 1
    fields: Fields = field(default_factory=dict)


Values = Mapping[str, Sequence[str]]
"""What was read of one record, by the names of `Record`; several values where a file repeats a name."""


def record_of(values: Values, line: int, fields: Fields, label: bool | None = None) -> Record:
    """A record out of the values of a file, its identifiers in one spelling."""
    first = {name: _first(each) for name, each in values.items()}
    title, abstract = _tidy(first.get("title", "")), _tidy("\n".join(values.get("abstract", ())))
    notes = tuple(filter(None, map(_tidy, values.get("notes", ()))))
    anywhere = " ".join([title, abstract, *notes, *values.get("registry", ()), *values.get("accession", ())])
    return Record(
        title=title,
        abstract=abstract,
        authors=tuple(filter(None, map(_tidy, values.get("authors", ())))),
        year=year_of(*values.get("year", ())),
        journal=_tidy(first.get("journal", "")),
        volume=_tidy(first.get("volume", "")),
        issue=_tidy(first.get("issue", "")),
        pages=_pages(values),
        doi=doi_of(*values.get("doi", ())),
        pmid=next((found[1] for each in values.get("pmid", ()) if (found := re.match(r"\D*(\d{1,8})\b", each))), ""),
        pmcid=next((found[0] for each in values.get("pmcid", ()) if (found := re.search(r"PMC\d+", each))), ""),
        registry=tuple(sorted({each.upper() for each in _REGISTRY.findall(anywhere)})),
        kind=" / ".join(dict.fromkeys(filter(None, map(_tidy, values.get("kind", ()))))),
        language=_tidy(first.get("language", "")),
        keywords=tuple(filter(None, map(_tidy, values.get("keywords", ())))),
        notes=notes,
        url=_tidy(first.get("url", "")),
        label=label,
        line=line,
        fields=fields,
    )


def doi_of(*texts: str) -> str:
    """The first DOI in texts, in lower case and without its resolver; "" where there is none.

    >>> doi_of("https://doi.org/10.1016/S0140-6736%2800%2902352-7 [doi]")
    '10.1016/s0140-6736(00)02352-7'
    """
    for text in texts:
        plain = re.sub(r"%([0-9A-Fa-f]{2})", lambda found: chr(int(found[1], 16)), text)
        if found := _DOI.search(plain):
            return found[0].rstrip(".,;]").lower()
    return ""


def year_of(*texts: str) -> int | None:
    """The first year in texts; None where there is none.

    >>> year_of("Epub", "2014//"), year_of("10 15")
    (2014, None)
    """
    return next((int(found[0]) for text in texts if (found := _YEAR.search(text))), None)


def _first(texts: Sequence[str]) -> str:
    return next((text for text in texts if text.strip()), "")


def _tidy(text: str) -> str:
    return " ".join(text.split())


def _pages(values: Values) -> str:
    whole, start, end = (_tidy(_first(values.get(name, ()))) for name in ("pages", "first_page", "last_page"))
    return whole or (f"{start}-{end}" if start and end else start)
