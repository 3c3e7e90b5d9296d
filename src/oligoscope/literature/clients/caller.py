"""Questions over the network: not too many a second, asked again when an answer is late, broken or refused.

What is read here is never half an answer: an answer counts once it came whole, in time, and its reader took it.
"""

import email.utils
import logging
import random
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Self, TypeVar

import httpx

from oligoscope.errors import OligoscopeError

T = TypeVar("T")

TRIES = 6
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 120.0
"""Longer is not waited for: the message says when to come back."""
ANSWER_SECONDS = 90.0
"""For a whole answer. httpx's own limit is between two bytes, so a slow drip would never end."""
SILENCE_SECONDS = 30.0
_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})

# httpx writes each address to its log; an address can hold a key.
logging.getLogger("httpx").setLevel(logging.WARNING)


class UpstreamError(OligoscopeError):
    """A database that did not answer as it must. Nothing of the answer was kept."""

    def __init__(self, name: str, address: str, problem: str, fix: str = "") -> None:
        self.field, self.value, self.problem = name, address, problem
        self.fix = fix or "what came before is kept: run the same command again, and it goes on from there"
        super().__init__(problem)

    def __str__(self) -> str:
        return f"{self.field} at {self.value}: {self.problem}. {self.fix[0].upper()}{self.fix[1:]}."


class BrokenAnswerError(ValueError):
    """An answer that cannot be what was asked for: it is asked again."""


class RefusedError(ValueError):
    """An answer that says no (HTTP 4xx), to be asked otherwise. status: its number.  said: its first words."""

    def __init__(self, status: int, said: str) -> None:
        self.status, self.said = status, said
        super().__init__(f"it answered {status}{': ' if said else ''}{said}")


class Caller:
    """One database. name: for messages.  base: its address.  per_second: the most questions a second.

    secret: values that go with each question and into no message. Use it in a `with`.
    """

    def __init__(self, name: str, base: str, per_second: float, secret: Mapping[str, str] | None = None) -> None:
        self.name, self.base = name, base.rstrip("/")
        self._pause, self._secret, self._next = 1 / per_second, dict(secret or {}), 0.0
        # No redirects: a key goes to the address that was given, and nowhere else.
        self._client = httpx.Client(timeout=SILENCE_SECONDS, follow_redirects=False)
        self._chance = random.Random()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._client.close()

    def ask(self, path: str, values: Mapping[str, str], read: Callable[[bytes], T], method: str = "GET") -> T:
        """What `read` makes of the answer. It raises BrokenAnswerError for an answer that is to be asked for again.

        Raises RefusedError for an answer that says no, UpstreamError after so many tries.
        """
        problem = ""
        for attempt in range(TRIES):
            wait = self._wait(attempt)
            try:
                return read(self._answer(method, path, values))
            except _LaterError as error:
                problem, wait = str(error), max(wait, error.seconds)
            except BrokenAnswerError as error:
                problem = f"its answer is broken: {error}"
            except httpx.TransportError as error:
                problem = f"it cannot be reached or broke off ({type(error).__name__})"
            if wait > LONGEST_WAIT_SECONDS:
                raise UpstreamError(self.name, self.base, f"{problem}; it asks to wait for {wait:.0f} s")
            if attempt + 1 < TRIES:
                time.sleep(wait)
        raise UpstreamError(self.name, self.base, f"{problem}; asked {TRIES} times")

    def _wait(self, attempt: int) -> float:
        """Seconds, doubled each time; at random, so that many who were refused together do not return together."""
        longest: float = FIRST_WAIT_SECONDS * 2**attempt
        return longest * self._chance.uniform(0.5, 1)

    def _answer(self, method: str, path: str, values: Mapping[str, str]) -> bytes:
        self._take_turn()
        sent = {**values, **self._secret}
        parts = {"data": sent} if method == "POST" else {"params": sent}
        began = time.monotonic()
        with self._client.stream(method, f"{self.base}/{path}", **parts) as answer:  # type: ignore[arg-type]  # one of two
            content = bytearray()
            for piece in answer.iter_bytes():
                content += piece
                if time.monotonic() - began > ANSWER_SECONDS:
                    raise BrokenAnswerError(f"it was not whole after {ANSWER_SECONDS:g} s")
        if answer.status_code in _AGAIN:
            raise _LaterError(answer.status_code, _seconds(answer.headers.get("retry-after", "")))
        if answer.status_code != httpx.codes.OK:
            raise RefusedError(answer.status_code, self._hidden(_first_words(bytes(content))))
        return bytes(content)

    def _take_turn(self) -> None:
        now = time.monotonic()
        if now < self._next:
            time.sleep(self._next - now)
        self._next = max(now, self._next) + self._pause

    def _hidden(self, text: str) -> str:
        for value in self._secret.values():
            text = text.replace(value, "…")
        return text


class _LaterError(ValueError):
    def __init__(self, status: int, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"it answered {status}")


def _seconds(text: str) -> float:
    """What Retry-After says: seconds, or a date; 0 where it says nothing that can be read."""
    if text.strip().isdecimal():
        return float(text)
    try:
        when = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return 0.0
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())


def _first_words(content: bytes) -> str:
    return " ".join(content[:300].decode("utf-8", "replace").split())[:160]
