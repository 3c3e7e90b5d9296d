"""A pool as text, as data, and in plain words."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from oligoscope.appraisal.pool import PLAIN, Pool, Variant
from oligoscope.appraisal.select import LeftOut, Selected
from oligoscope.evidence.wording import number_text
from oligoscope.report.wording import DISCLAIMER
from oligoscope.synthesis.effects import quantile
from oligoscope.synthesis.meta import Fit

PUBLISHED_LEVEL = 0.95


def ratio(log_ratio: float) -> str:
    """A log ratio as readers write it."""
    return f"{math.exp(log_ratio):.2f}"


def fit_text(fit: Fit) -> str:
    """Estimate and interval of a fit, as a ratio."""
    return f"HR {ratio(fit.estimate)} ({100 * fit.level:g} % CI {ratio(fit.interval[0])} to {ratio(fit.interval[1])})"


def row_text(row: Selected) -> str:
    """One study's effect with its 95 % interval: the published one, else the computed, which is marked.

    A number that was not verified is not printed.
    """
    if not row.verified:
        return "unverified, not shown"
    published = row.results[0].interval if row.effect.source == "interval" else None
    if (
        published
        and published.working_level == PUBLISHED_LEVEL
        and math.isclose(math.exp(row.effect.log_ratio), row.results[0].number)
    ):
        return f"{ratio(row.effect.log_ratio)} ({published.low:.2f} to {published.high:.2f})"
    half = quantile(PUBLISHED_LEVEL) * row.effect.se
    middle = row.effect.log_ratio
    return f"{ratio(middle)} ({ratio(middle - half)} to {ratio(middle + half)}, computed)"


def trials(k: int) -> str:
    """1 trial, 2 trials, 11 trials."""
    return "1 trial" if k == 1 else f"{k} trials"


@dataclass(frozen=True)
class Sentence:
    """One thing to know of a pool. kind: what of it, so that a page can choose."""

    kind: Literal["estimate", "heterogeneity", "interval", "beside", "unweighable", "variant", "certainty", "cautions"]
    text: str


def reading(pool: Pool) -> list[str]:
    """What the pool says and does not say, in sentences."""
    return [sentence.text for sentence in sentences(pool)]


def sentences(pool: Pool) -> list[Sentence]:
    """The same, each with what it is about."""
    request = pool.request
    if pool.fit is None:
        nothing = f"No verified effect on {request.endpoint} was published by {request.as_of} for this request"
        return [Sentence("estimate", f"{nothing}; nothing is pooled."), *(Sentence("beside", t) for t in _beside(pool))]
    found = [Sentence("estimate", _estimate(pool, pool.fit)), *_spread(pool, pool.fit)]
    found += [Sentence("beside", text) for text in _beside(pool)]
    for text in _unweighable(pool.left_out, pool):
        found.append(Sentence("unweighable", f"Left out but contrary or unweighable: {text}"))
    for variant in pool.sensitivity:
        crosses = variant.fit.interval[0] < 0 < variant.fit.interval[1]
        label = f"{variant.label[0].upper()}{variant.label[1:]} ({', '.join(variant.names)})"
        end = ", which includes no effect" if crosses else ""
        found.append(Sentence("variant", f"{label}: {fit_text(variant.fit)}{end}."))
    judged = ", ".join(d.name for d in pool.certainty if d.judged_by != "data")
    shown = "; ".join(f"{d.name}: {d.finding}" for d in pool.certainty if d.judged_by == "data")
    told = f"Certainty, as far as data show it: {shown}. To be judged by a person: {judged}."
    found.append(Sentence("certainty", told))
    if marks := [f"{row.study.study}: {', '.join(row.cautions)}" for row in pool.selected if row.cautions]:
        found.append(Sentence("cautions", f"Applicability and cautions: {'; '.join(marks)}."))
    return found


def _estimate(pool: Pool, fit: Fit) -> str:
    request, (low, high) = pool.request, fit.interval
    direction = "longer" if high < 0 else "shorter" if low > 0 else ""
    said = f"{trials(fit.k)} with a verified effect on {request.endpoint} by {request.as_of} ({request.population})"
    excludes = f"The interval excludes no effect: {request.endpoint} was {direction} with it in these trials."
    interval = excludes if direction else "The interval includes no effect."
    return f"{said}: {fit_text(fit)}; below 1 favours {pool.terms.treatment}. {interval}"


def _spread(pool: Pool, fit: Fit) -> Iterator[Sentence]:
    """How far the trials differ, and what another interval would say."""
    if fit.k > 1 and fit.prediction:
        low, high = pool.tau2_interval or (0.0, 0.0)
        tau2 = f"τ² {fit.tau2:.3f} (Q-profile {low:.3f} to {high:.3f})"
        told = f"Heterogeneity: I² {fit.i2:.0f} %, {tau2}, Q {fit.q:.1f} on {fit.k - 1} df (P {fit.q_p:.2f}). "
        told += (
            f"A further trial like these may lie between {ratio(fit.prediction[0])} and {ratio(fit.prediction[1])}. "
        )
        yield Sentence("heterogeneity", f"{told}With so few trials, no heterogeneity found is not none there.")
    plain = next((v.fit for v in pool.methods if v.key == PLAIN), None)
    if plain and plain.se > fit.se and fit_text(plain) != fit_text(fit):
        ends = f"{ratio(plain.interval[0])} to {ratio(plain.interval[1])}"
        told = f"The Hartung-Knapp interval is the narrower one here; the plain random-effects interval is {ends}."
        yield Sentence("interval", told)


def _beside(pool: Pool) -> Iterator[str]:
    """What published syntheses found, and in which studies they differ from the pool."""
    n = sum(row.study.n or sum(arm.n or 0 for arm in row.study.arms) for row in pool.selected)
    own = (
        f"{trials(len(pool.selected))}, {n} patients ({', '.join(row.study.study for row in pool.selected) or 'none'})"
    )
    for study, result in pool.beside:
        year = study.report_of(result).published
        head = f"Published beside it, not part of it: {study.study} ({year}), {number_text(result)}"
        yield f"{head}. It took {study.took}; this pool took {own}."


def _unweighable(left: tuple[LeftOut, ...], pool: Pool) -> Iterator[str]:
    """Studies whose published ratio was seen but whose error was not: they cannot be weighed, and must not be
    forgotten.
    """
    for entry in left:
        if entry.kind == "unverified":
            seen = [
                r
                for r in entry.study.results
                if r.endpoint == pool.request.endpoint
                and r.measure == "hazard_ratio"
                and r.verified
                and r.whole_population
            ]
            if seen:
                who = f"{entry.study.study} ({entry.study.n or '?'} patients, {entry.study.reports[0].published})"
                yield f"{who}, {number_text(seen[0])}, has no verified error."


def pool_text(pool: Pool) -> str:
    """The whole pool for a terminal."""
    request = pool.request
    lines = [
        f"{request.endpoint}, {pool.terms.treatment} against none, {request.population}, as of {request.as_of}",
        "",
    ]
    weights = pool.fit.weights if pool.fit else ()
    for row, weight in zip(pool.selected, weights, strict=True):
        head = f"  {row.study.study:<18}{row.report.published or '':<12}HR {row_text(row):<34}"
        lines.append(f"{head}{weight:5.1f} %  {row.effect.method}")
        for result in row.results:
            note = f"; {result.note}" if result.note and result.verified else ""
            lines.append(f"      {row.study.study}/{result.id}: {number_text(result)}{note}")
    if pool.fit:
        how = "random effects (REML, Hartung-Knapp)" if pool.fit.k > 1 else "one study"
        lines += [
            f"  {'pooled':<30}{fit_text(pool.fit)}  {how}",
            *(f"    {v.label:<28}{fit_text(v.fit)}" for v in pool.methods),
        ]
    lines += ["", *_paragraphs(reading(pool)), ""]
    lines += _section("Left out", [f"{entry.study.study}: {entry.reason}" for entry in pool.left_out])
    lines += _section("Influence", [f"{v.label:<28}{fit_text(v.fit)}" for v in pool.influence])
    lines += _section("Cumulative, by date", [f"{v.label:<28}{fit_text(v.fit)}" for v in pool.cumulative])
    if pool.by_tag:
        between = f"difference between them: Q {pool.by_tag.q:.2f}, P {pool.by_tag.p:.2f}"
        lines += _section("Subgroups", [*(f"{name:<28}{fit_text(f)}" for name, f in pool.by_tag.fits.items()), between])
    if pool.by_year:
        lines += _section("Meta-regression", [year_text(pool.by_year)])
    lines += _section(
        "Certainty (GRADE domains)",
        [
            f"{d.name}: {d.finding} [{'from the data' if d.judged_by == 'data' else 'to be judged by a person'}]"
            for d in pool.certainty
        ],
    )
    return "\n".join([*lines, DISCLAIMER]) + "\n"


def year_text(by_year: Fit) -> str:
    """How the effect changes with the year of publication."""
    change, low, high = by_year.coefficients[1], by_year.lows[1], by_year.highs[1]
    ends = f"{ratio(low)} to {ratio(high)}; P {by_year.ps[1]:.2f}"
    told = f"each later year of publication multiplies the hazard ratio by {ratio(change)} ({ends})"
    return f"{told}; {by_year.k} trials only"


def _paragraphs(texts: list[str]) -> list[str]:
    import textwrap

    return [line for text in texts for line in textwrap.wrap(text, 118, subsequent_indent="  ")]


def _section(title: str, rows: list[str]) -> list[str]:
    return [title, *(f"  {row}" for row in rows), ""] if rows else []


def pool_json(pool: Pool) -> dict[str, object]:
    """The pool as data, ratios with their logs; an unverified study's own numbers are null."""
    tags, years, small = pool.by_tag, pool.by_year, pool.small_study
    weights = pool.fit.weights if pool.fit else ()
    groups = {name: _fit_json(fit) for name, fit in tags.fits.items()} if tags else {}
    change = {"p": years.ps[1], "k": years.k} if years else {}
    return {
        "schema": 1,
        "request": _request_json(pool),
        "studies": [_row_json(row, weight) for row, weight in zip(pool.selected, weights, strict=True)],
        "pooled": _fit_json(pool.fit) if pool.fit else None,
        "tau2_interval": list(pool.tau2_interval) if pool.tau2_interval else None,
        "methods": _variants(pool.methods),
        "leave_one_out": _variants(pool.influence),
        "cumulative": _variants(pool.cumulative),
        "subgroups": {"groups": groups, "q": tags.q, "p": tags.p} if tags else None,
        "by_year": {"ratio_of_hazard_ratios_a_year": math.exp(years.coefficients[1]), **change} if years else None,
        "egger": {"t": small.t, "df": small.df, "p": small.p} if small else None,
        "sensitivity": _variants(pool.sensitivity),
        "left_out": [
            {"study": e.study.study, "reason": e.reason, "admitted_by": e.kind or None} for e in pool.left_out
        ],
        "beside": [
            {"study": study.study, "result": f"{study.study}/{result.id}", "took": study.took}
            for study, result in pool.beside
        ],
        "certainty": [{"domain": d.name, "judged_by": d.judged_by, "finding": d.finding} for d in pool.certainty],
        "reading": reading(pool),
    }


def _request_json(pool: Pool) -> dict[str, object]:
    request = pool.request
    return {
        "endpoint": request.endpoint,
        "population": request.population,
        "design": "randomised" if request.randomised else "any",
        "as_of": request.as_of,
        "without": list(request.without),
        "admitted": sorted(request.admitted),
        "direction": f"a ratio below 1 favours {pool.terms.treatment}",
    }


def _row_json(row: Selected, weight: float) -> dict[str, object]:
    return {
        "study": row.study.study,
        "report": row.report.id,
        "published": row.report.published,
        "results": [f"{row.study.study}/{result.id}" for result in row.results],
        "method": row.effect.method,
        "verified": row.verified,
        "log_hr": row.effect.log_ratio if row.verified else None,
        "se": row.effect.se if row.verified else None,
        "hr": math.exp(row.effect.log_ratio) if row.verified else None,
        "weight_percent": weight,
        "cautions": list(row.cautions),
    }


def _variants(variants: tuple[Variant, ...]) -> list[dict[str, object]]:
    return [{"label": v.label, **({"added": list(v.names)} if v.names else {}), **_fit_json(v.fit)} for v in variants]


def _fit_json(fit: Fit) -> dict[str, object]:
    return {
        "k": fit.k,
        "method": fit.method,
        "test": fit.test,
        "log_hr": fit.estimate,
        "se": fit.se,
        "hr": math.exp(fit.estimate),
        "ci_low": math.exp(fit.interval[0]),
        "ci_high": math.exp(fit.interval[1]),
        "level": fit.level,
        "p": fit.p,
        "tau2": fit.tau2,
        "i2_percent": fit.i2,
        "q": fit.q,
        "q_p": fit.q_p,
        "prediction": [math.exp(end) for end in fit.prediction] if fit.prediction else None,
    }
