"""The trials that speak for the treatment, or against it, in a patient's state of disease; picked by fit alone."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from oligoscope.assess.patient import Assessment
from oligoscope.evidence import Result, Study
from oligoscope.evidence.terms import Frequencies
from oligoscope.tables.model import APPLIES
from oligoscope.tables.reference import evaluate
from oligoscope.trials.match import TrialMatch


@dataclass(frozen=True)
class Arms:
    """One endpoint of both arms, from one analysis: with the treatment and without."""

    endpoint: str
    time: str
    treated: Result
    control: Result


@dataclass(frozen=True)
class Speaking:
    """One trial. certain: by all that the chart says the patient is one of those that it took; else may be.

    rates, medians, ratio: what was read of it, the endpoint that matters most first; rates are of both arms at one
    time. Nothing here is worked out from anything else.
    """

    study: Study
    name: str
    certain: bool
    rates: Arms | None
    medians: Arms | None
    ratio: Result | None


@dataclass(frozen=True)
class Voices:
    """The trials of one state of disease, those that fit best first. words: the state."""

    words: str
    trials: tuple[Speaking, ...]

    @property
    def certain(self) -> tuple[Speaking, ...]:
        """Those that took such a patient."""
        return tuple(trial for trial in self.trials if trial.certain)

    @property
    def perhaps(self) -> tuple[Speaking, ...]:
        """Those that may have, by what the chart leaves open."""
        return tuple(trial for trial in self.trials if not trial.certain)


def voices_of(assessment: Assessment, matches: Sequence[TrialMatch]) -> Voices | None:
    """The trials of the first state of disease that the patient is certainly in; None where there is none."""
    page = assessment.knowledge.page
    if page.fits is None:
        return None
    fits = evaluate(page.fits, assessment.answers)
    setting = next((s for s in page.settings if fits[s.id].possible == (APPLIES,)), None)
    if setting is None:
        return None
    held = {name: match for match in matches for name in match.trial.cites}
    found = []
    for study, name in setting.studies.items():
        match, open_ = held.get(study), study in fits and APPLIES in fits[study].possible
        if (match is None or match.may_fit) and (open_ or study not in fits):
            certain = all(criterion.word == "met" for criterion in match.criteria) if match else True
            certain = certain and (study not in fits or fits[study].possible == (APPLIES,))
            store = assessment.knowledge.evidence
            found.append(_speaking(store.study(study), name, certain, store.terms.frequencies))
    told = [trial for trial in found if trial.rates or trial.medians or trial.ratio]
    return Voices(setting.words, tuple(sorted(told, key=_distance))) if told else None


def _distance(trial: Speaking) -> tuple[bool, bool, bool, int]:
    """How far a trial is from the patient: only perhaps, under concern, in other cancers too, in few."""
    study = trial.study
    return (not trial.certain, study.concern, (study.n_nsclc or 0) < (study.n or 0), -(study.n or 0))


def _speaking(study: Study, name: str, certain: bool, told: Frequencies) -> Speaking:
    read = [r for r in study.results if _is_told(r)]
    # Of the times at which rates are told the longest says most.
    longest_first = told.times[::-1]
    return Speaking(
        study,
        name,
        certain,
        rates=next(_arms(study, read, "rate", told.endpoints, longest_first), None),
        medians=next(_arms(study, read, "median", told.endpoints, ("",)), None),
        ratio=next(_ratios(study, read, told.endpoints), None),
    )


def _is_told(result: Result) -> bool:
    """Whether a result was read, is of everyone, and no later one has taken its place."""
    return result.verified and result.whole_population and not result.superseded_by


def _arms(
    study: Study, results: Sequence[Result], measure: str, endpoints: Iterable[str], times: Sequence[str]
) -> Iterator[Arms]:
    """Both arms of the newest report that has both, by endpoint and time."""
    if study.pair is None:
        return
    treated, control = study.pair
    for endpoint in endpoints:
        for time in times:
            told: dict[tuple[str, str], dict[str, Result]] = {}
            for r in results:
                if (r.measure, r.endpoint, r.time or "") == (measure, endpoint, time) and r.is_numeric:
                    told.setdefault((study.report_of(r).earliest, r.analysis or ""), {}).setdefault(r.arm or "", r)
            for _, arms in sorted(told.items(), key=lambda entry: entry[0][0], reverse=True):
                if {treated.id, control.id} <= arms.keys():
                    yield Arms(endpoint, time, arms[treated.id], arms[control.id])


def _ratios(study: Study, results: Sequence[Result], endpoints: Iterable[str]) -> Iterator[Result]:
    """By endpoint the hazard ratio of the newest report."""
    for endpoint in endpoints:
        told = [r for r in results if r.endpoint == endpoint and r.measure == "hazard_ratio"]
        yield from sorted(told, key=lambda r: study.report_of(r).earliest, reverse=True)[:1]
