"""Curves that were read from a picture, as text, as data and as files."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from oligoscope.interop.figure import Axis, Line
from oligoscope.interop.figure.axes import Pixels
from oligoscope.report.survival_text import number, table
from oligoscope.report.wording import DISCLAIMER

_PERCENT = 1.5
"""The highest value of an axis above which it shows per cent."""


@dataclass(frozen=True)
class Digitised:
    """A picture, its axes, and its curves by name, the lowest first."""

    picture: Path
    pixels: Pixels
    x: Axis
    y: Axis
    curves: Mapping[str, Line]

    @property
    def height(self) -> str:
        """The column of survival: a share, or per cent where the axis shows it."""
        return "survival_percent" if self.y.high > _PERCENT else "survival"

    def tables(self) -> dict[str, list[str | float]]:
        """Readings as columns: arm, time, survival, kind, and the pixel of each, column and row."""
        names = ("arm", "time", self.height, "kind", "column", "row")
        rows: list[tuple[str | float, ...]] = []
        most = 100.0 if self.height == "survival_percent" else 1.0
        for name, line in self.curves.items():
            time = np.maximum(self.x.value(line.column), 0)
            height = np.clip(self.y.value(line.row), 0, most)
            for values in zip(time, height, line.column, line.row, strict=True):
                when, how_high, column, row = (round(float(value), 6) for value in values)
                rows.append((name, when, how_high, "curve", column, row))
        return {key: [row[i] for row in rows] for i, key in enumerate(names)}

    def files(self) -> dict[str, str | bytes]:
        """`curve.csv`, which `ipd` reads, and `overlay.png`: what was read over the picture, to check by eye."""
        page = io.StringIO()
        writer = csv.writer(page, lineterminator="\n")
        columns = self.tables()
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
        return {"curve.csv": page.getvalue(), "overlay.png": self._overlay()}

    def _overlay(self) -> bytes:
        """The picture paler and twice as large, the readings dark on it."""
        from PIL import Image

        shown = np.repeat(np.repeat(0.5 * self.pixels + 127, 2, axis=0), 2, axis=1)
        for i, line in enumerate(self.curves.values()):
            ink = ((200, 0, 200), (0, 0, 0), (0, 110, 0), (170, 60, 0))[i % 4]
            rows = np.clip(np.round(2 * line.row).astype(int), 0, len(shown) - 1)
            columns = 2 * line.column.astype(int)
            for shift in (0, 1):
                shown[rows, columns + shift] = ink
        page = io.BytesIO()
        Image.fromarray(shown.astype(np.uint8)).save(page, "PNG")
        return page.getvalue()


def figure_json(found: Digitised) -> dict[str, object]:
    """The axes with their pixels, and each curve with where it begins, ends, and how low it comes."""
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
                "readings": len(line.column),
                "begins": float(found.x.value(line.column[0])),
                "ends": float(found.x.value(line.column[-1])),
                "lowest": float(found.y.value(line.row[-1])),
            }
            for name, line in found.curves.items()
        ],
        "not_read": ["names of the arms", "numbers at risk", "marks of censoring"],
    }


def figure_text(found: Digitised) -> str:
    """The curves, the scale, and what is still to be given by hand."""
    rows = [("arm", "colour", "readings", "ends at", "lowest")]
    for name, line in found.curves.items():
        end, low = float(found.x.value(line.column[-1])), float(found.y.value(line.row[-1]))
        rows.append((name, line.colour, str(len(line.column)), number(end), number(low, 3)))
    lines = [f"Curves read from {found.picture.name}", *table(rows)]
    for name, axis in (("x", found.x), ("y", found.y)):
        lines.append(f"  {name}: {axis.low:g} at pixel {axis.low_at:g}, {axis.high:g} at pixel {axis.high_at:g}")
    lines += [
        "Look at the overlay: each curve must lie on its line to the end. Names and numbers at risk are not read from",
        "the picture: write the numbers into a file of their own, and name the curves by --curve NAME=COLOUR.",
    ]
    return "\n".join([*lines, DISCLAIMER]) + "\n"
