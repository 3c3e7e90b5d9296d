"""Survival of any table and patients out of curves, over HTTP: the same JSON as `--json` prints; nothing is kept."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, Field

from oligoscope import api
from oligoscope.errors import NotAllowed
from oligoscope.web.rest import PREFIX, REFUSALS, Asked
from oligoscope.web.sent import FORM, checked, given, on_disk, worked

Words = str | list[str]
Numbers = str | float | list[float | str]
MOST_SETS = 200
PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".gif", ".webp", ".bmp", ".svg", ".pdf")
MOST_PIXELS = 3_000_000
"""Of a picture: reading one of 6 million takes 16 s and 1.2 GB, and adds nothing."""


class _Outcome(Asked):
    time: str = Field(description="the column with the time followed")
    event: str = Field(description="the column with 1 for an event, 0 for none")
    entry: str | None = Field(default=None, description="the column with the time from which each was followed")


class _Causes(Asked):
    time: str = Field(description="the column with the time followed")
    cause: str = Field(description="the column with 0 for none, else 1, 2 … for each cause")


class Km(_Outcome):
    """Kaplan-Meier curves."""

    by: str | None = None
    at: Numbers | None = Field(default=None, description="times")
    curve: bool = Field(default=False, description="every step in place of some times")
    interval: str = "log-log"


class LogRank(_Outcome):
    """The log-rank test."""

    by: str
    strata: str | None = None
    rho: float = 0


class CoxModel(_Outcome):
    """Cox regression."""

    covariates: Words = Field(description="age, arm:factor, arm:factor=control")
    strata: str | None = None
    cluster: str | None = None
    weights: str | None = None
    ties: str = "efron"


class Means(_Outcome):
    """Restricted mean survival time."""

    tau: float
    by: str | None = None


class Incidence(_Causes):
    """Cumulative incidence of competing causes."""

    by: str | None = None
    at: Numbers | None = None
    curve: bool = False


class FineGray(_Causes):
    """Fine and Gray's regression."""

    covariates: Words
    of: int = 1


class Rebuild(Asked):
    """Patients out of a curve."""

    events: Numbers | None = Field(default=None, description="of each arm, in the order of the curve")
    reported: dict[str, Numbers] | Words | None = Field(
        default=None, description="hr, hr_low, hr_high, p, median, rate@TIME; in a form as hr=0.30"
    )
    sets: int = Field(default=40, ge=1, le=MOST_SETS)
    seed: int = 1
    method: str = Field(default="constrained", description="or guyot, or iterative")


class Figure(Asked):
    """A picture of curves, or a drawing (PDF, SVG); an axis may be left out whose numbers can be read."""

    x: str = Field(
        "", description="0:30, values of the first and last tick mark; or 0@97,30@560, two with their places"
    )
    y: str = ""
    page: int = Field(default=1, ge=1, description="of a PDF")
    curve: Words | None = Field(default=None, description="control=#1f77b4, once for each arm")


class _Method(NamedTuple):
    model: type[BaseModel]
    function: Callable[..., Any]


def router() -> APIRouter:
    """The routes. Each is worked out alone: a large table takes much memory."""
    found = APIRouter(prefix=PREFIX, responses=REFUSALS)
    methods = {
        "km": _Method(Km, api.survival.km),
        "logrank": _Method(LogRank, api.survival.logrank),
        "cox": _Method(CoxModel, api.survival.cox),
        "rmst": _Method(Means, api.survival.rmst),
        "cuminc": _Method(Incidence, api.survival.cuminc),
        "finegray": _Method(FineGray, api.survival.finegray),
    }
    for name, method in methods.items():
        summary = f"{(method.model.__doc__ or '').rstrip('.')}, of a table"
        found.post(
            f"/survival/{name}",
            response_model=dict,
            name=name,
            summary=summary,
            openapi_extra=_body(method.model, ("data",)),
        )(_answering(method))

    @found.post("/ipd", response_model=dict, openapi_extra=_body(Rebuild, _CURVES), summary="Patients out of a curve")
    async def ipd(request: Request) -> Response:
        sent = await given(request, _CURVES)
        asked = checked(Rebuild, sent, _CURVES)
        return await worked(lambda: _rebuilt(sent, asked))

    @found.post(
        "/ipd/figure", response_model=dict, openapi_extra=_body(Figure, ("picture",)), summary="Curves out of a picture"
    )
    async def figure(request: Request) -> Response:
        sent = await given(request, ("picture",))
        asked = checked(Figure, sent, ("picture",))
        return await worked(lambda: _read(sent, asked))

    return found


_CURVES = ("curve", "at_risk")


def _answering(method: _Method) -> Callable[[Request], object]:
    async def answer(request: Request) -> Response:
        sent = await given(request, ("data",))
        asked = checked(method.model, sent, ("data",))

        def told() -> Response:
            with on_disk(sent, ("data",)) as (table,):
                return _json(method.function(table, **asked.model_dump()).model_dump())

        return await worked(told)

    return answer


def _rebuilt(sent: Mapping[str, object], asked: Rebuild) -> Response:
    from oligoscope.report.ipd import ipd_files

    reported = asked.reported if isinstance(asked.reported, Mapping) else pairs("reported", asked.reported)
    with on_disk(sent, _CURVES) as (curve, at_risk):
        found = api.ipd(
            curve,
            at_risk,
            events=asked.events,
            reported=reported,
            sets=asked.sets,
            seed=asked.seed,
            method=asked.method,
        )
        return _json({**found.model_dump(), "patients": ipd_files(found.found)["ipd.csv"]})


def _read(sent: Mapping[str, object], asked: Figure) -> Response:
    with on_disk(sent, ("picture",), PICTURES) as (picture,):
        axes = {name: text for name, text in (("x", asked.x), ("y", asked.y)) if text}
        curves = pairs("curve", asked.curve)
        found = api.ipd_figure(picture, axes=axes, curves=curves, page=asked.page, most_pixels=MOST_PIXELS)
        kind, overlay = found.found.overlay()
        told = {**found.model_dump(), "picture": picture.name, "curve": found.found.tables()}
        return _json({**told, "overlay": f"data:{kind};base64,{base64.b64encode(overlay).decode()}"})


def pairs(field: str, words: Words | None) -> dict[str, str]:
    """control=#1f77b4 as name and value. Raises NotAllowed."""
    found: dict[str, str] = {}
    for word in [words] if isinstance(words, str) else words or ():
        name, sign, value = (part.strip() for part in word.partition("="))
        if not sign or not name or not value or name in found:
            raise NotAllowed(field, word[:60], "NAME=VALUE, each name once", "this is none")
        found[name] = value
    return found


def _json(content: Mapping[str, object]) -> Response:
    return Response(json.dumps(content, ensure_ascii=False, allow_nan=False), media_type="application/json")


def _body(model: type[BaseModel], files: Sequence[str]) -> dict[str, object]:
    """How a request looks, as JSON and as a form."""
    schema = model.model_json_schema()
    properties, required = schema["properties"], [*files, *schema.get("required", ())]
    columns = {"oneOf": [{"type": "object"}, {"type": "array"}], "description": "columns by name, or rows"}
    forms = {"application/json": columns, FORM: {"type": "string", "format": "binary"}}
    if files == ("picture",):
        del forms["application/json"]
    content = {
        kind: {
            "schema": {
                "type": "object",
                "required": required,
                "properties": {**dict.fromkeys(files, table), **properties},
                "additionalProperties": False,
            }
        }
        for kind, table in forms.items()
    }
    return {"requestBody": {"required": True, "content": content}}
