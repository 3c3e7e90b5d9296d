"""Find studies and statements by words, endpoint, population, design and date."""

from collections.abc import Sequence
from dataclasses import dataclass

from oligoscope.evidence.errors import EvidenceError
from oligoscope.evidence.model import Study
from oligoscope.evidence.review import Statement
from oligoscope.evidence.store import Store


@dataclass(frozen=True)
class Found:
    """What matches, newest study first."""

    studies: tuple[Study, ...]
    statements: tuple[Statement, ...]


def find(
    store: Store,
    words: Sequence[str] = (),
    endpoint: str | None = None,
    population: str | None = None,
    design: str | None = None,
    since: str | None = None,
    until: str | None = None,
) -> Found:
    """Studies that meet every filter, and the review's statements with all the words.

    Raises EvidenceError for a date that is none.
    """
    for field, date in (("since", since), ("until", until)):
        if date and not (date[:4].isdigit() and len(date) in (4, 7, 10)):
            raise EvidenceError("this is no date", field=field, value=date, fix="write 2023, 2023-05 or 2023-05-01")
    wanted = [word.lower() for word in words]
    first, last = f"{since}-01-01"[:10] if since else "", f"{until}-12-31"[:10] if until else "9999-12-31"
    kept = [
        study
        for study in store.studies()
        if all(word in _text(study) for word in wanted)
        and (not endpoint or any(r.endpoint.lower() == endpoint.lower() for r in study.results))
        and (
            not population or population.lower() in f"{study.population} {study.setting} {' '.join(study.tags)}".lower()
        )
        and (not design or _has_design(study, design.lower()))
        and (
            not (since or until)
            or any(report.published and report.latest >= first and report.earliest <= last for report in study.reports)
        )
    ]
    told = [
        s
        for s in store.statements
        if wanted and all(word in f"{s.quote} {s.topic} {s.note}".lower() for word in wanted)
    ]
    return Found(
        tuple(sorted(kept, key=lambda s: s.published if s.published < "9999" else "", reverse=True)), tuple(told)
    )


def _has_design(study: Study, design: str) -> bool:
    if design.replace("z", "s") == "randomised":
        return study.randomised
    return design in study.design.lower()


def _text(study: Study) -> str:
    results = " ".join(f"{r.endpoint} {r.population or ''} {r.arm or ''}" for r in study.results)
    reports = " ".join(f"{r.citation} {r.pmid or ''}" for r in study.reports)
    words = [study.study, study.title, study.design, study.population, *study.tags, *study.registry]
    return " ".join([*words, reports, results, *study.alerts]).lower()
