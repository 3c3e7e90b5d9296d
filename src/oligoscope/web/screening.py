"""Screening in the browser: one record at a time, decided by a letter or a button, blind to what others said; and what
two readers said otherwise, to be settled.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from oligoscope.api import literature
from oligoscope.api.review import opened
from oligoscope.api.screening import DEFAULT, asked_by
from oligoscope.errors import NotAllowed, OligoscopeError
from oligoscope.literature.inclusion import told
from oligoscope.literature.screening import current
from oligoscope.literature.store import STAGES, Decision
from oligoscope.report.screened import Shown, shown
from oligoscope.web.access import who
from oligoscope.web.frame import rendered, templates
from oligoscope.web.pages import filled_form
from oligoscope.web.problems import Refused, Wrong, wrongs
from oligoscope.web.reviews import Reviews, reader_of
from oligoscope.web.sittings import Next, Sittings

KEYS = {"i": "include", "e": "exclude", "m": "maybe", "s": "skip", "b": "back"}
BACK = "back"
WORDS = {"include": "Include", "exclude": "Exclude", "maybe": "Maybe", "skip": "Skip, later", "back": "Back"}
LONGEST = 2_000
"""Letters of a reason, a name or a note."""


@dataclass(frozen=True)
class Conflict:
    """A record of which two people said otherwise."""

    key: int
    record: Shown
    said: Sequence[Decision]


def router(release: str, reviews: Reviews) -> APIRouter:
    """The pages of screening. release: of the knowledge."""
    found = APIRouter(prefix="/review/{name}", include_in_schema=False, default_response_class=HTMLResponse)
    sittings = Sittings()

    @found.get("/screen")
    def screen(name: str, request: Request, stage: str = STAGES[0], reader: str = "") -> HTMLResponse:
        store, person = reviews.path(name), reader_of(request, reader)
        _known(stage)
        values = _told(sittings.next(store, person, stage)) if person else {}
        return rendered(request, "screen.html", release, **_about(name, stage, person), **values)

    @found.post("/screen")
    async def decide(name: str, request: Request) -> Response:
        given = dict(await filled_form(request))
        stage, person = given.get("stage", ""), reader_of(request, given.get("reader", ""))
        _known(stage)
        values = await run_in_threadpool(_decided, reviews.path(name), sittings, stage, person, given)
        values_shown = {**_about(name, stage, person), **_told(**values)}
        if request.headers.get("hx-request"):
            page = templates().get_template("screened.html").render(**values_shown)
            return HTMLResponse(page, 422 if values["problems"] else 200)
        return rendered(request, "screen.html", release, **values_shown)

    @found.post("/sample")
    async def sample(name: str, request: Request) -> Response:
        given = dict(await filled_form(request))
        stage, person = given.get("stage", ""), reader_of(request, given.get("reader", ""))
        store = reviews.path(name)
        _known(stage)
        count, seed = (_number(given, each) for each in ("count", "seed"))
        reviews.note(who(request).name, name, f"draw {count}, seed {seed}, {stage}, for {person}")
        await run_in_threadpool(literature.draw, count, store=store, seed=seed, stage=stage, who=person)
        return RedirectResponse(f"/review/{name}/screen?{urlencode({'stage': stage, 'reader': person})}", 303)

    _add_conflicts(found, release, reviews)
    return found


def _add_conflicts(found: APIRouter, release: str, reviews: Reviews) -> None:
    """What two readers said otherwise."""

    @found.get("/conflicts")
    def conflicts(name: str, request: Request) -> HTMLResponse:
        return _conflicts(request, release, name, reviews)

    @found.post("/conflicts")
    async def settle(name: str, request: Request) -> Response:
        given = dict(await filled_form(request))
        try:
            await run_in_threadpool(_settled, reviews, name, given, who(request).name)
        except OligoscopeError as error:
            return await run_in_threadpool(_conflicts, request, release, name, reviews, wrongs(error))
        return RedirectResponse(f"/review/{name}/conflicts", status_code=303)


def _known(stage: str) -> None:
    if stage not in STAGES:
        raise Refused(404, "No such stage", f"{stage[:40]}; there are: {', '.join(STAGES)}")


def _number(given: Mapping[str, str], name: str) -> int:
    text = given.get(name, "").strip()
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise NotAllowed(name, text[:40], "a whole number", "this is none")
    return int(text)


# ---- one record after another --------------------------------------------------------------------


def _decided(store: Path, sittings: Sittings, stage: str, person: str, given: Mapping[str, str]) -> dict[str, Any]:
    """Keep what was said, and what is read next; what cannot be kept leaves the record where it is."""
    key, verdict, reason = _number(given, "record"), given.get("verdict", ""), given.get("reason", "").strip()
    cursor = int(given["before"]) if given.get("before", "").isdecimal() else 0
    if verdict == BACK:
        return {"found": sittings.back(store, person, stage, cursor), "problems": ()}
    try:
        if len(reason) > LONGEST:
            raise NotAllowed("reason", reason[:40], f"at most {LONGEST} letters", "it is longer")
        literature.decide(key, verdict, store=store, who=person, stage=stage, reason=reason)
    except NotAllowed as error:
        with opened(store) as review:
            again = replace(sittings.next(store, person, stage), key=key, record=review.record(key))
        return {"found": again, "problems": wrongs(error), "reason": reason}
    return {"found": sittings.next(store, person, stage), "problems": (), "last": WORDS.get(verdict, verdict)}


def _about(name: str, stage: str, person: str) -> dict[str, Any]:
    return {"review": name, "stage": stage, "person": person}


def _told(found: Next, problems: Sequence[Wrong] = (), reason: str = "", last: str = "") -> dict[str, Any]:
    """What stands on the page of a record. last: the decision that was just kept."""
    asks = asked_by(DEFAULT)
    return {
        "found": found,
        "record": shown(found.record) if found.record else None,
        "criteria": told(found.record, asks) if found.record and asks else [],
        "problems": problems,
        "reason": reason or (found.before.reason if found.before else ""),
        "last": last,
        "keys": [(letter, verdict, WORDS[verdict]) for letter, verdict in KEYS.items()],
    }


# ---- conflicts -----------------------------------------------------------------------------------


def _conflicts(
    request: Request, release: str, name: str, reviews: Reviews, problems: Sequence[Wrong] = ()
) -> HTMLResponse:
    store = reviews.path(name)
    found = {stage: list(_conflicts_of(store, stage)) for stage in STAGES}
    return rendered(
        request, "conflicts.html", release, 422 if problems else 200, review=name, stages=found, problems=problems
    )


def _conflicts_of(store: Path, stage: str) -> Iterator[Conflict]:
    """Records that two people decided otherwise: both are in, so each may be told."""
    agreements = literature.progress(store=store, stage=stage).found.agreements
    with opened(store) as review:
        by_person = current(review.decisions(stage), review.heads())
        for key in sorted({key for each in agreements for key in each.conflicts}):
            said = [each[key] for each in by_person.values() if key in each]
            yield Conflict(key, shown(review.record(key)), said)


def _settled(reviews: Reviews, name: str, given: Mapping[str, str], asking: str) -> None:
    """Keep an adjudication. Raises NotAllowed."""
    store, stage, key = reviews.path(name), given.get("stage", ""), _number(given, "record")
    _known(stage)
    if key not in [each.key for each in _conflicts_of(store, stage)]:
        raise NotAllowed("record", key, "a record that two decided otherwise", "it is settled, or nobody differs")
    verdict, reason = given.get("verdict", ""), given.get("reason", "").strip()[:LONGEST]
    if verdict not in ("include", "exclude"):
        raise NotAllowed("verdict", verdict[:40], "include, exclude", "this settles nothing")
    reviews.note(asking, name, f"settle {key}, {stage}: {verdict}")
    literature.decide(key, verdict, store=store, who=asking, stage=stage, reason=reason, settles=True)
