"""An empty registry has a column for every field, and its dictionary says what each may hold."""

import csv
from pathlib import Path

import polars as pl

from oligoscope.api import write_template
from oligoscope.vocabulary.fields import lists, scalar_fields


def header(path: Path) -> list[str]:
    return path.read_text("utf-8").strip().split(",")


def test_a_column_for_every_field_but_the_name_of_the_case(tmp_path: Path) -> None:
    write_template(tmp_path, "csv")
    columns = header(tmp_path / "patients.csv")
    assert columns[0] == "patient_id"
    assert "case" not in columns
    assert len(columns) == len(scalar_fields())
    for each in lists():
        assert header(tmp_path / f"{each.name}.csv") == ["patient_id", *(spec.column for spec in each.fields)]


def test_what_is_there_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "patients.csv").write_text("mine")
    written = write_template(tmp_path, "csv")
    assert (tmp_path / "patients.csv").read_text() == "mine"
    assert tmp_path / "patients.csv" not in written
    assert tmp_path / "lesions.csv" in written


def test_parquet_has_the_same_columns_as_text(tmp_path: Path) -> None:
    write_template(tmp_path / "a", "csv")
    write_template(tmp_path / "b", "parquet")
    frame = pl.read_parquet(tmp_path / "b/lesions.parquet")
    assert frame.columns == header(tmp_path / "a/lesions.csv")
    assert set(frame.dtypes) == {pl.String}
    assert frame.height == 0


def test_the_dictionary_has_a_line_for_every_column(tmp_path: Path) -> None:
    write_template(tmp_path, "csv")
    with (tmp_path / "data_dictionary.csv").open() as file:
        entries = {(row["table"], row["column"]): row for row in csv.DictReader(file)}
    for path in tmp_path.glob("*.csv"):
        if path.stem != "data_dictionary":
            assert {(path.stem, column) for column in header(path)[1:]} <= set(entries)
    assert entries["patients", "ecog"]["allowed"] == "one of 0, 1, 2, 3, 4 (ECOG performance status)"
    assert entries["lesions", "size_cm"]["unit"] == "cm"
