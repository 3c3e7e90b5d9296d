"""One patient."""

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import PrivateAttr

from oligoscope.api.assessed import Assessed, assessed, report_of, summary_of
from oligoscope.api.result import framed
from oligoscope.api.shared import Day, Packs, day_of, known, none_of_that_name, table_of
from oligoscope.assess import answer, explanation
from oligoscope.assess.answering import answer_keys
from oligoscope.assess.patient import Assessment
from oligoscope.assess.patient import assess as answer_tables
from oligoscope.assess.what_if import changes_between
from oligoscope.chart.opened import Document, Opened, open_document
from oligoscope.files.documents import Plain
from oligoscope.knowledge import Knowledge
from oligoscope.knowledge.page import PROGNOSIS
from oligoscope.tables.model import PATIENT
from oligoscope.trials.match import TrialMatch, differing, match_trials
from oligoscope.trials.published import published

if TYPE_CHECKING:
    from oligoscope.report.patient import PatientReport


class Answer(answer.Answer):
    """The answer of one case. `model_dump()` is its JSON; `str()` the report as text; `page()` as one HTML page."""

    _assessed: Assessed = PrivateAttr()

    def report(self) -> "PatientReport":
        """What a report of this answer shows, ready to be laid out."""
        return report_of(self._assessed, datetime.date.fromisoformat(self.as_of))

    def page(self) -> str:
        """One self-contained HTML page."""
        from oligoscope.report.html import render_html

        return render_html(self.report())

    def fhir(self, subject: str = "") -> dict[str, Plain]:
        """The answer as FHIR R4 resources in a bundle. subject: the reference of the patient (Patient/17)."""
        from oligoscope.interop.fhir import fhir_of

        knowledge = self._assessed.assessment.knowledge
        titles = {table.name: table.title for table in (*knowledge.tables, *knowledge.item_tables)}
        return fhir_of(self, titles, [row.table for row in knowledge.page.rows if row.part == PROGNOSIS], subject)

    def __str__(self) -> str:
        from oligoscope.report.releases import differences_text
        from oligoscope.report.terminal import render

        return render(self.report()) + differences_text(self)

    def _repr_html_(self) -> str:
        return framed(self.page())


def assess(
    document: Document,
    *,
    knowledge: Packs = None,
    evidence: Sequence[Path | str] = (),
    release: Path | str | Knowledge | None = None,
    today: Day = None,
) -> Answer:
    """Every question of the knowledge, answered for one case, trials included.

    knowledge: packs laid over the packaged one, or what `knowledge.load` gave.  evidence: folders with further studies.
    release: a pack of another release, or what `knowledge.load` gave of it, to see what it answers otherwise.
    today: the day of the answer, and of the questions where the case has no `assessed`.
    Raises OligoscopeError for a document or pack that cannot be read.
    """
    day = day_of(today)
    made = assessed(document, knowledge=knowledge, evidence=evidence, today=day)
    assessment, matches, imported = made
    trials = published(matches, assessment.knowledge.evidence)
    keys = answer_keys(assessment, day, trials)
    keys["summary"] = summary_of(made, day)
    keys["stop_flags"] = [flag.id for flag in keys["flags"] if flag.severity == "stop"]
    if imported:
        keys["imported"] = answer.Imported(
            resources=imported.n_resources, used=imported.used, notes=imported.notes, unmapped=imported.unmapped
        )
    if release:
        other = assessment_of(open_document(document), known(release, evidence), day)
        changes = tuple(changes_between(other, assessment))
        keys["release"] = answer.Comparison(knowledge=other.knowledge.version, changes=changes)
    found = Answer(**keys)
    found._assessed = made
    return found


class TrialChange(answer.Published):
    """A trial before and after. failed: the criteria that exclude."""

    trial: str
    title: str
    before: str
    after: str
    failed: tuple[tuple[str, ...], tuple[str, ...]]


class WhatIf(answer.Versioned):
    """What changes when fields of a case have other values."""

    changes: tuple[answer.Change, ...]
    trials: tuple[TrialChange, ...]

    def __str__(self) -> str:
        from oligoscope.report.changes import changes_lines, trial_line

        if not self.changes and not self.trials:
            return "nothing changes\n"
        told = list(changes_lines([change for change in self.changes if change.answers_otherwise]))
        trials = [trial_line(each.trial, each.before, each.after, each.failed[1]) for each in self.trials]
        return "\n".join([*told, *trials] or ["no answer changes, only rules and what is needed"]) + "\n"


def what_if(
    document: Document,
    changes: Mapping[str, Plain],
    *,
    knowledge: Packs = None,
    evidence: Sequence[Path | str] = (),
    today: Day = None,
) -> WhatIf:
    """What changes in the answer of a case when some of its fields have other values.

    changes: by name or path: `{"ecog": 2, "primary.n": "N0", "lesions.L1.size_cm": 2}`.
    Raises OligoscopeError, also for a field that there is not.
    """
    day, using, opened = day_of(today), known(knowledge, evidence), open_document(document)
    before = assessment_of(opened, using, day)
    after = assessment_of(opened.with_fields(changes), using, day)
    trials = differing(*(match_trials(each, using.trials, day) for each in (before, after)))
    return WhatIf(changes=tuple(changes_between(before, after)), trials=tuple(_trial(*each) for each in trials))


def _trial(before: TrialMatch, after: TrialMatch) -> TrialChange:
    trial, failed = before.trial, (before.failed, after.failed)
    return TrialChange(trial=trial.trial, title=trial.title, before=before.match, after=after.match, failed=failed)


class Explanation(explanation.Explanation):
    """The answers of one table, each followed down to the chart and to published numbers."""

    def __str__(self) -> str:
        from oligoscope.report.explain import explain_text

        return explain_text(self)


def explain(
    document: Document,
    table: str,
    *,
    lesion: str | None = None,
    knowledge: Packs = None,
    evidence: Sequence[Path | str] = (),
    today: Day = None,
) -> Explanation:
    """The answer of one table: rule, inputs down to chart fields, sources with their numbers.

    lesion: which, for a table about lesions; not needed where the chart lists one. Raises OligoscopeError.
    """
    using = known(knowledge, evidence)
    asked = table_of(using, table)
    assessment = assessment_of(open_document(document), using, day_of(today))
    named = None
    if asked.about != PATIENT:
        names = assessment.names_of(table)
        named = lesion or (names[0] if len(names) == 1 else "")
        if named not in names:
            raise none_of_that_name(asked.about, named, names)
        assessment = assessment.of_item(table, names.index(named))
    return Explanation(
        table=asked.name,
        title=asked.title,
        question=asked.question,
        lesion=named,
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
    matches._matches, matches._knowledge = found._assessed.matches, found._assessed.assessment.knowledge
    return matches


def assessment_of(opened: Opened, knowledge: Knowledge, today: datetime.date) -> Assessment:
    """Every fact and table for an opened case."""
    return answer_tables(opened.case(today), knowledge)
