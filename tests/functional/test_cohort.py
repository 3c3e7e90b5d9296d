"""The command for a registry: answers, rejects, summary, exit codes."""

import csv
import json
from pathlib import Path

import polars as pl
import pytest

from oligoscope.cli.main import main
from oligoscope.cohort.answers import cohort_columns
from oligoscope.knowledge import load
from oligoscope.tables.columnar import MOST_ITEMS

GOOD = {"patient_id": "a", "assessed": "2024-05-02", "ecog": "1", "staging_pet_ct": "done", "staging_brain_mri": "done"}


def write(path: Path, rows: list[dict[str, str]]) -> None:
    names = list(dict.fromkeys(key for row in rows for key in row))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)


def rejects(folder: Path) -> list[dict[str, str]]:
    with (folder / "rejects.csv").open() as file:
        return list(csv.DictReader(file))


def test_bad_rows_are_rejected_with_place_and_reason(tmp_path: Path) -> None:
    registry = tmp_path / "registry"
    registry.mkdir()
    patients = [
        GOOD,
        {**GOOD, "patient_id": "b", "ecog": "7"},
        {**GOOD, "patient_id": "c"},
        {**GOOD, "patient_id": "d"},
        {**GOOD, "patient_id": "d"},
        {**GOOD, "patient_id": ""},
    ]
    patients += [
        {**GOOD, "patient_id": "e", "omd_dx_date": "2025-01-01"},
        {**GOOD, "patient_id": "f", "diffuse_disease": "false", "malignant_effusion": "true"},
    ]
    write(registry / "patients.csv", patients)
    lesions = [
        {"patient_id": "a", "id": "L1", "organ": "liver"},
        {"patient_id": "c", "id": "L1", "organ": "livr"},
        {"patient_id": "z", "id": "L1", "organ": "liver"},
    ]
    write(registry / "lesions.csv", lesions)
    assert main(["cohort", "assess", str(registry), "-o", str(tmp_path / "out")]) == 1
    found = {(r["file"], r["row"], r["field"], r["value"]): r["reason"] for r in rejects(tmp_path / "out")}
    assert "0, 1, 2, 3, 4" in found[("patients.csv", "3", "ecog", "7")]
    assert "liver" in found[("lesions.csv", "3", "organ", "livr")]
    assert "no patient has this id" in found[("lesions.csv", "4", "patient_id", "z")]
    assert "several rows" in found[("patients.csv", "5", "patient_id", "d")]
    assert "several rows" in found[("patients.csv", "6", "patient_id", "d")]
    assert "needs a patient_id" in found[("patients.csv", "7", "patient_id", "")]
    assert "after the assessment" in found[("patients.csv", "8", "omd_dx_date", "2025-01-01")]
    assert "effusion" in found[("patients.csv", "9", "diffuse_disease", "false")]
    assert pl.read_csv(tmp_path / "out/answers.csv")["patient_id"].to_list() == ["a"]
    assert json.loads((tmp_path / "out/summary.json").read_text())["rows_rejected"] == 8


def test_a_flat_file_is_read_as_well(tmp_path: Path) -> None:
    flat = [
        {**GOOD, "lesion1_organ": "liver", "lesion1_size_cm": "2", "lesion2_organ": "brain", "lesion2_size_cm": ""},
        {**GOOD, "patient_id": "b", "lesion1_organ": ""},
    ]
    write(tmp_path / "flat.csv", flat)
    assert main(["cohort", "assess", str(tmp_path / "flat.csv"), "-o", str(tmp_path / "out")]) == 0
    answers = pl.read_csv(tmp_path / "out/answers.csv")
    assert answers.columns == cohort_columns(load())
    assert answers["m-category"].to_list() == ["M1c2", None]
    assert answers["omd-count-gate_possible"].to_list() == ["NOT_COUNTABLE|WITHIN", "NOT_COUNTABLE|NONE"]


def test_parquet_in_parquet_out_gives_the_same(tmp_path: Path) -> None:
    lesions = [{"patient_id": "a", "organ": "liver"}, {"patient_id": "a", "organ": "bone"}]
    for suffix in ("csv", "parquet"):
        folder = tmp_path / suffix
        folder.mkdir()
        frames = {"patients": pl.DataFrame([{**GOOD, "ecog": 1}]), "lesions": pl.DataFrame(lesions)}
        for name, frame in frames.items():
            frame.write_csv(folder / f"{name}.csv") if suffix == "csv" else frame.write_parquet(
                folder / f"{name}.parquet"
            )
        assert main(["cohort", "assess", str(folder), "-o", str(tmp_path / f"out-{suffix}")]) == 0
    left = pl.read_csv(tmp_path / "out-csv/answers.csv")
    right = pl.read_parquet(tmp_path / "out-parquet/answers.parquet")
    assert left["lat-candidacy_possible"].to_list() == right["lat-candidacy_possible"].to_list()
    assert left.columns == right.columns


def test_a_misspelt_column_stops_before_anything_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "flat.csv", [{**GOOD, "primary_m": "N0"}])
    assert main(["cohort", "assess", str(tmp_path / "flat.csv"), "-o", str(tmp_path / "out")]) == 2
    assert "primary_m" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert main(["cohort", "assess", str(tmp_path / "flat.csv"), "-o", str(tmp_path / "out"), "--extra-columns"]) == 0


def test_a_quote_left_open_in_the_header_is_told_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "flat.csv").write_text('patient_id,ecog,"sex,age\na,1,male,7"\nb,2,male\n')
    assert main(["cohort", "assess", str(tmp_path / "flat.csv"), "-o", str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert told.startswith("flat.csv sex,age\\na,1,male,7: there is no such column.")
    assert told.count("\n") == 1
    assert "Close the quote" in told


def test_a_missing_patient_id_and_a_missing_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "flat.csv", [{"ecog": "1"}])
    assert main(["cohort", "assess", str(tmp_path / "flat.csv"), "-o", str(tmp_path / "out")]) == 2
    assert "patient_id" in capsys.readouterr().err
    assert main(["cohort", "assess", str(tmp_path / "none.csv"), "-o", str(tmp_path / "out")]) == 2
    assert "no such file" in capsys.readouterr().err


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_the_template_is_an_empty_registry(suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cohort", "template", "-o", str(tmp_path / "t"), "--format", suffix]) == 0
    capsys.readouterr()
    assert (
        (tmp_path / "t/data_dictionary.csv").read_text().startswith("field,table,column,definition,unit,allowed,values")
    )
    assert main(["cohort", "assess", str(tmp_path / "t"), "-o", str(tmp_path / "out")]) == 0
    assert json.loads((tmp_path / "out/summary.json").read_text())["patients_assessed"] == 0


def test_batches_change_nothing(tmp_path: Path) -> None:
    from oligoscope.cohort.run import run_cohort

    rows = [
        {**GOOD, "patient_id": str(n), "ecog": str(n % 5), "lesion1_organ": ("liver", "brain", "")[n % 3]}
        for n in range(50)
    ]
    write(tmp_path / "flat.csv", rows)
    import datetime

    for name, size in (("one", 1000), ("many", 7)):
        assert (
            run_cohort(
                tmp_path / "flat.csv", tmp_path / name, load(), datetime.date(2026, 1, 1), at_once=size
            ).summary.n_rejected
            == 0
        )
    assert (tmp_path / "one/answers.csv").read_text() == (tmp_path / "many/answers.csv").read_text()
    assert (tmp_path / "one/summary.json").read_text() == (tmp_path / "many/summary.json").read_text()


def test_odd_ids_and_both_formats_survive_batches(tmp_path: Path) -> None:
    import datetime

    from oligoscope.cohort.run import run_cohort

    ids = ["plain", "a,b", 'say "x"', "two\nlines", "ümlaut", " space "]
    rows = [
        {**GOOD, "patient_id": name, "ecog": str(n % 5), "lesion1_organ": ("liver", "brain")[n % 2]}
        for n, name in enumerate(ids)
    ]
    frame = pl.DataFrame(rows)
    frame.write_csv(tmp_path / "flat.csv")
    frame.write_parquet(tmp_path / "flat.parquet")
    for suffix in ("csv", "parquet"):
        assert (
            run_cohort(
                tmp_path / f"flat.{suffix}", tmp_path / suffix, load(), datetime.date(2026, 1, 1), at_once=2
            ).summary.n_rejected
            == 0
        )
    text = pl.read_csv(tmp_path / "csv/answers.csv", infer_schema=False)
    columns = pl.read_parquet(tmp_path / "parquet/answers.parquet")
    assert text["patient_id"].to_list() == columns["patient_id"].to_list() == ids
    assert text.columns == columns.columns
    for name in text.columns:
        if not name.endswith(("_low", "_high")):
            assert text[name].fill_null("").to_list() == columns[name].fill_null("").to_list()


def lists_of(n_patients: int) -> tuple[list[dict[str, str]], list[dict[str, str]], list[dict[str, str]]]:
    patients = [{**GOOD, "patient_id": f"p{n}"} for n in range(n_patients)]
    lesions = [
        {
            "patient_id": f"p{n}",
            "id": f"L{k}",
            "organ": ("liver", "brain", "bone")[(n + k) % 3],
            "size_cm": str(1 + (n * k) % 4),
        }
        for n in range(n_patients)
        for k in range(n % 4)
    ]
    therapies = [
        {"patient_id": f"p{n}", "class": ("chemotherapy", "immunotherapy")[k % 2], "start": f"2023-0{k + 1}-01"}
        for n in range(n_patients)
        for k in range(n % 3)
    ]
    return patients, lesions, therapies


def test_the_order_of_a_lists_patients_changes_nothing(tmp_path: Path) -> None:
    patients, lesions, therapies = lists_of(30)
    mixed = sorted(lesions, key=lambda row: (row["id"], row["patient_id"][::-1]))
    shuffled = sorted(therapies, key=lambda row: (row["start"], row["patient_id"][::-1]))
    for name, files in (("in-order", (patients, lesions, therapies)), ("mixed", (patients, mixed, shuffled))):
        (tmp_path / name).mkdir()
        for file, rows in zip(("patients", "lesions", "systemic_therapy"), files, strict=True):
            write(tmp_path / name / f"{file}.csv", rows)
        assert main(["cohort", "assess", str(tmp_path / name), "-o", str(tmp_path / f"{name}-out")]) == 0
    assert (tmp_path / "in-order-out/answers.csv").read_text() == (tmp_path / "mixed-out/answers.csv").read_text()


def test_doubles_are_found_in_any_order_and_lists_have_an_end(tmp_path: Path) -> None:
    patients, lesions, _ = lists_of(6)
    registry = tmp_path / "registry"
    registry.mkdir()
    write(registry / "patients.csv", [*patients[::-1], patients[2], {**GOOD, "patient_id": "long"}])
    write(
        registry / "lesions.csv",
        [
            *lesions,
            lesions[0],
            *({"patient_id": "long", "id": f"L{k}", "organ": "bone"} for k in range(MOST_ITEMS + 1)),
        ],
    )
    assert main(["cohort", "assess", str(registry), "-o", str(tmp_path / "out")]) == 1
    found = [(r["file"], r["field"], r["value"]) for r in rejects(tmp_path / "out")]
    assert found.count(("patients.csv", "patient_id", "p2")) == 2
    assert found.count(("lesions.csv", "id", lesions[0]["id"])) == 2
    assert found.count(("lesions.csv", "patient_id", "long")) == 1
    assert len(found) == 5
    assert set(pl.read_csv(tmp_path / "out/answers.csv")["patient_id"]) == {"p0", "p3", "p4", "p5"}
