"""What a request of survival or curves holds: one JSON object, or a form with its tables as files and its settings as
boxes; and the room in which it is worked out.
"""

import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile

from oligoscope.errors import NotAllowed
from oligoscope.web.documents import JSON_TYPES, json_object, text_of
from oligoscope.web.problems import Refused

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)
FORM = "multipart/form-data"
TABLES = (".csv", ".tsv", ".parquet")
MOST_FIELDS = 60
_ONE = threading.Lock()
"""Drawing figures is no work for two threads (pyplot), and two large tables at once would take all memory."""


async def worked(use: Callable[[], T]) -> T:
    """What `use` gives, worked out beside the requests of others, one at a time."""

    def alone() -> T:
        with _ONE:
            return use()

    return await run_in_threadpool(alone)


async def given(request: Request, files: Sequence[str]) -> Mapping[str, object]:
    """The settings and tables of a request. files: which are tables: columns by name in JSON, files in a form.

    A setting that is sent twice is a list. Raises Refused for any other type of content.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in JSON_TYPES:
        return await run_in_threadpool(json_object, await text_of(request, JSON_TYPES))
    if kind != FORM:
        allowed = ", ".join((*JSON_TYPES, FORM))
        raise Refused(415, "Content type not read here", f"content-type {kind or '(none)'}; allowed: {allowed}")
    return of_form(await request.form(max_files=len(files), max_fields=MOST_FIELDS))


def of_form(form: FormData) -> dict[str, object]:
    """The boxes and files of a form, empty ones left out."""
    found: dict[str, object] = {}
    for name in form:
        values = [each for each in form.getlist(name) if (each.size if isinstance(each, UploadFile) else each.strip())]
        if values:
            found[name] = values[0] if len(values) == 1 else values
    return found


def checked(model: type[M], found: Mapping[str, object], files: Sequence[str]) -> M:
    """The settings beside the tables. Raises RequestValidationError, and NotAllowed for a table that is lacking."""
    for name in files:
        if not isinstance(found.get(name), (dict, list, UploadFile)) or isinstance(found.get(name), str):
            fix = "send columns by name in JSON, or one file in a form"
            raise NotAllowed(name, "", ", ".join(TABLES), "there is no such table in the request", fix)
    try:
        return model.model_validate({name: value for name, value in found.items() if name not in files})
    except ValidationError as error:
        told = [
            {**each, "loc": ("body", *each["loc"])} for each in error.errors(include_url=False, include_input=False)
        ]
        raise RequestValidationError(told) from None


@contextmanager
def on_disk(found: Mapping[str, object], files: Sequence[str], endings: Sequence[str] = TABLES) -> Iterator[list[Any]]:
    """The tables: files of a form in a folder of the owner's alone, for as long as they are read; columns as they are.

    Raises NotAllowed for a file of another kind; what is raised within says nothing of the folder.
    """
    with tempfile.TemporaryDirectory(prefix="oligoscope-sent-") as place:
        try:
            yield [_kept(name, found[name], Path(place), endings) for name in files]
        except NotAllowed as error:
            parts = (error.value, error.allowed, error.problem, error.fix)
            value, allowed, text, fix = (str(each).replace(f"{place}/", "") for each in parts)
            raise NotAllowed(error.field, value, allowed, text, fix) from None


def _kept(name: str, value: object, place: Path, endings: Sequence[str]) -> object:
    if not isinstance(value, UploadFile):
        return value
    ending = Path(value.filename or "").suffix.lower()
    if ending not in endings:
        raise NotAllowed(name, f"{value.filename}"[:60], ", ".join(endings), "its ending is none of these")
    path = place / f"{name}{ending}"
    with path.open("wb") as out:
        while part := value.file.read(1 << 20):
            out.write(part)
    return path
