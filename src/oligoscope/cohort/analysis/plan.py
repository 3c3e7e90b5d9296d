"""A written plan of analysis as data: what was to be done, and what departed from it."""

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from oligoscope.errors import NotAllowed
from oligoscope.files.documents import DocumentError, read_document


class _Raw(BaseModel):
    """The keys of a plan. All but `title` and `written` may be left out; what is left out is not planned."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    title: str
    written: datetime.date
    question: str = ""
    endpoint: str = ""
    origin: str = ""
    factors: list[str] = []
    divided_by: list[str] = []
    table_by: str = ""
    data_cut: datetime.date | None = None
    patients: int = 0
    events: int = 0


ALLOWED = (
    "title, written (a date), question, endpoint, from, factors, divided_by, table_by, data_cut (a date), "
    "patients and events (the numbers that were expected)"
)


@dataclass(frozen=True)
class Plan:
    """settings: what it says of each setting of the report, by name.  departures: settings that were asked otherwise.

    patients, events: how many were expected at least; 0 where it does not say.
    """

    title: str
    written: datetime.date
    question: str
    settings: Mapping[str, object]
    patients: int
    events: int
    departures: tuple[str, ...] = ()

    def fallen_short(self, patients: int, events: int) -> Iterator[str]:
        """What was expected and did not come."""
        for what, planned, found in (("patients", self.patients, patients), ("events", self.events, events)):
            if found < planned:
                yield f"{what}: at least {planned:,} were planned, {found:,} are there"


def read_plan(path: Path) -> Plan:
    """Raises NotAllowed for what is no plan."""
    try:
        content = read_document(path).content
    except DocumentError as error:
        raise NotAllowed("plan", f"{path.name}:{error.line}", "", error.problem, error.fix) from None
    if not isinstance(content, dict):
        raise NotAllowed("plan", path, ALLOWED, "it holds no keys with values", "write KEY: VALUE lines")
    given = {("origin" if key == "from" else key): value for key, value in content.items()}
    try:
        raw = _Raw.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise NotAllowed("plan", where.replace("origin", "from"), ALLOWED, first["msg"].lower()) from None
    settings = {name: getattr(raw, name) for name in SETTINGS if getattr(raw, name)}
    return Plan(raw.title, raw.written, raw.question, settings, raw.patients, raw.events)


SETTINGS = {
    "endpoint": "endpoint",
    "origin": "from",
    "factors": "factors",
    "divided_by": "divided-by",
    "table_by": "table-by",
    "data_cut": "data cut",
}
"""What a plan may settle, and what readers call it."""


def departure(name: str, planned: object, asked: object) -> str:
    """`endpoint: OS was planned, PFS was asked for`."""
    return f"{SETTINGS[name]}: {_words(planned)} was planned, {_words(asked)} was asked for"


def _words(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
