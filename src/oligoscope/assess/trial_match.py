"""One patient against the trials' criteria: which are met, which fail, which stay open."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from oligoscope.assess.chart import answers_of
from oligoscope.assess.patient import Assessment
from oligoscope.knowledge.trials import ELIGIBLE, Trial
from oligoscope.tables.model import Part
from oligoscope.tables.reference import Settled, evaluate

MATCHES, POSSIBLE, NO = "MATCHES", "POSSIBLE", "NO"
"""TRL-1: every verified criterion holds; something is open; something fails."""

MAY_ENTER = {ELIGIBLE, "MEETS", "PROVISIONAL"}
"""Outcomes of a criteria group under which a patient may still enter."""
OUTSIDE = {"NOT_OMD": "diffuse disease", "NO_METASTASIS": "no metastasis", "NOT_MET": "a criterion"}


@dataclass(frozen=True)
class TrialMatch:
    """One trial for one patient.

    criteria: each criterion's text with met, failed or unknown.  failed: why not.  questions: what is open, to be asked
    of the chart or of the trial. needs: the chart fields behind the unknown criteria, most decisive first.
    """

    trial: Trial
    match: str
    criteria: tuple[tuple[str, str], ...]
    failed: tuple[str, ...]
    questions: tuple[str, ...]
    needs: tuple[str, ...]

    @property
    def offered(self) -> bool:
        """Whether the patient may be referred: not excluded, and the trial's record says that it recruits (TRL-2)."""
        return self.match != NO and self.trial.enrolling


def match_trials(assessment: Assessment, trials: Sequence[Trial], today: datetime.date) -> list[TrialMatch]:
    """Every trial: what may be offered first, then what fits as evidence, then what is excluded."""
    found = [_match(assessment, trial, today) for trial in trials]
    return sorted(found, key=lambda m: (m.match == NO, not m.trial.enrolling, m.match != MATCHES, m.trial.trial))


def _match(assessment: Assessment, trial: Trial, today: datetime.date) -> TrialMatch:
    if trial.not_lung:
        return TrialMatch(trial, NO, (), (trial.not_lung,), (), ())
    part, settled = _settled(assessment, trial)
    texts = {c.id: c.text for c in part.criteria} if part else {}
    words = tuple((texts[name], word) for name, word in (settled.criteria if settled else {}).items() if name in texts)
    failed = tuple(text for text, word in words if word == "failed")
    if settled and not failed and not MAY_ENTER & set(settled.possible):
        failed = (f"{' or '.join(OUTSIDE.get(code, code) for code in settled.possible)}",)
    unknown = [text for text, word in words if word == "unknown"]
    questions = [
        *unknown,
        *(entry.text for entry in trial.ask),
        *(f"check with the trial: {entry.text}" for entry in trial.check),
    ]
    if trial.enrolling and trial.outdated(today):
        when = f" of {trial.status_date}" if trial.status_date else ""
        questions.append(
            f"the status ({trial.status}{when}{', ' + trial.status_note if trial.status_note else ''}) may be outdated"
        )
    match = NO if failed else POSSIBLE if questions else MATCHES
    return TrialMatch(
        trial,
        match,
        words,
        failed,
        tuple(questions) if not failed else (),
        settled.needs if settled and not failed else (),
    )


def _settled(assessment: Assessment, trial: Trial) -> tuple[Part | None, Settled | None]:
    if trial.criteria_of:
        name, group = trial.criteria_of.split("/")
        part = next(part for part in assessment.knowledge.table(name).parts if part.id == group)
        settled = assessment.settled[name][group]
        own = {c.id for c in part.criteria} - {"STG-1", "STG-2"}
        return part, Settled(
            settled.value,
            settled.possible,
            settled.rule,
            settled.needs,
            settled.rules,
            criteria={k: v for k, v in settled.criteria.items() if k in own},
        )
    if trial.table:
        lacking = [name for name in trial.table.inputs if name not in assessment.answers]
        answers = {**assessment.answers, **answers_of(assessment.case, lacking, assessment.knowledge)}
        return trial.table.parts[0], evaluate(trial.table, answers)[trial.trial]
    return None, None
