"""A registry held against a trial whose curves were published as a figure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from oligoscope.api.reconstructed import Values, ipd
from oligoscope.api.registry import REJECTS, REPORT_SCHEMA, Reported, asked_of, names_of, needs_survival
from oligoscope.api.shared import Day, Packs, day_of, known, none_of_that_name
from oligoscope.files.documents import Plain
from oligoscope.knowledge import Knowledge

if TYPE_CHECKING:
    from datetime import date

    from oligoscope.cohort.analysis.against import Against
    from oligoscope.cohort.analysis.baseline import Baseline
    from oligoscope.cohort.analysis.patients import Asked
    from oligoscope.evidence.model import Study
    from oligoscope.files.columns import Table
    from oligoscope.knowledge.trials import Trial
    from oligoscope.synthesis.reconstruction import Comparison

PAGE, DATA = "against.html", "against.json"


def cohort_against(
    trial: str,
    source: Path | str,
    target: Path | str,
    *,
    curve: "Table",
    at_risk: "Table",
    events: Values | None = None,
    reported: Mapping[str, Values] | None = None,
    leave_out: str | Sequence[str] = (),
    baseline: Path | str | None = None,
    endpoint: str | None = None,
    origin: str | None = None,
    mapping: Path | str | None = None,
    knowledge: Packs = None,
    evidence: Sequence[Path | str] = (),
    today: Day = None,
) -> Reported:
    """The patients of a registry who meet a trial's criteria, over the trial's arms rebuilt from its figure.

    trial: a trial, or a study that names it.  curve, at_risk, events, reported: as for `ipd`, in months.  leave_out:
    ids of criteria that nobody need meet; the page says so.  baseline: means and shares published of the trial's
    patients (YAML), to which the registry's are weighted; without it nothing is adjusted.  endpoint, origin, mapping:
    as for `cohort_report`.  In `target`: against.html, against.json, the figure as SVG, rejects.  What differs is
    listed.  Raises OligoscopeError before it writes. Needs the package survival.
    """
    from oligoscope.chart.sources.files import find_files
    from oligoscope.cohort.analysis.against import held_against
    from oligoscope.cohort.analysis.patients import read_patients
    from oligoscope.cohort.criteria import asked_by
    from oligoscope.cohort.result import check_target
    from oligoscope.cohort.run import other_source

    using, day, target = known(knowledge, evidence), day_of(today), Path(target)
    one, study = _trial(trial, using)
    criteria = asked_by(one, using, names_of(leave_out))
    asked, chosen = asked_of(using, {"endpoint": endpoint, "origin": origin}, None)
    needs_survival()
    arms = ipd(curve, at_risk, events=events, reported=reported).found.compared
    baselines, asked = _baselines(baseline, arms, asked, using)
    rows = other_source(Path(source), Path(mapping) if mapping else None, None) or find_files(Path(source))
    check_target(target, (PAGE, DATA, REJECTS), [*rows.inputs(), *_files(curve, at_risk, mapping, baseline)])
    everyone = read_patients(rows, asked, using, day, lambda _what, _n: None)
    found = held_against(rows, everyone, one, criteria, arms, using, day, baselines)
    return _laid(found, _written(found, study, target, using, Path(source).name, day, chosen), target)


def _baselines(
    path: Path | str | None, arms: "Comparison", asked: "Asked", using: Knowledge
) -> "tuple[tuple[Baseline, ...], Asked]":
    """What is published of the arms' patients, and what is asked, with the factors of which it is."""
    from oligoscope.cohort.analysis.baseline import every_factor, read_baselines

    names = [arm.rebuilt.drawn.name for arm in arms.arms]
    found = read_baselines(Path(path), names, using) if path else ()
    return found, replace(asked, factors=tuple(dict.fromkeys([*asked.factors, *every_factor(found)])))


def _laid(found: "Against", content: dict[str, Plain], target: Path) -> Reported:
    """What lies in the folder, and what is said of it."""
    from oligoscope.cohort.analysis.patients import n_errors
    from oligoscope.report.registry.weighted import weighted_lines

    n_wrong = n_errors(found.everyone.rejects)
    whole = f"{found.patients.n} of {found.everyone.n} patients meet {found.trial.title}, {n_wrong} entries rejected"
    said = "\n".join([f"{whole}; {target / PAGE}", *weighted_lines(found)])
    return Reported(target, content, n_wrong, said)


def _files(*given: object) -> list[Path]:
    """Those that were given as files."""
    return [Path(each) for each in given if isinstance(each, (str, Path))]


def _written(
    found: "Against", study: "Study | None", target: Path, using: Knowledge, name: str, day: "date", chosen: bool
) -> dict[str, Plain]:
    from oligoscope.files.writing import write_files
    from oligoscope.report.registry.against import against_json, against_page
    from oligoscope.report.registry.data import asked_json
    from oligoscope.report.registry.drawing import as_file

    patients = found.everyone
    head = {"schema": REPORT_SCHEMA, "registry": name, "knowledge": using.version, "as_of": day.isoformat()}
    content: dict[str, Plain] = {**head, **asked_json(patients.asked, chosen), **against_json(found, study)}
    page = against_page(found, study, using, name, day, chosen)
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    files = {PAGE: page.html, DATA: text, REJECTS: patients.rejects.write_csv()}
    files |= {f"{figure}.svg": as_file(drawn) for figure, drawn in page.figures.items()}
    target.mkdir(parents=True, exist_ok=True)
    write_files({target / each: content.encode("utf-8", "replace") for each, content in files.items()})
    return content


def _trial(name: str, using: Knowledge) -> "tuple[Trial, Study | None]":
    """The trial of that name, or that a study of that name names; and its study. Raises NotAllowed."""
    studies = {study.study: study for study in using.evidence.studies()}
    named = studies.get(name)
    wanted = named.eligibility.removeprefix("trials/") if named and named.eligibility else name
    found = next((trial for trial in using.trials if trial.trial == wanted), None)
    if found is None:
        raise none_of_that_name("trial", name, [trial.trial for trial in using.trials])
    own = next((each for each in studies.values() if each.eligibility == f"trials/{wanted}"), None)
    return found, named or own
