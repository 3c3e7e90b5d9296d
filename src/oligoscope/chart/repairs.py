"""Rejects that a person has corrected, laid over the file that they came from: cell by cell, the file stays as it is.

A repair file is `rejects.csv` with one more column, `correction`. A correction is written as the file writes its cells
(of a mapped export with its codes), and holds only while the cell still is what the reject says.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from oligoscope.chart.columns import as_text
from oligoscope.chart.problems import CaseError, Problem
from oligoscope.chart.rejects import LINE, REJECTS
from oligoscope.chart.sources import Piece
from oligoscope.chart.yaml_lines import read_text

CORRECTION = "correction"
_NEEDED = ("file", "row", "field", "value", CORRECTION)


@dataclass(frozen=True)
class Repairs:
    """Corrections by file, row and field. cells: a row each, as in a repair file, of those that were filled in.

    line: of each in the repair file, for messages.
    """

    name: str
    cells: pl.DataFrame

    def over(self, file: str, pieces: Iterator[Piece]) -> Iterator[Piece]:
        """The pieces of a file with its corrections. Raises CaseError where one does not fit."""
        mine = self.cells.filter(pl.col("file") == file)
        if mine.is_empty():
            yield from pieces
            return
        left = set(mine["line"])
        for piece in pieces:
            here = mine.filter(pl.col("row").is_in(piece.frame[LINE].implode()))
            left -= set(here["line"])
            yield replace(piece, frame=self._repaired(piece.frame, here)) if len(here) else piece
        if left:
            wrong = mine.filter(pl.col("line").is_in(list(left))).row(0, named=True)
            raise self._problem(wrong, f"{file} has no row {wrong['row']} that could be read")

    def check_files(self, files: Sequence[str]) -> None:
        """Raises CaseError where a correction is of a file that is not read."""
        for row in self.cells.filter(~pl.col("file").is_in(files)).head(1).iter_rows(named=True):
            raise self._problem(row, f"no file {row['file']} is read", ", ".join(files))

    def _repaired(self, frame: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
        for (field,), rows in cells.partition_by("field", as_dict=True).items():
            if field not in frame.columns:
                raise self._problem(rows.row(0, named=True), f"the file has no column {field}")
            frame = frame.with_columns(as_text(frame[str(field)]))
            both = frame.select(LINE, found=pl.col(str(field))).join(rows, left_on=LINE, right_on="row")
            now, then = pl.col("found").fill_null("").str.strip_chars(), pl.col("value").str.strip_chars()
            # What a spreadsheet would run as a formula stands in a list of rejects with a ' before it.
            other = both.filter((now != then) & ("'" + now != then))
            for row in other.rename({LINE: "row"}).head(1).iter_rows(named=True):
                text = f"the file has {row['found'] or 'nothing'} in row {row['row']}, not {row['value'] or 'nothing'}"
                raise self._problem(
                    row, text, "the cell as it was rejected", "assess the file as it is now, and repair that"
                )
            told = dict(rows.select("row", CORRECTION).iter_rows())
            corrected = pl.col(LINE).replace_strict(told, default=None, return_dtype=pl.String)
            frame = frame.with_columns(pl.coalesce(corrected, pl.col(str(field))).alias(str(field)))
        return frame

    def _problem(self, row: Mapping[str, object], text: str, allowed: str = "", fix: str = "") -> CaseError:
        line = row["line"]
        assert isinstance(line, int)
        return CaseError(self.name, [Problem(str(row["field"]), row[CORRECTION], text, allowed, fix, line)])


def read_repairs(path: Path) -> Repairs:
    """The corrections in a file; lines without one are still open. Raises CaseError."""
    reader = csv.DictReader(io.StringIO(read_text(path).removeprefix("\ufeff"), newline=""))
    missing = [name for name in _NEEDED if name not in (reader.fieldnames or ())]
    if missing:
        text, fix = f"it has no column {', '.join(missing)}", "begin with the repair.csv of a run"
        raise CaseError(path.name, [Problem("repair", str(path), text, ", ".join(_NEEDED), fix, 1)])
    found, problems, seen = [], [], set()
    for row in reader:
        if not (row[CORRECTION] or "").strip():
            continue
        place = row["file"], row["row"], row["field"]
        if not row["row"].isdigit() or not row["field"]:
            problems.append(
                Problem("repair", row["row"], "this names no cell", "file, row and field", "", reader.line_num)
            )
        elif place in seen:
            problems.append(
                Problem(row["field"], row["row"], "this cell is corrected twice", "once", "", reader.line_num)
            )
        seen.add(place)
        found.append({**{name: row.get(name) or "" for name in (*REJECTS, CORRECTION)}, "line": reader.line_num})
    if problems:
        raise CaseError(path.name, problems)
    schema = {**dict.fromkeys(REJECTS, pl.String), CORRECTION: pl.String, "line": pl.Int64}
    cells = pl.DataFrame(found, schema=schema)
    return Repairs(path.name, cells.with_columns(pl.col("row").cast(pl.Int64)))


def repair_file(rejects: pl.DataFrame, before: Repairs | None) -> pl.DataFrame:
    """What a person may correct: every reject that names a cell, and the corrections that hold already."""
    place = ["file", "row", "field"]
    named = rejects.filter(pl.col("field") != "").unique(place, keep="first", maintain_order=True)
    open_ones = named.with_columns(pl.lit("", pl.String).alias(CORRECTION))
    if before is None:
        return open_ones
    held = before.cells.drop("line")
    # A cell that was corrected and is rejected again keeps what the file has, with the new reason.
    again = named.select(*place, new="reason")
    held = held.join(again, on=place, how="left", maintain_order="left")
    held = held.with_columns(reason=pl.coalesce("new", "reason")).select(open_ones.columns)
    return pl.concat([held, open_ones.join(held, on=place, how="anti", maintain_order="left")])
