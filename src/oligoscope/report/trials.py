"""Trials as text and data: what each asks, how a patient meets it, and what local ablative therapy did there."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from oligoscope.assess.trial_match import NO, TrialMatch
from oligoscope.evidence import Result, Study, load_study, study_ids
from oligoscope.knowledge.trials import Trial
from oligoscope.report.view import number_text

YEARS = ("1 year", "2 years", "3 years", "5 years")
ENDPOINTS = ("OS", "PFS")


@dataclass(frozen=True)
class Evidence:
    """What a trial that a patient fits found.

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


def evidence_of(matches: Sequence[TrialMatch]) -> list[Evidence]:
    """The reported trials whose population a patient fits or may fit, contrary ones and supporting ones in turn of
    their year.
    """
    known = set(study_ids())
    found = []
    for match in matches:
        for name in match.trial.cites if match.match != NO else ():
            study = load_study(name) if name in known else None
            if study and any(r.verified and r.endpoint in ENDPOINTS for r in study.results):
                found.append(_evidence(match, study))
    return sorted(found, key=lambda e: (e.year, e.study.study))


def _evidence(match: TrialMatch, study: Study) -> Evidence:
    whole = [
        r
        for r in study.results
        if r.verified and r.population in (None, "all", "all randomised") and r.endpoint in ENDPOINTS
    ]
    apart = study.applicability.partition("(")[2].rstrip(")") or ", ".join(study.tags)
    cautions = [*(["expression of concern"] if study.concern else []), *([apart] if apart else [])]
    years = sorted({(study.report_of(r).published or "")[:4] for r in whole})
    return Evidence(
        match.trial,
        study,
        years[-1] if years else "",
        tuple(_frequencies(study, whole)),
        tuple(_newest(study, whole)),
        study.contrary,
        tuple(cautions),
    )


def _newest(study: Study, results: Sequence[Result]) -> Iterator[str]:
    """By endpoint, what the newest report says: hazard ratios, else medians."""
    for endpoint in ENDPOINTS:
        told = [r for r in results if r.endpoint == endpoint and r.measure in ("hazard_ratio", "median")]
        newest = max((study.report_of(r).earliest for r in told), default="")
        last = [r for r in told if study.report_of(r).earliest == newest]
        for result in [r for r in last if r.measure == "hazard_ratio"] or last:
            yield f"{number_text(result)} {(study.report_of(result).published or '')[:4]}".rstrip()


def _frequencies(study: Study, results: Sequence[Result]) -> Iterator[str]:
    """Rates of both arms at one time, as numbers of 100 patients."""
    for endpoint in ENDPOINTS:
        for time in YEARS:
            rates = {
                r.arm: r
                for r in results
                if r.measure == "rate"
                and r.endpoint == endpoint
                and r.time == time
                and isinstance(r.value, (int, float))
            }
            if {"experimental", "control"} <= set(rates):
                what = "alive" if endpoint == "OS" else "alive without progression"
                with_, without = (f"{float(rates[arm].value or 0):.0f}" for arm in ("experimental", "control"))
                yield f"{what} at {time}: {with_} of 100 with local ablative therapy, {without} of 100 without [{study.study}/{rates['experimental'].id}]"


# ---- text ----------------------------------------------------------------------------------------


def match_text(matches: Sequence[TrialMatch]) -> str:
    """Every trial for one patient, offered first."""
    lines: list[str] = []
    for title, group in _groups(matches):
        lines += [title, *(line for match in group for line in _match_lines(match)), ""]
    for title, found in _evidence_groups(evidence_of(matches)):
        lines += [title, *(f"  {line}" for entry in found for line in evidence_lines(entry)), ""]
    return "\n".join(lines)


def _groups(matches: Sequence[TrialMatch]) -> list[tuple[str, list[TrialMatch]]]:
    offered = [m for m in matches if m.offered]
    evidence = [m for m in matches if m.match != NO and not m.trial.enrolling]
    excluded = [m for m in matches if m.match == NO]
    groups = (
        ("Recruiting by their records: eligible, or open questions", offered),
        ("Not recruiting: shown as evidence only", evidence),
        ("Excluded, with the criterion", excluded),
    )
    return [(title, group) for title, group in groups if group]


def _match_lines(match: TrialMatch) -> Iterator[str]:
    trial = match.trial
    state = f"{trial.status}{', ' + str(trial.status_date) if trial.status_date else ''}"
    yield f"  {match.match:<9} {trial.title} ({trial.registry}; {state})"
    yield from (f"      fails: {reason}" for reason in match.failed)
    yield from (f"      open: {question}" for question in match.questions)
    if match.needs:
        yield f"      needs {', '.join(match.needs)}"


def _evidence_groups(found: Sequence[Evidence]) -> list[tuple[str, list[Evidence]]]:
    supporting, contrary = [e for e in found if not e.contrary], [e for e in found if e.contrary]
    return [
        (title, group)
        for title, group in (("What local ablative therapy did there", supporting), ("Contrary trials", contrary))
        if group
    ]


def evidence_lines(entry: Evidence) -> list[str]:
    """One trial's findings in lines."""
    n = f", {entry.study.n} patients" if entry.study.n else ""
    head = f"{entry.trial.title} ({entry.year}{n}{', contrary; ' + entry.study.status if entry.contrary else ''})"
    cautions = f"; note: {', '.join(entry.cautions)}" if entry.cautions else ""
    return [f"{head}{cautions}", *(f"    {text}" for text in (*entry.frequencies, *entry.ratios))]


def summary_lines(matches: Sequence[TrialMatch]) -> list[tuple[str, tuple[str, ...]]]:
    """What a report shows of trials: where the patient may be referred, and what the trials found whose population this
    is.
    """
    offered = [
        f"{m.match} {m.trial.title} ({m.trial.registry}): {'; '.join(m.questions) or 'no open question'}"
        for m in matches
        if m.offered
    ]
    fitting = [m.trial.title for m in matches if m.match != NO and not m.trial.enrolling]
    sections = [
        ("Recruiting by their records", tuple(offered) or ("none of the trials recorded here",)),
        ("Population fits or may fit, not recruiting: evidence only", (", ".join(fitting) or "none",)),
    ]
    for title, found in _evidence_groups(evidence_of(matches)):
        sections.append((title, tuple(line for entry in found for line in evidence_lines(entry))))
    return sections


def trial_text(trial: Trial) -> str:
    """One trial with its criteria."""
    lines = [f"{trial.trial}: {trial.title}", f"  registry: {trial.registry}; phase {trial.phase or 'not seen'}"]
    dated = f"{trial.status}{', ' + str(trial.status_date) if trial.status_date else ''}{'; ' + trial.status_note if trial.status_note else ''}"
    lines.append(f"  status: {dated}; enrolment {trial.enrolment or 'not seen'}")
    lines += [
        f"  arms: {trial.arms}",
        f"  primary endpoint: {trial.primary_endpoint or 'not seen'}",
        f"  counting rule: {trial.counting_rule}",
    ]
    lines += [f"  protocol {version.date}: {version.change}" for version in trial.protocol_versions]
    lines += [f"  criterion: {criterion.text}" for criterion in trial.criteria]
    lines += [f"  criteria: those of {trial.criteria_of}"] if trial.criteria_of else []
    lines += [f"  to ask: {entry.text}" for entry in trial.ask]
    lines += [f"  not verified, check with the trial: {entry.text}" for entry in trial.check]
    lines += [f"  not for lung cancer: {trial.not_lung}"] if trial.not_lung else []
    return "\n".join([*lines, f"  sources: {', '.join(trial.cites) or 'none recorded'}"]) + "\n"


def list_text(trials: Sequence[Trial]) -> str:
    """A line a trial."""
    lines = [
        f"{t.trial:<18}{t.nct if t.nct_status == 'seen' else '':<13}{t.phase!s:<14}{t.status:<24}{t.status_date!s:<12}{t.title}"
        for t in trials
    ]
    return "\n".join([*lines, f"{len(trials)} trials; a status is as old as its date"]) + "\n"


# ---- data ----------------------------------------------------------------------------------------


def matches_json(matches: Sequence[TrialMatch]) -> list[dict[str, Any]]:
    """Every trial for one patient, and what the fitting ones found."""
    found = {entry.trial.trial: entry for entry in evidence_of(matches)}
    return [
        {
            "trial": m.trial.trial,
            "nct": m.trial.nct if m.trial.nct_status == "seen" and m.trial.nct else None,
            "match": m.match,
            "offered": m.offered,
            "status": m.trial.status,
            "status_date": str(m.trial.status_date) or None,
            "criteria": [{"text": text, "answer": word} for text, word in m.criteria],
            "failed": list(m.failed),
            "questions": list(m.questions),
            "needs": list(m.needs),
            **({"evidence": _evidence_json(found[m.trial.trial])} if m.trial.trial in found else {}),
        }
        for m in matches
    ]


def _evidence_json(entry: Evidence) -> dict[str, Any]:
    return {
        "study": entry.study.study,
        "contrary": entry.contrary,
        "natural_frequencies": list(entry.frequencies),
        "numbers": list(entry.ratios),
        "cautions": list(entry.cautions),
    }
