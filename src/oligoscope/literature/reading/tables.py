"""CSV and TSV files: one row per record, columns by the names that databases and tools give them."""

import ast
import csv
import io
import re

from oligoscope.literature.reading.model import Read, Remark
from oligoscope.literature.record import Record, record_of

_NAMES = {
    "title": ("title", "primary_title", "article title", "document title", "ti"),
    "abstract": ("abstract", "abstract note", "notes_abstract", "ab"),
    "authors": ("authors", "author", "author names", "author full names", "first_authors", "au"),
    "year": ("year", "publication_year", "publication year", "date of publication", "py", "date"),
    "journal": ("journal", "publicationname", "source title", "secondary title", "publication title", "source"),
    "volume": ("volume",),
    "issue": ("issue", "number"),
    "pages": ("pages", "page"),
    "first_page": ("start_page", "page start", "first page"),
    "last_page": ("end_page", "page end", "last page"),
    "doi": ("doi", "doi link"),
    "pmid": ("pmid", "pubmed id", "pubmed_id", "medline pmid"),
    "pmcid": ("pmcid",),
    "kind": ("type_of_reference", "publication type", "document type", "referencetype", "type of reference"),
    "language": ("language", "article language", "language of original document"),
    "keywords": ("keywords", "author keywords", "emtree medical index terms"),
    "notes": ("notes", "note"),
    "url": ("url", "link"),
    "accession": ("accession", "nct number", "nct_id", "openalex_id"),
}
_LABELS = (
    "label_included",
    "included",
    "final_included",
    "included_label",
    "asreview_label",
    "label_abstract_screening",
)
_YES, _NO = ("1", "1.0", "true", "yes", "relevant", "included"), ("0", "0.0", "false", "no", "irrelevant", "excluded")
csv.field_size_limit(2**31 - 1)


def read_table(text: str) -> Read:
    """All rows of a table. A row with more or fewer fields than the heading is read as far as it goes, and named."""
    delimiter = _delimiter(text.lstrip("\n").partition("\n")[0])
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    heading: list[str] = []
    records: list[Record] = []
    refused: list[Remark] = []
    quirks = [] if delimiter == "," else [Remark(1, f"columns are divided by {_SPOKEN[delimiter]}")]
    last = 0
    for row in rows:
        line, last = last + 1, rows.line_num
        if not any(cell.strip() for cell in row):
            continue
        if not heading:
            heading = [name.strip().lower() for name in row]
            if not set(heading) & {name for names in _NAMES.values() for name in names}:
                return Read("CSV", refused=(Remark(line, f"no column is known among {', '.join(row[:6])[:120]}"),))
            continue
        if len(row) != len(heading):
            quirks.append(Remark(line, f"{len(row)} fields, where the heading has {len(heading)}"))
        records.append(_record(row, heading, line, quirks))
    if not heading:
        refused.append(Remark(1, "the file is empty"))
    return Read("CSV", tuple(records), tuple(refused), tuple(quirks))


_SPOKEN = {"\t": "tabs", ";": "semicolons", "|": "bars"}


def _delimiter(heading: str) -> str:
    return max((",", "\t", ";", "|"), key=heading.count)


def _record(row: list[str], heading: list[str], line: int, quirks: list[Remark]) -> Record:
    fields: dict[str, list[str]] = {}
    for place, cell in enumerate(row):
        name = heading[place] if place < len(heading) else f"(beyond column {len(heading)})"
        if cell.strip() and cell.strip() != "NA":  # R writes NA where there is nothing.
            fields.setdefault(name, []).append(cell)
    values = {
        meaning: [part for name in names for cell in fields.get(name, ()) for part in _parts(meaning, cell)]
        for meaning, names in _NAMES.items()
    }
    if not values["title"]:
        quirks.append(Remark(line, "a record without a title"))
    label = next((fields[name][0].strip().lower() for name in _LABELS if name in fields), "")
    if label and label not in _YES + _NO + ("-1",):
        quirks.append(Remark(line, f"a label that is neither 1 nor 0: {label[:40]}"))
    return record_of(values, line, fields, True if label in _YES else False if label in _NO else None)


def _parts(meaning: str, cell: str) -> list[str]:
    """Several authors or keywords, as lists of Python, by semicolons, or by commas with initials between."""
    if meaning not in ("authors", "keywords"):
        return [cell]
    if cell.startswith("["):
        try:
            listed = ast.literal_eval(cell)
            return [str(each) for each in listed]
        except (ValueError, SyntaxError, TypeError):
            return [cell]
    if ";" in cell:
        return cell.split(";")
    return re.split(r"(?<=\.), ", cell) if meaning == "authors" else [cell]
