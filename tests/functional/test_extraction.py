"""From a search to a changed pool: a made-up trial is imported, screened in, extracted by two people, and pooled."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from oligoscope.api import literature
from oligoscope.cli.main import main
from oligoscope.errors import OligoscopeError
from oligoscope.literature.paper import misplaced, pages_of, sentences_of
from tests.support.papers import pdf

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
    assert [each["place"] for each in found["differences"]] == ["results.pfs-hr.interval.low"]
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


# ---- the PDF of a report -------------------------------------------------------------------------

PAPER = [
    [
        (50, 700, "We randomised 120 patients to two"), (50, 688, "arms. It was a good trial. Progression-"),
        (50, 676, "free survival was longer (hazard ratio"), (50, 664, "0.50, 95% CI 0.33\u20130.75)."),
        (320, 700, "The trial of 2019 had 49 patients. Over-"), (320, 688, "all survival was alike in both."),
    ],
    [(50, 700, "Median progression-free survival was"), (50, 688, "11.9 months. Follow-up goes on."), (50, 600, "References"),
     (50, 580, "1. Doe J. A trial. 2012. 3-13.")],
    [],
]  # fmt: skip


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    path = tmp_path / "paper.pdf"
    path.write_bytes(pdf(PAPER))
    return path


def test_sentences_of_a_pdf_have_their_pages_and_keep_to_their_columns(paper: Path) -> None:
    assert list(sentences_of(pages_of(paper))) == [
        (1, "We randomised 120 patients to two arms."),
        (1, "It was a good trial."),
        (1, "Progression-free survival was longer (hazard ratio 0.50, 95% CI 0.33\u20130.75)."),
        (1, "The trial of 2019 had 49 patients."),
        (1, "Overall survival was alike in both."),
        (2, "Median progression-free survival was 11.9 months."),
        (2, "Follow-up goes on."),
    ]


def test_the_form_shows_what_the_pdf_says_with_numbers_and_enters_none(tmp_path: Path, paper: Path) -> None:
    (tmp_path / "search.ris").write_text(SEARCH, "utf-8")
    store, out = str(tmp_path / "review.db"), str(tmp_path / "jane")
    assert main(["literature", "import", str(tmp_path / "search.ris"), "--store", store]) == 0
    assert main(["literature", "extract", "1", "--store", store, "-o", out, "--pdf", str(paper)]) == 0
    text = (tmp_path / "jane" / "doe-2026.yaml").read_text("utf-8")
    shown = [line for line in text.splitlines() if line.startswith("#   page")]
    assert shown == [
        "#   page 1: We randomised 120 patients to two arms.",
        "#   page 1: Progression-free survival was longer (hazard ratio 0.50, 95% CI 0.33\u20130.75).",
        "#   page 1: The trial of 2019 had 49 patients.",
        "#   page 2: Median progression-free survival was 11.9 months.",
        "#   page 3 has no text: look at it",
    ]
    entered = yaml.safe_load(text)
    assert entered["results"] == []
    assert "arms" not in entered


@pytest.mark.parametrize(
    ("quote", "locator", "problem"),
    [
        (QUOTE, "page 1", ""),
        (QUOTE, "p. 1, table 2", ""),
        (QUOTE, "abstract", ""),
        ("The trial of 2019 had 49 patients. Overall survival was alike", "page 1", ""),
        ("two The trial", "page 1", ""),  # As the page is laid out, across its columns.
        ("CI 0.33-0.75", "page 1", ""),
        (QUOTE, "page 2", "its quote stands on page 1 of the PDF, not on page 2"),
        (QUOTE, "pages 1-2", ""),
        ("alike in both. Median progression-free survival was 11.9 months", "pages 1-2", ""),
        (QUOTE, "page 3", "its quote stands on page 1 of the PDF, not on page 3"),
        ("no such words", "page 3", "its quote does not stand on page 3 of the PDF, which has no text: look at it"),
        (QUOTE, "page 9", "page 9 is none of the PDF, which has 3"),
        (QUOTE.replace("0.50", "0.55"), "page 1", "its quote does not stand on page 1 of the PDF"),
        ("We randomised 12 0 patients", "page 1", "its quote does not stand on page 1 of the PDF"),
        ("0.330.75", "abstract", "its quote does not stand in the PDF"),
        ("2012. 313.", "page 2", "its quote does not stand on page 2 of the PDF"),
    ],
)
def test_a_quote_is_held_against_the_page_it_names(paper: Path, quote: str, locator: str, problem: str) -> None:
    assert misplaced(quote, locator, pages_of(paper)) == problem


def test_compare_says_which_quote_is_not_on_its_page(
    forms: tuple[Path, Path], paper: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jane, bob = forms
    content = yaml.safe_load(bob.read_text("utf-8"))
    content["results"][0]["locator"] = "page 2, figure 1"
    bob.write_text(yaml.safe_dump(content), "utf-8")
    code, told = compared(capsys, jane, bob, "--pdf", paper)
    assert code == 1
    assert told["doubts"] == [{
        "file": str(bob), "result": "pfs-hr", "problem": "its quote stands on page 1 of the PDF, not on page 2",
    }]  # fmt: skip


def test_what_is_no_pdf_or_has_no_text_is_refused(tmp_path: Path, forms: tuple[Path, Path]) -> None:
    (tmp_path / "scan.pdf").write_bytes(pdf([[], []]))
    (tmp_path / "page.pdf").write_text("<html>Sign in to read</html>")
    for name, words in (("scan.pdf", "pictures only"), ("page.pdf", "cannot be read"), ("none.pdf", "cannot be read")):
        with pytest.raises(OligoscopeError, match=words):
            literature.compare(forms[0], pdf=tmp_path / name)
