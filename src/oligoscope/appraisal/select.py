"""Which effect of which study enters a pool, and why the others do not. Nothing is left out without a word."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from oligoscope.evidence import EvidenceError, Publication, Result, Study
from oligoscope.synthesis.effects import Effect, from_interval, from_medians, from_p, from_p_and_events, from_rates

SETTINGS = ("oligometastatic", "oligoprogressive", "any")
NSCLC_ONLY = "NSCLC only"
MIXED = "mixed histology"
WHOLE_TRIAL = (None, "all", "all randomised")
OPTIONAL = ("unverified", "concern", "approximate", "indirect")
"""What a request may let in although it is left out by default."""


@dataclass(frozen=True)
class Request:
    """What is asked of the evidence.

    population: a setting (oligometastatic, oligoprogressive, any), a tag of the studies, or `NSCLC only`.  as_of: ISO
    day.  without: study ids. admitted: of OPTIONAL.  randomised: only trials whose arms chance formed.
    """

    endpoint: str
    as_of: str
    population: str = "oligometastatic"
    randomised: bool = True
    without: tuple[str, ...] = ()
    admitted: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Selected:
    """One study's effect, log ratio below 0 favouring local ablative therapy, with the results it was taken from."""

    study: Study
    effect: Effect
    report: Publication
    results: tuple[Result, ...]
    verified: bool

    @property
    def cautions(self) -> tuple[str, ...]:
        """What a reader must know before believing this row."""
        found = [tag for tag in self.study.tags if tag in (MIXED, "includes polymetastatic", "counts organs")]
        found += sorted({r.population for r in self.results if r.population and r.population not in WHOLE_TRIAL})
        if self.study.concern:
            found.append("expression of concern")
        if not self.verified:
            found.append("unverified input")
        if self.verified and any("recalled" in (result.note or "") for result in self.results):
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


def known_populations(studies: Sequence[Study]) -> list[str]:
    """Everything that `population` may be."""
    return [*SETTINGS, NSCLC_ONLY, *sorted({tag for study in studies for tag in study.tags if tag != MIXED})]


def check(request: Request, studies: Sequence[Study]) -> None:
    """Raises EvidenceError for a word of the request that no study knows, with the nearest."""
    endpoints = sorted(
        {r.endpoint for s in studies for r in s.results if r.measure in ("hazard_ratio", "median", "rate")}
    )
    for value, allowed, field in (
        (request.endpoint, endpoints, "endpoint"),
        (request.population, known_populations(studies), "population"),
        *((name, [s.study for s in studies], "without") for name in request.without),
        *((word, list(OPTIONAL), "admitted") for word in sorted(request.admitted)),
    ):
        if value not in allowed:
            close = difflib.get_close_matches(value, allowed, 3)
            hint = f"Nearest: {', '.join(close)}" if close else f"Allowed: {', '.join(allowed[:12])}"
            raise EvidenceError(f"not known. {hint}", field=field, value=value, allowed=[*close, *allowed])


def select(request: Request, studies: Sequence[Study]) -> tuple[tuple[Selected, ...], tuple[LeftOut, ...]]:
    """The effects that enter, by date, and the comparative studies on this endpoint that do not, with the reason."""
    entering: list[Selected] = []
    left: list[LeftOut] = []
    for study in studies:
        if not any(r.endpoint == request.endpoint for r in study.results) or (
            request.randomised and not study.randomised
        ):
            continue
        if reason := _outside(study, request):
            left.append(reason)
            continue
        verdict = _effect_of(study, request)
        if isinstance(verdict, Selected):
            entering.append(verdict)
        else:
            left.append(verdict)
    entering, twice = _counted_once(sorted(entering, key=lambda s: (s.report.earliest, s.study.study)))
    return tuple(entering), (*left, *twice)


def _outside(study: Study, request: Request) -> LeftOut | None:
    if study.study in request.without:
        return LeftOut(study, "left out on request")
    if study.relevance not in ("core", "related") and "indirect" not in request.admitted:
        return LeftOut(study, f"asks another question: {study.applicability or study.relevance}", "indirect")
    if study.relevance == "related" and "indirect" not in request.admitted:
        return LeftOut(study, f"only related: {study.applicability}", "indirect")
    if not _in_population(study, request.population):
        return LeftOut(
            study, f"another population: {study.setting}{', ' + ', '.join(study.tags) if study.tags else ''}"
        )
    if study.concern and "concern" not in request.admitted:
        return LeftOut(study, "expression of concern", "concern")
    return None


def _in_population(study: Study, population: str) -> bool:
    if population == "any":
        return True
    if population == NSCLC_ONLY:
        return study.setting == "oligometastatic" and MIXED not in study.tags
    return population == study.setting if population in SETTINGS else population in study.tags


def _effect_of(study: Study, request: Request) -> Selected | LeftOut:
    """The best effect of a study at the date asked, or why there is none."""
    known = [report for report in study.reports if report.earliest <= request.as_of]
    if not known:
        return LeftOut(study, f"not published by {request.as_of}")
    found = [option for report in known for option in _options(study, report, request.endpoint)]
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
    return LeftOut(study, "no effect with an error is published")


def _preference(option: Selected) -> tuple[bool, bool, int, int]:
    """Verified first, then exact, then the newest report, then the better way and the earlier result."""
    age = -int(option.report.earliest.replace("-", ""))
    way = ("interval" not in option.effect.method) + (
        "P value" in option.effect.method and "hazard ratio" not in option.effect.method
    )
    return not option.verified, option.effect.approximate, way, age


def _options(study: Study, report: Publication, endpoint: str) -> Iterator[Selected]:
    """Every way in which one report gives this study's effect, analysis by analysis."""
    mine = [r for r in study.results if r.report == report.id and r.endpoint == endpoint]
    nsclc = [r for r in mine if r.population and "NSCLC" in r.population]
    mine = nsclc or [r for r in mine if r.population in WHOLE_TRIAL]
    for analysis in dict.fromkeys(r.analysis for r in mine):
        rows = [r for r in mine if r.analysis == analysis]
        ps = [r for r in rows if r.measure == "p_value" and isinstance(r.value, (int, float))]
        for result in (r for r in rows if r.measure == "hazard_ratio"):
            yield from _from_ratio(study, report, result, ps)
        yield from _from_counts(study, report, rows, ps)
        yield from _approximations(study, report, rows, ps)


def _selected(study: Study, effect: Effect, report: Publication, *results: Result) -> Selected:
    return Selected(study, effect, report, results, all(r.verified for r in results))


def _from_ratio(study: Study, report: Publication, result: Result, ps: Sequence[Result]) -> Iterator[Selected]:
    assert isinstance(result.value, (int, float))
    turn = -1 if (result.comparison or "").startswith("control") else 1
    ends = result.interval
    if ends and ends.low and ends.high and ends.level:
        yield _selected(
            study, _turned(from_interval(result.value, ends.low, ends.high, ends.level), turn), report, result
        )
    own = [(result.p.value, result.p.sides, result)] if result.p and result.p.operator == "=" else []
    for value, sides, source in [*own, *((p.number, p.p.sides if p.p else None, p) for p in ps if _exact(p))]:
        if 0 < value < 1 and result.value != 1:
            sources = (result,) if source is result else (result, source)
            yield _selected(study, _turned(from_p(result.value, value, sides or 2), turn), report, *sources)


def _exact(p: Result) -> bool:
    return (p.p is None or p.p.operator == "=") and isinstance(p.value, (int, float)) and 0 < p.value < 1


def _turned(effect: Effect, turn: int) -> Effect:
    return effect if turn == 1 else Effect(-effect.log_ratio, effect.se, effect.method, effect.approximate)


def _arms(study: Study) -> tuple[str, str] | None:
    """The arm with more local therapy and the other."""
    names = [arm.id for arm in study.arms]
    if "control" not in names or len(names) != 2:
        return None
    return next(name for name in names if name != "control"), "control"


def _pairs(study: Study, rows: Sequence[Result], measure: str) -> Iterator[tuple[Result, Result]]:
    arms = _arms(study)
    if arms:
        for time in dict.fromkeys(r.time for r in rows if r.measure == measure):
            both = [
                next(
                    (
                        r
                        for r in rows
                        if r.measure == measure
                        and r.time == time
                        and r.arm == arm
                        and isinstance(r.value, (int, float))
                    ),
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
    """One row a trial: of studies that share a registry number, the one with fewer of them stays (a pooled analysis has
    several).
    """
    kept: list[Selected] = []
    twice: list[LeftOut] = []
    for row in sorted(selected, key=lambda s: len(_numbers(s.study))):
        other = next((k for k in kept if _numbers(k.study) & _numbers(row.study)), None)
        if other:
            twice.append(
                LeftOut(
                    row.study,
                    f"counted already in {other.study.study} (registry {', '.join(sorted(_numbers(other.study) & _numbers(row.study)))})",
                )
            )
        else:
            kept.append(row)
    return sorted(kept, key=lambda s: (s.report.earliest, s.study.study)), twice


def _numbers(study: Study) -> set[str]:
    return {*study.registry, *study.registry_unverified}
