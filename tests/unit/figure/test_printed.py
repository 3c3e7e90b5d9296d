"""Axes that nobody gave, by the numbers printed along them: figures of others, and numbers that must not be believed."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import oligoscope as osc
from oligoscope.errors import OligoscopeError
from oligoscope.interop.figure import Axis
from oligoscope.interop.figure.drawing import Word
from oligoscope.interop.figure.printed import PROGRAM, printed_axis, words_of
from tests.support.shared import shared

needs_tesseract = pytest.mark.skipif(shutil.which(PROGRAM) is None, reason="tesseract is not installed")
PICTURE = np.full((400, 600, 3), 255.0)
ONE_PANEL = (
    "kmpopigo_train1",
    "lifelines_add_at_risk",
    "lifelines_single_at_risk",
    "plos_0063341_rcc_fig1",
    "survdigitizer_two_arms",
    "survminer_lung_sex",
    "visr_derm_event_interval_table",
)


def row(*numbers: tuple[str, float], at: float = 380) -> tuple[Word, ...]:
    return tuple(Word(text, column, at) for text, column in numbers)


def pixels_of(path: Path) -> np.ndarray:
    from PIL import Image

    with Image.open(path) as opened:
        white = Image.new("RGBA", opened.size, "white")
        white.alpha_composite(opened.convert("RGBA"))
        return np.asarray(white.convert("RGB"), float)


@needs_tesseract
@pytest.mark.parametrize("figure", ONE_PANEL)
def test_the_axes_of_figures_of_others(figure: str) -> None:
    folder = shared("data/km-images")
    truth = json.loads((folder / f"{figure}.json").read_text("utf-8"))
    picture = pixels_of(folder / f"{figure}.png")
    words = words_of(picture)
    for name in ("x", "y"):
        axis = printed_axis(name, words, picture)
        assert [axis.low, axis.high] == truth[name]
        assert abs(axis.high_at - axis.low_at) > 0.3 * picture.shape[1 if name == "x" else 0]


@needs_tesseract
def test_of_several_panels_none_is_chosen_and_one_cut_out_is_read() -> None:
    picture = pixels_of(shared("data/km-images") / "plos_0270571_ntrk_os.png")
    with pytest.raises(OligoscopeError, match=r"axes y: no three numbers .* it may have several panels"):
        printed_axis("y", words_of(picture), picture)
    upper = picture[: len(picture) * 9 // 20]
    words = words_of(upper)
    x, y = (printed_axis(name, words, upper) for name in ("x", "y"))
    assert [x.low, x.high, y.low, y.high] == [0, 36, 0, 100]


@needs_tesseract
def test_a_curve_is_read_with_no_axis_given_as_with_them() -> None:
    path = shared("data/km-images") / "survminer_lung_sex.png"
    alone, given = (osc.ipd_figure(path, axes=axes) for axes in (None, {"x": "0:1000", "y": "0:1"}))
    assert alone.found.tables() == given.found.tables()
    assert str(alone).count("by its printed numbers: check them") == 2
    assert "printed numbers" not in str(given)
    assert alone.model_dump()["axes_by_printed_numbers"] == ["x", "y"]


def test_a_misread_number_is_left_out_and_the_axis_begins_at_the_zero_that_was_not_read() -> None:
    words = row(("10", 150), ("20", 250), ("80", 350), ("40", 450), ("50", 550))
    assert printed_axis("x", words, PICTURE) == Axis(0.0, 50.0, 50.0, 550.0)
    assert printed_axis("x", row(("30", 150), ("40", 250), ("50", 350)), PICTURE) == Axis(30.0, 50.0, 150.0, 350.0)


def test_the_ends_are_the_tick_marks_where_there_are_such() -> None:
    picture = PICTURE.copy()
    picture[350, 48:563] = 0
    for column in (52, 152, 252, 352, 452, 552):
        picture[351:356, column : column + 2] = 0
    words = row(("10", 151), ("20", 253), ("30", 352), ("40", 454))
    assert printed_axis("x", words, picture) == Axis(0.0, 50.0, 52.5, 552.5)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "no three numbers on one straight line"),
        (row(("0", 50), ("10", 150)), "no three numbers on one straight line"),
        (row(("34", 50), ("30", 150), ("22", 250), ("8", 350)), "no three numbers on one straight line"),
        (row(("4", 50), ("12", 150), ("26", 250), ("30", 350), ("32", 450)), "no three numbers on one straight line"),
        (row(("0", 50), ("5", 150), ("10", 250), at=180) + row(("0", 50), ("9", 150), ("18", 250)), "several scales"),
    ],
)
def test_numbers_that_give_no_one_axis_are_refused(words: tuple[Word, ...], says: str) -> None:
    with pytest.raises(OligoscopeError) as found:
        printed_axis("x", words, PICTURE)
    assert says in str(found.value)
    assert "give x: write 0@97,30@560" in str(found.value)


def test_a_table_that_repeats_the_axis_is_no_second_scale() -> None:
    numbers = ("0", 50.0), ("250", 200.0), ("500", 350.0), ("750", 500.0)
    assert printed_axis("x", row(*numbers, at=200) + row(*numbers), PICTURE) == Axis(0.0, 750.0, 50.0, 500.0)


def test_without_tesseract_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(OligoscopeError, match=r"tesseract, which is not installed.*Install tesseract-ocr, or"):
        words_of(PICTURE)


@pytest.mark.parametrize("says", ["sleep 9", "exit 3", "printf 'no\\ttable\\n5\\t1'"])
def test_a_tesseract_that_fails_or_answers_otherwise_gives_no_axis(
    says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / PROGRAM
    program.write_text(f"#!/bin/sh\n{says}\n")
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.setattr("oligoscope.interop.figure.printed._SECONDS", 0.5)
    if says.startswith("printf"):
        assert words_of(PICTURE) == ()
        return
    with pytest.raises(OligoscopeError, match="tesseract could not read the picture"):
        words_of(PICTURE)
