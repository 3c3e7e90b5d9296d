"""A published number in words."""

from oligoscope.evidence.model import Interval, PValue, Result

DAYS_PER_MONTH = 30.4375
NAMES = {"rate": "", "median": "median ", "hazard_ratio": "hazard ratio ", "odds_ratio": "odds ratio "}
UNITS = {"percent": "%", "ratio": "", "month": "months", "day": "days"}


def number_text(result: Result) -> str:
    """A published number in words, with where it stands. A number that was not seen is never printed."""
    if result.status != "seen":
        return f"{result.endpoint} {result.measure} ({result.arm or result.comparison}): {result.status}, not shown"
    time = f" at {result.time}" if result.time else ""
    who = result.arm or result.comparison or "all"
    after = f"; superseded by {result.superseded_by}" if result.superseded_by else ""
    return f"{result.endpoint}{time}: {_measured(result)} ({who}; {result.locator or 'source'}){after}"


def p_text(value: float, p: PValue | None) -> str:
    """A P value with the sign that was printed; one-sided where the source says so, since it is half the usual one."""
    return f"P {p.operator if p else '='} {value:g}{' (one-sided)' if p and p.sides == 1 else ''}"


def _measured(result: Result) -> str:
    """Value, unit, interval, P value."""
    text = amount_text(result)
    if result.measure == "p_value":
        return text
    text += f" ({interval})" if (interval := interval_text(result)) else ""
    text += f", quartiles {_ends(result.quartiles)}" if result.quartiles else ""
    return f"{text}, {p_text(result.p.value, result.p)}" if result.p else text


def amount_text(result: Result) -> str:
    """Value and unit alone: `median 9 months`, `47.8 %`, `P < 0.001`."""
    if result.measure == "p_value" and result.is_numeric:
        return p_text(result.number, result.p)
    value = result.value if result.value is not None else "not reached"
    if isinstance(value, float):
        value = f"{value:g}"
    unit = UNITS.get(result.unit or "", result.unit or "") if result.value is not None else ""
    text = f"{NAMES.get(result.measure, result.measure + ' ')}{value} {unit}".rstrip()
    if result.unit == "day" and result.is_numeric:
        text += f" ({result.number / DAYS_PER_MONTH:.1f} months)"
    return text


def interval_text(result: Result) -> str:
    """The interval, where there is one. The level is the printed one; that another fits the numbers beside it is said,
    never put in its place.
    """
    interval = result.interval
    if interval is None or (interval.low is None and interval.high is None):
        return ""
    level = f"{100 * interval.level:g} % " if interval.level else ""
    remark = f" as printed; fits {100 * interval.fits:g} %" if interval.fits else ""
    return f"{level}CI {_ends(interval)}{remark}"


def _ends(interval: Interval) -> str:
    low = "not printed" if interval.low is None else f"{interval.low:g}"
    return f"{low} to {'not reached' if interval.high is None else f'{interval.high:g}'}"
