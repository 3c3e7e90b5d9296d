"""The published evidence: found, pooled, questioned."""

import html
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from oligoscope.api.result import Result
from oligoscope.api.shared import Day, Packs, day_of, known, store
from oligoscope.errors import NotAllowed
from oligoscope.files.documents import Plain
from oligoscope.files.writing import check_file, write_file

if TYPE_CHECKING:
    from oligoscope.appraisal.checks import Alarm
    from oligoscope.appraisal.coverage import Covered
    from oligoscope.appraisal.drift import Drift
    from oligoscope.appraisal.known import Known
    from oligoscope.appraisal.pool import Pool
    from oligoscope.evidence import Study
    from oligoscope.evidence.search import Found

Folders = Sequence[Path | str]


def find(
    words: Sequence[str] = (),
    *,
    endpoint: str | None = None,
    population: str | None = None,
    design: str | None = None,
    since: str | None = None,
    until: str | None = None,
    knowledge: Packs = None,
    evidence: Folders = (),
) -> "Result[Found]":
    """Studies that meet every filter, and the review's statements with all the words.

    endpoint: with a result on it.  population, design: words in them.  since, until: published between, such as 2023 or
    2023-05-01.  Raises OligoscopeError for a date that is none.
    """
    from oligoscope.evidence.search import find as find_studies
    from oligoscope.report.study import found_json, search_text

    found = find_studies(store(knowledge, evidence), words, endpoint, population, design, since, until)
    return Result(found, found_json, search_text)


def study(name: str, *, knowledge: Packs = None, evidence: Folders = ()) -> "Result[Study]":
    """One study with its results. Raises OligoscopeError, with the nearest name."""
    from oligoscope.report.study import study_json, study_text

    return Result(store(knowledge, evidence).study(name), study_json, study_text)


class Pooled:
    """What trials say together. `found` holds the numbers; `str()` says them, `plot` draws them."""

    def __init__(self, found: "Pool") -> None:
        self.found = found

    def model_dump(self) -> dict[str, Plain]:
        """Its JSON."""
        from oligoscope.report.pooled import pool_json

        return pool_json(self.found)

    def plot(self, file: Path | str) -> None:
        """Write a forest plot, .svg or .png. Raises OligoscopeError where nothing is pooled, or the file cannot be."""
        from oligoscope.report.forest import FORMS

        path = Path(file)
        if self.found.fit is None:
            raise NotAllowed("plot", file, "", "nothing is pooled, so there is nothing to draw")
        if path.suffix[1:] not in FORMS:
            raise NotAllowed("plot", file, ".svg or .png", "a plot is written in one of these forms")
        check_file(path)
        write_file(path, self._drawn(path.suffix[1:]))

    def _drawn(self, form: str = "svg") -> bytes:
        """The plot."""
        from oligoscope.report.forest import draw, pool_rows

        request = self.found.request
        title = f"{request.endpoint}, {request.population}, as of {request.as_of}"
        return draw(pool_rows(self.found), self.found.terms.treatment, title, form)

    def __str__(self) -> str:
        from oligoscope.report.pooled import pool_text

        return pool_text(self.found)

    def _repr_html_(self) -> str:
        """The forest plot, where something is pooled, and the text below."""
        text = f"<pre>{html.escape(str(self))}</pre>"
        return self._drawn().decode() + text if self.found.fit else text


def pool(
    endpoint: str,
    *,
    population: str | None = None,
    as_of: Day = None,
    randomised: bool = True,
    without: Sequence[str] = (),
    admitted: Sequence[str] = (),
    knowledge: Packs = None,
    evidence: Folders = (),
) -> Pooled:
    """The trials of one endpoint, pooled.

    endpoint: "PFS", "OS" ….  population: a state of disease (the usual one when left out), a named population, a tag of
    the studies, or any.  as_of: the evidence published by this day (default: today).  randomised: only randomised
    trials.  without: studies to leave out.  admitted: what is left out by default: unverified, concern, approximate,
    indirect.  Raises OligoscopeError.
    """
    from oligoscope.appraisal.pool import pool as pool_studies
    from oligoscope.appraisal.select import Request

    day, using = day_of(as_of, "as_of").isoformat(), store(knowledge, evidence)
    request = Request(endpoint, day, population or "", randomised, tuple(without), frozenset(admitted))
    return Pooled(pool_studies(request, using.studies(), using.terms))


def audit(
    study: str | None = None, *, knowledge: Packs = None, evidence: Folders = ()
) -> "Result[tuple[Sequence[Alarm], Sequence[Known]]]":
    """The numbers held against each other, and the source review against its sources. study: only this one."""
    from oligoscope.appraisal.audit import audit as hold_against
    from oligoscope.appraisal.known import against_lists
    from oligoscope.appraisal.printed import Review
    from oligoscope.report.audited import audit_json, audit_text

    if study:
        found: tuple[Sequence[Alarm], Sequence[Known]] = hold_against([store(knowledge, evidence).study(study)]), []
    else:
        every = known(knowledge, evidence)
        using = every.evidence
        ends = using.terms.review
        said = Review(using.statements, using.references, using.links, ends.study, str(ends.searched))
        alarms = hold_against(using.studies(), said, every.trials)
        found = alarms, against_lists(using.discrepancies, alarms)
    return Result(found, lambda both: audit_json(*both), lambda both: audit_text(*both))


def coverage(*, knowledge: Packs = None, evidence: Folders = ()) -> "Result[Sequence[Covered]]":
    """What became of every statement of the source review."""
    from oligoscope.appraisal.coverage import coverage as cover
    from oligoscope.report.audited import coverage_json, coverage_text

    return Result(cover(known(knowledge, evidence)), coverage_json, coverage_text)


def drift(
    since: Day = None,
    until: Day = None,
    *,
    population: str | None = None,
    knowledge: Packs = None,
    evidence: Folders = (),
) -> "Result[Drift]":
    """What the evidence published between two days changed.

    since: default the day up to which the source review looked.  population: as for `pool`.  Raises OligoscopeError.
    """
    from oligoscope.appraisal.drift import drift as compare
    from oligoscope.report.drifted import drift_json, drift_page, drift_text

    using = known(knowledge, evidence)
    first = day_of(since or using.evidence.terms.review.searched, "since").isoformat()
    last = day_of(until, "until").isoformat()
    if first > last:
        raise NotAllowed("since", first, f"{last} or earlier", f"it comes after {last}", "write the earlier day first")
    found = compare(first, last, using, population)
    return Result(found, drift_json, drift_text, drift_page)
