"""The first part of a page, made line by line."""

import datetime
from collections.abc import Sequence

from oligoscope.assess.asking import asking
from oligoscope.assess.patient import Assessment
from oligoscope.chart.imported import Imported
from oligoscope.report.chart import chart_lines, lesion_rows
from oligoscope.report.first.answers import Answers
from oligoscope.report.first.asked import AskNext
from oligoscope.report.first.checks import Checks
from oligoscope.report.first.model import NAMELESS, FirstPart
from oligoscope.report.first.trials import Trials
from oligoscope.report.language import Language
from oligoscope.report.sources import References
from oligoscope.trials.match import TrialMatch


def first_part(
    assessment: Assessment,
    matches: Sequence[TrialMatch],
    language: Language,
    today: datetime.date,
    imported: Imported | None = None,
) -> FirstPart:
    """The first part of the page of one assessment. today: the day of the page."""
    made_of = (assessment, matches, language, today, References(assessment.knowledge.evidence, language), imported)
    answers, checks, trials, ask_next = Answers(*made_of), Checks(*made_of), Trials(*made_of), AskNext(*made_of)
    # Sources are numbered as they are named, so the lines are made in the order of the page.
    asked, answered, voices = answers.questions, answers.leading(), trials.voices
    certain = voices.certain if voices else ()
    sentence, stops = answers.sentence(list(answered.values())), tuple(checks.flags("stop"))
    evidence = trials.evidence(voices)
    cautions = tuple(checks.flags("caution"))
    answered |= {q[0].name: answers.row(*q) for q in asked if q[0].name not in answered}
    rows = tuple(trials.trial_rows(certain))
    notes = tuple(checks.flags("information", {trial.study.study for trial in certain}))
    next_ = asking(assessment, {m.trial.title: m.needs for m in matches if m.offered})
    references = answers.references
    return FirstPart(
        case=assessment.case.case.given or NAMELESS,
        assessed=language.day(assessment.case.assessed.given),
        knowledge=assessment.knowledge.version,
        sentence=sentence,
        evidence=evidence,
        stops=stops,
        flags=cautions,
        checks=tuple(checks.checks()),
        read_as=tuple(checks.read_as()),
        notes=notes,
        chart=tuple(chart_lines(assessment, language)),
        lesions=tuple(lesion_rows(assessment, language)),
        remarks=tuple(checks.remarks()),
        answers=tuple(answered[table.name] for table, _, _ in asked),
        spoke=trials.spoke(voices) if voices else "",
        trials=rows,
        trials_more=trials.trials_more(voices) if voices else "",
        open_trials=tuple(trials.open_trials()),
        asked=tuple(ask_next.asked(next_)),
        ask_more=ask_next.ask_more(next_),
        sources=references.listed(),
        marks=tuple((sign, text) for sign, text in language.marks.items() if sign in references.marks),
    )


def summary(assessment: Assessment, matches: Sequence[TrialMatch], language: Language, today: datetime.date) -> str:
    """The first two sentences of that page alone: the rest of it takes as long as all answers together."""
    made_of = (assessment, matches, language, today, References(assessment.knowledge.evidence, language))
    answers, trials = Answers(*made_of), Trials(*made_of)
    sentence, evidence = answers.sentence(list(answers.leading().values())), trials.evidence(trials.voices)
    return " ".join(said.text for said in (sentence, evidence) if said)
