"""Reviews of the literature: the files that came in, the flow, and the records behind each of its numbers.

Nothing of a patient is in a review. A review is a file, as on the command line, in a folder of the server's data.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from oligoscope.api import literature
from oligoscope.api.review import opened
from oligoscope.errors import NotAllowed, OligoscopeError
from oligoscope.literature.calibration import blind
from oligoscope.literature.prisma import Flow
from oligoscope.literature.runs import Runs
from oligoscope.literature.screening import IMPORTED, SETTLED, current
from oligoscope.literature.store import Store
from oligoscope.report.screened import flow_svg, shown
from oligoscope.store import Database, log
from oligoscope.web.access import Right, who
from oligoscope.web.drafts import waiting
from oligoscope.web.frame import rendered
from oligoscope.web.problems import Refused, Wrong, wrongs
from oligoscope.web.review_work import ReviewWork
from oligoscope.web.worker import Worker

MOST_FILES, MOST_FIELDS = 20, 10
"""Of a form."""
MOST_LISTED = 500
"""Records of a list that are named; the command line names all."""
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
TELLS = {
    "excluded": "abstract",
    "sought": "abstract",
    "assessed": "abstract",
    "text_waiting": "abstract",
    "not_retrieved": "full_text",
    "text_excluded": "full_text",
    "included": "full_text",
}
"""Boxes of the flow whose records tell what somebody decided, each with the stage at which it was."""


class Reviews:
    """The reviews of this server. folder: where they lie; what is done to them is written into the database's log."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder, self.database = folder, database

    def names(self) -> list[str]:
        """Every review."""
        return sorted(path.stem for path in self.folder.glob("*.db") if _NAME.fullmatch(path.stem))

    def path(self, name: str) -> Path:
        """The file of a review. Raises Refused."""
        path = self.folder / f"{name}.db"
        if not _NAME.fullmatch(name) or not path.is_file():
            raise Refused(404, "No such review", f"{name[:60]}; there are: {', '.join(self.names()) or 'none yet'}")
        return path

    def new(self, name: str) -> Path:
        """The file of one that is to be made. Raises NotAllowed."""
        if not _NAME.fullmatch(name):
            allowed = "at most 60 small letters, digits and hyphens"
            raise NotAllowed("name", name[:60], allowed, "this names no review", "for example oligo-2026")
        if name in self.names():
            raise NotAllowed("name", name, "a new name", "there is a review of that name", "open it and add the files")
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self.folder / f"{name}.db"

    def drafts(self, name: str) -> Path:
        """Where lies what was extracted by one of two, a folder for each record."""
        return self.folder / f"{name}-extracted"

    def note(self, asking: str, name: str, what: str) -> None:
        """A line of the log: what is about to be done to a review."""
        log.note(self.database, asking, "review", f"{name}: {what}")


@dataclass(frozen=True)
class File:
    """What came in at once. refused, odd: lines that were not read, and those read otherwise than written."""

    id: int
    name: str
    at: str
    records: int
    says: str
    refused: Sequence[str]
    odd: Sequence[str]


def reader_of(request: Request, given: str) -> str:
    """Who reads or extracts: whoever is signed in; where nobody signs in, the name that was given."""
    asking = who(request)
    return asking.name if asking.is_account else given.strip()[:60]


def router(release: str, reviews: Reviews, work: ReviewWork, worker: Worker) -> APIRouter:
    """The pages of reviews. release: of the knowledge.  worker: of what is done in the background."""
    found = APIRouter(prefix="/review", include_in_schema=False, default_response_class=HTMLResponse)

    @found.get("")
    def overview(request: Request) -> HTMLResponse:
        return _overview(request, release, reviews, work)

    @found.post("")
    async def begin(request: Request) -> Response:
        given = await request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS)
        name = str(given.get("name") or "").strip()
        try:
            reviews.new(name)
            await run_in_threadpool(work.take, name, given, who(request).name)
        except OligoscopeError as error:
            return await run_in_threadpool(_overview, request, release, reviews, work, wrongs(error))
        worker.wake.set()
        return RedirectResponse(f"/review/{name}/work", status_code=303)

    @found.get("/{name}")
    def one(name: str, request: Request) -> HTMLResponse:
        return _one(request, release, reviews, work, name)

    @found.post("/{name}")
    async def add(name: str, request: Request) -> Response:
        given = await request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS)
        reviews.path(name)
        try:
            await run_in_threadpool(work.take, name, given, who(request).name)
        except OligoscopeError as error:
            return await run_in_threadpool(_one, request, release, reviews, work, name, wrongs(error))
        worker.wake.set()
        return RedirectResponse(f"/review/{name}/work", status_code=303)

    _add_records(found, release, reviews)
    return found


def _add_records(found: APIRouter, release: str, reviews: Reviews) -> None:
    """What is in a review: the records behind its numbers, and every line that was read otherwise or not at all."""

    @found.get("/{name}/sources/{source}")
    def lines(name: str, source: int) -> Response:
        with opened(reviews.path(name)) as review:
            told = [each for each in files_of(review) if each.id == source]
        if not told:
            raise Refused(404, "No such file", f"{source}; the page of the review names what came in")
        words = (("not read", told[0].refused), ("odd", told[0].odd))
        text = "".join(f"{word}, {line}\n" for word, lines in words for line in lines)
        return PlainTextResponse(text or "every line was read as it stands\n")

    @found.get("/{name}/box/{box}")
    def behind(name: str, box: str, request: Request) -> HTMLResponse:
        values = _behind(reviews.path(name), box, request)
        return rendered(request, "behind.html", release, review=name, **values)

    @found.get("/{name}/records/{record}")
    def record(name: str, record: int, request: Request) -> HTMLResponse:
        with opened(reviews.path(name)) as review:
            one = review.record(record)
        return rendered(request, "record.html", release, review=name, key=record, record=one, shown=shown(one))


# ---- one review ----------------------------------------------------------------------------------


def _overview(
    request: Request, release: str, reviews: Reviews, work: ReviewWork, problems: Sequence[Wrong] = ()
) -> HTMLResponse:
    """Every review, and those that are being begun."""
    names = reviews.names()
    begun = [job for job in work.jobs.list() if job.name not in names]
    return rendered(
        request, "reviews.html", release, 422 if problems else 200, names=names, begun=begun, problems=problems
    )


def _one(
    request: Request, release: str, reviews: Reviews, work: ReviewWork, name: str, problems: Sequence[Wrong] = ()
) -> HTMLResponse:
    store = reviews.path(name)
    readers = 2 if request.query_params.get("readers") == "2" else 1
    with opened(store) as review:
        files = list(files_of(review))
        has_searched = bool(Runs(review).all())
    flow: Flow = literature.prisma(store=store, readers=readers).found
    stages = {stage: literature.progress(store=store, stage=stage) for stage in ("abstract", "full_text")}
    n_conflicts = sum(len(each.conflicts) for told in stages.values() for each in told.found.agreements)
    return rendered(
        request,
        "review.html",
        release,
        422 if problems else 200,
        review=name,
        files=files,
        has_searched=has_searched,
        job=work.job(name),
        boxes=flow.boxes,
        round=flow.round,
        planned=flow.protocol.line,
        drawing=flow_svg(flow, f"/review/{name}/box/{{}}{'?readers=2' if readers == 2 else ''}"),
        readers=readers,
        stages=stages,
        n_conflicts=n_conflicts,
        extracted=[(record, each.people) for record, each in waiting(reviews.drafts(name))],
        problems=problems,
    )


def files_of(review: Store) -> Iterator[File]:
    """What came into a review, in its order."""
    for source in review.sources():
        remarks = review.remarks(source.id)
        told = {
            bad: [f"line {line}: {text}" for line, refused, text in remarks if refused is bad] for bad in (True, False)
        }
        how = "found by a search" if source.fetched else f"{source.form}, {source.encoding}"
        says = f"{Path(source.path).name}: {source.records} records, {how}; {source.database}, round {source.round}"
        yield File(source.id, Path(source.path).name, source.at, source.records, says, told[True], told[False])


def _behind(store: Path, box: str, request: Request) -> dict[str, Any]:
    """The records behind a number; whoever screens is not told of those that they have not decided themselves."""
    readers = 2 if request.query_params.get("readers") == "2" else 1
    flow: Flow = literature.prisma(store=store, readers=readers).found
    if box not in flow.boxes:
        raise Refused(404, "No such number", f"{box[:40]}; there are: {', '.join(flow.boxes)}")
    with opened(store) as review:
        told = [key for key in flow.boxes[box].records if key in _open_to(review, box, request, flow)]
        rows = [(key, shown(review.record(key))) for key in told[:MOST_LISTED]]
    n = len(flow.boxes[box].records)
    return {"box": flow.boxes[box], "rows": rows, "n": n, "n_hidden": n - len(told), "n_more": len(told) - len(rows)}


def _open_to(review: Store, box: str, request: Request, flow: Flow) -> set[int]:
    """Of the records behind a number those that a person may see without learning what another reader said first.

    Where nobody signs in, there is one user, whose the file is.
    """
    every = set(flow.boxes[box].records)
    asking = who(request)
    if box not in TELLS or not asking.is_account or Right.SCREEN not in asking.rights:
        return every
    heads = review.heads()
    decisions = review.decisions(TELLS[box])
    both = current(decisions, heads)
    mine = {**both.get(IMPORTED, {}), **both.get(asking.name, {})}
    known = {key for key, each in mine.items() if each.verdict in SETTLED} - set(blind(review, TELLS[box]))
    return every & (known | {heads.get(each.record, each.record) for each in decisions if each.settles})
