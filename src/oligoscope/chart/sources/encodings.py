"""How the bytes of a text file are read: which encoding and which separator it has, and the same text in UTF-8."""

import codecs
import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from oligoscope.chart.problems import CaseError, Problem

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
"""By name, what may stand between the cells of a row."""
SAMPLE = 1 << 22
_ROWS = 200
_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_NOT_UTF8 = "windows-1252"
"""What a text that is not UTF-8 is taken for, and said to be: Excel's, and but for 27 rare signs also Latin-1."""


@dataclass(frozen=True)
class Found:
    """What a file's first bytes show. named: both in words, for messages."""

    encoding: str
    separator: str

    @property
    def named(self) -> str:
        name = next(name for name, sign in SEPARATORS.items() if sign == self.separator)
        return f"{self.encoding}, columns separated by {name}"


def look_into(path: Path, encoding: str = "", separator: str = "", header_row: int = 1) -> Found:
    """Which encoding and separator a file has; those that are given are not looked for.

    Raises CaseError where two separators fit, or the file is no text of that encoding.
    """
    try:
        with path.open("rb") as file:
            sample = file.read(SAMPLE)
    except OSError as error:
        raise _unusable(path, f"it cannot be opened ({error.strerror})") from None
    encoding = encoding or _encoding(sample)
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(sample)
    except UnicodeDecodeError as error:
        row = sample[: error.start].count(b"\n") + 1
        raise _unusable(path, f"row {row} is not {encoding}", "name its encoding in the mapping") from None
    table = "".join(text.removeprefix("\ufeff").splitlines(keepends=True)[header_row - 1 :])
    return Found(encoding, separator or _separator(path, table))


def _encoding(sample: bytes) -> str:
    mark = next((mark for mark in _MARKS if sample.startswith(mark)), None)
    if mark:
        return _MARKS[mark]
    if b"\0" in sample[:1000]:
        return "utf-16-le" if sample[1:2] == b"\0" else "utf-16-be"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return _NOT_UTF8
    return "utf-8"


def _separator(path: Path, text: str) -> str:
    """The one sign that cuts the first rows into as many cells as the header has; comma for a single column."""
    widths = {sign: _width(text, sign) for sign in SEPARATORS.values()}
    widest = max(widths.values())
    fit = [sign for sign, width in widths.items() if width == widest]
    if widest > 1 and len(fit) > 1:
        signs = " and ".join(repr(sign) for sign in fit)
        raise _unusable(path, f"both {signs} may separate its columns", "name the separator in the mapping")
    return fit[0] if widest > 1 else ","


def _width(text: str, sign: str) -> int:
    """Cells of the header; 1 where most of the first rows have another number of them."""
    rows = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=sign):
            rows.append(len(row))
            if len(rows) > _ROWS:
                break
    except csv.Error:
        return 1
    alike = sum(width == rows[0] for width in rows) if rows else 0
    return rows[0] if rows and 2 * alike > len(rows) else 1


class Recoded(io.RawIOBase):
    """A file's text as UTF-8, block by block."""

    def __init__(self, path: Path, encoding: str) -> None:
        self._path, self._encoding = path, encoding
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._file = path.open("rb")
        self._waiting = b""

    def readable(self) -> bool:
        """Always."""
        return True

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()

    def readinto(self, target: Any) -> int:
        """Fill a buffer; 0 at the end. Raises CaseError for bytes that are no text of this encoding."""
        more = True
        while more and not self._waiting:
            read = self._file.read(len(target))
            more = bool(read)
            self._waiting = self._decoded(read)
        n = min(len(target), len(self._waiting))
        target[:n], self._waiting = self._waiting[:n], self._waiting[n:]
        return n

    def _decoded(self, read: bytes) -> bytes:
        try:
            return self._decoder.decode(read, final=not read).encode()
        except UnicodeDecodeError as error:
            wrong = error.object[error.start : error.start + 1].hex()
            raise _unusable(
                self._path, f"the byte {wrong} is no sign of {self._encoding}", "name its encoding in the mapping"
            ) from None


def _unusable(path: Path, why: str, fix: str = "") -> CaseError:
    return CaseError(str(path), [Problem("file", str(path), why, "a text file", fix)])
