"""Whose answer, or the evidence stated with it, changed."""

from collections.abc import Sequence
from pathlib import Path

from oligoscope.api.patient import assessment_of
from oligoscope.api.shared import Day, Packs, Result, day_of, known
from oligoscope.appraisal.drift import drift as compare
from oligoscope.chart.opened import open_document
from oligoscope.cohort.drift import (
    Movement,
    moved_between,
    moved_rows,
    newly_cited,
    restated,
    restated_rows,
)
from oligoscope.errors import NotAllowed
from oligoscope.knowledge import load
from oligoscope.report.moved import moved_json, moved_page, moved_text


def drift_of(
    source: Path | str,
    since: Day = None,
    until: Day = None,
    *,
    release: Path | str | None = None,
    registry: bool = False,
    knowledge: Packs = None,
    evidence: Sequence[Path | str] = (),
) -> Result[Movement]:
    """Whose answer or stated evidence changed between two days, or since another release, and by which study.

    source: a folder of case files; a registry, with `registry`.  since: default the day up to which the source review
    looked.  release: a pack of another release; its answers are compared, not the days.  Between two days the rules are
    the same: what changes is the evidence that an answer can be stated with. Raises OligoscopeError.
    """
    using = known(knowledge, evidence)
    first = day_of(since or using.evidence.terms.review.searched, "since").isoformat()
    last_day = day_of(until, "until")
    last = last_day.isoformat()
    if first > last:
        raise NotAllowed("since", first, f"{last} or earlier", f"it comes after {last}", "write the earlier day first")
    old = load(release, evidence=evidence) if release else None
    new = {} if old else newly_cited(using, first, last)
    if registry:
        from oligoscope.chart.sources.files import find_files
        from oligoscope.cohort.run import assess_source

        assessed = assess_source(find_files(Path(source)), using, last_day)
        answers, n_rejected = assessed.answers, assessed.summary.n_rejected
        if old:
            before = assess_source(find_files(Path(source)), old, last_day).answers
            parts = [(table, part.id) for table in using.tables for part in table.parts]
            parts = list({(t.name, "" if t.one_answer else p): (t, p) for t, p in parts}.values())
            moved = moved_rows(before, answers, old, using, parts)
        else:
            moved = restated_rows(answers, using, new)
        n = answers.height
    else:
        moved, n, n_rejected = [], 0, 0
        for path in _cases(Path(source)):
            opened, n = open_document(path), n + 1
            after = assessment_of(opened, using, last_day)
            who = after.case.case.given or path.stem
            moved += (
                moved_between(who, assessment_of(opened, old, last_day), after) if old else restated(who, after, new)
            )
    ends = (old.version, using.version) if old else (first, last)
    evidence_moved = None if old else compare(first, last, using)
    return Result(
        Movement(*ends, bool(old), n, tuple(moved), evidence_moved, n_rejected), moved_json, moved_text, moved_page
    )


def _cases(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise NotAllowed("cases", folder, "a folder with a YAML or JSON file per case", "there is no such folder")
    found = sorted(path for path in folder.iterdir() if path.suffix in (".yaml", ".yml", ".json"))
    if not found:
        raise NotAllowed("cases", folder, "a folder with a YAML or JSON file per case", "it holds no case")
    return found
