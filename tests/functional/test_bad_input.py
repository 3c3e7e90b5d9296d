"""Wrong input gets an error that names field, value, what is allowed and the nearest spelling; never a traceback."""

from pathlib import Path

import pytest

from oligoscope.cli.main import main

BAD = {
    "ecog": ("patient: {ecog: 7}", ["patient.ecog", "7", "0, 1, 2, 3, 4"]),
    "kps": ("patient: {kps: 55}", ["patient.kps", "55", "10, 20", '"50..60"']),
    "dead": ("patient: {kps: 0}", ["patient.kps", "dead"]),
    "negative size": (
        "lesions:\n  - {id: L1, organ: brain, size_cm: -2}",
        ["case.yaml:2", "lesions[0].size_cm", "-2", "more than 0"],
    ),
    "future date": ("patient: {omd_dx_date: 2099-01-01}", ["patient.omd_dx_date", "2099-01-01", "future"]),
    "impossible date": ("patient: {omd_dx_date: 2023-02-30}", ["patient.omd_dx_date", "2023-02-30", "ISO 8601"]),
    "unknown organ": ("lesions: [{organ: livr}]", ["lesions[0].organ", "'livr'", "liver; adrenal = adrenal gland"]),
    "misspelt key": (
        "patient:\n  hist_polimetastatic: true",
        ["case.yaml:2", "patient.hist_polimetastatic", "did you mean hist_polymetastatic"],
    ),
    "key in the wrong place": ("ecog: 1", ["ecog", "belongs at patient.ecog"]),
    "key written twice": ("patient: {ecog: 1}\npatient: {ecog: 2}", ["patient", "twice"]),
    "lesion id twice": (
        "lesions:\n  - {id: L1, organ: brain}\n  - {id: L1, organ: liver}",
        ["case.yaml:3", "lesions[1].id", "'L1'", "twice"],
    ),
    "text for a number": ("patient: {age: sixty}", ["patient.age", "'sixty'", "whole number of years"]),
    "not YAML": ("a: [b", ["not YAML"]),
    "empty": ("", ["no case"]),
    "a list": ("- 1", ["no case"]),
    "a bare word": ("hello", ["no case"]),
    "not a section": ("patient: 3", ["patient", "section"]),
    "a section where a value stands": ("lesions_complete: {}", ["lesions_complete", "true, false"]),
    "entries where a value stands": ("case: {a: 1}", ["case", "text"]),
    "not a list": ("lesions: 3", ["lesions", "not a list"]),
    "a number that is none": ("patient: {age: .nan}", ["patient.age", "nan"]),
    "effusion without diffuse disease": (
        "diffuse_disease: false\nmalignant_effusion: true",
        ["diffuse_disease", "effusion"],
    ),
    "complete list without a list": ("lesions_complete: true", ["lesions_complete", "no list"]),
    "stops before it starts": (
        "systemic_therapy: [{start: 2023-05, stop: 2023-04-30}]",
        ["systemic_therapy[0].stop", "2023-04-30"],
    ),
    "assessed in the future": ("assessed: 2099-01-01", ["assessed", "future"]),
}


@pytest.mark.parametrize("name", BAD)
def test_a_wrong_value_is_named(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, words = BAD[name]
    path = tmp_path / "case.yaml"
    path.write_text(text)
    assert main(["assess", str(path)]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert [word for word in words if word.lower() not in printed.err.lower()] == []


def test_all_problems_are_reported_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "case.yaml"
    path.write_text("patient:\n  ecog: 9\n  kps: 55\n")
    assert main(["assess", str(path)]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 2


def test_a_missing_file_and_an_unreadable_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["assess", str(tmp_path / "none.yaml")]) == 2
    assert "no such file" in capsys.readouterr().err
    (tmp_path / "binary.yaml").write_bytes(b"\x00\x01\xff")
    assert main(["assess", str(tmp_path / "binary.yaml")]) == 2
    assert "cannot be read as text" in capsys.readouterr().err


def test_unknown_tables_fields_and_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    case = str(Path(__file__).parents[2] / "examples/complete.yaml")
    assert main(["explain", case, "omd-stat"]) == 2
    assert "Did you mean omd-state" in capsys.readouterr().err
    assert main(["what-if", case, "ecogg=2"]) == 2
    assert "Did you mean ecog" in capsys.readouterr().err
    assert main(["assess", case, "--set", "max_lesions=4"]) == 2
    assert "max_lesions = 4 is not allowed" in capsys.readouterr().err
    assert main(["evidence", "show", "ashworth"]) == 2
    assert "did you mean ashworth-2014" in capsys.readouterr().err
