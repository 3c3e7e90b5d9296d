"""Curves out of figures: `osc.ipd_figure("km.png", axes={"x": "0:30", "y": "0:1"})`, `osc.ipd_figure("km.pdf")`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from oligoscope.api.result import Result
from oligoscope.errors import NotAllowed

if TYPE_CHECKING:
    from oligoscope.interop.figure import Line
    from oligoscope.interop.figure.axes import Pixels
    from oligoscope.report.figure import Digitised

LARGEST = 50_000_000
"""Pixels: a page at 600 dpi has 35 million."""


def ipd_figure(
    picture: Path | str,
    *,
    axes: Mapping[str, str] | None = None,
    curves: Mapping[str, str] | None = None,
    page: int = 1,
    most_pixels: int = LARGEST,
) -> "Result[Digitised]":
    """The curves of a Kaplan-Meier figure as readings that `ipd` takes.

    picture: PNG, JPEG or another that the package pillow reads, or a drawing, SVG or PDF, whose curves and marks of
    censoring are read as they were drawn.  axes: x and y, each "0:30" for the values of its first and last tick mark,
    or "0@97,30@560" for two values with their places from the left (x) or from the top (y); an axis may be left out
    whose numbers can be read: text of a drawing, and of a picture by the program tesseract.  curves: names with
    colours, {"control": "#1f77b4"}; without them every colour of a picture that spans the plot and every black line
    that falls from 1, those of one colour told by their dashes, and every line of a drawing that falls in steps, is a
    curve.  page: of a PDF, from 1.  most_pixels: of a larger picture nothing is read.

    The result has `tables()`, and `files()` with the figure overlaid. Needs the packages of `oligoscope[figures]`.
    Raises NotAllowed, and OSError for a file that is not there.
    """
    from oligoscope.interop.figure.drawing import SUFFIXES
    from oligoscope.report.figure import figure_json, figure_text

    path, axes, given = Path(picture), axes or {}, dict(curves or {})
    is_drawing = path.suffix.lower() in SUFFIXES
    if wrong := sorted(set(axes) - {"x", "y"}):
        raise NotAllowed("axes", wrong[0], "x and y, each once", "a figure has no other axis")
    for name, colour in given.items():
        if not _is_colour(colour):
            raise NotAllowed("curve", f"{name}={colour}", "a colour such as #1f77b4", "this is none")
    read = _drawn(path, axes, given, page) if is_drawing else _seen(path, axes, given, most_pixels)
    return Result(read, figure_json, figure_text)


def _seen(path: Path, axes: Mapping[str, str], given: Mapping[str, str], most_pixels: int) -> "Digitised":
    from oligoscope.interop.figure import axis_of, lines
    from oligoscope.interop.figure.printed import printed_axis, words_of
    from oligoscope.report.figure import Digitised

    pixels = _pixels(path, most_pixels)
    printed = tuple(name for name in ("x", "y") if name not in axes)
    words = words_of(pixels) if printed else ()
    x, y = (
        printed_axis(name, words, pixels) if name in printed else axis_of(name, axes[name], pixels)
        for name in ("x", "y")
    )
    read = lines(pixels, x, y, list(given.values()))
    fix = "give the colours of the curves, and check the axes: black curves are those that begin at survival 1"
    named = _named(path, read.lines, given, "no curve was found", fix)
    return Digitised(path, pixels, x, y, named, read.left_out, printed)


def _drawn(path: Path, axes: Mapping[str, str], given: Mapping[str, str], page: int) -> "Digitised":
    from oligoscope.interop.figure.drawing import read_drawing
    from oligoscope.interop.figure.scale import drawn_axis
    from oligoscope.interop.figure.steps import drawn_lines
    from oligoscope.report.figure import Digitised

    drawing = read_drawing(path, page)
    x, y = (drawn_axis(name, axes.get(name), drawing) for name in ("x", "y"))
    read = drawn_lines(drawing, x, y, list(given.values()))
    fix = "look whether the figure is a picture inside its file: then cut it out as PNG"
    named = _named(path, read.lines, given, "no line falls in steps within the axes", fix)
    return Digitised(path, drawing, x, y, named, read.left_out)


def _named(
    path: Path, found: "Sequence[Line]", given: Mapping[str, str], nothing: str, fix: str
) -> "Mapping[str, Line]":
    """The curves by name: as given by colour, else by number from the lowest. Raises NotAllowed."""
    seen = ", ".join(f"{line.colour} {line.dash}".strip() for line in found) or "none"
    if len(found) < max(len(given), 1):
        problem = f"of the curves asked for only these were found: {seen}" if given else nothing
        raise NotAllowed("picture", path, "", problem, fix)
    if given and len(found) > len({colour.lower() for colour in given.values()}):
        fix = "leave their names out: then curves are numbered from the lowest"
        raise NotAllowed("curve", seen, "one curve of each colour", "several have one colour", fix)
    names = {colour.lower(): name for name, colour in given.items()}
    return {names.get(line.colour, f"curve {i}"): line for i, line in enumerate(found, 1)}


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
