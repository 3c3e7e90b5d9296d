"""The knowledge as a clinician reads it: each table with its rules in words, their sources, what is not verified."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from oligoscope import api
from oligoscope.api.shared import table_of
from oligoscope.assess.conditions import named
from oligoscope.store.comments import Comments
from oligoscope.tables.export import rows_of
from oligoscope.tables.model import UNVERIFIED, Decision, Group, Part, Score, Table
from oligoscope.web.frame import rendered


@dataclass(frozen=True)
class Line:
    """One rule, or one way in which it holds. when: each condition, in words."""

    rule: str
    when: Sequence[tuple[str, str]]
    then: str
    text: str
    cites: Sequence[str]
    status: str
    pack: str


def router(knowledge: "api.Knowledge", comments: Comments) -> APIRouter:
    """The pages of the tables."""
    found = APIRouter(prefix="/knowledge", include_in_schema=False, default_response_class=HTMLResponse)

    @found.get("")
    def overview(request: Request) -> HTMLResponse:
        rows = [(table, len(list(_rules(table))), marks(table)) for table in knowledge.tables]
        groups = [(about, [row for row in rows if row[0].about == about]) for about in _abouts(knowledge.tables)]
        n_open = sum(len(each) for _, _, each in rows)
        return rendered(
            request, "tables.html", knowledge.version, groups=groups, n_open=n_open, releases=knowledge.releases
        )

    @found.get("/{name}")
    def one(name: str, request: Request) -> HTMLResponse:
        table = table_of(knowledge, name)
        parts = [(part, list(_lines(part, table, knowledge))) for part in table.parts]
        return rendered(
            request,
            "table.html",
            knowledge.version,
            table=table,
            parts=parts,
            is_decision=isinstance(table, Decision),
            criteria={part.id: part.criteria if isinstance(part, Group) else () for part in table.parts},
            bands=table.bands if isinstance(table, Score) else (),
            marks=marks(table),
            rules=list(_rules(table)),
            comments=comments.list(table.name),
        )

    return found


def marks(table: Table) -> list[str]:
    """What of a table is not verified: its rules and parts by name, or the table itself."""
    found = [table.name] if table.provenance.status == UNVERIFIED else []
    for part in table.parts:
        found += [part.id] if part.provenance.status == UNVERIFIED else []
        found += [rule.id for rule in part.rules if rule.provenance.status == UNVERIFIED]
    return list(dict.fromkeys(found))


def _rules(table: Table) -> Iterator[str]:
    yield from (rule.id for part in table.parts for rule in part.rules)


def _abouts(tables: Sequence[Table]) -> Sequence[str]:
    return list(dict.fromkeys(table.about for table in tables))


def _lines(part: Part, table: Table, knowledge: "api.Knowledge") -> Iterator[Line]:
    labels = {outcome.code: outcome.label for outcome in table.outcomes}
    for rule, conditions in rows_of(part):
        yield Line(
            rule=rule.id or "otherwise",
            when=[(named(knowledge, name) or name, condition) for name, condition in conditions.items()],
            then=labels.get(rule.then) or rule.then.replace("_", " "),
            text=" ".join(filter(None, (rule.text, rule.provenance.note))),
            cites=[name for name in rule.provenance.cites if name in knowledge.evidence.ids],
            status=rule.provenance.status,
            pack=rule.provenance.pack,
        )
