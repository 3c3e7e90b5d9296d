"""Trials as text: what each asks, how a patient meets it, and what the treatment did there."""

from collections.abc import Iterator, Sequence

from oligoscope.evidence import Store
from oligoscope.knowledge.trials import Trial
from oligoscope.tables.model import UNVERIFIED
from oligoscope.trials.findings import Findings, findings_of
from oligoscope.trials.match import NO, TrialMatch

# ---- text ----------------------------------------------------------------------------------------


def match_text(matches: Sequence[TrialMatch], store: Store) -> str:
    """Every trial for one patient, offered first."""
    lines: list[str] = []
    for title, group in _groups(matches):
        lines += [title, *(line for match in group for line in _match_lines(match)), ""]
    for title, found in _finding_groups(findings_of(matches, store), store.terms.treatment):
        lines += [title, *(f"  {line}" for entry in found for line in finding_lines(entry)), ""]
    return "\n".join(lines)


def _groups(matches: Sequence[TrialMatch]) -> list[tuple[str, list[TrialMatch]]]:
    offered = [m for m in matches if m.offered]
    evidence = [m for m in matches if m.may_fit and not m.trial.enrolling]
    unsaid = [m for m in matches if m.match != NO and not m.may_fit and not m.trial.enrolling]
    excluded = [m for m in matches if m.match == NO]
    groups = (
        ("Recruiting by their records: eligible, or open questions", offered),
        ("Not recruiting: shown as evidence only", evidence),
        ("Not recruiting, and whom it took is not verified", unsaid),
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


def _finding_groups(found: Sequence[Findings], treatment: str) -> list[tuple[str, list[Findings]]]:
    supporting, contrary = [e for e in found if not e.contrary], [e for e in found if e.contrary]
    return [
        (title, group)
        for title, group in ((f"What {treatment} did there", supporting), ("Contrary trials", contrary))
        if group
    ]


def finding_lines(entry: Findings) -> list[str]:
    """One trial's findings in lines."""
    n = f", {entry.study.n} patients" if entry.study.n else ""
    head = f"{entry.trial.title} ({entry.year}{n}{', contrary; ' + entry.study.status if entry.contrary else ''})"
    cautions = f"; note: {', '.join(entry.cautions)}" if entry.cautions else ""
    return [f"{head}{cautions}", *(f"    {text}" for text in (*entry.frequencies, *entry.ratios))]


def summary_lines(matches: Sequence[TrialMatch], store: Store) -> list[tuple[str, tuple[str, ...]]]:
    """What a report shows of trials: where the patient may be referred, and what the trials found whose population this
    is.
    """
    offered = [
        f"{m.match} {m.trial.title} ({m.trial.registry}): {'; '.join(m.questions) or 'no open question'}"
        for m in matches
        if m.offered
    ]
    fitting = [m.trial.title for m in matches if m.may_fit and not m.trial.enrolling]
    sections = [
        ("Recruiting by their records", tuple(offered) or ("none of the trials recorded here",)),
        ("Population fits or may fit, not recruiting: evidence only", (", ".join(fitting) or "none",)),
    ]
    for title, found in _finding_groups(findings_of(matches, store), store.terms.treatment):
        sections.append((title, tuple(line for entry in found for line in finding_lines(entry))))
    return sections


def trial_text(trial: Trial) -> str:
    """One trial with its criteria."""
    lines = [f"{trial.trial}: {trial.title}", f"  registry: {trial.registry}; phase {trial.phase or 'not seen'}"]
    if trial.is_draft:
        lines.append("  DRAFT that nobody has confirmed: no patient is held against it")
    when = f", {trial.status_date}" if trial.status_date else ""
    dated = f"{trial.status}{when}" + (f"; {trial.status_note}" if trial.status_note else "")
    lines.append(f"  status: {dated}; enrolment {trial.enrolment or 'not seen'}")
    lines += [
        f"  arms: {trial.arms}",
        f"  primary endpoint: {trial.primary_endpoint or 'not seen'}",
        f"  counting rule: {trial.counting_rule}",
    ]
    lines += [f"  protocol {version.date}: {version.change}" for version in trial.protocol_versions]
    for criterion in trial.criteria:
        how = f", read as {criterion.when}" if criterion.status == UNVERIFIED else ""
        lines.append(f"  criterion{how}: {criterion.text}")
    lines += [f"  criteria: those of {trial.criteria_of}"] if trial.criteria_of else []
    lines += [f"  to ask: {entry.text}" for entry in trial.ask]
    lines += [f"  not verified, check with the trial: {entry.text}" for entry in trial.check]
    lines += [f"  not for lung cancer: {trial.not_lung}"] if trial.not_lung else []
    return "\n".join([*lines, f"  sources: {', '.join(trial.cites) or 'none recorded'}"]) + "\n"


def list_text(trials: Sequence[Trial]) -> str:
    """One line per trial."""
    lines = []
    for trial in trials:
        registry = trial.nct if trial.nct_status == "seen" else ""
        state = f"{trial.status:<24}{trial.status_date!s:<12}"
        draft = "DRAFT, not confirmed: " if trial.is_draft else ""
        lines.append(f"{trial.trial:<18}{registry:<13}{trial.phase!s:<14}{state}{draft}{trial.title}")
    return "\n".join([*lines, f"{len(trials)} trials; a status is as old as its date"]) + "\n"
