"""Who may do what: every route of the application with the right that it asks for, and the roles that have it.

This is the whole policy. A route that does not stand here is not served (a test holds the list to the router), so that
a new one cannot be open by oversight. Checked before a byte of the body is read, as plain ASGI.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from fastapi.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from oligoscope.store.accounts import Accounts
from oligoscope.store.database import Unavailable
from oligoscope.web.problems import Page, ProblemDetails, is_person, problem
from oligoscope.web.rates import Rates


class Right(StrEnum):
    """What a route asks for."""

    OPEN = "open"
    LOOK = "look"
    READ = "read cases"
    WRITE = "write cases"
    COMMENT = "comment on the knowledge"
    CURATE = "answer comments"
    SCREEN = "screen for a review"
    LEAD = "lead a review"
    ADMIN = "administer"


RIGHTS: Mapping[str, frozenset[Right]] = {
    "viewer": frozenset({Right.OPEN, Right.LOOK, Right.READ}),
    "clinician": frozenset({Right.OPEN, Right.LOOK, Right.READ, Right.WRITE, Right.COMMENT, Right.SCREEN}),
    "curator": frozenset({Right.OPEN, Right.LOOK, Right.COMMENT, Right.CURATE, Right.SCREEN, Right.LEAD}),
    "admin": frozenset(Right),
}
"""By role. A curator of rules needs no patient."""
NOBODY = frozenset({Right.OPEN})
METHODS = ("GET", "POST", "PUT", "DELETE")

NEEDS: Mapping[str, Right] = {
    "GET /health": Right.OPEN,
    "GET /static/{path:path}": Right.OPEN,
    "GET /sign-in": Right.OPEN,
    "POST /sign-in": Right.OPEN,
    "GET /sign-in/provider": Right.OPEN,
    "GET /sign-in/back": Right.OPEN,
    "GET /password": Right.OPEN,
    "POST /password": Right.OPEN,
    # These three look for the token of a hospital's system themselves (tokens.py).
    "GET /cds-services": Right.OPEN,
    "POST /cds-services/{service}": Right.OPEN,
    "POST /cds-services/{service}/feedback": Right.OPEN,
    "POST /sign-out": Right.OPEN,
    "GET /": Right.LOOK,
    "POST /": Right.LOOK,
    "POST /answer": Right.LOOK,
    "POST /entry/{name}": Right.LOOK,
    "POST /removed": Right.LOOK,
    "GET /evidence": Right.LOOK,
    "GET /evidence/pool": Right.LOOK,
    "GET /evidence/forest.svg": Right.LOOK,
    "GET /evidence/drift": Right.LOOK,
    "GET /evidence/studies/{name}": Right.LOOK,
    "GET /knowledge": Right.LOOK,
    "GET /knowledge/{name}": Right.LOOK,
    "GET /dose": Right.LOOK,
    "POST /dose/bed": Right.LOOK,
    "POST /dose/limits": Right.LOOK,
    "POST /dose/check": Right.LOOK,
    "GET /trials": Right.LOOK,
    "GET /trials/{name}": Right.LOOK,
    "GET /trials/saved": Right.READ,
    "GET /trials/saved/{case_id}": Right.READ,
    "POST /trials/saved/{case_id}": Right.READ,
    "GET /metrics": Right.LOOK,
    "GET /api/v1/openapi.json": Right.LOOK,
    "POST /api/v1/assess": Right.LOOK,
    "POST /api/v1/explain": Right.LOOK,
    "POST /api/v1/what-if": Right.LOOK,
    "POST /api/v1/trials/match": Right.LOOK,
    "POST /api/v1/dose/bed": Right.LOOK,
    "POST /api/v1/survival/km": Right.LOOK,
    "POST /api/v1/survival/logrank": Right.LOOK,
    "POST /api/v1/survival/cox": Right.LOOK,
    "POST /api/v1/survival/rmst": Right.LOOK,
    "POST /api/v1/survival/cuminc": Right.LOOK,
    "POST /api/v1/survival/finegray": Right.LOOK,
    "POST /api/v1/ipd": Right.LOOK,
    "POST /api/v1/ipd/figure": Right.LOOK,
    "GET /curves": Right.LOOK,
    "POST /curves": Right.LOOK,
    "POST /curves/patients": Right.LOOK,
    "POST /fhir/$assess": Right.LOOK,
    "GET /board": Right.READ,
    "GET /board/{case_id}": Right.READ,
    "GET /board/{case_id}/pdf": Right.READ,
    "GET /releases/{name}": Right.READ,
    "GET /api/v1/cases": Right.READ,
    "GET /api/v1/cases/{case_id}": Right.READ,
    "GET /cohort": Right.READ,
    "GET /cohort/{job_id}": Right.READ,
    "GET /cohort/{job_id}/progress": Right.READ,
    "GET /cohort/{job_id}/files/{name:path}": Right.READ,
    "GET /api/v1/cohort/{job_id}": Right.READ,
    "GET /api/v1/cohort/{job_id}/files/{name:path}": Right.READ,
    "POST /api/v1/cohort": Right.WRITE,
    "DELETE /api/v1/cohort/{job_id}": Right.WRITE,
    "POST /cohort": Right.WRITE,
    "POST /cohort/{job_id}": Right.WRITE,
    "POST /cohort/{job_id}/erase": Right.WRITE,
    "GET /concordance": Right.READ,
    "GET /concordance/{case_id}": Right.READ,
    "POST /concordance": Right.WRITE,
    "POST /concordance/{case_id}": Right.WRITE,
    "POST /concordance/{case_id}/reason": Right.WRITE,
    "POST /board": Right.WRITE,
    "POST /board/{case_id}": Right.WRITE,
    "POST /api/v1/cases": Right.WRITE,
    "PUT /api/v1/cases/{case_id}": Right.WRITE,
    "POST /api/v1/cases/{case_id}/decision": Right.WRITE,
    "POST /knowledge/{name}": Right.COMMENT,
    "GET /comments": Right.CURATE,
    "POST /comments/{comment_id}": Right.CURATE,
    "GET /review": Right.LOOK,
    "POST /review": Right.LEAD,
    "GET /review/{name}": Right.LOOK,
    "POST /review/{name}": Right.LEAD,
    "GET /review/{name}/work": Right.LEAD,
    "GET /review/{name}/progress": Right.LEAD,
    "GET /review/{name}/sources/{source}": Right.LOOK,
    "GET /review/{name}/box/{box}": Right.LOOK,
    "GET /review/{name}/records/{record}": Right.LOOK,
    "GET /review/{name}/screen": Right.SCREEN,
    "POST /review/{name}/screen": Right.SCREEN,
    "POST /review/{name}/sample": Right.SCREEN,
    "GET /review/{name}/conflicts": Right.LEAD,
    "POST /review/{name}/conflicts": Right.LEAD,
    "GET /review/{name}/extract/{record}": Right.LEAD,
    "POST /review/{name}/extract/{record}": Right.LEAD,
    "GET /review/{name}/settle/{record}": Right.LEAD,
    "POST /review/{name}/settle/{record}": Right.LEAD,
    "POST /study-entry/{part}": Right.LEAD,
    "GET /review/{name}/studies/{study}": Right.LOOK,
    "GET /evidence/drift/saved": Right.READ,
    "GET /accounts": Right.ADMIN,
    "POST /accounts": Right.ADMIN,
    "POST /accounts/{name}": Right.ADMIN,
    "DELETE /api/v1/cases/{case_id}": Right.ADMIN,
    "GET /api/v1/cases/{case_id}/export": Right.ADMIN,
}


@dataclass(frozen=True)
class Who:
    """Who asks. name: empty for nobody.  rights: what they may do.  is_account: whether one can sign out."""

    name: str
    rights: frozenset[Right]
    is_account: bool = False


def who(request: Request) -> Who:
    """Who sent a request."""
    found: Who = request.state.who
    return found


COOKIES = ("__Host-oligoscope", "oligoscope")
"""Names of the session's cookie, over TLS and without: the first one a browser takes over TLS alone."""


class Access:
    """Lets a request pass that may. accounts: None where the one user of this machine (`alone`) may do all.  page: says
    a problem to a person.
    """

    def __init__(self, app: ASGIApp, accounts: Accounts | None, alone: Who, rates: Rates, page: Page) -> None:
        self.app, self.accounts, self.alone, self.rates, self.page = app, accounts, alone, rates, page
        self.patterns = tuple(_patterns())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        methods = self._methods(scope["path"])
        order = methods.get("GET" if scope["method"] == "HEAD" else scope["method"], "")
        try:
            found = self.alone if self.accounts is None else await self._asking(request, self.accounts)
        except Unavailable:
            # Nobody is let in because it cannot be told who asks.
            details = ProblemDetails(title="The database does not answer", status=503, detail=UNTOLD)
            scope["state"] |= {"who": Who("", NOBODY), "order": order}
            refused = self.page(request, details) if is_person(request) else problem(details)
            await refused(scope, receive, send)
            return
        scope["state"] |= {"who": found, "order": order}
        refusal = self._refused(request, order, methods, found)
        await (refusal or self.app)(scope, receive, send)

    def _methods(self, path: str) -> dict[str, str]:
        """By method what a path may be asked by: the line of `NEEDS`. A line without a part to fill in comes first."""
        found = {method: f"{method} {path}" for method in METHODS if f"{method} {path}" in NEEDS}
        for form, order in self.patterns:
            method, _, template = order.partition(" ")
            if method not in found and form.fullmatch(path):
                found[method] = f"{method} {template}"
        return found

    async def _asking(self, request: Request, accounts: Accounts) -> Who:
        token = token_of(request)
        account = await run_in_threadpool(accounts.of, token) if token else None
        return Who(account.name, RIGHTS[account.role], is_account=True) if account else Who("", NOBODY)

    def _refused(self, request: Request, order: str, methods: Mapping[str, str], found: Who) -> Response | None:
        if self.accounts is not None and not self.rates.allowed(found.name or _address(request)):
            return _said(429, "Too many requests", "wait a second, then ask again", {"retry-after": "1"})
        needed = NEEDS.get(order)
        if needed in found.rights:
            return None
        if found.name and methods and not order:
            return _said(405, "Method Not Allowed", "it is asked for in another way", {"allow": ", ".join(methods)})
        if found.name and needed is None:
            return _said(404, "Not Found", "there is no such page")
        if found.name:
            return _said(403, "Not allowed", f"this needs the right to {needed}, which your role does not have")
        if request.headers.get("hx-request"):
            return Response(status_code=401, headers={"hx-redirect": "/sign-in"})
        if "text/html" in request.headers.get("accept", "") and request.method == "GET":
            return RedirectResponse("/sign-in", status_code=303)
        return _said(401, "Not signed in", "sign in, or send a token: Authorization: Bearer …", _ASKS)


UNTOLD = "who asks cannot be told; try again in a while"
_ASKS = {"www-authenticate": "Bearer"}


def token_of(request: Request) -> str:
    """The token that a browser or a program carries; empty where none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    return next((request.cookies[name] for name in COOKIES if name in request.cookies), "")


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _patterns() -> Iterator[tuple[re.Pattern[str], str]]:
    for order in NEEDS:
        path = order.partition(" ")[2]
        if "{" in path:
            yield re.compile("".join(map(_form, re.split(r"(\{[^}]+\})", path)))), order


def _form(part: str) -> str:
    if not part.startswith("{"):
        return re.escape(part)
    return ".*" if part.endswith(":path}") else "[^/]+"


def _said(status: int, title: str, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    return problem(ProblemDetails(title=title, status=status, detail=detail), headers)
