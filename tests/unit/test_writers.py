"""Files of answers: what is read back is what was answered, in the registry's order, however it was cut up."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from oligoscope.chart.sources import Piece
from oligoscope.cohort import gather, writers
from oligoscope.cohort.answers import AnswerRows
from oligoscope.cohort.writers import AnswerFiles
from oligoscope.tables.columnar.result import Answers

WORDS = ["plain", 'with "quotes"', "a, comma", "two\nlines", "", None]
COLUMNS = ("word", "score_low", "score_high", "other", "last")


def answer_rows(lines: Sequence[int]) -> AnswerRows:
    """Rows of the registry with these numbers: three lists of few answers, the second's columns around the first's."""
    n = np.array(lines, dtype=np.int64)
    ids = pl.Series("patient_id", [f'p"{line}' if line % 3 == 0 else f"p{line}" for line in lines], dtype=pl.String)
    places = pl.DataFrame({"patient_id": ids, "w": n % 6, "s": n % 4, "o": n % 5})
    lists = {
        "w": pl.DataFrame({"word": pl.Series(WORDS, dtype=pl.String)}),
        "s": pl.DataFrame(
            {
                "score_low": [0.0, 1.5, None, 2.0],
                "score_high": [1.0, None, 2.5, 2.0],
                "last": ["w", "x", "y", "z"],
            }
        ),
        "o": pl.DataFrame({"other": ["k", "l", None, "m", "n"]}),
    }
    return AnswerRows(pl.DataFrame({"patient_id": ids}), pl.Series(lines), Answers(places, lists, COLUMNS))


def expected(lines: Sequence[int]) -> list[tuple[object, ...]]:
    return answer_rows(sorted(lines)).frame().rows()


def read(folder: Path, file_format: str) -> list[tuple[object, ...]]:
    (path,) = folder.iterdir()
    assert path.name == f"answers.{file_format}"
    if file_format == "parquet":
        return pl.read_parquet(path).rows()
    with path.open(newline="") as file:
        head, *rows = csv.reader(file)
    assert head == ["patient_id", *COLUMNS]
    numbers = [head.index(name) for name in ("score_low", "score_high")]
    return [
        tuple((float(cell) if n in numbers else cell) if cell != "" else None for n, cell in enumerate(row))
        for row in rows
    ]


def same(found: list[tuple[object, ...]], wanted: list[tuple[object, ...]], file_format: str) -> bool:
    """CSV readers cannot tell an empty word from none; what is written can: see the test of quotes."""
    if file_format == "csv":
        wanted = [tuple(None if cell == "" else cell for cell in row) for row in wanted]
    return found == wanted


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
@pytest.mark.parametrize("rows_at_once", [1, 7, 2_000])
@pytest.mark.parametrize(("pairs", "spellings"), [(1, 1), (24, 12), (1 << 22, 1 << 13)])
def test_what_is_written_is_what_was_answered_however_it_is_cut(
    file_format: str, rows_at_once: int, pairs: int, spellings: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, "ROWS_AT_ONCE", rows_at_once)
    monkeypatch.setattr(writers, "MOST_PAIRS", pairs)
    monkeypatch.setattr(writers, "MOST_SPELLINGS", spellings)
    lines = range(2, 43)
    files = AnswerFiles(tmp_path, file_format, is_whole=True)
    files.write({"answers": answer_rows(lines)})
    files.close(100)
    assert same(read(tmp_path, file_format), expected(lines), file_format)


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
@pytest.mark.parametrize("at_once", [1, 10, 1_000])
@pytest.mark.parametrize("part_rows", [3, 1 << 15])
def test_batches_in_any_order_come_out_in_the_registry_s(
    file_format: str, at_once: int, part_rows: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers, "PART_ROWS", part_rows)
    batches = [range(2, 40, 3), range(4, 40, 3), range(3, 40, 3), range(40, 42)]
    files = AnswerFiles(tmp_path, file_format, is_whole=False)
    for batch in batches:
        files.write({"answers": answer_rows(batch)})
    files.close(at_once)
    assert same(read(tmp_path, file_format), expected([line for batch in batches for line in batch]), file_format)


def test_csv_quotes_as_polars_does(tmp_path: Path) -> None:
    """An empty word is quoted, none is not."""
    files = AnswerFiles(tmp_path, "csv", is_whole=True)
    files.write({"answers": answer_rows(range(2, 20))})
    files.close(100)
    assert (tmp_path / "answers.csv").read_text() == answer_rows(range(2, 20)).frame().write_csv()


def test_a_registry_of_nobody_has_its_header(tmp_path: Path) -> None:
    files = AnswerFiles(tmp_path, "parquet", is_whole=True)
    files.write({"answers": answer_rows([])})
    files.close(100)
    assert pl.read_parquet(tmp_path / "answers.parquet").columns == ["patient_id", *COLUMNS]


def test_numbers_stay_numbers_and_words_words(tmp_path: Path) -> None:
    files = AnswerFiles(tmp_path, "parquet", is_whole=True)
    files.write({"answers": answer_rows(range(2, 20))})
    files.close(100)
    kinds = pl.read_parquet(tmp_path / "answers.parquet").schema
    assert [kinds[name] for name in ("score_low", "score_high")] == [pl.Float64, pl.Float64]
    assert [kinds[name] for name in ("patient_id", "word", "last")] == [pl.String] * 3


def test_what_writing_raises_is_raised() -> None:
    def full(piece: int) -> None:
        if piece == 7:
            raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        writers._write_behind(range(10), full)
    with pytest.raises(OSError, match="no space left"):
        writers._write_behind(range(8), full)


# ---- what comes in -------------------------------------------------------------------------------


def test_parts_are_read_together_up_to_the_number_held_at_once() -> None:
    assert list(gather._grouped([5, 5, 5], 10)) == [[0, 1], [2]]
    assert list(gather._grouped([5, 5, 5], 9)) == [[0], [1], [2]]
    assert list(gather._grouped([20, 1, 0], 10)) == [[0], [1, 2]]
    assert list(gather._grouped([0, 0], 10)) == [[0, 1]]


def test_what_lies_on_disk_comes_back_whole_and_each_patient_in_one_part(tmp_path: Path) -> None:
    frame = pl.DataFrame({"patient_id": [f"p{n % 90}" for n in range(300)], "n": range(300)})
    spilled = gather.Spilled(tmp_path, "lesions")
    spilled.add(frame[:200])
    spilled.add(frame[200:])
    spilled.close()
    parts = [spilled.read([part], frame.columns) for part in range(gather.PARTS)]
    assert [len(part) for part in parts] == spilled.sizes
    assert sorted(n for part in parts if len(part) for n in part["n"]) == list(range(300))
    assert all(part["n"].is_sorted() for part in parts if len(part))
    homes = [set(part["patient_id"]) for part in parts if len(part)]
    assert sum(map(len, homes)) == len(set(frame["patient_id"]))
    assert not list(tmp_path.iterdir())


def test_a_part_without_rows_has_its_columns(tmp_path: Path) -> None:
    spilled = gather.Spilled(tmp_path, "lesions")
    spilled.close()
    assert spilled.read([0, 1], ["patient_id", "organ"]).schema == {
        "patient_id": pl.String,
        "organ": pl.String,
        "line__": pl.Int64,
    }


def test_keys_that_are_whole_numbers_stay_so() -> None:
    kinds = writers._key_types(pl.DataFrame({"patient_id": ["a"], "row": [1]}))
    assert kinds == {"patient_id": pa.large_string(), "row": pa.int64()}


@pytest.mark.parametrize(("n_rows", "whole"), [(4, False), (5, True), (6, True)])
def test_a_table_of_as_many_rows_as_are_held_at_once_is_read_whole(n_rows: int, whole: bool) -> None:
    pieces = [Piece(pl.DataFrame({"n": range(3)})), Piece(pl.DataFrame({"n": range(2)}))]
    found = gather._at_most(iter(pieces), n_rows)
    assert found == (pieces if whole else None)
    assert gather._at_most(iter([]), 0) == []
