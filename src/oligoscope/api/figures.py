"""Curves out of pictures of figures: `osc.ipd_figure("km.png", axes={"x": "0:30", "y": "0:1"})`."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from oligoscope.api.shared import Result
from oligoscope.errors import NotAllowed

if TYPE_CHECKING:
    from oligoscope.interop.figure.axes import Pixels
    from oligoscope.report.figure import Digitised

LARGEST = 50_000_000
"""Pixels: a page at 600 dpi has 35 million."""


def ipd_figure(
    picture: Path | str,
    *,
    axes: Mapping[str, str],
    curves: Mapping[str, str] | None = None,
    most_pixels: int = LARGEST,
) -> "Result[Digitised]":
    """The curves of a Kaplan-Meier figure as readings that `ipd` takes, told apart by colour.

    picture: PNG, JPEG or another that the package pillow reads.  axes: x and y, each "0:30" for the values of its first
    and last tick mark, or "0@97,30@560" for two values with their pixels from the left (x) or from the top (y).
    curves: names with colours, {"control": "#1f77b4"}; without them every colour that spans the plot is a curve.
    most_pixels: of a larger picture nothing is read. The
    result has `tables()`, and `files()` with the picture overlaid. Needs the package pillow.
    """
    from oligoscope.interop.figure import axis_of, lines
    from oligoscope.report.figure import Digitised, figure_json, figure_text

    wrong = sorted(set(axes) ^ {"x", "y"})
    if wrong:
        raise NotAllowed("axes", wrong[0], "x and y, each once", "both axes are needed, and no other")
    given = dict(curves or {})
    for name, colour in given.items():
        if not _is_colour(colour):
            raise NotAllowed("curve", f"{name}={colour}", "a colour such as #1f77b4", "this is none")
    pixels = _pixels(Path(picture), most_pixels)
    x, y = (axis_of(name, axes[name], pixels) for name in ("x", "y"))
    found = lines(pixels, x, y, list(given.values()))
    if len(found) < max(len(given), 1):
        seen = ", ".join(line.colour for line in found) or "none"
        problem = f"of the curves asked for only these were found: {seen}" if given else "no coloured curve was found"
        fix = "give the colours of the curves; black and grey curves are not told from axes and text"
        raise NotAllowed("picture", picture, "", problem, fix)
    names = {colour.lower(): name for name, colour in given.items()}
    named = {names.get(line.colour, f"curve {i}"): line for i, line in enumerate(found, 1)}
    return Result(Digitised(Path(picture), pixels, x, y, named), figure_json, figure_text)


def _is_colour(text: str) -> bool:
    return len(text) == 7 and text[0] == "#" and all(sign in "0123456789abcdefABCDEF" for sign in text[1:])


def _pixels(path: Path, most: int) -> "Pixels":
    """The picture on white. Raises NotAllowed, and OSError for a file that is not there."""
    import numpy as np

    try:
        from PIL import Image, UnidentifiedImageError
    except ModuleNotFoundError:
        fix = "run pip install 'oligoscope[figures]'"
        raise NotAllowed("package", "pillow", "", "pictures need it, and it is not installed", fix) from None
    try:
        with Image.open(path) as opened:
            if opened.width * opened.height > most:
                raise NotAllowed(
                    "picture", path, f"at most {most:,} pixels", "it is larger", "cut the figure out, or halve its size"
                )
            shown = opened.convert("RGBA")
    except (UnidentifiedImageError, Image.DecompressionBombError, SyntaxError) as error:
        problem = f"it is no picture that can be read ({str(error).partition(chr(10))[0]})"
        raise NotAllowed("picture", path, "PNG, JPEG, TIFF, GIF, WebP", problem) from None
    white = Image.new("RGBA", shown.size, "white")
    white.alpha_composite(shown)
    return np.asarray(white.convert("RGB"), float)
