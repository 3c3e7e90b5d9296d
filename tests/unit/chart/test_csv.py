"""A CSV file in blocks: the rows and their numbers do not depend on where a block ends."""

import csv
import io
from pathlib import Path

import polars as pl
import pytest

from oligoscope.chart.problems import CaseError
from oligoscope.chart.sources.csv import CsvTable

ROWS = [
    ["a", "1", "plain"], ["b", "", 'with "quotes"'], ["c", "2", "a, comma"], ["d", "3", "two\nlines"],
    ["e", "4", ""], ["f", "", "ümlaut"],
]  # fmt: skip


def table(path: Path, rows: list[list[str]], end: str = "\n", block: int = 1 << 20) -> CsvTable:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=end).writerows([["patient_id", "n", "words"], *rows])
    path.write_bytes(text.getvalue().encode())
    return CsvTable(path, block)


@pytest.mark.parametrize("block", [8, 17, 40, 1 << 20])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("rows", [ROWS, [row for row in ROWS if '"' not in row[2] and "\n" not in row[2]]])
def test_blocks_change_nothing(block: int, end: str, rows: list[list[str]], tmp_path: Path) -> None:
    found = pl.concat([piece.frame for piece in table(tmp_path / "t.csv", rows, end, block).pieces()])
    expected = [(*(cell or None for cell in row), n) for n, row in enumerate(rows, 2)]
    assert found.rows() == expected
    assert found.columns == ["patient_id", "n", "words", "line__"]


@pytest.mark.parametrize("block", [8, 30, 1 << 20])
def test_a_bad_row_keeps_its_number_and_those_after_it_theirs(block: int, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("patient_id,n,words\na,1,x\nb,2\n\nc,3,y\nd,4,z,more\ne,5,z")
    pieces = list(CsvTable(path, block).pieces())
    assert pl.concat([piece.frame for piece in pieces])["line__"].to_list() == [2, 5, 7]
    rejects = pl.concat([piece.rejects for piece in pieces])
    assert rejects.select("row", "patient_id", "value").rows() == [(3, "b", "b,2"), (6, "d", "d,4,z,more")]


def test_a_quotation_mark_that_is_never_closed_is_refused_with_its_row(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('patient_id,n,words\na,1,x\nb,2,"y\nc,3,z\n')
    with pytest.raises(CaseError, match="row 3: a quotation mark"):
        list(CsvTable(path).pieces())


def test_a_byte_order_mark_is_not_part_of_the_first_name(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("patient_id,n\na,1\n", encoding="utf-8-sig")
    assert CsvTable(path).columns() == ["patient_id", "n"]


def test_a_broken_row_is_shown_by_its_beginning_however_long_it_is(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"patient_id,words\n{'p' * 300},{'w' * 10_000},z\n")
    (rejects,) = [piece.rejects for piece in CsvTable(path).pieces()]
    assert rejects.select("patient_id", "value").rows() == [("p" * 200, "p" * 200)]


def test_plain_rows_are_read_by_blocks_which_is_ten_times_faster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*_: object) -> None:
        raise AssertionError("read row by row")

    monkeypatch.setattr(CsvTable, "_by_row", slow)
    plain = [["a", "1", "plain"], ["b", "", "words"], ["c", "3", ""]]
    for block in (10, 1 << 20):
        found = pl.concat([piece.frame for piece in table(tmp_path / "t.csv", plain, block=block).pieces()])
        assert len(found) == 3
