"""Trials: what each asks, who of the saved cases meets it, and what keeps the others out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse

from oligoscope import api
from oligoscope.errors import OligoscopeError
from oligoscope.knowledge import Trial
from oligoscope.store import Cases, Kept
from oligoscope.trials.match import MATCHES, NO, TrialMatch
from oligoscope.web.access import who
from oligoscope.web.frame import rendered
from oligoscope.web.pages import filled_form
from oligoscope.web.problems import Wrong, wrongs


@dataclass
class Across:
    """One trial across the saved cases. alone: by criterion, the cases that nothing else keeps out."""

    trial: Trial
    fits: int = 0
    open: int = 0
    out: int = 0
    alone: Counter[str] = field(default_factory=Counter)


def router(knowledge: "api.Knowledge", cases: Cases) -> APIRouter:
    """The pages of trials."""
    found = APIRouter(prefix="/trials", include_in_schema=False, default_response_class=HTMLResponse)
    trials = {trial.trial: trial for trial in knowledge.trials}

    @found.get("")
    def overview(request: Request) -> HTMLResponse:
        ordered = sorted(trials.values(), key=lambda each: (not each.enrolling, each.title))
        return rendered(request, "trials.html", knowledge.version, trials=ordered)

    @found.get("/saved")
    def across_saved(request: Request) -> HTMLResponse:
        kept = cases.whole(who(request).name)
        rows = across(kept, knowledge)
        return rendered(request, "across.html", knowledge.version, rows=rows, n=len(kept))

    @found.get("/saved/{case_id}")
    def of_case(case_id: str, request: Request) -> HTMLResponse:
        return _case(case_id, "", request, knowledge, cases)

    @found.post("/saved/{case_id}")
    async def would(case_id: str, request: Request) -> HTMLResponse:
        trial = dict(await filled_form(request)).get("trial", "")
        return await run_in_threadpool(_case, case_id, trial, request, knowledge, cases)

    @found.get("/{name}")
    def one(name: str, request: Request) -> HTMLResponse:
        return rendered(
            request, "trial.html", knowledge.version, trial=api.trial(name, knowledge=knowledge).found, known=trials
        )

    return found


def across(kept: Sequence[Kept], knowledge: "api.Knowledge") -> list[Across]:
    """Every trial with how the saved cases meet it; those that recruit first."""
    rows = {trial.trial: Across(trial) for trial in knowledge.trials}
    for each in kept:
        for match in _matches(each.document, knowledge):
            row = rows[match.trial.trial]
            if match.match == NO:
                row.out += 1
                row.alone.update(match.failed if len(match.failed) == 1 else ())
            elif match.match == MATCHES:
                row.fits += 1
            else:
                row.open += 1
    return sorted(rows.values(), key=lambda row: (not row.trial.enrolling, -row.fits, -row.open, row.trial.title))


def _matches(document: Mapping[str, object], knowledge: "api.Knowledge") -> Sequence[TrialMatch]:
    return api.report(document, knowledge=knowledge).matches


def _case(case_id: str, trial: str, request: Request, knowledge: "api.Knowledge", cases: Cases) -> HTMLResponse:
    """A case held against every trial; trial: of which one it is also asked what would make the patient eligible."""
    kept = cases.read(case_id, who(request).name)
    matches = _matches(kept.document, knowledge)
    ways = ""
    problems: Sequence[Wrong] = ()
    if trial:
        try:
            ways = str(api.what_would(kept.document, trial=trial, knowledge=knowledge))
        except OligoscopeError as error:
            problems = wrongs(error)
    return rendered(
        request,
        "referral.html",
        knowledge.version,
        422 if problems else 200,
        kept=kept.summary,
        offered=[each for each in matches if each.offered],
        others=[each for each in matches if not each.offered],
        asked=trial,
        ways=ways,
        problems=problems,
    )
