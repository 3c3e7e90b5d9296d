"""Registries over HTTP: put down to be worked on, asked after, fetched, erased; as on the page *Cohort*."""

from dataclasses import asdict
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel, Field

from oligoscope.store.jobs import Job, Jobs
from oligoscope.web.access import who
from oligoscope.web.kept import HERE
from oligoscope.web.rest import PREFIX
from oligoscope.web.uploaded import MOST_FIELDS, MOST_FILES, erased, file_of, files_of, taken
from oligoscope.web.work import WORKS, Asked
from oligoscope.web.worker import Worker


class Registry(BaseModel):
    """A registry that is worked on, or was."""

    id: str
    name: str
    state: str = Field(description="waiting, running, done or failed")
    step: str = Field(description="what is done now, or was when it failed")
    told: str = Field(description="what the steps said")
    asked: dict[str, object] = Field(description="works, endpoint and origin")
    files: tuple[str, ...] = Field(description="what came out, by the names under /files/")


_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files", "work"],
                    "properties": {
                        "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
                        "mapping": {"type": "string", "format": "binary"},
                        "work": {"type": "array", "items": {"enum": list(WORKS)}},
                        "endpoint": {"type": "string"},
                        "from": {"type": "string"},
                        "name": {"type": "string"},
                    },
                }
            }
        },
    }
}


def router(jobs: Jobs, folder: Path, worker: Worker) -> APIRouter:
    """The routes of registries. folder: where their files lie."""
    found = APIRouter(prefix=f"{PREFIX}/cohort", responses=HERE)

    @found.post("", status_code=202, openapi_extra=_BODY, summary="Upload a registry and have it worked on")
    async def upload(request: Request) -> Registry:
        given = await request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS)
        name = who(request).name
        job_id = await run_in_threadpool(taken, given, jobs, folder, name)
        worker.wake.set()
        return await run_in_threadpool(lambda: _said(jobs.read(job_id, name)))

    @found.get("/{job_id}", summary="How far a registry is, and what came out")
    def one(job_id: str, request: Request) -> Registry:
        return _said(jobs.read(job_id, who(request).name))

    @found.get("/{job_id}/files/{name:path}", summary="One file of what came out", response_class=FileResponse)
    def file(job_id: str, name: str, request: Request) -> Response:
        path = file_of(jobs.read(job_id, who(request).name), name)
        return FileResponse(path, filename=path.name)

    @found.delete("/{job_id}", status_code=204, summary="Erase a registry and its results")
    def erase(job_id: str, request: Request) -> None:
        erased(job_id, jobs, who(request).name)

    return found


def _said(job: Job) -> Registry:
    asked = asdict(Asked.of(Path(job.folder)))
    return Registry(
        id=job.id,
        name=job.name,
        state=job.state,
        step=job.step,
        told=job.told,
        asked=asked,
        files=tuple(files_of(job)),
    )
