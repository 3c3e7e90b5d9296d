"""One pooled effect with everything a reader needs to doubt it: heterogeneity, influence, what was left out and what it
would change, certainty.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from oligoscope.appraisal.select import OPTIONAL, LeftOut, Request, Selected, beside, check, in_full, select
from oligoscope.evidence import Result, Study, Terms
from oligoscope.evidence.terms import Moderator
from oligoscope.synthesis import meta

ENOUGH_FOR_EGGER = 10
ENOUGH_FOR_REGRESSION = 4
PLAIN = "plain"
METHODS: dict[str, tuple[str, meta.Method, meta.Test]] = {
    "fixed": ("fixed effect", "EE", "z"),
    "dersimonian-laird": ("DerSimonian-Laird", "DL", "z"),
    "paule-mandel": ("Paule-Mandel, Hartung-Knapp", "PM", "knha"),
    PLAIN: ("REML without Hartung-Knapp", "REML", "z"),
}
"""Other ways to pool the same studies: what each is called, its estimate of heterogeneity, its test."""


@dataclass(frozen=True)
class Variant:
    """The pool under one other choice. key: of a method, its name in METHODS; names: the studies it lets in."""

    key: str
    label: str
    fit: meta.Fit
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class GradeDomain:
    """One GRADE domain: what the data show of it, or that a person must judge it."""

    name: str
    judged_by: str
    finding: str


@dataclass(frozen=True)
class Pool:
    """A request, what entered, what did not, and what follows.

    terms: the words it was made with.  fit: None where nothing entered.  by_year: meta-regression on the year of
    publication.  beside: published syntheses of the same question, each with its ratio; none is part of the fit.
    """

    request: Request
    terms: Terms
    selected: tuple[Selected, ...]
    left_out: tuple[LeftOut, ...]
    sensitivity: tuple[Variant, ...]
    beside: tuple[tuple[Study, Result], ...] = ()
    fit: meta.Fit | None = None
    tau2_interval: tuple[float, float] | None = None
    methods: tuple[Variant, ...] = ()
    influence: tuple[Variant, ...] = ()
    cumulative: tuple[Variant, ...] = ()
    by_tag: meta.Subgroups | None = None
    by_year: meta.Fit | None = None
    small_study: meta.SmallStudy | None = None
    certainty: tuple[GradeDomain, ...] = ()


def pool(request: Request, studies: Sequence[Study], terms: Terms) -> Pool:
    """Pool a request by random effects (REML, Hartung-Knapp). Raises EvidenceError for words that no study knows."""
    request = in_full(request, terms)
    check(request, studies, terms)
    rows, left = select(request, studies, terms)
    sensitivity = _sensitivity(request, studies, left, terms)
    others = beside(request, studies, terms)
    if not rows:
        return Pool(request, terms, (), left, sensitivity, others)
    y, v = _arrays(rows)
    fitted = _fit(rows)
    tau2 = meta.tau2_interval(y, v) if len(rows) > 1 else None
    small = meta.egger(y, v) if len(rows) >= ENOUGH_FOR_EGGER else None
    return Pool(
        request=request,
        terms=terms,
        selected=rows,
        left_out=left,
        sensitivity=sensitivity,
        beside=others,
        fit=fitted,
        tau2_interval=tau2,
        methods=_methods(rows),
        influence=tuple(
            Variant("", f"without {row.study.study}", f)
            for row, f in zip(rows, meta.leave_one_out(y, v, meta.fit), strict=False)
        ),
        cumulative=tuple(
            Variant("", row.study.study, f)
            for row, f in zip(rows, meta.cumulative(y, v, range(len(rows)), meta.fit), strict=True)
        ),
        by_tag=_by_moderator(rows, terms.moderator),
        by_year=_by_year(rows),
        small_study=small,
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
    if len(rows) < 2:
        return ()
    return tuple(
        Variant(key, label, meta.fit(y, v, method=method, test=test)) for key, (label, method, test) in METHODS.items()
    )


def _by_moderator(rows: Sequence[Selected], moderator: Moderator | None) -> meta.Subgroups | None:
    """The studies of one tag against the rest; the tag is one that every trial's record would have."""
    if moderator is None:
        return None
    groups = [moderator.tag if moderator.tag in row.study.tags else moderator.otherwise for row in rows]
    y, v = _arrays(rows)
    return (
        meta.subgroups(y, v, groups, lambda a, b: meta.fit(a, b, test="z" if len(a) == 1 else "knha"))
        if len(set(groups)) > 1
        else None
    )


def _by_year(rows: Sequence[Selected]) -> meta.Fit | None:
    """Meta-regression on the year of publication; its second coefficient is the change per year, with the larger of the
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


def _sensitivity(
    request: Request, studies: Sequence[Study], left: Sequence[LeftOut], terms: Terms
) -> tuple[Variant, ...]:
    """What letting in each kind of study left out by default would give, and all of them."""
    kinds = [kind for kind in OPTIONAL if any(entry.kind == kind for entry in left)]
    base = {row.study.study for row in select(request, studies, terms)[0]}
    found = []
    for label, admitted in [
        *((f"with {kind}", {kind}) for kind in kinds),
        *([("with all of these", set(kinds))] if len(kinds) > 1 else []),
    ]:
        rows, _ = select(replace(request, admitted=request.admitted | admitted), studies, terms)
        added = tuple(row.study.study for row in rows if row.study.study not in base)
        if added:
            found.append(Variant("", label, _fit(rows), added))
    return tuple(found)


def _certainty(rows: Sequence[Selected], fitted: meta.Fit, small: meta.SmallStudy | None) -> tuple[GradeDomain, ...]:
    low, high = fitted.interval
    crosses = low < 0 < high
    inconsistent = f"I² {fitted.i2:.0f} %" if fitted.k > 1 else "one study: nothing to compare"
    if fitted.prediction:
        least, most = fitted.prediction
        inconsistent += f"; a new trial may lie between {math.exp(least):.2f} and {math.exp(most):.2f}" + (
            ", on either side of 1" if least < 0 < most else ""
        )
    marked = [f"{row.study.study} ({', '.join(row.marks)})" for row in rows if row.marks]
    stopped = [row.study.study for row in rows if row.study.stopped_early]
    judged = [f"{row.study.study} {row.study.risk_of_bias.overall}" for row in rows if row.study.risk_of_bias]
    by_study = f"studies judged by RoB 2: {', '.join(judged)}; " if judged else ""
    funnel = (
        f"Egger P {small.p:.2f}"
        if small
        else f"{len(rows)} {'study' if len(rows) == 1 else 'studies'}: "
        f"fewer than {ENOUGH_FOR_EGGER}, a test would say little"
    )
    return (
        GradeDomain(
            "risk of bias",
            "a person",
            f"to be judged; {by_study}by their records stopped early: {', '.join(stopped) or 'none'}",
        ),
        GradeDomain("inconsistency", "data", inconsistent),
        GradeDomain("indirectness", "data", "; ".join(marked) or "no study is marked as differing in population"),
        GradeDomain(
            "imprecision",
            "data",
            f"the interval {'includes' if crosses else 'excludes'} no effect "
            f"({math.exp(low):.2f} to {math.exp(high):.2f})",
        ),
        GradeDomain("publication bias", "data" if small else "a person", funnel),
    )
