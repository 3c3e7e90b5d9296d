"""One pooled effect with everything a reader needs to doubt it: heterogeneity, influence, what was left out and what it
would change, certainty.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from oligoscope.appraisal.select import MIXED, OPTIONAL, LeftOut, Request, Selected, check, select
from oligoscope.evidence import Study
from oligoscope.synthesis import meta

ENOUGH_FOR_EGGER = 10
ENOUGH_FOR_REGRESSION = 4


@dataclass(frozen=True)
class Variant:
    """The pool under one other choice. k: how many studies it has."""

    label: str
    fit: meta.Fit
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Domain:
    """One GRADE domain: what the data show of it, or that a person must judge it."""

    name: str
    judged_by: str
    finding: str


@dataclass(frozen=True)
class Pool:
    """A request, what entered, what did not, and what follows.

    fit: None where nothing entered.  by_year: meta-regression on the year of publication.
    """

    request: Request
    selected: tuple[Selected, ...]
    left_out: tuple[LeftOut, ...]
    fit: meta.Fit | None
    tau2_interval: tuple[float, float] | None
    methods: tuple[Variant, ...]
    influence: tuple[Variant, ...]
    cumulative: tuple[Variant, ...]
    by_tag: meta.Subgroups | None
    by_year: meta.Fit | None
    small_study: meta.SmallStudy | None
    sensitivity: tuple[Variant, ...]
    certainty: tuple[Domain, ...]


def pool(request: Request, studies: Sequence[Study]) -> Pool:
    """Pool a request by random effects (REML, Hartung-Knapp). Raises EvidenceError for words that no study knows."""
    check(request, studies)
    rows, left = select(request, studies)
    if not rows:
        return Pool(
            request, (), left, None, None, (), (), (), None, None, None, _sensitivity(request, studies, left), ()
        )
    y, v = _arrays(rows)
    fitted = _fit(rows)
    tau2 = meta.tau2_interval(y, v) if len(rows) > 1 else None
    small = meta.egger(y, v) if len(rows) >= ENOUGH_FOR_EGGER else None
    return Pool(
        request=request,
        selected=rows,
        left_out=left,
        fit=fitted,
        tau2_interval=tau2,
        methods=_methods(rows),
        influence=tuple(
            Variant(f"without {row.study.study}", f)
            for row, f in zip(rows, meta.leave_one_out(y, v, meta.fit), strict=False)
        ),
        cumulative=tuple(
            Variant(row.study.study, f)
            for row, f in zip(rows, meta.cumulative(y, v, range(len(rows)), meta.fit), strict=True)
        ),
        by_tag=_by_driver(rows),
        by_year=_by_year(rows),
        small_study=small,
        sensitivity=_sensitivity(request, studies, left),
        certainty=_certainty(rows, fitted, small),
    )


def _arrays(rows: Sequence[Selected]) -> tuple[list[float], list[float]]:
    return [row.effect.log_ratio for row in rows], [row.effect.se**2 for row in rows]


def _fit(rows: Sequence[Selected]) -> meta.Fit:
    y, v = _arrays(rows)
    return meta.fit(y, v, test="z" if len(rows) == 1 else "knha")


def _methods(rows: Sequence[Selected]) -> tuple[Variant, ...]:
    """The same studies by other methods."""
    y, v = _arrays(rows)
    choices: tuple[tuple[str, meta.Method, meta.Test], ...] = (
        ("fixed effect", "EE", "z"),
        ("DerSimonian-Laird", "DL", "z"),
        ("Paule-Mandel, Hartung-Knapp", "PM", "knha"),
        ("REML without Hartung-Knapp", "REML", "z"),
    )
    return (
        tuple(Variant(label, meta.fit(y, v, method=method, test=test)) for label, method, test in choices)
        if len(rows) > 1
        else ()
    )


def _by_driver(rows: Sequence[Selected]) -> meta.Subgroups | None:
    """EGFR-mutant disease against the rest: the moderator that every trial's record has."""
    groups = ["EGFR-mutant" if "EGFR-mutant" in row.study.tags else "not EGFR-selected" for row in rows]
    y, v = _arrays(rows)
    return (
        meta.subgroups(y, v, groups, lambda a, b: meta.fit(a, b, test="z" if len(a) == 1 else "knha"))
        if len(set(groups)) > 1
        else None
    )


def _by_year(rows: Sequence[Selected]) -> meta.Fit | None:
    """Meta-regression on the year of publication; its second coefficient is the change a year, with the larger of the
    plain and the Hartung-Knapp error.

    None with fewer than 4 studies, or all of one year.
    """
    years = [float(row.report.earliest[:4]) for row in rows]
    if len(rows) < ENOUGH_FOR_REGRESSION or len(set(years)) < 2:
        return None
    y, v = _arrays(rows)
    centred = [year - sum(years) / len(years) for year in years]
    plain, adjusted = meta.fit(y, v, moderators=centred, test="z"), meta.fit(y, v, moderators=centred)
    return adjusted if adjusted.ses[1] > plain.ses[1] else plain


def _sensitivity(request: Request, studies: Sequence[Study], left: Sequence[LeftOut]) -> tuple[Variant, ...]:
    """What letting in each kind of study left out by default would give, and all of them."""
    kinds = [kind for kind in OPTIONAL if any(entry.kind == kind for entry in left)]
    base = {row.study.study for row in select(request, studies)[0]}
    found = []
    for label, admitted in [
        *((f"with {kind}", {kind}) for kind in kinds),
        *([("with all of these", set(kinds))] if len(kinds) > 1 else []),
    ]:
        rows, _ = select(replace(request, admitted=request.admitted | admitted), studies)
        added = tuple(row.study.study for row in rows if row.study.study not in base)
        if added:
            found.append(Variant(label, _fit(rows), added))
    return tuple(found)


def _certainty(rows: Sequence[Selected], fitted: meta.Fit, small: meta.SmallStudy | None) -> tuple[Domain, ...]:
    low, high = fitted.interval
    crosses = low < 0 < high
    inconsistent = f"I² {fitted.i2:.0f} %" if fitted.k > 1 else "one study: nothing to compare"
    if fitted.prediction:
        inside = fitted.prediction[0] < 0 < fitted.prediction[1]
        inconsistent += (
            f"; a new trial may lie between {math.exp(fitted.prediction[0]):.2f} and {math.exp(fitted.prediction[1]):.2f}"
            + (", on either side of 1" if inside else "")
        )
    marked = [
        f"{row.study.study} ({', '.join(tags)})"
        for row in rows
        if (tags := [t for t in row.cautions if t in (MIXED, "includes polymetastatic", "counts organs")])
    ]
    stopped = [row.study.study for row in rows if "stopped" in row.study.design]
    funnel = (
        f"Egger P {small.p:.2f}"
        if small
        else f"{len(rows)} {'study' if len(rows) == 1 else 'studies'}: fewer than {ENOUGH_FOR_EGGER}, a test would say little"
    )
    return (
        Domain(
            "risk of bias", "a person", f"to be judged; by their records stopped early: {', '.join(stopped) or 'none'}"
        ),
        Domain("inconsistency", "data", inconsistent),
        Domain("indirectness", "data", "; ".join(marked) or "no study is marked as differing in population"),
        Domain(
            "imprecision",
            "data",
            f"the interval {'includes' if crosses else 'excludes'} no effect ({math.exp(low):.2f} to {math.exp(high):.2f})",
        ),
        Domain("publication bias", "data" if small else "a person", funnel),
    )
