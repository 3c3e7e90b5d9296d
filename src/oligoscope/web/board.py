"""The board's pages: saved cases, one case with its answer and its decisions, and whose answers have changed since."""

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from oligoscope import api
from oligoscope.errors import OligoscopeError
from oligoscope.report.html import BARE, render_html
from oligoscope.report.pdf import pdf
from oligoscope.store import Cases
from oligoscope.store.cases import ANSWER_SEEN, STATUSES
from oligoscope.web import form
from oligoscope.web.access import who
from oligoscope.web.frame import rendered, templates
from oligoscope.web.kept import decided, differences
from oligoscope.web.pages import filled_form
from oligoscope.web.problems import status_of, wrongs
from oligoscope.web.releases import Named, beside


def router(knowledge: "api.Knowledge", others: Named, cases: Cases) -> APIRouter:
    """The pages of saved cases. others: releases beside the one that answers."""
    found = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

    @found.post("/board")
    async def keep(request: Request) -> HTMLResponse:
        filled = dict(await filled_form(request))
        pseudonym = filled.pop(f"{form.APART}pseudonym", "")
        document = form.document_of(filled.items())
        return HTMLResponse(await run_in_threadpool(_kept, document, pseudonym, knowledge, cases, who(request).name))

    @found.get("/board")
    def board(request: Request) -> HTMLResponse:
        rows, decided_on = [], cases.decided(who(request).name)
        for summary in cases.list(who(request).name):
            kept = decided_on.get(summary.id)
            newest = kept.decisions[0] if kept else None
            changed = list(differences(kept, newest, knowledge)) if kept and newest else []
            rows.append((summary, newest, changed))
        return rendered(request, "cases.html", knowledge.version, rows=rows, others=others)

    @found.get("/board/{case_id}")
    def case(case_id: str, request: Request) -> HTMLResponse:
        return _case(case_id, request, knowledge, others, cases)

    @found.get("/board/{case_id}/pdf")
    def printed(case_id: str, request: Request) -> Response:
        page = bytes(_case(case_id, request, knowledge, others, cases).body).decode()
        headers = {"content-disposition": f'attachment; filename="{case_id}.pdf"'}
        return Response(pdf(page), media_type="application/pdf", headers=headers)

    @found.post("/board/{case_id}")
    async def decide(case_id: str, request: Request) -> Response:
        given = dict(await filled_form(request))
        version = int(given.get("version", "0")) if given.get("version", "0").isdigit() else 0
        said = (given.get("decision", ""), given.get("dissent", ""), given.get("who", ""))
        try:
            await run_in_threadpool(decided, cases, knowledge, case_id, version, *said, who(request).name)
        except OligoscopeError as error:
            return await run_in_threadpool(_case, case_id, request, knowledge, others, cases, error, said)
        return RedirectResponse(f"/board/{case_id}", status_code=303)

    return found


def _kept(document: dict[str, object], pseudonym: str, knowledge: "api.Knowledge", cases: Cases, user: str) -> str:
    """Save what stands in the form, and say where it is; what cannot be read is not kept."""
    try:
        if document:
            api.report(document, knowledge=knowledge)
        else:
            return templates().get_template("saved.html").render(problem="there is nothing to save yet", saved=None)
        saved = cases.create(document, pseudonym, user, how=ANSWER_SEEN, knowledge=knowledge.version)
    except OligoscopeError as error:
        first = wrongs(error)[0]
        return templates().get_template("saved.html").render(problem=f"{first.field}: {first.problem}", saved=None)
    return templates().get_template("saved.html").render(problem="", saved=saved)


def _case(
    case_id: str,
    request: Request,
    knowledge: "api.Knowledge",
    others: Named,
    cases: Cases,
    error: OligoscopeError | None = None,
    said: tuple[str, str, str] = ("", "", ""),
) -> HTMLResponse:
    kept = cases.read(case_id, who(request).name)
    answer = render_html(api.report(kept.document, knowledge=knowledge), BARE)
    decisions = [(each, list(differences(kept, each, knowledge))) for each in kept.decisions]
    return rendered(
        request,
        "case.html",
        knowledge.version,
        status_of(error) if error else 200,
        kept=kept.summary,
        answer=answer,
        decisions=decisions,
        beside=[beside(kept, name, knowledge, other) for name, other in others.items()],
        statuses=STATUSES,
        problems=wrongs(error) if error else [],
        said=said,
    )
