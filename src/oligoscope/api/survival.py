"""Survival analysis of any table: `osc.survival.km(frame, time="months", event="dead")` and so on.

data: a path (.csv, .tsv, .parquet), a data frame, or a mapping of columns; one row per patient.  time: the column with
the time followed, 0 or more, in a unit that all results share.  event: the column with 1 for an event and 0 for none.
Rows in which a column that is needed is missing are left out and counted. All functions raise OligoscopeError.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from oligoscope.api.result import Result
from oligoscope.errors import NotAllowed

if TYPE_CHECKING:
    from oligoscope.files.columns import Labels, Sample, Table, Wanted
    from oligoscope.report.survival_curves import Compared, Curves, Group
    from oligoscope.report.survival_models import Fitted, Incidences, Means, Subdistribution
    from oligoscope.synthesis.survival import Cox, Design, Followed, Interval, Ties

__all__ = ["cox", "cuminc", "finegray", "km", "logrank", "rmst"]

T = TypeVar("T", bound=str)
ALL = "all"
"""The name of the one group of a table that is not divided."""


def km(
    data: "Table",
    *,
    time: str,
    event: str,
    entry: str | None = None,
    by: str | None = None,
    at: "str | float | Sequence[float] | None" = None,
    curve: bool = False,
    interval: str = "log-log",
) -> "Result[Curves]":
    """Kaplan-Meier curves: survival at times with its interval and numbers at risk, median, median follow-up.

    entry: the column with the time from which a patient was followed (left truncation).  by: the column that divides.
    at: times, [12, 24] or "12,24"; without it some round ones are chosen.  curve: every step instead.  interval:
    log-log, log or plain.

    >>> print(km({"t": [1, 2, 3], "e": [1, 1, 0]}, time="t", event="e").found.groups[0].median.value)
    2.0
    """
    from oligoscope.files.columns import Wanted, sample
    from oligoscope.report.survival_curves import Curves, km_json, km_text
    from oligoscope.synthesis.survival import INTERVALS

    chosen: Interval = _one_of("interval", interval, INTERVALS)
    if curve and at is not None:
        raise NotAllowed("at", at, "times, or every step of the curve", "both were asked for", "give one of the two")
    asked = None if at is None else _times(at)
    group = Wanted("by", by, "label") if by else None
    columns = _outcome(time, event, entry)
    found = sample(data, [*columns, *([group] if group else [])])
    whole = _followed(found, columns)
    times = _round_times(float(whole.time.max())) if asked is None else asked
    parts = _parts(whole, found.labels[group] if group else None)
    groups = tuple(_group(name, part, chosen, None if curve else times) for name, part in parts.items())
    who = "every step" if curve else "the program" if asked is None else "you"
    return Result(Curves(found, groups, by, who, entry is not None), km_json, km_text)


def logrank(
    data: "Table",
    *,
    time: str,
    event: str,
    by: str,
    strata: str | None = None,
    rho: float | str = 0,
    entry: str | None = None,
) -> "Result[Compared]":
    """The log-rank test of the groups in a column: do they survive alike?

    strata: the column within whose groups they are compared.  rho: 0 is the log-rank test, 1 that of Peto and Peto.
    entry: as for `km`.

    >>> both = {"t": [1, 2, 3, 4], "e": [1, 1, 1, 1], "arm": ["a", "a", "b", "b"]}
    >>> round(logrank(both, time="t", event="e", by="arm").found.test.p, 3)
    0.09
    """
    from oligoscope.files.columns import Wanted, sample
    from oligoscope.report.survival_curves import Compared, logrank_json, logrank_text
    from oligoscope.synthesis.survival import log_rank

    power = _number("rho", rho)
    group = Wanted("by", by, "label")
    within = Wanted("strata", strata, "label") if strata else None
    columns = _outcome(time, event, entry)
    found = sample(data, [*columns, group, *([within] if within else [])])
    labels = _several(found.labels[group], "by", by, "there is nothing to compare it with")
    codes = found.labels[within].codes if within else None
    test = log_rank(_followed(found, columns), labels.codes, codes, power)
    return Result(Compared(found, labels.names, by, strata, test, entry is not None), logrank_json, logrank_text)


def cox(
    data: "Table",
    *,
    time: str,
    event: str,
    covariates: str | Sequence[str],
    entry: str | None = None,
    strata: str | None = None,
    cluster: str | None = None,
    weights: str | None = None,
    ties: str = "efron",
) -> "Result[Fitted]":
    """Cox regression: hazard ratios, concordance, and the test that hazards are proportional.

    covariates: columns, ["age", "arm:factor"] or "age,arm:factor"; a factor has one term for each group but the first,
    or but the one in "arm:factor=control".  entry: of (start, stop] intervals or left truncation.  strata: the column
    of groups with hazards of their own.  cluster: whose rows belong together; errors are then robust.  weights: above
    0.  ties: efron, breslow or exact.  Needs the package survival.
    """
    from oligoscope.files.columns import Wanted, sample
    from oligoscope.files.covariates import covariates_of, matrix_of
    from oligoscope.report.survival_models import Fitted, cox_json, cox_text
    from oligoscope.synthesis import survival

    how: Ties = _one_of("ties", ties, survival.TIES)
    asked = covariates_of(covariates)
    columns = _outcome(time, event, entry)
    beside = {role: Wanted(role, name, "label") for role, name in (("strata", strata), ("cluster", cluster)) if name}
    if weights:
        beside["weights"] = Wanted("weights", weights, "weight")
    found = sample(data, [*columns, *(each.wanted for each in asked), *beside.values()])
    names, matrix, notes = matrix_of(found, asked)
    codes = {role: found.labels[beside[role]].codes for role in ("strata", "cluster") if role in beside}
    if "cluster" in codes:
        _several(found.labels[beside["cluster"]], "cluster", cluster or "", "one cluster has no error")
    weight = found.numbers[beside["weights"]] if weights else None
    design = survival.Design(matrix, names, codes.get("strata"), codes.get("cluster"), weight)
    fit = _fit(_followed(found, columns), design, how)
    return Result(
        Fitted(found, fit, notes, strata, cluster, weights, bool(entry)),
        cox_json,
        cox_text,
    )


def rmst(
    data: "Table",
    *,
    time: str,
    event: str,
    tau: float | str,
    by: str | None = None,
    entry: str | None = None,
) -> "Result[Means]":
    """Restricted mean survival time up to tau, and of two groups their difference, the second less the first.

    tau: in the unit of time.  by, entry: as for `km`.

    >>> rmst({"t": [1, 2, 3, 4], "e": [1, 1, 1, 1]}, time="t", event="e", tau=2).found.means[0].value
    1.75
    """
    from oligoscope.files.columns import Wanted, sample
    from oligoscope.report.survival_models import Means, rmst_json, rmst_text
    from oligoscope.synthesis.survival import difference, kaplan_meier

    until = _number("tau", tau, at_least=0)
    if until == 0:
        raise NotAllowed("tau", tau, "a number above 0", "no time passes until then", "take the end of the comparison")
    group = Wanted("by", by, "label") if by else None
    columns = _outcome(time, event, entry)
    found = sample(data, [*columns, *([group] if group else [])])
    parts = _parts(_followed(found, columns), found.labels[group] if group else None)
    means = tuple(kaplan_meier(part).restricted_mean(until) for part in parts.values())
    gap = difference(*means) if len(means) == 2 else None
    counts = tuple((part.n, int(part.event.sum())) for part in parts.values())
    return Result(Means(found, tuple(parts), counts, means, gap, by, bool(entry)), rmst_json, rmst_text)


def cuminc(
    data: "Table",
    *,
    time: str,
    cause: str,
    by: str | None = None,
    at: str | float | Sequence[float] | None = None,
    curve: bool = False,
) -> "Result[Incidences]":
    """Cumulative incidence of each cause among the others that compete with it (Aalen-Johansen).

    cause: the column with 0 for censored and one whole number from 1 for each cause.  by, at, curve: as for `km`; the
    groups are compared by Gray's test, cause by cause.
    """
    from oligoscope.files.columns import Wanted, sample
    from oligoscope.report.survival_models import Incidences, cuminc_json, cuminc_text
    from oligoscope.synthesis.survival import gray, incidences

    if curve and at is not None:
        raise NotAllowed("at", at, "times, or every step of the curve", "both were asked for", "give one of the two")
    asked = None if at is None else _times(at)
    ends, codes = Wanted("time", time, "time"), Wanted("cause", cause, "cause")
    group = Wanted("by", by, "label") if by else None
    found = sample(data, [ends, codes, *([group] if group else [])])
    causes = sorted({int(code) for code in found.numbers[codes]} - {0})
    if not causes:
        allowed = "0 for censored, and one whole number from 1 for each cause"
        raise NotAllowed("cause", cause, allowed, "nobody had an event of any cause", "there is no incidence to show")
    labels = found.labels[group] if group else None
    lines = []
    for i, name in enumerate(labels.names if labels else (ALL,)):
        here = labels.codes == i if labels else slice(None)
        lines += [(name, line) for line in incidences(found.numbers[ends][here], found.numbers[codes][here], causes)]
    times = _round_times(float(found.numbers[ends].max())) if asked is None and not curve else asked
    who = "every step" if curve else "the program" if asked is None else "you"
    shown = tuple((name, line, tuple(line.at(line.times.tolist() if times is None else times))) for name, line in lines)
    several = labels is not None and len(labels.names) > 1
    tests = (
        [gray(found.numbers[ends], found.numbers[codes], labels.codes, of) for of in causes]
        if several and labels
        else []
    )
    return Result(Incidences(found, shown, by, who, tuple(tests)), cuminc_json, cuminc_text)


def finegray(
    data: "Table",
    *,
    time: str,
    cause: str,
    covariates: str | Sequence[str],
    of: int | str = 1,
) -> "Result[Subdistribution]":
    """Fine and Gray's regression: how covariates go along with the incidence of one cause while others compete.

    cause: as for `cuminc`.  of: the cause.  covariates: as for `cox`.

    >>> d = {"t": [1, 2, 3, 4, 5, 6], "c": [1, 2, 1, 0, 1, 2], "x": [1, 0, 1, 1, 0, 0]}
    >>> finegray(d, time="t", cause="c", covariates="x").found.fit.events
    3
    """
    from oligoscope.files.columns import Wanted, sample
    from oligoscope.files.covariates import covariates_of, matrix_of
    from oligoscope.report.survival_models import Subdistribution, finegray_json, finegray_text
    from oligoscope.synthesis.survival import fine_gray

    which, asked = int(_number("of", of, at_least=1)), covariates_of(covariates)
    ends, codes = Wanted("time", time, "time"), Wanted("cause", cause, "cause")
    found = sample(data, [ends, codes, *(each.wanted for each in asked)])
    names, matrix, notes = matrix_of(found, asked)
    fit = fine_gray(found.numbers[ends], found.numbers[codes], matrix, names, which)
    return Result(Subdistribution(found, fit, notes), finegray_json, finegray_text)


def _fit(whole: "Followed", design: "Design", ties: "Ties") -> "Cox":
    """Raises NotAllowed where the package that fits is not installed."""
    from oligoscope.synthesis.survival import cox as fitted

    try:
        return fitted(whole, design, ties)
    except ModuleNotFoundError:
        fix = "run pip install 'oligoscope[survival]'"
        raise NotAllowed("package", "survival", "", "Cox regression needs it, and it is not installed", fix) from None


def _parts(whole: "Followed", labels: "Labels | None") -> "dict[str, Followed]":
    """The patients of each group."""
    if labels is None:
        return {ALL: whole}
    return {name: whole.part(labels.codes == i) for i, name in enumerate(labels.names)}


def _group(name: str, part: "Followed", interval: "Interval", times: Sequence[float] | None) -> "Group":
    from oligoscope.report.survival_curves import Group
    from oligoscope.synthesis.survival import kaplan_meier, median_follow_up

    line = kaplan_meier(part, interval)
    points = tuple(line.at(line.times.tolist() if times is None else times, part))
    return Group(name, line, points, line.quantile(), median_follow_up(part, interval))


def _outcome(time: str, event: str, entry: str | None) -> "list[Wanted]":
    from oligoscope.files.columns import Wanted

    found = [Wanted("time", time, "time"), Wanted("event", event, "flag")]
    return [*found, Wanted("entry", entry, "number")] if entry else found


def _followed(found: "Sample", columns: "Sequence[Wanted]") -> "Followed":
    """Raises NotAllowed for an entry that does not lie before its time."""
    from oligoscope.synthesis.survival import followed

    time, event, *entries = (found.numbers[column] for column in columns)
    if not entries:
        return followed(time, event)
    is_late = entries[0] >= time
    if is_late.any():
        i, end, entry = int(is_late.argmax()), columns[0].column, columns[2].column
        where = f"{entry} {entries[0][i]:g} in row {found.rows[i]} below the header"
        rows = f"{is_late.sum()} row{'' if is_late.sum() == 1 else 's'} like this"
        problem = f"it does not lie before {end} {time[i]:g} ({rows})"
        raise NotAllowed("entry", where, f"numbers below {end}", problem, "leave out who was not followed after entry")
    return followed(time, event, entries[0])


def _several(labels: "Labels", role: str, column: str, why: str) -> "Labels":
    if len(labels.names) < 2:
        problem = f"it has one group, {labels.names[0]}: {why}"
        raise NotAllowed(role, column, "a column with two groups or more", problem, "name another column")
    return labels


def _one_of(field: str, value: str, allowed: tuple[T, ...]) -> T:
    for each in allowed:
        if each == value:
            return each
    raise NotAllowed(field, value, ", ".join(allowed), "there is none of that name")


def _number(field: str, value: float | str, at_least: float = -math.inf) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number) or number < at_least:
        allowed = "a number" if math.isinf(at_least) else f"a number of {at_least:g} or more"
        raise NotAllowed(field, value, allowed, "this is none")
    return number


def _times(at: str | float | Sequence[float]) -> list[float]:
    parts = at.split(",") if isinstance(at, str) else [at] if isinstance(at, int | float) else list(at)
    return [_number("at", each, at_least=0) for each in parts]


def _round_times(longest: float) -> list[float]:
    """Four to nine round times up to the longest."""
    if longest <= 0:
        return [0.0]
    size = 10 ** math.floor(math.log10(longest))
    step = next(size * part for part in (0.1, 0.2, 0.5, 1, 2) if longest / (size * part) < 10)
    return [step * i for i in range(1, math.floor(longest / step + 1e-9) + 1)]
