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
from oligoscope.web.frame import rendered, templates
from oligoscope.web.pages import filled_form
from oligoscope.web.problems import Refused, Wrong, wrongs
from oligoscope.web.reviews import Reviews
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
VERSION = "~seen"
"""The box that holds which state of the file was shown."""


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


def router(knowledge: "api.Knowledge", reviews: Reviews, folder: Path) -> APIRouter:
    """The pages of extraction. folder: where studies are kept that were extracted here."""
    found = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
    boxes = study_boxes(knowledge.evidence.terms)

    @found.get("/review/{name}/extract/{record}")
    def begin(name: str, record: int, request: Request) -> HTMLResponse:
        one = _extraction(reviews.path(name), record, "", knowledge.evidence)
        filled = filled_by(one.top, boxes, one.below) if one.top else {}
        filled = {**filled, **_of_record(one, filled)}
        return _page(request, name, one, {**filled, VERSION: _state(folder, one.name)}, knowledge)

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
        return await run_in_threadpool(_kept, request, name, record, filled, knowledge, reviews, folder)

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


def _extraction(store: Path, key: int, name: str, evidence: Store) -> Extraction:
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


def _state(folder: Path, name: str) -> str:
    """Which state a file has; "new" where there is none."""
    path = folder / f"{name}.yaml"
    return sha256(path.read_bytes()).hexdigest() if path.is_file() else "new"


def _page(
    request: Request,
    name: str,
    one: Extraction,
    filled: Mapping[str, str],
    knowledge: "api.Knowledge",
    problems: Sequence[Wrong] = (),
) -> HTMLResponse:
    wrong: dict[str, list[Wrong]] = {}
    for each in problems:
        wrong.setdefault(each.field, []).append(each)
    return rendered(
        request,
        "extract.html",
        knowledge.version,
        422 if problems else 200,
        review=name,
        one=one,
        record=shown(one.record),
        sentences=sentences_with_numbers(one.record.abstract),
        boxes=study_boxes(knowledge.evidence.terms),
        lists=LISTS,
        titles=TITLES,
        headings=HEADINGS,
        entries={part: numbers(part, filled) for part in LISTS},
        filled=filled,
        wrong=wrong,
        problems=problems,
        endpoints=sorted({result.endpoint for study in knowledge.evidence.studies() for result in study.results}),
        state=VERSION,
    )


# ---- keeping a study -----------------------------------------------------------------------------


def _kept(
    request: Request,
    name: str,
    key: int,
    filled: dict[str, str],
    knowledge: "api.Knowledge",
    reviews: Reviews,
    folder: Path,
) -> Response:
    """Write the study of a form, or say in which box what is to be mended."""
    store, asking = reviews.path(name), who(request).name
    one = _extraction(store, key, filled.get("study", "").strip(), knowledge.evidence)
    document = over(one.below, document_of(filled, study_boxes(knowledge.evidence.terms)))
    study, problems = checked(document, filled, one.record.abstract)
    if study is None:
        return _page(request, name, one, filled, knowledge, problems)
    try:
        if filled.get(VERSION) != _state(folder, study.study):
            fix = "open the form anew, and enter what is missing there"
            raise NotAllowed("study", study.study, "", "somebody kept this study since you opened the form", fix)
        text = _text(study, store.stem, key, asking)
        # Whatever the schema lets pass and a file cannot hold is told now, not when a page reads it.
        read_study(text, f"{study.study}.yaml")
        reviews.note(asking, name, f"extract {key} as {study.study}, {len(study.results)} results")
        write_file(folder / f"{study.study}.yaml", text)
    except OligoscopeError as error:
        return _page(request, name, one, filled, knowledge, wrongs(error))
    return RedirectResponse(f"/review/{name}/studies/{study.study}", status_code=303)


def _text(study: Study, review: str, key: int, asking: str) -> str:
    moment = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    head = f"# Extracted from record {key} of the review {review} by {asking}, {moment}.\n"
    plain = study.model_dump(mode="json", exclude_unset=True)
    return head + yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=120)


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
