"""Several cases as the list of a tumour board's week, and one case as lines for a hospital record."""

from pathlib import Path

import pytest

from oligoscope.cli.main import main

BAD = "case: wrong\npatient: {ecog: 7}\n"


def test_each_case_has_its_sentence_and_its_stop_flags(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.yaml").write_text("case: Mrs A\ndiffuse_disease: true\nlesions_complete: true\nlesions: []\n")
    (tmp_path / "b.yaml").write_text("case: Mr B\nlesions_complete: true\nlesions: []\n")
    (tmp_path / "without-name.yaml").write_text("lesions: []\n")
    assert main(["board", str(tmp_path)]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "Tumour board, 3 cases" in text
    assert text.index("Mrs A") < text.index("STOP: Diffuse disease") < text.index("Mr B")
    assert text.count("STOP:") == 1
    assert "without-name · assessed" in text


def test_a_chart_that_cannot_be_read_leaves_the_others_on_the_list(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.yaml").write_text(BAD)
    (tmp_path / "b.yaml").write_text("case: Mr B\nlesions: []\n")
    assert main(["board", str(tmp_path)]) == 1
    out, err = capsys.readouterr()
    assert "Mr B" in out
    assert "Tumour board, 1 case " in out
    assert "a.yaml:2 patient.ecog" in err
    assert "1 cases listed, 1 cannot be read" in err


def test_nothing_to_list_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["board", str(tmp_path)]) == 2
    assert "no case file (.yaml, .yml, .json) is in this folder" in capsys.readouterr().err
    (tmp_path / "a.yaml").write_text(BAD)
    assert main(["board", str(tmp_path)]) == 2
    assert "none of these cases can be read" in capsys.readouterr().err


def test_the_page_of_a_week_lists_every_case(tmp_path: Path) -> None:
    page = tmp_path / "week.html"
    assert main(["board", "examples/complete.yaml", "examples/gaps.yaml", "--html", str(page)]) == 0
    text = page.read_text()
    assert text.index("<h2>complete") < text.index("<h2>gaps")
    assert text.count("Not a medical device") == 1


def test_lines_for_a_record_are_not_wrapped(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["assess", "examples/complete.yaml", "--plain"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("oligoscope 0.1.0, knowledge 2026.11, made ")
    assert lines[1] == "complete, assessed 2 May 2024"
    assert lines[2].startswith("De-novo metachronous oligoprogression, 3 lesions in 3 organs, under osimertinib: ")
    assert "Category and stage: M1c2, stage IVB [10,11]" in lines
    assert all(line == " ".join(line.split()) for line in lines)
