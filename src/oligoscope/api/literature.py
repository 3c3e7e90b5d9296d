"""A review that is kept and followed: `osc.literature.import_files(["search.ris"], store="review.db")` and so on.

store: the path of the review, one SQLite file, made by the first import. Every decision is on disk before the function
returns. All functions raise OligoscopeError.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from oligoscope.api.shared import Result
from oligoscope.errors import NotAllowed

if TYPE_CHECKING:
    from oligoscope.literature.importing import Imported
    from oligoscope.literature.store import Store
    from oligoscope.literature.writing import Out
    from oligoscope.report.literature import Exported, Grouped

__all__ = ["dedupe", "export", "import_files"]

EXTRA = "run pip install 'oligoscope[literature]'"
Paths = str | Path | Sequence[str | Path]


def import_files(
    files: Paths, *, store: str | Path, database: str = "", encoding: str = "", update: bool = False
) -> "Result[Imported]":
    """Keep the records of files: RIS, NBIB, Web of Science, PubMed and EndNote XML, BibTeX, CSV, ASReview projects,
    ClinicalTrials.gov. Identical ones are merged, kin are linked, and what was not read is named with its line.

    database: where the files come from (default: the name of each).  encoding: of the files, found out without it.
    update: a new round of the search.
    """
    from oligoscope.literature.importing import import_files as imported
    from oligoscope.report.literature import imported_json, imported_text

    paths = [Path(each) for each in ([files] if isinstance(files, (str, Path)) else files)]
    with _opened(store, create=True) as review:
        return Result(imported(review, paths, database, encoding, update), imported_json, imported_text)


def dedupe(*, store: str | Path, apart: Sequence[int] = (), who: str = "") -> "Result[Grouped]":
    """Group records that are one, link those of one study, with the reason for each.

    apart: records to take out of their groups for good.  who: who says so.
    """
    from oligoscope.report.literature import Grouped, grouped_json, grouped_text

    if apart and not who.strip():
        raise NotAllowed("who", who or '""', "a name", "records are taken apart by somebody")
    with _opened(store) as review:
        for record in apart:
            review.take_apart(record, who)
        found = review.group()
        return Result(Grouped(review.records(), found, tuple(sorted(review.apart()))), grouped_json, grouped_text)


def export(output: str | Path, *, store: str | Path, every: bool = False) -> "Result[Exported]":
    """Write records with what was decided of them: RIS or CSV, by the name of the file.

    every: every record of every source, not one for each group. What was written is read again and counted.
    """
    from oligoscope.files.writing import write_file
    from oligoscope.literature.reading import read
    from oligoscope.literature.writing import as_csv, as_ris
    from oligoscope.report.literature import Exported, exported_json, exported_text

    path = Path(output)
    write = {".ris": as_ris, ".csv": as_csv}.get(path.suffix.lower())
    if write is None:
        raise NotAllowed("output", path, "a name that ends in .ris or .csv", "the format is told by the name")
    with _opened(store) as review:
        rows = _rows(review, every)
    write_file(path, write(rows))
    again = read(path)
    return Result(Exported(str(path), len(rows), len(again.records)), exported_json, exported_text)


def _rows(review: "Store", every: bool) -> "list[Out]":
    from oligoscope.literature.writing import Out

    records, heads, sources = review.records(), review.heads(), review.source_of()
    names = {source.id: source.database for source in review.sources()}
    groups: dict[int, list[int]] = {}
    for key in records:
        groups.setdefault(heads.get(key, key), []).append(key)
    last = {heads.get(each.record, each.record): each for each in review.decisions()}
    found = []
    for key, record in records.items():
        head = heads.get(key, key)
        if not every and head != key:
            continue
        where = sorted({names[sources[each]] for each in (groups[head] if not every else [key])})
        said = last.get(head)
        same = tuple(each for each in groups[head] if each != key)
        found.append(
            Out(key, record, "; ".join(where), same, said.verdict if said else "", said.reason if said else "")
        )
    return found


@contextmanager
def _opened(store: str | Path, *, create: bool = False) -> "Iterator[Store]":
    """Raises NotAllowed where a package of the extra is missing."""
    from oligoscope.literature.store import opened

    try:
        with opened(Path(store), create=create) as review:
            yield review
    except ModuleNotFoundError as error:
        raise NotAllowed("package", error.name, "", "this needs it, and it is not installed", EXTRA) from None
