"""What stands around every page: templates, where one can go, and who is signed in."""

import re
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from oligoscope import __version__
from oligoscope.report.html import environment
from oligoscope.web import form
from oligoscope.web.access import NEEDS, Right, who
from oligoscope.web.problems import LATER, ProblemDetails

if TYPE_CHECKING:
    from jinja2 import Environment

_OWN_STYLE = re.compile(r' style="([^"<>{}]*)"')
PAGES = {
    "/": "Assess",
    "/board": "Board",
    "/concordance": "Concordance",
    "/cohort": "Cohort",
    "/curves": "Curves",
    "/dose": "Dose",
    "/trials": "Trials",
    "/evidence": "Evidence",
    "/review": "Review",
    "/knowledge": "Knowledge",
    "/accounts": "Accounts",
}
"""By address, the name of each page that stands at the top of all; shown to whom it may be."""
OF_ACCOUNTS = "/accounts"
"""Served only where everyone signs in."""


def rendered(request: Request, name: str, knowledge: str, status: int = 200, **values: object) -> HTMLResponse:
    """A page of this application. knowledge: the release that answers; values: what its template needs."""
    asking = who(request)
    shared = {
        "nonce": request.state.nonce,
        "version": __version__,
        "knowledge": knowledge,
        "who": asking,
        "may_read": Right.READ in asking.rights,
        "may_write": Right.WRITE in asking.rights,
        "may_comment": Right.COMMENT in asking.rights,
        "may_curate": Right.CURATE in asking.rights,
        "may_screen": Right.SCREEN in asking.rights,
        "may_lead": Right.LEAD in asking.rights,
        "pages": {
            path: title
            for path, title in PAGES.items()
            if NEEDS[f"GET {path}"] in asking.rights and (asking.is_account or path != OF_ACCOUNTS)
        },
        "here": request.url.path,
    }
    return HTMLResponse(templates().get_template(name).render(**shared, **values), status)


def troubled(knowledge: str) -> Callable[[Request, ProblemDetails], Response]:
    """What says a problem as a page."""

    def page(request: Request, details: ProblemDetails) -> Response:
        found = rendered(request, "trouble.html", knowledge, details.status, details=details)
        found.headers.update(LATER if details.status == 503 else {})
        return found

    return page


def framed(request: Request, page: str) -> HTMLResponse:
    """A page that the report made whole: its style may stand in it by the nonce of this answer. Colours that a figure
    says of its own parts become rules of that style: a browser would leave them out where they stand.
    """
    own: dict[str, int] = {}
    page = _OWN_STYLE.sub(lambda found: f' data-style="{own.setdefault(found[1], len(own))}"', page)
    rules = "".join(f'[data-style="{n}"]{{{style}}}' for style, n in own.items())
    return HTMLResponse(
        page.replace("<style>", f'<style nonce="{request.state.nonce}">').replace("</style>", f"{rules}</style>", 1)
    )


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
