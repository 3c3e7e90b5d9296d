"""Comments on the knowledge: given on the page of a table, read and answered by curators on a page of their own."""

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from oligoscope import api
from oligoscope.api.shared import table_of
from oligoscope.errors import NotAllowed
from oligoscope.store.comments import Comments
from oligoscope.web.access import who
from oligoscope.web.frame import rendered
from oligoscope.web.pages import filled_form


def router(knowledge: "api.Knowledge", comments: Comments) -> APIRouter:
    """The routes of comments."""
    found = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

    @found.post("/knowledge/{name}")
    async def comment(name: str, request: Request) -> Response:
        given = dict(await filled_form(request))
        table, rule = table_of(knowledge, name), given.get("rule", "")
        rules = [each.id for part in table.parts for each in part.rules if each.id]
        if rule and rule not in rules:
            raise NotAllowed("rule", rule[:40], ", ".join(rules))
        user = who(request).name
        await run_in_threadpool(comments.add, table.name, rule, given.get("text", ""), user, knowledge.version)
        return RedirectResponse(f"/knowledge/{table.name}#comments", status_code=303)

    @found.get("/comments")
    def every(request: Request) -> HTMLResponse:
        titles = {table.name: table.title for table in knowledge.tables}
        return rendered(request, "comments.html", knowledge.version, comments=comments.list(), titles=titles)

    @found.post("/comments/{comment_id}")
    async def answer(comment_id: str, request: Request) -> Response:
        given = dict(await filled_form(request))
        user = who(request).name
        if given.get("do") == "erase":
            await run_in_threadpool(comments.erase, comment_id, user)
        else:
            await run_in_threadpool(comments.answer, comment_id, given.get("answer", ""), user)
        return RedirectResponse("/comments", status_code=303)

    return found
