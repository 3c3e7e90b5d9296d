"""The figures of a registry's report: flow, curves, forest, ways to compare therapy, what is missing."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from oligoscope.cohort.analysis.curves import Line
from oligoscope.cohort.analysis.factors import Factor
from oligoscope.cohort.analysis.missing import Missing
from oligoscope.cohort.analysis.models import Single
from oligoscope.cohort.analysis.patients import Floats, Patients
from oligoscope.cohort.analysis.refused import Refused
from oligoscope.cohort.analysis.subgroups import Subgroups
from oligoscope.cohort.analysis.treatment import Compared, Treated
from oligoscope.cohort.analysis.weighting import Weighted
from oligoscope.report.registry.drawing import (
    DASHES,
    INK,
    PAPER,
    RULE,
    SERIES,
    SOFT,
    UNSETTLED,
    box,
    months_text,
    ratio_text,
    rule,
    shortened,
    text,
    wrapped,
)
from oligoscope.report.survival_text import p_text

Scale = Callable[[float], float]
"""A value to its place in the figure."""
WIDTH = 760.0
MOST_LINES = 8
"""Curves in one figure; more cannot be told apart. The largest groups are drawn, all stand in the table below."""


def drawn_lines(lines: Sequence[Line]) -> list[Line]:
    """The largest groups in their order, and those not settled last."""
    settled = [line for line in lines if line.is_settled]
    kept = sorted(settled, key=lambda line: -line.n)[:MOST_LINES]
    return [line for line in settled if line in kept] + [line for line in lines if not line.is_settled]


# ---- flow ----------------------------------------------------------------------------------------


def flow(patients: Patients) -> str:
    """Who was read, who was lost at which step and why, who was analysed."""
    steps = max(len(patients.lost), 1)
    parts = [*_stage(12, f"{patients.n_read:,} patients in the registry")]
    last = 42 + 30.0 * steps
    parts.append(rule(150, 42, 150, last, SOFT))
    for place, lost in enumerate(patients.lost):
        y = 57 + 30.0 * place
        parts += [rule(150, y, 300, y, SOFT), text(308, y + 4, f"{lost.n:,} left out: {lost.reason}")]
    parts += _stage(last, f"{patients.n:,} analysed, {patients.events:,} with the event")
    height = last + 40
    desc = "; ".join(f"{lost.n:,} left out, {lost.reason}" for lost in patients.lost) or "nobody was left out"
    return wrapped(WIDTH, height, "Flow of patients", desc, parts, "flow")


def _stage(y: float, words: str) -> list[str]:
    frame = f'<rect x="20" y="{y:g}" width="260" height="30" rx="4" style="fill:none;stroke:{SOFT}"/>'
    return [frame, text(150, y + 19, words, anchor="middle", weight="600")]


# ---- curves --------------------------------------------------------------------------------------

LEFT, RIGHT, TOP, PLOT = 306.0, 745.0, 16.0, 260.0
AT_RISK, AT_RISK_ROW = TOP + PLOT + 52, 18


def curves(
    lines: Sequence[Line],
    ticks: Sequence[float],
    title: str,
    says: str,
    name: str,
    *,
    falls: bool,
    since: float = 0,
    marks: Mapping[str, Sequence[tuple[float, float]]] = MappingProxyType({}),
    plain: Sequence[str] = (),
) -> str:
    """Curves with the numbers at risk below. falls: from 1 on, of survival; else incidence rises from 0.

    since: months from which the curves begin.  marks: by group, published points: months and share.  plain: groups
    without a band; of more than three that are left none has one.
    """
    shown, last = drawn_lines(lines), max(ticks[-1], 1.0)

    def across(months: float) -> float:
        return LEFT + (RIGHT - LEFT) * min(months, last) / last

    def down(share: float) -> float:
        return TOP + PLOT * (1 - share)

    parts = [*_axes(ticks, across, down, says)]
    n_banded = sum(line.label not in plain for line in shown)
    for line in shown:
        colour, dash = _style(line, shown)
        if n_banded <= 3 and line.label not in plain:
            parts.append(_band(line, across, down, colour, last))
        path = _steps(line, across, down, start=1.0 if falls else 0.0, since=since, last=last)
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        parts.append(f'<path d="{path}" style="fill:none;stroke:{colour}" stroke-width="1.8"{dashes}/>')
        for months, share in marks.get(line.label, ()):
            if months <= last:
                x, height = across(months), down(share)
                diamond = f"M{x:.1f} {height - 6:.1f}l6 6l-6 6l-6-6Z"
                parts.append(f'<path d="{diamond}" style="fill:{PAPER};stroke:{colour}" stroke-width="2"/>')
    parts += _at_risk(shown, ticks, across, since)
    desc = "; ".join(_described(line) for line in shown)
    return wrapped(WIDTH, AT_RISK + AT_RISK_ROW * len(shown) + 10, title, desc, parts, name)


def _at_risk(shown: Sequence[Line], ticks: Sequence[float], across: Scale, since: float) -> Iterator[str]:
    """The numbers at risk, a row for each curve."""
    yield text(12, AT_RISK, "at risk", fill=SOFT)
    for row, line in enumerate(shown, 1):
        y, (colour, dash) = AT_RISK + AT_RISK_ROW * row, _style(line, shown)
        yield from (rule(12, y - 4, 40, y - 4, colour, 2.4, dash), text(46, y, shortened(line.label, 41)))
        counted = zip(ticks, line.at_risk, strict=True)
        yield from (text(across(t), y, f"{n:,}", anchor="middle") for t, n in counted if t >= since)


def _axes(ticks: Sequence[float], across: Scale, down: Scale, says: str) -> Iterator[str]:
    for share in (0, 0.25, 0.5, 0.75, 1):
        yield rule(LEFT, down(share), RIGHT, down(share))
        yield text(LEFT - 6, down(share) + 4, f"{100 * share:g} %", anchor="end", fill=SOFT)
    for tick in ticks:
        yield rule(across(tick), down(0), across(tick), down(0) + 4, SOFT)
        yield text(across(tick), down(0) + 17, f"{tick:g}", anchor="middle", fill=SOFT)
    yield text((LEFT + RIGHT) / 2, down(0) + 33, "months", anchor="middle", fill=SOFT)
    yield text(12, TOP + 4, says, fill=SOFT)


def _style(line: Line, shown: Sequence[Line]) -> tuple[str, str]:
    place = UNSETTLED if not line.is_settled else [each for each in shown if each.is_settled].index(line)
    return SERIES[place], DASHES[place]


def _steps(line: Line, across: Scale, down: Scale, *, start: float, since: float, last: float) -> str:
    found = [f"M{across(since):.1f} {down(start):.1f}"]
    for months, share in zip(line.months, line.share, strict=True):
        if months > last:
            found.append(f"H{across(last):.1f}")
            break
        found.append(f"H{across(months):.1f}V{down(share):.1f}")
    return "".join(found)


def _band(line: Line, across: Scale, down: Scale, colour: str, last: float) -> str:
    known = np.isfinite(line.low) & np.isfinite(line.high) & (line.months <= last)
    months, low, high = line.months[known], line.low[known], line.high[known]
    if len(months) < 2:
        return ""
    up = _edge(months, high, across, down)
    back = _edge(months, low, across, down)
    return f'<path d="M{up}L{"L".join(reversed(back.split("L")))}Z" style="fill:{colour}" fill-opacity="0.12"/>'


def _edge(months: Floats, shares: Floats, across: Scale, down: Scale) -> str:
    """A step line as places, which can be read backwards."""
    found = [f"{across(months[0]):.1f} {down(shares[0]):.1f}"]
    for before, month, share in zip(shares[:-1], months[1:], shares[1:], strict=True):
        found += [f"{across(month):.1f} {down(before):.1f}", f"{across(month):.1f} {down(share):.1f}"]
    return "L".join(found)


def _described(line: Line) -> str:
    if line.median is not None:
        return f"{line.label}: {line.n:,} patients, median {months_text(line.median.value)} months"
    shares = ", ".join(f"{100 * share.value:.0f} % at {share.months:g} months" for share in line.shares)
    return f"{line.label}: {line.n:,} patients{', ' if shares else ''}{shares}"


# ---- ratios --------------------------------------------------------------------------------------

MIDDLE, HALF = 480.0, 120.0
COUNTS, BESIDE = 265.0, 615.0


def forest(singles: Sequence[Single], title: str, name: str) -> str:
    """Hazard ratios with intervals; what is refused says why and has no mark."""
    rows = [row for single in singles for row in _forest_rows(single)]
    ends = [abs(end) for row in rows for end in row[3:5] if end is not None and math.isfinite(end)]
    widest = min(max([*ends, math.log(2)]), math.log(20))
    bottom = 26 + 20.0 * len(rows)
    parts = [text(MIDDLE, 14, "hazard ratio", anchor="middle", fill=SOFT)]
    parts += [
        text(12, 14, "factor", fill=SOFT),
        text(250, 14, "patients / events", fill=SOFT),
        text(615, 14, "ratio (95 % interval)", fill=SOFT),
    ]
    parts.append(rule(MIDDLE, 22, MIDDLE, bottom, SOFT))
    y = 36.0
    for label, counts, coef, low, high, beside, is_head in rows:
        parts.append(text(12 if is_head else 24, y, shortened(label, 42), weight="600" if is_head else ""))
        parts.append(text(COUNTS, y, counts, fill=SOFT) if counts else "")
        if coef is None or low is None or high is None:
            parts.append(text(350, y, shortened(beside, 72), fill=SOFT) if beside else "")
        else:
            parts += [*_mark(y - 4, coef, low, high, widest, INK), text(BESIDE, y, beside)]
        y += 20
    parts += list(_ratio_scale(widest, bottom))
    desc = "; ".join(f"{row[0]} {row[5]}" for row in rows if row[5])
    return wrapped(WIDTH, bottom + 24, title, desc, [part for part in parts if part], name)


def _forest_rows(single: Single) -> Iterator[tuple[str, str, float | None, float | None, float | None, str, bool]]:
    counts = f"{single.n:,} / {single.events:,}"
    against = f" (against {single.reference})" if single.reference and single.ratios else ""
    if single.factor.is_number and single.ratios:
        (ratio,) = single.ratios
        label = f"{single.factor.label}, {ratio.name}"
        yield label, counts, ratio.coef, ratio.low, ratio.high, _ratio_words(ratio.coef, ratio.low, ratio.high), True
        return
    yield f"{single.factor.label}{against}", counts, None, None, None, single.refused, True
    for ratio in single.ratios:
        words = _ratio_words(ratio.coef, ratio.low, ratio.high) or ratio.reason
        yield ratio.name, f"{ratio.n:,} / {ratio.events:,}", ratio.coef, ratio.low, ratio.high, words, False


def _ratio_words(coef: float | None, low: float | None, high: float | None) -> str:
    if coef is None or low is None or high is None:
        return ""
    hr, down, up = (ratio_text(math.exp(min(each, 700))) for each in (coef, low, high))
    return f"{hr} ({down} to {up})"


def _mark(y: float, coef: float, low: float, high: float, widest: float, colour: str) -> Iterator[str]:
    def across(value: float) -> float:
        return MIDDLE + HALF * max(-1.0, min(1.0, value / widest))

    yield rule(across(low), y, across(high), y, colour, 1.6)
    if abs(coef) <= widest:
        yield box(across(coef) - 4, y - 4, 8, 8, colour)


def _ratio_scale(widest: float, y: float) -> Iterator[str]:
    for ratio in (0.05, 0.1, 0.2, 0.33, 0.5, 0.7, 1, 1.4, 2, 3, 5, 10, 20):
        if abs(math.log(ratio)) <= widest + 1e-9:
            x = MIDDLE + HALF * math.log(ratio) / widest
            yield rule(x, y, x, y + 4, SOFT)
            yield text(x, y + 16, f"{ratio:g}", anchor="middle", fill=SOFT)


def ways(treated: Treated) -> str:
    """Every way to compare therapy, side by side; the naive one is struck through."""
    rows: list[tuple[str, Compared | Refused]] = [*treated.ways]
    if isinstance(treated.naive, Compared) and any(isinstance(way, Compared) for _, way in treated.ways):
        rows.append(("treated ever against never (naive)", treated.naive))
    found = [way for _, way in rows if isinstance(way, Compared)]
    widest = min(max([*(abs(end) for way in found for end in (way.low, way.high)), math.log(2)]), math.log(20))
    bottom = 26 + 22.0 * len(rows)
    parts = [
        text(MIDDLE, 14, "hazard ratio, treated against not", anchor="middle", fill=SOFT),
        rule(MIDDLE, 22, MIDDLE, bottom, SOFT),
    ]
    for place, (name, way) in enumerate(rows):
        y, naive = 38.0 + 22 * place, way is treated.naive
        colour = SOFT if naive else INK
        parts.append(text(12, y, shortened(name, 58), fill=colour, struck=naive))
        if isinstance(way, Refused):
            parts.append(text(300, y, shortened(way.reason, 80), fill=SOFT))
            continue
        words = _ratio_words(way.coef, way.low, way.high)
        parts += [*_mark(y - 4, way.coef, way.low, way.high, widest, SOFT if naive else SERIES[0])]
        parts.append(text(BESIDE, y, words, fill=colour, struck=naive))
    parts += list(_ratio_scale(widest, bottom))
    desc = "; ".join(f"{name}: {_ratio_words(w.coef, w.low, w.high)}" for name, w in rows if isinstance(w, Compared))
    return wrapped(WIDTH, bottom + 24, "Local therapy against none, by the way of comparing", desc, parts, "ways")


def subgroup_forest(found: Sequence[tuple[Factor, Subgroups | Refused]]) -> str:
    """The ratio of therapy in each group, and one P for each factor."""
    shown = [each for _, each in found if isinstance(each, Subgroups)]
    ends = [abs(end) for each in shown for group in each.groups for end in (group.low, group.high)]
    widest = min(max([*ends, math.log(2)]), math.log(20))
    n_rows = sum(1 + (len(each.groups) if isinstance(each, Subgroups) else 0) for _, each in found)
    bottom, y = 26 + 20.0 * n_rows, 36.0
    heads = ((12, "group"), (COUNTS, "patients / events"), (BESIDE, "ratio (95 % interval)"))
    parts = [text(x, 14, words, fill=SOFT) for x, words in heads]
    parts += [
        text(MIDDLE, 14, "treated against not", anchor="middle", fill=SOFT),
        rule(MIDDLE, 22, MIDDLE, bottom, SOFT),
    ]
    for factor, each in found:
        parts.append(text(12, y, shortened(factor.label, 40), weight="600"))
        said = each.reason if isinstance(each, Refused) else f"alike in all groups: {p_text(each.p)}"
        parts.append(text(COUNTS, y, shortened(said, 80), fill=SOFT))
        y += 20
        for group in each.groups if isinstance(each, Subgroups) else ():
            parts += [
                text(24, y, shortened(group.group, 38)),
                text(COUNTS, y, f"{group.n:,} / {group.events:,}", fill=SOFT),
            ]
            parts += [*_mark(y - 4, group.coef, group.low, group.high, widest, INK)]
            parts.append(text(BESIDE, y, _ratio_words(group.coef, group.low, group.high)))
            y += 20
    parts += list(_ratio_scale(widest, bottom))
    desc = "; ".join(f"{factor.label}: {p_text(e.p)}" for factor, e in found if isinstance(e, Subgroups))
    return wrapped(WIDTH, bottom + 24, "Local therapy by subgroup", desc, parts, "subgroups")


def balance(weighted: Weighted) -> str:
    """Standardised differences before (ring) and after (disc) weighting."""
    rows = weighted.balance
    most = max([0.2, *(value for row in rows for value in (row.before, row.after) if value is not None)])
    bottom = 22.0 + 20 * len(rows)

    def across(value: float) -> float:
        return 300 + 400 * value / most

    parts = [rule(across(0.1), 10, across(0.1), bottom, SOFT, dash="3 3"), rule(across(0), 10, across(0), bottom, SOFT)]
    for place, row in enumerate(rows):
        y = 26.0 + 20 * place
        parts.append(text(12, y, shortened(row.label, 44)))
        for value, fill in ((row.before, "none"), (row.after, SERIES[0])):
            if value is not None:
                parts.append(
                    f'<circle cx="{across(value):.1f}" cy="{y - 4:g}" r="4.5" style="fill:{fill};stroke:{SERIES[0]}"/>'
                )
    for value in (0, 0.1, 0.2, 0.5, 1):
        parts += [text(across(value), bottom + 14, f"{value:g}", anchor="middle", fill=SOFT)] if value <= most else []
    desc = "; ".join(f"{row.label}: {_told(row.before)} before, {_told(row.after)} after" for row in rows)
    return wrapped(WIDTH, bottom + 20, "Balance before and after weighting", desc, parts, "balance")


def _told(value: float | None) -> str:
    return "not told" if value is None else f"{value:.2f}"


# ---- missing -------------------------------------------------------------------------------------


def missing_map(missing: Missing, patients: Patients) -> str:
    """Share of patients of whom each factor is not settled: all, with the event, without it."""
    columns = ("all", f"with the event ({patients.events:,})", f"without ({patients.n - patients.events:,})")
    parts = [text(360 + 135 * k, 14, words, fill=SOFT) for k, words in enumerate(columns)]
    for place, gap in enumerate(missing.gaps):
        y = 22.0 + 22 * place
        parts.append(text(12, y + 14, shortened(gap.factor.label, 52)))
        for k, share in enumerate((gap.every, gap.with_event, gap.without_event)):
            x = 360.0 + 135 * k
            if share is not None:
                parts += [box(x, y + 2, 70, 15, RULE), box(x, y + 2, 70 * share, 15, SERIES[1])]
            parts.append(text(x + 76, y + 14, "-" if share is None else f"{100 * share:.0f} %"))
    desc = "; ".join(f"{gap.factor.label} {100 * gap.every:.0f} %" for gap in missing.gaps)
    return wrapped(WIDTH, 30 + 22 * len(missing.gaps), "What is missing", desc, parts, "missing")


def ratio_and_p(coef: float, low: float, high: float, p: float) -> str:
    """`0.65 (0.60 to 0.70), P < 0.001`."""
    return f"{_ratio_words(coef, low, high)}, {p_text(p)}"
