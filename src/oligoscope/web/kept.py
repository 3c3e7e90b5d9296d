"""Saved cases over HTTP, and what a release of the knowledge changes for a decision that a board made."""

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import asdict

from fastapi import APIRouter, Header, Request
from pydantic import BaseModel, Field

from oligoscope import api
from oligoscope.chart.opened import open_document
from oligoscope.store import Cases, Decision, Kept, Summary
from oligoscope.tables.model import Table
from oligoscope.web.access import who
from oligoscope.web.rest import PREFIX, REFUSALS, Asked

HERE = {
    **REFUSALS,
    404: {**REFUSALS[422], "description": "There is no such case"},
    409: {**REFUSALS[422], "description": "Somebody else saved it in between; nothing was overwritten"},
    503: {**REFUSALS[422], "description": "The database does not answer; nothing was saved"},
}


class NewCase(Asked):
    """A case to be kept."""

    case: dict[str, object] = Field(description="the document of a case")
    pseudonym: str = Field(default="", description="what the board calls the patient; kept apart from the case")


class Save(Asked):
    """What is new of a case that was read at a version."""

    version: int
    case: dict[str, object] | None = None
    status: str | None = Field(default=None, description="open, discussed, treated, closed")
    discussed: str | None = Field(default=None, description="the day of the board")


class Decide(Asked):
    """What a board decided."""

    version: int
    decision: str
    dissent: str = ""
    who: str = ""


class Said(BaseModel):
    """A case in a list."""

    id: str
    pseudonym: str
    version: int
    status: str
    discussed: str
    changed: str
    knowledge: str = Field(description="the release that answered when its document was saved; empty where not noted")


class Difference(BaseModel):
    """An answer that is another than the board was shown. sources: studies that the present answer rests on."""

    table: str
    title: str
    before: str
    after: str
    sources: tuple[str, ...]


class SaidDecision(BaseModel):
    """A decision, and what the present knowledge answers otherwise than the board was shown."""

    decision: str
    dissent: str
    who: str
    made: str
    case_version: int
    knowledge: str
    changed: tuple[Difference, ...]


class SaidWhole(Said):
    """A case with its document and its decisions."""

    case: dict[str, object]
    decisions: tuple[SaidDecision, ...]


def router(knowledge: "api.Knowledge", cases: Cases) -> APIRouter:
    """The routes of saved cases."""
    found = APIRouter(prefix=f"{PREFIX}/cases", responses=HERE)

    @found.get("", summary="Every saved case")
    def every(request: Request) -> list[Said]:
        return [_said(each) for each in cases.list(who(request).name)]

    @found.post("", status_code=201, summary="Save a new case")
    def create(request: Request, new: NewCase, idempotency_key: str = Header(default="")) -> Said:
        checked(new.case)
        user = who(request).name
        return _said(cases.create(new.case, new.pseudonym, user, idempotency_key, knowledge=knowledge.version))

    @found.get("/{case_id}", summary="A saved case; that it was read is logged")
    def read(request: Request, case_id: str) -> SaidWhole:
        return _whole(cases.read(case_id, who(request).name), knowledge)

    @found.put("/{case_id}", summary="Save a case that was read at a version")
    def save(request: Request, case_id: str, new: Save) -> Said:
        if new.case is not None:
            api.report(new.case, knowledge=knowledge)
        more = new.model_dump(include={"status", "discussed"})
        user, release = who(request).name, knowledge.version
        kept = cases.save(case_id, new.version, user, document=new.case, knowledge=release, **more)
        return _said(kept)

    @found.post("/{case_id}/decision", summary="Keep what a board decided")
    def decide(request: Request, case_id: str, new: Decide) -> Said:
        said = (new.decision, new.dissent, new.who)
        return _said(decided(cases, knowledge, case_id, new.version, *said, who(request).name))

    @found.get("/{case_id}/export", summary="Everything that is kept about a case, the log's lines too")
    def export(request: Request, case_id: str) -> dict[str, object]:
        return cases.export(case_id, who(request).name)

    @found.delete("/{case_id}", status_code=204, summary="Forget a patient; the log keeps that there was a case")
    def forget(request: Request, case_id: str) -> None:
        cases.forget(case_id, who(request).name)

    return found


def checked(document: Mapping[str, object]) -> None:
    """Read a chart without answering it: what cannot be read is refused before it is kept. Raises CaseError."""
    open_document(document).case(datetime.date.today())


def decided(
    cases: Cases,
    knowledge: "api.Knowledge",
    case_id: str,
    version: int,
    decision: str,
    dissent: str,
    board: str,
    user: str,
) -> Summary:
    """Keep a decision with the answers that the present knowledge gives for the case as it stands. board: who decided;
    user: who writes it down.
    """
    answers = shown(cases.read(case_id, user).document, knowledge)
    board = board.strip() or user
    return cases.decide(case_id, version, user, board, decision, dissent, knowledge.version, answers)


def shown(document: Mapping[str, object], knowledge: "api.Knowledge") -> dict[str, str]:
    """By table of the first page, the answers that are possible, in one text."""
    settled = api.report(document, knowledge=knowledge).assessment.settled
    return {table.name: "|".join(settled[table.name].only.possible) for table in knowledge.on_page}


def differences(kept: Kept, decision: Decision, knowledge: "api.Knowledge") -> Iterator[Difference]:
    """What the present knowledge answers otherwise than the board was shown, for the case as it stands now."""
    settled = api.report(kept.document, knowledge=knowledge).assessment.settled
    for table in knowledge.on_page:
        before, now = decision.answers.get(table.name), settled[table.name].only
        if before is not None and before != "|".join(now.possible):
            rules = [table.rule(rule) for rule in now.rules]
            sources = dict.fromkeys(name for rule in rules if rule for name in rule.provenance.cites)
            yield Difference(
                table=table.name,
                title=knowledge.page.row(table).title,
                before=words_of(before, table, knowledge),
                after=words_of("|".join(now.possible), table, knowledge),
                sources=tuple(sources),
            )


def words_of(codes: str, table: Table, knowledge: "api.Knowledge") -> str:
    """Answers as the page says them; codes that the table has no more, as they are."""
    phrases = knowledge.page.row(table).phrases
    return " or ".join(
        phrases.get(code) or (table.outcome(code).label if code in table.codes else "") or code
        for code in codes.split("|")
    )


def _said(each: Summary) -> Said:
    return Said(**asdict(each))


def _whole(kept: Kept, knowledge: "api.Knowledge") -> SaidWhole:
    decisions = tuple(
        SaidDecision(
            **{key: value for key, value in asdict(each).items() if key != "answers"},
            changed=tuple(differences(kept, each, knowledge)),
        )
        for each in kept.decisions
    )
    return SaidWhole(**asdict(kept.summary), case=dict(kept.document), decisions=decisions)
