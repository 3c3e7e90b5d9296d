"""Whose answer, or the evidence stated with it, changed."""

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from oligoscope.api.patient import assessment_of
from oligoscope.api.result import Result
from oligoscope.api.shared import Day, Packs, day_of, known
from oligoscope.appraisal.drift import drift as compare
from oligoscope.chart.opened import open_document
from oligoscope.cohort.drift import (
    Key,
    Moved,
    Movement,
    moved_between,
    moved_rows,
    newly_cited,
    restated,
    restated_rows,
)
from oligoscope.errors import NotAllowed, OligoscopeError
from oligoscope.knowledge import Knowledge, load
from oligoscope.report.moved import moved_json, moved_page, moved_text

Charts: TypeAlias = Mapping[str, Path | Mapping[str, Any]]
"""By name, files of charts or their documents."""


def drift_of(
    source: Path | str | Charts,
    since: Day = None,
    until: Day = None,
    *,
    release: Path | str | None = None,
    registry: bool = False,
    knowledge: Packs = None,
    evidence: Sequence[Path | str] = (),
) -> Result[Movement]:
    """Whose answer or stated evidence changed between two days, or since another release, and by which study.

    source: a folder of case files, or charts by name; a registry, with `registry`.  since: default the day up to which
    the source review looked.  release: a pack of another release; its answers are compared, not the days.  Between two
    days the rules are the same: what changes is the evidence that an answer can be stated with. Raises OligoscopeError.
    """
    using = known(knowledge, evidence)
    first = day_of(since or using.evidence.terms.review.searched, "since").isoformat()
    last_day = day_of(until, "until")
    last = last_day.isoformat()
    if first > last:
        raise NotAllowed("since", first, f"{last} or earlier", f"it comes after {last}", "write the earlier day first")
    old = load(release, evidence=evidence) if release else None
    new = {} if old else newly_cited(using, first, last)
    if isinstance(source, Mapping):
        n, refused, moved = _charts(source, using, old, new, last_day)
    elif registry:
        n, refused, moved = _registry(Path(source), using, old, new, last_day)
    else:
        n, refused, moved = _charts({str(path): path for path in _cases(Path(source))}, using, old, new, last_day)
    ends = (old.version, using.version) if old else (first, last)
    evidence_moved = None if old else compare(first, last, using)
    return Result(Movement(*ends, bool(old), n, moved, evidence_moved, refused), moved_json, moved_text, moved_page)


Looked = tuple[int, tuple[str, ...], tuple[Moved, ...]]
"""Patients looked at, what could not be read, and what moved."""


def _registry(
    source: Path, using: Knowledge, old: Knowledge | None, new: Mapping[Key, tuple[str, ...]], today: datetime.date
) -> Looked:
    from oligoscope.chart.sources.files import find_files
    from oligoscope.cohort.run import assess_source

    after = assess_source(find_files(source), using, today)
    if old:
        before = assess_source(find_files(source), old, today)
        moved = moved_rows(before.answers, after.answers, old, using)
    else:
        moved = restated_rows(after.answers, using, new)
    n = after.summary.n_rejected
    entries = f"{n} {'entry was' if n == 1 else 'entries were'} rejected; cohort assess lists them"
    return after.answers.height, (entries,) if n else (), tuple(moved)


def _charts(
    charts: Charts, using: Knowledge, old: Knowledge | None, new: Mapping[Key, tuple[str, ...]], today: datetime.date
) -> Looked:
    moved: list[Moved] = []
    refused: list[OligoscopeError] = []
    for name, chart in charts.items():
        try:
            opened = open_document(chart)
            after = assessment_of(opened, using, today)
        except OligoscopeError as error:
            # One chart that cannot be read must not take the answer of all others away.
            refused.append(error)
            continue
        who = after.case.case.given or chart.stem if isinstance(chart, Path) else name
        moved += moved_between(who, assessment_of(opened, old, today), after) if old else restated(who, after, new)
    if refused and len(refused) == len(charts):
        raise refused[0]
    return len(charts) - len(refused), tuple(map(str, refused)), tuple(moved)


def _cases(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise NotAllowed("cases", folder, "a folder with a YAML or JSON file per case", "there is no such folder")
    found = sorted(path for path in folder.iterdir() if path.suffix in (".yaml", ".yml", ".json"))
    if not found:
        raise NotAllowed("cases", folder, "a folder with a YAML or JSON file per case", "it holds no case")
    return found
