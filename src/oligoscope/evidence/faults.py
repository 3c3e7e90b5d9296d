"""What is wrong with a study record whose fields are right: names that do not resolve, numbers that cannot be."""

import math
from collections.abc import Iterator
from typing import NamedTuple

from oligoscope.evidence.model import Interval, Result, Study

RATIOS = ("hazard_ratio", "odds_ratio")
LEAST_RATIO, MOST_RATIO = 1e-6, 1e6
"""Far beyond any that was printed; further out, a pool ends in no number."""
MOST_OF = {"rate": 100.0, "concordance": 1.0, "p_value": 1.0}
"""The most that a value of a measure can be; a rate is in percent. None is below 0."""


class Fault(NamedTuple):
    """place: `results.pfs-hr.value`, entries by their ids.  problem: with what is allowed or the fix."""

    place: str
    problem: str


def faults(study: Study) -> Iterator[Fault]:
    """Names inside a record resolve and stand for one thing, and intervals are the right way round."""
    for kind, ids in (
        ("reports", [report.id for report in study.reports]),
        ("arms", [arm.id for arm in study.arms]),
        ("results", [result.id for result in study.results]),
    ):
        if twice := next((name for name in ids if ids.count(name) > 1), None):
            yield Fault(f"{kind}.{twice}", "this id is used twice; every entry needs an id of its own")
    reports = [report.id for report in study.reports]
    for result in study.results:
        where = f"results.{result.id}"
        if result.report not in reports:
            allowed = ", ".join(reports)
            yield Fault(f"{where}.report", f"{result.report} is not a report of this study; allowed: {allowed}")
        for name in ("interval", "quartiles"):
            ends = getattr(result, name)
            if ends and ends.low is not None and ends.high is not None and ends.low > ends.high:
                ends_text = f"{ends.low:g} to {ends.high:g}"
                yield Fault(f"{where}.{name}", f"{ends_text} is the wrong way round; write the lower end as low")
        for place, problem in _impossible(result):
            yield Fault(f"{where}.{place}", problem)


def _impossible(result: Result) -> Iterator[tuple[str, str]]:
    """Numbers that cannot be: their place, why, and what is allowed."""
    if result.measure not in RATIOS:
        most = MOST_OF.get(result.measure, math.inf)
        allowed = f"0 to {most:g}" if most < math.inf else "0 or more"
        if result.is_numeric and not 0 <= result.number <= most:
            yield "value", f"{result.value} cannot be a {result.measure}; allowed: {allowed}"
        return
    ends = result.interval or Interval()
    numbers = {"value": result.value if result.is_numeric else math.nan, "interval.low": ends.low}
    for place, number in {**numbers, "interval.high": ends.high}.items():
        if isinstance(number, (int, float)) and not LEAST_RATIO <= number <= MOST_RATIO:
            shown = result.value if place == "value" else number
            yield place, f"{shown} is not a ratio; allowed: a number above 0, {LEAST_RATIO:g} to {MOST_RATIO:g}"
    if ends.low is not None and ends.low == ends.high:
        yield "interval", f"{ends.low:g} to {ends.high:g} has no width; allowed: a high above low"
