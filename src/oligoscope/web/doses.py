"""Doses: courses compared, limits of organs, and a plan held against them by dropping its files."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from starlette.datastructures import UploadFile

from oligoscope import api
from oligoscope.errors import OligoscopeError
from oligoscope.web.frame import framed, rendered, templates
from oligoscope.web.pages import filled_form
from oligoscope.web.problems import wrongs

FILES = {"structures": "structures (RTSTRUCT)", "dose": "dose (RTDOSE)", "plan": "plan (RTPLAN), if there is one"}


def router(knowledge: "api.Knowledge") -> APIRouter:
    """The page of doses and what it asks."""
    found = APIRouter(prefix="/dose", include_in_schema=False, default_response_class=HTMLResponse)

    @found.get("")
    def overview(request: Request) -> HTMLResponse:
        return _page(request, knowledge)

    @found.post("/bed")
    async def bed(request: Request) -> HTMLResponse:
        given = dict(await filled_form(request))
        courses = [line.strip() for line in given.get("courses", "").splitlines() if line.strip()][:100]
        return HTMLResponse(await run_in_threadpool(_bed, courses, given.get("alpha_beta", "").strip()))

    @found.post("/limits")
    async def limits(request: Request) -> HTMLResponse:
        given = dict(await filled_form(request))
        return HTMLResponse(await run_in_threadpool(_limits, given, knowledge))

    @found.post("/check")
    async def check(request: Request) -> HTMLResponse:
        given = await request.form(max_files=3, max_fields=4)
        files = {name: each for name, each in given.items() if isinstance(each, UploadFile) and each.size}
        return await run_in_threadpool(_checked, request, files, str(given.get("fractions") or "").strip(), knowledge)

    return found


def _page(
    request: Request, knowledge: "api.Knowledge", status: int = 200, problems: object = (), fractions: str = ""
) -> HTMLResponse:
    organs = list(knowledge.limits.organs)
    return rendered(
        request,
        "doses.html",
        knowledge.version,
        status,
        files=FILES,
        organs=organs,
        problems=problems,
        fractions=fractions,
    )


def _bed(courses: list[str], alpha_beta: str) -> str:
    try:
        return _text(str(api.bed(courses, alpha_beta=alpha_beta or None)) if courses else "")
    except OligoscopeError as error:
        return _mend(error)


def _limits(given: Mapping[str, str], knowledge: "api.Knowledge") -> str:
    fractions, organ = given.get("fractions", "").strip(), given.get("organ", "")
    if not fractions:
        return _text("")
    try:
        found = api.constraints(fractions, organ or None, knowledge=knowledge)
    except OligoscopeError as error:
        return _mend(error)
    return _text(str(found))


def _text(text: str) -> str:
    return templates().get_template("said.html").render(text=text)


def _mend(error: OligoscopeError) -> str:
    return templates().get_template("mend.html").render(problems=wrongs(error), heading="h3")


def _checked(
    request: Request, files: Mapping[str, UploadFile], fractions: str, knowledge: "api.Knowledge"
) -> HTMLResponse:
    """A plan's page. Its files lie in a folder of the owner's alone, for as long as they are read."""
    with tempfile.TemporaryDirectory(prefix="oligoscope-plan-") as folder:
        paths = {name: Path(folder) / f"{name}.dcm" for name in FILES}
        for name, path in paths.items():
            if name in files:
                with path.open("wb") as out:
                    while part := files[name].file.read(1 << 20):
                        out.write(part)
        given = [path if path.exists() else None for path in paths.values()]
        try:
            if given[0] is None or given[1] is None:
                return _page(request, knowledge, 422, _LACKING, fractions)
            found = api.check_plan(given[0], given[1], given[2], fractions=fractions or None, knowledge=knowledge)
            return framed(request, found.page())
        except OligoscopeError as error:
            # The folder is gone, and its name helps nobody.
            told = [
                each.model_copy(update={"problem": each.problem.replace(f"{folder}/", "")}) for each in wrongs(error)
            ]
            return _page(request, knowledge, 422, told, fractions)


_LACKING = ({"field": "files", "problem": "structures and dose are both needed", "allowed": "", "fix": ""},)
