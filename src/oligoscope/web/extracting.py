"""Extraction in the browser: the study of an included record beside its abstract, checked at once, kept as a study file
in a folder over the evidence; and what it changes.
"""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from oligoscope import api
from oligoscope.api import literature
from oligoscope.api.review import opened
from oligoscope.errors import NotAllowed, OligoscopeError
from oligoscope.evidence import Store, Study
from oligoscope.evidence.store import read_study
from oligoscope.files.writing import write_file
from oligoscope.literature.extraction import form, is_report, same_study, sentences_with_numbers, study_name
from oligoscope.literature.record import Record
from oligoscope.report.screened import shown
from oligoscope.web.access import who
from oligoscope.web.drafts import Drafts
from oligoscope.web.frame import rendered, templates
from oligoscope.web.pages import filled_form
from oligoscope.web.problems import Refused, Wrong, wrongs
from oligoscope.web.reviews import Reviews, reader_of
from oligoscope.web.study_form import (
    HEADINGS,
    LISTS,
    MOST_ENTRIES,
    STUDY,
    TITLES,
    checked,
    document_of,
    filled_by,
    numbers,
    over,
    study_boxes,
)

INCLUDED = ("previous", "included")
"""Boxes of the flow whose records may be extracted."""
VERSION, HANDED, READER, AS = "~seen", "~handed", "~reader", "~as"
"""Boxes that are not the study's: in which state the study was shown, and what its reader had handed in; who that is,
and as what the form is to be kept.
"""
NEW = "new"
ALONE, ONE_OF_TWO, SETTLED = "study", "one of two", "settled"
"""A form is kept as the study itself, as what one of two people entered, or as what somebody settled between them."""


@dataclass(frozen=True)
class Desk:
    """What the pages of extraction work with. folder: where studies are kept that were extracted here."""

    knowledge: "api.Knowledge"
    reviews: Reviews
    folder: Path

    def drafts(self, review: str, record: int) -> Drafts:
        """What people handed in of a record."""
        return Drafts(self.reviews.drafts(review) / str(record))

    def file(self, study: str) -> Path:
        """Where a study is kept."""
        return self.folder / f"{study}.yaml"


@dataclass(frozen=True)
class Extraction:
    """One record and where its study stands. top: as the evidence has it; below: without what was extracted here; None
    where there is none.
    """

    key: int
    record: Record
    name: str
    top: Study | None
    below: Study | None


@dataclass(frozen=True)
class Moved:
    """A pooled effect without and with a study. left_out: why it does not enter, or ""."""

    endpoint: str
    before: str
    after: str
    left_out: str


def router(desk: Desk) -> APIRouter:
    """The pages of extraction."""
    found = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    knowledge, reviews = desk.knowledge, desk.reviews

    @found.get("/review/{name}/extract/{record}")
    def begin(name: str, record: int, request: Request, reader: str = "") -> Response:
        one = extraction(reviews.path(name), record, "", knowledge.evidence)
        if desk.drafts(name, record).wait:
            return RedirectResponse(f"/review/{name}/settle/{record}", status_code=303)
        person = reader_of(request, reader)
        return form_page(request, name, one, {**_begun(desk, name, one, person), READER: person}, desk)

    @found.post("/study-entry/{part}")
    async def entry(part: str, request: Request) -> HTMLResponse:
        filled = dict(await filled_form(request))
        if part not in LISTS:
            raise Refused(404, "No such list", f"{part[:40]}; there are: {', '.join(LISTS)}")
        number = max(numbers(part, filled), default=-1) + 1
        if number >= MOST_ENTRIES:
            raise Refused(422, "Too many entries", f"a study has {MOST_ENTRIES} of them here; write a file for more")
        return _entry(part, number)

    @found.post("/review/{name}/extract/{record}")
    async def keep(name: str, record: int, request: Request) -> Response:
        filled = dict(await filled_form(request))
        return await run_in_threadpool(_answered, request, name, record, filled, desk)

    @found.get("/review/{name}/studies/{study}")
    def changed(name: str, study: str, request: Request) -> HTMLResponse:
        reviews.path(name)
        one = api.study(study, knowledge=knowledge).found
        pools, rules = list(_moved(study, knowledge)), list(_rules(study, knowledge))
        # From the day before it was published on, what is newer is this study, and little else.
        first = datetime.date.fromisoformat(one.published) - datetime.timedelta(days=1)
        values: dict[str, Any] = {"since": str(first) if first < datetime.date.today() else ""}
        values |= {"review": name, "study": one, "pools": pools, "rules": rules}
        return rendered(request, "extracted.html", knowledge.version, **values)

    return found


def _entry(part: str, number: int) -> HTMLResponse:
    """The empty boxes of one more entry of a list."""
    about = {"part": part, "number": number, "boxes": LISTS[part], "title": TITLES[part]}
    return HTMLResponse(templates().get_template("study_entry.html").render(**about, filled={}, wrong={}))


def _begun(desk: Desk, name: str, one: Extraction, person: str) -> dict[str, str]:
    """What the boxes hold at first: what the person handed in, else what evidence and record have."""
    path = desk.drafts(name, one.key).file(person) if person else None
    boxes = study_boxes(desk.knowledge.evidence.terms)
    seen = {VERSION: state_of(desk.file(one.name)), HANDED: state_of(path)}
    if path:
        mine = read_study(path.read_text("utf-8"), path.name)
        return {**filled_by(mine, boxes, one.below), **seen}
    filled = filled_by(one.top, boxes, one.below) if one.top else {}
    return {**filled, **_of_record(one, filled), **seen}


def extraction(store: Path, key: int, name: str, evidence: Store) -> Extraction:
    """A record that was included. name: of its study; "" for the one that it reports, or a new one.

    Raises Refused, NotAllowed.
    """
    flow = literature.prisma(store=store).found
    with opened(store) as review:
        record = review.record(key)
    if not any(key in flow.boxes[box].records for box in INCLUDED if box in flow.boxes):
        raise Refused(422, "Not included", "only a report that was included at full text is extracted; screen it first")
    reported = None if name else same_study(record, evidence.studies())
    name = name or (reported.study if reported else study_name(record))
    # What lies under the folder of what was extracted here, which is the last.
    under = Store(evidence.folders[:-1])
    return Extraction(
        key,
        record,
        name,
        evidence.study(name) if name in evidence.ids else None,
        under.study(name) if name in under.ids else None,
    )


def _of_record(one: Extraction, filled: Mapping[str, str]) -> dict[str, str]:
    """The boxes that the record fills: of a new study what the form of the command says; of one that is there a report
    more, where it does not have this one yet.
    """
    name = study_name(one.record)
    if one.top is None:
        fresh = read_study(form(one.record, one.name), f"{one.name}.yaml")
        return filled_by(fresh, STUDY, None)
    if any(is_report(one.record, each) for each in one.top.reports):
        return {}
    fresh = read_study(form(one.record, name), f"{name}.yaml")
    place = max(numbers("reports", filled), default=-1) + 1
    return {
        f"reports.{place}.{key.removeprefix('reports.0.')}": text
        for key, text in filled_by(fresh, (), None).items()
        if key.startswith("reports.0.")
    }


def state_of(path: Path | None) -> str:
    """Which state a file has; `NEW` where there is none."""
    return sha256(path.read_bytes()).hexdigest() if path and path.is_file() else NEW


def form_page(
    request: Request, name: str, one: Extraction, filled: Mapping[str, str], desk: Desk, problems: Sequence[Wrong] = ()
) -> HTMLResponse:
    """The form of a study. filled: what its boxes hold, with those that are not the study's."""
    wrong: dict[str, list[Wrong]] = {}
    for each in problems:
        wrong.setdefault(each.field, []).append(each)
    evidence, drafts = desk.knowledge.evidence, desk.drafts(name, one.key)
    others = [each for each in drafts.people if each != filled.get(READER, "")]
    return rendered(
        request,
        "extract.html",
        desk.knowledge.version,
        422 if problems else 200,
        review=name,
        one=one,
        record=shown(one.record),
        sentences=sentences_with_numbers(one.record.abstract),
        boxes=study_boxes(evidence.terms),
        lists=LISTS,
        titles=TITLES,
        headings=HEADINGS,
        entries={part: numbers(part, filled) for part in LISTS},
        filled=filled,
        wrong=wrong,
        problems=problems,
        endpoints=sorted({result.endpoint for study in evidence.studies() for result in study.results}),
        ways={
            "seen": (VERSION, HANDED),
            "reader": READER,
            "way": AS,
            "alone": ALONE,
            "two": ONE_OF_TWO,
            "settled": SETTLED,
        },
        others=() if drafts.settled or filled.get(AS) == SETTLED else others,
        is_mine=filled.get(READER, "") in drafts.people,
        is_settled=drafts.settled is not None,
    )


# ---- keeping a study -----------------------------------------------------------------------------


def _answered(request: Request, name: str, key: int, filled: dict[str, str], desk: Desk) -> Response:
    """Keep what a form holds, or say in which box what is to be mended."""
    store, evidence = desk.reviews.path(name), desk.knowledge.evidence
    filled[READER] = reader_of(request, filled.get(READER, ""))
    one = extraction(store, key, filled.get("study", "").strip(), evidence)
    document = over(one.below, document_of(filled, study_boxes(evidence.terms)))
    study, problems = checked(document, filled, one.record.abstract)
    if study is None:
        return form_page(request, name, one, filled, desk, problems)
    keep = _handed_in if filled.get(AS) == ONE_OF_TWO else _kept
    try:
        return RedirectResponse(keep(desk, name, key, study, filled, who(request).name), status_code=303)
    except OligoscopeError as error:
        return form_page(request, name, one, filled, desk, wrongs(error))


def _handed_in(desk: Desk, name: str, key: int, study: Study, filled: Mapping[str, str], asking: str) -> str:
    """Keep what one of two people entered; where it is told whether the other has. Raises NotAllowed."""
    drafts, person = desk.drafts(name, key), filled[READER]
    if drafts.settled:
        raise NotAllowed("study", study.study, "", "it is settled", "open the form anew, and change the study itself")
    _unchanged(study.study, drafts.file(person), filled.get(HANDED, NEW))
    text = _text(study, f"Extracted from record {key} of the review {name} by {person}, one of two")
    desk.reviews.note(asking, name, f"extract {key} for {person}, one of two, {len(study.results)} results")
    drafts.keep(person, study.study, text)
    return f"/review/{name}/settle/{key}"


def _kept(desk: Desk, name: str, key: int, study: Study, filled: Mapping[str, str], asking: str) -> str:
    """Keep the study itself; where it is told what it changes. Raises NotAllowed."""
    drafts, is_settled = desk.drafts(name, key), filled.get(AS) == SETTLED
    people, path = drafts.people, desk.file(study.study)
    others = [each for each in people if each != filled[READER]]
    if is_settled and not (drafts.wait or drafts.settled):
        raise NotAllowed("study", study.study, "", "not both have handed in what they extracted", "wait for the second")
    if others and not is_settled and not drafts.settled:
        fix = "enter it without looking at the other's, and hand it in"
        raise NotAllowed("study", study.study, "", f"{' and '.join(others)} extracted it as one of two", fix)
    _unchanged(study.study, path, filled.get(VERSION, ""))
    by = f"{' and '.join(people)}, settled by {asking}" if is_settled else asking
    text = _text(study, f"Extracted from record {key} of the review {name} by {by}")
    done = f"settle {key} of {' and '.join(people)}" if is_settled else f"extract {key}"
    desk.reviews.note(asking, name, f"{done} as {study.study}, {len(study.results)} results")
    write_file(path, text)
    if is_settled:
        drafts.settle(asking, study.study)
    elif people and not drafts.settled:
        drafts.drop(filled[READER])
    return f"/review/{name}/studies/{study.study}"


def _unchanged(study: str, path: Path | None, seen: str) -> None:
    """Raises NotAllowed where a file is another than the form was shown with. seen: its state then."""
    if state_of(path) != seen:
        fix = "open the form anew, and enter what is missing there"
        raise NotAllowed("study", study, "", "somebody kept this study since you opened the form", fix)


def _text(study: Study, head: str) -> str:
    """The file of a study, checked: what the schema lets pass and a file cannot hold is told now. Raises
    OligoscopeError.
    """
    moment = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    plain = study.model_dump(mode="json", exclude_unset=True)
    # A name that somebody gave must not end the comment.
    line = " ".join(f"# {head}, {moment}.".split())
    text = f"{line}\n{yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=120)}"
    read_study(text, f"{study.study}.yaml")
    return text


# ---- what a study changes ------------------------------------------------------------------------


def _moved(study: str, knowledge: "api.Knowledge") -> Iterator[Moved]:
    from oligoscope.report.pooled import sentences

    for endpoint in knowledge.evidence.terms.endpoints:
        with_it = api.pool(endpoint, knowledge=knowledge).found
        without = api.pool(endpoint, without=[study], knowledge=knowledge).found
        why = next((each.reason for each in with_it.left_out if each.study.study == study), "")
        is_in = any(row.study.study == study for row in with_it.selected)
        why = "" if is_in else why or "it has no effect on this endpoint in the usual population, of a randomised trial"
        yield Moved(endpoint, sentences(without)[0].text, sentences(with_it)[0].text, why)


def _rules(study: str, knowledge: "api.Knowledge") -> Iterator[tuple[str, str, str]]:
    """Table, rule and words of each rule that rests on a study."""
    for table in knowledge.tables:
        for part in table.parts:
            for rule in part.rules:
                if study in (rule.provenance.cites or part.provenance.cites):
                    yield table.name, rule.id or part.id, rule.text or part.text or table.title
