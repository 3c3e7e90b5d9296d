"""`cohort check`: what was understood of a registry or an export, column by column, without assessing it."""

import json
from pathlib import Path

import pytest

from oligoscope.cli.main import main

EXPORT = """Fall;Patientenname;ECOG;Größe;Bemerkung;geb. am;Zentrum
1;Müller, Hans;1;2,0;stabil;01.02.1950;A
2;Schmidt, Eva;9;3;Frau Schmidt ruft an;03.04.1961;A
3;Weber, Jan;;x;geb. 5.6.1958, raucht;07.08.1958;B
4;Klein, Ida;1;;;09.10.1949;B
"""
MAPPING = """
format: {decimal: ","}
ignored: [Zentrum]
tables:
  patients:
    columns: {Fall: patient_id, ECOG: ecog, Größe: recist_current_sum_mm, Bemerkung: primary_treatment}
"""


@pytest.fixture
def export(tmp_path: Path) -> Path:
    (tmp_path / "export.csv").write_text(EXPORT, "utf-8")
    (tmp_path / "map.yaml").write_text(MAPPING, "utf-8")
    return tmp_path / "export.csv"


def checked(path: Path, capsys: pytest.CaptureFixture[str], *options: str, code: int = 1) -> str:
    assert main(["cohort", "check", str(path), *options]) == code
    return capsys.readouterr().out


def test_an_export_is_shown_as_it_was_understood(export: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mapping = str(export.parent / "map.yaml")
    found = json.loads(checked(export, capsys, "--mapping", mapping, "--json"))
    columns = {column["column"]: column for column in found["columns"]}
    assert list(columns) == ["Fall", "ECOG", "Größe", "Bemerkung"]
    assert columns["ECOG"] == {
        "file": "export.csv", "column": "ECOG", "fields": ["ecog"], "rows": 4, "unknown": 1, "rejected": 1,
        "examples": [{"cell": "1", "read_as": "1", "n": 2}, {"cell": "9", "read_as": "9", "n": 1}],
    }  # fmt: skip
    assert (columns["Größe"]["unknown"], columns["Größe"]["rejected"]) == (1, 1)
    assert {"cell": "x", "read_as": "", "n": 1} in columns["Größe"]["examples"]
    assert found["not_used"] == {"export.csv": ["Patientenname", "geb. am"]}
    assert (found["patients_accepted"], found["patients_left_out"]) == (2, 2)
    text = checked(export, capsys, "--mapping", mapping)
    assert "export.csv (utf-8, columns separated by semicolon, by map.yaml)" in text
    assert "25 % unknown  1 rejected; 1 (2), 9 (1)" in text
    assert "x not understood (1)" in text
    assert not (export.parent / "out").exists()


def test_what_may_name_a_person_is_pointed_out_and_not_printed(
    export: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = checked(export, capsys, "--mapping", str(export.parent / "map.yaml"))
    told = {line.removeprefix("look at export.csv ") for line in text.splitlines() if line.startswith("look at")}
    assert told == {
        "Patientenname: 4 cells under a heading of names",
        "geb. am: 4 full dates of birth; the age, or the year, is enough",
        "Bemerkung: 1 cells look like the name of a person",
        "Bemerkung: 1 cells seem to hold a date of birth among other words",
    }
    for name in ("Müller", "Schmidt", "Weber", "1950", "1958", "5.6."):
        assert name not in text


PERSONAL = {
    "two capitalised words": ("case", ["Anna Berg", "Otto Kern", "Ute Lang"], "3 cells look like the name of a person"),
    "an e-mail address": ("case", ["a", "b@c.org", "d"], "1 cells hold an e-mail address"),
    "a full date of birth": ("birth_date", ["1950-01-02", "1951", "1952-03"], "1 full dates of birth"),
    "ids": ("case", ["A-1", "A-2", "A-3"], ""),
    "a treatment": ("primary_treatment", ["Lobectomy", "Right lobectomy", "surgery"], ""),
    "the same words again and again": ("primary_treatment", ["Left Lobectomy"] * 3, ""),
    "years of birth": ("birth_date", ["1950", "1951", "1952"], ""),
}


@pytest.mark.parametrize("what", PERSONAL)
def test_a_registry_in_its_own_form_is_looked_through_as_well(
    what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    column, cells, says = PERSONAL[what]
    rows = "".join(f"{n},{cell}\n" for n, cell in enumerate(cells))
    (tmp_path / "flat.csv").write_text(f"patient_id,{column}\n{rows}", "utf-8")
    text = checked(tmp_path / "flat.csv", capsys, code=0)
    looked = [line for line in text.splitlines() if line.startswith("look at")]
    assert [says in line for line in looked] == ([True] if says else [])


def test_a_registry_in_its_own_form_is_shown_column_by_column(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flat = "patient_id,ecog,lesion1_organ,lesion1_size_cm\na,1,liver,2\nb,7,,\nc,unknown,livr,22 mm\n"
    (tmp_path / "flat.csv").write_text(flat, "utf-8")
    found = json.loads(checked(tmp_path / "flat.csv", capsys, "--json"))
    columns = {column["column"]: column for column in found["columns"]}
    assert (columns["ecog"]["unknown"], columns["ecog"]["rejected"]) == (1, 1)
    assert (columns["lesion1_organ"]["unknown"], columns["lesion1_organ"]["rejected"]) == (1, 1)
    assert {"cell": "livr", "read_as": "", "n": 1} in columns["lesion1_organ"]["examples"]
    assert {"cell": "22 mm", "read_as": "2.2", "n": 1} in columns["lesion1_size_cm"]["examples"]
    assert found["patients_accepted"] == 1


def test_a_column_of_another_unit_is_shown_in_the_fields_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/patients.csv").write_text("patient_id\na\n", "utf-8")
    (tmp_path / "in/lesions.csv").write_text("patient_id,organ,size_mm\na,brain,22\n", "utf-8")
    assert "22 = 2.2 (1)" in checked(tmp_path / "in", capsys, code=0)
