"""What the trials found whose population a patient fits: natural frequencies, ratios, cautions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from oligoscope.evidence import Result, Store, Study, Terms
from oligoscope.evidence.wording import number_text
from oligoscope.knowledge.trials import Trial
from oligoscope.trials.match import TrialMatch

MOST_STUDIES = 500
"""Whose findings are kept: some thirty that trials cite, of several stores."""


@dataclass(frozen=True, eq=False)
class Findings:
    """What a trial that a patient fits found; one of each trial and study.

    frequencies: of 100 patients with and without.  ratios: hazard ratios that were seen.  contrary: it did not show a
    benefit.  cautions: what to know.
    """

    trial: Trial
    study: Study
    year: str
    frequencies: tuple[str, ...]
    ratios: tuple[str, ...]
    contrary: bool
    cautions: tuple[str, ...]


def findings_of(matches: Sequence[TrialMatch], store: Store) -> list[Findings]:
    """The reported trials whose population a patient fits or may fit, in turn of their year."""
    found = []
    for match in matches:
        for name in match.trial.cites if match.may_fit else ():
            told = _found(match.trial, store, name, store.looked)
            if told:
                found.append(told)
    return sorted(found, key=lambda e: (e.year, e.study.study))


@lru_cache(MOST_STUDIES)
def _found(trial: Trial, store: Store, name: str, _looked: int) -> Findings | None:
    """What a study found; None where it has no verified number. No patient changes it.

    _looked: how often the store has read its studies, since what is extracted while a server runs counts at once.
    """
    study, terms = store.study(name), store.terms
    told = [r for r in study.results if r.verified and r.endpoint in terms.frequencies.endpoints]
    if not told:
        return None
    whole = [r for r in told if r.whole_population and not r.superseded_by]
    apart = study.applicability.partition("(")[2].rstrip(")") or ", ".join(study.tags)
    cautions = [*(["expression of concern"] if study.concern else []), *([apart] if apart else [])]
    years = sorted({(study.report_of(r).published or "")[:4] for r in whole})
    return Findings(
        trial,
        study,
        years[-1] if years else "",
        tuple(_frequencies(study, whole, terms)),
        tuple(_newest(study, whole, terms)),
        study.contrary,
        tuple(cautions),
    )


def _newest(study: Study, results: Sequence[Result], terms: Terms) -> Iterator[str]:
    """By endpoint, what the newest report says: hazard ratios, else medians; of a study without a comparison, rates."""
    for endpoint in terms.frequencies.endpoints:
        told = [r for r in results if r.endpoint == endpoint and r.measure in ("hazard_ratio", "median")]
        if not told and not study.pair:
            told = [r for r in results if r.endpoint == endpoint and r.measure == "rate"]
        newest = max((study.report_of(r).earliest for r in told), default="")
        last = [r for r in told if study.report_of(r).earliest == newest]
        for result in [r for r in last if r.measure == "hazard_ratio"] or last:
            yield f"{number_text(result)} {(study.report_of(result).published or '')[:4]}".rstrip()


def _frequencies(study: Study, results: Sequence[Result], terms: Terms) -> Iterator[str]:
    """Rates of both arms at one time, as numbers of 100 patients."""
    for endpoint, what in terms.frequencies.endpoints.items():
        for time in terms.frequencies.times:
            rates = {
                r.arm: r
                for r in results
                if r.measure == "rate" and r.endpoint == endpoint and r.time == time and r.is_numeric
            }
            if study.pair and {arm.id for arm in study.pair} <= set(rates):
                more, less = (rates[arm.id] for arm in study.pair)
                share = f"{more.number:.0f} of 100 with {terms.treatment}, {less.number:.0f} of 100 without"
                yield f"{what} at {time}: {share} [{study.study}/{more.id}]"
