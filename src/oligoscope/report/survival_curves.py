"""Kaplan-Meier curves and the log-rank test as text and as data."""

import math
from dataclasses import dataclass

from oligoscope.files.columns import Sample
from oligoscope.report.survival_text import NOT_REACHED, number, p_text, reached, rows_json, rows_text, table
from oligoscope.report.wording import DISCLAIMER
from oligoscope.synthesis.survival import Curve, LogRank, Point, Quantile


@dataclass(frozen=True)
class Group:
    """One curve: its points at the times that were asked for, its median and its follow-up."""

    name: str
    curve: Curve
    points: tuple[Point, ...]
    median: Quantile
    follow_up: Quantile

    @property
    def events(self) -> int:
        """How many had the event."""
        return int(self.curve.events.sum())

    @property
    def cautions(self) -> list[str]:
        """What the curve cannot say although it prints numbers."""
        gone = self.curve.times[self.curve.survival <= 0]
        if not len(gone) or gone[0] == self.curve.times[-1]:
            return []
        what = f"everybody who was at risk at {number(gone[0])} had the event, others entered later: survival stays 0"
        return [f"{self.name}: {what} and says nothing of them"]


@dataclass(frozen=True)
class Curves:
    """Curves of one table, by group. chosen: who chose the times, "you", "the program" or "every step"."""

    sample: Sample
    groups: tuple[Group, ...]
    by: str | None
    chosen: str
    has_entry: bool

    @property
    def variant(self) -> dict[str, object]:
        """How each number was made."""
        curve = self.groups[0].curve
        return {
            "estimator": "Kaplan-Meier",
            "interval": curve.interval,
            "level": curve.level,
            "se": "Greenwood",
            "median": "first time with survival at or below 0.5; the middle of a stretch at exactly 0.5",
            "follow_up": "reverse Kaplan-Meier",
            "left_truncation": "entry" if self.has_entry else "none",
        }


def km_json(found: Curves) -> dict[str, object]:
    """Each group with its curve at the times; what cannot be told is null, with its reason under `reasons`."""
    return {
        "variant": found.variant,
        "rows": rows_json(found.sample),
        "times_chosen_by": found.chosen,
        "groups": [_group_json(group) for group in found.groups],
        "cautions": [said for group in found.groups for said in group.cautions],
    }


def _group_json(group: Group) -> dict[str, object]:
    points = group.points
    return {
        "group": group.name,
        "n": group.curve.n,
        "events": group.events,
        "median": group.median.value,
        "median_low": group.median.low,
        "median_high": group.median.high,
        "median_reason": quantile_reason(group.median, "survival"),
        "times": [point.time for point in points],
        "survival": [point.survival for point in points],
        "low": [point.low for point in points],
        "high": [point.high for point in points],
        "at_risk": [point.at_risk for point in points],
        "se": [point.se for point in points],
        "reasons": [{"time": point.time, "reason": point.reason} for point in points if point.reason],
        "median_follow_up": group.follow_up.value,
        "median_follow_up_low": group.follow_up.low,
        "median_follow_up_high": group.follow_up.high,
        "median_follow_up_reason": quantile_reason(group.follow_up, "the reverse curve"),
    }


def quantile_reason(found: Quantile, what: str) -> str | None:
    """Why a median or an end of its interval is null; None where all three are told."""
    if found.value is None:
        return f"{what} does not come down to one half"
    open_ends = [name for name, end in (("lower", found.low), ("upper", found.high)) if end is None]
    if not open_ends:
        return None
    lines = " and the ".join(open_ends)
    return f"the {lines} limit of {what} does not come down to one half where it can be told"


def km_text(found: Curves) -> str:
    """Medians first, then the curve at each time."""
    head = ("group", "n", "events", "median", _ci(found), "followed")
    rows = [head, *(_median_row(group) for group in found.groups)]
    lines = [f"Kaplan-Meier{f' by {found.by}' if found.by else ''}: {rows_text(found.sample)}", *table(rows)]
    for group in found.groups:
        lines += [
            "",
            f"{group.name}",
            *table([("time", "at risk", "survival", _ci(found)), *map(_point_row, group.points)]),
        ]
        for reason in dict.fromkeys(point.reason for point in group.points if point.reason):
            lines.append(f"  {reason}")
    lines += ["", *(f"caution: {said}" for group in found.groups for said in group.cautions)]
    if found.chosen == "the program":
        lines.append("Times chosen by the program; --at gives your own, --curve every step.")
    entry = "; patients count from their entry on (left truncation)" if found.has_entry else ""
    variant = found.variant
    lines.append(
        f"Interval {variant['interval']}, error by Greenwood; followed: median by reverse Kaplan-Meier{entry}."
    )
    return "\n".join([*lines, DISCLAIMER]) + "\n"


def _ci(found: Curves) -> str:
    return f"{100 * found.groups[0].curve.level:g} % CI"


def _median_row(group: Group) -> tuple[str, ...]:
    ends = f"{reached(group.median.low)} to {reached(group.median.high)}"
    if group.median.low is None and group.median.high is None:
        ends = "-"
    median, followed = reached(group.median.value), reached(group.follow_up.value)
    return group.name, str(group.curve.n), str(group.events), median, ends, followed


def _point_row(point: Point) -> tuple[str, ...]:
    ends = "-" if point.low is None or point.high is None else f"{point.low:.3f} to {point.high:.3f}"
    survival = "-" if point.survival is None else f"{point.survival:.3f}"
    return number(point.time, 6), str(point.at_risk), survival, ends


@dataclass(frozen=True)
class Compared:
    """A log-rank test with the names of its groups."""

    sample: Sample
    names: tuple[str, ...]
    by: str
    strata: str | None
    test: LogRank
    has_entry: bool


def logrank_json(found: Compared) -> dict[str, object]:
    """The test, and each group's events beside those expected."""
    test = found.test
    return {
        "variant": {
            "test": "log-rank" if test.rho == 0 else "Fleming-Harrington",
            "rho": test.rho,
            "weight": "pooled survival just before each time, to the power rho",
            "variance": "hypergeometric",
            "strata": found.strata,
            "left_truncation": "entry" if found.has_entry else "none",
        },
        "rows": rows_json(found.sample),
        "chisq": test.chisq,
        "df": test.df,
        "p": test.p,
        "reason": test.reason or None,
        "groups": [
            {"group": name, "n": n, "observed": observed, "expected": expected}
            for name, n, observed, expected in zip(found.names, test.n, test.observed, test.expected, strict=True)
        ],
    }


def logrank_text(found: Compared) -> str:
    """The test in one line, then the groups."""
    test = found.test
    kind = "Log-rank test" if test.rho == 0 else f"Fleming-Harrington test (rho {test.rho:g})"
    within = f", stratified by {found.strata}" if found.strata else ""
    lines = [f"{kind} by {found.by}{within}: {rows_text(found.sample)}"]
    if test.chisq is None:
        lines.append(f"  no test: {test.reason}")
    else:
        lines.append(f"  chi-square {test.chisq:.3f} on {test.df} df, {p_text(test.p)}")
    rows = [("group", "n", "observed", "expected")]
    for name, n, observed, expected in zip(found.names, test.n, test.observed, test.expected, strict=True):
        whole = f"{observed:.0f}" if math.isclose(observed, round(observed)) else f"{observed:.2f}"
        rows.append((name, str(n), whole, f"{expected:.2f}"))
    lines += table(rows)
    return "\n".join([*lines, DISCLAIMER]) + "\n"


__all__ = ["NOT_REACHED", "Compared", "Curves", "Group", "km_json", "km_text", "logrank_json", "logrank_text"]
