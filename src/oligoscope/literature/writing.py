"""Records go out as RIS or CSV, with what was decided of them."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from oligoscope.literature.record import Record

_KINDS = {"journal article": "JOUR", "registry record": "DBASE", "book": "BOOK", "preprint": "UNPB"}
_OWN = (
    "TY",
    "ER",
    "TI",
    "T1",
    "AB",
    "N2",
    "AU",
    "A1",
    "PY",
    "JF",
    "T2",
    "VL",
    "IS",
    "SP",
    "EP",
    "DO",
    "KW",
    "LA",
    "UR",
)
COLUMNS = (
    "record_id",
    "title",
    "abstract",
    "authors",
    "year",
    "journal",
    "volume",
    "issue",
    "pages",
    "doi",
    "pmid",
    "pmcid",
    "registry",
    "kind",
    "language",
    "keywords",
    "notes",
    "url",
    "source",
    "same_as",
    "decision",
    "reason",
    "label_included",
    "review",
)


@dataclass(frozen=True)
class Out:
    """A record with what the review knows of it. review: how the review calls itself."""

    key: int
    record: Record
    source: str
    same_as: tuple[int, ...] = ()
    decision: str = ""
    reason: str = ""
    review: str = ""


def as_csv(rows: list[Out]) -> str:
    """One row per record."""
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, COLUMNS)
    writer.writeheader()
    for row in rows:
        record = row.record
        shown: dict[str, object] = {name: getattr(record, name) for name in COLUMNS if hasattr(record, name)}
        shown |= {name: "; ".join(getattr(record, name)) for name in ("authors", "registry", "keywords", "notes")}
        shown |= {
            "review": row.review,
            "record_id": row.key,
            "source": row.source,
            "same_as": "; ".join(map(str, row.same_as)),
        }
        label = {"include": 1, "exclude": 0}.get(row.decision, "")
        writer.writerow({**shown, "decision": row.decision, "reason": row.reason, "label_included": label})
    return file.getvalue()


def as_ris(rows: list[Out]) -> str:
    """RIS, with tags of other tools kept where the record came as RIS."""
    return "\n".join("\n".join(_ris(row)) + "\n" for row in rows)


def _ris(row: Out) -> Iterator[str]:
    record, fields = row.record, row.record.fields
    is_ris = "TY" in fields
    yield _line("TY", fields["TY"][0].strip() if is_ris else _KINDS.get(record.kind.lower(), "JOUR"))
    first, _, last = record.pages.partition("-")
    values: Mapping[str, tuple[str, ...]] = {
        "TI": (record.title,),
        "AU": record.authors,
        "PY": (str(record.year or ""),),
        "JF": (record.journal,),
        "VL": (record.volume,),
        "IS": (record.issue,),
        "SP": (first,),
        "EP": (last,),
        "DO": (record.doi,),
        "AB": (record.abstract,),
        "KW": record.keywords,
        "LA": (record.language,),
        "UR": (record.url,),
        "C1": record.registry,
        "N1": record.notes,
    }
    for tag, texts in values.items():
        yield from (_line(tag, text) for text in texts if text)
    if record.pmid:
        yield _line("PM", record.pmid)
    if is_ris:
        taken = {*_OWN, *values, "PM"}
        yield from (_line(tag, text) for tag, texts in fields.items() if tag not in taken for text in texts if text)
    if row.decision:
        yield _line("N1", f"oligoscope: {row.decision}{f' ({row.reason})' if row.reason else ''}")
        if row.decision in ("include", "exclude"):
            yield _line("N1", "ASReview_relevant" if row.decision == "include" else "ASReview_irrelevant")
    if row.review:
        yield _line("N1", f"oligoscope: of {row.review}")
    yield "ER  - "


def _line(tag: str, text: str) -> str:
    return f"{tag}  - {' '.join(text.split())}"
