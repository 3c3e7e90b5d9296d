"""The library's functions over HTTP, one route each: JSON in, the same JSON out as `--json` prints."""

import json
from collections.abc import Callable, Mapping
from typing import Annotated

from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from oligoscope import api
from oligoscope.assess import answer
from oligoscope.files.documents import Plain
from oligoscope.web.documents import JSON_TYPES, YAML_TYPES, json_object, text_of
from oligoscope.web.problems import MEDIA_TYPE, ProblemDetails, Refused

PREFIX = "/api/v1"
CASE = {"$ref": "#/components/schemas/Case"}
BESIDE = "the name of another release on this server: the answer then has `release`, what that one answers otherwise"
REFUSALS: dict[int | str, dict[str, object]] = {
    status: {"model": ProblemDetails, "description": text, "content": {MEDIA_TYPE: {}}}
    for status, text in (
        (400, "The body is not text"),
        (403, "A page of another site asked"),
        (413, "The body is too large"),
        (415, "The type of the content is not read here"),
        (422, "Something in the document is to be mended; every problem is named"),
    )
}


class Asked(BaseModel):
    """What a request holds beside its case. A key that is none of these is refused."""

    model_config = ConfigDict(extra="forbid")


class WhatIf(Asked):
    """A case, and other values for some of its fields."""

    case: dict[str, object] = Field(description="the document of a case")
    changes: dict[str, object] = Field(description="by field: ecog, primary.n, lesions.L1.size_cm")


class Explain(Asked):
    """A case, and the table whose answer is followed to its sources."""

    case: dict[str, object] = Field(description="the document of a case")
    table: str
    lesion: str | None = Field(default=None, description="which, for a table about lesions")


class Courses(Asked):
    """Courses of radiotherapy under one alpha/beta."""

    courses: list[str] = Field(description="54Gy/3fx, 18Gyx3, 5400cGy/3fx", min_length=1, max_length=100)
    alpha_beta: float | None = Field(default=None, description="Gy; else that of the tissue")
    tissue: str | None = Field(default=None, description="the tissue whose alpha/beta is taken; else the tumour")


def fhir_router(knowledge: "api.Knowledge") -> APIRouter:
    """The operation on a FHIR bundle: the same answer, with what was read of the bundle and what was not."""
    found = APIRouter(prefix="/fhir", responses=REFUSALS)
    body = {"requestBody": {"required": True, "content": {t: {"schema": {"type": "object"}} for t in JSON_TYPES}}}

    @found.post(
        "/$assess",
        response_model=answer.Answer,
        openapi_extra=body,
        summary="Assess a FHIR R4 bundle; answered as FHIR where that is accepted",
    )
    async def assess(request: Request) -> Response:
        document = json_object(await text_of(request, JSON_TYPES))
        if not isinstance(document.get("resourceType"), str):
            raise Refused(422, "Not FHIR", "the body has no resourceType; send a bundle of one patient's resources")
        if FHIR in request.headers.get("accept", ""):
            return await run_in_threadpool(_as_fhir, document, knowledge)
        return await run_in_threadpool(lambda: _json(api.assess(document, knowledge=knowledge)))

    return found


def router(knowledge: "api.Knowledge", others: "Mapping[str, api.Knowledge]") -> APIRouter:
    """The routes, answering by this knowledge, which is read once. others: the releases beside it, by name."""
    found = APIRouter(prefix=PREFIX, responses=REFUSALS)
    case_body = {"requestBody": {"required": True, "content": {t: {"schema": CASE} for t in ALL_TYPES}}}

    async def answered(request: Request, use: Callable[[Plain], BaseModel]) -> Response:
        text = await text_of(request, ALL_TYPES)
        is_json = request.headers["content-type"].partition(";")[0].strip().lower() in JSON_TYPES
        # Text with a line end is a document, never the name of a file on this machine.
        document = json_object(text) if is_json else f"{text}\n"
        return await run_in_threadpool(lambda: _json(use(document)))

    @found.post("/assess", response_model=answer.Answer, openapi_extra=case_body, summary="Assess one case")
    async def assess(request: Request, release: Annotated[str, Query(description=BESIDE)] = "") -> Response:
        if release and release not in others:
            there = f"there are: {', '.join(others)}" if others else "this server was started with none"
            raise Refused(404, "No such release", f"there is no release {release[:40]}; {there}")
        return await answered(
            request, lambda document: api.assess(document, knowledge=knowledge, release=others.get(release))
        )

    @found.post("/trials/match", response_model=dict, openapi_extra=case_body, summary="Hold one case against trials")
    async def match(request: Request) -> Response:
        return await answered(request, lambda document: api.match(document, knowledge=knowledge))

    @found.post("/what-if", response_model=dict, summary="What other values would change")
    def what_if(asked: WhatIf) -> Response:
        return _json(api.what_if(asked.case, asked.changes, knowledge=knowledge))

    @found.post("/explain", response_model=dict, summary="Follow an answer to its rules and numbers")
    def explain(asked: Explain) -> Response:
        return _json(api.explain(asked.case, asked.table, lesion=asked.lesion, knowledge=knowledge))

    @found.post("/dose/bed", response_model=dict, summary="BED and EQD2 of courses of radiotherapy")
    def bed(asked: Courses) -> dict[str, object]:
        return api.bed(asked.courses, alpha_beta=asked.alpha_beta, tissue=asked.tissue).model_dump()

    return found


def _as_fhir(document: Mapping[str, Plain], knowledge: "api.Knowledge") -> Response:
    """The answer as FHIR resources about the patient of the bundle."""
    entries = [entry.get("resource") or {} for entry in document.get("entry") or ()]
    patient = next((each for each in (document, *entries) if each.get("resourceType") == "Patient"), {})
    subject = f"Patient/{patient['id']}" if patient.get("id") else ""
    found = api.assess(document, knowledge=knowledge).fhir(subject)
    return Response(json.dumps(found, ensure_ascii=False), media_type=FHIR)


FHIR = "application/fhir+json"
ALL_TYPES = (*JSON_TYPES, *YAML_TYPES)


def describe(app: FastAPI) -> None:
    """Let the API's own schema have that of a case. It is written when somebody asks for it: that takes a third of a
    second, which no start has to wait for.
    """
    routes_alone = app.openapi

    def described() -> dict[str, object]:
        found = routes_alone()
        found["components"]["schemas"].setdefault("Case", _case_schema())
        return found

    app.openapi = described  # type: ignore[method-assign]  # how FastAPI is told so


def _case_schema() -> Mapping[str, object]:
    """The schema of a case, its parts written out where they are used: they have no place in the API's own schema."""
    schema = api.case_schema()
    parts = schema.pop("$defs", {})

    def written_out(part: object) -> Plain:
        if isinstance(part, Mapping):
            if "$ref" in part:
                return written_out(parts[part["$ref"].rpartition("/")[2]])
            return {key: written_out(value) for key, value in part.items() if key != "$schema"}
        return [written_out(each) for each in part] if isinstance(part, list) else part

    found: Mapping[str, object] = written_out(schema)
    return found


def _json(model: BaseModel) -> Response:
    """Written once by the model itself: to check an answer of ours again would double its time."""
    return Response(model.model_dump_json(by_alias=True), media_type="application/json")
