"""Cohort: a registry is uploaded, read and worked on in the background: assessed, its survival analysed, validated.
Its progress outlives the server.
"""

from collections.abc import Sequence
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from oligoscope.errors import NotAllowed
from oligoscope.store.jobs import FAILED, Job, Jobs
from oligoscope.web.access import who
from oligoscope.web.frame import framed, rendered, templates
from oligoscope.web.problems import Wrong, wrongs
from oligoscope.web.uploaded import (
    FORMS,
    GOING,
    MOST_FIELDS,
    MOST_FILES,
    erased,
    file_of,
    files_of,
    taken,
    wanted,
)
from oligoscope.web.work import WORKS, Asked
from oligoscope.web.worker import Worker


def router(release: str, jobs: Jobs, folder: Path, worker: Worker) -> APIRouter:
    """The pages of registries. folder: where their files lie."""
    found = APIRouter(prefix="/cohort", include_in_schema=False, default_response_class=HTMLResponse)

    @found.get("")
    def overview(request: Request) -> HTMLResponse:
        return _page(request, release, jobs)

    @found.post("")
    async def upload(request: Request) -> Response:
        given = await request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS)
        try:
            job_id = await run_in_threadpool(taken, given, jobs, folder, who(request).name)
        except NotAllowed as error:
            return await run_in_threadpool(_page, request, release, jobs, wrongs(error))
        worker.wake.set()
        return RedirectResponse(f"/cohort/{job_id}", status_code=303)

    @found.get("/{job_id}")
    def one(job_id: str, request: Request) -> HTMLResponse:
        return _one(request, release, jobs, job_id)

    @found.post("/{job_id}")
    async def again(job_id: str, request: Request) -> Response:
        given = await request.form(max_files=0, max_fields=MOST_FIELDS)
        try:
            await run_in_threadpool(jobs.again, job_id, who(request).name, wanted(given).keep)
        except NotAllowed as error:
            return await run_in_threadpool(_one, request, release, jobs, job_id, wrongs(error))
        worker.wake.set()
        return RedirectResponse(f"/cohort/{job_id}", status_code=303)

    _add_made(found, jobs)
    return found


def _add_made(found: APIRouter, jobs: Jobs) -> None:
    """How far a registry is, the files that were made of it, and their end."""

    @found.get("/{job_id}/progress")
    def progress(job_id: str, request: Request) -> HTMLResponse:
        job = jobs.read(job_id, who(request).name)
        return HTMLResponse(templates().get_template("progress.html").render(**_told(job)))

    @found.get("/{job_id}/files/{name:path}")
    def file(job_id: str, name: str, request: Request) -> Response:
        path = file_of(jobs.read(job_id, who(request).name), name)
        is_page = path.suffix == ".html"
        return framed(request, path.read_text("utf-8")) if is_page else FileResponse(path, filename=path.name)

    @found.post("/{job_id}/erase")
    def erase(job_id: str, request: Request) -> Response:
        erased(job_id, jobs, who(request).name)
        return RedirectResponse("/cohort", status_code=303)


def _told(job: Job) -> dict[str, object]:
    steps, files = Asked.of(Path(job.folder)).steps, files_of(job)
    place = next((n for n, (_, words) in enumerate(steps, start=1) if words == job.step), 0)
    pages = {f"{name}/{work.page}": work.offers for name, work in WORKS.items()}
    return {
        "job": job,
        "place": place,
        "of": len(steps),
        "is_going": job.state in GOING,
        "failed": job.state == FAILED,
        "pages_made": {name: offers for name, offers in pages.items() if name in files},
        "files": [name for name in files if name not in pages],
    }


def _one(request: Request, release: str, jobs: Jobs, job_id: str, problems: Sequence[Wrong] = ()) -> HTMLResponse:
    job = jobs.read(job_id, who(request).name)
    status = 422 if problems else 200
    return rendered(request, "registry.html", release, status, problems=problems, **_told(job), **_choices(()))


def _page(request: Request, release: str, jobs: Jobs, problems: Sequence[Wrong] = ()) -> HTMLResponse:
    values = {"jobs": jobs.list(), "problems": problems, "forms": FORMS, **_choices(("assess",))}
    return rendered(request, "registries.html", release, 422 if problems else 200, **values)


def _choices(chosen: Sequence[str]) -> dict[str, object]:
    """What may be asked for. chosen: what is ticked before anybody chose."""
    from oligoscope.cohort.analysis.endpoints import ENDPOINTS, ORIGINS

    return {"works": WORKS.values(), "chosen": chosen, "endpoints": ENDPOINTS.values(), "origins": ORIGINS}
