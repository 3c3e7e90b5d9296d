"""One table in a text file: a header, every cell as text, so that nothing is guessed. A registry's own form is CSV in
UTF-8; an export may have another separator or encoding (`Form`).

Polars reads a block of rows at once. Where a block is not regular (quotes, a row with too few or too many fields, bytes
that are not UTF-8), Python's own reader takes it row by row and says which row is wrong: no row is half read. Polars
alone would fill a short row up with unknowns, and stop at the first long one. Measured on 300,000 patients of 24
columns: 1.0 s by blocks, 1.5 s by pyarrow's streaming reader (which counts fields too), 10.8 s row by row.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from oligoscope.chart.problems import CaseError, Problem
from oligoscope.chart.rejects import ERROR, LINE, REJECTS
from oligoscope.chart.sources import Piece
from oligoscope.chart.sources.encodings import Recoded

BLOCK = 1 << 25
"""Bytes read at once."""
LONGEST_ROW = 1 << 28


@dataclass(frozen=True)
class Form:
    """How a text file is written. header_row: where its headings stand.  id_column: the heading of the patient's id."""

    separator: str = ","
    encoding: str = "utf-8"
    header_row: int = 1
    id_column: str = "patient_id"


class CsvTable:
    """Rows are counted as a spreadsheet shows them: the header is row 1."""

    def __init__(self, path: Path, block: int = BLOCK, form: Form | None = None) -> None:
        self.path, self.block, self.form = path, block, form or Form()

    def columns(self) -> list[str]:
        """The header. Raises CaseError for a file that has none or is not text."""
        with self._open() as file:
            return self._header(file)

    def pieces(self, names: Sequence[str] | None = None) -> Iterator[Piece]:
        """names: what the columns are called in place of the header, each once."""
        with self._open() as file:
            header, row = self._header(file), self.form.header_row + 1
            columns = list(names or header)
            for block in self._blocks(file):
                frame = _regular(block, columns, self.form.separator)
                piece, n_rows = (
                    (Piece(_numbered(frame, row)), len(frame))
                    if frame is not None
                    else self._by_row(block, columns, row)
                )
                row += n_rows
                yield piece

    def _open(self) -> io.BufferedReader:
        try:
            if self.form.encoding == "utf-8":
                return self.path.open("rb")
            return io.BufferedReader(Recoded(self.path, self.form.encoding))
        except OSError as error:
            raise self._unusable(f"it cannot be opened ({error.strerror})") from None

    def _header(self, file: io.BufferedReader) -> list[str]:
        start = file.peek(3)[:3]
        if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise self._unusable("this is UTF-16, not UTF-8", "save it as CSV UTF-8")
        if start == b"\xef\xbb\xbf":
            file.read(3)
        for _ in range(1, self.form.header_row):
            file.readline(LONGEST_ROW)
        line = file.readline(LONGEST_ROW)
        while line.count(b'"') % 2 and (more := file.readline(LONGEST_ROW)):
            line += more
        try:
            names = next(csv.reader([line.decode()], strict=True, delimiter=self.form.separator), [])
        except (UnicodeDecodeError, csv.Error):
            raise self._unusable("its first row is not text in UTF-8", "save it as CSV UTF-8") from None
        if not any(names) or any("\0" in name for name in names):
            raise self._unusable("it has no header", "the first row names the columns")
        return names

    def _blocks(self, file: io.BufferedReader) -> Iterator[bytes]:
        """The rest of the file in pieces of whole rows."""
        rest = b""
        while True:
            read = file.read(self.block)
            whole = rest + read
            if not read:
                if whole:
                    yield whole
                return
            end = _end_of_rows(whole)
            if not end and len(whole) > LONGEST_ROW:
                raise self._unusable("a row does not end", 'a quotation mark (") is probably opened and never closed')
            if end:
                yield whole[:end]
            rest = whole[end:]

    def _by_row(self, block: bytes, columns: list[str], row: int) -> tuple[Piece, int]:
        """A block that is not regular, row by row; and how many rows it has, blank ones included."""
        text = io.StringIO(block.decode(errors="surrogateescape"), newline="")
        lines = csv.reader(text, strict=True, delimiter=self.form.separator)
        good: list[list[str | None]] = []
        numbers: list[int] = []
        bad: list[tuple[int, list[str], str]] = []
        n = 0
        while True:
            before = lines.line_num
            try:
                cells = next(lines, None)
            except csv.Error as error:
                cells, wrong = [], f"this row cannot be read ({error})"
            else:
                if cells is None:
                    break
                wrong = _what_is_wrong(cells, len(columns))
            if wrong and (lines.line_num - before > 1 or "unexpected end" in wrong):
                raise self._unusable(
                    f"row {row + n}: a quotation mark is opened and probably never closed", "correct the row"
                )
            if wrong:
                bad.append((row + n, cells, wrong))
            elif cells:
                good.append([cell or None for cell in cells])
                numbers.append(row + n)
            n += 1
        frame = pl.DataFrame(good, schema=dict.fromkeys(map(str, range(len(columns))), pl.String), orient="row")
        frame = frame.rename(dict(zip(frame.columns, columns, strict=True)))
        return Piece(frame.with_columns(pl.Series(LINE, numbers, dtype=pl.Int64)), self._rejects(bad, columns)), n

    def _rejects(self, bad: list[tuple[int, list[str], str]], columns: list[str]) -> pl.DataFrame:
        """Rows that cannot be read. Whose they are is told by the id, where it is there: that patient is left out."""
        whose = self.form.id_column
        place = columns.index(whose) if whose in columns else len(columns)
        rows = [
            (self.path.name, row, _shown(cells[place]) if place < len(cells) else None, "",
             _shown(self.form.separator.join(cells)), why, ERROR)
            for row, cells, why in bad
        ]  # fmt: skip
        return pl.DataFrame(rows, schema=REJECTS, orient="row")

    def _unusable(self, why: str, fix: str = "") -> CaseError:
        return CaseError(str(self.path), [Problem("file", str(self.path), why, "a CSV file in UTF-8", fix)])


def _regular(block: bytes, columns: list[str], separator: str) -> pl.DataFrame | None:
    """The rows of a block without quotes in which every row has its fields; None where some row may not."""
    if b'"' in block or (len(columns) == 1 and (b"\n\n" in block or b"\n\r\n" in block)):
        return None
    try:
        frame = pl.read_csv(block, has_header=False, infer_schema=False, quote_char=None, separator=separator)
    except pl.exceptions.PolarsError:
        return None
    # Too many fields are an error above; so where no separator is missing, none of the rows is short.
    n_rows = block.count(b"\n") + (not block.endswith(b"\n"))
    n_separators = block.count(separator.encode())
    if frame.width != len(columns) or len(frame) != n_rows or n_separators != n_rows * (len(columns) - 1):
        return None
    frame.columns = columns
    return frame


def _numbered(frame: pl.DataFrame, first: int) -> pl.DataFrame:
    return frame.with_columns(pl.int_range(first, first + pl.len(), dtype=pl.Int64).alias(LINE))


def _end_of_rows(block: bytes) -> int:
    """Where the last whole row of a block ends: after the last line end that is not between quotes; 0 for none."""
    end = block.rfind(b"\n") + 1
    quotes = block.count(b'"', 0, end)
    while end and quotes % 2:
        shorter = block.rfind(b"\n", 0, end - 1) + 1
        quotes -= block.count(b'"', shorter, end)
        end = shorter
    return end


def _what_is_wrong(cells: list[str], wanted: int) -> str:
    if cells and len(cells) != wanted:
        return f"this row has {len(cells)} fields, the header has {wanted}"
    try:
        "".join(cells).encode()
    except UnicodeEncodeError:
        return "this row is not UTF-8; save the file as CSV UTF-8"
    return ""


def _shown(text: str) -> str:
    """A text that may hold bytes that are not UTF-8, as far as it can be shown."""
    return text.encode(errors="surrogateescape").decode(errors="replace")[:200]
