"""Whether one printed ratio fits its interval, its P value, its events and the medians beside it."""

import math
from collections.abc import Iterator

from oligoscope.appraisal.checks import (
    CENTRE_SLACK,
    LEVELS,
    MEDIAN_FACTOR,
    Z_SLACK,
    Alarm,
    Span,
    alarm,
    decimals,
    same_analysis,
)
from oligoscope.evidence import Result, Study
from oligoscope.synthesis.effects import p_of, quantile, z_of


def of_ratio(study: Study, result: Result) -> Iterator[Alarm]:
    """Every check of one hazard or odds ratio that has a number."""
    yield from _interval(study, result)
    yield from _p_values(study, result)
    yield from _medians(study, result)


def _se(result: Result) -> Span | None:
    """The standard errors that a printed interval may stand for."""
    ends = result.interval
    if not ends or not ends.low or not ends.high or not ends.level or ends.low >= ends.high:
        return None
    places = decimals(result.number, ends.low, ends.high)
    low, high, z = Span.of(ends.low, places).log(), Span.of(ends.high, places).log(), quantile(ends.level)
    return Span(max(1e-9, (high.low - low.high) / (2 * z)), (high.high - low.low) / (2 * z))


def outside_its_interval(result: Result) -> bool:
    """Whether an estimate lies outside its own interval, by more than rounding: one of the numbers is wrong."""
    ends = result.interval
    if not ends or not ends.low or not ends.high or not result.is_numeric:
        return False
    places = decimals(result.number, ends.low, ends.high)
    printed, low, high = (Span.of(number, places) for number in (result.number, ends.low, ends.high))
    return printed.high < low.low or printed.low > high.high


def _interval(study: Study, result: Result) -> Iterator[Alarm]:
    ends, value = result.interval, result.number
    if not ends or not ends.low or not ends.high:
        return
    places = decimals(value, ends.low, ends.high)
    printed, low, high = Span.of(value, places), Span.of(ends.low, places), Span.of(ends.high, places)
    # What lies outside its interval is off its centre too: one alarm is enough.
    if outside_its_interval(result):
        yield alarm("inside", study, [result], f"{value:g} lies outside {ends.low:g} to {ends.high:g}")
        return
    centre = Span((low.log().low + high.log().low) / 2, (low.log().high + high.log().high) / 2)
    error = _se(result)
    if printed.log().gap(centre) > (CENTRE_SLACK * error.high if error else 0.0):
        yield alarm(
            "centre",
            study,
            [result],
            f"{value:g} ({ends.low:g} to {ends.high:g}): "
            f"the interval's centre is {math.sqrt(ends.low * ends.high):.2f}",
        )
    se, events = _se(result), _events_of(study, result)
    # Without printed events every patient counts as one: the most information that the study can have.
    n = events or study.n or sum(arm.n or 0 for arm in study.arms)
    if se and n and study.arms and se.high < 2 / math.sqrt(n) and result.whole_population:
        needed = 4 / se.high**2
        yield alarm(
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
        if r.measure == "count" and r.unit == "events" and same_analysis(r, result) and r.is_numeric
    }
    both = [counted[arm.id] for arm in study.arms if arm.id in counted]
    return result.events or (round(sum(count.number for count in both)) if both and len(both) == len(study.arms) else 0)


def _p_values(study: Study, result: Result) -> Iterator[Alarm]:
    value = result.number
    others = [r for r in study.results if r.measure == "p_value" and same_analysis(r, result) and r.is_numeric]
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
    # 0.50 is read as 0.5: the zero that was printed is lost, and papers print at least two decimals of P.
    places = max(decimals(p), 2)
    printed = Span.of(p, places)
    return Span(z_of(min(printed.high, 1.0), sides), z_of(max(printed.low, 0.1**places / 20), sides))


def _level(
    study: Study, result: Result, value: float, p: float, operator: str, sides: int, sources: list[Result]
) -> Iterator[Alarm]:
    se = _se(result)
    # A ratio of exactly 1 lies no distance from no effect, whatever its P value says.
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
    yield alarm("level", study, sources, text)


def _scaled(implied: Span, stated: float, other: float) -> Span:
    """The deviates, were the interval of another level."""
    factor = quantile(other) / quantile(stated)
    return Span(implied.low * factor, implied.high * factor)


def _events(
    study: Study, result: Result, value: float, p: float, operator: str, sides: int, sources: list[Result]
) -> Iterator[Alarm]:
    # P > 0.05 sets no least number of events, and the formula is for two arms of everyone randomised.
    sizes = [arm.n for arm in study.arms if arm.n]
    if len(sizes) != 2 or value == 1 or operator not in ("=", "<", "<=") or not result.whole_population:
        return
    log = Span.of(value, max(decimals(value), 2)).log()
    largest = max(abs(log.low), abs(log.high))
    needed = (
        (max(0.0, _z_span(p, operator, sides).low - Z_SLACK) / largest) ** 2 * sum(sizes) ** 2 / (sizes[0] * sizes[1])
    )
    if needed > sum(sizes):
        yield alarm(
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
        yield alarm(
            "events",
            study,
            sources,
            f"P = {p:g} with a ratio of {value:g} fits about {needed:.0f} events, {events} are printed",
        )


def _medians(study: Study, result: Result) -> Iterator[Alarm]:
    arms = {
        r.arm: r
        for r in study.results
        if r.measure == "median" and same_analysis(r, result) and r.is_numeric and r.number > 0
    }
    # Which arm the ratio is over is only known where one arm alone is the control.
    controls = [arm.id for arm in study.arms if arm.role == "control"]
    control = arms.pop(controls[0], None) if len(controls) == 1 else None
    if control is None or len(arms) != 1:
        return
    (experimental,) = arms.values()
    expected = control.number / experimental.number
    errors = [se.high for se in map(_se, (result, experimental, control)) if se]
    apart = abs(result.turn * math.log(result.number) - math.log(expected))
    if apart > max(math.log(MEDIAN_FACTOR), 2 * math.hypot(*errors)):
        yield alarm(
            "medians",
            study,
            [result, experimental, control],
            f"the ratio is {result.number:g}, "
            f"the medians {experimental.number:g} and {control.number:g} give {expected:.2f}",
        )
