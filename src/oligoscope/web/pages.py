"""The pages: a form that is answered while it is filled in. Nothing of a patient stands in an address."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from markupsafe import Markup
from starlette.datastructures import FormData, UploadFile

from oligoscope import api
from oligoscope.chart.imported import Imported
from oligoscope.errors import OligoscopeError
from oligoscope.report.body_map import OUTLINE
from oligoscope.report.first.model import FirstPart
from oligoscope.report.html import BARE, render_html
from oligoscope.web import form
from oligoscope.web.documents import utf8
from oligoscope.web.frame import rendered, templates
from oligoscope.web.problems import Refused, Wrong, wrongs

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
        return _form(request, first, knowledge.version)

    @found.post("/answer")
    async def answer(request: Request) -> HTMLResponse:
        filled = await filled_form(request)
        return HTMLResponse(
            await run_in_threadpool(
                _answer,
                form.document_of(filled),
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
        text = await text_given(await request.form())
        return _form(request, first, knowledge.version, **await run_in_threadpool(_opened, text, knowledge))

    return found


async def text_given(given: FormData) -> str:
    """The case that a form was sent: a file, else pasted text. Raises Refused for a file that is not UTF-8."""
    file = given.get("file")
    return utf8(await file.read()) if isinstance(file, UploadFile) and file.size else str(given.get("text") or "")


async def filled_form(request: Request) -> list[tuple[str, str]]:
    """What stands in the boxes of a form that was sent."""
    given = await request.form(max_fields=20_000)
    return [(name, value) for name, value in given.multi_items() if isinstance(value, str)]


# ---- answers -------------------------------------------------------------------------------------


def _answer(document: Mapping[str, object], knowledge: "api.Knowledge") -> str:
    """What stands beside the form: the answer, or what is to be mended first."""
    if not document:
        return templates().get_template("nothing.html").render()
    try:
        first = api.report(document, knowledge=knowledge)
    except OligoscopeError as error:
        return _to_mend(error)
    return render_html(first, BARE) + _beside(first.first, SWAPPED)


def _to_mend(error: OligoscopeError) -> str:
    return templates().get_template("mend.html").render(problems=wrongs(error), heading="h1")


SWAPPED = Markup(' hx-swap-oob="true"')
"""Of a part of an answer that belongs elsewhere on a page that is there already."""


def _beside(first: FirstPart | None, swap: str = "") -> str:
    """What to ask next, and what a screen reader is told. first: None where nothing is asked about yet."""
    asked = first.asked[0] if first and first.asked else None
    target = form.box_of(asked.field) if asked else ""
    sentence = first.sentence.text if first else ""
    beside = templates().get_template("next.html")
    return beside.render(fresh=first is None, asked=asked, target=target, sentence=sentence, swap=swap)


def _opened(text: str, knowledge: "api.Knowledge") -> dict[str, Any]:
    """What a file or pasted text makes of the page: the boxes filled, the answer, and what is to be mended."""
    from oligoscope.chart.opened import open_document

    try:
        # Text with a line end is a document, never the name of a file on this machine.
        opened = open_document(f"{text}\n")
        if not isinstance(opened.content, Mapping):
            wrong = Wrong(field="file", problem="it holds no case", allowed="a case in YAML or JSON, or a FHIR bundle")
            return {"text": text, "problems": [wrong]}
    except OligoscopeError as error:
        return {"text": text, "problems": wrongs(error)}
    filled = {"filled": dict(form.filled_by(opened.content)), "imported": opened.imported}
    try:
        report = api.report(f"{text}\n", knowledge=knowledge)
    except OligoscopeError as error:
        return {**filled, "answered": _to_mend(error)}
    return {**filled, "answered": render_html(report, BARE), "beside": _beside(report.first)}


# ---- the form ------------------------------------------------------------------------------------


def _form(
    request: Request,
    first: Sequence[str],
    release: str,
    filled: Mapping[str, str] = MappingProxyType({}),
    answered: str = "",
    beside: str = "",
    text: str = "",
    problems: Sequence[Wrong] = (),
    imported: Imported | None = None,
) -> HTMLResponse:
    questions = {question.path: question for part in form.parts() for question in part.questions}
    entries = {part.name: _numbers(part.name, filled) for part in form.of_items()}
    return rendered(
        request,
        "assess.html",
        release,
        422 if problems else 200,
        switch=questions["charting"],
        first=[questions[path] for path in first],
        parts=form.parts(),
        lists=form.of_items(),
        entries=entries,
        filled=filled,
        carried=form.unasked(filled.items()),
        answered=answered or templates().get_template("nothing.html").render(),
        beside=beside or _beside(None),
        imported=imported,
        text=text,
        problems=problems,
        places=POINTED_AT,
        outline=OUTLINE,
    )


def _entry(name: str, filled: Mapping[str, str]) -> str:
    """A further entry of a list, with the number after the last; of a place that was clicked, with its organ."""
    part = next((part for part in form.of_items() if part.name == name), None)
    if part is None:
        raise Refused(404, "No such list", f"there is no list {name[:40]}")
    taken = _numbers(name, filled)
    number = max(taken, default=-1) + 1
    if number >= MOST_ENTRIES:
        raise Refused(422, "Too many entries", f"a form holds {MOST_ENTRIES} entries; send a longer chart as a file")
    values = {f"{name}.{number}.organ": filled["organ"]} if filled.get("organ") else {}
    if name == "lesions":
        values[f"{name}.{number}.id"] = f"L{number + 1}"
    return templates().get_template("entry.html").render(part=part, number=number, filled=values)


def _numbers(name: str, filled: Iterable[str]) -> list[int]:
    """The numbers of a list's entries in a form, each once, in order."""
    found = {form.entry_number(path) for path in filled if path.startswith(f"{name}.")}
    return sorted(number for number in found if number is not None)
