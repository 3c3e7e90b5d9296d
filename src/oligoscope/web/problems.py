"""Whatever a client can mend, said in one shape: problem details (RFC 9457), with every problem of a document."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from oligoscope.chart.problems import CaseError
from oligoscope.errors import OligoscopeError
from oligoscope.store import Changed, NotKept
from oligoscope.store.database import NoRoom, Unavailable

MEDIA_TYPE = "application/problem+json"


STATUSES: Mapping[type[OligoscopeError], tuple[int, str]] = {
    NotKept: (404, "There is no such case"),
    Changed: (409, "Saved by somebody else in between"),
    NoRoom: (503, "Nothing can be saved"),
    Unavailable: (503, "The database does not answer"),
}
"""Errors of the store that HTTP has a word for."""


class Wrong(BaseModel):
    """One thing to mend."""

    field: str = Field(description="its path in the document")
    problem: str
    allowed: str = Field(default="", description="what could stand there; empty where there is nothing to say")
    fix: str = Field(default="", description="what to do instead; empty where there is nothing to say")


class ProblemDetails(BaseModel):
    """Why a request was not answered."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    problems: tuple[Wrong, ...] = ()


class Refused(Exception):
    """A request that is refused before it reaches the library."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        self.details = ProblemDetails(title=title, status=status, detail=detail)
        super().__init__(detail)


LATER = {"retry-after": "10"}
Page = Callable[[Request, ProblemDetails], Response]
"""Says it as a page, to a person."""


def problem(details: ProblemDetails, headers: Mapping[str, str] | None = None) -> Response:
    """The response that says it."""
    content = details.model_dump()
    more = LATER if details.status == 503 else {}
    return JSONResponse(content, details.status, {**more, **(headers or {})}, MEDIA_TYPE)


def is_person(request: Request) -> bool:
    """Whether a page is asked for, by a browser that shows it; a part of a page is not one."""
    return "text/html" in request.headers.get("accept", "") and not request.headers.get("hx-request")


def wrongs(error: OligoscopeError) -> Sequence[Wrong]:
    """Each thing to mend: of a case all its problems, of any other error the one."""
    if isinstance(error, CaseError):
        return [Wrong(field=p.field, problem=p.text, allowed=p.allowed, fix=p.fix) for p in error.problems]
    text = getattr(error, "problem", "") or str(error)
    # Of a long value its beginning says which it is; of a file its name: where it lay here is nothing of the asker's.
    value = error.value.name if isinstance(error.value, Path) else str(error.value)[:100]
    text = f"{value}: {text}" if value and text != str(error) else text
    return [Wrong(field=error.field, problem=text, allowed=error.allowed, fix=error.fix)]


def status_of(error: OligoscopeError) -> int:
    """The status of the answer that says it."""
    return next((status for kind, (status, _) in STATUSES.items() if isinstance(error, kind)), 422)


def add_handlers(app: FastAPI, page: Page) -> None:
    """Errors of the library, of the framework and of the request itself; to a person as a page."""

    def told(request: Request, details: ProblemDetails, headers: Mapping[str, str] | None = None) -> Response:
        return page(request, details) if is_person(request) else problem(details, headers)

    @app.exception_handler(OligoscopeError)
    async def mend(request: Request, error: OligoscopeError) -> Response:
        title = "The case cannot be read" if isinstance(error, CaseError) else "This cannot be answered"
        found = wrongs(error)
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        detail = f"{found[0].field}: {found[0].problem}{more}"
        status, title = next((said for kind, said in STATUSES.items() if isinstance(error, kind)), (422, title))
        return told(request, ProblemDetails(title=title, status=status, detail=detail, problems=tuple(found)))

    @app.exception_handler(UnicodeEncodeError)
    async def not_text(_: Request, __: UnicodeEncodeError) -> Response:
        # Half of a surrogate pair passes a JSON reader, and can be neither kept nor said again.
        return problem(ProblemDetails(title="Not text", status=422, detail="a text holds half of a surrogate pair"))

    @app.exception_handler(Refused)
    async def refused(request: Request, error: Refused) -> Response:
        return told(request, error.details)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Response:
        found = tuple(_wrong(each) for each in jsonable_encoder(error.errors()))
        title = "The request does not have the form that is asked for"
        return problem(ProblemDetails(title=title, status=422, detail=found[0].problem, problems=found))

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        details = ProblemDetails(title=str(error.detail), status=error.status_code, detail=str(error.detail))
        return told(request, details, error.headers)


def _wrong(error: Mapping[str, Any]) -> Wrong:
    where = ".".join(str(step) for step in error["loc"][1:])
    return Wrong(field=where or "body", problem=str(error["msg"]))
