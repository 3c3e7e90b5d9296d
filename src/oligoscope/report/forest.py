"""Forest plots by matplotlib: of one pool, and of how it grew."""

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from oligoscope.appraisal.pool import Pool
from oligoscope.appraisal.select import Selected
from oligoscope.report.pooled import row_text
from oligoscope.synthesis.meta import Fit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, SOFT, ACCENT, OPEN = "#1b1f24", "#57606a", "#0b5c8a", "#b35900"
Z = 1.959963984540054


@dataclass(frozen=True)
class Row:
    """One line of a plot: log estimate and interval, or a heading without them. kind: study, pooled, other (hollow)."""

    label: str
    text: str = ""
    estimate: float | None = None
    low: float = 0.0
    high: float = 0.0
    weight: float = 0.0
    kind: str = "study"


def pool_rows(pool: Pool) -> list[Row]:
    """Studies, the pooled effect and its prediction interval, and what admitting the rest would give."""
    assert pool.fit is not None
    rows = [_study(row, weight) for row, weight in zip(pool.selected, pool.fit.weights, strict=True)]
    rows.append(_pooled("Pooled (REML, Hartung-Knapp)", pool.fit, "pooled"))
    if pool.fit.prediction and pool.fit.k > 1:
        low, high = pool.fit.prediction
        rows.append(
            Row(
                "a further trial (prediction)",
                f"{math.exp(low):.2f} to {math.exp(high):.2f}",
                None,
                low,
                high,
                0,
                "prediction",
            )
        )
    return [*rows, *(_pooled(f"{v.label}: {', '.join(v.names)}", v.fit, "other") for v in pool.sensitivity)]


def _study(row: Selected, weight: float) -> Row:
    label, middle, half = (
        f"{row.study.study}  {(row.report.published or '')[:4]}",
        row.effect.log_ratio,
        Z * row.effect.se,
    )
    return (
        Row(label, row_text(row), middle, middle - half, middle + half, weight)
        if row.verified
        else Row(label, "unverified, not drawn")
    )


def _pooled(label: str, fit: Fit, kind: str) -> Row:
    return Row(
        label,
        f"{math.exp(fit.estimate):.2f} ({math.exp(fit.interval[0]):.2f} to {math.exp(fit.interval[1]):.2f})",
        fit.estimate,
        *fit.interval,
        0,
        kind,
    )


def cumulative_rows(pool: Pool) -> list[Row]:
    """The pool after each trial, in the order in which they were published."""
    rows = [
        _pooled(f"{'+ ' if n else ''}{row.study.study}  {(row.report.published or '')[:4]}", variant.fit, "pooled")
        for n, (row, variant) in enumerate(zip(pool.selected, pool.cumulative, strict=True))
    ]
    return [*rows, *(_pooled(f"{v.label}: {', '.join(v.names)}", v.fit, "other") for v in pool.sensitivity)]


FORMS = ("svg", "png")


def draw(rows: Sequence[Row], treatment: str, title: str, form: str = "svg") -> bytes:
    """Ratios drawn as SVG or PNG, those below 1 as favouring the treatment. form: one of FORMS."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    with mpl.rc_context(
        {"svg.fonttype": "none", "font.family": "sans-serif", "font.size": 10, "svg.hashsalt": "oligoscope"}
    ):
        figure, axes = pyplot.subplots(figsize=(10, 1.7 + 0.34 * len(rows)))
        _axes(axes, rows, treatment, title)
        for place, row in enumerate(rows):
            _row(axes, len(rows) - 1 - place, row)
        figure.subplots_adjust(
            left=0.34, right=0.76, top=1 - 0.7 / figure.get_figheight(), bottom=0.75 / figure.get_figheight()
        )
        drawn = io.BytesIO()
        figure.savefig(drawn, format=form, dpi=160, metadata={"Date": None} if form == "svg" else None)
        pyplot.close(figure)
    return drawn.getvalue()


def _axes(axes: "Axes", rows: Sequence[Row], treatment: str, title: str) -> None:
    drawn = [row for row in rows if row.high > row.low]
    low = min([math.exp(row.low) for row in drawn] + [0.5])
    high = max([math.exp(row.high) for row in drawn] + [1.5])
    low, high = max(low * 0.9, 0.08), min(high * 1.1, 12)
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    ticks = [t for t in (0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 10) if low <= t <= high]
    axes.set_xticks(ticks, [f"{t:g}" for t in ticks])
    axes.minorticks_off()
    axes.set_ylim(-0.7, len(rows) - 0.3)
    axes.set_yticks([])
    axes.axvline(1, color=SOFT, linewidth=1)
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    axes.set_xlabel("hazard ratio (log scale)", color=INK, fontsize=9)
    for text, place, x in ((f"← favours {treatment} ", "right", 0.98), (" favours none →", "left", 1.02)):
        axes.annotate(text, (x, len(rows) - 0.45), xycoords="data", ha=place, va="bottom", color=SOFT, fontsize=8)
    axes.set_title(title, color=INK, loc="center", fontsize=11, pad=14)


def _row(axes: "Axes", y: float, row: Row) -> None:
    left, right = axes.get_xlim()
    weight = "bold" if row.kind == "pooled" else "normal"
    beside = ("axes fraction", "data")
    for text, x, side in ((row.label, -0.02, "right"), (row.text, 1.02, "left")):
        written = axes.annotate(text, (x, y), xycoords=beside, ha=side, va="center", fontsize=9)
        written.set(color=INK, fontweight=weight)
    if row.high <= row.low:
        return
    ends = max(math.exp(row.low), left), min(math.exp(row.high), right)
    if row.kind in ("pooled", "other") and row.estimate is not None:
        middle = min(max(math.exp(row.estimate), left), right)
        colour = ACCENT if row.kind == "pooled" else "none"
        axes.fill(
            [ends[0], middle, ends[1], middle],
            [y, y + 0.26, y, y - 0.26],
            facecolor=colour,
            edgecolor=ACCENT if row.kind == "pooled" else OPEN,
            linewidth=1.3,
        )
        return
    axes.plot(
        ends,
        [y, y],
        color=ACCENT if row.kind == "study" else OPEN,
        linewidth=1.4,
        linestyle="-" if row.kind == "study" else "--",
    )
    if row.estimate is not None:
        axes.plot([math.exp(row.estimate)], [y], "s", color=ACCENT, markersize=4 + row.weight / 9)
