"""Whose answer or stated evidence changed: cases and a registry say the same, between days and between releases."""

import csv
from pathlib import Path

import pytest

from oligoscope import api
from oligoscope.cli.main import main

PATIENTS = """patient_id,assessed,ecog,all_sites_treatable,lesions_complete,hist_polymetastatic,diffuse_disease,symptomatic_site
a,2024-05-02,1,true,true,false,false,true
b,2024-05-02,4,false,true,false,false,true
"""
LESIONS = """patient_id,id,organ,response
a,L1,adrenal,new
b,L1,brain,stable
b,L2,bone,progression
"""
OURS = """change: lat-candidacy
rules:
  - {id: MINE, before: CAND-0, when: {all_sites_treatable: false, symptomatic_site: true}, then: DEFER, cites: [jang-2014], status: seen}
"""


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Cases, the same as a registry, and a pack that changes a rule."""
    cases, registry, pack = (tmp_path / name for name in ("cases", "registry", "ours"))
    for folder in (cases, registry, pack / "tables"):
        folder.mkdir(parents=True)
    (registry / "patients.csv").write_text(PATIENTS, encoding="utf-8")
    (registry / "lesions.csv").write_text(LESIONS, encoding="utf-8")
    lesions = list(csv.DictReader(LESIONS.splitlines()))
    for row in csv.DictReader(PATIENTS.splitlines()):
        own = [
            f"  - {{id: {x['id']}, organ: {x['organ']}, response: {x['response']}}}"
            for x in lesions
            if x["patient_id"] == row["patient_id"]
        ]
        (cases / f"{row['patient_id']}.yaml").write_text(
            f"case: {row['patient_id']}\nassessed: {row['assessed']}\n"
            f"patient: {{ecog: {row['ecog']}, hist_polymetastatic: false, symptomatic_site: true}}\n"
            f"all_sites_treatable: {row['all_sites_treatable']}\nlesions_complete: true\ndiffuse_disease: false\nlesions:\n"
            + "\n".join(own)
            + "\n",
            encoding="utf-8",
        )
    (pack / "release.yaml").write_text(
        'id: ours\ntitle: Ours\nversion: "1"\ndate: 2026-11-20\nrequires: {om_nsclc: "2026.11"}\n', encoding="utf-8"
    )
    (pack / "tables/lat-candidacy.yaml").write_text(OURS, encoding="utf-8")
    return cases, registry, pack


def test_cases_and_registry_say_the_same_of_two_days(places: tuple[Path, Path, Path]) -> None:
    cases, registry, _ = places
    single = api.drift_of(cases, "2022-09-01", "2026-11-01").found
    many = api.drift_of(registry, "2022-09-01", "2026-11-01", registry=True).found
    assert single.moved
    assert sorted(single.moved) == sorted(many.moved)
    assert single.counts() == many.counts()
    dates = {study.study: study.published for study in api.load_knowledge().evidence.studies()}
    assert all("2022-09-01" < dates[name] <= "2026-11-01" for each in single.moved for name in each.because)


def test_cases_and_registry_say_the_same_of_two_releases(places: tuple[Path, Path, Path]) -> None:
    cases, registry, pack = places
    single = api.drift_of(cases, release=pack).found
    many = api.drift_of(registry, release=pack, registry=True).found
    changed = [each for each in single.moved if each.table == "lat-candidacy"]
    assert [(each.who, each.before, each.after) for each in changed] == [("b", "DEFER", "NOT_A_CANDIDATE")]
    assert changed[0].because == ("astro-estro-2023",)
    assert sorted(single.moved) == sorted(many.moved)


def test_nothing_changes_within_one_day_or_under_the_same_release(places: tuple[Path, Path, Path]) -> None:
    cases, _, _ = places
    assert api.drift_of(cases, "2026-11-01", "2026-11-01").found.moved == ()


def test_the_command_writes_rows_and_a_page(
    places: tuple[Path, Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    _, registry, _ = places
    rows, page = registry.parent / "changed.csv", registry.parent / "drift.html"
    asked = [
        "evidence",
        "drift",
        "--registry",
        str(registry),
        "--to",
        "2026-11-01",
        "-o",
        str(rows),
        "--html",
        str(page),
    ]
    assert main(asked) == 0
    told = capsys.readouterr().out
    read = list(csv.DictReader(rows.read_text("utf-8").splitlines()))
    assert {row["patient_id"] for row in read} == {"a", "b"}
    assert "2 of 2 patients changed" in told
    assert "2 of 2 patients changed" in page.read_text("utf-8")


def test_what_needs_patients_is_refused_without(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evidence", "drift", "--release", "ours"]) == 2
    assert "--cases or --registry" in capsys.readouterr().err


def test_a_rejected_row_is_said_and_not_counted(
    places: tuple[Path, Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    _, registry, _ = places
    with (registry / "patients.csv").open("a", encoding="utf-8") as file:
        file.write("c,2024-05-02,9,true,true,false,false,true\n")
    assert main(["evidence", "drift", "--registry", str(registry), "--to", "2026-11-01"]) == 1
    told = capsys.readouterr().out
    assert "of 2 patients" in told
    assert "not counted: 1 entry was rejected" in told


def test_a_case_that_cannot_be_read_is_named_and_the_others_are_told(
    places: tuple[Path, Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    cases, _, _ = places
    (cases / "c.yaml").write_text("patient: {ecog: 9}\n", encoding="utf-8")
    assert main(["evidence", "drift", "--cases", str(cases), "--to", "2026-11-01"]) == 1
    told = capsys.readouterr().out
    assert "2 of 2 patients changed" in told
    assert "not counted: c.yaml:1 patient.ecog: 9 is not allowed" in told
    for name in ("a", "b"):
        (cases / f"{name}.yaml").unlink()
    assert main(["evidence", "drift", "--cases", str(cases), "--to", "2026-11-01"]) == 2
    assert "patient.ecog" in capsys.readouterr().err
