"""Which effect of which study enters a pool, and why the others do not. Nothing is left out without a word."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from oligoscope.appraisal.ratios import outside_its_interval
from oligoscope.evidence import EvidenceError, Publication, Result, Study, Terms
from oligoscope.evidence.terms import ANY
from oligoscope.synthesis.effects import (
    Effect,
    Source,
    from_interval,
    from_medians,
    from_p,
    from_p_and_events,
    from_rates,
)

OPTIONAL = ("unverified", "concern", "approximate", "indirect")
"""What a request may let in although it is left out by default."""


@dataclass(frozen=True)
class Request:
    """What is asked of the evidence.

    population: a setting or named population of the terms, a tag of the studies, or `any`; left out, the usual one.
    as_of: ISO day.  without: study ids. admitted: of OPTIONAL.  randomised: only trials whose arms chance formed.
    """

    endpoint: str
    as_of: str
    population: str = ""
    randomised: bool = True
    without: tuple[str, ...] = ()
    admitted: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Selected:
    """One study's effect, log ratio below 0 favouring the experimental arm, with the results it was taken from.

    marks: tags of the study that a reader must know of.
    """

    study: Study
    effect: Effect
    report: Publication
    results: tuple[Result, ...]
    verified: bool
    marks: tuple[str, ...] = ()

    @property
    def cautions(self) -> tuple[str, ...]:
        """What a reader must know before believing this row."""
        found = list(self.marks)
        found += sorted({r.population for r in self.results if r.population and not r.whole_population})
        if self.study.concern:
            found.append("expression of concern")
        if not self.verified:
            is_rebuilt = any(result.status == "computed" for result in self.results)
            found.append("computed from a published figure" if is_rebuilt else "unverified input")
        if self.verified and any(result.recalled for result in self.results):
            found.append("part of its record is recalled, see its note")
        if self.effect.approximate:
            found.append("approximate")
        if len(self.report.published or "") == 4:
            found.append(f"published in {self.report.published}, day not known")
        return tuple(found)


@dataclass(frozen=True)
class LeftOut:
    """One study that does not enter, and why. kind: what would admit it (one of OPTIONAL), or empty."""

    study: Study
    reason: str
    kind: str = ""


def in_full(request: Request, terms: Terms) -> Request:
    """The request with the population that is meant where none is named."""
    return request if request.population else replace(request, population=terms.usual)


def known_populations(studies: Sequence[Study], terms: Terms) -> list[str]:
    """Everything that `population` may be; a tag by which a named population leaves studies out is none itself."""
    left_out = {population.without for population in terms.populations.values()}
    tags = {tag for study in studies for tag in study.tags} - left_out
    return [*terms.settings, ANY, *terms.populations, *sorted(tags)]


def check(request: Request, studies: Sequence[Study], terms: Terms) -> None:
    """Raises EvidenceError for a word of the request that no study knows, with the nearest."""
    endpoints = sorted(
        {r.endpoint for s in studies for r in s.results if r.measure in ("hazard_ratio", "median", "rate")}
    )
    for value, allowed, field in (
        (request.endpoint, endpoints, "endpoint"),
        (request.population, known_populations(studies, terms), "population"),
        *((name, [s.study for s in studies], "without") for name in request.without),
        *((word, list(OPTIONAL), "admitted") for word in sorted(request.admitted)),
    ):
        if value not in allowed:
            close = difflib.get_close_matches(value, allowed, 3)
            hint = f"Nearest: {', '.join(close)}" if close else f"Allowed: {', '.join(allowed[:12])}"
            raise EvidenceError(f"not known. {hint}", field=field, value=value, allowed=[*close, *allowed])


def select(
    request: Request, studies: Sequence[Study], terms: Terms
) -> tuple[tuple[Selected, ...], tuple[LeftOut, ...]]:
    """The effects that enter, by date, and the comparative studies on this endpoint that do not, with the reason."""
    request = in_full(request, terms)
    entering: list[Selected] = []
    left: list[LeftOut] = []
    replaced = superseded(studies, request.as_of)
    for study in studies:
        if not any(r.endpoint == request.endpoint for r in study.results) or (
            request.randomised and not study.randomised
        ):
            continue
        if reason := _outside(study, request, terms):
            left.append(reason)
            continue
        verdict = _effect_of(study, request, terms, replaced)
        if isinstance(verdict, Selected):
            entering.append(verdict)
        else:
            left.append(verdict)
    entering, twice = _counted_once(sorted(entering, key=lambda s: (s.report.earliest, s.study.study)))
    return tuple(entering), (*left, *twice)


def superseded(studies: Sequence[Study], as_of: str) -> dict[str, str]:
    """Every result, as `study/result`, whose place another had taken by that day, with the other's name."""
    published = {f"{study.study}/{r.id}": study.report_of(r).earliest for study in studies for r in study.results}
    return {
        f"{study.study}/{r.id}": r.superseded_by
        for study in studies
        for r in study.results
        # One whose successor is not among these studies is known to be out of date all the same.
        if r.superseded_by and published.get(r.superseded_by, "") <= as_of
    }


def beside(request: Request, studies: Sequence[Study], terms: Terms) -> tuple[tuple[Study, Result], ...]:
    """Published syntheses that answer the request, each with its verified ratio."""
    request = in_full(request, terms)
    replaced = superseded(studies, request.as_of)
    return tuple(
        (study, result)
        for study in studies
        if study.took and study.study not in request.without and _in_population(study, request.population, terms)
        for result in study.results
        if result.endpoint == request.endpoint
        and result.measure == "hazard_ratio"
        and result.verified
        and result.whole_population
        and study.report_of(result).earliest <= request.as_of
        and f"{study.study}/{result.id}" not in replaced
    )


def _outside(study: Study, request: Request, terms: Terms) -> LeftOut | None:
    if study.study in request.without:
        return LeftOut(study, "left out on request")
    if study.allocation == "synthesis":
        return LeftOut(study, "a synthesis of other studies, never pooled with them")
    if study.relevance not in ("core", "related") and "indirect" not in request.admitted:
        return LeftOut(study, f"asks another question: {study.applicability or study.relevance}", "indirect")
    if study.relevance == "related" and "indirect" not in request.admitted:
        return LeftOut(study, f"only related: {study.applicability}", "indirect")
    if not _in_population(study, request.population, terms):
        return LeftOut(
            study, f"another population: {study.setting}{', ' + ', '.join(study.tags) if study.tags else ''}"
        )
    if study.concern and "concern" not in request.admitted:
        return LeftOut(study, "expression of concern", "concern")
    return None


def _in_population(study: Study, population: str, terms: Terms) -> bool:
    if population == ANY:
        return True
    setting = study.setting or terms.usual
    if named := terms.populations.get(population):
        return setting == named.setting and named.without not in study.tags
    return population == setting if population in terms.settings else population in study.tags


def _effect_of(study: Study, request: Request, terms: Terms, replaced: Mapping[str, str]) -> Selected | LeftOut:
    """The best effect of a study at the date asked, or why there is none."""
    known = [report for report in study.reports if report.earliest <= request.as_of]
    if not known:
        return LeftOut(study, f"not published by {request.as_of}")
    of_endpoint = [result for result in study.results if result.endpoint == request.endpoint]
    by = {result.id: replaced.get(f"{study.study}/{result.id}") for result in of_endpoint}
    current = [result for result in of_endpoint if not by[result.id]]
    found = [option for report in known for option in _options(study, report, current, terms)]
    allowed = [
        s
        for s in found
        if (s.verified or "unverified" in request.admitted)
        and (not s.effect.approximate or "approximate" in request.admitted)
    ]
    if allowed:
        return min(allowed, key=_preference)
    if any(not s.verified and not s.effect.approximate for s in found):
        return LeftOut(
            study, "an effect with its error is known only from numbers that were not verified", "unverified"
        )
    if any(s.verified for s in found):
        return LeftOut(study, "only an approximation from medians or rates is possible", "approximate")
    if found:
        return LeftOut(study, "only an approximation from numbers that were not verified is possible", "unverified")
    if wrong := next((r for r in current if outside_its_interval(r)), None):
        return LeftOut(study, f"the estimate of {wrong.id} lies outside its own interval: one of the numbers is wrong")
    if len(current) < len(of_endpoint):
        return LeftOut(study, f"superseded by {', '.join(sorted({name for name in by.values() if name}))}")
    return LeftOut(study, "no effect with an error is published")


WAYS: dict[Source, int] = {"interval": 0, "p": 1, "events": 2, "medians": 2, "rates": 1}
"""Which printed numbers give the better error, the best first. What is approximate is told apart before."""


def _preference(option: Selected) -> tuple[bool, bool, int, int]:
    """Verified first, then exact, then the newest report, then the better way and the earlier result."""
    age = -int(option.report.earliest.replace("-", ""))
    return not option.verified, option.effect.approximate, WAYS[option.effect.source], age


def _options(study: Study, report: Publication, results: Sequence[Result], terms: Terms) -> list[Selected]:
    """Every way in which one report's results give this study's effect, analysis by analysis."""
    found: list[Selected] = []
    mine = [result for result in results if result.report == report.id]
    preferred = [r for r in mine if terms.preferred and terms.preferred in (r.population or "")]
    mine = preferred or [r for r in mine if r.whole_population]
    marks = tuple(tag for tag in study.tags if tag in terms.cautions)
    for analysis in dict.fromkeys(r.analysis for r in mine):
        rows = [r for r in mine if r.analysis == analysis]
        ps = [r for r in rows if r.measure == "p_value" and r.is_numeric]
        for result in (r for r in rows if r.measure == "hazard_ratio" and not outside_its_interval(r)):
            found += _from_ratio(study, report, result, ps)
        found += _from_counts(study, report, rows, ps)
        found += _approximations(study, report, rows, ps)
    return [replace(option, marks=marks) for option in found]


def _selected(study: Study, effect: Effect, report: Publication, *results: Result) -> Selected:
    return Selected(study, effect, report, results, all(r.verified for r in results))


def _from_ratio(study: Study, report: Publication, result: Result, ps: Sequence[Result]) -> Iterator[Selected]:
    turn = result.turn
    ends = result.interval
    level = ends.working_level if ends else None
    if ends and ends.low and ends.high and level:
        yield _selected(study, _turned(from_interval(result.number, ends.low, ends.high, level), turn), report, result)
    own = [(result.p.value, result.p.sides, result)] if result.p and result.p.operator == "=" else []
    for value, sides, source in [*own, *((p.number, p.p.sides if p.p else None, p) for p in ps if _exact(p))]:
        if 0 < value < 1 and result.number != 1:
            sources = (result,) if source is result else (result, source)
            yield _selected(study, _turned(from_p(result.number, value, sides or 2), turn), report, *sources)


def _exact(p: Result) -> bool:
    return (p.p is None or p.p.operator == "=") and p.is_numeric and 0 < p.number < 1


def _turned(effect: Effect, turn: int) -> Effect:
    return effect if turn == 1 else replace(effect, log_ratio=-effect.log_ratio)


def _pairs(study: Study, rows: Sequence[Result], measure: str) -> Iterator[tuple[Result, Result]]:
    arms = [arm.id for arm in study.pair or ()]
    if arms:
        for time in dict.fromkeys(r.time for r in rows if r.measure == measure):
            both = [
                next(
                    (r for r in rows if r.measure == measure and r.time == time and r.arm == arm and r.is_numeric),
                    None,
                )
                for arm in arms
            ]
            if both[0] and both[1]:
                yield both[0], both[1]


def _from_counts(study: Study, report: Publication, rows: Sequence[Result], ps: Sequence[Result]) -> Iterator[Selected]:
    """From a log-rank P value and the events of both arms; which arm it favours is read off the medians."""
    sizes = {arm.id: arm.n for arm in study.arms}
    for one, other in _pairs(study, rows, "median"):
        first, second = sizes.get(one.arm or ""), sizes.get(other.arm or "")
        if one.events and other.events and first and second and one.value != other.value:
            for p in filter(_exact, ps):
                better = one.number > other.number
                sides = (p.p.sides if p.p else None) or 2
                effect = from_p_and_events(
                    p.number, one.events + other.events, first, second, favours_experimental=better, sides=sides
                )
                yield _selected(study, effect, report, one, other, p)


def _approximations(
    study: Study, report: Publication, rows: Sequence[Result], ps: Sequence[Result]
) -> Iterator[Selected]:
    for one, other in _pairs(study, rows, "median"):
        if one.value != other.value:
            for p in filter(_exact, ps):
                sides = (p.p.sides if p.p else None) or 2
                yield _selected(
                    study,
                    from_medians(one.number, other.number, p=p.number, sides=sides),
                    report,
                    one,
                    other,
                    p,
                )
    sizes = {arm.id: arm.n for arm in study.arms}
    for one, other in _pairs(study, rows, "rate"):
        first, second = one.n or sizes.get(one.arm or ""), other.n or sizes.get(other.arm or "")
        if first and second and 0 < one.number < 100 and 0 < other.number < 100:
            yield _selected(study, from_rates(one.number / 100, other.number / 100, first, second), report, one, other)


def _counted_once(selected: Sequence[Selected]) -> tuple[list[Selected], list[LeftOut]]:
    """One row per trial: of studies that share a registry number, the one with fewer of them stays (a pooled analysis
    has several).
    """
    kept: list[Selected] = []
    twice: list[LeftOut] = []
    for row in sorted(selected, key=lambda s: len(_numbers(s.study))):
        other = next((k for k in kept if _numbers(k.study) & _numbers(row.study)), None)
        if other:
            twice.append(
                LeftOut(
                    row.study,
                    f"counted already in {other.study.study} "
                    f"(registry {', '.join(sorted(_numbers(other.study) & _numbers(row.study)))})",
                )
            )
        else:
            kept.append(row)
    return sorted(kept, key=lambda s: (s.report.earliest, s.study.study)), twice


def _numbers(study: Study) -> set[str]:
    return {*study.registry, *study.registry_unverified}
