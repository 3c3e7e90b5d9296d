"""CDS Hooks 2.0: cards in the hospital's own system, only where there is something to be told."""

from collections.abc import Iterator, Mapping, Sequence
from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field

from oligoscope import api
from oligoscope.chart.problems import CaseError
from oligoscope.errors import OligoscopeError
from oligoscope.files.documents import Plain
from oligoscope.report.first.model import FirstPart, Said
from oligoscope.report.wording import DISCLAIMER
from oligoscope.store.hooks import OUTCOMES, Hooks
from oligoscope.web.documents import json_object, text_of
from oligoscope.web.prefetch import TEMPLATES, resources
from oligoscope.web.problems import Refused
from oligoscope.web.rest import REFUSALS
from oligoscope.web.tokens import Clients

LONGEST = 139
"""Letters of a card's summary: fewer than 140."""
HOOKS = {"patient-view": "oligoscope-patient", "order-select": "oligoscope-order", "order-sign": "oligoscope-sign"}
"""By hook, the service."""
TITLE = "Local therapy in oligometastatic lung cancer"
REASONS = (
    ("not-oligometastatic", "The disease is not oligometastatic"),
    ("chart-incomplete", "The chart does not show what the team knows"),
    ("decided-otherwise", "The tumour board has decided otherwise"),
    ("patient-wish", "The patient wishes otherwise"),
)
"""Why a card may be overridden."""


class Word(BaseModel):
    """What was done with one card."""

    model_config = ConfigDict(extra="allow")

    card: str = Field(max_length=100)
    outcome: str
    overrideReason: dict[str, object] | None = None


class Feedback(BaseModel):
    """What was done with cards."""

    model_config = ConfigDict(extra="allow")

    feedback: list[Word] = Field(min_length=1, max_length=100)


def router(knowledge: "api.Knowledge", hooks: Hooks, clients: Clients, servers: Sequence[str]) -> APIRouter:
    """Discovery, the services, and feedback. servers: FHIR servers that may be asked for what a call lacks."""
    refused: dict[int | str, dict[str, object]] = dict.fromkeys((400, 401, 404, 412), REFUSALS[422])
    found = APIRouter(prefix="/cds-services", responses={**REFUSALS, **refused})

    @found.get("", summary="The services")
    def discovery() -> dict[str, object]:
        return {"services": [_service(hook, name) for hook, name in HOOKS.items()]}

    @found.post("/{service}", response_model=dict, openapi_extra=CALL, summary="Cards for one call")
    async def cards(service: str, request: Request) -> dict[str, object]:
        _known(service)
        await run_in_threadpool(clients.check, request.headers.get("authorization", ""), str(request.url))
        call = json_object(await text_of(request, ("application/json",)))
        _checked(call, service)
        given = await resources(call, servers)
        home = str(request.base_url)
        return {"cards": await run_in_threadpool(lambda: list(_cards(call, given, knowledge, home)))}

    @found.post("/{service}/feedback", summary="What was done with cards")
    def feedback(service: str, said: Feedback, request: Request) -> dict[str, object]:
        _known(service)
        clients.check(request.headers.get("authorization", ""), str(request.url))
        wrong = [word.outcome for word in said.feedback if word.outcome not in OUTCOMES]
        if wrong:
            raise Refused(422, "No such outcome", f"{wrong[0][:40]}; allowed: {', '.join(OUTCOMES)}")
        for word in said.feedback:
            reason = (word.overrideReason or {}).get("reason") or {}
            code = str(reason.get("code") or "")[:100] if isinstance(reason, Mapping) else ""
            hooks.keep(service, word.card, word.outcome, code)
        return {}

    return found


CALL = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}


def _service(hook: str, name: str) -> dict[str, object]:
    return {
        "hook": hook,
        "id": name,
        "title": TITLE,
        "description": "State of the disease, whether local therapy is recommended, and what must be told beside it.",
        "prefetch": dict(TEMPLATES),
    }


def _known(service: str) -> None:
    if service not in HOOKS.values():
        raise Refused(404, "No such service", f"{service[:40]}; allowed: {', '.join(HOOKS.values())}")


def _checked(call: Mapping[str, object], service: str) -> None:
    hook = call.get("hook")
    if HOOKS.get(str(hook)) != service:
        wanted = next(hook for hook, name in HOOKS.items() if name == service)
        raise Refused(400, "Another hook", f"hook {str(hook)[:40]}; this service answers {wanted}")
    if not isinstance(call.get("hookInstance"), str) or not isinstance(call.get("context"), Mapping):
        raise Refused(400, "Not a call", "hookInstance and context are needed")


# ---- cards ---------------------------------------------------------------------------------------


def _cards(
    call: Mapping[str, object], given: Sequence[Mapping[str, object]], knowledge: "api.Knowledge", home: str
) -> Iterator[dict[str, object]]:
    before = _first(given, knowledge)
    if before is None:
        return
    if call["hook"] == "patient-view":
        if before.lesions or before.stops:
            yield _card(before, before.sentence.text, before.stops, before.flags, home)
        return
    drafts = [*given, *_drafts(call)]
    after = _first(drafts, knowledge) if len(drafts) > len(given) else None
    if after is None:
        return
    stops, flags = (
        [said for said in new if said not in old]
        for new, old in ((after.stops, before.stops), (after.flags, before.flags))
    )
    if stops or flags:
        first = (*stops, *flags)[0].text
        yield _card(after, f"With this order: {first}", stops, flags, home)


def _first(given: Sequence[Mapping[str, object]], knowledge: "api.Knowledge") -> FirstPart | None:
    """The first page of these resources; None where no lung cancer is recorded. Raises Refused for what is not FHIR."""
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": each} for each in given]}
    try:
        report = api.report(bundle, knowledge=knowledge)
    except CaseError as error:
        if any("not FHIR" in problem.text for problem in error.problems):
            raise Refused(412, "Data cannot be read", str(error.problems[0])) from None
        return None
    except OligoscopeError as error:
        raise Refused(412, "Data cannot be read", str(error)) from None
    imported = report.imported
    return report.first if imported and imported.of_lung else None


def _drafts(call: Mapping[str, Plain]) -> Iterator[Mapping[str, object]]:
    """The orders that are being written, as if they were given out."""
    orders = call["context"].get("draftOrders")
    for entry in (orders.get("entry") or ()) if isinstance(orders, Mapping) else ():
        resource = entry.get("resource") if isinstance(entry, Mapping) else None
        if isinstance(resource, Mapping) and resource.get("resourceType") == "MedicationRequest":
            yield {**resource, "status": "active"}


def _card(first: FirstPart, summary: str, stops: Sequence[Said], flags: Sequence[Said], home: str) -> dict[str, object]:
    lines = [first.sentence.text, *([first.evidence.text] if first.evidence else [])]
    lines += [f"**Stop** {said.text}" for said in stops] + [f"**Caution** {said.text}" for said in flags]
    lines += [f"- {row.title}: {row.answer}" for row in first.answers]
    lines += [f"**Ask next** {asked.question}" for asked in first.asked[:1]]
    lines += [*first.remarks, DISCLAIMER]
    return {
        "uuid": str(uuid4()),
        "summary": summary if len(summary) <= LONGEST else f"{summary[: LONGEST - 1]}…",
        "detail": "\n\n".join(lines),
        "indicator": "critical" if stops else "warning" if flags else "info",
        "source": {"label": "oligoscope", "url": home},
        "overrideReasons": [{"code": code, "display": text} for code, text in REASONS],
    }
