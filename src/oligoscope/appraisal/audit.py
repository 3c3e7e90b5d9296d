"""Do the published numbers fit each other, the review, and themselves? Each check says what it computes and how far
honest rounding may put it off.

A printed number stands for every number that rounds to it, so each check compares ranges, not points.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from oligoscope.evidence import Result, Study
from oligoscope.evidence.review import Reference, Statement
from oligoscope.synthesis.effects import p_of, quantile, z_of

Z_SLACK = 0.2
"""How far a log-rank test may honestly lie from the interval of a Cox model, in standard errors."""
CENTRE_SLACK = 0.1
"""How far an interval by another method than Wald's may honestly put its centre, in standard errors."""
MEDIAN_FACTOR = 1.5
"""How far curves that are not exponential may honestly put a ratio of medians from the hazard ratio."""
SIGNIFICANT = 0.05
LEVELS = (0.8, 0.9, 0.95, 0.99)


@dataclass(frozen=True)
class Check:
    """One kind of question to the numbers: the formula it rests on, its source, and what it tolerates."""

    id: str
    question: str
    formula: str
    tolerates: str


CHECKS = {
    check.id: check
    for check in (
        Check(
            "review-value",
            "Does the review print the number of its source?",
            "the two numbers compared",
            "rounding to the review's own decimals",
        ),
        Check(
            "review-statement",
            "Does the review say what its source says?",
            "the flag set by reading both",
            "nothing: a reading",
        ),
        Check(
            "centre",
            "Is the estimate at the centre of its interval?",
            "log HR = (log low + log high) / 2 (Wald interval)",
            f"rounding of all three, and {CENTRE_SLACK} standard errors for other kinds of interval",
        ),
        Check("inside", "Does the estimate lie in its interval?", "low <= estimate <= high", "nothing"),
        Check(
            "level",
            "Does the interval fit its P value at its level?",
            "SE = (log high - log low) / 2z, P = 2(1 - Φ(|log HR| / SE)) (Tierney 2007)",
            f"rounding, and {Z_SLACK} standard errors between log-rank and Cox",
        ),
        Check(
            "information",
            "Could that many patients give so narrow an interval?",
            "SE >= 2 / √events, events <= patients (Parmar 1998)",
            "rounding",
        ),
        Check(
            "events",
            "Do the P value and the ratio fit the number of events or patients?",
            "events = (z / log HR)² (n1 + n2)² / (n1 n2) (Parmar 1998)",
            f"rounding, {Z_SLACK} standard errors between log-rank and Cox, and a factor of 2 where events are given",
        ),
        Check(
            "medians",
            "Does the hazard ratio fit the medians?",
            "HR = median of control / median of experimental arm, were both curves exponential (Parmar 1998)",
            f"a factor of {MEDIAN_FACTOR:g}, or two standard errors of ratio and medians",
        ),
        Check(
            "versions",
            "Do two reports of one analysis agree?",
            "the numbers compared",
            "rounding to the coarser of the two",
        ),
        Check("proportion", "Does a percentage fit its count?", "count / patients", "rounding of the percentage"),
        Check("twice", "Is one trial counted twice?", "registry numbers, PMIDs and results compared", "nothing"),
    )
}


@dataclass(frozen=True)
class Alarm:
    """One answer no. `shown`: whether its numbers were all verified; otherwise `finding` names none of them."""

    check: str
    study: str
    results: tuple[str, ...]
    finding: str
    shown: bool = True
    statements: tuple[str, ...] = ()


@dataclass(frozen=True)
class Span:
    """The numbers that round to a printed one."""

    low: float
    high: float

    @classmethod
    def of(cls, value: float, decimals: int) -> "Span":
        half = 0.5 * 10**-decimals
        return cls(value - half, value + half)

    def gap(self, other: "Span") -> float:
        """The distance between two spans; 0 where they touch."""
        return max(0.0, self.low - other.high, other.low - self.high)

    def log(self) -> "Span":
        return Span(math.log(max(self.low, 1e-9)), math.log(max(self.high, 1e-9)))


def decimals(*values: float | None) -> int:
    """The decimals to which numbers printed together were rounded: the most that any of them shows."""
    return max((len(f"{v:.10g}".partition(".")[2]) for v in values if v is not None and math.isfinite(v)), default=0)


def audit(
    studies: Sequence[Study],
    statements: Sequence[Statement] = (),
    references: Sequence[Reference] = (),
    review: str = "",
) -> list[Alarm]:
    """Every alarm, study by study.

    statements, references: of the review, where it is to be held against its sources.  review: its own record's id.
    """
    found = [alarm for study in studies for alarm in (*_review_values(study), *arithmetic(study))]
    return [*found, *_review_statements(statements), *twice(studies), *_references_twice(references, review)]


def arithmetic(study: Study) -> Iterator[Alarm]:
    """Whether one study's numbers fit each other."""
    for result in study.results:
        if result.measure in ("hazard_ratio", "odds_ratio") and result.is_numeric:
            yield from _interval(study, result)
            yield from _p_values(study, result)
            yield from _medians(study, result)
    yield from _versions(study)
    yield from _proportions(study)


# ---- the review ----------------------------------------------------------------------------------


def _review_values(study: Study) -> Iterator[Alarm]:
    for result in study.results:
        said = result.in_review
        if not said or said.value is None or said.value == result.value:
            continue
        if isinstance(said.value, (int, float)) and result.is_numeric:
            places = decimals(said.value)
            if Span.of(said.value, places).low <= result.number <= Span.of(said.value, places).high:
                continue
        yield _alarm(
            "review-value",
            study,
            [result],
            f"the review prints {said.value}, the source {result.value}",
            statements=(said.statement,) if said.statement else (),
        )


def _review_statements(statements: Sequence[Statement]) -> Iterator[Alarm]:
    for statement in statements:
        if statement.flag in ("differs", "outdated", "ambiguous"):
            note = f" — {statement.note}" if statement.note else ""
            text = f"{statement.flag}: “{statement.corrected or statement.quote}”{note}"
            yield Alarm("review-statement", ", ".join(statement.studies), (), text, True, (statement.id,))


# ---- one ratio -----------------------------------------------------------------------------------


def _se(result: Result) -> Span | None:
    """The standard errors that a printed interval may stand for."""
    ends = result.interval
    if not ends or not ends.low or not ends.high or not ends.level or ends.low >= ends.high:
        return None
    places = decimals(result.number, ends.low, ends.high)
    low, high, z = Span.of(ends.low, places).log(), Span.of(ends.high, places).log(), quantile(ends.level)
    return Span(max(1e-9, (high.low - low.high) / (2 * z)), (high.high - low.low) / (2 * z))


def _interval(study: Study, result: Result) -> Iterator[Alarm]:
    ends, value = result.interval, result.number
    if not ends or not ends.low or not ends.high:
        return
    places = decimals(value, ends.low, ends.high)
    printed, low, high = Span.of(value, places), Span.of(ends.low, places), Span.of(ends.high, places)
    if printed.high < low.low or printed.low > high.high:
        yield _alarm("inside", study, [result], f"{value:g} lies outside {ends.low:g} to {ends.high:g}")
        return
    centre = Span((low.log().low + high.log().low) / 2, (low.log().high + high.log().high) / 2)
    error = _se(result)
    if printed.log().gap(centre) > (CENTRE_SLACK * error.high if error else 0.0):
        yield _alarm(
            "centre",
            study,
            [result],
            f"{value:g} ({ends.low:g} to {ends.high:g}): "
            f"the interval's centre is {math.sqrt(ends.low * ends.high):.2f}",
        )
    se, events = _se(result), _events_of(study, result)
    n = events or study.n or sum(arm.n or 0 for arm in study.arms)
    if se and n and study.arms and se.high < 2 / math.sqrt(n) and result.whole_population:
        needed = 4 / se.high**2
        yield _alarm(
            "information",
            study,
            [result],
            f"the interval needs about {needed:.0f} events, the study has {n} {'events' if events else 'patients'}",
        )


def _events_of(study: Study, result: Result) -> int:
    """The events behind a ratio: with it, or counted by arm; 0 where they are not printed."""
    counted = {
        r.arm: r
        for r in study.results
        if r.measure == "count" and r.unit == "events" and _same_analysis(r, result) and r.is_numeric
    }
    both = [counted[arm.id] for arm in study.arms if arm.id in counted]
    return result.events or (round(sum(count.number for count in both)) if both and len(both) == len(study.arms) else 0)


def _p_values(study: Study, result: Result) -> Iterator[Alarm]:
    value = result.number
    others = [r for r in study.results if r.measure == "p_value" and _same_analysis(r, result) and r.is_numeric]
    printed = [(result.p.value, result.p.operator, result.p.sides or 2, [result])] if result.p else []
    printed += [
        (r.number, r.p.operator if r.p else "=", (r.p.sides if r.p else None) or 2, [result, r]) for r in others
    ]
    for p, operator, sides, sources in printed:
        if not 0 < p < 1:
            continue
        yield from _level(study, result, value, p, operator, sides, sources)
        yield from _events(study, result, value, p, operator, sides, sources)


def _z_span(p: float, operator: str, sides: int) -> Span:
    """The normal deviates that a printed P value may stand for."""
    if operator in ("<", "<="):
        return Span(z_of(p, sides), math.inf)
    if operator in (">", ">="):
        return Span(0.0, z_of(p, sides))
    places = max(decimals(p), 2)
    printed = Span.of(p, places)
    return Span(z_of(min(printed.high, 1.0), sides), z_of(max(printed.low, 0.1**places / 20), sides))


def _level(
    study: Study, result: Result, value: float, p: float, operator: str, sides: int, sources: list[Result]
) -> Iterator[Alarm]:
    se = _se(result)
    if not se or value == 1:
        return
    assert result.interval is not None
    assert result.interval.level is not None
    log = Span.of(value, decimals(value, result.interval.low, result.interval.high)).log()
    size = Span(min(abs(log.low), abs(log.high)) if log.low * log.high > 0 else 0.0, max(abs(log.low), abs(log.high)))
    implied, reported = Span(size.low / se.high, size.high / se.low), _z_span(p, operator, sides)
    if implied.gap(reported) <= Z_SLACK:
        return
    fitting = [
        level
        for level in LEVELS
        if level != result.interval.level and _scaled(implied, result.interval.level, level).gap(reported) <= Z_SLACK
    ]
    hint = f"; at {' or '.join(f'{100 * level:g} %' for level in fitting)} it would fit" if fitting else ""
    middle = abs(math.log(value)) / ((se.low + se.high) / 2)
    given = f"the {100 * result.interval.level:g} % interval gives P = {p_of(middle, sides):.2g}"
    text = f"P {operator} {p:g} is printed, {given}{hint}"
    yield _alarm("level", study, sources, text)


def _scaled(implied: Span, stated: float, other: float) -> Span:
    """The deviates, were the interval of another level."""
    factor = quantile(other) / quantile(stated)
    return Span(implied.low * factor, implied.high * factor)


def _events(
    study: Study, result: Result, value: float, p: float, operator: str, sides: int, sources: list[Result]
) -> Iterator[Alarm]:
    sizes = [arm.n for arm in study.arms if arm.n]
    if len(sizes) != 2 or value == 1 or operator not in ("=", "<", "<=") or not result.whole_population:
        return
    log = Span.of(value, max(decimals(value), 2)).log()
    largest = max(abs(log.low), abs(log.high))
    needed = (
        (max(0.0, _z_span(p, operator, sides).low - Z_SLACK) / largest) ** 2 * sum(sizes) ** 2 / (sizes[0] * sizes[1])
    )
    if needed > sum(sizes):
        yield _alarm(
            "events",
            study,
            sources,
            f"P {operator} {p:g} with a ratio of {value:g} needs about {needed:.0f} events, "
            f"the study has {sum(sizes)} patients",
        )
    elif (
        (events := _events_of(study, result))
        and operator == "="
        and not events / 2 <= needed <= events * 2
        and needed > 1
    ):
        yield _alarm(
            "events",
            study,
            sources,
            f"P = {p:g} with a ratio of {value:g} fits about {needed:.0f} events, {events} are printed",
        )


def _medians(study: Study, result: Result) -> Iterator[Alarm]:
    arms = {
        r.arm: r
        for r in study.results
        if r.measure == "median" and _same_analysis(r, result) and r.is_numeric and r.number > 0
    }
    controls = [arm.id for arm in study.arms if arm.role == "control"]
    control = arms.pop(controls[0], None) if len(controls) == 1 else None
    if control is None or len(arms) != 1:
        return
    (experimental,) = arms.values()
    expected = control.number / experimental.number
    errors = [se.high for se in map(_se, (result, experimental, control)) if se]
    apart = abs(result.turn * math.log(result.number) - math.log(expected))
    if apart > max(math.log(MEDIAN_FACTOR), 2 * math.hypot(*errors)):
        yield _alarm(
            "medians",
            study,
            [result, experimental, control],
            f"the ratio is {result.number:g}, "
            f"the medians {experimental.number:g} and {control.number:g} give {expected:.2f}",
        )


def _same_analysis(a: Result, b: Result) -> bool:
    return (a.endpoint, a.report, a.analysis, a.population, a.time) == (
        b.endpoint,
        b.report,
        b.analysis,
        b.population,
        b.time,
    )


# ---- one study, several printings ----------------------------------------------------------------


def _versions(study: Study) -> Iterator[Alarm]:
    """Two printings of one analysis in one report; and two analyses with the same medians whose other numbers cannot
    both hold.
    """
    for a, b in combinations([r for r in study.results if r.is_numeric], 2):
        if _same_question(a, b) and (finding := _disagreement(study, a, b)):
            yield _alarm("versions", study, [a, b], finding)
    times = {f.analysis: f.median_months for f in study.follow_up}
    for (one, first), (other, second) in combinations(_medians_by_analysis(study).items(), 2):
        if first == second and one[0] == other[0] and times.get(one[1]) != times.get(other[1]):
            medians = [r for r in study.results if r.measure == "median" and r.endpoint == one[0]]
            results = [r for r in medians if r.analysis in (one[1], other[1])]
            yield _alarm("versions", study, results, f"{one[0]}: the same medians at two lengths of follow-up")


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
    other_sides = a.p and b.p and a.p.sides != b.p.sides
    return same and a.measure in ("hazard_ratio", "median", "rate", "p_value") and not other_sides


def _disagreement(study: Study, a: Result, b: Result) -> str:
    """How two numbers that answer one question cannot both hold; empty where they can."""
    places = min(_places(a), _places(b))
    if Span.of(a.number, places).gap(Span.of(b.number, places)) == 0:
        return ""
    what = a.measure.replace("_", " ")
    if a.report == b.report or (a.analysis and a.analysis == b.analysis):
        return f"{a.endpoint} {what} {a.number:g} in one printing, {b.number:g} in another of the same analysis"
    if a.measure == "p_value" and (a.number < SIGNIFICANT) != (b.number < SIGNIFICANT):
        return f"{a.endpoint}: P {a.number:g} in one report, {b.number:g} in another, on two sides of {SIGNIFICANT}"
    medians = _medians_of(study, a)
    alike = bool(medians) and _medians_alike(medians, _medians_of(study, b))
    if a.measure in ("hazard_ratio", "p_value") and alike and _far(a, b):
        numbers = f"{a.number:g} in one report and {b.number:g} in the other"
        return f"{a.endpoint}: the medians agree, but the {what} is {numbers}"
    return ""


def _places(result: Result) -> int:
    ends = result.interval
    return decimals(result.number, ends.low if ends else None, ends.high if ends else None)


def _medians_by_analysis(study: Study) -> dict[tuple[str, str | None], tuple[tuple[str, float], ...]]:
    """Both arms' medians, by endpoint and analysis."""
    found: dict[tuple[str, str | None], list[tuple[str, float]]] = {}
    for r in study.results:
        if r.measure == "median" and r.whole_population and r.is_numeric:
            found.setdefault((r.endpoint, r.analysis), []).append((str(r.arm), r.number))
    return {key: tuple(sorted(medians)) for key, medians in found.items() if len(medians) == 2}


def _medians_of(study: Study, result: Result) -> dict[str | None, float]:
    return {
        r.arm: r.number for r in study.results if r.measure == "median" and _same_analysis(r, result) and r.is_numeric
    }


def _medians_alike(a: dict[str | None, float], b: dict[str | None, float]) -> bool:
    return bool(a) and a.keys() == b.keys() and all(abs(math.log(a[arm] / b[arm])) < 0.1 for arm in a)


def _far(a: Result, b: Result) -> bool:
    if a.measure == "hazard_ratio":
        return abs(math.log(a.number / b.number)) > math.log(1.3)
    return 0 < a.number < 1 and 0 < b.number < 1 and abs(z_of(a.number) - z_of(b.number)) > 1


def _proportions(study: Study) -> Iterator[Alarm]:
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
                    yield _alarm(
                        "proportion",
                        study,
                        [count, rate],
                        f"{count.number:g} of {count.n} is {exact:.1f} %, {rate.number:g} % is printed",
                    )


# ---- one trial, twice ----------------------------------------------------------------------------


def twice(studies: Sequence[Study]) -> Iterator[Alarm]:
    """Studies that share a registry number, a PMID, or the same results."""
    for a, b in combinations(studies, 2):
        numbers = {*a.registry, *a.registry_unverified} & {*b.registry, *b.registry_unverified}
        papers = {r.pmid for r in a.reports if r.pmid} & {r.pmid for r in b.reports if r.pmid}
        if numbers or papers:
            yield Alarm(
                "twice",
                f"{a.study}, {b.study}",
                (),
                f"both are {', '.join(sorted(numbers | papers))}: count one of them",
            )
        elif a.n and a.n == b.n and (shared := _fingerprint(a) & _fingerprint(b)):
            yield Alarm(
                "twice",
                f"{a.study}, {b.study}",
                (),
                f"both report {a.n} patients and the same medians for "
                f"{', '.join(sorted(s[0] for s in shared))}: perhaps one trial",
            )
    for study in studies:
        if study.randomised and len(study.review_refs) > 1:
            yield Alarm(
                "twice",
                study.study,
                (),
                f"the review cites it under {len(study.review_refs)} numbers "
                f"({', '.join(map(str, study.review_refs))}): one trial",
            )


def _fingerprint(study: Study) -> set[tuple[str, tuple[float, ...]]]:
    return {
        (endpoint, tuple(sorted(value for _, value in medians)))
        for (endpoint, _), medians in _medians_by_analysis(study).items()
    }


def _references_twice(references: Sequence[Reference], review: str) -> Iterator[Alarm]:
    for a, b in combinations(references, 2):
        if (a.pmid and a.pmid == b.pmid) or (a.doi and a.doi == b.doi):
            yield Alarm(
                "twice",
                review,
                (),
                f"references {a.ref} and {b.ref} of the review are one paper ({a.first_author} {a.year})",
            )


def _alarm(
    check: str, study: Study, results: Sequence[Result], finding: str, statements: tuple[str, ...] = ()
) -> Alarm:
    shown = all(result.verified for result in results)
    text = (
        finding
        if shown
        else f"{CHECKS[check].question} No. Numbers that were not verified are among them and are not shown."
    )
    return Alarm(check, study.study, tuple(f"{study.study}/{result.id}" for result in results), text, shown, statements)
