"""The page of an administrator: who has an account, and what may be done with each."""

from collections.abc import Callable, Mapping
from functools import partial

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from oligoscope.errors import NotAllowed
from oligoscope.store.accounts import ROLES, Accounts
from oligoscope.store.database import Unavailable
from oligoscope.web.access import who
from oligoscope.web.frame import rendered
from oligoscope.web.pages import filled_form
from oligoscope.web.problems import wrongs

DEEDS: Mapping[str, Callable[[Accounts, str, str], str | None]] = {
    "reset": Accounts.reset,
    "end": Accounts.end_sessions,
    "disable": Accounts.disable,
    "enable": Accounts.enable,
    "remove": Accounts.remove,
}
"""By the name of a button, what it does to an account; what is returned is a code to hand over."""


def router(accounts: Accounts, release: str) -> APIRouter:
    """The page of accounts, and what its buttons do; each deed is a line of the log."""
    found = APIRouter(prefix="/accounts", include_in_schema=False, default_response_class=HTMLResponse)
    page = partial(_page, accounts, release)

    @found.get("")
    def every(request: Request) -> HTMLResponse:
        return page(request)

    @found.post("")
    async def add(request: Request) -> Response:
        given = dict(await filled_form(request))
        name = given.get("name", "").strip()
        try:
            code = await run_in_threadpool(accounts.add, name, given.get("role", ""), who(request).name)
        except Unavailable:
            raise
        except NotAllowed as error:
            return await run_in_threadpool(page, request, error, name=name)
        return await run_in_threadpool(page, request, code=(name, code))

    @found.post("/{name}")
    async def change(name: str, request: Request) -> Response:
        given = dict(await filled_form(request))
        try:
            code = await run_in_threadpool(_done, accounts, name, given, who(request).name)
        except Unavailable:
            raise
        except NotAllowed as error:
            return await run_in_threadpool(page, request, error)
        # A code is shown once, in the answer itself: an address to come back to would keep it.
        return await run_in_threadpool(page, request, code=(name, code)) if code else RedirectResponse("/accounts", 303)

    return found


def _page(
    accounts: Accounts,
    release: str,
    request: Request,
    error: NotAllowed | None = None,
    code: tuple[str, str] = ("", ""),
    name: str = "",
) -> HTMLResponse:
    """code: of a new account, with its name.  name: what was written into the form."""
    return rendered(
        request,
        "accounts.html",
        release,
        422 if error else 200,
        accounts=accounts.list(),
        roles=ROLES,
        problems=wrongs(error) if error else [],
        code=code,
        written=name,
    )


def _done(accounts: Accounts, name: str, given: Mapping[str, str], user: str) -> str | None:
    """Do what a button says; returns a code where one is to be handed over. Raises NotAllowed."""
    deed = given.get("do", "")
    if deed == "role":
        accounts.give_role(name, given.get("role", ""), user)
        return None
    if deed not in DEEDS:
        raise NotAllowed("do", deed[:40], ", ".join(("role", *DEEDS)))
    return DEEDS[deed](accounts, name, user)
