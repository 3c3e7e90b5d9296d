"""Other releases of the knowledge beside the one that answers: a case under both, side by side, and which saved cases
another would answer otherwise, to be looked at before it is made the one that answers.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from oligoscope import api
from oligoscope.assess.answer import Change
from oligoscope.assess.patient import Assessment
from oligoscope.assess.what_if import changes_between
from oligoscope.errors import NotAllowed, OligoscopeError
from oligoscope.store import Cases, Kept
from oligoscope.tables.model import APPLIES_NOT
from oligoscope.web.access import who
from oligoscope.web.frame import rendered
from oligoscope.web.kept import words_of
from oligoscope.web.problems import Refused, wrongs

Named = Mapping[str, "api.Knowledge"]
"""By the name that the server was given, the other releases."""


NOT_ASKED = "this release does not ask it"


@dataclass(frozen=True)
class Beside:
    """One question under two releases. here: as the release that answers says it; there: as the other does."""

    title: str
    here: str
    there: str
    differs: bool


@dataclass(frozen=True)
class Compared:
    """One case under another release. rows: every question of the first page, then what else differs.  problem: why the
    other cannot answer the case; then there are no rows.
    """

    name: str
    version: str
    rows: tuple[Beside, ...] = ()
    problem: str = ""

    @property
    def differing(self) -> tuple[Beside, ...]:
        """The rows that are answered otherwise."""
        return tuple(row for row in self.rows if row.differs)


def read(folders: Mapping[str, str], evidence: tuple[str, ...], knowledge: "api.Knowledge") -> Named:
    """The other releases, by name. Raises OligoscopeError for a pack of no use, or of the release that answers."""
    found = {name: api.load_knowledge(folder, evidence=evidence) for name, folder in folders.items()}
    for name, other in found.items():
        if other.version == knowledge.version:
            problem, fix = f"it is {other.version}, the release that answers", "name the pack of another release"
            raise NotAllowed("release", name, "", problem, fix)
    return found


def router(knowledge: "api.Knowledge", others: Named, cases: Cases) -> APIRouter:
    """The page of each other release, with the saved cases that it would answer otherwise."""
    found = APIRouter(prefix="/releases", include_in_schema=False, default_response_class=HTMLResponse)

    @found.get("/{name}")
    def across(name: str, request: Request) -> HTMLResponse:
        if name not in others:
            raise Refused(404, "No such release", f"there is no release {name[:40]} beside the one that answers")
        kept = cases.whole(who(request).name)
        rows = [(each.summary, beside(each, name, knowledge, others[name])) for each in kept]
        otherwise = [(summary, compared) for summary, compared in rows if compared.differing or compared.problem]
        other = others[name].version
        return rendered(
            request, "release.html", knowledge.version, named=name, other=other, rows=otherwise, n=len(kept)
        )

    return found


def beside(kept: Kept, name: str, knowledge: "api.Knowledge", other: "api.Knowledge") -> Compared:
    """A case under the release that answers and under another one."""
    try:
        here, there = (api.report(kept.document, knowledge=each).assessment for each in (knowledge, other))
    except OligoscopeError as error:
        first = wrongs(error)[0]
        return Compared(name, other.version, problem=f"{first.field}: {first.problem}")
    return Compared(name, other.version, tuple(_rows(here, there)))


def _rows(here: Assessment, there: Assessment) -> Iterator[Beside]:
    """The questions of the first page, as it says them; then every other answer that differs."""
    changes = [change for change in changes_between(here, there) if _matters(change)]
    differing = {change.table: change for change in changes}
    for table in here.knowledge.on_page:
        change = differing.pop(table.name, None)
        said, other = (_on_page(table.name, each) + _score(change, side) for side, each in enumerate((here, there)))
        yield Beside(here.knowledge.page.row(table).title, said, other, differs=change is not None)
    every = (*there.knowledge.tables, *there.knowledge.item_tables, *here.knowledge.tables, *here.knowledge.item_tables)
    titles = {table.name: table.title for table in every}
    for change in changes:
        if change.table in differing:
            title = ": ".join(filter(None, (titles[change.table], change.part_label, change.lesion)))
            said, other = (_said(change, side) + _score(change, side) for side in (0, 1))
            yield Beside(title, said, other, differs=True)


def _matters(change: Change) -> bool:
    """Whether an answer is another. That an option does not apply is none where the other release lacks the option."""
    return change.answers_otherwise and not all(possible in ((), (APPLIES_NOT,)) for possible in change.possible)


def _on_page(name: str, assessment: Assessment) -> str:
    """What a release answers to a question, in the words of its own page."""
    table = next((each for each in assessment.knowledge.tables if each.name == name), None)
    if table is None:
        return NOT_ASKED
    return words_of("|".join(assessment.settled[name].only.possible), table, assessment.knowledge)


def _said(change: Change, side: int) -> str:
    """One side of a change: its label, else all that is possible."""
    possible = change.possible[side]
    if not possible:
        return NOT_ASKED
    return " or ".join(possible) if len(possible) > 1 else change.labels[side]


def _score(change: Change | None, side: int) -> str:
    """The score on one side of a change, where it is one of scores."""
    total = change.scores[side] if change and change.scores else None
    return f", score {total.low}" + (f" to {total.high}" if total.high != total.low else "") if total else ""
