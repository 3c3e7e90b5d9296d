"""`cohort assess --mapping`: the export of another system, from its file to answers, rejects and the account of it."""

import csv
import json
from pathlib import Path

import polars as pl
import pytest

from oligoscope.cli.main import main

EXPORT = """Fall;Datum;ECOG;Diffus;Metastase 1 Organ;Metastase 1 mm;Metastase 2 Organ;Metastase 2 mm;Station;Name
17;03.02.2024;1;nein;Leber;21,5;;;A;x
18;28.01.2024;-9;nein;Hirn;8;Knochen;1,2,3;B;x
19;11.03.2024;0;ja;Herz;30;;;A;x
20;11.03.2024;7;ja;Leber;30;;;A;x
21;11.03.2024;0;;Leber;30;;;A;x
"""
MAPPING = """
format: {decimal: ",", dates: "%d.%m.%Y", missing: ["-9"], yes: ja, no: nein}
ignored: [Station]
tables:
  patients: {columns: {Fall: patient_id, Datum: assessed, ECOG: ecog, Diffus: diffuse_disease}}
  lesions:
    columns:
      Metastase {n} Organ: {field: organ, words: {Leber: liver, Hirn: brain, Knochen: bone}}
      Metastase {n} mm: {field: size_cm, unit: mm}
"""


@pytest.fixture
def export(tmp_path: Path) -> Path:
    (tmp_path / "export.csv").write_bytes(EXPORT.encode("windows-1252"))
    (tmp_path / "map.yaml").write_text(MAPPING, "utf-8")
    return tmp_path / "export.csv"


def assess(export: Path, *options: str, out: str = "out") -> int:
    mapping = str(export.parent / "map.yaml")
    return main(["cohort", "assess", str(export), "--mapping", mapping, "-o", str(export.parent / out), *options])


def rejects(export: Path) -> list[dict[str, str]]:
    with (export.parent / "out/rejects.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_rejects_name_the_cell_as_the_export_has_it(export: Path) -> None:
    assert assess(export) == 1
    found = [(r["file"], r["row"], r["patient_id"], r["field"], r["value"]) for r in rejects(export)]
    assert found == [
        ("export.csv", "3", "18", "Metastase 2 mm", "1,2,3"),
        ("export.csv", "4", "19", "Metastase 1 Organ", "Herz"),
        ("export.csv", "5", "20", "ECOG", "7"),
    ]
    assert pl.read_csv(export.parent / "out/answers.csv")["patient_id"].to_list() == [17, 21]


def test_the_summary_has_the_account_of_every_column(export: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assess(export)
    account = json.loads((export.parent / "out/summary.json").read_text("utf-8"))["mapping"]
    assert account["file"] == "map.yaml"
    (table,) = account["tables"]
    assert (table["file"], table["rows"], table["rows_not_taken"]) == ("export.csv", 5, 0)
    columns = {column.pop("column"): column for column in table["columns"]}
    assert list(columns) == EXPORT.splitlines()[0].split(";")
    assert columns["ECOG"] == {
        "fields": ["ecog"], "ignored": False, "filled": 5, "read": 5, "missing_codes": 1, "unmapped": {},
    }  # fmt: skip
    assert columns["Metastase 1 Organ"]["unmapped"] == {"Herz": 1}
    assert columns["Metastase 1 Organ"]["fields"] == ["lesion1_organ"]
    assert columns["Station"] == {
        "fields": [], "ignored": True, "filled": 5, "read": 0, "missing_codes": 0, "unmapped": {},
    }  # fmt: skip
    said = capsys.readouterr().err
    assert "not used: Name (list them under `ignored` to have this unsaid)" in said
    assert "Station" not in said
    assert "unmapped in Metastase 1 Organ: Herz 1 times" in said
    assert "unmapped in Metastase 2 mm: 1,2,3 1 times" in said


BY_EXCEPTION = {
    "by the command": (MAPPING, ["--by-exception"]),
    "by the mapping": (MAPPING.replace("patients: {", "patients: {constants: {charting: by_exception}, "), []),
}


@pytest.mark.parametrize("how", BY_EXCEPTION)
def test_where_empty_means_unremarkable_a_code_for_missing_is_unknown(how: str, export: Path) -> None:
    """Of diffuse disease an empty cell is unremarkable under charting by exception; that nobody knows is not."""
    mapping, options = BY_EXCEPTION[how]
    (export.parent / "map.yaml").write_text(mapping, "utf-8")
    export.write_text(EXPORT.replace("17;03.02.2024;1;nein", "17;03.02.2024;1;-9"), "utf-8")
    assert assess(export, *options) == 1
    answers = pl.read_csv(export.parent / "out/answers.csv")
    assumed = dict(answers.select("patient_id", pl.col("omd-state_assumes").fill_null("")).iter_rows())
    assert "diffuse_disease" in assumed[21]
    assert "diffuse_disease" not in assumed[17]


@pytest.mark.parametrize("engine", ["duckdb", "spark"])
def test_a_mapping_is_read_by_polars_alone(engine: str, export: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert assess(export, "--engine", engine) == 2
    assert "a mapping is read by polars alone" in capsys.readouterr().err
    assert not (export.parent / "out").exists()


@pytest.mark.parametrize("taken", ["export.csv", "map.yaml"])
def test_results_never_overwrite_what_is_read(taken: str, export: Path) -> None:
    folder = export.parent / "in"
    folder.mkdir()
    (folder / "answers.csv").write_bytes(export.read_bytes())
    (folder / "summary.json").write_text(MAPPING, "utf-8")
    source, mapping = (folder / "answers.csv", export.parent / "map.yaml")
    if taken == "map.yaml":
        source, mapping = export, folder / "summary.json"
    before = sorted((path.name, path.read_bytes()) for path in folder.iterdir())
    assert main(["cohort", "assess", str(source), "--mapping", str(mapping), "-o", str(folder)]) == 2
    assert sorted((path.name, path.read_bytes()) for path in folder.iterdir()) == before


def test_a_registry_larger_than_memory_is_mapped_alike(export: Path) -> None:
    import datetime

    from oligoscope.cohort.run import run_cohort
    from oligoscope.knowledge import load

    day, mapping = datetime.date(2026, 11, 20), export.parent / "map.yaml"
    for name, at_once in (("whole", 1_000_000), ("parts", 1)):
        run_cohort(export, export.parent / name, load(), day, mapping=mapping, at_once=at_once)
    for file in ("answers.csv", "rejects.csv", "summary.json"):
        assert (export.parent / "parts" / file).read_text() == (export.parent / "whole" / file).read_text()


def test_a_patient_without_an_id_is_left_out_once(export: Path, capsys: pytest.CaptureFixture[str]) -> None:
    export.write_text(EXPORT.replace("19;", ";"), "utf-8")
    assert assess(export) == 1
    assert "2 patients assessed, 4 entries rejected (3 patients left out)" in capsys.readouterr().err


def test_an_export_is_held_against_trials_as_well(export: Path) -> None:
    mapping, out = str(export.parent / "map.yaml"), export.parent / "matches.csv"
    assert main(["trials", "match", str(export), "--mapping", mapping, "-o", str(out)]) == 1
    assert pl.read_csv(out)["patient_id"].to_list() == [17, 21]
    rejected = pl.read_csv(export.parent / "matches-rejects.csv")
    assert rejected["field"].to_list() == ["Metastase 2 mm", "Metastase 1 Organ", "ECOG"]


# ---- repairs -------------------------------------------------------------------------------------


def corrected(folder: Path, corrections: dict[str, str], name: str = "corrected.csv") -> Path:
    """A run's repair file with corrections filled in, by what the cells hold."""
    repair = pl.read_csv(folder / "repair.csv", infer_schema=False)
    assert set(corrections) <= set(repair["value"])
    filled = pl.col("value").replace_strict(corrections, default=pl.col("correction"))
    repair.with_columns(filled.alias("correction")).write_csv(folder.parent / name)
    return folder.parent / name


def test_corrected_rejects_are_fed_back_until_none_is_left(export: Path) -> None:
    before = export.read_bytes()
    assert assess(export) == 1
    first = corrected(export.parent / "out", {"Herz": "Leber", "1,2,3": "12", "7": "9"})
    assert assess(export, "--repair", str(first)) == 1
    found = [(r["row"], r["field"], r["value"]) for r in rejects(export)]
    assert found == [("5", "ECOG", "9")]
    second = corrected(export.parent / "out", {"7": "1"}, "again.csv")
    assert assess(export, "--repair", str(second), out="last") == 0
    assert pl.read_csv(export.parent / "last/answers.csv")["patient_id"].to_list() == [17, 18, 19, 20, 21]
    assert export.read_bytes() == before
    mended = EXPORT.replace("Herz", "Leber").replace("1,2,3", "12").replace("11.03.2024;7", "11.03.2024;1")
    export.write_text(mended, "utf-8")
    assert assess(export, out="mended") == 0
    for name in ("answers.csv", "lesion_answers.csv"):
        assert (export.parent / "mended" / name).read_text() == (export.parent / "last" / name).read_text()


def test_a_registry_in_its_own_form_is_repaired_as_well(tmp_path: Path) -> None:
    flat = tmp_path / "flat.csv"
    flat.write_text("patient_id,ecog,lesion1_organ,lesion2_organ\na,1,liver,livr\nb,8,bone,\n", "utf-8")
    command = ["cohort", "assess", str(flat), "-o"]
    assert main([*command, str(tmp_path / "out")]) == 1
    repair = corrected(tmp_path / "out", {"livr": "lung", "8": "unknown"})
    assert main([*command, str(tmp_path / "again"), "--repair", str(repair)]) == 0
    assert pl.read_csv(tmp_path / "again/answers.csv")["patient_id"].to_list() == ["a", "b"]


def test_a_cell_that_a_spreadsheet_would_run_is_guarded_and_can_be_repaired(export: Path) -> None:
    export.write_text(EXPORT.replace("Herz", "=1+2"), "utf-8")
    assert assess(export) == 1
    assert "'=1+2" in {row["value"] for row in rejects(export)}
    repair = corrected(export.parent / "out", {"'=1+2": "Leber", "1,2,3": "12", "7": "1"})
    assert assess(export, "--repair", str(repair), out="again") == 0


WRONG_REPAIRS = {
    "the file has changed": ("export.csv,5,20,ECOG,6,,error,1", "the file has 7 in row 5, not 6"),
    "no such row": ("export.csv,50,20,ECOG,7,,error,1", "export.csv has no row 50"),
    "no such column": ("export.csv,5,20,EKOG,7,,error,1", "the file has no column EKOG"),
    "no such file": ("exports.csv,5,20,ECOG,7,,error,1", "no file exports.csv is read"),
    "no cell": ("export.csv,5,20,,7,,error,1", "this names no cell"),
    "twice": ("export.csv,5,20,ECOG,7,,error,1\nexport.csv,5,20,ECOG,7,,error,2", "corrected twice"),
}


@pytest.mark.parametrize("wrong", WRONG_REPAIRS)
def test_a_repair_that_does_not_fit_is_refused(wrong: str, export: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows, says = WRONG_REPAIRS[wrong]
    header = "file,row,patient_id,field,value,reason,severity,correction"
    (export.parent / "repair.csv").write_text(f"{header}\n{rows}\n", "utf-8")
    assert assess(export, "--repair", str(export.parent / "repair.csv")) == 2
    assert says in capsys.readouterr().err
    assert not (export.parent / "out").exists()


def test_rejects_without_the_column_are_no_repair(export: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert assess(export) == 1
    assert assess(export, "--repair", str(export.parent / "out/rejects.csv"), out="again") == 2
    assert "it has no column correction" in capsys.readouterr().err
