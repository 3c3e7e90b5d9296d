"""The text of a report's PDF, page by page: where a quoted sentence stands, and which sentences have numbers.

pdfplumber reads the text; nothing is read of pictures, and a page without text says so.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from oligoscope.errors import NotAllowed

_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "\u00ad": "", "·": "."})
_DASHES = re.compile("[‐-―−]")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
_BROKEN = re.compile(r"([^\W\d_]+)-\n([^\W\d_]+)")
_REFERENCES = re.compile(r"^\W*(?:references|bibliography|literature cited)\W*$", re.IGNORECASE | re.MULTILINE)
_PAGES = re.compile(r"\b(?:pages?|pp?\.) ?(\d+)(?: ?[-–] ?(\d+))?", re.IGNORECASE)

_GAPS = {"x_tolerance_ratio": 0.15}
"""How wide a gap parts two words, in heights of a letter: 3 points, as pdfplumber has it, joined the words of TeX."""


@dataclass(frozen=True)
class Page:
    """One page. number: from 1, as a viewer counts.  flow: its text in the order of the file, which keeps columns
    apart.  laid: its text line by line across the page.
    """

    number: int
    flow: str
    laid: str

    @cached_property
    def squashed(self) -> tuple[str, str]:
        """Both, as `squashed` writes them."""
        return squashed(self.flow), squashed(self.laid)


def pages_of(path: Path) -> tuple[Page, ...]:
    """The pages of a PDF. Raises NotAllowed: no PDF, or one without any text."""
    import pdfplumber
    from pdfminer.pdfexceptions import PDFException
    from pdfplumber.utils.exceptions import PdfminerException

    try:
        with pdfplumber.open(path) as opened:
            found = tuple(
                Page(number, page.extract_text(use_text_flow=True, **_GAPS), page.extract_text(**_GAPS))
                for number, page in enumerate(opened.pages, 1)
            )
    except (OSError, PDFException, PdfminerException, ValueError, KeyError, TypeError) as error:
        problem = f"it cannot be read ({error or type(error).__name__})"
        raise NotAllowed("pdf", path, "a PDF file without a password", problem) from None
    if not any(page.flow.strip() for page in found):
        raise NotAllowed("pdf", path, "a PDF with text", "it holds pictures only", "have its text recognised first")
    return found


def sentences_of(pages: Sequence[Page]) -> Iterator[tuple[int, str]]:
    """(page, sentence) up to the list of references; words that were broken at the end of a line are joined again.

    A sentence that goes on overleaf is told in two parts.
    """
    whole = "\n".join(page.flow for page in pages).translate(_LIGATURES).casefold()
    for page in pages:
        text = page.flow.translate(_LIGATURES)
        end = _REFERENCES.search(text)
        text = text[: end.start()] if end else text
        joined = _BROKEN.sub(lambda found: _joined(found, whole), text)
        yield from ((page.number, each) for each in _SENTENCE.split(" ".join(joined.split())) if each)
        if end:
            return


def _joined(found: re.Match[str], whole: str) -> str:
    """A broken word with its hyphen where the paper writes it so elsewhere."""
    hyphened = f"{found[1]}-{found[2]}"
    return hyphened if hyphened.casefold() in whole else found[1] + found[2]


def misplaced(quote: str, locator: str, pages: Sequence[Page]) -> str:
    """Why a quote does not stand where its locator says; "" where it does.

    locator: "page 5, table 2" or "pages 5-6" names pages; any other, such as "abstract", the whole file.
    """
    named = _PAGES.search(locator)
    if not named:
        return "" if _stands(quote, pages) else "its quote does not stand in the PDF"
    first, last = int(named[1]), int(named[2] or named[1])
    if not 1 <= first <= last <= len(pages):
        return f"{named[0]} is none of the PDF, which has {len(pages)}"
    chosen = pages[first - 1 : last]
    if _stands(quote, chosen):
        return ""
    elsewhere = [page.number for page in pages if _stands(quote, [page])]
    if elsewhere:
        return f"its quote stands on page {', '.join(map(str, elsewhere))} of the PDF, not on {named[0]}"
    empty = "" if any(page.flow.strip() for page in chosen) else ", which has no text: look at it"
    return f"its quote does not stand on {named[0]} of the PDF{empty}"


def _stands(quote: str, pages: Sequence[Page]) -> bool:
    looked_for = squashed(quote)
    return any(looked_for in "".join(page.squashed[way] for page in pages) for way in (0, 1))


def squashed(text: str) -> str:
    """A text without what the setting of a page changes: breaks, hyphens within words, ligatures, kinds of dash.

    Spaces stay between digits, and hyphens beside them: "1-3" is not "13", nor is "1 3".

    >>> squashed("Progression-\\nfree survival was 9.7 – 14.2 months")
    'progressionfreesurvivalwas9.7-14.2months'
    """
    plain = _DASHES.sub("-", text.translate(_LIGATURES)).casefold()
    plain = re.sub(r"(?<=[^\W\d_])-\s*(?=[^\W\d_])", "", plain)
    plain = re.sub(r"\s+", " ", plain)
    return re.sub(r"(?<!\d) | (?!\d)", "", plain)
