"""Black curves, and curves of one colour told apart by their dashes, in pictures drawn here from known patients."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import oligoscope as osc
from oligoscope.errors import OligoscopeError
from oligoscope.report.figure import Digitised
from oligoscope.synthesis.survival import Curve, followed, kaplan_meier
from tests.unit.figure.test_raster import curve_of, off

STYLES = {"solid": "-", "dashed": "--", "dotted": ":"}
AXES = {"x": "0:40", "y": "0:1"}
LOW, HIGH = curve_of(3, 90, 9), curve_of(4, 60, 18)


def draw(
    path: Path,
    curves: Mapping[str, Curve],
    *,
    colour: str = "black",
    marks: bool = False,
    grid: bool = False,
    limits: bool = False,
    size: tuple[float, float] = (8, 6),
) -> None:
    """One curve for each style, named by its first word, with axes, a legend and a line of text in black."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=size, dpi=100)
    for style, curve in curves.items():
        time, name = np.concatenate([[0], curve.times]), style.split()[0]
        heights = {name: curve.survival, **({"dashed": curve.low, "--": curve.high} if limits else {})}
        for dash, height in heights.items():
            shown = np.concatenate([[1], np.minimum.accumulate(np.nan_to_num(height))])
            axes.step(time, shown, where="post", color=colour, linestyle=STYLES.get(dash, dash), label=f"Arm {dash}")
        if marks:
            is_mark = curve.censored > 0
            axes.plot(curve.times[is_mark], curve.survival[is_mark], "|", color=colour, markersize=7)
    axes.set_xlim(-1, 41)
    axes.set_ylim(-0.03, 1.03)
    axes.set_xticks(range(0, 41, 10))
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1])
    axes.text(24, 0.6, "Log-rank P = 0.013")
    axes.legend()
    axes.grid(grid)
    figure.savefig(path)
    pyplot.close(figure)


def read(path: Path, curves: Mapping[str, str] | None = None) -> Digitised:
    return osc.ipd_figure(path, axes=AXES, curves=curves).found


def agree(found: Digitised, curves: Mapping[str, Curve]) -> None:
    """Every curve is there by its dash, and within the bar."""
    named = {line.dash: name for name, line in found.curves.items()}
    assert sorted(named) == sorted(curves)
    assert len(found.curves) == len(curves)
    for dash, true in curves.items():
        area, worst, end = off(found, named[dash], true)
        assert area <= 0.01
        assert worst <= 0.03
        assert end < 1  # A curve may end within a gap, and marks of censoring stand out beyond its end.


@pytest.mark.parametrize("marks", [False, True])
@pytest.mark.parametrize("colour", ["black", "#777777", "#1f77b4"])
@pytest.mark.parametrize(
    "dashes", [("solid",), ("dashed",), ("dotted",), ("solid", "dashed"), ("dotted", "solid"), ("dashed", "dotted")]
)
def test_curves_of_one_colour_are_told_by_their_dashes(
    tmp_path: Path, dashes: tuple[str, ...], colour: str, marks: bool
) -> None:
    curves = dict(zip(dashes, (LOW, HIGH), strict=False))
    draw(tmp_path / "km.png", curves, colour=colour, marks=marks)
    agree(read(tmp_path / "km.png"), curves)


def test_where_dashes_alone_tell_curves_apart_the_reader_is_warned(tmp_path: Path) -> None:
    draw(tmp_path / "two.png", {"solid": LOW, "dashed": HIGH})
    draw(tmp_path / "one.png", {"solid": LOW})
    two, one = (osc.ipd_figure(tmp_path / name, axes=AXES) for name in ("two.png", "one.png"))
    assert "two may be exchanged" in str(two.model_dump()["cautions"])
    assert "caution: curves of one colour" in str(two)
    assert one.model_dump()["cautions"] == []
    assert "caution" not in str(one)


def test_greys_that_differ_a_little_are_one_colour(tmp_path: Path) -> None:
    draw(tmp_path / "two.png", {"solid": LOW, "dashed": HIGH}, colour="#777777")
    found = read(tmp_path / "two.png")
    first, second = found.curves
    unlike = {first: found.curves[first], second: replace(found.curves[second], colour="#7a7a7a")}
    assert replace(found, curves=unlike).cautions == found.cautions != ()


@pytest.mark.parametrize("size", [(5, 5), (12, 9)])
def test_three_arms_in_small_and_in_large(tmp_path: Path, size: tuple[float, float]) -> None:
    curves = {"solid": HIGH, "dashed": curve_of(5, 70, 13), "dotted": LOW}
    draw(tmp_path / "km.png", curves, size=size)
    agree(read(tmp_path / "km.png"), curves)


def test_a_grid_is_no_curve(tmp_path: Path) -> None:
    curves = {"solid": LOW, "dashed": HIGH}
    draw(tmp_path / "km.png", curves, grid=True)
    agree(read(tmp_path / "km.png"), curves)


def test_black_axes_text_and_legend_of_a_coloured_figure_are_no_curve(tmp_path: Path) -> None:
    draw(tmp_path / "km.png", {"solid": LOW}, colour="#d62728", marks=True, grid=True)
    found = read(tmp_path / "km.png")
    assert [line.colour for line in found.curves.values()] == ["#d62728"]
    with pytest.raises(OligoscopeError, match="only these were found: none"):
        read(tmp_path / "km.png", {"one": "#000000"})


def test_a_black_curve_is_read_by_its_name_and_says_its_dash(tmp_path: Path) -> None:
    draw(tmp_path / "km.png", {"dashed": HIGH})
    found = osc.ipd_figure(tmp_path / "km.png", axes=AXES, curves={"new": "#000000"})
    (arm,) = found.model_dump()["arms"]
    assert (arm["arm"], arm["colour"], arm["dash"]) == ("new", "#000000", "dashed")
    assert "new" in str(found)
    assert "dashed" in str(found)


def test_one_name_for_two_dashes_is_refused(tmp_path: Path) -> None:
    draw(tmp_path / "km.png", {"solid": LOW, "dashed": HIGH})
    for names in ({"one": "#000000"}, {"one": "#000000", "two": "#000000"}):
        with pytest.raises(OligoscopeError, match=r"#000000 solid.*one curve of each colour.*Leave their names out"):
            read(tmp_path / "km.png", names)


def straight(*drops: tuple[float, float]) -> Curve:
    """A curve through given heights: of 1,000 patients as many die at each time as it falls there."""
    times, heights = np.array(drops).T
    deaths = np.round(-1000 * np.diff(np.concatenate([[1.0], heights]))).astype(int)
    alive = 1000 - int(deaths.sum())
    time = np.concatenate([np.repeat(times, deaths), np.full(alive, 38.0)])
    return kaplan_meier(followed(time, np.concatenate([np.ones(1000 - alive), np.zeros(alive)])))


def test_two_solid_curves_are_read_where_they_never_meet_again(tmp_path: Path) -> None:
    curves = {
        "solid one": straight((3, 0.9), (8, 0.6), (15, 0.4), (28, 0.2)),
        "solid two": straight((5, 0.95), (12, 0.8), (20, 0.65), (30, 0.5)),
    }
    draw(tmp_path / "km.png", curves)
    found = read(tmp_path / "km.png")
    assert [line.dash for line in found.curves.values()] == ["solid", "solid"]
    for name, true in zip(("curve 1", "curve 2"), curves.values(), strict=True):
        area, worst, _ = off(found, name, true)
        assert area <= 0.01
        assert worst <= 0.03


def test_two_solid_curves_that_cross_are_refused(tmp_path: Path) -> None:
    crossing = straight((3, 0.9), (8, 0.6), (15, 0.55), (28, 0.5)), straight((5, 0.95), (12, 0.8), (20, 0.3), (30, 0.1))
    draw(tmp_path / "km.png", {"solid one": crossing[0], "solid two": crossing[1]})
    with pytest.raises(OligoscopeError, match=r"curve #000000 solid: .* part and meet again.* Allowed: .*PDF, SVG"):
        read(tmp_path / "km.png")


def test_dashed_limits_around_a_solid_curve_are_left_out_and_said(tmp_path: Path) -> None:
    draw(tmp_path / "km.png", {"solid": HIGH}, limits=True)
    found = read(tmp_path / "km.png")
    agree(found, {"solid": HIGH})
    assert found.left_out[:1] == ("two #000000 lines above and below a curve: taken for the limits of its interval",)
