"""Curves that were read from a picture or a drawing, as text, as data and as files."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np

from oligoscope.interop.figure import Axis, Line
from oligoscope.interop.figure.axes import Pixels
from oligoscope.interop.figure.colours import is_grey, of_text
from oligoscope.interop.figure.drawing import Drawing
from oligoscope.report.survival_text import number, table
from oligoscope.report.wording import DISCLAIMER

_BY_DASHES = (
    "curves of one colour are told apart by their dashes: where marks of censoring stand close together, or curves lie "
    "on one another, two may be exchanged, and one of them missed; hold each against the figure's own legend"
)
_INKS = ("#c800c8", "#000000", "#006e00", "#aa3c00")
"""Of the curves as read, on the overlay: none is a colour that figures use much."""


@dataclass(frozen=True)
class Digitised:
    """A figure, its axes, and its curves by name, the lowest first.

    shown: its pixels, or the drawing.  left_out: in words, what was taken for something else than a curve.  printed:
    the axes of a picture whose numbers were read off its pixels.
    """

    picture: Path
    shown: Pixels | Drawing
    x: Axis
    y: Axis
    curves: Mapping[str, Line]
    left_out: tuple[str, ...] = ()
    printed: tuple[str, ...] = ()

    @property
    def unit(self) -> str:
        """What places are counted in."""
        return "unit" if isinstance(self.shown, Drawing) else "pixel"

    @property
    def n_marks(self) -> int:
        """Marks of censoring that were read."""
        return sum(len(line.marks) for line in self.curves.values())

    @property
    def cautions(self) -> tuple[str, ...]:
        """What a reader must look at. Of nine pictures of two curves full of marks (R, 480 to 1,600 pixels wide) three
        were refused and three read with a wrong dash.
        """
        # Greys are one colour: those of two lines differ with their thickness.
        colours = ["grey" if is_grey(of_text(line.colour)) else line.colour for line in self.curves.values()]
        return (_BY_DASHES,) if len(set(colours)) < len(colours) and not isinstance(self.shown, Drawing) else ()

    @property
    def height(self) -> str:
        """The column of survival: a share, or per cent where the axis shows it."""
        return "survival" if self.y.whole == 1 else "survival_percent"

    def tables(self) -> dict[str, list[str | float]]:
        """Readings as columns: arm, time, survival, kind, and the place of each, column and row."""
        names = ("arm", "time", self.height, "kind", "column", "row")
        rows: list[tuple[str | float, ...]] = []
        for name, line in self.curves.items():
            at = np.searchsorted(line.column, line.marks, side="right") - 1
            for kind, columns, places in (("curve", line.column, line.row), ("censored", line.marks, line.row[at])):
                time = np.maximum(self.x.value(columns), 0)
                height = np.clip(self.y.value(places), 0, self.y.whole)
                for values in zip(time, height, columns, places, strict=True):
                    when, how_high, column, row = (round(float(value), 6) for value in values)
                    rows.append((name, when, how_high, kind, column, row))
        return {key: [row[i] for row in rows] for i, key in enumerate(names)}

    def files(self) -> dict[str, str | bytes]:
        """`curve.csv`, which `ipd` reads, and `overlay.png` or `.svg`: what was read on the figure, to check by eye."""
        page = io.StringIO()
        writer = csv.writer(page, lineterminator="\n")
        columns = self.tables()
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
        kind, overlay = self.overlay()
        return {"curve.csv": page.getvalue(), f"overlay.{kind[6:9]}": overlay}

    def overlay(self) -> tuple[str, bytes]:
        """What was read, on the figure: its media type, and the picture."""
        if isinstance(self.shown, Drawing):
            return "image/svg+xml", "".join(f"{line}\n" for line in self._redrawn(self.shown)).encode()
        return "image/png", self._painted(self.shown)

    def _painted(self, pixels: Pixels) -> bytes:
        """The picture paler and twice as large, the readings dark on it."""
        from PIL import Image, ImageColor

        shown = np.repeat(np.repeat(0.5 * pixels + 127, 2, axis=0), 2, axis=1)
        for i, line in enumerate(self.curves.values()):
            ink = ImageColor.getrgb(_INKS[i % len(_INKS)])[:3]
            rows = np.clip(np.round(2 * line.row).astype(int), 0, len(shown) - 1)
            columns = 2 * line.column.astype(int)
            for shift in (0, 1):
                shown[rows, columns + shift] = ink
        page = io.BytesIO()
        Image.fromarray(shown.astype(np.uint8)).save(page, "PNG")
        return page.getvalue()

    def _redrawn(self, drawing: Drawing) -> Iterator[str]:
        """Every stroke of the drawing pale, the curves as read dark on it, a dot for each mark."""
        width, height = drawing.width, drawing.height
        yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}">'
        yield f"<title>What was read from {escape(self.picture.name)}</title>"
        yield '<rect width="100%" height="100%" fill="#fff"/>'
        for stroke in drawing.strokes:
            points = " ".join(f"{column:.2f},{row:.2f}" for column, row in stroke.points)
            yield f'<polyline points="{points}" fill="none" stroke="#bbb"/>'
        for i, line in enumerate(self.curves.values()):
            ink = _INKS[i % len(_INKS)]
            after = [f"H{column:.2f}V{row:.2f}" for column, row in zip(line.column[1:], line.row[1:], strict=True)]
            path = f"M{line.column[0]:.2f},{line.row[0]:.2f}{''.join(after)}"
            yield f'<path d="{path}" fill="none" stroke="{ink}" stroke-width="0.8"/>'
            at = np.searchsorted(line.column, line.marks, side="right") - 1
            for column, row in zip(line.marks, line.row[at], strict=True):
                yield f'<circle cx="{column:.2f}" cy="{row:.2f}" r="1.5" fill="none" stroke="{ink}"/>'
        yield "</svg>"


def figure_json(found: Digitised) -> dict[str, object]:
    """The axes with their places, and each curve with where it begins, ends, and how low it comes."""
    return {
        "picture": str(found.picture),
        "axes": {
            name: {"low": axis.low, "high": axis.high, "low_at": axis.low_at, "high_at": axis.high_at}
            for name, axis in (("x", found.x), ("y", found.y))
        },
        "arms": [
            {
                "arm": name,
                "colour": line.colour,
                "dash": line.dash,
                "readings": len(line.column),
                "marks": len(line.marks),
                "begins": float(found.x.value(line.column[0])),
                "ends": float(found.x.value(line.column[-1])),
                "lowest": float(found.y.value(line.row[-1])),
            }
            for name, line in found.curves.items()
        ],
        "axes_by_printed_numbers": list(found.printed),
        "left_out": list(found.left_out),
        "cautions": list(found.cautions),
        "not_read": ["names of the arms", "numbers at risk", *([] if found.n_marks else ["marks of censoring"])],
    }


def figure_text(found: Digitised) -> str:
    """The curves, the scale, and what is still to be given by hand."""
    rows = [("arm", "colour", "dash", "readings", "marks", "ends at", "lowest")]
    for name, line in found.curves.items():
        end, low = float(found.x.value(line.column[-1])), float(found.y.value(line.row[-1]))
        counts = str(len(line.column)), str(len(line.marks))
        rows.append((name, line.colour, line.dash, *counts, number(end), number(low, 3)))
    lines = [f"Curves read from {found.picture.name}", *table(rows)]
    for name, axis in (("x", found.x), ("y", found.y)):
        at = f"{axis.low:g} at {found.unit} {axis.low_at:g}, {axis.high:g} at {found.unit} {axis.high_at:g}"
        lines.append(f"  {name}: {at}{', by its printed numbers: check them' if name in found.printed else ''}")
    lines += [f"  left out: {text}" for text in found.left_out]
    lines += [f"  caution: {text}" for text in found.cautions]
    lines += [
        "Look at the overlay: each curve must lie on its line to the end. Names and numbers at risk are not read from",
        "the figure: write the numbers into a file of their own, and name the curves by --curve NAME=COLOUR.",
    ]
    return "\n".join([*lines, DISCLAIMER]) + "\n"
