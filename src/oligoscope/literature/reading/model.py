"""What reading a file gives: its records, what was odd, and what could not be read, each with its line."""

from dataclasses import dataclass

from oligoscope.literature.record import Record


@dataclass(frozen=True)
class Remark:
    """Something about a line of a file: why it was refused, or what was odd about it."""

    line: int
    text: str


@dataclass(frozen=True)
class Read:
    """What came out of one file.

    form: the format, in words.  refused: what holds a record that could not be read, or no record at all.  quirks: what
    was read although it is not written as its format says. Both name the line.
    """

    form: str
    records: tuple[Record, ...] = ()
    refused: tuple[Remark, ...] = ()
    quirks: tuple[Remark, ...] = ()
    encoding: str = "utf-8"
