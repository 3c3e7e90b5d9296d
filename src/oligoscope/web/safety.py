"""What holds of every request: which hosts and sites may ask, how much they may send, and what a browser may do.

Written as plain ASGI: a middleware class of the framework would cost each answer a tenth of its time.
"""

import secrets
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from oligoscope.web.problems import ProblemDetails, Refused, problem

LARGEST = 4 * 1024 * 1024
"""Bytes of a body; a case of 10,000 lesions is 1 MB."""
HSTS = ((b"strict-transport-security", b"max-age=31536000"),)
NOT_KEPT = (b"cache-control", b"no-store")
"""No page of a patient stays in a browser that several people use, to be gone back to after signing out."""
MEBI = 1024 * 1024
METHODS = ("km", "logrank", "cox", "rmst", "cuminc", "finegray")
LARGE = {
    "/dose/check": 400 * MEBI,
    "/cohort": 1024 * MEBI,
    "/api/v1/cohort": 1024 * MEBI,
    **{f"/api/v1/survival/{method}": 64 * MEBI for method in METHODS},
    "/api/v1/ipd/figure": 16 * MEBI,
    "/curves": 16 * MEBI,
}
"""Where files come that are larger: a dose of a whole trunk is 100 MB, a registry of a million patients 500, a table of
a million rows with ten columns 60, a picture of a whole page 5.
"""
LARGE_BELOW = {"review": 64 * MEBI}
"""The same for every page whose address begins so: 20,000 records of a search with their abstracts are 50 MB."""
READING = ("GET", "HEAD", "OPTIONS")


class Guard:
    """Refuses what must not be answered, and writes the headers that keep a browser from doing more than it should.

    hosts: names by which this server may be asked for; any other is another site's name that points here.  over_tls:
    whether what comes without TLS is refused.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str], *, over_tls: bool = False) -> None:
        self.app, self.hosts, self.over_tls = app, frozenset(hosts), over_tls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        nonce = scope.setdefault("state", {})["nonce"] = secrets.token_urlsafe(16)

        is_static = scope["path"].startswith("/static/")

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_headers(nonce), *(HSTS if self.over_tls else ())]
                if not any(name == b"cache-control" for name, _ in message["headers"]) and not is_static:
                    message["headers"].append(NOT_KEPT)
            await send(message)

        most = LARGE.get(scope["path"]) or LARGE_BELOW.get(scope["path"].partition("/")[2].partition("/")[0], LARGEST)
        wrong = self._wrong(scope["method"], headers, scope.get("scheme", "http"), most)
        if wrong:
            await problem(wrong)(scope, receive, answer)
            return
        await self.app(scope, _at_most(most, receive), answer)

    def _wrong(self, method: str, headers: dict[str, str], scheme: str, most: int) -> ProblemDetails | None:
        if self.over_tls and scheme != "https":
            return ProblemDetails(title="Not over TLS", status=403, detail="this server answers over https alone")
        host = headers.get("host", "").lower()
        name = host if host.endswith("]") else host.rpartition(":")[0] or host
        if name not in self.hosts:
            return ProblemDetails(title="Another host", status=421, detail=f"this server is not {name or 'named so'}")
        if method not in READING and not _same_site(host, headers):
            detail = "a page of another site may not write here"
            return ProblemDetails(title="Another site", status=403, detail=detail)
        length = headers.get("content-length", "")
        if length.isdigit() and int(length) > most:
            detail = f"{length} bytes; allowed: {most}"
            return ProblemDetails(title="Too large", status=413, detail=detail)
        return None


def _same_site(host: str, headers: dict[str, str]) -> bool:
    """Whether a page of ours, or a program that is no browser, is asking. What carries a cookie is a browser: one that
    says nothing of where it comes from is refused.
    """
    if "cookie" in headers and "sec-fetch-site" not in headers and "origin" not in headers:
        return False
    if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return False
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc.lower() == host


def _at_most(size: int, receive: Receive) -> Receive:
    """The body as it comes. Raises Refused where more comes than was announced or is allowed."""
    seen = 0

    async def limited() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > size:
            raise Refused(413, "Too large", f"more than {size} bytes")
        return message

    return limited


def _headers(nonce: str) -> list[tuple[bytes, bytes]]:
    policy = (
        "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; "
        f"style-src 'nonce-{nonce}'; base-uri 'none'; frame-ancestors 'none'"
    )
    return [
        (b"content-security-policy", policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"same-origin"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"cross-origin-resource-policy", b"same-origin"),
    ]
