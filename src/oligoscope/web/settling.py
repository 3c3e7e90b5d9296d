"""Where two people extracted one study otherwise: each field with what both entered and where it stands, settled by
somebody, then kept by the form of extraction as any study is.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response

from oligoscope.api import literature
from oligoscope.errors import NotAllowed
from oligoscope.evidence.store import read_study
from oligoscope.report.extracted import Compared
from oligoscope.report.screened import shown
from oligoscope.web.drafts import MOST, Drafts
from oligoscope.web.extracting import AS, SETTLED, VERSION, Desk, Extraction, extraction, form_page, state_of
from oligoscope.web.frame import rendered
from oligoscope.web.pages import filled_form
from oligoscope.web.problems import Wrong
from oligoscope.web.study_form import LISTS, STUDY, TITLES, Place, at_boxes, by_place, filled_by, study_boxes

_WHERE = ("quote", "locator")
_EVERY_FIELD = ""
"""Of a place: the entry as a whole, which one of the two does not have."""


@dataclass(frozen=True)
class Said:
    """What one person entered at a place. lines: none where there is nothing.  quote, locator: of a result."""

    lines: tuple[str, ...]
    quote: str = ""
    locator: str = ""


@dataclass(frozen=True)
class Point:
    """A place where two differ. name: of its choice in the form."""

    place: Place
    label: str
    said: tuple[Said, Said]

    @property
    def name(self) -> str:
        """As `literature compare` calls it; an entry that one lacks by its list and its name."""
        return ".".join(filter(None, self.place))


@dataclass(frozen=True)
class Beside:
    """Two extractions of one record. sheets: by place what each entered, in the order of the people."""

    people: tuple[str, ...]
    compared: Compared
    sheets: tuple[Mapping[Place, str], Mapping[Place, str]]
    points: tuple[Point, ...]


def router(desk: Desk) -> APIRouter:
    """The pages where extractions are settled."""
    found = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

    @found.get("/review/{name}/settle/{record}")
    def beside(name: str, record: int, request: Request) -> HTMLResponse:
        one = extraction(desk.reviews.path(name), record, "", desk.knowledge.evidence)
        return _page(request, desk, name, one, {})

    @found.post("/review/{name}/settle/{record}")
    async def settle(name: str, record: int, request: Request) -> Response:
        chosen = dict(await filled_form(request))
        return await run_in_threadpool(_settled, request, desk, name, record, chosen)

    return found


def _page(
    request: Request,
    desk: Desk,
    name: str,
    one: Extraction,
    chosen: Mapping[str, str],
    problems: Sequence[Wrong] = (),
) -> HTMLResponse:
    drafts = desk.drafts(name, one.key)
    both = _beside(desk, name, one, drafts) if len(drafts.people) == MOST else None
    return rendered(
        request,
        "settle.html",
        desk.knowledge.version,
        422 if problems else 200,
        review=name,
        one=one,
        record=shown(one.record),
        drafts=drafts,
        both=both,
        chosen=chosen,
        problems=problems,
    )


def _settled(request: Request, desk: Desk, name: str, key: int, chosen: Mapping[str, str]) -> Response:
    """The form of the study as it was settled, to be looked over and kept; or what is not settled yet."""
    one = extraction(desk.reviews.path(name), key, "", desk.knowledge.evidence)
    drafts = desk.drafts(name, key)
    if len(drafts.people) < MOST:
        raise NotAllowed("record", key, "a record that two people extracted", "it waits for the second of them")
    if drafts.settled:
        fix = "open the form of the study, and change it there"
        raise NotAllowed("record", key, "a record that waits to be settled", f"{drafts.settled.who} settled it", fix)
    both = _beside(desk, name, one, drafts)
    allowed = ", ".join(both.people)
    open_ones = [point for point in both.points if chosen.get(point.name) not in both.people]
    if open_ones:
        problems = [Wrong(field=point.label, problem="it is not settled", allowed=allowed) for point in open_ones]
        return _page(request, desk, name, one, chosen, problems)
    filled = at_boxes(settled(both, chosen))
    seen = {VERSION: state_of(desk.file(filled.get("study", "")))}
    return form_page(request, name, one, {**filled, **seen, AS: SETTLED}, desk)


def settled(both: Beside, chosen: Mapping[str, str]) -> dict[Place, str]:
    """What stands in the boxes once each point is settled. chosen: by a point's name the person who was right."""
    mine, theirs = both.sheets
    found = dict(mine)
    for point in both.points:
        if chosen[point.name] == both.people[0]:
            continue
        here = [place for place in {**mine, **theirs} if _is_at(place, point.place)]
        for place in here:
            found.pop(place, None)
            if place in theirs:
                found[place] = theirs[place]
    return found


def _is_at(place: Place, point: Place) -> bool:
    return place == point or (point[2] == _EVERY_FIELD and place[:2] == point[:2])


# ---- where they differ ---------------------------------------------------------------------------


def _beside(desk: Desk, name: str, one: Extraction, drafts: Drafts) -> Beside:
    paths = [path for person in drafts.people if (path := drafts.file(person))]
    compared = literature.compare(*paths, store=desk.reviews.path(name), record=one.key).found
    boxes = study_boxes(desk.knowledge.evidence.terms)
    mine, theirs = (
        by_place(filled_by(read_study(path.read_text("utf-8"), path.name), boxes, one.below)) for path in paths
    )
    return Beside(drafts.people, compared, (mine, theirs), tuple(_points(compared, mine, theirs)))


def _points(compared: Compared, mine: Mapping[Place, str], theirs: Mapping[Place, str]) -> Iterator[Point]:
    """Each place once; an entry that one of them lacks is one place."""
    by_name = {".".join(filter(None, place)): place for place in {**mine, **theirs}}
    entries = [{place[:2] for place in sheet} for sheet in (mine, theirs)]
    seen = set()
    for each in compared.differences:
        place = by_name.get(each.place) or _without_box(each.place, by_name.values())
        if not all(place[:2] in every for every in entries):
            place = (place[0], place[1], _EVERY_FIELD)
        if place not in seen:
            seen.add(place)
            yield Point(place, _label(place), (_said(mine, place), _said(theirs, place)))


def _without_box(named: str, places: Iterable[Place]) -> Place:
    """The entry that holds what the form has no box for: passed over, one of the two would be taken unasked.

    Raises NotAllowed where it belongs to the study as a whole.
    """
    for part, entry, _ in places:
        if part and named.startswith(f"{part}.{entry}."):
            return part, entry, _EVERY_FIELD
    fix = "settle the two with `oligoscope literature compare`"
    raise NotAllowed("field", named, "a field of the form", "the two differ in it, and the form has no box for it", fix)


def _label(place: Place) -> str:
    part, entry, _ = place
    return ", ".join(filter(None, [f"{TITLES[part]} {entry}" if part else "", _field(place)]))


def _field(place: Place) -> str:
    """What a box is called; "" for an entry as a whole."""
    part, _, name = place
    return next((box.label for box in (LISTS[part] if part else STUDY) if box.name == name), name)


def _said(sheet: Mapping[Place, str], point: Place) -> Said:
    part, entry, name = point
    quote, locator = (sheet.get((part, entry, each), "") if part else "" for each in _WHERE)
    if name == _EVERY_FIELD:
        here = {place: text for place, text in sheet.items() if place[:2] == (part, entry) and place[2] not in _WHERE}
        return Said(tuple(f"{_field(place)}: {text}" for place, text in here.items()), quote, locator)
    text = sheet.get(point, "")
    return Said((text,) if text else (), quote, locator)
