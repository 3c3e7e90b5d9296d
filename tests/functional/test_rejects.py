"""What a registry may not say, row by row and file by file: every reason, with its place and the exit code."""

import csv
import datetime
import json
from pathlib import Path

import polars as pl
import pytest

from oligoscope.cli.main import main

GOOD = {"patient_id": "a", "assessed": "2024-05-02", "ecog": "1"}
LIMIT = 10_000
Row = dict[str, str]


def write(path: Path, rows: list[Row]) -> None:
    path.parent.mkdir(exist_ok=True)
    names = list(dict.fromkeys(key for row in rows for key in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)


def assess(source: Path, tmp_path: Path, *options: str) -> int:
    return main(["cohort", "assess", str(source), "-o", str(tmp_path / "out"), *options])


def rejects(tmp_path: Path) -> list[Row]:
    with (tmp_path / "out/rejects.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def answered(tmp_path: Path) -> list[str]:
    return pl.read_csv(tmp_path / "out/answers.csv", infer_schema=False)["patient_id"].to_list()


PATIENT_DEFECTS = {
    "no number": ({"ecog": "x"}, "ecog", "x", "one of 0, 1, 2, 3, 4"),
    "thousands of digits": ({"ecog": "9" * 5000}, "ecog", "9" * 5000, "one of 0, 1, 2, 3, 4"),
    "in the future": ({"assessed": "2999-01-01"}, "assessed", "2999-01-01", "this date is in the future"),
    "after the assessment": ({"omd_dx_date": "2025-01"}, "omd_dx_date", "2025-01", "after the assessment"),
    "a work-up after it": ({"staging_pet_ct": "2025-01-01"}, "staging_pet_ct", "2025-01-01", "after the assessment"),
    "before birth": (
        {"birth_date": "1990-01-01", "primary_dx_date": "1989-12"}, "primary_dx_date", "1989-12", "before birth",
    ),
    "effusion": (
        {"malignant_effusion": "true", "diffuse_disease": "no"}, "diffuse_disease", "no", "a malignant effusion",
    ),
    "complete without a list": ({"lesions_complete": "yes"}, "lesions_complete", "yes", "there is no list"),
    "words for a list": ({"systemic_therapy": "osimertinib"}, "systemic_therapy", "osimertinib", "none, [] or empty"),
}  # fmt: skip


@pytest.mark.parametrize("defect", PATIENT_DEFECTS)
def test_a_patients_defect_is_rejected_with_its_place(defect: str, tmp_path: Path) -> None:
    change, field, value, reason = PATIENT_DEFECTS[defect]
    write(tmp_path / "flat.csv", [GOOD, {**GOOD, "patient_id": "b", **change}])
    assert assess(tmp_path / "flat.csv", tmp_path) == 1
    (found,) = rejects(tmp_path)
    assert (found["file"], found["row"], found["patient_id"], found["field"]) == ("flat.csv", "3", "b", field)
    assert found["value"] == value
    assert reason in found["reason"]
    assert found["severity"] == "error"
    assert answered(tmp_path) == ["a"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [("=1+2", "'=1+2"), ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"), ("@SUM(1)", "'@SUM(1)"), ("+a", "'+a"),
     ("-a", "'-a"), ("-1", "-1"), ("+49", "+49"), ("a=1", "a=1")],
)  # fmt: skip
@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_a_spreadsheet_runs_nothing_that_was_rejected(value: str, shown: str, engine: str, tmp_path: Path) -> None:
    write(tmp_path / "flat.csv", [{**GOOD, "patient_id": "=1+1", "sex": value}])
    assert assess(tmp_path / "flat.csv", tmp_path, "--engine", engine) == 1
    assert [(r["patient_id"], r["value"]) for r in rejects(tmp_path)] == [("=1+1", shown)]


ITEM_DEFECTS = {
    "lesions": ({"organ": "livr"}, "organ", "livr", "liver"),
    "stops before it starts": ({"start": "2023-02", "stop": "2023-01-31"}, "stop", "2023-01-31", "before it starts"),
    "ongoing and stopped": (
        {"start": "2023-01-01", "stop": "2023-02-01", "ongoing": "true"}, "ongoing", "true", "said to be ongoing",
    ),
    "a late start": ({"start": "2024-06-01"}, "start", "2024-06-01", "after the assessment"),
    "local treatment": ({"date": "2999-01-01"}, "date", "2999-01-01", "in the future"),
    "outcomes": ({"endpoint": "OSS"}, "endpoint", "OSS", "OS = overall survival"),
}  # fmt: skip
LISTS = {"lesions": "lesions", "local treatment": "local_treatment", "outcomes": "outcomes"}


@pytest.mark.parametrize("defect", ITEM_DEFECTS)
@pytest.mark.parametrize("form", ["folder", "flat"])
def test_an_items_defect_is_rejected_with_its_place(defect: str, form: str, tmp_path: Path) -> None:
    change, field, value, reason = ITEM_DEFECTS[defect]
    name = LISTS.get(defect, "systemic_therapy")
    item = {"lesions": "lesion", "outcomes": "outcome"}.get(name, name)
    patients = [GOOD, {**GOOD, "patient_id": "b"}]
    if form == "folder":
        write(tmp_path / "reg/patients.csv", patients)
        write(tmp_path / f"reg/{name}.csv", [{"patient_id": "b", **change}])
        place = (f"{name}.csv", "2", field)
    else:
        patients[1] |= {f"{item}2_{key}": text for key, text in change.items()}
        write(tmp_path / "reg.csv", patients)
        place = ("reg.csv", "3", f"{item}2_{field}")
    assert assess(tmp_path / ("reg" if form == "folder" else "reg.csv"), tmp_path) == 1
    (found,) = rejects(tmp_path)
    assert (found["file"], found["row"], found["field"]) == place
    assert (found["patient_id"], found["value"]) == ("b", value)
    assert reason in found["reason"]
    assert answered(tmp_path) == ["a"]


def test_follow_up_may_lie_after_the_assessment(tmp_path: Path) -> None:
    write(tmp_path / "flat.csv", [{**GOOD, "local_treatment1_date": "2024-06-01", "outcome1_date": "2024-07-01"}])
    assert assess(tmp_path / "flat.csv", tmp_path) == 0


def test_ids_that_stand_twice_that_are_missing_and_that_nobody_has(tmp_path: Path) -> None:
    patients = [GOOD, {**GOOD, "patient_id": "b"}, {**GOOD, "patient_id": "b"}, {**GOOD, "patient_id": ""}]
    write(tmp_path / "reg/patients.csv", [*patients, {**GOOD, "patient_id": "c"}])
    lesions = [("c", "L1"), ("c", "L1"), ("z", "L1"), ("a", "unknown"), ("a", "unknown")]
    write(tmp_path / "reg/lesions.csv", [{"patient_id": p, "id": name, "organ": "bone"} for p, name in lesions])
    assert assess(tmp_path / "reg", tmp_path) == 1
    found = {(r["file"], r["row"], r["field"]): r["reason"] for r in rejects(tmp_path)}
    assert "several rows" in found["patients.csv", "3", "patient_id"]
    assert "several rows" in found["patients.csv", "4", "patient_id"]
    assert "needs a patient_id" in found["patients.csv", "5", "patient_id"]
    assert "used twice" in found["lesions.csv", "2", "id"]
    assert "used twice" in found["lesions.csv", "3", "id"]
    assert "no patient has this id" in found["lesions.csv", "4", "patient_id"]
    assert len(found) == 6
    assert answered(tmp_path) == ["a"]
    summary = json.loads((tmp_path / "out/summary.json").read_text())
    assert (summary["rows_rejected"], summary["patients_left_out"]) == (6, 3)


def test_a_list_that_is_too_long_is_rejected_once(tmp_path: Path) -> None:
    write(tmp_path / "reg/patients.csv", [GOOD])
    write(tmp_path / "reg/lesions.csv", [{"patient_id": "a", "organ": "bone"}] * (LIMIT + 1))
    assert assess(tmp_path / "reg", tmp_path) == 1
    assert [r["reason"] for r in rejects(tmp_path)] == [f"a patient may have at most {LIMIT} rows here"]


# ---- rows that cannot be read --------------------------------------------------------------------

HEAD = "patient_id,assessed,lesions_complete,lesion1_organ,lesion2_organ\n"


@pytest.mark.parametrize(
    ("text", "row", "reason"),
    [
        ("a,2024-05-02,true,liver,brain\nb,2024-05-02,true,brain\n", "3", "has 4 fields, the header has 5"),
        ("b,2024-05-02,true,brain,liver,bone\na,2024-05-02,true,liver,brain\n", "2", "has 6 fields"),
        ('a,2024-05-02,true,liver,brain\nb,2024-05-02,true,"bra"in,\n', "3", "cannot be read"),
    ],
)
def test_a_row_that_is_not_whole_is_never_half_read(text: str, row: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "flat.csv").write_text(HEAD + text)
    assert assess(tmp_path / "flat.csv", tmp_path) == 1
    (found,) = rejects(tmp_path)
    assert found["row"] == row
    assert reason in found["reason"]
    assert answered(tmp_path) == ["a"]


def test_a_broken_row_of_a_list_leaves_its_patient_out(tmp_path: Path) -> None:
    write(tmp_path / "reg/patients.csv", [GOOD, {**GOOD, "patient_id": "b"}])
    (tmp_path / "reg/lesions.csv").write_text("patient_id,id,organ\nb,L1\nb,L2,liver\n")
    assert assess(tmp_path / "reg", tmp_path) == 1
    assert [(r["patient_id"], r["value"]) for r in rejects(tmp_path)] == [("b", "b,L1")]
    assert answered(tmp_path) == ["a"]


def test_bytes_that_are_no_utf8_reject_their_row(tmp_path: Path) -> None:
    rows = b"a,2024-05-02,true,liver,\nM\xfcller,2024-05-02,true,brain,\n"
    (tmp_path / "flat.csv").write_bytes(HEAD.encode() + rows)
    assert assess(tmp_path / "flat.csv", tmp_path) == 1
    assert ["not UTF-8" in r["reason"] for r in rejects(tmp_path)] == [True]
    assert answered(tmp_path) == ["a"]


UNUSABLE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "no header"),
    "a newline": (b"\n", "no header"),
    "utf-16": ("patient_id,ecog\n".encode("utf-16"), "UTF-16"),
    "an open quote": (HEAD.encode() + b'a,"2024,true,,\nb,,,,\n', "quotation mark"),
    "semicolons": (b"patient_id;ecog\na;1\n", "separated by ';'"),
    "one column twice": (b"patient_id,ecog,ecog\na,1,2\n", "stands twice"),
    "one item twice": (b"patient_id,lesion1_organ,lesion01_organ\na,brain,lung\n", "same as lesion1_organ"),
}


@pytest.mark.parametrize("kind", UNUSABLE)
def test_a_file_that_cannot_be_used_is_refused(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content, word = UNUSABLE[kind]
    (tmp_path / "flat.csv").write_bytes(content)
    assert assess(tmp_path / "flat.csv", tmp_path) == 2
    assert word in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("content", [b"", b"patient_id,ecog\n", b"PAR1garbagePAR1"])
def test_a_broken_parquet_file_is_refused_in_a_line(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "flat.parquet").write_bytes(content)
    assert assess(tmp_path / "flat.parquet", tmp_path) == 2
    assert "not a whole Parquet file" in capsys.readouterr().err


def test_columns_of_lists_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pl.DataFrame({"patient_id": [["a"]], "ecog": [1]}).write_parquet(tmp_path / "flat.parquet")
    assert assess(tmp_path / "flat.parquet", tmp_path) == 2
    assert "this column holds List" in capsys.readouterr().err


def test_a_moment_at_midnight_is_a_date(tmp_path: Path) -> None:
    moments = [datetime.datetime(2024, 5, 2), datetime.datetime(2024, 5, 2, 11)]
    pl.DataFrame({"patient_id": [1, 2], "assessed": moments}).write_parquet(tmp_path / "flat.parquet")
    assert assess(tmp_path / "flat.parquet", tmp_path) == 1
    assert [(r["patient_id"], r["value"]) for r in rejects(tmp_path)] == [("2", "2024-05-02T11:00:00")]


def test_a_registry_of_which_nothing_is_accepted_says_why(tmp_path: Path) -> None:
    write(tmp_path / "flat.csv", [{**GOOD, "sex": "xx"}])
    assert assess(tmp_path / "flat.csv", tmp_path) == 1
    assert [r["field"] for r in rejects(tmp_path)] == ["sex"]
    assert answered(tmp_path) == []
    assert main(["trials", "match", str(tmp_path / "flat.csv"), "-o", str(tmp_path / "m.csv")]) == 1
    assert (tmp_path / "m-rejects.csv").exists()


# ---- paths ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.parametrize("command", ["assess", "match"])
def test_a_path_is_a_name_and_never_a_pattern(suffix: str, command: str, tmp_path: Path) -> None:
    for name, patient in (("reg[1]", "RIGHT"), ("reg1", "WRONG")):
        frame = pl.DataFrame([{**GOOD, "patient_id": patient}])
        path = tmp_path / f"{name}.{suffix}"
        frame.write_csv(path) if suffix == "csv" else frame.write_parquet(path)
    source = tmp_path / f"reg[1].{suffix}"
    if command == "assess":
        assert assess(source, tmp_path) == 0
        out = tmp_path / f"out/answers.{suffix}"
    else:
        out = tmp_path / "m[1].csv"
        assert main(["trials", "match", str(source), "-o", str(out)]) == 0
    frame = pl.read_parquet(out) if out.suffix == ".parquet" else pl.read_csv(out, glob=False)
    assert frame["patient_id"].to_list() == ["RIGHT"]


def test_results_never_overwrite_what_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "answers.csv", [GOOD])
    before = (tmp_path / "answers.csv").read_bytes()
    assert main(["cohort", "assess", str(tmp_path / "answers.csv"), "-o", str(tmp_path)]) == 2
    assert "overwrite" in capsys.readouterr().err
    assert main(["trials", "match", str(tmp_path / "answers.csv"), "-o", str(tmp_path / "answers.csv")]) == 2
    assert (tmp_path / "answers.csv").read_bytes() == before


def test_an_output_that_cannot_be_written_is_refused_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "flat.csv", [GOOD])
    for target in ("flat.csv", "flat.csv/x", "/dev/null"):
        assert main(["cohort", "assess", str(tmp_path / "flat.csv"), "-o", str(tmp_path / target)]) == 2
    assert main(["trials", "match", str(tmp_path / "flat.csv"), "-o", str(tmp_path)]) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["flat.csv"]


def test_results_of_another_format_do_not_stay_behind(tmp_path: Path) -> None:
    write(tmp_path / "flat.csv", [GOOD])
    pl.DataFrame([GOOD]).write_parquet(tmp_path / "flat.parquet")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine.txt").write_text("kept")
    for suffix in ("csv", "parquet"):
        assert assess(tmp_path / f"flat.{suffix}", tmp_path) == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "answers.parquet", "lesion_answers.parquet", "mine.txt", "rejects.csv", "summary.html", "summary.json",
    ]  # fmt: skip


def test_one_table_in_two_files_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "reg/patients.csv", [GOOD])
    pl.DataFrame([GOOD]).write_parquet(tmp_path / "reg/patients.parquet")
    assert assess(tmp_path / "reg", tmp_path) == 2
    assert "patients.csv and patients.parquet are both there" in capsys.readouterr().err
