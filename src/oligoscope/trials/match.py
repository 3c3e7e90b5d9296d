"""One patient against the trials' criteria: which are met, which fail, which stay open."""

import datetime
from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from oligoscope.assess.chart import assumed_answers
from oligoscope.assess.patient import Assessment
from oligoscope.knowledge.trials import Trial
from oligoscope.tables.compile import CompiledTable
from oligoscope.tables.model import Criteria
from oligoscope.tables.record import Answer
from oligoscope.tables.reference import Answered, evaluate_assuming

Answers: TypeAlias = MutableMapping[str, Answer]
MATCHES, POSSIBLE, NO = "MATCHES", "POSSIBLE", "NO"
"""TRL-1: every verified criterion holds; something is open; something fails."""
SAME_MATCHES = 5_000
"""What is kept of matches, the latest used: some 30 trials of a chart."""


class CriterionMet(NamedTuple):
    """One criterion. word: met, failed or unknown."""

    id: str
    text: str
    word: str


@dataclass(frozen=True, eq=False)
class TrialMatch:
    """One trial for one patient. Patients of whom its criteria say the same share one.

    failed: why not.  questions: what is open, to be asked of the chart or of the trial.  needs: the chart fields behind
    the unknown criteria, most decisive first.  assumes: the fields on whose assumed value it rests.
    """

    trial: Trial
    match: str
    criteria: tuple[CriterionMet, ...]
    failed: tuple[str, ...]
    questions: tuple[str, ...]
    needs: tuple[str, ...]
    assumes: tuple[str, ...] = ()

    @property
    def offered(self) -> bool:
        """Whether the patient may be referred: not excluded, and the trial's record says that it recruits (TRL-2)."""
        return self.match != NO and self.trial.enrolling

    @property
    def may_fit(self) -> bool:
        """Whether the trial may speak for this patient: no verified criterion fails, and there is one. Of a trial whose
        every criterion is unverified nobody can say whom it took.
        """
        return self.match != NO and bool(self.criteria)


def match_trials(assessment: Assessment, trials: Sequence[Trial], today: datetime.date) -> list[TrialMatch]:
    """Every trial: what may be offered first, then what fits as evidence, then what is excluded."""
    # Trials may read chart fields that no table reads: the assessment has not looked at those.
    inputs = dict.fromkeys(name for trial in trials if trial.table for name in trial.table.inputs)
    lacking = [name for name in inputs if name not in assessment.answers]
    more, assumed = assumed_answers(assessment.case, assessment.assumptions, lacking, assessment.knowledge)
    assessment = replace(assessment, assumed={**assessment.assumed, **assumed})
    answers = {**assessment.answers, **more}
    found = [_match(assessment, answers, trial, today) for trial in trials]
    return sorted(found, key=lambda m: (m.match == NO, not m.trial.enrolling, m.match != MATCHES, m.trial.trial))


def differing(before: Sequence[TrialMatch], after: Sequence[TrialMatch]) -> Iterator[tuple[TrialMatch, TrialMatch]]:
    """The trials that answer otherwise, before and after; of one set of trials, in the order of `after`."""
    old = {match.trial.trial: match for match in before}
    for match in after:
        if old[match.trial.trial].match != match.match:
            yield old[match.trial.trial], match


def fitting(table: Criteria) -> frozenset[str]:
    """The outcomes of a criteria table under which a patient may still enter."""
    return frozenset(outcome.code for outcome in table.outcomes if outcome.fits)


def _match(assessment: Assessment, answers: Answers, trial: Trial, today: datetime.date) -> TrialMatch:
    """Against the trial's own criteria, or the published definition whose criteria they are."""
    table, answered = None, None
    if trial.criteria_of:
        name = trial.criteria_of.partition("/")[0]
        table, answered = assessment.knowledge.compiled(name), assessment.settled[name]
    elif trial.table:
        table, answered = trial.table, evaluate_assuming(trial.table, answers, assessment.assumed)
    return _judged(trial, table, answered, today)


@lru_cache(SAME_MATCHES)
def _judged(trial: Trial, table: CompiledTable | None, answered: Answered | None, today: datetime.date) -> TrialMatch:
    """What the answers of its criteria mean for one trial."""
    if trial.not_lung:
        return TrialMatch(trial, NO, (), (trial.not_lung,), (), ())
    if table is None or answered is None:
        return _open(trial, (), (), (), (), today)
    assert isinstance(table.table, Criteria)
    group = trial.criteria_of.partition("/")[2] or trial.trial
    settled, part = answered[group], next(part for part in table.table.groups if part.id == group)
    # What only confirms a definition (imaging done) is asked by the work-up, not by the trial.
    asked = [criterion for criterion in part.criteria if not criterion.confirming]
    criteria = tuple(CriterionMet(c.id, c.text, settled.criteria[c.id]) for c in asked)
    fits = fitting(table.table)
    unfit = [table.table.outcome(code).label for code in settled.possible if code not in fits]
    failed = tuple(criterion.text for criterion in criteria if criterion.word == "failed")
    if not failed and len(unfit) == len(settled.possible):
        failed = (" or ".join(unfit),)
    if failed:
        return TrialMatch(trial, NO, criteria, failed, (), (), settled.assumes)
    unknown = tuple(criterion.text for criterion in criteria if criterion.word == "unknown")
    # Every criterion may be met while an exception to all of them (diffuse disease) is still open.
    unknown = unknown or tuple(f"may still be: {label}" for label in unfit)
    return _open(trial, criteria, unknown, settled.needs, settled.assumes, today)


def _open(
    trial: Trial,
    criteria: tuple[CriterionMet, ...],
    unknown: tuple[str, ...],
    needs: tuple[str, ...],
    assumes: tuple[str, ...],
    today: datetime.date,
) -> TrialMatch:
    """A trial that nothing excludes."""
    questions = (*unknown, *_questions(trial, today))
    return TrialMatch(trial, POSSIBLE if questions else MATCHES, criteria, (), questions, needs, assumes)


def _questions(trial: Trial, today: datetime.date) -> Iterator[str]:
    """What no chart answers."""
    yield from (entry.text for entry in trial.ask)
    yield from (f"check with the trial: {entry.text}" for entry in trial.check)
    if trial.enrolling and trial.outdated(today):
        when = f" of {trial.status_date}" if trial.status_date else ""
        note = f", {trial.status_note}" if trial.status_note else ""
        yield f"the status ({trial.status}{when}{note}) may be outdated"
