"""Files of records come in: `read(path)`. Lenient, but loud: nothing is dropped without its line and the reason."""

import re
from dataclasses import replace
from pathlib import Path

from oligoscope.errors import NotAllowed
from oligoscope.literature.reading.encoding import text_of
from oligoscope.literature.reading.model import Read, Remark

__all__ = ["Read", "Remark", "read", "read_bytes"]

EXTRA = "run pip install 'oligoscope[literature]'"


def read(path: Path, encoding: str = "") -> Read:
    """Read a file of records of any known format.

    encoding: where it is known; found out otherwise.  Raises NotAllowed when the file cannot be opened.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NotAllowed("file", path, "a file of records", error.strerror or str(error)) from None
    return read_bytes(content, path.name, encoding)


def read_bytes(content: bytes, name: str, encoding: str = "") -> Read:
    """The same of the content of a file. name: says the format where nothing else does."""
    try:
        return _read(content, name, encoding)
    except ModuleNotFoundError as error:
        raise NotAllowed("file", name, "", f"reading it needs {error.name}", EXTRA) from None


def _read(content: bytes, name: str, encoding: str) -> Read:
    if content.startswith((b"PK\x03\x04", b"SQLite format 3")):
        from oligoscope.literature.reading.asreview import read_project

        return read_project(content)
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") and not encoding:
        from oligoscope.literature.reading.xml import read_xml

        return read_xml(content.lstrip(b"\xef\xbb\xbf \t\r\n") if b"<?xml" in content[:200] else content)
    text, found, remarks = text_of(content, encoding)
    read = _read_text(text.lstrip("\ufeff"), name)
    return replace(read, encoding=found, quirks=(*remarks, *read.quirks))


def _read_text(text: str, name: str) -> Read:
    if not text.strip():
        return Read("empty", refused=(Remark(1, "the file is empty"),))
    if text.lstrip()[0] in "{[":
        from oligoscope.literature.reading.json import read_json

        return read_json(text)
    if re.search(r"^[ \t]*@\w+\s*[{(]", text, re.MULTILINE) and not re.search(r"^TY {1,2}-", text, re.MULTILINE):
        from oligoscope.literature.reading.bibtex import read_bibtex

        return read_bibtex(text)
    return _read_lines(text, name)


def _read_lines(text: str, name: str) -> Read:
    """Tagged lines where a record of them begins somewhere, else a table."""
    from oligoscope.literature.reading import tagged

    for dialect, begins in (
        (tagged.RIS, r"^TY {1,2}-"),
        (tagged.NBIB, r"^PMID ?- ?\d"),
        (tagged.CIW, r"^PT [A-Z]\s*$"),
        (tagged.ENDNOTE, r"^%0 \w"),
    ):
        if re.search(begins, text, re.MULTILINE):
            return tagged.read_tagged(text, dialect)
    if name.lower().endswith(".ris"):
        return tagged.read_tagged(text, tagged.RIS)
    from oligoscope.literature.reading.tables import read_table

    return read_table(text)
