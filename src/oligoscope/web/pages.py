"""The pages: a form that is answered while it is filled in. Nothing of a patient stands in an address."""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from starlette.datastructures import UploadFile

from oligoscope import __version__, api
from oligoscope.errors import OligoscopeError
from oligoscope.report.body_map import OUTLINE
from oligoscope.report.html import BARE, environment, render_html
from oligoscope.web import form
from oligoscope.web.problems import Refused, wrongs

if TYPE_CHECKING:
    from jinja2 import Environment

POINTED_AT = {
    "brain": (50, 10),
    "distant_nodes": (50, 27),
    "lung": (38, 36),
    "pleura": (63, 36),
    "pericardium": (50, 43),
    "liver": (41, 50),
    "spleen": (60, 50),
    "adrenal": (50, 56),
    "kidney": (61, 62),
    "skin_soft_tissue": (25, 62),
    "bone": (41, 69),
    "other": (60, 76),
}
"""Where on the drawing one points to add a lesion of an organ: percent from the left and from the top."""
CHANGED = {"HX-Trigger-After-Settle": "changed"}
"""Tells the page that its form has other entries now, so that it asks for the answer again."""
MOST_ENTRIES = 200
"""Entries of one list in a form; a longer chart is a file."""


def router(knowledge: "api.Knowledge") -> APIRouter:
    """The pages, answering by this knowledge."""
    found = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    first = [form.path_of(name) for name in knowledge.page.asked_first]

    @found.get("/")
    def assess(request: Request) -> HTMLResponse:
        return _form(request, first, knowledge.version, {})

    @found.post("/answer")
    async def answer(request: Request) -> HTMLResponse:
        filled = await filled_form(request)
        return HTMLResponse(
            await run_in_threadpool(
                _answer,
                form.document_of((name, value) for name, value in filled if not name.startswith(form.APART)),
                knowledge,
            )
        )

    @found.post("/entry/{name}")
    async def entry(name: str, request: Request) -> HTMLResponse:
        filled = dict(await filled_form(request))
        return HTMLResponse(_entry(name, filled), headers=CHANGED)

    @found.post("/removed")
    def removed() -> HTMLResponse:
        return HTMLResponse("", headers=CHANGED)

    @found.post("/")
    async def opened(request: Request) -> HTMLResponse:
        given = await request.form()
        file, text = given.get("file"), given.get("text")
        if isinstance(file, UploadFile) and file.size:
            text = (await file.read()).decode("utf-8", "replace")
        return _opened(request, first, knowledge, str(text or ""))

    return found


async def filled_form(request: Request) -> list[tuple[str, str]]:
    """What stands in the boxes of a form that was sent."""
    given = await request.form(max_fields=20_000)
    return [(name, value) for name, value in given.multi_items() if isinstance(value, str)]


# ---- answers -------------------------------------------------------------------------------------


def _answer(document: Mapping[str, Any], knowledge: "api.Knowledge") -> str:
    """What stands beside the form: the answer, or what is to be mended first."""
    if not document:
        return templates().get_template("nothing.html").render()
    try:
        report = api.report(document, knowledge=knowledge)
    except OligoscopeError as error:
        return templates().get_template("mend.html").render(problems=wrongs(error), heading="h1")
    first = report.first
    asked = first.asked[0] if first.asked else None
    beside = templates().get_template("next.html")
    target = form.box_of(asked.field) if asked else ""
    return render_html(report, BARE) + beside.render(asked=asked, target=target, sentence=first.sentence.text)


def _opened(request: Request, first: Sequence[str], knowledge: "api.Knowledge", text: str) -> HTMLResponse:
    """The form as a file or pasted text fills it."""
    from oligoscope.chart.opened import open_document

    try:
        # Text with a line end is a document, never the name of a file on this machine.
        content = open_document(f"{text}\n").content
        if not isinstance(content, Mapping):
            raise Refused(422, "Not a case", "the text holds no case")
    except OligoscopeError as error:
        return _form(request, first, knowledge.version, {}, text=text, problems=wrongs(error))
    except Refused as error:
        return _form(request, first, knowledge.version, {}, text=text, problems=[error.details])
    return _form(request, first, knowledge.version, dict(form.filled_by(content)), answered=_answer(content, knowledge))


# ---- the form ------------------------------------------------------------------------------------


def _form(
    request: Request,
    first: Sequence[str],
    release: str,
    filled: Mapping[str, str],
    answered: str = "",
    text: str = "",
    problems: Sequence[Any] = (),
) -> HTMLResponse:
    questions = {question.path: question for part in form.parts() for question in part.questions}
    entries = {
        part.name: sorted({int(p.split(".")[1]) for p in filled if p.startswith(f"{part.name}.")})
        for part in form.of_items()
    }
    page = (
        templates()
        .get_template("assess.html")
        .render(
            nonce=request.state.nonce,
            version=__version__,
            knowledge=release,
            switch=questions["charting"],
            first=[questions[path] for path in first],
            parts=form.parts(),
            lists=form.of_items(),
            entries=entries,
            filled=filled,
            carried=form.unasked(filled.items()),
            answered=answered or templates().get_template("nothing.html").render(),
            text=text,
            problems=problems,
            places=POINTED_AT,
            outline=OUTLINE,
        )
    )
    return HTMLResponse(page, status_code=422 if problems else 200)


def _entry(name: str, filled: Mapping[str, str]) -> str:
    """A further entry of a list, with the number after the last; of a place that was clicked, with its organ."""
    part = next((part for part in form.of_items() if part.name == name), None)
    if part is None:
        raise Refused(404, "No such list", f"there is no list {name[:40]}")
    taken = [int(path.split(".")[1]) for path in filled if path.startswith(f"{name}.") and path.split(".")[1].isdigit()]
    number = max(taken, default=-1) + 1
    if number >= MOST_ENTRIES:
        raise Refused(422, "Too many entries", f"a form holds {MOST_ENTRIES} entries; send a longer chart as a file")
    values = {f"{name}.{number}.organ": filled["organ"]} if filled.get("organ") else {}
    if name == "lesions":
        values[f"{name}.{number}.id"] = f"L{number + 1}"
    return templates().get_template("entry.html").render(part=part, number=number, filled=values)


@cache
def templates() -> "Environment":
    """Those of this room, over those of the report, whose style and drawing they share."""
    from jinja2 import ChoiceLoader, FunctionLoader

    def load(name: str) -> str | None:
        file = resources.files("oligoscope.web").joinpath("templates", name)
        return file.read_text("utf-8") if file.is_file() else None

    base = environment()
    assert base.loader is not None
    found = base.overlay(loader=ChoiceLoader([FunctionLoader(load), base.loader]))
    found.globals |= {"day_of": form.DAY_OF, "not_known": form.NOT_KNOWN, "no_entries": form.NONE}
    return found
