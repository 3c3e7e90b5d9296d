"""A review that is kept and followed: `osc.literature.import_files(["search.ris"], store="review.db")` and so on.

store: the path of the review, one SQLite file, made by the first import. Every decision is on disk before the function
returns. All functions raise OligoscopeError.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from oligoscope.api.living import addresses, card, search, searches, update
from oligoscope.api.result import Result
from oligoscope.api.review import filled, needed, opened
from oligoscope.api.screening import DEFAULT, asked_by, calibrate, calibration, criteria
from oligoscope.api.whole import merge, protocol
from oligoscope.errors import NotAllowed

if TYPE_CHECKING:
    from oligoscope.literature.importing import Imported
    from oligoscope.literature.paper import Page
    from oligoscope.literature.prisma import Flow
    from oligoscope.literature.progress import Progress
    from oligoscope.literature.screening import Queue
    from oligoscope.literature.store import Store
    from oligoscope.literature.writing import Out
    from oligoscope.report.extracted import Compared, Form
    from oligoscope.report.literature import Exported, Grouped

__all__ = [
    "addresses",
    "behind",
    "calibrate",
    "calibration",
    "card",
    "compare",
    "criteria",
    "decide",
    "dedupe",
    "draw",
    "export",
    "extract",
    "import_files",
    "merge",
    "prisma",
    "progress",
    "protocol",
    "search",
    "searches",
    "shown",
    "update",
    "waiting",
]

Paths = str | Path | Sequence[str | Path]


def import_files(
    files: Paths,
    *,
    store: str | Path,
    database: str = "",
    encoding: str = "",
    update: bool = False,
    on_step: Callable[[str, int, int], object] = lambda *_: None,
) -> "Result[Imported]":
    """Keep the records of files: RIS, NBIB, Web of Science, PubMed and EndNote XML, BibTeX, CSV, ASReview projects,
    ClinicalTrials.gov. Identical ones are merged, kin are linked, and what was not read is named with its line.

    database: where the files come from (default: the name of each).  encoding: of the files, found out without it.
    update: a new round of the search.  on_step: told what is being done, how much of it is done, and of how much.
    A review that it would make is not left behind without any record.
    """
    from oligoscope.literature.importing import import_files as imported
    from oligoscope.report.literature import imported_json, imported_text

    paths = [Path(each) for each in ([files] if isinstance(files, (str, Path)) else files)]
    with filled(store) as review:
        return Result(imported(review, paths, database, encoding, update, on_step), imported_json, imported_text)


def dedupe(*, store: str | Path, apart: Sequence[int] = (), who: str = "") -> "Result[Grouped]":
    """Group records that are one, link those of one study, with the reason for each.

    apart: records to take out of their groups for good.  who: who says so.
    """
    from oligoscope.report.literature import Grouped, grouped_json, grouped_text

    if apart and not who.strip():
        raise NotAllowed("who", who or '""', "a name", "records are taken apart by somebody")
    with opened(store) as review:
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
    with opened(store) as review:
        rows = _rows(review, every)
    write_file(path, write(rows))
    again = read(path)
    return Result(Exported(str(path), len(rows), len(again.records)), exported_json, exported_text)


def _rows(review: "Store", every: bool) -> "list[Out]":
    from oligoscope.literature.protocol import protocol as planned
    from oligoscope.literature.writing import Out

    line = planned(review).line
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
        verdict, reason = (said.verdict, said.reason) if said else ("", "")
        found.append(Out(key, record, "; ".join(where), same, verdict, reason, line))
    return found


def decide(
    record: int,
    verdict: str,
    *,
    store: str | Path,
    who: str,
    stage: str = "abstract",
    reason: str = "",
    note: str = "",
    settles: bool = False,
) -> None:
    """Keep one decision; it is on disk when this returns.

    verdict: include, exclude, maybe or skip.  stage: abstract or full_text, where an exclusion needs its reason.
    settles: an adjudication of what others said.
    """
    if stage == "full_text" and verdict == "exclude" and not reason.strip():
        raise NotAllowed("reason", '""', "why it is excluded", "the flow of a review counts full texts by reason")
    with opened(store) as review:
        review.decide(who, stage, record, verdict, reason, note, settles)


def waiting(*, store: str | Path, who: str, stage: str = "abstract") -> "Queue":
    """What a person has still to read: `waiting` are ids in the order to read them, learned from their decisions.

    A round of calibration that is not finished comes first, then their random sample.
    """
    from oligoscope.literature.calibration import rounds, told
    from oligoscope.literature.screening import queue

    with opened(store) as review:
        mine = [each.records for each in review.samples(stage) if each.who == who][-1:]
        together = [each.records for each in rounds(review, stage) if not told(review, each).finished]
        first = dict.fromkeys(key for keys in (*together, *mine) for key in keys)
        return queue(review, who, stage, tuple(first))


def draw(count: int, *, store: str | Path, seed: int, stage: str = "abstract", who: str) -> tuple[int, ...]:
    """Draw a random sample of what a person has not read; it is read first, and `progress` tells recall from it."""
    from random import Random

    unread = sorted(waiting(store=store, who=who, stage=stage).waiting)
    if not 1 <= count <= len(unread):
        raise NotAllowed("sample", count, f"1 to {len(unread)}", "so many are not unread")
    found = tuple(Random(seed).sample(unread, count))
    with opened(store) as review:
        review.add_sample(stage, who, len(unread), found)
    return found


def progress(*, store: str | Path, stage: str = "abstract", target: float = 0.95) -> "Result[Progress]":
    """How far screening is: decisions by person, conflicts, kappa, and recall from the last random sample."""
    from oligoscope.literature.progress import progress as told
    from oligoscope.report.screened import progress_json, progress_text

    if not 0 < target < 1:
        raise NotAllowed("target", target, "above 0 and below 1", "recall is a share")
    with opened(store) as review:
        return Result(told(review, stage, target), progress_json, progress_text)


def shown(record: int, left: int, *, store: str | Path, criteria: str | Path = DEFAULT) -> str:
    """A record as text for screening. left: how many are waiting.  criteria: what is read beside it, or "none"."""
    from oligoscope.literature.inclusion import told
    from oligoscope.report.screened import record_text

    asks = asked_by(criteria)
    with opened(store) as review:
        found = review.record(record)
    return record_text(record, found, left, told(found, asks) if asks else ())


def prisma(*, store: str | Path, readers: int = 1) -> "Result[Flow]":
    """The flow of the review after PRISMA 2020, of the last round of its search; `page()` is its drawing, an SVG.

    readers: how many must agree before a decision stands.
    """
    from oligoscope.literature.prisma import flow
    from oligoscope.report.screened import flow_json, flow_svg, flow_text

    if readers < 1:
        raise NotAllowed("readers", readers, "1 or more", "somebody decides")
    with opened(store) as review:
        return Result(flow(review, readers), flow_json, flow_text, flow_svg)


def behind(flow: "Flow", box: str, *, store: str | Path) -> str:
    """The records behind a number of the flow, one line each."""
    if box not in flow.boxes:
        raise NotAllowed("box", box, ", ".join(flow.boxes))
    with opened(store) as review:
        records = review.records()
    return "".join(f"{key}  {records[key].title}\n" for key in flow.boxes[box].records)


def extract(
    record: int, *, store: str | Path, output: str | Path, study: str = "", pdf: str | Path | None = None
) -> "Result[Form]":
    """Write the form of a study for one record: a study file of the evidence, to be filled in by a person.

    output: the folder.  study: its name (default: first author and year).  pdf: of the report, whose sentences with
    numbers stand beside the form with their pages. A form that is there is never written over.
    """
    from oligoscope.files.writing import write_file
    from oligoscope.literature.extraction import form, study_name
    from oligoscope.report.extracted import Form, form_json, form_text

    with opened(store) as review:
        found = review.record(record)
    name = study or study_name(found)
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name):
        raise NotAllowed("study", name, "small letters, digits and hyphens", "this names no study", "--study doe-2024")
    path = Path(output) / f"{name}.yaml"
    if path.exists():
        raise NotAllowed("output", path, "a new file", "it is there already", "another folder, or --study NAME")
    path.parent.mkdir(parents=True, exist_ok=True)
    text = form(found, name, _pages(pdf))
    write_file(path, text)
    return Result(Form(str(path), record, text), form_json, form_text)


def _pages(pdf: str | Path | None) -> "tuple[Page, ...]":
    from oligoscope.literature.paper import pages_of

    with needed():
        return pages_of(Path(pdf)) if pdf is not None else ()


def compare(
    one: str | Path,
    other: str | Path | None = None,
    *,
    store: str | Path | None = None,
    record: int | None = None,
    pdf: str | Path | None = None,
) -> "Result[Compared]":
    """Check an extraction, and hold it against that of a second person.

    one, other: study files.  store, record: the record they were taken from, whose abstract quotes are held against.
    pdf: of the report, against whose pages quotes are held.
    Raises OligoscopeError for a file that is no study, field by field.
    """
    from oligoscope.evidence.store import read_study
    from oligoscope.literature.extraction import differences, doubts
    from oligoscope.report.extracted import Compared, compared_json, compared_text

    abstract, pages = "", _pages(pdf)
    if store is not None and record is not None:
        with opened(store) as review:
            abstract = review.record(record).abstract
    files = [Path(each) for each in (one, other) if each is not None]
    studies = []
    for path in files:
        try:
            studies.append(read_study(path.read_text("utf-8"), path.name))
        except (OSError, UnicodeDecodeError) as error:
            raise NotAllowed("file", path, "a study file, UTF-8", str(error)) from None
    apart = differences(*studies) if len(studies) > 1 else []
    doubtful = [
        (str(path), doubt)
        for path, study in zip(files, studies, strict=True)
        for doubt in doubts(study, abstract, pages)
    ]
    return Result(Compared(tuple(map(str, files)), tuple(apart), tuple(doubtful)), compared_json, compared_text)
