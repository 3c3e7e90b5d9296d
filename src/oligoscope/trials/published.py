"""The trials of an answer: every match as it is published."""

from collections.abc import Sequence
from functools import lru_cache

from oligoscope.assess import answer
from oligoscope.evidence import Store
from oligoscope.trials.findings import Findings, findings_of
from oligoscope.trials.match import SAME_MATCHES, TrialMatch


def published(matches: Sequence[TrialMatch], store: Store) -> dict[str, answer.Trial]:
    """Every trial by its id, in the order of the matches."""
    found = {entry.trial.trial: entry for entry in findings_of(matches, store)}
    return {match.trial.trial: _trial(match, found.get(match.trial.trial)) for match in matches}


@lru_cache(SAME_MATCHES)
def _trial(match: TrialMatch, found: Findings | None) -> answer.Trial:
    trial = match.trial
    return answer.Trial(
        nct=trial.nct if trial.nct_status == "seen" and trial.nct else None,
        value=match.match,
        offered=match.offered,
        status=trial.status,
        status_date=str(trial.status_date) or None,
        criteria={criterion.id: criterion.word for criterion in match.criteria},
        texts={criterion.id: criterion.text for criterion in match.criteria},
        failed=match.failed,
        questions=match.questions,
        needs=match.needs,
        assumes=match.assumes,
        evidence=_findings(found) if found else None,
    )


def _findings(found: Findings) -> answer.Findings:
    return answer.Findings(
        study=found.study.study,
        contrary=found.contrary,
        natural_frequencies=found.frequencies,
        numbers=found.ratios,
        cautions=found.cautions,
    )
