"""Bytes become text: the encoding is found out and said, never guessed in silence."""

import codecs
import re

from oligoscope.errors import NotAllowed
from oligoscope.literature.reading.model import Remark

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_EAST_ASIAN = ("gb18030", "euc_jp", "euc_kr", "big5")
_HIGH = re.compile(rb"[\x80-\xff]+")


def text_of(content: bytes, encoding: str = "") -> tuple[str, str, list[Remark]]:
    """(text, encoding, remarks) of a file. encoding: as given by a person, else found out. Raises NotAllowed."""
    if encoding:
        try:
            return content.decode(encoding), encoding, []
        except (LookupError, UnicodeDecodeError) as error:
            raise NotAllowed("encoding", encoding, "a name such as utf-8, cp1252 or gb18030", str(error)) from None
    for mark, name in _MARKS:
        if content.startswith(mark):
            return content.decode(name, "replace"), name, [Remark(1, f"a byte order mark: read as {name}")]
    try:
        return content.decode("utf-8"), "utf-8", []
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        name = _other(content)
        said = f"not UTF-8 from here on: read as {name}; where names look wrong, give the encoding"
        return content.decode(name, "replace"), name, [Remark(line, said)]


def _other(content: bytes) -> str:
    """What a file that is not UTF-8 is likely to be.

    Western accents stand alone between letters; East Asian signs are pairs of high bytes, so nearly all of their runs
    are of an even length of two or more.
    """
    runs = [len(run) for run in _HIGH.findall(content)]
    if sum(run >= 2 and run % 2 == 0 for run in runs) > 0.9 * len(runs):
        for name in _EAST_ASIAN:
            try:
                content.decode(name)
            except UnicodeDecodeError:
                continue
            return name
    return "cp1252"
