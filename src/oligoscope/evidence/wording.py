"""A published number in words."""

from oligoscope.evidence.model import Result

DAYS_PER_MONTH = 30.4375


def number_text(result: Result) -> str:
    """A published number in words, with where it stands. A number that was not seen is never printed."""
    if result.status != "seen":
        return f"{result.endpoint} {result.measure} ({result.arm or result.comparison}): {result.status}, not shown"
    value = (
        "not reached"
        if result.value is None
        else f"{result.value:g}"
        if isinstance(result.value, float)
        else str(result.value)
    )
    names = {
        "rate": "",
        "median": "median ",
        "hazard_ratio": "hazard ratio ",
        "odds_ratio": "odds ratio ",
        "p_value": "P ",
    }
    time = f" at {result.time}" if result.time else ""
    quartiles = ""
    if result.quartiles:
        upper = "not reached" if result.quartiles.high is None else f"{result.quartiles.high:g}"
        quartiles = f", quartiles {result.quartiles.low:g} to {upper}"
    interval = ""
    if result.interval and result.interval.low is not None and result.interval.high is not None:
        level = f"{100 * result.interval.level:g} % " if result.interval.level else ""
        interval = f" ({level}CI {result.interval.low:g} to {result.interval.high:g})"
    if result.unit == "day" and isinstance(result.value, float):
        interval = f" ({result.value / DAYS_PER_MONTH:.1f} months){interval}"
    unit = (
        "%"
        if result.unit == "percent"
        else {"ratio": "", "month": "months", "day": "days"}.get(result.unit or "", result.unit or "")
    )
    who = result.arm or result.comparison or "all"
    return (
        f"{result.endpoint}{time}: {names.get(result.measure, result.measure + ' ')}{value} {unit}".rstrip()
        + f"{interval}{quartiles} ({who}; {result.locator or 'source'})"
    )
