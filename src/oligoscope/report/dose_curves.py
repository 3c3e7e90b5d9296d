"""Dose-volume curves of one organ as SVG, with its limits drawn where the curve must not pass them."""

from collections.abc import Iterator, Sequence
from html import escape

from oligoscope.dose.dvh import StructureDose
from oligoscope.dose.metric import metric, number
from oligoscope.dose.verdicts import EXCEEDED, MET, Verdict

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 420, 250, 44, 40, 12, 12
DASHES = ("", "6 3", "2 3", "8 3 2 3")
"""Of several structures of one organ: told apart without colour."""


def curves(structures: Sequence[StructureDose], verdicts: Sequence[Verdict], label: str) -> str:
    """One picture; empty where no structure has a curve."""
    drawn = [one for one in structures if one.doses]
    if not drawn:
        return ""
    volumes = {one.name: one.volume.value or 0.0 for one in drawn}
    points = [point for told in verdicts if (point := _place(told, volumes.get(told.structure, 0.0)))]
    most = max([max(one.doses) for one in drawn] + [gy for gy, _, _ in points]) * 1.05 or 1.0
    parts = [*_axes(most)]
    for number_of, one in enumerate(drawn):
        line = " ".join(f"{_x(d, most):.1f},{_y(p):.1f}" for d, p in zip(one.doses, one.percents, strict=True))
        dash = DASHES[number_of % len(DASHES)]
        parts.append(f'<polyline class="curve" stroke-dasharray="{dash}" points="{line}"/>')
    for gy, percent, told in points:
        parts.append(_mark(_x(gy, most), _y(percent), told))
    names = ", ".join(one.name for one in drawn)
    title = f"Dose-volume curve of {names} with {len(points)} limits of {label}; the table has the numbers"
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title, quote=True)}">'
        f"{''.join(parts)}</svg>"
    )


def _x(gy: float, most: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * gy / most


def _y(percent: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - min(max(percent, 0.0), 100.0) / 100)


def _axes(most: float) -> Iterator[str]:
    step = next(s for s in (1, 2, 5, 10, 20, 50) if most / s <= 8 or s == 50)
    for gy in range(0, int(most) + 1, step):
        x = _x(gy, most)
        yield f'<line class="grid" x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{HEIGHT - BOTTOM}"/>'
        yield f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 14}" text-anchor="middle">{gy}</text>'
    for percent in (0, 25, 50, 75, 100):
        y = _y(percent)
        yield f'<line class="grid" x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{percent}</text>'
    yield f'<text x="{(LEFT + WIDTH) / 2}" y="{HEIGHT - 6}" text-anchor="middle">dose, Gy</text>'
    yield f'<text x="12" y="{HEIGHT / 2}" text-anchor="middle" transform="rotate(-90 12 {HEIGHT / 2})">volume, %</text>'


def _place(told: Verdict, volume_cc: float) -> tuple[float, float, Verdict] | None:
    """Where a limit lies: its dose in Gy, its volume in percent of the structure. None for a mean: it has no place."""
    row = told.limit
    if row is None or row.limit is None or not volume_cc:
        return None
    asked = metric(row.metric)
    at = asked.at or 0.0
    match asked.kind, asked.at_unit:
        case "D", "cc":
            return row.limit, 100 * at / volume_cc, told
        case "D", _:
            return row.limit, at, told
        case "max", _:
            return row.limit, 0.0, told
        case "V", _:
            return at, row.limit if asked.unit == "%" else 100 * row.limit / volume_cc, told
        case "CV", _:
            return at, 100 * (1 - row.limit / volume_cc), told
    return None


def _mark(x: float, y: float, told: Verdict) -> str:
    """Met a disc, exceeded a cross, not told a hollow diamond: the shape says it without colour."""
    assert told.limit is not None
    name = f"{told.limit.label}: {told.limit.metric} {number(told.limit.limit or 0)} {told.limit.unit}"
    title = f"<title>{escape(name)}</title>"
    if told.verdict == MET:
        return f'<circle class="mark down" cx="{x:.1f}" cy="{y:.1f}" r="4">{title}</circle>'
    if told.verdict == EXCEEDED:
        arms = f"M{x - 5:.1f} {y - 5:.1f}l10 10m0 -10l-10 10"
        return f'<path class="mark cross stop-line" d="{arms}">{title}</path>'
    corners = f"M{x:.1f} {y - 6:.1f}l6 6l-6 6l-6 -6z"
    return f'<path class="mark diamond" d="{corners}">{title}</path>'
