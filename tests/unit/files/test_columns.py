"""A table's columns as checked numbers: what is missing is counted, what is wrong is refused with its row."""

import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from oligoscope.errors import NotAllowed
from oligoscope.files.columns import Kind, Wanted, sample


def read(kind: Kind, values: Any) -> list[float]:
    wanted = Wanted("role", "c", kind)
    found: list[float] = sample(pl.DataFrame({"c": values}, strict=False), [wanted]).numbers[wanted].tolist()
    return found


def test_rows_with_a_missing_cell_are_left_out_and_counted() -> None:
    a, b = Wanted("time", "a", "time"), Wanted("by", "b", "label")
    found = sample({"a": [1.0, None, float("nan"), 4.0], "b": ["x", "y", None, "x"]}, [a, b])
    assert (found.read, found.used) == (4, 2)
    assert found.missing == {"a": 2, "b": 1}
    assert found.numbers[a].tolist() == [1, 4]
    assert found.rows.tolist() == [1, 4]
    assert found.labels[b].names == ("x",)


@pytest.mark.parametrize(
    ("kind", "values", "field_of_the_message"),
    [
        ("time", [1, -2], "c -2 in row 2 below the header: it is negative"),
        ("time", ["1", "two"], "c 'two' in row 2 below the header: it is no number"),
        ("time", [float("inf")], "it is not finite"),
        ("time", [datetime.date(2026, 1, 1)], "the column holds dates"),
        ("flag", [0, 1, 2], "c 2 in row 3 below the header: it is neither 1 nor 0"),
        ("flag", ["dead"], "it is no number"),
        ("cause", [0, 1.5], "it is no code of a cause"),
        ("cause", [-1], "it is no code of a cause"),
        ("weight", [1.0, 0.0], "it is not above 0"),
        ("number", ["large"], "it is a word"),
    ],
)
def test_what_a_column_cannot_hold_is_refused(kind: Kind, values: Any, field_of_the_message: str) -> None:
    with pytest.raises(NotAllowed, match="Allowed: ") as refused:
        read(kind, values)
    assert field_of_the_message in str(refused.value)
    assert refused.value.field == "role"
    assert refused.value.fix


@pytest.mark.parametrize("kind", ["time", "number", "flag", "cause", "weight"])
def test_a_missing_cell_is_no_wrong_one(kind: Kind) -> None:
    assert read(kind, [1, None, 1]) == [1, 1]


def test_true_is_an_event_and_numbers_in_quotes_are_numbers() -> None:
    assert read("flag", [True, False]) == [1, 0]
    assert read("time", ["1", " 2.5".strip()]) == [1, 2.5]


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ([10, 9, 10], ("9", "10")),
        ([2.0, 1.5], ("1.5", "2")),
        (["b", "a"], ("a", "b")),
        ([True, False], ("false", "true")),
    ],
)
def test_groups_stand_in_the_order_of_their_names(values: Any, names: tuple[str, ...]) -> None:
    wanted = Wanted("by", "c", "label")
    found = sample({"c": values}, [wanted]).labels[wanted]
    assert found.names == names
    assert [names[code] for code in found.codes] == [str(v).lower().removesuffix(".0") for v in values]


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".parquet"])
def test_files_of_each_form_are_read(tmp_path: Path, ending: str) -> None:
    path, wanted = tmp_path / f"t{ending}", Wanted("time", "a", "time")
    frame = pl.DataFrame({"a": ["1", "NA", "3"]} if ending != ".parquet" else {"a": [1, None, 3]})
    if ending == ".parquet":
        frame.write_parquet(path)
    else:
        frame.write_csv(path, separator="\t" if ending == ".tsv" else ",")
    assert sample(path, [wanted]).numbers[wanted].tolist() == [1, 3]


def test_a_number_that_turns_to_a_word_late_is_named_with_its_row(tmp_path: Path) -> None:
    path = tmp_path / "late.csv"
    path.write_text("a\n" + "1\n" * 5000 + "late\n", "utf-8")
    with pytest.raises(NotAllowed, match="'late' in row 5001"):
        sample(path, [Wanted("time", "a", "time")])


@pytest.mark.parametrize(("name", "content"), [("t.xlsx", b"x"), ("empty.csv", b""), ("t.parquet", b"no parquet")])
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(NotAllowed, match=r"csv, \.tsv or \.parquet"):
        sample(tmp_path / name, [Wanted("time", "a", "time")])


def test_a_column_that_is_not_there_is_named_with_the_nearest() -> None:
    with pytest.raises(NotAllowed, match=r"Allowed: months, dead.*Did you mean months\?"):
        sample({"months": [1], "dead": [1]}, [Wanted("time", "month", "time")])


@pytest.mark.parametrize("table", [{"a": []}, {"a": [None, None]}])
def test_a_table_without_a_complete_row_is_refused(table: Any) -> None:
    with pytest.raises(NotAllowed, match="no row has all columns"):
        sample(table, [Wanted("time", "a", "time")])


@pytest.mark.parametrize("table", [3, {"a": [1], "b": [1, 2]}])
def test_what_is_no_table_is_refused(table: Any) -> None:
    with pytest.raises(NotAllowed, match="it is no table"):
        sample(table, [Wanted("time", "a", "time")])


@pytest.mark.parametrize(
    ("kind", "least", "below"), [("time", 0.0, -0.5), ("weight", 0.5, 0.0), ("flag", 0.0, -1.0), ("cause", 0.0, -1.0)]
)
def test_the_least_number_of_a_kind(kind: Any, least: float, below: float) -> None:
    wanted = Wanted(kind, "a", kind)
    assert list(sample({"a": [least, 1.0]}, [wanted]).numbers[wanted]) == [least, 1.0]
    with pytest.raises(NotAllowed):
        sample({"a": [below, 1.0]}, [wanted])
