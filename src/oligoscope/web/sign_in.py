"""Signing in and out, and choosing a password; without mail, by a code that an administrator hands over."""

import time
from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from oligoscope.errors import NotAllowed
from oligoscope.store.accounts import SESSION_SECONDS, SHORTEST, Accounts, SignInRefused
from oligoscope.store.database import Unavailable
from oligoscope.store.hooks import Hooks
from oligoscope.web.access import COOKIES, token_of
from oligoscope.web.frame import rendered
from oligoscope.web.pages import filled_form
from oligoscope.web.problems import Refused
from oligoscope.web.rates import Rates

if TYPE_CHECKING:
    from oligoscope.web.identity import Provider

EACH_SECOND, BURST = 1 / 6, 10
"""Tries of one address: some people behind one address may come at once; who guesses gets ten more in a minute."""


PENDING = ("__Host-oligoscope-away", "oligoscope-away")
"""The cookie of a sign-in that is at the identity provider, over TLS and without. It alone comes back from another site
(`SameSite=Lax`), and opens nothing.
"""


def router(accounts: Accounts, release: str, provider: "Provider | None", *, over_tls: bool) -> APIRouter:
    """The pages of accounts. provider: who else vouches for people.  over_tls: whether a browser may be told to keep
    its cookie to TLS.
    """
    found = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    tries, shown = Rates(EACH_SECOND, BURST), provider.shown if provider else ""

    def limited(request: Request) -> None:
        if not tries.allowed(request.client.host if request.client else ""):
            raise Refused(429, "Too many tries", "wait a minute, then try again")

    @found.get("/sign-in")
    def asked(request: Request) -> HTMLResponse:
        return rendered(request, "sign_in.html", release, said="", provider=shown)

    @found.post("/sign-in")
    async def sign_in(request: Request) -> Response:
        limited(request)
        given = dict(await filled_form(request))
        try:
            token = await run_in_threadpool(accounts.sign_in, given.get("name", ""), given.get("secret", ""))
        except Unavailable:
            raise
        except NotAllowed as error:
            return rendered(request, "sign_in.html", release, 403, said=_said(error), provider=shown)
        return entered(token, over_tls=over_tls)

    @found.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        await run_in_threadpool(accounts.sign_out, token_of(request))
        away = RedirectResponse("/sign-in", status_code=303)
        for name in COOKIES:
            away.delete_cookie(name, secure=over_tls, httponly=True, samesite="strict")
        return away

    _add_password(found, accounts, release, limited, over_tls=over_tls)
    if provider:
        _add_provider(found, accounts, release, limited, provider, over_tls=over_tls)
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


def _add_provider(
    found: APIRouter,
    accounts: Accounts,
    release: str,
    limited: Callable[[Request], None],
    provider: "Provider",
    *,
    over_tls: bool,
) -> None:
    """The way to the identity provider and back."""
    from oligoscope.web.identity import PENDING_SECONDS, Pending

    hooks, cookie = Hooks(accounts.database), PENDING[0] if over_tls else PENDING[1]

    @found.get("/sign-in/provider")
    def away(request: Request) -> Response:
        limited(request)
        address, pending = provider.begin(_back(request))
        leaving = RedirectResponse(address, status_code=303)
        leaving.set_cookie(
            cookie, pending.text(), PENDING_SECONDS, path="/", secure=over_tls, httponly=True, samesite="lax"
        )
        return leaving

    @found.get("/sign-in/back")
    def back(request: Request) -> Response:
        limited(request)
        pending = Pending.of(request.cookies.get(cookie, ""))
        try:
            if pending is None or not _is_first(hooks, pending.state, PENDING_SECONDS):
                raise Refused(403, "Not signed in", "this sign-in was not begun here, or is over; begin it again")
            identity, role = provider.vouched(dict(request.query_params), pending, _back(request))
        except Refused as error:
            accounts.not_entered(f"provider: {error.details.detail}")
            raise
        try:
            token = accounts.enter(identity, role)
        except SignInRefused as error:
            raise Refused(403, "Not signed in", _said(error)) from None
        inside = rendered(request, "entered.html", release)
        # A page, not a redirect: a browser that comes from another site would not send the session's cookie with it.
        _remember(inside, token, over_tls=over_tls)
        inside.delete_cookie(cookie, secure=over_tls, httponly=True, samesite="lax")
        return inside


def _back(request: Request) -> str:
    """Where the provider sends a browser back to: by the name that it asked this server by, which was checked."""
    return f"{request.url.scheme}://{request.url.netloc}/sign-in/back"


def _is_first(hooks: Hooks, state: str, seconds: int) -> bool:
    """Whether a sign-in comes back for the first time."""
    now = int(time.time())
    return hooks.first_use("sign-in", sha256(state.encode()).hexdigest(), now + seconds, now)


def entered(token: str, *, over_tls: bool) -> Response:
    """To the first page, signed in."""
    inside = RedirectResponse("/", status_code=303)
    _remember(inside, token, over_tls=over_tls)
    return inside


def _remember(answer: Response, token: str, *, over_tls: bool) -> None:
    """Give a browser the cookie of its session, which no script can read and no other site can send."""
    name = COOKIES[0] if over_tls else COOKIES[1]
    answer.set_cookie(name, token, SESSION_SECONDS, path="/", secure=over_tls, httponly=True, samesite="strict")


def _said(error: NotAllowed) -> str:
    parts = [error.problem, f"allowed: {error.allowed}" if error.allowed else "", error.fix]
    text = "; ".join(filter(None, parts))
    return f"{text[:1].upper()}{text[1:]}."
