"""A table of several parts: one row for each event of a patient, one instrument for each kind of lesion."""

import csv
from pathlib import Path

import polars as pl
import pytest

from oligoscope.cli.main import main

EXPORT = """record_id,event,instrument,visit,sex,ecog_ps,pet,om_date,les_organ,les_mm,bm_mm
1,base,,14/07/2022,1,1,,,,,
1,staging,,,,,1,20/04/2022,,,
1,staging,lesion,,,,,,6,30,
1,staging,brain,,,,,,,,12
2,base,,14/07/2022,2,0,,,,,
2,staging,,,,,7,20/04/2022,,,
2,staging,lesion,,,,,,6,abc,
3,base,,14/07/2022,2,0,,,,,
3,staging,lesion,,,,,,2,20,
3,staging,brain,,,,,,,,9999
4,staging,,,,,1,20/04/2022,,,
5,base,,14/07/2022,2,0,,,,,
5,staging,,,,,1,20/04/2022,,,
5,staging,,,,,0,20/04/2022,,,
6,base,,14/07/2022,2,0,,,,,
6,staging,,,,,1,20/04/2031,,,
7,base,,14/07/2022,2,0,,,,,
7,staging,lesion,,,,,,2,20,
"""
MAPPING = """
format: {dates: "%d/%m/%Y"}
tables:
  patients:
    - rows: {event: base, instrument: ""}
      columns: {record_id: patient_id, visit: assessed, ecog_ps: ecog,
        sex: {field: sex, words: {"1": male, "2": female}}}
    - rows: {event: staging, instrument: ""}
      columns: {record_id: patient_id, om_date: omd_dx_date,
        pet: {field: staging_pet_ct, words: {"0": not_done, "1": done}}}
  lesions:
    - rows: {instrument: lesion}
      columns: {record_id: patient_id, les_mm: {field: size_cm, unit: mm},
        les_organ: {field: organ, words: {"6": liver, "2": bone}}}
    - rows: {instrument: brain}
      constants: {organ: brain}
      columns: {record_id: patient_id, bm_mm: {field: size_cm, unit: mm}}
"""
OWN = {
    "patients.csv": "patient_id,assessed,sex,ecog,staging_pet_ct,omd_dx_date\n"
    "1,2022-07-14,male,1,done,2022-04-20\n7,2022-07-14,female,0,,\n",
    "lesions.csv": "patient_id,organ,size_cm\n1,liver,3\n1,brain,1.2\n7,bone,2\n",
}


@pytest.fixture
def export(tmp_path: Path) -> Path:
    (tmp_path / "export.csv").write_text(EXPORT, "utf-8")
    (tmp_path / "map.yaml").write_text(MAPPING, "utf-8")
    return tmp_path / "export.csv"


def assess(export: Path, *options: str, mapping: str = "map.yaml", out: str = "out") -> int:
    folder = export.parent
    return main(
        ["cohort", "assess", str(export), "--mapping", str(folder / mapping), "-o", str(folder / out), *options]
    )


def answers(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    return (
        pl.read_csv(folder / "answers.csv", infer_schema=False),
        pl.read_csv(folder / "lesion_answers.csv", infer_schema=False).drop("row"),
    )


def test_events_are_joined_and_instruments_follow_one_another(export: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    for name, text in OWN.items():
        (own / name).write_text(text, "utf-8")
    assert assess(export) == 1
    assert main(["cohort", "assess", str(own), "-o", str(tmp_path / "same")]) == 0
    for mapped, written in zip(answers(tmp_path / "out"), answers(tmp_path / "same"), strict=True):
        assert mapped.equals(written)
    assert answers(tmp_path / "out")[0]["patient_id"].to_list() == ["1", "7"]


def test_rejects_name_row_and_column_of_the_part(export: Path) -> None:
    assess(export)
    with (export.parent / "out/rejects.csv").open(encoding="utf-8") as file:
        found = [(r["row"], r["patient_id"], r["field"], r["value"]) for r in csv.DictReader(file)]
    assert found == [
        ("7", "2", "pet", "7"),
        ("8", "2", "les_mm", "abc"),
        ("11", "3", "bm_mm", "9999"),
        ("12", "4", "record_id", "4"),
        ("15", "5", "record_id", "5"),
        ("17", "6", "om_date", "20/04/2031"),
    ]


def test_a_correction_reaches_the_row_of_the_part(export: Path) -> None:
    assess(export)
    lines = (export.parent / "out/repair.csv").read_text("utf-8").splitlines()
    corrected = {"om_date": "20/04/2021", "les_mm": "21", "pet": "1", "bm_mm": "9"}
    fixed = [
        lines[0],
        *(line + next((value for name, value in corrected.items() if f",{name}," in line), "") for line in lines[1:]),
    ]
    (export.parent / "repair.csv").write_text("\n".join(fixed) + "\n", "utf-8")
    assess(export, "--repair", str(export.parent / "repair.csv"), out="again")
    assert answers(export.parent / "again")[0]["patient_id"].to_list() == ["1", "2", "3", "6", "7"]


def test_parts_of_the_patients_may_lie_in_several_files(tmp_path: Path) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "patients.csv").write_text("id,ps\n1,1\n2,0\n", "utf-8")
    (folder / "pathology.csv").write_text("pid,egfr\n2,positive\n9,negative\n2,negative\n", "utf-8")
    (tmp_path / "map.yaml").write_text(
        "tables:\n  patients:\n    - columns: {id: patient_id, ps: ecog}\n"
        "    - {file: pathology.csv, columns: {pid: patient_id, egfr: egfr}}\n",
        "utf-8",
    )
    assert assess(folder) == 1
    with (tmp_path / "out/rejects.csv").open(encoding="utf-8") as file:
        assert [(r["file"], r["row"], r["patient_id"]) for r in csv.DictReader(file)] == [
            ("pathology.csv", "3", "9"),
            ("pathology.csv", "4", "2"),
        ]
    assert answers(tmp_path / "out")[0]["patient_id"].to_list() == ["1"]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("om_date: omd_dx_date", "om_date: omd_dx_date, ecog_ps: ecog", "two parts give ecog"),
        ("event: staging, instrument", "event: stagging, instrument", "no row is taken"),
        ("bm_mm: {field", "bn_mm: {field", "export.csv has no column bn_mm"),
        ("bm_mm: {field", "bn_mm: {field", "Allowed: record_id, event, instrument, visit, sex"),
        ("bm_mm: {field: size_cm, unit: mm}", '"bm {n}": size_cm', "in some headings and not in all"),
        ("    - rows: {instrument: brain}", "    - file: other.csv", "the mapping reads other.csv"),
    ],
)
def test_what_does_not_fit_is_refused(
    export: Path, capsys: pytest.CaptureFixture[str], before: str, after: str, said: str
) -> None:
    assert before in MAPPING
    (export.parent / "map.yaml").write_text(MAPPING.replace(before, after), "utf-8")
    assert assess(export) == 2
    assert said in capsys.readouterr().err
    assert not (export.parent / "out").exists()


def test_cells_in_rows_of_which_their_column_is_not_read_are_told(
    export: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    export.write_text(EXPORT.replace("4,staging,,,,,1", "4,staging,,,,2,1"), "utf-8")
    assess(export)
    assert "filled in rows of which the column is not read: ecog_ps 1 times" in capsys.readouterr().err
    (export.parent / "map.yaml").write_text("ignored: [ecog_ps]\n" + MAPPING, "utf-8")
    assess(export, out="again")
    assert "filled in rows" not in capsys.readouterr().err
