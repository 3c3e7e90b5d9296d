"""Concordance: a board says what it would do before it sees an answer, and both are held side by side.

Nothing here answers a case until its decision is locked: the page of a case shows its chart alone, and what is kept is
read as a chart, not assessed. The log proves the order (`store/concordance.py`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import yaml
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from oligoscope import api
from oligoscope.chart.opened import open_document
from oligoscope.errors import NotAllowed, OligoscopeError
from oligoscope.knowledge.page import STATE, TREATMENT
from oligoscope.store import Cases
from oligoscope.store.cases import BLIND
from oligoscope.store.concordance import Blind, Concordance
from oligoscope.synthesis.proportion import Share, share
from oligoscope.tables.model import Table
from oligoscope.web.access import who
from oligoscope.web.frame import rendered
from oligoscope.web.kept import checked, shown, words_of
from oligoscope.web.pages import filled_form, text_given
from oligoscope.web.problems import wrongs

OTHER = "~"
"""What a box says where a board has an answer that is none of the table's."""


@dataclass(frozen=True)
class Compared:
    """One question over all cases that count. agreed: of those with one answer; open: cases with several possible
    answers, the board's among them; they are neither agreement nor disagreement.  outside: with several, none of them
    the board's: a disagreement.
    """

    title: str
    agreed: Share | None
    open: int
    unsaid: int


@dataclass(frozen=True)
class Disagreement:
    """One case and question on which board and answer differ."""

    blind: Blind
    title: str
    board: str
    answer: str


def router(knowledge: "api.Knowledge", cases: Cases, kept: Concordance) -> APIRouter:
    """The pages of concordance."""
    found = APIRouter(prefix="/concordance", include_in_schema=False, default_response_class=HTMLResponse)
    asked = questions(knowledge)

    @found.get("")
    def overview(request: Request) -> HTMLResponse:
        return _overview(request, knowledge, cases, kept)

    @found.post("")
    async def enter(request: Request) -> Response:
        given = await request.form()
        text, pseudonym = await text_given(given), str(given.get("pseudonym") or "")
        try:
            user, release = who(request).name, knowledge.version
            made = await run_in_threadpool(_entered, f"{text}\n", pseudonym, cases, user, release)
        except OligoscopeError as error:
            return await run_in_threadpool(_overview, request, knowledge, cases, kept, wrongs(error))
        return RedirectResponse(f"/concordance/{made}", status_code=303)

    @found.get("/{case_id}")
    def case(case_id: str, request: Request) -> HTMLResponse:
        return _case(case_id, request, knowledge, kept)

    @found.post("/{case_id}")
    async def lock(case_id: str, request: Request) -> Response:
        given = dict(await filled_form(request))
        try:
            await run_in_threadpool(_locked, case_id, given, asked, knowledge, kept, who(request).name)
        except NotAllowed as error:
            return await run_in_threadpool(_case, case_id, request, knowledge, kept, wrongs(error))
        return RedirectResponse(f"/concordance/{case_id}", status_code=303)

    @found.post("/{case_id}/reason")
    async def reason(case_id: str, request: Request) -> Response:
        given = dict(await filled_form(request))
        await run_in_threadpool(kept.explain, case_id, who(request).name, given.get("reason", ""))
        return RedirectResponse(f"/concordance/{case_id}", status_code=303)

    return found


def questions(knowledge: "api.Knowledge") -> Sequence[Table]:
    """What a board is asked: the tables that the first sentence of an answer is made of."""
    return [table for table in knowledge.on_page if knowledge.page.row(table).part in (STATE, TREATMENT)]


def _entered(text: str, pseudonym: str, cases: Cases, user: str, release: str) -> str:
    """Keep a chart that nobody has seen an answer of; returns its id."""
    opened = open_document(text)
    if not isinstance(opened.content, Mapping) or not opened.content:
        raise NotAllowed("file", "", "a case in YAML or JSON, or a FHIR bundle", "it holds no case")
    checked(opened.content)
    return cases.create(opened.content, pseudonym, user, how=BLIND, knowledge=release).id


def _locked(
    case_id: str,
    given: Mapping[str, str],
    asked: Sequence[Table],
    knowledge: "api.Knowledge",
    kept: Concordance,
    user: str,
) -> None:
    """Lock what a board says, in a transaction of its own; only then is the case answered."""
    said = {table.name: given[table.name] for table in asked if given.get(table.name)}
    for table in asked:
        if said.get(table.name, OTHER) not in (*table.codes, OTHER):
            raise NotAllowed(table.name, said[table.name][:40], ", ".join(table.codes))
    version = int(given.get("version", "0")) if given.get("version", "0").isdigit() else 0
    board = given.get("who", "").strip() or user
    kept.lock(case_id, version, user, board, said, given.get("words", ""))
    document, _, _ = kept.chart(case_id, user)
    kept.answer(case_id, user, knowledge.version, shown(document, knowledge))


# ---- figures -------------------------------------------------------------------------------------


def compared(blinds: Sequence[Blind], table: Table, knowledge: "api.Knowledge") -> Compared:
    """One question over the cases that count: answered, and by nobody seen before."""
    agreed = n = n_open = unsaid = 0
    for blind in blinds:
        said, possible = blind.said.get(table.name), _possible(blind, table)
        if said is None:
            unsaid += 1
        elif len(possible) > 1 and said in possible:
            n_open += 1
        else:
            n, agreed = n + 1, agreed + (possible == (said,))
    title = knowledge.page.row(table).title
    return Compared(title, share(agreed, n) if n else None, n_open, unsaid)


def disagreements(blinds: Sequence[Blind], knowledge: "api.Knowledge") -> Iterator[Disagreement]:
    """Each case and question where the board's answer is not possible by the knowledge."""
    for blind in blinds:
        for table in questions(knowledge):
            said, possible = blind.said.get(table.name), _possible(blind, table)
            if said is not None and said not in possible:
                board = "another answer than these" if said == OTHER else words_of(said, table, knowledge)
                answer = words_of("|".join(possible), table, knowledge)
                yield Disagreement(blind, knowledge.page.row(table).title, board, answer)


def _possible(blind: Blind, table: Table) -> tuple[str, ...]:
    return tuple(blind.answers.get(table.name, "").split("|"))


# ---- pages ---------------------------------------------------------------------------------------


def _overview(
    request: Request,
    knowledge: "api.Knowledge",
    cases: Cases,
    kept: Concordance,
    problems: Sequence[object] = (),
) -> HTMLResponse:
    user = who(request).name
    blinds = kept.every(user)
    counted = [each for each in blinds if each.knowledge and not each.opened]
    locked = {each.case_id for each in blinds}
    return rendered(
        request,
        "concordance.html",
        knowledge.version,
        422 if problems else 200,
        waiting=[each for each in cases.list(user) if each.id not in locked],
        blinds=blinds,
        counted=counted,
        left_out=[each for each in blinds if each.opened],
        figures=[compared(counted, table, knowledge) for table in questions(knowledge)],
        differing=list(disagreements(counted, knowledge)),
        problems=problems,
    )


def _case(
    case_id: str,
    request: Request,
    knowledge: "api.Knowledge",
    kept: Concordance,
    problems: Sequence[object] = (),
) -> HTMLResponse:
    document, version, blind = kept.chart(case_id, who(request).name)
    rows = []
    for table in questions(knowledge):
        row = knowledge.page.row(table)
        outcomes = [(code, words_of(code, table, knowledge)) for code in table.codes]
        said = blind.said.get(table.name, "") if blind else ""
        answer = words_of(blind.answers.get(table.name, ""), table, knowledge) if blind else ""
        board = words_of(said, table, knowledge) if said in table.codes else "another answer" if said else "not said"
        rows.append({"table": table.name, "title": row.title, "outcomes": outcomes, "board": board, "answer": answer})
    return rendered(
        request,
        "blind.html",
        knowledge.version,
        422 if problems else 200,
        case_id=case_id,
        chart=yaml.safe_dump(dict(document), allow_unicode=True, sort_keys=False),
        case_version=version,
        blind=blind,
        rows=rows,
        differs=bool(blind and list(disagreements([blind], knowledge))),
        problems=problems,
        other=OTHER,
    )
