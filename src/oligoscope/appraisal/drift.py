"""What the evidence published between two days changed: pooled effects, the strength behind candidacy rules, statements
of the review.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from oligoscope.appraisal.pool import Pool, pool
from oligoscope.appraisal.select import Request, Selected
from oligoscope.evidence import Publication, Result, Study, Terms
from oligoscope.evidence.review import Statement
from oligoscope.knowledge import Knowledge


@dataclass(frozen=True)
class PoolDrift:
    """One pooled effect before and after.

    entered: studies that are new in it; renewed: studies whose newer report took over.
    """

    endpoint: str
    before: Pool
    after: Pool
    entered: tuple[Selected, ...]
    renewed: tuple[Selected, ...]


@dataclass(frozen=True)
class RuleDrift:
    """A rule whose strength rests on something not yet published on the first day."""

    table: str
    rule: str
    outcome: str
    text: str
    because: tuple[str, ...]
    published: str


@dataclass(frozen=True)
class StatementDrift:
    """A statement of the review that studies published since put in another light."""

    statement: Statement
    because: tuple[Study, ...]


@dataclass(frozen=True)
class Newcomer:
    """A randomised trial of this question first reported between the two days, with its main published ratio as far as
    it was seen.
    """

    study: Study
    report: Publication
    results: tuple[Result, ...]
    pooled: bool


@dataclass(frozen=True)
class Drift:
    """Everything that changed from one day to another."""

    since: str
    until: str
    population: str
    pools: tuple[PoolDrift, ...]
    rules: tuple[RuleDrift, ...]
    statements: tuple[StatementDrift, ...]
    newcomers: tuple[Newcomer, ...]


def drift(
    since: str,
    until: str,
    knowledge: Knowledge,
    population: str | None = None,
    studies: Sequence[Study] | None = None,
) -> Drift:
    """Compare two days, both ISO. population: the usual one when left out.  studies: in place of the knowledge's own.

    Raises EvidenceError for a population that no study knows.
    """
    studies = knowledge.evidence.studies() if studies is None else studies
    terms = knowledge.evidence.terms
    population = population or terms.usual
    pools = tuple(_pool(endpoint, since, until, population, studies, terms) for endpoint in terms.endpoints)
    by_name = {study.study: study for study in studies}
    pooled = {row.study.study for change in pools for row in change.after.selected}
    return Drift(
        since=since,
        until=until,
        population=population,
        pools=pools,
        rules=tuple(_rules(since, until, by_name, knowledge)),
        statements=tuple(_statements(since, until, knowledge.evidence.statements, by_name)),
        newcomers=tuple(_newcomers(since, until, studies, pooled, terms)),
    )


def _pool(endpoint: str, since: str, until: str, population: str, studies: Sequence[Study], terms: Terms) -> PoolDrift:
    before, after = (pool(Request(endpoint, day, population), studies, terms) for day in (since, until))
    old = {row.study.study: row.report.id for row in before.selected}
    entered = tuple(row for row in after.selected if row.study.study not in old)
    renewed = tuple(row for row in after.selected if old.get(row.study.study, row.report.id) != row.report.id)
    return PoolDrift(endpoint, before, after, entered, renewed)


def _new(study: Study, since: str, until: str) -> bool:
    """Whether nothing of a study was published by the first day, and something by the second."""
    return since < study.published <= until


def _rules(since: str, until: str, studies: dict[str, Study], knowledge: Knowledge) -> list[RuleDrift]:
    found = []
    for table in (t for t in knowledge.tables if t.name in knowledge.evidence.terms.tables):
        for part in table.parts:
            for rule in part.rules:
                if table.kind == "options" and rule.then == "no":
                    continue
                cites = rule.provenance.cites or part.provenance.cites
                because = tuple(name for name in cites if name in studies and _new(studies[name], since, until))
                status = rule.provenance.status or part.provenance.status
                if because and status not in ("design", "unverified"):
                    said = rule.text or part.text or table.title
                    found.append(
                        RuleDrift(
                            table.name,
                            rule.id or part.id,
                            rule.then if table.kind == "decision" else part.id,
                            said,
                            because,
                            min(studies[n].published for n in because)[:4],
                        )
                    )
    return found


def _statements(
    since: str, until: str, statements: Sequence[Statement], studies: dict[str, Study]
) -> list[StatementDrift]:
    found = []
    for statement in statements:
        because = tuple(
            studies[name] for name in statement.studies if name in studies and _new_report(studies[name], since, until)
        )
        if statement.flag in ("outdated", "differs") and because:
            found.append(StatementDrift(statement, because))
    return found


def _new_report(study: Study, since: str, until: str) -> bool:
    return any(since < report.earliest <= until for report in study.reports) or (
        study.concern and study.published <= until
    )


def _newcomers(since: str, until: str, studies: Sequence[Study], pooled: set[str], terms: Terms) -> list[Newcomer]:
    found = []
    for study in studies:
        reports = [report for report in study.reports if since < report.earliest <= until]
        if study.randomised and study.relevance in ("core", "related") and reports and study.results:
            ids = {report.id for report in reports}
            seen = tuple(
                r
                for r in study.results
                if r.report in ids and r.verified and r.measure == "hazard_ratio" and r.endpoint in terms.endpoints
            )
            found.append(Newcomer(study, reports[0], seen, study.study in pooled))
    return sorted(found, key=lambda n: n.report.earliest)
