"""What a registry's summary says of its lesions: how many each published dose fits, on every engine."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from oligoscope.cli.main import main

LESIONS = [
    {"patient_id": "a", "id": "L1", "organ": "adrenal", "size_cm": "2", "gi_structure_in_range": "false"},
    {"patient_id": "a", "id": "L2", "organ": "adrenal", "size_cm": "", "gi_structure_in_range": "false"},
    {"patient_id": "b", "id": "L1", "organ": "liver", "size_cm": "2", "response": "complete_response"},
    {"patient_id": "b", "id": "L2", "organ": "lung", "metastasis": "true", "zone": "ultracentral", "size_cm": "3"},
]


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    folder = tmp_path / "registry"
    folder.mkdir()
    patients = [{"patient_id": name, "assessed": "2024-05-02", "lesions_complete": "true"} for name in "ab"]
    for name, rows in (("patients", patients), ("lesions", LESIONS)):
        with (folder / f"{name}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(dict.fromkeys(key for row in rows for key in row)))
            writer.writeheader()
            writer.writerows(rows)
    return folder


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_the_share_of_lesions_per_dose(engine: str, registry: Path, tmp_path: Path) -> None:
    assert main(["cohort", "assess", str(registry), "-o", str(tmp_path / "out"), "--engine", engine]) == 0
    found: dict[str, Any] = json.loads((tmp_path / "out/summary.json").read_text())["items"]["lesions"]
    doses = found["options"]["sabr-regimen"]
    assert found["listed"] == 4
    assert doses["LV-4"] == {"certain": 2, "possible": 2}
    assert doses["LV-1-3fx"] == {"certain": 1, "possible": 2}
    assert doses["L-3b"] == {"certain": 1, "possible": 1}
    assert not {"COM-10-1fx", "L-2-8fx"} & set(doses)
    assert found["options"]["sabr-not-to-be-used"] == {name: {"certain": 1, "possible": 1} for name in ("L-3a", "L-5")}
    with (tmp_path / "out/lesion_answers.csv").open() as file:
        rows = {(row["patient_id"], row["lesion"]): row for row in csv.DictReader(file)}
    assert rows["a", "L2"]["sabr-regimen"] == "LV-4"
    assert rows["a", "L2"]["sabr-regimen_possible"] == "LV-1-1fx|LV-1-3fx|LV-1-4fx|LV-1-5fx|LV-4"
    assert rows["b", "L1"]["sabr-regimen_possible"] == ""


def test_the_page_has_the_doses_as_bars(registry: Path, tmp_path: Path) -> None:
    assert main(["cohort", "assess", str(registry), "-o", str(tmp_path / "out")]) == 0
    page = (tmp_path / "out/summary.html").read_text()
    assert "Of 4 listed lesions." in page
    assert "60 Gy in 8 fractions (7.5 Gy × 8), BED10 105 Gy: adrenal gland" in page


PLANS = [
    ("a", "L1", "sabr", "60", "8"),  # published for the adrenal gland
    ("a", "L2", "sabr", "50", "5"),  # its size is not known: may fit
    ("a", "L2", "sabr", "60", "7"),  # no size makes it fit
    ("a", "L1|L2", "sabr", "60", "8"),  # for both
    ("b", "L1", "sabr", "60", "8"),  # gone: nothing is published for it
    ("b", "L2", "sabr", "", "8"),  # no dose
    ("b", "L2", "", "60", "8"),  # may be of another technique
    ("b", "", "sabr", "60", "8"),  # of which lesion
    ("b", "L2", "radiotherapy", "30", "10"),  # published doses are not for it
    ("b", "primary", "sabr", "54", "3"),  # no lesion
]


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_the_share_of_plans_outside_every_source(engine: str, registry: Path, tmp_path: Path) -> None:
    with (registry / "planned_radiotherapy.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("patient_id", "lesions", "technique", "total_dose_gy", "fractions"), *PLANS])
    assert main(["cohort", "assess", str(registry), "-o", str(tmp_path / "out"), "--engine", engine]) == 0
    found = json.loads((tmp_path / "out/summary.json").read_text())["planned_doses"]
    assert found == {"planned": 8, "inside": 2, "outside": 2, "cannot_be_told": 4}
    assert "Of 8 planned courses." in (tmp_path / "out/summary.html").read_text()
