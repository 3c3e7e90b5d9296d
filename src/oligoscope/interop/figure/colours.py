"""Colours of curves: which a picture has, and which pixels belong to one."""

import numpy as np
from scipy.ndimage import maximum_filter, minimum_filter

from oligoscope.interop.figure.axes import Pixels
from oligoscope.interop.figure.path import Flags

BLACK = np.zeros(3)
_COLOURED = 40.0
"""Red, green and blue of a colour differ by more than this; those of grey text and axes do not."""
_HUE = 25.0
"""Degrees between two colours that are two curves."""
_NEAR = 95.0
"""How far, of 442 from black to white, a pixel may be off the colour of its curve: another band lying over it is 83."""
_TINGED = 0.35
"""The share of its curve's colourfulness that a pixel has at least: a black axis is near a navy curve, but grey."""
_SPANS = 0.15
"""The share of the plot's width that a curve spans at least; smaller patches are text or legend."""
_OFF = 40.0
"""How far, of 442, a pixel may be off the mixtures of a colour and white; grey text and axes are off by less."""
_DARKER = 1.25
"""How many times as strong as its colour a pixel of a grey curve is at most; beyond it is of a darker one."""
_TINGE = 20.0
"""Red, green and blue of a pixel that has something of a colour differ by more; those of black in a JPEG do not."""
_SHARP = 0.85
"""The share of a grey that a pixel has at least beside coloured ones: the rim of a coloured line or band is paler."""
_FULL = 0.7
"""The share of a grey that a pixel has at least where it hides another curve."""
_DARK = 120.0
"""A line whose darkest pixels are darker is black: half of a thin line's ink may lie in the next pixel."""


def of_text(text: str) -> Pixels:
    """Red, green and blue of #rrggbb."""
    return np.array([int(text.lstrip("#")[i : i + 2], 16) for i in (0, 2, 4)], float)


def text_of(colour: Pixels) -> str:
    """A colour as #rrggbb."""
    return "#" + "".join(f"{round(float(part)):02x}" for part in colour)


def colours_of(plot: Pixels) -> list[Pixels]:
    """The colours of the curves: of each hue the strongest that is not rare."""
    flat = plot.reshape(-1, 3)
    chroma = np.ptp(flat, axis=1)
    flat = flat[chroma > _COLOURED]
    rounded, counts = np.unique((flat // 8).astype(int), axis=0, return_counts=True)
    often = counts >= 0.05 * plot.shape[1]
    rounded, counts = rounded[often] * 8.0 + 4.0, counts[often]
    strength = np.ptp(rounded, axis=1) + 0.3 * (255 - rounded.min(axis=1))
    found: list[Pixels] = []
    for i in np.argsort(-strength, kind="stable"):
        if all(_apart(rounded[i], other) > _HUE for other in found):
            exact = flat[np.abs(flat - rounded[i]).max(axis=1) <= 5]
            colour = np.median(exact, axis=0)
            flags = np.linalg.norm(plot - colour, axis=2) < _NEAR
            if flags.any(axis=0).mean() > _SPANS:
                found.append(colour)
    return found


def _apart(one: Pixels, other: Pixels) -> float:
    """Degrees between two hues."""
    first, second = _hue(one), _hue(other)
    gap = abs(first - second) % 360
    return min(gap, 360 - gap)


def _hue(colour: Pixels) -> float:
    red, green, blue = colour
    return float(np.degrees(np.arctan2(np.sqrt(3) * (green - blue), 2 * red - green - blue)))


def belongs(plot: Pixels, colour: Pixels, others: Pixels) -> Flags:
    """Pixels nearer to the colour of a curve than to those of the others, and than to its paler band."""
    distance = np.linalg.norm(plot - colour, axis=2)
    near = distance < _NEAR
    if len(others):
        near &= distance < np.linalg.norm(plot[:, :, None] - others, axis=3).min(axis=2)
    near &= np.ptp(plot, axis=2) > _TINGED * np.ptp(colour)
    pale = 0.45 * colour + 0.55 * 255
    found: Flags = near & (distance < np.linalg.norm(plot - pale, axis=2))
    return found


def is_grey(colour: Pixels) -> bool:
    """Whether axes and text may have it too."""
    return bool(np.ptp(colour) <= _COLOURED)


def share_of(plot: Pixels, colour: Pixels) -> Pixels:
    """How much of a colour, 0 to 1, is mixed with white in each pixel: 0 in those of other colours."""
    towards = colour - 255
    share = (plot - 255) @ towards / max(float(towards @ towards), 1.0)
    off = np.linalg.norm(plot - 255 - share[:, :, None] * towards, axis=2)
    own = (off < _OFF) & (share > 0)
    if is_grey(colour):
        tinged = np.ptp(plot, axis=2) > _TINGE
        own &= ~tinged & (~maximum_filter(tinged, 5) | (share > _SHARP))
        # The rim of a darker line has every grey.
        rim = minimum_filter(plot.mean(axis=2), 3) < 255 - _DARKER * (255 - colour.mean())
        own &= ~rim
    else:
        own &= np.ptp(plot, axis=2) > _TINGED * share * np.ptp(colour)
    return np.where(own, share.clip(0, 1), 0)


def hiding(plot: Pixels, colours: list[Pixels]) -> list[Flags]:
    """Of each colour the pixels that hide curves of another."""
    coloured = [colour for colour in colours if not is_grey(colour)]
    found = []
    for colour in colours:
        others = np.asarray([other for other in coloured if other is not colour])
        found.append(share_of(plot, colour) > _FULL if is_grey(colour) else belongs(plot, colour, others))
    return found


def shade(pixels: Pixels) -> Pixels:
    """The grey of a line by its darkest pixels. pixels: n x 3."""
    darkest = float(np.percentile(pixels.mean(axis=1), 2))
    return BLACK if darkest < _DARK else np.full(3, darkest)
