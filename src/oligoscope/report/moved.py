"""Whose answer or stated evidence changed, as text, as data, as rows and as a page."""

from collections.abc import Iterator

from oligoscope import __version__
from oligoscope.cohort.drift import Moved, Movement
from oligoscope.report.drifted import drift_page, summary
from oligoscope.report.html import environment
from oligoscope.report.wording import DISCLAIMER

COLUMNS = ("patient_id", "table", "part", "before", "after", "because")
SHOWN = 20
"""As many patients as this are named one by one; of a registry the counts tell more."""


def moved_text(found: Movement) -> str:
    """Counts by change; of a few patients also each by itself."""
    return "\n".join([*_lines(found), "", DISCLAIMER]) + "\n"


def _lines(found: Movement) -> Iterator[str]:
    what = "releases" if found.by_release else "days"
    yield f"{found.n_changed} of {found.n} patients changed between two {what}: {found.since} and {found.until}"
    yield from (f"not counted: {each}" for each in found.refused)
    yield from (f"  {line}" for line in counted(found))
    if found.drift:
        yield ""
        yield "The pooled evidence between these days"
        for pool in found.drift.pools:
            entered = ", ".join(row.study.study for row in (*pool.entered, *pool.renewed))
            yield f"  {pool.endpoint}: {summary(pool)}" + (f" [{entered}]" if entered else "")
    if found.moved and found.n <= SHOWN:
        for who in dict.fromkeys(each.who for each in found.moved):
            yield ""
            yield who
            yield from (f"  {change(each)}{_because(each)}" for each in found.moved if each.who == who)


def counted(found: Movement) -> list[str]:
    """How many patients, by change."""
    return [f"{n}  {change(each)}{_because(each)}" for each, n in found.counts()]


def change(each: Moved) -> str:
    """One change in a line."""
    name = f"{each.table}: {each.part}" if each.part else each.table
    if each.before == each.after and each.before:
        return f"{name}: {each.after}, on newer evidence"
    return f"{name}: {each.before or 'undetermined'} → {each.after or 'undetermined'}"


def _because(each: Moved) -> str:
    return f" [{', '.join(each.because)}]" if each.because else ""


def moved_json(found: Movement) -> dict[str, object]:
    """The counts, and each change of each patient."""
    return {
        "from": found.since,
        "to": found.until,
        "n_patients": found.n,
        "n_changed": found.n_changed,
        "refused": list(found.refused),
        "counts": [{**_plain(each), "n": n} for each, n in found.counts()],
        "patients": [{"patient_id": each.who, **_plain(each)} for each in found.moved],
    }


def _plain(each: Moved) -> dict[str, object]:
    plain = each._asdict()
    del plain["who"]
    return {**plain, "because": list(each.because)}


def moved_rows(found: Movement) -> Iterator[tuple[str, ...]]:
    """One row per change of a patient, by `COLUMNS`."""
    for each in found.moved:
        yield (each.who, each.table, each.part, each.before, each.after, "|".join(each.because))


def moved_page(found: Movement) -> str:
    """One self-contained page: whose answers moved, then between two days what the evidence did."""
    title = f"{found.n_changed} of {found.n} patients changed: {found.since} and {found.until}"
    if found.drift:
        return drift_page(found.drift, title, counted(found))
    return environment().get_template("moved.html").render(title=title, moved=counted(found), version=__version__)
