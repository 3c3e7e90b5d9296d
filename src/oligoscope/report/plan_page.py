"""A plan's check as one page: what is exceeded first, every limit in a table, the curves, the plan's own data."""

from oligoscope import __version__
from oligoscope.dose.dvh import StructureDose
from oligoscope.dose.limits import Limit
from oligoscope.dose.reirradiation import BothCourses
from oligoscope.dose.verdicts import EXCEEDED, FAIL, MET, PASS, OrganVerdict, Verdict
from oligoscope.interop.names import Read
from oligoscope.report.constraints import NO_LICENCE
from oligoscope.report.courses import (
    Courses,
    between_words,
    both_words,
    course_words,
    judged_words,
    overlap_words,
    part_words,
    rows,
    told_words,
    total_words,
)
from oligoscope.report.dose_curves import curves
from oligoscope.report.histograms import BAND, banded
from oligoscope.report.html import environment
from oligoscope.report.plan_check import (
    VERDICTS,
    PlanCheck,
    bound_words,
    fractions_words,
    level_words,
    margin_words,
    measured_words,
    result_words,
)
from oligoscope.report.wording import DISCLAIMER, status_in_words

SHOWN = ("Dmean", "D95%", "Dmax")
"""Of every structure; what its limits ask stands in their table."""


def plan_page(found: PlanCheck) -> str:
    """One self-contained page, to be printed."""
    histograms = found.histograms
    warnings = [
        *histograms.warnings,
        *(f"{one.name}: {text}" for one in histograms.structures for text in one.warnings),
    ]
    return (
        environment()
        .get_template("plan.html")
        .render(
            headline=found.headline(),
            fractions=fractions_words(found),
            plan=found.plan,
            organs=[_organ(one, found) for one in found.organs()],
            structures=[
                _structure(one, read, found) for one, read in zip(histograms.structures, found.read, strict=True)
            ],
            courses=_courses(found.courses) if found.courses else None,
            twice=[_twice(one) for one in found.twice],
            parts=[part_words(part) for one in histograms.structures for part in one.parts],
            overlaps=[overlap_words(one) for one in found.overlaps],
            undrawn=found.undrawn(),
            warnings=warnings,
            band=BAND,
            licence=NO_LICENCE,
            disclaimer=DISCLAIMER,
            version=__version__,
        )
    )


def _courses(found: Courses) -> dict[str, object]:
    return {
        "judged": judged_words(found),
        "each": [course_words(one) for one in found.each],
        "heads": [one.name for one in found.each] + (["all"] if found.total else []),
        "rows": [{"structure": name, "metric": metric, "values": told} for name, metric, told in rows(found)],
        "total": total_words(found),
    }


def _twice(one: BothCourses) -> dict[str, object]:
    return {
        "title": both_words(one),
        "rows": [
            {"text": told_words(told), "kind": {EXCEEDED: "stop", MET: "good"}.get(told.verdict, "caution")}
            for told in one.told
        ],
        "between": between_words(one),
    }


def _organ(one: OrganVerdict, found: PlanCheck) -> dict[str, object]:
    label = found.limits.organs[one.organ].label
    pairs = zip(found.histograms.structures, found.read, strict=True)
    own = [structure for structure, read in pairs if read.organ == one.organ]
    verdicts = found.verdicts(one.organ)
    return {
        "label": label,
        "result": result_words(one),
        "kind": {FAIL: "stop", PASS: "good"}.get(one.result, "caution"),
        "because": one.because,
        "notes": one.notes,
        "rows": [_row(told, told.limit) for told in verdicts if told.limit],
        "curve": curves(own, verdicts, label),
    }


def _row(told: Verdict, limit: Limit) -> dict[str, object]:
    return {
        "structure": told.structure,
        "measured": measured_words(told),
        "bound": bound_words(told),
        "verdict": VERDICTS[told.verdict],
        "margin": margin_words(told).removeprefix(", margin "),
        "source": f"{limit.label}{level_words(told)}",
        "status": status_in_words(limit.status),
        "judges": told.judges,
    }


def _structure(one: StructureDose, read: Read, found: PlanCheck) -> dict[str, object]:
    organs = found.limits.organs
    return {
        "name": one.name,
        "read": organs[read.organ].label if read.organ else read.how,
        "may": organs[read.suggestion].label if read.suggestion in organs else "",
        "volume": banded(one.volume),
        "dose": [f"{name} {banded(told)}" for name, told in one.metrics.items() if name in SHOWN],
        "covered": one.covered_percent,
    }
