"""What is done with a review in the background, how far it is, and what it brought."""

from collections.abc import Sequence
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from oligoscope.api.review import opened
from oligoscope.literature.runs import Runs
from oligoscope.literature.store import Store
from oligoscope.report.screened import shown
from oligoscope.store.jobs import FAILED, Job
from oligoscope.web.frame import rendered, templates
from oligoscope.web.problems import Refused
from oligoscope.web.review_work import IMPORT, SAYS, Order, ReviewWork, progress
from oligoscope.web.reviews import MOST_LISTED, Reviews, files_of
from oligoscope.web.uploaded import GOING


def router(release: str, reviews: Reviews, work: ReviewWork) -> APIRouter:
    """The page of what is done. release: of the knowledge."""
    found = APIRouter(prefix="/review/{name}", include_in_schema=False, default_response_class=HTMLResponse)

    @found.get("/work")
    def whole(name: str, request: Request) -> HTMLResponse:
        return rendered(request, "review_work.html", release, 200, review=name, **_told(reviews, work, name))

    @found.get("/progress")
    def part(name: str) -> HTMLResponse:
        page = templates().get_template("review_progress.html")
        return HTMLResponse(page.render(review=name, **_told(reviews, work, name)))

    return found


def _told(reviews: Reviews, work: ReviewWork, name: str) -> dict[str, object]:
    job = work.job(name)
    if job is None:
        raise Refused(404, "Nothing was done yet", f"{name[:60]}: begin with files or a search, on the page Review")
    is_going, order = job.state in GOING, Order.of(Path(job.folder))
    found: dict[str, object] = {
        "job": job,
        "says": SAYS[order.work],
        "is_going": is_going,
        "failed": job.state == FAILED,
        "progress": progress(job),
        "has_store": name in reviews.names(),
    }
    if is_going or job.state == FAILED:
        return found
    return {**found, **_brought(reviews.path(name), order, job)}


def _brought(path: Path, order: Order, job: Job) -> dict[str, object]:
    """What came in, read from the review: the command may have been stopped and have begun again."""
    with opened(path) as review:
        ids = {source.id for source in review.sources() if Path(source.path).parent.name == order.id}
        files = [each for each in files_of(review) if each.id in ids]
        new = _records_of(review, ids) if order.work == IMPORT else _of_last_run(review)
        heads = review.heads()
        rows = [(key, shown(review.record(key))) for key in new[:MOST_LISTED]]
    n_merged = sum(key in heads for key in new)
    # All that the command prints of an import stands in the review; that a file was there before, in its words alone.
    told = "" if order.work == IMPORT and len(files) == len(order.files) else job.told
    return {"files": files, "new": rows, "n_new": len(new), "n_merged": n_merged, "told": told}


def _records_of(review: Store, sources: set[int]) -> Sequence[int]:
    return sorted(key for key, source in review.source_of().items() if source in sources)


def _of_last_run(review: Store) -> Sequence[int]:
    runs = Runs(review)
    return list(runs.brought(runs.all()[-1])) if runs.all() else []
