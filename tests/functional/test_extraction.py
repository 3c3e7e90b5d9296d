"""From a search to a changed pool: a made-up trial is imported, screened in, extracted by two people, and pooled."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from oligoscope.cli.main import main

SEARCH = """TY  - JOUR
TI  - A made-up randomised trial of ablation of all sites in oligometastatic lung cancer
AU  - Doe, Jane
JO  - J Made Up
PY  - 2026
DO  - 10.1234/madeup
AB  - We randomised 120 patients. It was a good trial. Progression-free survival was longer (hazard ratio 0.50, 95% CI 0.33-0.75). Follow-up goes on.
ER  -
"""
QUOTE = "Progression-free survival was longer (hazard ratio 0.50, 95% CI 0.33-0.75)."
ENTERED: dict[str, Any] = {
    "design": "randomised phase III",
    "allocation": "randomised",
    "arms": [{"id": "lat", "role": "experimental", "n": 60}, {"id": "control", "role": "control", "n": 60}],
    "results": [
        {
            "id": "pfs-hr", "report": "doe-2026", "endpoint": "PFS", "measure": "hazard_ratio",
            "comparison": "lat vs control", "value": 0.5, "interval": {"low": 0.33, "high": 0.75, "level": 0.95},
            "unit": "ratio", "locator": "abstract", "quote": QUOTE, "status": "seen",
        },
    ],
}  # fmt: skip


@pytest.fixture
def forms(tmp_path: Path) -> tuple[Path, Path]:
    """The forms of two people, filled in alike."""
    (tmp_path / "search.ris").write_text(SEARCH, "utf-8")
    store = str(tmp_path / "review.db")
    assert main(["literature", "import", str(tmp_path / "search.ris"), "--store", store]) == 0
    assert main(["literature", "screen", "--store", store, "--who", "jane", "--decide", "1=include"]) == 0
    found = []
    for who in ("jane", "bob"):
        assert main(["literature", "extract", "1", "--store", store, "-o", str(tmp_path / who)]) == 0
        form = tmp_path / who / "doe-2026.yaml"
        form.write_text(yaml.safe_dump(yaml.safe_load(form.read_text("utf-8")) | ENTERED), "utf-8")
        found.append(form)
    return found[0], found[1]


def compared(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = main(["literature", "compare", *map(str, words), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_a_form_says_what_the_record_says_and_no_number(tmp_path: Path) -> None:
    (tmp_path / "search.ris").write_text(SEARCH, "utf-8")
    store = str(tmp_path / "review.db")
    main(["literature", "import", str(tmp_path / "search.ris"), "--store", store])
    assert main(["literature", "extract", "1", "--store", store, "-o", str(tmp_path / "out")]) == 0
    form = tmp_path / "out/doe-2026.yaml"
    text = form.read_text("utf-8")
    content = yaml.safe_load(text)
    assert content["results"] == []
    assert content["reports"] == [
        {"id": "doe-2026", "citation": "Doe, Jane J Made Up 2026", "doi": "10.1234/madeup", "published": 2026}
    ]
    assert f"#   {QUOTE}" in text
    assert "It was a good trial" not in text, "a sentence without a number"
    assert main(["evidence", "show", "doe-2026", "--evidence", str(tmp_path / "out")]) == 0
    assert main(["literature", "extract", "1", "--store", store, "-o", str(tmp_path / "out")]) == 2, "never over it"
    assert form.read_text("utf-8") == text


def test_two_people_who_agree(forms: tuple[Path, Path], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, found = compared(capsys, *forms, "--store", tmp_path / "review.db", "--record", "1")
    assert (code, found["differences"], found["doubts"]) == (0, [], [])


def test_a_slip_is_shown_by_its_quote_and_by_the_other_person(
    forms: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    forms[1].write_text(forms[1].read_text("utf-8").replace("low: 0.33", "low: 0.03"), "utf-8")
    code, found = compared(capsys, *forms)
    assert code == 1
    assert [each["place"] for each in found["differences"]] == ["results.pfs-hr.interval"]
    assert [(Path(each["file"]).parent.name, each["problem"]) for each in found["doubts"]] == [
        ("bob", "0.03 does not stand in its quote")
    ]


def test_a_quote_that_is_not_in_the_abstract(
    forms: tuple[Path, Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    forms[0].write_text(forms[0].read_text("utf-8").replace("was longer", "was much longer"), "utf-8")
    code, found = compared(capsys, forms[0], "--store", tmp_path / "review.db", "--record", "1")
    assert (code, [each["problem"] for each in found["doubts"]]) == (1, ["its quote does not stand in the abstract"])


def test_what_was_extracted_moves_the_pool_and_the_drift(
    forms: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    def pooled(*more: str) -> dict[str, Any]:
        capsys.readouterr()
        assert main(["evidence", "pool", "--endpoint", "PFS", "--json", *more]) == 0
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    before, after = pooled(), pooled("--evidence", str(forms[0].parent))
    assert "doe-2026" in json.dumps(after)
    assert "doe-2026" not in json.dumps(before)
    assert before != after
    capsys.readouterr()
    assert main(["evidence", "drift", "--from", "2025-12-01", "--evidence", str(forms[0].parent)]) == 0
    drift = capsys.readouterr().out
    assert "PFS: 5 trials" in drift
    assert "6 trials" in drift
    assert "doe-2026" in drift
