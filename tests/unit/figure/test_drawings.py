"""Curves read from drawings whose patients are known: drawn by R (tests/data/figures) and by matplotlib."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import oligoscope as osc
from oligoscope.errors import OligoscopeError
from oligoscope.interop.figure.axes import Axis
from oligoscope.interop.figure.drawing import Drawing, Stroke
from oligoscope.interop.figure.line import Line
from oligoscope.interop.figure.steps import drawn_lines
from oligoscope.report.figure import Digitised
from oligoscope.synthesis.survival import Curve, followed, kaplan_meier
from tests.unit.figure.test_raster import COLOURS, curve_of, draw

FIGURES = Path(__file__).parents[2] / "data/figures"
AXES = {"x": "0:40", "y": "0:1"}
UNIT = 0.02
"""Of a drawing, in which R rounds: its plots are 340 units wide and 210 high."""


def of_r(arm: str) -> Curve:
    with (FIGURES / "patients.csv").open() as file:
        rows = [(float(row["time"]), float(row["event"])) for row in csv.DictReader(file) if row["arm"] == arm]
    return kaplan_meier(followed(*np.array(rows).T))


def agree(found: Digitised, name: str, true: Curve, unit: float = UNIT) -> None:
    """Every drop, its height, the end and the marks are those of the curve."""
    line = found.curves[name]
    wide, high = (abs(axis.high - axis.low) / abs(axis.high_at - axis.low_at) * unit for axis in (found.x, found.y))
    is_event = true.events > 0
    drops, heights = true.times[is_event], true.survival[is_event] * (100 if found.y.high > 1.5 else 1)
    time, height = found.x.value(line.column), found.y.value(line.row)
    assert time[0] == pytest.approx(0, abs=wide)
    assert len(time) - 1 in (len(drops), len(drops) + 1)
    assert time[1 : len(drops) + 1] == pytest.approx(drops, abs=wide)
    assert height[1 : len(drops) + 1] == pytest.approx(heights, abs=high)
    assert time[-1] == pytest.approx(true.times[-1], abs=wide)
    marks = true.times[true.censored > 0]
    assert found.x.value(line.marks) == pytest.approx(marks, abs=wide)


def test_black_curves_told_by_dashes_between_the_limits_of_their_intervals() -> None:
    found = osc.ipd_figure(FIGURES / "dashes.pdf").found
    assert (found.x.low, found.x.high, found.y.low, found.y.high) == (0, 35, 0, 100)
    agree(found, "curve 1", of_r("control"))
    agree(found, "curve 2", of_r("new"))
    assert found.left_out == ("two #000000 lines above and below a curve: taken for the limits of its interval",) * 2


def test_of_two_pages_the_one_that_was_named_is_read(tmp_path: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot
    from matplotlib.backends.backend_pdf import PdfPages

    with PdfPages(tmp_path / "two.pdf") as file:
        for low in (0.5, 0.25):
            figure, axes = pyplot.subplots()
            axes.step([0, 10, 20, 40], [1, 0.9, low, low], where="post", color="#1f77b4")
            axes.set(xlim=(0, 40), ylim=(0, 1), xticks=[0, 40], yticks=[0, 1])
            file.savefig(figure)
            pyplot.close(figure)
    # Where matplotlib lays its axes on 460.8 x 345.6 points.
    places = {"x": "0@57.6,40@414.72", "y": "0@307.584,1@41.472"}
    for page, low in ((1, 0.5), (2, 0.25)):
        (arm,) = osc.ipd_figure(tmp_path / "two.pdf", axes=places, page=page).model_dump()["arms"]
        assert arm["lowest"] == pytest.approx(low, abs=0.002)


def test_coloured_curves_of_an_svg_whose_numbers_are_shapes() -> None:
    with pytest.raises(OligoscopeError, match="no numbers were found along this axis"):
        osc.ipd_figure(FIGURES / "colours.svg")
    found = osc.ipd_figure(FIGURES / "colours.svg", axes=AXES, curves={"control": "#0000ff", "new": "#ff0000"}).found
    agree(found, "control", of_r("control"))
    agree(found, "new", of_r("new"))


@pytest.mark.parametrize("suffix", ["svg", "pdf"])
def test_bands_and_marks_are_no_curves(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"km.{suffix}"
    curves = {"lower": curve_of(1, 150, 9), "upper": curve_of(2, 150, 18)}
    draw(path, curves, bands=True, marks=True)
    found = osc.ipd_figure(path, axes=AXES if suffix == "svg" else {}, curves=COLOURS).found
    for name, true in curves.items():
        # The program that drew them leaves out steps of less than a ninth of a pixel.
        line = found.curves[name]
        at = np.arange(0.01, true.times[-1], 0.01)
        read = found.y.value(line.row)[np.searchsorted(found.x.value(line.column), at, side="right") - 1]
        drawn = np.append(1, true.survival)[np.searchsorted(true.times, at, side="right")]
        assert np.abs(read - drawn).mean() < 0.0005
        assert float(found.x.value(line.column[-1])) == pytest.approx(true.times[-1], abs=0.01)
        marks = true.times[true.censored > 0]
        assert found.x.value(line.marks) == pytest.approx(marks, abs=0.01)


def test_patients_out_of_a_drawing(tmp_path: Path) -> None:
    found = osc.ipd_figure(FIGURES / "dashes.pdf").found
    true = {"curve 1": of_r("control"), "curve 2": of_r("new")}
    risk: dict[str, list[str | float]] = {"arm": [], "time": [], "n_risk": []}
    for name, curve in true.items():
        for time in (0, 6, 12, 18, 24):
            n = curve.at_risk[np.searchsorted(curve.times, time)] if time else 120
            for key, value in zip(risk, (name, time, float(n)), strict=True):
                risk[key].append(value)
    rebuilt = osc.ipd(found.tables(), risk).model_dump()
    assert [arm["events"] for arm in rebuilt["arms"]] == [int(curve.events.sum()) for curve in true.values()]


def test_the_overlay_shows_what_was_read_on_what_was_drawn() -> None:
    found = osc.ipd_figure(FIGURES / "dashes.pdf").found
    content = found.files()["overlay.svg"]
    assert isinstance(content, bytes)
    overlay = content.decode()
    assert overlay.count("<path") == 2
    assert overlay.count("<circle") == found.n_marks == 81
    assert overlay.count('stroke="#bbb"') > 100


def line_of(points: Sequence[tuple[float, float]], *marks: Sequence[tuple[float, float]]) -> Line:
    """The one curve of a drawing 200 units wide and 100 high."""
    strokes = [Stroke(np.array(each, float), "#000000") for each in (points, *marks)]
    (line,) = drawn_lines(Drawing(200, 100, tuple(strokes)), Axis(0, 20, 0, 200), Axis(0, 1, 100, 0), ()).lines
    return line


def test_a_curve_that_falls_where_it_begins_begins_above_its_fall() -> None:
    line = line_of([(0, 0), (0, 20), (60, 20), (60, 50), (120, 50)])
    assert line.column.tolist() == [0, 0, 60, 120]
    assert line.row.tolist() == [0, 20, 50, 50]


def test_a_mark_that_rounding_puts_behind_the_end_stands_on_the_curve() -> None:
    """Just below 128, above which numbers lie twice as far apart, adding a millionth and taking it away adds a little."""
    end = 128 - 1e-9
    assert end + 1e-6 - 1e-6 > end
    line = line_of([(0, 0), (40, 0), (40, 20), (60, 20), (60, 50), (end, 50)], [(end + 1e-6, 48), (end + 1e-6, 52)])
    assert line.marks.tolist() == [128]


def refused(path: Path, content: bytes, axes: Sequence[str] = (), page: int = 1) -> str:
    path.write_bytes(content)
    with pytest.raises(OligoscopeError) as caught:
        osc.ipd_figure(path, axes=dict(each.split("=") for each in axes), page=page)
    return str(caught.value)


def test_what_is_no_drawing_says_so(tmp_path: Path) -> None:
    bomb = b'<!DOCTYPE s [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><svg xmlns="http://www.w3.org/2000/svg">&b;</svg>'
    empty = b'<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>'
    assert "an SVG file" in refused(tmp_path / "torn.svg", b"<svg")
    assert "an SVG file" in refused(tmp_path / "bomb.svg", bomb)
    assert "a PDF file" in refused(tmp_path / "torn.pdf", b"%PDF-1.4 nothing")
    assert "no tick marks" in refused(tmp_path / "empty.svg", empty, ["x=0:1", "y=0:1"])
    assert "no line falls in steps" in refused(tmp_path / "e.svg", empty, ["x=0@1,1@9", "y=0@9,1@1"])
    pages = refused(tmp_path / "two.pdf", (FIGURES / "dashes.pdf").read_bytes(), page=2)
    assert "Allowed: 1 to 1" in pages
