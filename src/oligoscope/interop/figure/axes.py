"""Axes of a picture: which pixel is which value, as given, or by the first and the last tick mark of the picture."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oligoscope.errors import NotAllowed

Pixels = NDArray[np.float64]
"""Rows x columns x 3 of red, green and blue, 0 to 255."""

_DARK = 140.0
"""An axis is darker than this grey; grid lines and shaded panels are lighter."""
_LONG = 0.4
"""The share of the picture that an axis is long at least."""
_COVERS = 0.6
"""The share of an axis between its first and last tick mark; else some were overlooked."""
_SHARES = 1.5
"""The highest value of an axis of shares; above it shows per cent."""
HOW = "write 0@97,30@560: two values, each with the pixel where it stands; or 0:30 for the first and the last tick mark"


@dataclass(frozen=True)
class Axis:
    """A linear axis by two points. low, high: values; low_at, high_at: their pixels, from the left or from the top."""

    low: float
    high: float
    low_at: float
    high_at: float

    @property
    def whole(self) -> float:
        """What all patients are on an axis of survival: 100 on one of per cent."""
        return 100.0 if self.high > _SHARES else 1.0

    def value(self, pixel: Pixels | float) -> Pixels:
        """Values at pixels."""
        share = (np.asarray(pixel, float) - self.low_at) / (self.high_at - self.low_at)
        return self.low + share * (self.high - self.low)


def axis_of(name: str, text: str, picture: Pixels) -> Axis:
    """An axis as it was asked for. name: x or y. text: see HOW. Raises NotAllowed."""
    if "@" in text:
        return given_axis(name, text, picture.shape[1] if name == "x" else picture.shape[0])
    values = two_values(name, text)
    ticks = ticks_of(name, picture)
    if len(ticks) < 2:
        problem = "no tick marks were found along this axis"
        raise NotAllowed("axes", f"{name}={text}", "values with their pixels", problem, HOW)
    return Axis(values[0], values[1], *((ticks[0], ticks[-1]) if name == "x" else (ticks[-1], ticks[0])))


def ticks_of(name: str, picture: Pixels) -> list[float]:
    """Where the tick marks of an axis stand, from the left (x) or from the top (y); none where they are not even."""
    return _ticks(picture if name == "x" else picture.transpose(1, 0, 2)[::-1])


def two_values(name: str, text: str) -> tuple[float, float]:
    """The values of the first and the last tick mark. Raises NotAllowed."""
    values = [_number(name, text, part) for part in text.split(":")]
    if len(values) != 2 or values[0] >= values[1]:
        raise NotAllowed("axes", f"{name}={text}", "two values, the smaller first", "these are none", HOW)
    return values[0], values[1]


def given_axis(name: str, text: str, size: float) -> Axis:
    """The axis through two values with their places. size: of the picture along it. Raises NotAllowed."""
    points = [part.split("@") for part in text.split(",")]
    if len(points) != 2 or any(len(point) != 2 for point in points):
        raise NotAllowed("axes", f"{name}={text}", "two values with their pixels", "these are none", HOW)
    (low, low_at), (high, high_at) = sorted([_number(name, text, each) for each in point] for point in points)
    if low == high or low_at == high_at or not all(0 <= at < size for at in (low_at, high_at)):
        allowed = f"two values at two places from 0 to {size - 1:g}"
        raise NotAllowed("axes", f"{name}={text}", allowed, "they give no scale of this picture", HOW)
    return Axis(low, high, low_at, high_at)


def _number(name: str, text: str, part: str) -> float:
    try:
        return float(part)
    except ValueError:
        raise NotAllowed("axes", f"{name}={text}", "numbers", f"{part or 'nothing'} is none", HOW) from None


def _ticks(picture: Pixels) -> list[float]:
    """Where tick marks below the lowest long dark line stand, from the left. For the other axis the picture is turned
    so that its outside lies below.
    """
    dark = picture.max(axis=2) < _DARK
    for row in range(len(dark) - 4, -1, -1):
        axis = max(_runs(dark[row]), key=len, default=np.array([], int))
        if len(axis) <= _LONG * dark.shape[1]:
            continue
        # Only along this line: a table below has ticks of its own. Three: a frame alone ends in two that are none.
        below = dark[row + 2] & dark[row + 3]
        below[: max(axis[0] - 2, 0)] = False
        below[axis[-1] + 3 :] = False
        found = [float(np.mean(each)) for each in _runs(below) if len(each) <= 6]
        is_whole = len(found) >= 3 and found[-1] - found[0] >= _COVERS * len(axis)
        if is_whole and _is_even(found):
            return found
    return []


def _runs(flags: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    places = np.flatnonzero(flags)
    return list(np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)) if len(places) else []


def _is_even(places: list[float]) -> bool:
    """Ticks stand at equal distances, of which a pixel may be rounded away."""
    gaps = np.diff(places)
    return bool(gaps.min() > 5 and np.ptp(gaps) <= 2.5)
