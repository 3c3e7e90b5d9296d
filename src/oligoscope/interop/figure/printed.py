"""Axes of a picture by the numbers printed along them, which tesseract reads; nothing else of a picture is read so.

Tesseract is a program of its own (Debian: tesseract-ocr). Of the numbers that it gives only those are used that lie on
one straight line of values and places: a number misread falls off the line, and a table's numbers lie on none.
"""

import io
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from oligoscope.errors import NotAllowed
from oligoscope.interop.figure.axes import HOW, Axis, Pixels, ticks_of
from oligoscope.interop.figure.drawing import Word

PROGRAM = "tesseract"
_SECONDS = 60
_WANTED = 2400
"""Pixels of the longer side: small numbers are read from enlarged pictures; every one of eight figures was so."""
_LARGEST_FACTOR = 4
_ALIKE = 0.01
"""The share of the picture by which the middles of numbers in one row or column differ at most."""
_STRAIGHT = 0.01
"""The share of an axis by which a number may be off the straight line: a misread digit is off by more."""
_FEWEST = 3
_MOST_OFF = 0.25
"""The share of numbers in the row of an axis that may be misread."""
_NEAR = 0.35
"""The share of the distance between two ticks by which the middle of a number may be off its tick."""


def words_of(picture: Pixels) -> tuple[Word, ...]:
    """The numbers in a picture, each with the middle of its place. Raises NotAllowed where tesseract is not there."""
    from PIL import Image

    program = shutil.which(PROGRAM)
    if program is None:
        problem = "the numbers along the axes are read by tesseract, which is not installed"
        raise NotAllowed("axes", "not given", "x and y", problem, f"install tesseract-ocr, or for each axis {HOW}")
    shown = Image.fromarray(picture.astype(np.uint8)).convert("L")
    factor = min(max(round(_WANTED / max(shown.size)), 1), _LARGEST_FACTOR)
    page = io.BytesIO()
    shown.resize((shown.width * factor, shown.height * factor), Image.Resampling.LANCZOS).save(page, "PNG")
    # One thread: on several it takes longer for pictures of this size.
    run = [program, "stdin", "stdout", "--psm", "11", "tsv"]
    try:
        said = subprocess.run(
            run,
            input=page.getvalue(),
            capture_output=True,
            timeout=_SECONDS,
            check=True,
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
        ).stdout.decode("utf-8", "replace")
    except (subprocess.SubprocessError, OSError) as error:
        problem = f"tesseract could not read the picture ({type(error).__name__})"
        raise NotAllowed("axes", "not given", "x and y", problem, HOW) from None
    return tuple(_numbers(said, factor))


def _numbers(said: str, factor: int) -> Iterator[Word]:
    """The numbers of tesseract's table: level … left, top, width, height, confidence, text."""
    for line in said.splitlines()[1:]:
        cells = line.split("\t")
        if len(cells) == 12:
            left, top, width, height = map(int, cells[6:10])
            word = Word(cells[-1].strip(), (left + width / 2) / factor, (top + height / 2) / factor)
            if word.number is not None:
                yield word


def printed_axis(name: str, words: Sequence[Word], picture: Pixels) -> Axis:
    """The axis that the numbers along it say. name: x or y. Raises NotAllowed where none or several scales are found.

    Its ends are its first and last tick marks where they stand beside numbers, else the middles of numbers.
    """
    height, width = picture.shape[:2]
    found = [scale for row in _rows(words, name, height, width) if (scale := _scale(row, name))]
    if not found:
        problem = "no three numbers on one straight line could be read along it; it may have several panels"
        raise NotAllowed("axes", name, "one plot in a picture", problem, f"cut one out, or give {name}: {HOW}")
    first = found[0]
    if any(not _same(first, other, height if name == "y" else width) for other in found[1:]):
        problem = "several scales were found: it may have several panels"
        raise NotAllowed("axes", name, "one plot in a picture", problem, f"cut one out, or give {name}: {HOW}")
    return _on_ticks(first, name, ticks_of(name, picture), width if name == "x" else height)


Point = tuple[float, float]
"""A place along an axis, and the value there."""


def _rows(words: Sequence[Word], name: str, height: int, width: int) -> Iterator[list[Point]]:
    """Numbers in one row (x; the highest row first) or one column (y; the leftmost first)."""
    far = _ALIKE * (height if name == "x" else 3 * width)  # Numbers are wider than high, and may end alike.
    numbers = [(word, word.number) for word in words if word.number is not None]
    placed = sorted((w.row, w.column, n) if name == "x" else (w.column, w.row, n) for w, n in numbers)
    while placed:
        begin = placed[0][0]
        row = [each for each in placed if each[0] - begin <= far]
        placed = placed[len(row) :]
        yield sorted((along, value) for _, along, value in row)


def _scale(row: Sequence[Point], name: str) -> list[Point] | None:
    """The numbers of a row that lie on one straight line, rising to the right or upwards; None where most do not."""
    best: list[Point] = []
    for i, (at, value) in enumerate(row):
        for other_at, other in row[i + 1 :]:
            slope = (other - value) / (other_at - at) if other_at > at else 0.0
            if (slope > 0) == (name == "x") and slope:
                on = [p for p in row if abs(value + slope * (p[0] - at) - p[1]) <= _STRAIGHT * abs(other - value)]
                best = max(best, on, key=len)
    return best if len(best) >= max(_FEWEST, (1 - _MOST_OFF) * len(row)) else None


def _same(one: Sequence[Point], other: Sequence[Point], size: float) -> bool:
    """Whether two rows of numbers give one scale: a table below often repeats the axis."""
    ends = np.array([0.0, size])
    values, others = (
        np.polyval(np.polyfit([p[0] for p in each], [p[1] for p in each], 1), ends) for each in (one, other)
    )
    return bool(np.abs(values - others).max() <= 2 * _STRAIGHT * np.ptp(values))


def _on_ticks(scale: Sequence[Point], name: str, ticks: Sequence[float], size: float) -> Axis:
    low, high = (scale[0], scale[-1]) if name == "x" else (scale[-1], scale[0])
    near = [_tick_at(end[0], ticks) for end in (low, high)]
    if near[0] is None or near[1] is None:
        # Both or none: a tick and the middle of a number do not give one length.
        return _from_zero(Axis(low[1], high[1], low[0], high[0]), scale, size)
    # To the first and the last tick, whose numbers may not have been read.
    gap = float(np.mean(np.diff(ticks))) * (1 if name == "x" else -1)
    step = (high[1] - low[1]) / round((near[1] - near[0]) / gap)
    first, last = (ticks[0], ticks[-1]) if name == "x" else (ticks[-1], ticks[0])
    return Axis(
        low[1] + step * round((first - near[0]) / gap), high[1] + step * round((last - near[1]) / gap), first, last
    )


def _from_zero(axis: Axis, scale: Sequence[Point], size: float) -> Axis:
    """The same axis from 0 on, where only that number was not read: the next one stands one step above it."""
    step = min(np.diff(sorted(value for _, value in scale)))
    at = axis.low_at - axis.low * (axis.high_at - axis.low_at) / (axis.high - axis.low)
    return replace(axis, low=0.0, low_at=at) if 0 < axis.low <= (1 + _STRAIGHT) * step and 0 <= at < size else axis


def _tick_at(place: float, ticks: Sequence[float]) -> float | None:
    gap = min(np.diff(ticks), default=0.0)
    near = min(ticks, key=lambda tick: abs(tick - place), default=None)
    return near if near is not None and abs(near - place) <= _NEAR * gap else None
