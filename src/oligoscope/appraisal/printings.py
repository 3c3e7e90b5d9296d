"""Whether what a study prints more than once agrees: two reports, two lengths of follow-up, a count and its share."""

import math
from collections.abc import Iterator
from itertools import combinations

from oligoscope.appraisal.checks import SIGNIFICANT, Alarm, Span, alarm, decimals, same_analysis
from oligoscope.evidence import Result, Study
from oligoscope.evidence.wording import p_text
from oligoscope.synthesis.effects import z_of


def versions(study: Study) -> Iterator[Alarm]:
    """Two printings of one analysis in one report; and two analyses with the same medians whose other numbers cannot
    both hold.
    """
    for a, b in combinations([r for r in study.results if r.is_numeric], 2):
        if _same_question(a, b) and (finding := _disagreement(study, a, b)):
            yield alarm("versions", study, [a, b], finding)
    times = {f.analysis: f.median_months for f in study.follow_up}
    for (one, first), (other, second) in combinations(medians_by_analysis(study).items(), 2):
        if first == second and one[0] == other[0] and times.get(one[1]) != times.get(other[1]):
            medians = [r for r in study.results if r.measure == "median" and r.endpoint == one[0]]
            results = [r for r in medians if r.analysis in (one[1], other[1])]
            yield alarm("versions", study, results, f"{one[0]}: the same medians at two lengths of follow-up")


def _same_question(a: Result, b: Result) -> bool:
    """Whether two numbers answer one question, so that they can be held against each other."""
    same = (a.endpoint, a.measure, a.population, a.arm, a.comparison, a.time) == (
        b.endpoint,
        b.measure,
        b.population,
        b.arm,
        b.comparison,
        b.time,
    )
    # A one-sided P value is half the two-sided one of the same data.
    other_sides = a.p and b.p and a.p.sides != b.p.sides
    return same and a.measure in ("hazard_ratio", "median", "rate", "p_value") and not other_sides


def _disagreement(study: Study, a: Result, b: Result) -> str:
    """How two numbers that answer one question cannot both hold; empty where they can."""
    places = min(_places(a), _places(b))
    if Span.of(a.number, places).gap(Span.of(b.number, places)) == 0:
        return ""
    what = "" if a.measure == "p_value" else f"{a.measure.replace('_', ' ')} "
    one, other = ((p_text(r.number, r.p) if r.measure == "p_value" else f"{r.number:g}") for r in (a, b))
    if a.report == b.report or (a.analysis and a.analysis == b.analysis):
        return f"{a.endpoint} {what}{one} in one printing, {other} in another of the same analysis"
    if a.measure == "p_value" and (a.number < SIGNIFICANT) != (b.number < SIGNIFICANT):
        return f"{a.endpoint}: {one} in one report, {other} in another, on two sides of {SIGNIFICANT}"
    medians = _medians_of(study, a)
    alike = bool(medians) and _medians_alike(medians, _medians_of(study, b))
    if a.measure in ("hazard_ratio", "p_value") and alike and _far(a, b):
        numbers = f"{one} in one report and {other} in the other"
        return f"{a.endpoint}: the medians agree, but {f'the {what}is ' if what else ''}{numbers}"
    return ""


def _places(result: Result) -> int:
    ends = result.interval
    return decimals(result.number, ends.low if ends else None, ends.high if ends else None)


def medians_by_analysis(study: Study) -> dict[tuple[str, str | None], tuple[tuple[str, float], ...]]:
    """Both arms' medians, by endpoint and analysis."""
    found: dict[tuple[str, str | None], list[tuple[str, float]]] = {}
    for r in study.results:
        if r.measure == "median" and r.whole_population and r.is_numeric:
            found.setdefault((r.endpoint, r.analysis), []).append((str(r.arm), r.number))
    return {key: tuple(sorted(medians)) for key, medians in found.items() if len(medians) == 2}


def _medians_of(study: Study, result: Result) -> dict[str | None, float]:
    return {
        r.arm: r.number for r in study.results if r.measure == "median" and same_analysis(r, result) and r.is_numeric
    }


def _medians_alike(a: dict[str | None, float], b: dict[str | None, float]) -> bool:
    return bool(a) and a.keys() == b.keys() and all(abs(math.log(a[arm] / b[arm])) < 0.1 for arm in a)


def _far(a: Result, b: Result) -> bool:
    if a.measure == "hazard_ratio":
        return abs(math.log(a.number / b.number)) > math.log(1.3)
    return 0 < a.number < 1 and 0 < b.number < 1 and abs(z_of(a.number) - z_of(b.number)) > 1


def proportions(study: Study) -> Iterator[Alarm]:
    """Percentages that do not fit the counts beside them."""
    for count in (r for r in study.results if r.measure == "count" and r.unit == "patients" and r.n and r.is_numeric):
        for rate in (
            r
            for r in study.results
            if r.measure == "rate"
            and (r.endpoint, r.arm, r.population) == (count.endpoint, count.arm, count.population)
        ):
            if rate.is_numeric and rate.unit == "percent":
                exact, places = 100 * count.number / (count.n or 1), decimals(rate.number)
                if Span.of(rate.number, places).gap(Span(exact, exact)) > 0.5 * 10**-places:
                    yield alarm(
                        "proportion",
                        study,
                        [count, rate],
                        f"{count.number:g} of {count.n} is {exact:.1f} %, {rate.number:g} % is printed",
                    )


def shares(study: Study) -> Iterator[Alarm]:
    """Shares of one whole, of the same patients, that add up to more than all of it."""
    wholes: dict[tuple[str | None, ...], list[Result]] = {}
    for r in study.results:
        if r.share_of and r.measure == "rate" and r.is_numeric:
            wholes.setdefault((r.share_of, r.report, r.population, r.arm, r.time), []).append(r)
    for whole, parts in wholes.items():
        least = sum(Span.of(r.number, decimals(r.number)).low for r in parts)
        if least > 100:
            total = sum(r.number for r in parts)
            yield alarm("shares", study, parts, f"the shares of {whole[0]} add up to {total:g} %")
