"""Strokes and texts of a drawing (SVG, PDF): what a vector file says of its lines, not what pixels show of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oligoscope.errors import NotAllowed

Floats = NDArray[np.float64]
SUFFIXES = (".svg", ".pdf")
MOST_BYTES = 30_000_000
"""Of a file: a page of a journal has a hundredth of it."""
_WHITE = "#ffffff"


@dataclass(frozen=True)
class Stroke:
    """A line that is drawn and not filled. points: n x 2, from the left and from the top, in the drawing's units.

    colour: as #rrggbb.  dashes: lengths of dashes and gaps, none for a whole line.
    """

    points: Floats
    colour: str
    dashes: tuple[float, ...] = ()

    @property
    def style(self) -> tuple[str, tuple[float, ...]]:
        """What a reader tells it from others by."""
        return self.colour, self.dashes

    @property
    def dash(self) -> str:
        """The word for its dashes: dots are shorter than their gaps.

        >>> [Stroke(np.zeros((2, 2)), "#000000", dashes).dash for dashes in ((), (3.0, 3.0), (0.75, 2.25))]
        ['solid', 'dashed', 'dotted']
        """
        if not self.dashes:
            return "solid"
        return "dotted" if max(self.dashes[::2]) < max(self.dashes[1::2], default=0) else "dashed"


@dataclass(frozen=True)
class Word:
    """A word with the middle of its place."""

    text: str
    column: float
    row: float

    @property
    def number(self) -> float | None:
        """The number that it is, per cent or not; None for any other word.

        >>> [Word(text, 0, 0).number for text in ("0,5", "−3", "75%", "p", "1-5")]
        [0.5, -3.0, 75.0, None, None]
        """
        plain = self.text.strip().rstrip("%").replace("−", "-").replace(",", ".")
        return float(plain) if plain.replace(".", "", 1).removeprefix("-").isdecimal() else None


@dataclass(frozen=True)
class Drawing:
    """Everything that is drawn. width, height: in its units."""

    width: float
    height: float
    strokes: tuple[Stroke, ...]
    words: tuple[Word, ...] = ()


def read_drawing(path: Path, page: int = 1) -> Drawing:
    """The drawing in a file. page: of a PDF, from 1. Raises NotAllowed, and OSError for a file that is not there."""
    if path.stat().st_size > MOST_BYTES:
        raise NotAllowed("picture", path, f"at most {MOST_BYTES:,} bytes", "it is larger", "cut the figure out")
    found = _read_svg(path) if path.suffix.lower() == ".svg" else _read_pdf(path, page)
    return Drawing(found.width, found.height, tuple(_joined(found.strokes)), found.words)


def _read_svg(path: Path) -> Drawing:
    try:
        import svgelements as svg
        from defusedxml.common import DefusedXmlException
        from defusedxml.ElementTree import ParseError, parse
    except ModuleNotFoundError as error:
        raise _missing(error.name or "svgelements") from None
    try:
        parse(path)  # Entities that grow without end, or name other files, are refused before anything is drawn.
        drawn = svg.SVG.parse(str(path), reify=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise NotAllowed("picture", path, "an SVG file", f"it cannot be read ({error})") from None
    strokes, words = list[Stroke](), list[Word]()
    for element in drawn.elements():
        if isinstance(element, svg.Text) and element.text:
            place = element.bbox() or (element.x, element.y, element.x, element.y)
            words.append(Word(element.text.strip(), (place[0] + place[2]) / 2, (place[1] + place[3]) / 2))
        elif isinstance(element, svg.Shape) and element.stroke is not None and element.stroke.value is not None:
            if element.fill is not None and element.fill.value is not None and len(svg.Path(element)) > 2:
                continue  # A band, a box or a patch of a legend.
            dashes = _dashes(element.values.get("stroke-dasharray"))
            for part in svg.Path(element).as_subpaths():
                points = [(step.end.x, step.end.y) for step in svg.Path(part) if step.end is not None]
                strokes += _stroke(points, str(element.stroke.hex)[:7], dashes)
    return Drawing(float(drawn.width or 0), float(drawn.height or 0), tuple(strokes), tuple(words))


def _read_pdf(path: Path, page: int) -> Drawing:
    try:
        import pdfplumber
        from pdfminer.pdfexceptions import PDFException
        from pdfplumber.utils.exceptions import PdfminerException
    except ModuleNotFoundError as error:
        raise _missing(error.name or "pdfplumber") from None
    try:
        with pdfplumber.open(path) as opened:
            if not 1 <= page <= len(opened.pages):
                raise NotAllowed("page", page, f"1 to {len(opened.pages)}", "the file has no such page")
            leaf = opened.pages[page - 1]
            strokes = [
                stroke
                for each in (*leaf.lines, *leaf.curves)
                if each.get("stroke") and (len(each["pts"]) == 2 or not each.get("fill"))
                for stroke in _stroke(each["pts"], _colour(each["stroking_color"]), _dashes((each["dash"] or [[]])[0]))
            ]
            read = leaf.extract_words(char_dir_rotated="btt", line_dir_rotated="ltr")
            words = [Word(w["text"], (w["x0"] + w["x1"]) / 2, (w["top"] + w["bottom"]) / 2) for w in read]
            return Drawing(float(leaf.width), float(leaf.height), tuple(strokes), tuple(words))
    except (PDFException, PdfminerException, ValueError, KeyError, TypeError) as error:
        problem = f"it cannot be read ({error or type(error).__name__})"
        raise NotAllowed("picture", path, "a PDF file", problem) from None


def _missing(package: str) -> NotAllowed:
    fix = "run pip install 'oligoscope[figures]'"
    return NotAllowed("package", package, "", "drawings need it, and it is not installed", fix)


def _stroke(points: Sequence[Sequence[float]], colour: str, dashes: tuple[float, ...]) -> Iterator[Stroke]:
    if len(points) > 1 and colour != _WHITE:
        yield Stroke(np.array([point[:2] for point in points], float), colour, dashes)


def _colour(said: Any) -> str:
    """What a PDF says of a colour: grey, red-green-blue, or cyan-magenta-yellow-black, each from 0 to 1."""
    parts = [float(part) for part in (said if isinstance(said, (list, tuple)) else [said or 0])]
    if len(parts) == 4:
        parts = [(1 - part) * (1 - parts[3]) for part in parts[:3]]
    red, green, blue = parts if len(parts) == 3 else [parts[0]] * 3 if parts else [0.0] * 3
    return "#" + "".join(f"{round(255 * min(max(part, 0), 1)):02x}" for part in (red, green, blue))


def _dashes(said: Any) -> tuple[float, ...]:
    parts = said.replace(",", " ").split() if isinstance(said, str) else said or ()
    try:
        return tuple(round(float(part), 2) for part in parts)
    except (TypeError, ValueError):  # "none"
        return ()


def _joined(strokes: Sequence[Stroke]) -> Iterator[Stroke]:
    """Strokes of one style of which one begins where the last ends are one: some programs draw every step apart."""
    running: Stroke | None = None
    for stroke in strokes:
        if running and stroke.style == running.style and np.allclose(stroke.points[0], running.points[-1], atol=0.01):
            running = Stroke(np.concatenate([running.points, stroke.points[1:]]), running.colour, running.dashes)
            continue
        if running:
            yield running
        running = stroke
    if running:
        yield running
