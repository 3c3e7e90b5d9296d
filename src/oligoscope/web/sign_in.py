"""Signing in and out, and choosing a password; without mail, by a code that an administrator hands over."""

from collections.abc import Callable

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from oligoscope.errors import NotAllowed
from oligoscope.store.accounts import SESSION_SECONDS, SHORTEST, Accounts
from oligoscope.store.database import Unavailable
from oligoscope.web.access import COOKIES, token_of
from oligoscope.web.frame import rendered
from oligoscope.web.pages import filled_form
from oligoscope.web.problems import Refused
from oligoscope.web.rates import Rates

EACH_SECOND, BURST = 1 / 6, 10
"""Tries of one address: some people behind one address may come at once; who guesses gets ten more in a minute."""


def router(accounts: Accounts, release: str, *, over_tls: bool) -> APIRouter:
    """The pages of accounts. over_tls: whether a browser may be told to keep its cookie to TLS."""
    found = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    tries = Rates(EACH_SECOND, BURST)

    def limited(request: Request) -> None:
        if not tries.allowed(request.client.host if request.client else ""):
            raise Refused(429, "Too many tries", "wait a minute, then try again")

    @found.get("/sign-in")
    def asked(request: Request) -> HTMLResponse:
        return rendered(request, "sign_in.html", release, said="")

    @found.post("/sign-in")
    async def sign_in(request: Request) -> Response:
        limited(request)
        given = dict(await filled_form(request))
        try:
            token = await run_in_threadpool(accounts.sign_in, given.get("name", ""), given.get("secret", ""))
        except Unavailable:
            raise
        except NotAllowed as error:
            return rendered(request, "sign_in.html", release, 403, said=_said(error))
        return entered(token, over_tls=over_tls)

    @found.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        await run_in_threadpool(accounts.sign_out, token_of(request))
        away = RedirectResponse("/sign-in", status_code=303)
        for name in COOKIES:
            away.delete_cookie(name, secure=over_tls, httponly=True, samesite="strict")
        return away

    _add_password(found, accounts, release, limited, over_tls=over_tls)
    return found


def _add_password(
    found: APIRouter, accounts: Accounts, release: str, limited: Callable[[Request], None], *, over_tls: bool
) -> None:
    """The page on which a password is chosen."""

    @found.get("/password")
    def ask_password(request: Request) -> HTMLResponse:
        return rendered(request, "password.html", release, said="", shortest=SHORTEST)

    @found.post("/password")
    async def password(request: Request) -> Response:
        limited(request)
        given = dict(await filled_form(request))
        new = given.get("new", "")
        if new != given.get("again", ""):
            said = "The new password was written in two ways."
            return rendered(request, "password.html", release, 422, said=said, shortest=SHORTEST)
        try:
            await run_in_threadpool(accounts.choose_password, given.get("name", ""), given.get("proof", ""), new)
            token = await run_in_threadpool(accounts.sign_in, given.get("name", ""), new)
        except Unavailable:
            raise
        except NotAllowed as error:
            return rendered(request, "password.html", release, 403, said=_said(error), shortest=SHORTEST)
        return entered(token, over_tls=over_tls)


def entered(token: str, *, over_tls: bool) -> Response:
    """To the first page, with the cookie of the session, which no script can read and no other site can send."""
    inside = RedirectResponse("/", status_code=303)
    name = COOKIES[0] if over_tls else COOKIES[1]
    inside.set_cookie(name, token, SESSION_SECONDS, path="/", secure=over_tls, httponly=True, samesite="strict")
    return inside


def _said(error: NotAllowed) -> str:
    parts = [error.problem, f"allowed: {error.allowed}" if error.allowed else "", error.fix]
    text = "; ".join(filter(None, parts))
    return f"{text[:1].upper()}{text[1:]}."
