"""Patients out of published curves: `osc.ipd("curve.csv", at_risk="risk.csv")`."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from oligoscope.api.result import Result
from oligoscope.errors import NotAllowed

if TYPE_CHECKING:
    from oligoscope.files.columns import Table
    from oligoscope.files.curves import Readings
    from oligoscope.report.ipd import Patients
    from oligoscope.synthesis.reconstruction import Drawn, Reported

Values = str | float | Sequence[str | float]
"""One number, or one for each arm: 4.4, "4.4,10.1", [4.4, 10.1]; a dash where an arm has none."""
Given = tuple[float, float]
"""A published number, and half of its last digit."""
_MOST_SETS = 1000


def ipd(
    curve: "Table",
    at_risk: "Table",
    *,
    events: Values | None = None,
    reported: Mapping[str, Values] | None = None,
    sets: int | str = 40,
    seed: int | str = 1,
    method: str = "constrained",
) -> "Result[Patients]":
    """Patients behind a published Kaplan-Meier figure, of all its arms at once, with how far they can be trusted.

    curve: readings, a table with the columns time and survival (or survival_percent), arm where there are several, and
    kind: curve, or censored for a mark of the figure.  at_risk: a table with time and n_risk, and arm.  events: how
    many each arm had, in the order of the curve.  reported: what the publication says: hr, hr_low, hr_high (the second
    arm against the first), p (log-rank), and one for each arm: median, rate@12.  sets: how many sets of patients are
    drawn; what they leave open is part of the interval.  seed: of the draws.  method: constrained (ours), or guyot or
    iterative, by which others rebuild: one set each, so that what the figure leaves open is not told.

    >>> line = {"time": [0, 2, 5, 9, 12], "survival": [1, 0.9, 0.7, 0.5, 0.5]}
    >>> found = ipd(line, {"time": [0, 6, 12], "n_risk": [10, 7, 4]}, sets=5).found
    >>> found.compared.arms[0].events_range
    (5, 5)
    """
    from oligoscope.files.curves import readings
    from oligoscope.report.ipd import Patients, ipd_json, ipd_text
    from oligoscope.synthesis.reconstruction import CONSTRAINED, compare, rebuild

    size, start = _whole("sets", sets, 1, _MOST_SETS), _whole("seed", seed, 0, 2**32 - 1)
    lines = readings(curve, at_risk)
    _check_method(method, lines)
    counts = _of_arms("events", events, list(lines))
    said, rates = _reported(reported or {}, list(lines))
    drawn = [_drawn(name, line, counts[i], rates[i]) for i, (name, line) in enumerate(lines.items())]
    try:
        found = compare(rebuild(drawn, size, start, method), said)
    except ModuleNotFoundError:
        fix = "run pip install 'oligoscope[survival]'"
        raise NotAllowed("package", "survival", "", "hazard ratios need it, and it is not installed", fix) from None
    return Result(Patients(found, size if method == CONSTRAINED else 1, start, method), ipd_json, ipd_text)


def _check_method(method: str, lines: "Mapping[str, Readings]") -> None:
    from oligoscope.synthesis.reconstruction import CONSTRAINED, METHODS

    if method not in METHODS:
        raise NotAllowed("method", method, ", ".join(METHODS), "there is no method of this name")
    if method == CONSTRAINED:
        return
    for name, line in lines.items():
        up = (line.at_risk[1:] > line.at_risk[:-1]).nonzero()[0]
        if len(up):
            found = f"{line.at_risk[up[0]]:g}, then {line.at_risk[up[0] + 1]:g} of {name}"
            problem = f"the method {method} knows no patients who come in late"
            raise NotAllowed("n_risk", found, "numbers that fall", problem, f"leave the method out ({CONSTRAINED})")


def _drawn(name: str, line: "Readings", events: Given | None, rates: Sequence[tuple[float, Given]]) -> "Drawn":
    from oligoscope.synthesis.reconstruction import Drawn

    n = int(line.at_risk[0])
    if events is not None and (events[0] != round(events[0]) or not 0 <= events[0] <= n):
        raise NotAllowed(
            "events", f"{events[0]:g} of {name}", f"a whole number from 0 to {n}", "it has so many patients"
        )
    count = None if events is None else int(events[0])
    sharp = tuple((time, rate, max(half, 1e-4)) for time, (rate, half) in rates)
    return Drawn(name, line.time, line.survival, line.risk_time, line.at_risk, line.marks, count, sharp)


def _reported(given: Mapping[str, Values], arms: Sequence[str]) -> "tuple[Reported, list[list[tuple[float, Given]]]]":
    """What concerns all arms and medians; and the rates of each arm."""
    from oligoscope.synthesis.reconstruction import Reported

    single: dict[str, Given | None] = {}
    medians: Sequence[Given | None] = ()
    rates: list[list[tuple[float, Given]]] = [[] for _ in arms]
    for name, value in given.items():
        what, at, when = name.partition("@")
        if what == "median" and not at:
            medians = _of_arms(name, value, arms)
        elif what == "rate" and at:
            time = _number("reported", name, when)[0]
            for i, rate in enumerate(_of_arms(name, value, arms)):
                if rate is not None and not 0 <= rate[0] <= 1:
                    raise NotAllowed("reported", f"{name}={rate[0]:g}", "a share of 1", "no survival is so large")
                rates[i] += [(time, rate)] if rate is not None else []
        elif name in ("hr", "hr_low", "hr_high", "p"):
            single[name] = _single(name, value, arms)
        else:
            allowed = "hr, hr_low, hr_high, p, median, rate@TIME"
            raise NotAllowed("reported", name, allowed, "nothing of this name is compared")
    return Reported(tuple(medians), **single), rates


def _single(name: str, value: Values, arms: Sequence[str]) -> Given:
    if len(arms) < 2:
        raise NotAllowed("reported", name, "", "the curve has one arm", "leave it out")
    if isinstance(value, Sequence) and not isinstance(value, str):
        raise NotAllowed("reported", f"{name}={value}", "one number", "it concerns the second arm against the first")
    found = _number("reported", name, value)
    if found[0] < 0 or (name == "p" and found[0] > 1) or (name != "p" and found[0] == 0):
        raise NotAllowed("reported", f"{name}={value}", "0 to 1" if name == "p" else "above 0", "it cannot be")
    return found


def _of_arms(field: str, value: Values | None, arms: Sequence[str]) -> list[Given | None]:
    """One number for each arm, in the order of the curve; None for a dash."""
    if value is None:
        return [None] * len(arms)
    parts: Sequence[str | float] = (
        value.split(",") if isinstance(value, str) else [value] if isinstance(value, (int, float)) else list(value)
    )
    if len(parts) != len(arms):
        allowed = f"{len(arms)} numbers, of {', '.join(arms)}; a dash where there is none"
        raise NotAllowed(field, value, allowed, f"there are {len(parts)}")
    return [None if str(each).strip() == "-" else _number(field, field, each) for each in parts]


def _number(field: str, name: str, value: str | float) -> Given:
    """A number as printed, with half of its last digit."""
    text = str(value).strip()
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise NotAllowed(field, f"{name}={value}" if field != name else value, "a number", "this is none")
    digits = len(text.partition(".")[2]) if "e" not in text.lower() else 6
    return number, 0.5 * 10.0**-digits


def _whole(field: str, value: int | str, least: int, most: int) -> int:
    try:
        number = int(value)
    except ValueError:
        number = least - 1
    if not least <= number <= most:
        raise NotAllowed(field, value, f"a whole number from {least} to {most}", "this is none")
    return number
