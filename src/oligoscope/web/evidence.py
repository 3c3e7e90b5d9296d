"""The evidence: studies, what trials say together as of any day, and what changed between two days."""

import datetime
from collections.abc import Callable
from functools import lru_cache
from threading import Lock

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from oligoscope import api
from oligoscope.evidence.wording import number_text
from oligoscope.report.study import judgements
from oligoscope.store import Cases
from oligoscope.web.access import who
from oligoscope.web.frame import rendered, templates
from oligoscope.web.problems import Refused

FIRST_YEAR = 2010
"""Where the slider begins; the first trial that is pooled was reported later."""
DRAWING = Lock()
"""matplotlib keeps one state for all threads."""
MOST_DRAWN = 128
"""Plots that are remembered: drawing one takes a third of a second."""


def router(knowledge: "api.Knowledge", cases: Cases) -> APIRouter:
    """The pages of evidence."""
    found = APIRouter(prefix="/evidence", include_in_schema=False, default_response_class=HTMLResponse)
    endpoints = tuple(knowledge.evidence.terms.endpoints)

    forest = _forests(knowledge)

    @found.get("")
    def overview(request: Request, words: str = "") -> HTMLResponse:
        studies = api.find(words.split()[:20], knowledge=knowledge).found.studies
        months = _months()
        pooled = _pool(knowledge, endpoints[0], months)
        return rendered(
            request,
            "evidence.html",
            knowledge.version,
            studies=studies,
            words=words,
            endpoints=endpoints,
            months=months,
            pooled=pooled,
            searched=knowledge.evidence.terms.review.searched,
        )

    @found.get("/pool")
    def pool(endpoint: str = endpoints[0], month: int = 0) -> HTMLResponse:
        _known(endpoint, endpoints)
        return HTMLResponse(templates().get_template("pooled.html").render(**_pool(knowledge, endpoint, month)))

    @found.get("/forest.svg")
    def drawn(endpoint: str = endpoints[0], as_of: str = "") -> Response:
        _known(endpoint, endpoints)
        day = _day(as_of)
        return Response(forest(endpoint, day, knowledge.evidence.looked), media_type="image/svg+xml")

    _add_studies(found, knowledge)
    _add_saved(found, knowledge, cases)
    return found


def _add_studies(found: APIRouter, knowledge: "api.Knowledge") -> None:
    """The pages of what changed, and of one study."""

    @found.get("/drift")
    def drift(request: Request, since: str = "", until: str = "") -> HTMLResponse:
        from oligoscope.report.drifted import newcomers, summary

        began = since or str(knowledge.evidence.terms.review.searched)
        changed = api.drift(began, until or None, knowledge=knowledge).found
        return rendered(
            request,
            "changed.html",
            knowledge.version,
            drift=changed,
            pools=[(each, summary(each)) for each in changed.pools],
            newcomers=newcomers(changed),
        )

    @found.get("/studies/{name}")
    def study(name: str, request: Request) -> HTMLResponse:
        one = api.study(name, knowledge=knowledge).found
        numbers = [(result, number_text(result)) for result in one.results]
        return rendered(
            request, "study.html", knowledge.version, study=one, numbers=numbers, judgements=list(judgements(one))
        )


def _add_saved(found: APIRouter, knowledge: "api.Knowledge", cases: Cases) -> None:
    """The page of saved cases whose answers are stated with something that was published between two days."""

    @found.get("/drift/saved")
    def saved(request: Request, since: str = "", until: str = "") -> HTMLResponse:
        from oligoscope.report.moved import change

        kept = {each.summary.id: each for each in cases.whole(who(request).name)}
        began = since or str(knowledge.evidence.terms.review.searched)
        charts = {name: each.document for name, each in kept.items()}
        told = api.drift_of(charts, began, until or None, knowledge=knowledge).found
        rows: dict[str, list[tuple[str, str]]] = {}
        for each in told.moved:
            rows.setdefault(each.who, []).append((change(each), ", ".join(each.because)))
        shown = [(kept[name].summary, changes) for name, changes in rows.items()]
        return rendered(request, "moved_cases.html", knowledge.version, told=told, rows=shown)


def _forests(knowledge: "api.Knowledge") -> Callable[[str, str, int], bytes]:
    """Draws the pool of an endpoint as of a day, and remembers what was drawn, until studies are looked at again."""

    @lru_cache(MOST_DRAWN)
    def forest(endpoint: str, day: str, _looked: int) -> bytes:
        from oligoscope.report.forest import draw, pool_rows

        pooled = api.pool(endpoint, as_of=day, knowledge=knowledge).found
        if pooled.fit is None:
            return EMPTY
        with DRAWING:
            title = f"{endpoint}, {pooled.request.population}, as of {day}"
            return draw(pool_rows(pooled), pooled.terms.treatment, title)

    return forest


EMPTY = b'<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>'


def _known(endpoint: str, endpoints: tuple[str, ...]) -> None:
    if endpoint not in endpoints:
        raise Refused(404, "No such endpoint", f"{endpoint[:40]}; allowed: {', '.join(endpoints)}")


def _months() -> int:
    """The places of the slider: one for each month from the first to this one."""
    today = datetime.date.today()
    return (today.year - FIRST_YEAR) * 12 + today.month - 1


def _day(text: str) -> str:
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        raise Refused(422, "Not a day", f"as_of {text[:40]}: write a day such as 2024-05-31") from None


def _pool(knowledge: "api.Knowledge", endpoint: str, month: int) -> dict[str, object]:
    """A pool as of the last day of a month, or of today."""
    # What pools needs scipy, which takes 2 s to load: a server starts without it.
    from oligoscope.report.pooled import sentences

    place = max(0, min(month, _months()))
    last = datetime.date(FIRST_YEAR + (place + 1) // 12, (place + 1) % 12 + 1, 1) - datetime.timedelta(days=1)
    day = min(last, datetime.date.today()).isoformat()
    pooled = api.pool(endpoint, as_of=day, knowledge=knowledge).found
    told = [said.text for said in sentences(pooled)]
    return {"endpoint": endpoint, "day": day, "told": told, "is_pooled": pooled.fit is not None}
