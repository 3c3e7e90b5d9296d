"""The report of one patient, without the typed answer: half of what a short run imports and builds is that answer."""

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from oligoscope.api.shared import Day, Packs, day_of, known
from oligoscope.assess.patient import Assessment
from oligoscope.assess.patient import assess as answer_tables
from oligoscope.chart.imported import Imported
from oligoscope.chart.opened import Document, open_document
from oligoscope.report.first.page import summary
from oligoscope.report.language import ENGLISH, language
from oligoscope.report.patient import PatientReport, patient_report
from oligoscope.trials.match import TrialMatch, match_trials


class Assessed(NamedTuple):
    """What was answered of one case. imported: of FHIR, what was read of it and what was not."""

    assessment: Assessment
    matches: tuple[TrialMatch, ...]
    imported: Imported | None = None


def report(
    document: Document,
    *,
    knowledge: Packs = None,
    evidence: Sequence[Path | str] = (),
    today: Day = None,
    lang: str = ENGLISH,
) -> PatientReport:
    """What a report of a case shows, ready to be laid out. Arguments and errors as those of `assess`.

    lang: the language of the program's own words; those of rules are the pack's.
    """
    return report_of(assessed(document, knowledge=knowledge, evidence=evidence, today=today), day_of(today), lang)


def assessed(document: Document, *, knowledge: Packs, evidence: Sequence[Path | str], today: Day) -> Assessed:
    """Every table and every trial for one case."""
    day = day_of(today)
    opened = open_document(document)
    assessment = answer_tables(opened.case(day), known(knowledge, evidence))
    return Assessed(assessment, tuple(match_trials(assessment, assessment.knowledge.trials, day)), opened.imported)


def report_of(found: Assessed, day: datetime.date, lang: str = ENGLISH) -> PatientReport:
    """The report of what was assessed. day: of the report."""
    return patient_report(found.assessment, found.matches, day, lang, found.imported)


def summary_of(found: Assessed, day: datetime.date, lang: str = ENGLISH) -> str:
    """The answer in one sentence, and which trials speak for it and against."""
    return summary(found.assessment, found.matches, language(lang), day)
