"""Curves read from pictures whose patients are known: drawn here by matplotlib, and figures of others."""

import csv
from pathlib import Path

import numpy as np
import pytest

import oligoscope as osc
from oligoscope.errors import OligoscopeError
from oligoscope.report.figure import Digitised
from oligoscope.synthesis.survival import Curve, followed, kaplan_meier
from tests.support.shared import shared

COLOURS = {"lower": "#1f77b4", "upper": "#d62728"}


def curve_of(seed: int, n: int, median: float) -> Curve:
    random = np.random.default_rng(seed)
    death, censored = random.exponential(median / np.log(2), n), random.uniform(10, 40, n)
    return kaplan_meier(followed(np.minimum(death, censored), (death <= censored).astype(float)))


def draw(
    path: Path, curves: dict[str, Curve], *, bands: bool = False, marks: bool = False, percent: bool = False
) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    times = 100 if percent else 1
    figure, axes = pyplot.subplots(figsize=(7, 4.5), dpi=100)
    for name, curve in curves.items():
        time, height = np.concatenate([[0], curve.times]), times * np.concatenate([[1], curve.survival])
        axes.step(time, height, where="post", color=COLOURS[name], label=name, linewidth=1.5)
        if bands:
            low, high = (times * np.concatenate([[1], np.nan_to_num(each)]) for each in (curve.low, curve.high))
            axes.fill_between(time, low, high, step="post", color=COLOURS[name], alpha=0.25, linewidth=0)
        if marks:
            is_mark = curve.censored > 0
            axes.plot(curve.times[is_mark], times * curve.survival[is_mark], "|", color=COLOURS[name], markersize=7)
    axes.set_xlim(-1, 41)
    axes.set_ylim(-0.03 * times, 1.03 * times)
    axes.set_xticks(range(0, 41, 10))
    axes.set_yticks([times * part for part in (0, 0.25, 0.5, 0.75, 1)])
    axes.legend()
    figure.savefig(path)
    pyplot.close(figure)


def off(found: Digitised, name: str, true: Curve, scale: float = 1) -> tuple[float, float, float]:
    """The mean distance of a read curve, its greatest with one pixel sideways allowed, and how far its end is off."""
    line = found.curves[name]
    time, height = found.x.value(line.column), found.y.value(line.row) / scale
    pixel = float(found.x.value(1.0) - found.x.value(0.0))
    at = [_height(true, time + shift) for shift in (-pixel, 0, pixel)]
    beyond = np.maximum(0, np.maximum(height - at[0], at[2] - height))
    return float(np.abs(at[1] - height).mean()), float(beyond.max()), abs(float(time[-1]) - float(true.times[-1]))


def _height(curve: Curve, time: np.ndarray) -> np.ndarray:
    place = np.searchsorted(curve.times, time, side="right") - 1
    return np.where(place < 0, 1.0, curve.survival[np.maximum(place, 0)])


@pytest.mark.parametrize(
    "look", [{}, {"bands": True}, {"marks": True}, {"bands": True, "marks": True}, {"percent": True}]
)
@pytest.mark.parametrize("seed", range(2))
def test_drawn_curves_are_read_within_the_bar(tmp_path: Path, look: dict[str, bool], seed: int) -> None:
    curves = {"lower": curve_of(seed, 90, 9), "upper": curve_of(seed + 100, 60, 18)}
    draw(tmp_path / "km.png", curves, **look)
    scale = 100 if look.get("percent") else 1
    found = osc.ipd_figure(tmp_path / "km.png", axes={"x": "0:40", "y": f"0:{scale}"}, curves=COLOURS).found
    assert ("survival_percent" if scale == 100 else "survival") in found.tables()
    for name, true in curves.items():
        area, worst, end = off(found, name, true, scale)
        assert area <= 0.01
        assert worst <= 0.03
        assert end < 0.5


def test_a_read_picture_becomes_patients(tmp_path: Path) -> None:
    curve = curve_of(3, 80, 12)
    draw(tmp_path / "km.png", {"lower": curve})
    found = osc.ipd_figure(tmp_path / "km.png", axes={"x": "0:40", "y": "0:1"}).found
    tables = found.tables()
    assert len(set(tables["column"])) == len(tables["column"])
    ticks = [0.0, 10, 20, 30]
    left = [float(curve.at_risk[curve.times >= tick][0]) for tick in ticks]
    arm = osc.ipd(tables, {"arm": ["curve 1"] * 4, "time": ticks, "n_risk": left}, sets=5).found.compared.arms[0]
    assert abs(arm.curve.events.sum() - curve.events.sum()) <= 2
    assert arm.verdict == "good"


@pytest.mark.parametrize(
    ("axes", "curves", "says"),
    [
        ({"x": "0:40", "z": "0:1"}, {}, "axes z: a figure has no other axis. Allowed: x and y, each once"),
        ({"x": "0:40", "y": "1:0"}, {}, "axes y=1:0: these are none"),
        ({"x": "0@9999,40@50", "y": "0:1"}, {}, "axes x=0@9999,40@50: they give no scale of this picture"),
        ({"x": "0:40", "y": "0:1"}, {"one": "blue"}, "curve one=blue: this is none. Allowed: a colour such as #1f77b4"),
        ({"x": "0:40", "y": "0:1"}, {"one": "#00ff00"}, "only these were found: none"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, axes: dict[str, str], curves: dict[str, str], says: str) -> None:
    draw(tmp_path / "km.png", {"lower": curve_of(3, 80, 12)})
    with pytest.raises(OligoscopeError) as found:
        osc.ipd_figure(tmp_path / "km.png", axes=axes, curves=curves)
    assert says in str(found.value)


def test_a_file_that_is_no_picture_is_said(tmp_path: Path) -> None:
    (tmp_path / "km.png").write_text("no picture")
    with pytest.raises(OligoscopeError, match="it is no picture that can be read"):
        osc.ipd_figure(tmp_path / "km.png", axes={"x": "0:1", "y": "0:1"})


def _patients(path: Path, group: str, time: str, event: str, dead: float) -> dict[str, Curve]:
    with path.open() as file:
        rows = list(csv.DictReader(file))
    names = sorted({row[group] for row in rows})
    parts = {name: [row for row in rows if row[group] == name] for name in names}
    return {
        name: kaplan_meier(
            followed([float(row[time]) for row in part], [float(float(row[event]) >= dead) for row in part])
        )
        for name, part in parts.items()
    }


@pytest.mark.parametrize(
    ("figure", "data", "columns", "colours", "last"),
    [
        ("lifelines_add_at_risk", "data/km-images/waltons.csv", ("group", "T", "E", 1), {"miR-137": "#ff7f0e", "control": "#1f77b4"}, 70),
        ("survminer_lung_sex", "reference/data/lung.csv", ("sex", "time", "status", 1), {"1": "#e0ab08", "2": "#278cd7"}, 1000),
    ],
)  # fmt: skip
def test_figures_of_others_whose_patients_are_known(
    figure: str, data: str, columns: tuple[str, str, str, float], colours: dict[str, str], last: int
) -> None:
    true = _patients(shared(data), *columns)
    found = osc.ipd_figure(
        shared("data/km-images") / f"{figure}.png", axes={"x": f"0:{last}", "y": "0:1"}, curves=colours
    ).found
    for name, curve in true.items():
        area, worst, end = off(found, name, curve)
        assert area <= 0.01
        assert worst <= 0.03
        assert end < 0.015 * last


def test_an_axis_of_which_only_some_ticks_are_seen_is_not_guessed() -> None:
    picture = shared("data/km-images") / "plos_0063341_rcc_fig1.png"
    with pytest.raises(OligoscopeError, match="axes y=0:1: no tick marks were found along this axis"):
        osc.ipd_figure(picture, axes={"x": "0:60", "y": "0:1"})
