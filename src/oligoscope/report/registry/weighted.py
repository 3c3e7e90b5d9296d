"""A registry weighted to a trial's published baseline: what differed, what is left, and what weights do not show."""

from collections.abc import Iterator

from oligoscope.cohort.analysis.against import Adjusted, Against, Held, HeldArm
from oligoscope.cohort.analysis.baseline import in_words
from oligoscope.cohort.analysis.curves import Line
from oligoscope.cohort.analysis.matched import Matched
from oligoscope.cohort.analysis.refused import OF_NOTE, Refused, plural
from oligoscope.files.documents import Plain
from oligoscope.report.registry.drawing import ratio_text
from oligoscope.report.registry.page import Shown
from oligoscope.report.survival_text import number, p_text

FEW_DECIDE = 0.5
"""Share of the patients below which the effective sample size is told as a caution."""
NOT_SHOWN = (
    "weights make the means and shares of the published baseline equal and nothing else: factors that were not given "
    "or not measured may still differ, and how factors go together is not published, so it was not balanced",
    "the weighted comparison is unanchored: no arm is common to the registry and the trial, so no randomisation stands "
    "behind it; its interval holds chance and what the figure leaves open, not what patients who are unlike add",
)


def ratio_words(held: Held) -> str:
    """`0.65 (0.52 to 0.81)`, or why it is not shown."""
    ratio = held.ratio
    if isinstance(ratio, Refused):
        return f"not shown: {ratio.reason}"
    return f"{ratio_text(ratio.value)} ({ratio_text(ratio.low)} to {ratio_text(ratio.high)})"


def months_words(held: Held) -> str:
    """`+2.1 (-0.3 to +4.5) up to 36 months, P = 0.09`, or why it is not shown."""
    months = held.months
    if isinstance(months, Refused):
        return f"not shown: {months.reason}"
    ends = f"{months.low:+.1f} to {months.high:+.1f}"
    return f"{months.value:+.1f} ({ends}) up to {number(months.until, 3)} months, {p_text(months.p)}"


def compared(arm: HeldArm) -> Iterator[tuple[str, Held | Refused]]:
    """Every comparison with an arm, and whose it is: as they are, and weighted where a baseline was given."""
    adjusted = arm.adjusted
    if adjusted is None:
        yield "", arm.plain
        return
    yield "registry as it is", arm.plain
    if isinstance(adjusted, Adjusted):
        if adjusted.unweighted:
            yield "as it is, only whose factors are known", adjusted.unweighted
        yield "registry weighted", adjusted.weighted
    else:
        yield "registry weighted", adjusted


def drawn(found: Against) -> list[Line]:
    """The weighted curves."""
    return [each.weights.line for each in found.matched if not isinstance(each.weights, Refused)]


def weighted_parts(found: Against) -> list[Shown]:
    """A part for each baseline: what is published, and the registry before and after."""
    return [_part(each) for each in found.matched]


def _both(held: Held | Refused) -> str:
    if isinstance(held, Refused):
        return f"not shown: {held.reason}"
    return f"hazard ratio {ratio_words(held)}, months lived more {months_words(held)}"


def cautions_of(found: Against) -> Iterator[str]:
    """What weights do not show, and where few patients decide or many were left out; nothing where none are shown."""
    for one in found.matched:
        weights, n_all = one.weights, found.patients.n
        if isinstance(weights, Refused):
            continue
        if weights.effective < FEW_DECIDE * one.patients.n:
            size = f"{plural(one.patients.n, 'patient')} tell as much as {weights.effective:.0f}"
            yield f"the registry is far from the trial's published baseline: weighted, {size}, and few decide"
        if n_all - one.patients.n > OF_NOTE * n_all:
            yield f"{n_all - one.patients.n:,} of {plural(n_all, 'patient')} are not weighted: a factor is not known"
    yield from NOT_SHOWN if drawn(found) else ()


def _title(one: Matched) -> str:
    return f"What the weights balance{f': {one.baseline.arm}' if one.baseline.arm else ''}"


def _part(one: Matched) -> Shown:
    weights, given = one.weights, one.baseline
    if not one.rows and isinstance(weights, Refused):
        return Shown(_title(one), refused=weights.reason)
    says = f"Published of {plural(given.patients, 'patient')}: {given.source}. {_whom(one)} "
    heads: tuple[str, ...] = ("", "published", "registry as it is")
    rows = [(r.margin.label, in_words(r.margin, r.margin.value), in_words(r.margin, r.before)) for r in one.rows]
    if isinstance(weights, Refused):
        return Shown(_title(one), f"{says}Not weighted: {weights.reason}.", rows=tuple(rows), heads=heads)
    says += (
        "Of all weights that make the means and shares equal they are the nearest to equal ones (entropy balancing). "
        f"Weighted, the {plural(one.patients.n, 'patient')} tell as much as {weights.effective:.0f} of equal weight; "
        f"the largest weight is {weights.values.max():.1f} times the mean. In the picture the numbers at risk of the "
        "weighted curve are scaled to that effective sample size. Errors are robust, each patient a cluster; weights "
        "and published values are taken as fixed."
    )
    after = ["" if r.after is None else in_words(r.margin, r.after) for r in one.rows]
    whole = tuple((*row, last) for row, last in zip(rows, after, strict=True))
    return Shown(_title(one), says, rows=whole, heads=(*heads, "registry weighted"))


def _whom(one: Matched) -> str:
    known = f"Every factor is known of {plural(one.patients.n, 'patient')} of the registry"
    if not one.unknown:
        return f"{known}."
    lacking = ", ".join(f"{label} of {n:,}" for label, n in one.unknown)
    return f"{known}; the others are left out of what is weighted and nothing was filled in (not known: {lacking})."


def weighted_lines(found: Against) -> Iterator[str]:
    """The same in lines of text, with each ratio before and after."""
    for one in found.matched:
        name, weights = f"weighted{f' to {one.baseline.arm}' if one.baseline.arm else ''}", one.weights
        if isinstance(weights, Refused):
            yield f"not {name}: {weights.reason}"
            continue
        size = f"{plural(one.patients.n, 'patient')} tell as much as {weights.effective:.0f}"
        yield f"{name}: {size}, largest weight {weights.values.max():.1f}; published: {one.baseline.source}"
        for row in one.rows:
            after = "" if row.after is None else f", weighted {in_words(row.margin, row.after)}"
            said = f"published {in_words(row.margin, row.margin.value)}, registry {in_words(row.margin, row.before)}"
            yield f"  {row.margin.label}: {said}{after}"
    if found.matched and not isinstance(found.arms, Refused):
        for arm in found.arms:
            for whose, held in compared(arm):
                yield f"{arm.line.label}, {whose}: {_both(held)}"
    yield from cautions_of(found)


def held_json(held: Held) -> dict[str, Plain]:
    """Ratio and months, or why there are none."""
    ratio, months = held.ratio, held.months
    return {
        "hazard_ratio": {"refused": ratio.reason}
        if isinstance(ratio, Refused)
        else {"value": ratio.value, "low": ratio.low, "high": ratio.high, "proportional_p": held.proportional},
        "months": {"refused": months.reason}
        if isinstance(months, Refused)
        else {"until": months.until, "value": months.value, "low": months.low, "high": months.high, "p": months.p},
    }


def adjusted_json(arm: HeldArm) -> dict[str, Plain]:
    """The weighted comparison under `adjusted`; nothing where no baseline was given."""
    adjusted = arm.adjusted
    if adjusted is None:
        return {}
    if isinstance(adjusted, Refused):
        return {"adjusted": {"refused": adjusted.reason}}
    same = {"same_patients_unweighted": held_json(adjusted.unweighted)} if adjusted.unweighted else {}
    return {"adjusted": {**held_json(adjusted.weighted), **same}}


def matched_json(one: Matched) -> dict[str, Plain]:
    """One baseline: its numbers, the registry's, the weights' size."""
    given, weights = one.baseline, one.weights
    rows = [
        {
            "factor": row.margin.factor.name,
            "label": row.margin.label,
            "published": row.margin.value,
            "registry": row.before,
            **({} if row.after is None else {"weighted": row.after}),
        }
        for row in one.rows
    ]
    whole = {
        "arm": given.arm or None,
        "source": given.source,
        "patients": given.patients,
        "weighted": one.patients.n,
        "not_known": [{"factor": label, "n": n} for label, n in one.unknown],
        "factors": rows,
    }
    if isinstance(weights, Refused):
        return {**whole, "refused": weights.reason}
    largest = float(weights.values.max())
    return {**whole, "effective": weights.effective, "effective_events": weights.events, "largest_weight": largest}
