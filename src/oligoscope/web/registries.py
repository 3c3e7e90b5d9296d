"""Cohort: a registry is uploaded, read, assessed and reported in the background; its progress outlives the server."""

import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData, UploadFile

from oligoscope.errors import NotAllowed
from oligoscope.store.jobs import DONE, FAILED, RUNNING, WAITING, Job, Jobs, new_id
from oligoscope.web.access import who
from oligoscope.web.frame import framed, rendered, templates
from oligoscope.web.problems import Refused, Wrong, wrongs
from oligoscope.web.work import FOUND, GIVEN, MAPPING, STEPS, Worker

MOST_FILES = 20
FORMS = (".csv", ".parquet", ".xlsx")
SUMMARY = "summary.html"
GOING = (WAITING, RUNNING)


def router(release: str, jobs: Jobs, folder: Path, worker: Worker) -> APIRouter:
    """The pages of registries. folder: where their files lie."""
    found = APIRouter(prefix="/cohort", include_in_schema=False, default_response_class=HTMLResponse)

    @found.get("")
    def overview(request: Request) -> HTMLResponse:
        return _page(request, release, jobs)

    @found.post("")
    async def upload(request: Request) -> Response:
        given = await request.form(max_files=MOST_FILES + 1, max_fields=4)
        try:
            job_id = await run_in_threadpool(_taken, _sent(given), str(given.get("name") or ""), jobs, folder, request)
        except NotAllowed as error:
            return await run_in_threadpool(_page, request, release, jobs, wrongs(error))
        worker.wake.set()
        return RedirectResponse(f"/cohort/{job_id}", status_code=303)

    @found.get("/{job_id}")
    def one(job_id: str, request: Request) -> HTMLResponse:
        job = jobs.read(job_id, who(request).name)
        return rendered(request, "registry.html", release, **_told(job))

    @found.get("/{job_id}/progress")
    def progress(job_id: str, request: Request) -> HTMLResponse:
        job = jobs.read(job_id, who(request).name)
        return HTMLResponse(templates().get_template("progress.html").render(**_told(job)))

    @found.get("/{job_id}/files/{name}")
    def file(job_id: str, name: str, request: Request) -> Response:
        job = jobs.read(job_id, who(request).name)
        if name not in _files(job):
            raise Refused(404, "No such file", f"{name[:40]}; there are: {', '.join(_files(job)) or 'none yet'}")
        path = Path(job.folder) / FOUND / name
        return framed(request, path.read_text("utf-8")) if name == SUMMARY else FileResponse(path, filename=name)

    @found.post("/{job_id}/erase")
    def erase(job_id: str, request: Request) -> Response:
        job = jobs.remove(job_id, who(request).name)
        shutil.rmtree(job.folder, ignore_errors=True)
        return RedirectResponse("/cohort", status_code=303)

    return found


def _sent(given: FormData) -> list[UploadFile]:
    """The files of a form; the mapping among them has a name of its own."""
    files = [each for each in given.getlist("files") if isinstance(each, UploadFile) and each.size]
    mapping = given.get("mapping")
    if isinstance(mapping, UploadFile) and mapping.size:
        mapping.filename = MAPPING
        files.append(mapping)
    return files


def _taken(files: Sequence[UploadFile], name: str, jobs: Jobs, folder: Path, request: Request) -> str:
    """Keep what was uploaded, for its owner alone, and put it down to be assessed. Raises NotAllowed."""
    names = [re.split(r"[/\\]", each.filename or "")[-1] for each in files]
    wrong = [each for each in names if each != MAPPING and not each.lower().endswith(FORMS)]
    if not any(each != MAPPING for each in names) or wrong:
        allowed = f"the tables of a registry: {', '.join(FORMS)}"
        raise NotAllowed("files", (wrong or ["none"])[0][:60], allowed, "this is no registry")
    if len(set(names)) != len(names):
        raise NotAllowed("files", "", "", "two of them have one name", "give each table once")
    job_id = new_id()
    given = folder / job_id / GIVEN
    given.mkdir(parents=True, mode=0o700)
    (folder / job_id).chmod(0o700)
    for each, own in zip(files, names, strict=True):
        with (given / re.sub(r"[^\w.-]", "_", own)).open("wb") as out:
            shutil.copyfileobj(each.file, out, 1 << 20)
    jobs.add(job_id, name.strip() or names[0], str(folder / job_id), who(request).name)
    return job_id


def _files(job: Job) -> list[str]:
    place = Path(job.folder) / FOUND
    return (
        sorted(path.name for path in place.iterdir() if path.is_file()) if job.state == DONE and place.is_dir() else []
    )


def _told(job: Job) -> dict[str, Any]:
    place = next((n for n, (_, words) in enumerate(STEPS, start=1) if words == job.step), 0)
    return {
        "job": job,
        "place": place,
        "of": len(STEPS),
        "is_going": job.state in GOING,
        "failed": job.state == FAILED,
        "files": _files(job),
        "summary": SUMMARY,
    }


def _page(request: Request, release: str, jobs: Jobs, problems: Sequence[Wrong] = ()) -> HTMLResponse:
    status = 422 if problems else 200
    return rendered(request, "registries.html", release, status, jobs=jobs.list(), problems=problems, forms=FORMS)
