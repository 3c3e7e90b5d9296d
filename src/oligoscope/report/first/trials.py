"""The trials that speak for it and against, and those that are open."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from oligoscope.evidence import Result, Study
from oligoscope.evidence.wording import interval_text
from oligoscope.report.first.lines import Lines, capital
from oligoscope.report.first.model import Said, TrialRow
from oligoscope.trials.match import MATCHES
from oligoscope.trials.speaking import Arms, Speaking, Voices, voices_of

MOST_FOR, MOST_AGAINST = 2, 2
"""Trials that are shown with what they found; the others are named."""


class Trials(Lines):
    """Voices and open trials."""

    @cached_property
    def voices(self) -> Voices | None:
        """The trials that speak of such a patient."""
        return voices_of(self.assessment, self.matches)

    def spoke(self, voices: Voices) -> str:
        treatment = self.assessment.knowledge.evidence.terms.treatment
        return self.language.say("trials_spoke", treatment=treatment, where=voices.words)

    def evidence(self, voices: Voices | None) -> Said | None:
        """How many randomised trials that took such patients speak for it, and how many against; None without one."""
        trials = [trial for trial in voices.certain if trial.study.randomised] if voices else []
        if voices is None or not trials:
            return None
        language = self.language
        pro, contra = by_side(trials)
        refs = tuple(dict.fromkeys(ref for trial in (*pro, *contra) for ref in self.trial_refs(trial)))
        n = {"n": language.count(len(trials)), "pro": language.count(len(pro)), "contra": language.count(len(contra))}
        which = "both" if pro and contra else "pro" if pro else "contra"
        key = f"voices_{which}{'_one' if len(pro or contra) == 1 else ''}"
        text = language.say(key, where=voices.words, names=names(pro or contra), against=names(contra), **n)
        return Said(f"{capital(text)}.", refs)

    def trial_refs(self, trial: Speaking) -> tuple[str, ...]:
        arms = trial.rates or trial.medians
        results = [arms.treated, arms.control] if arms else [trial.ratio] if trial.ratio else []
        return self.references.of_result(trial.study, *results)

    def trial_rows(self, trials: Sequence[Speaking]) -> Iterator[TrialRow]:
        """Each trial, those for it first; which are shown, and in which order, follows from fit alone."""
        pro, contra = by_side(trials)
        for trial in (*pro[:MOST_FOR], *contra[:MOST_AGAINST]):
            side = self.language.words["side_against" if trial.study.contrary else "side_for"]
            of_100 = None
            if trial.rates:
                of_100 = (self.of_100(trial.rates.treated), self.of_100(trial.rates.control))
            who = "; ".join(self.who(trial.study))
            yield TrialRow(trial.name, side, self.finding(trial), of_100, who, self.trial_refs(trial))

    def trials_more(self, voices: Voices) -> str:
        """The trials that are named only: further ones, and those that may fit."""
        pro, contra = by_side(voices.certain)
        told = []
        if left_out := (*pro[MOST_FOR:], *contra[MOST_AGAINST:]):
            told.append(self.language.say("trials_more", names=names(left_out)))
        if voices.perhaps:
            told.append(self.language.say("trials_perhaps", names=names(voices.perhaps)))
        return "; ".join(told)

    def of_100(self, result: Result) -> tuple[int, str]:
        interval = result.interval
        text = f"{interval.low:g} to {interval.high:g}" if interval and interval.low and interval.high else ""
        return round(result.number), text

    def finding(self, trial: Speaking) -> str:
        """What was measured, in words: of a rate what is counted, else medians of both arms, else the ratio."""
        say, words = self.language.say, self.language.words
        if trial.rates:
            return say("of_100_at", what=words[trial.rates.endpoint], time=trial.rates.time)
        if trial.medians:
            return self.medians(trial.medians)
        assert trial.ratio is not None
        spread = interval_text(trial.ratio) or words["interval_none"]
        endpoint = words[f"{trial.ratio.endpoint}_long"]
        return say("ratio_arms", endpoint=endpoint, value=f"{trial.ratio.number:g}", spread=spread)

    def medians(self, arms: Arms) -> str:
        unit = {"month": "months", "day": "days"}.get(arms.treated.unit or "", arms.treated.unit or "")
        treated, control = (f"{result.number:g}" for result in (arms.treated, arms.control))
        endpoint = self.language.words[f"{arms.endpoint}_long"]
        return self.language.say("median_arms", endpoint=endpoint, treated=treated, control=control, unit=unit)

    def who(self, study: Study) -> Iterator[str]:
        """In whom it was measured, and what a reader must know of it."""
        say, words = self.language.say, self.language.words
        if study.n:
            yield say("patients", n=study.n)
        apart = study.applicability.partition("(")[2].rstrip(")") or ", ".join(study.tags)
        yield from filter(None, [apart])
        if study.contrary:
            yield words["did_not"]
        if study.concern:
            yield words["concern"]

    def open_trials(self) -> Iterator[str]:
        """Where the patient may be referred, and what is open there."""
        language = self.language
        for match in self.matches:
            if match.offered:
                n = len(match.questions)
                state = language.words["fits"] if match.match == MATCHES else ""
                open_ = language.say("question_open" if n == 1 else "questions_open", n=n) if n else ""
                day = str(match.trial.status_date)[:7]
                record = language.say("recruiting", day=language.day(day) if day else language.words["no_day"])
                yield f"{match.trial.title} ({record}): {', '.join(filter(None, [state, open_]))}"


def by_side(trials: Iterable[Speaking]) -> tuple[list[Speaking], list[Speaking]]:
    """For it, and against it."""
    pro: list[Speaking] = []
    contra: list[Speaking] = []
    for trial in trials:
        (contra if trial.study.contrary else pro).append(trial)
    return pro, contra


def names(trials: Iterable[Speaking]) -> str:
    """What trials are called."""
    return ", ".join(trial.name for trial in trials)
