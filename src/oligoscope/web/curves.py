"""Curves: a published figure is read, checked by eye, and its patients rebuilt. Nothing of it is kept on the server:
the readings travel with the page.
"""

import base64
import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData

from oligoscope import api
from oligoscope.errors import NotAllowed, OligoscopeError
from oligoscope.web.documents import utf8
from oligoscope.web.frame import rendered, templates
from oligoscope.web.problems import Wrong, wrongs
from oligoscope.web.sent import MOST_FIELDS, of_form, on_disk, worked
from oligoscope.web.survival_rest import MOST_PIXELS, PICTURES, pairs

ONE_ARM = "all"
_OF_ALL = ("hr", "hr_low", "hr_high", "p")
"""What a publication says of two arms."""


@dataclass(frozen=True)
class Read:
    """Curves as they were read. text: the CSV.  says: what was read.  overlay: a picture to check by eye, or ""."""

    text: str
    arms: Sequence[str]
    says: str = ""
    overlay: str = ""


@dataclass(frozen=True)
class Rebuilt:
    """Patients. overlay: readings and rebuilt curves.  files: by name, what one may take along."""

    says: str
    overlay: str
    files: Mapping[str, str] = field(default_factory=dict)


def router(release: str) -> APIRouter:
    """The page of curves. release: of the knowledge."""
    found = APIRouter(prefix="/curves", include_in_schema=False, default_response_class=HTMLResponse)

    @found.get("")
    def overview(request: Request) -> HTMLResponse:
        return _page(request, release)

    @found.post("")
    async def read(request: Request) -> HTMLResponse:
        given = of_form(await request.form(max_files=2, max_fields=MOST_FIELDS))
        try:
            curves = await worked(lambda: _curves(given))
        except OligoscopeError as error:
            return _page(request, release, given, wrongs(error))
        return _page(request, release, given, read=curves)

    @found.post("/patients")
    async def patients(request: Request) -> HTMLResponse:
        form = await request.form(max_fields=MOST_FIELDS)
        try:
            rebuilt = await worked(lambda: _rebuilt(form))
        except OligoscopeError as error:
            told = templates().get_template("mend.html").render(problems=wrongs(error), heading="h3")
            return HTMLResponse(told, 422)
        return HTMLResponse(templates().get_template("rebuilt.html").render(rebuilt=rebuilt))

    return found


def _page(
    request: Request,
    release: str,
    given: Mapping[str, object] | None = None,
    problems: Sequence[Wrong] = (),
    read: Read | None = None,
) -> HTMLResponse:
    values = {name: given.get(name, "") for name in ("x", "y", "colours")} if given else {}
    shown = {"x": "", "y": "", "colours": "", **values, "problems": problems, "read": read, "pictures": PICTURES}
    return rendered(request, "curves.html", release, 422 if problems else 200, **shown, of_all=_OF_ALL)


def _curves(given: Mapping[str, Any]) -> Read:
    """The readings that were sent, or those of the picture. Raises NotAllowed."""
    if "readings" in given:
        text = utf8(given["readings"].file.read())
        return Read(text, _arms(_columns(text)))
    if "picture" not in given:
        raise NotAllowed("picture", "", "", "it is missing", "a figure with its axes is needed, or its readings")
    colours = pairs("colours", given.get("colours", "").splitlines())
    with on_disk(given, ("picture",), PICTURES) as (picture,):
        axes = {name: text for name in ("x", "y") if (text := str(given.get(name, "")).strip())}
        found = api.ipd_figure(picture, axes=axes, curves=colours, most_pixels=MOST_PIXELS)
    files = found.found.files()
    # What follows the table are words about the command.
    says = str(found).replace(found.found.picture.name, "the picture").partition("Look at the overlay")[0]
    return Read(str(files["curve.csv"]), tuple(found.found.curves), says, _data_uri(*found.found.overlay()))


def _rebuilt(form: FormData) -> Rebuilt:
    """Patients of the arms of a form. Raises NotAllowed."""
    from oligoscope.report.ipd import ipd_files

    columns = _columns(str(form.get("curve") or ""))
    arms, called = _each(form, "arm"), _each(form, "called")
    names = {arm: name or arm for arm, name in zip(arms, called, strict=False)}
    curve = {**columns, "arm": [names.get(arm, arm) for arm in columns["arm"]]}
    order = list(names.values())
    if len(set(order)) < len(order):
        raise NotAllowed("arm", ", ".join(order), "names that differ", "two arms have one name")
    times = _numbers(str(form.get("times") or ""))
    counts = dict(zip(order, map(_numbers, _each(form, "at_risk")), strict=False))
    for name, each in counts.items():
        if len(each) != len(times):
            problem = f"there are {len(each)} numbers for {len(times)} times"
            raise NotAllowed("numbers at risk", name, "one number for each time", problem)
    risk = {
        "arm": [name for name in counts for _ in times],
        "time": [*times] * len(counts),
        "n_risk": [n for each in counts.values() for n in each],
    }
    events, medians = (_of_arms(form, name) for name in ("events", "median"))
    reported = {name: str(form.get(name)).strip() for name in _OF_ALL if str(form.get(name) or "").strip()}
    found = api.ipd(curve, risk, events=events, reported={**reported, **({"median": medians} if medians else {})})
    files = ipd_files(found.found)
    kinds = {"ipd.csv": "text/csv", "quality.json": "application/json", "overlay.svg": "image/svg+xml"}
    as_links = {name: _data_uri(kind, files[name].encode()) for name, kind in kinds.items()}
    return Rebuilt(str(found), as_links["overlay.svg"], as_links)


def _each(form: FormData, name: str) -> list[str]:
    return [str(each).strip() for each in form.getlist(name)]


def _of_arms(form: FormData, name: str) -> list[str] | None:
    """One number for each arm, a dash where its box is empty; None where all are."""
    found = _each(form, name)
    return [each or "-" for each in found] if any(found) else None


def _numbers(text: str) -> list[str]:
    return text.replace(",", " ").replace(";", " ").split()


def _columns(text: str) -> dict[str, list[str]]:
    """A table of readings by columns. Raises NotAllowed."""
    head, *rows = [*csv.reader(io.StringIO(text))] or [[]]
    rows = [row for row in rows if row]
    uneven = next((row for row in rows if len(row) != len(head)), None)
    if not rows or uneven is not None:
        problem = "there is no reading" if not rows else f"a row has {len(uneven or ())} cells, not {len(head)}"
        raise NotAllowed("readings", "", "a table: arm,time,survival with one row for each reading", problem)
    found = {name.strip(): [row[i] for row in rows] for i, name in enumerate(head)}
    return {"arm": [ONE_ARM] * len(rows), **found}


def _arms(columns: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(columns["arm"]))


def _data_uri(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
