"""The face of the library: one function per use, for notebooks, the command line and other programs alike.

Documents of a case are mappings, YAML or JSON text, or paths. Whatever a person can mend raises `OligoscopeError`.

>>> from oligoscope import api
>>> answer = api.assess({"patient": {"ecog": 1}, "lesions_complete": True, "lesions": [{"id": "L1", "organ": "adrenal"}]})
>>> answer.facts["n_metastases"].value
1
>>> api.what_if({"patient": {"ecog": 1}}, {"ecog": 4}).changes[0].table
'lat-candidacy'
"""

import datetime
import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from pydantic import PrivateAttr

from oligoscope.assess import answer, explanation
from oligoscope.assess.patient import Assessment
from oligoscope.assess.patient import assess as answer_tables
from oligoscope.assess.what_if import changes_between
from oligoscope.chart.opened import Document, Opened, open_document
from oligoscope.errors import NotAllowed, OligoscopeError
from oligoscope.knowledge import Knowledge, load
from oligoscope.spelling import nearest
from oligoscope.tables.model import Table
from oligoscope.trials.match import TrialMatch, match_trials
from oligoscope.trials.published import published

if TYPE_CHECKING:
    import polars as pl

    from oligoscope.appraisal.pool import Pool
    from oligoscope.cohort.result import CohortResult
    from oligoscope.report.patient import PatientReport

__all__ = [
    "Answer",
    "OligoscopeError",
    "assess",
    "assess_cohort",
    "explain",
    "match",
    "pool",
    "what_if",
    "write_cohort",
]

Packs: TypeAlias = Knowledge | Path | str | Sequence[Path | str] | None
"""Knowledge already loaded; or packs to lay over the packaged one; or the packaged one alone."""
Day: TypeAlias = datetime.date | str | None


class Answer(answer.Answer):
    """The answer of one case. `model_dump()` is its JSON; `str()` the report as text; `page()` as one HTML page."""

    _assessment: Assessment = PrivateAttr()
    _matches: tuple[TrialMatch, ...] = PrivateAttr()

    def report(self) -> "PatientReport":
        """What a report of this answer shows, ready to be laid out."""
        from oligoscope.report.patient import patient_report
        from oligoscope.report.trials import summary_lines

        return patient_report(self._assessment, summary_lines(self._matches, self._assessment.knowledge.evidence))

    def page(self) -> str:
        """One self-contained HTML page."""
        from oligoscope.report.html import render_html

        return render_html(self.report())

    def __str__(self) -> str:
        from oligoscope.report.releases import differences_text
        from oligoscope.report.terminal import render

        return render(self.report()) + differences_text(self)

    def _repr_html_(self) -> str:
        return _framed(self.page())


def assess(
    document: Document,
    *,
    knowledge: Packs = None,
    evidence: Sequence[Path | str] = (),
    release: Path | str | None = None,
    today: Day = None,
) -> Answer:
    """Every question of the knowledge, answered for one case, trials included.

    knowledge: packs laid over the packaged one, or what `knowledge.load` gave.  evidence: folders with further studies.
    release: a pack of another release, to see what it answers otherwise.
    today: the day of the answer, and of the questions where the case has no `assessed`.
    Raises OligoscopeError for a document or pack that cannot be read.
    """
    day, opened = _day(today), open_document(document)
    assessment = _assessment(opened, _knowledge(knowledge, evidence), day)
    matches = tuple(match_trials(assessment, assessment.knowledge.trials, day))
    trials = published(matches, assessment.knowledge.evidence)
    keys = answer.answer_keys(assessment, day, trials)
    if release:
        other = _assessment(opened, load(release, evidence=evidence), day)
        changes = tuple(changes_between(other, assessment))
        keys["release"] = answer.Comparison(knowledge=other.knowledge.version, changes=changes)
    found = Answer(**keys)
    found._assessment, found._matches = assessment, matches
    return found


class WhatIf(answer.Versioned):
    """What changes when fields of a case have other values."""

    changes: tuple[answer.Change, ...]

    def __str__(self) -> str:
        if not self.changes:
            return "nothing changes\n"
        told = [str(change) for change in self.changes if change.answers_otherwise]
        return "\n".join(told or ["no answer changes, only rules and what is needed"]) + "\n"


def what_if(
    document: Document,
    changes: Mapping[str, Any],
    *,
    knowledge: Packs = None,
    evidence: Sequence[Path | str] = (),
    today: Day = None,
) -> WhatIf:
    """What changes in the answer of a case when some of its fields have other values.

    changes: by name or path: `{"ecog": 2, "primary.n": "N0", "lesions.L1.size_cm": 2}`.
    Raises OligoscopeError, also for a field that there is not.
    """
    day, known, opened = _day(today), _knowledge(knowledge, evidence), open_document(document)
    before = _assessment(opened, known, day)
    after = _assessment(opened.with_fields(changes), known, day)
    return WhatIf(changes=tuple(changes_between(before, after)))


class Explanation(explanation.Explanation):
    """The answers of one table, each followed down to the chart and to published numbers."""

    def __str__(self) -> str:
        from oligoscope.report.explain import explain_text

        return explain_text(self)


def explain(
    document: Document, table: str, *, knowledge: Packs = None, evidence: Sequence[Path | str] = (), today: Day = None
) -> Explanation:
    """The answer of one table: rule, inputs down to chart fields, sources with their numbers. Raises OligoscopeError."""
    known = _knowledge(knowledge, evidence)
    asked = _table(known, table)
    assessment = _assessment(open_document(document), known, _day(today))
    return Explanation(
        table=asked.name,
        title=asked.title,
        question=asked.question,
        lesion=None,
        chain=tuple(explanation.links(assessment, asked)),
    )


class Matches(answer.Versioned):
    """Every trial for one patient: what may be offered first, what is excluded last."""

    case: str
    trials: Mapping[str, answer.Trial]
    _matches: tuple[TrialMatch, ...] = PrivateAttr()
    _knowledge: Knowledge = PrivateAttr()

    def __str__(self) -> str:
        from oligoscope.report.trials import match_text
        from oligoscope.report.wording import DISCLAIMER

        return f"{match_text(self._matches, self._knowledge.evidence)}{DISCLAIMER}\n"


def match(
    document: Document, *, knowledge: Packs = None, evidence: Sequence[Path | str] = (), today: Day = None
) -> Matches:
    """One case held against every trial. Raises OligoscopeError."""
    found = assess(document, knowledge=knowledge, evidence=evidence, today=today)
    matches = Matches(case=found.case, trials=found.trials)
    matches._matches, matches._knowledge = found._matches, found._assessment.knowledge
    return matches


class Pooled:
    """What trials say together. `pool` holds the numbers; `str()` says them, `plot` draws them."""

    def __init__(self, pool: "Pool") -> None:
        self.pool = pool

    def model_dump(self) -> dict[str, Any]:
        """Its JSON."""
        from oligoscope.report.pooled import pool_json

        return pool_json(self.pool)

    def plot(self, file: Path | str) -> None:
        """Write a forest plot, .svg or .png. Raises OligoscopeError where nothing is pooled, or the file cannot be."""
        from oligoscope.report.forest import draw, pool_rows

        request = self.pool.request
        if self.pool.fit is None:
            raise NotAllowed("plot", file, "", "nothing is pooled, so there is nothing to draw")
        try:
            title = f"{request.endpoint}, {request.population}, as of {request.as_of}"
            draw(pool_rows(self.pool), self.pool.terms.treatment, title, file=Path(file))
        except ValueError as error:
            raise NotAllowed("plot", file, ".svg or .png", str(error)) from None

    def __str__(self) -> str:
        from oligoscope.report.pooled import pool_text

        return pool_text(self.pool)

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"


def pool(
    endpoint: str,
    *,
    population: str = "",
    as_of: Day = None,
    randomised: bool = True,
    without: Sequence[str] = (),
    admitted: Sequence[str] = (),
    knowledge: Packs = None,
    evidence: Sequence[Path | str] = (),
) -> Pooled:
    """The trials of one endpoint, pooled.

    endpoint: "PFS", "OS" ….  population: a state of disease (left out: the usual one), a named population, a tag of the
    studies, or "any".  as_of: the evidence published by this day (default: today).  randomised: only randomised trials.  without: studies to leave
    out. admitted: what is left out by default: unverified, concern, approximate, indirect.  Raises OligoscopeError.
    """
    from oligoscope.appraisal.pool import pool as pool_studies
    from oligoscope.appraisal.select import Request

    request = Request(
        endpoint, _day(as_of, "as_of").isoformat(), population, randomised, tuple(without), frozenset(admitted)
    )
    store = _knowledge(knowledge, evidence).evidence
    return Pooled(pool_studies(request, store.studies(), store.terms))


@dataclass(frozen=True)
class Cohort:
    """The answers of many patients, as Polars frames.

    answers: one row per accepted patient.  items: by item (lesion), one row per item, where tables are about items.
    rejects: one row per entry that was not accepted, with its reason.  summary: counts over patients, as summary.json.
    """

    answers: "pl.DataFrame"
    rejects: "pl.DataFrame"
    items: "Mapping[str, pl.DataFrame]"
    summary: Mapping[str, Any]
    said: str

    def __str__(self) -> str:
        return f"{self.said}\n"

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(self.said)}</p>{self.answers._repr_html_()}"


def assess_cohort(
    cohort: "Path | str | pl.DataFrame | Mapping[str, pl.DataFrame]",
    *,
    knowledge: Packs = None,
    evidence: Sequence[Path | str] = (),
    today: Day = None,
) -> Cohort:
    """Every patient of a registry that fits into memory; `write_cohort` is for larger ones.

    cohort: a folder or flat file, a flat frame, or frames by table: `patients`, and one for each list (`lesions` …),
    each with `patient_id`.  Raises OligoscopeError.
    """
    import polars as pl

    from oligoscope.chart.sources.files import find_files
    from oligoscope.cohort.run import assess_frames, assess_source

    known, day = _knowledge(knowledge, evidence), _day(today)
    if isinstance(cohort, (str, Path)):
        found = assess_source(find_files(Path(cohort)), known, day)
    else:
        found = assess_frames({"patients": cohort} if isinstance(cohort, pl.DataFrame) else cohort, known, day)
    return Cohort(found.answers, found.rejects, found.items, found.summary.as_json(known), str(found))


def write_cohort(
    source: Path | str,
    target: Path | str,
    *,
    knowledge: Packs = None,
    evidence: Sequence[Path | str] = (),
    extra_columns: bool = False,
    today: Day = None,
) -> "CohortResult":
    """Every patient of a registry, batch by batch: answers, rejects and summary into the folder `target`.

    extra_columns: leave columns unread that are no field.  Raises OligoscopeError before anything is written.
    """
    from oligoscope.cohort.run import run_cohort
    from oligoscope.report.cohort_page import render_cohort

    known, name = _knowledge(knowledge, evidence), Path(source).name
    return run_cohort(
        Path(source),
        Path(target),
        known,
        _day(today),
        extra_columns=extra_columns,
        page=lambda summary: render_cohort(summary, known, name),
    )


def _assessment(opened: Opened, knowledge: Knowledge, today: datetime.date) -> Assessment:
    return answer_tables(opened.case(today), knowledge)


def _knowledge(packs: Packs, evidence: Sequence[Path | str]) -> Knowledge:
    if isinstance(packs, Knowledge):
        return packs
    folders = [packs] if isinstance(packs, (str, Path)) else list(packs or ())
    return load(*folders, evidence=evidence)


def _day(day: Day, field: str = "today") -> datetime.date:
    if not isinstance(day, str):
        return day or datetime.date.today()
    try:
        return datetime.date.fromisoformat(day)
    except ValueError:
        raise NotAllowed(field, day, "a day such as 2026-11-26", "this is not a day") from None


def _table(knowledge: Knowledge, name: str) -> Table:
    try:
        return knowledge.table(name)
    except KeyError:
        names = [table.name for table in knowledge.tables]
        close = nearest(name, names)
        raise NotAllowed("table", name, ", ".join(names), fix=f"did you mean {close}?" if close else "") from None


def _framed(page: str) -> str:
    """A whole page inside another: in a frame of its own, so that neither's style reaches the other."""
    return f'<iframe srcdoc="{html.escape(page)}" style="width:100%;height:40em;border:0" sandbox></iframe>'
