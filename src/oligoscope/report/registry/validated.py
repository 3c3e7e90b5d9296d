"""A registry held against published survival: page and data."""

import datetime
from collections.abc import Sequence

from oligoscope.cohort.analysis.curves import ticks
from oligoscope.cohort.analysis.factors import Factor
from oligoscope.cohort.analysis.patients import Patients
from oligoscope.cohort.analysis.refused import Refused
from oligoscope.cohort.analysis.validation import Held, Measure, Validated, every_held
from oligoscope.knowledge import Knowledge
from oligoscope.report.registry import figures
from oligoscope.report.registry.page import Page, Shown, flow_of, laid_out

Plain = dict[str, object]
Found = Sequence[tuple[Factor, Validated | Refused]]


def validated_json(found: Found) -> list[Plain]:
    """One entry for each table."""
    return [{"table": factor.name, **_each(each)} for factor, each in found]


def _each(each: Validated | Refused) -> Plain:
    if isinstance(each, Refused):
        return {"refused": each.reason}
    return {
        "n": each.n,
        "published": [_held(held) for held in each.held],
        "measures": [
            {"name": m.name, "value": m.value, "low": m.low, "high": m.high, "reason": m.reason or None}
            for m in each.measures
        ],
    }


def _held(held: Held) -> Plain:
    return {
        "group": held.group,
        "result": held.published.result,
        "months": held.published.months,
        "published": held.published.share,
        "observed": held.observed,
        "low": held.low,
        "high": held.high,
        "inside": held.inside,
        "reason": held.reason or None,
    }


def validated_page(
    found: Found, patients: Patients, knowledge: Knowledge, name: str, made: datetime.date, chosen: bool
) -> Page:
    """The page of a validation."""
    parts = [flow_of(patients), *(_part(factor, each, patients) for factor, each in found)]
    if not found:
        parts.append(Shown("Published survival", refused="nothing is published of the groups of these tables"))
    heading = f"The registry “{name}” against published survival"
    return laid_out(heading, parts, patients, knowledge, name, made, chosen, _cautions(found))


def _cautions(found: Found) -> list[str]:
    held = every_held(found)
    told = [each for each in held if each.inside is not None]
    if not told:
        return []
    inside = sum(bool(each.inside) for each in told)
    return [
        f"{inside} of {len(told)} published numbers lie within the interval of this registry; the studies may have "
        "counted time from another day and taken other patients"
    ]


def _part(factor: Factor, each: Validated | Refused, patients: Patients) -> Shown:
    if isinstance(each, Refused):
        return Shown(factor.label, refused=each.reason)
    marks: dict[str, list[tuple[float, float]]] = {}
    for held in each.held:
        marks.setdefault(held.group, []).append((held.published.months, held.published.share))
    figure = f"against-{factor.name}"
    drawn = figures.curves(
        each.lines, ticks(patients), factor.label, "share without the event", figure, falls=True, marks=marks
    )
    says = (
        f"Lines are the {each.n:,} patients of this registry, diamonds what was published of the same group: a rate at "
        "its time, or a median at one half. A line through its diamond agrees. "
        + " ".join(f"{m.name}: {_measure(m)}." for m in each.measures)
    )
    heads = ("group", "published", "here at that time", "within the interval")
    rows = tuple(
        (held.group, f"{held.published.says} ({held.published.result})", _observed(held), _inside(held))
        for held in each.held
    )
    return Shown(factor.label, says, drawn, figure, rows, heads)


def _measure(measure: Measure) -> str:
    if measure.value is None:
        return f"not told, {measure.reason}"
    ends = "" if measure.low is None or measure.high is None else f" ({measure.low:.3f} to {measure.high:.3f})"
    return f"{measure.value:.3f}{ends}"


def _observed(held: Held) -> str:
    if held.observed is None:
        return held.reason
    ends = "" if held.low is None or held.high is None else f" ({100 * held.low:.0f} to {100 * held.high:.0f})"
    return f"{100 * held.observed:.0f} %{ends}"


def _inside(held: Held) -> str:
    return "cannot be told" if held.inside is None else "yes" if held.inside else "no"
