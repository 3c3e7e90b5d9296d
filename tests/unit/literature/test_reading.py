"""Files of records: every one is read, what is odd is named with its line, nothing is dropped in silence."""

import json
import re
import sqlite3
import zipfile
from pathlib import Path

import pytest
import rispy

from oligoscope.errors import NotAllowed
from oligoscope.literature.reading import Read, read, read_bytes
from tests.support.shared import shared


def of(text: str, name: str = "file.ris") -> Read:
    return read_bytes(text.encode(), name)


def said(found: Read) -> list[tuple[int, str]]:
    return [(each.line, each.text) for each in found.quirks]


RIS = """TY  - JOUR
TI  - Local therapy in a made-up trial
AU  - Doe, Jane
AU  - Roe, Richard
PY  - 2024/05/01
DO  - https://doi.org/10.1234/ABC.5
N2  - First line.
Second line, with no tag.
ER  -
"""


def test_a_ris_record_is_read_with_its_continued_lines() -> None:
    (record,) = of(RIS).records
    assert record.title == "Local therapy in a made-up trial"
    assert record.authors == ("Doe, Jane", "Roe, Richard")
    assert (record.year, record.doi, record.line) == (2024, "10.1234/abc.5", 1)
    assert record.abstract == "First line. Second line, with no tag."


def test_what_stands_between_records_is_named_with_its_line() -> None:
    found = of(f"{RIS}\nSearch strategy: lung AND metastases\nC1  - 5\n\n{RIS}")
    assert len(found.records) == 2
    assert said(found) == [
        (11, "text between records, not read: Search strategy: lung AND metastases"),
        (12, "C1 after the end of a record: kept with it (from line 1)"),
    ]
    assert found.records[0].fields["C1"] == ["5"]


def test_numbers_that_ovid_and_cochrane_print_above_records_are_no_oddity() -> None:
    found = of(f"1.\n{RIS}\nRecord #2 of 784\n{RIS}")
    assert len(found.records) == 2
    assert said(found) == []


def test_a_record_without_an_end_costs_no_other() -> None:
    open_one = RIS.replace("ER  -\n", "")
    found = of(open_one + RIS + open_one)
    assert len(found.records) == 3
    assert [line for line, _ in said(found)] == [9, 18]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_any_ending_of_lines_will_do(ending: str) -> None:
    assert len(of((RIS + RIS).replace("\n", ending)).records) == 2


def test_an_encoding_is_found_out_and_said() -> None:
    text = RIS.replace("Doe, Jane", "Müller, Zoé")
    western = read_bytes(text.encode("cp1252"), "a.ris")
    assert western.encoding == "cp1252"
    assert western.records[0].authors[0] == "Müller, Zoé"
    assert said(western) == [(3, "not UTF-8 from here on: read as cp1252; where names look wrong, give the encoding")]
    assert read_bytes(text.encode("utf-16"), "a.ris").records[0].authors[0] == "Müller, Zoé"
    assert read_bytes(text.encode("cp1252"), "a.ris", "latin-1").encoding == "latin-1"
    with pytest.raises(NotAllowed, match="encoding"):
        read_bytes(text.encode("cp1252"), "a.ris", "utf-8")


def test_the_other_tagged_forms_are_read() -> None:
    nbib = of(
        "PMID- 123\nTI  - A title that goes\n      on here\nLID - 10.1/x [pii]\nAID - 10.1234/y [doi]\nFAU - Doe, J\n"
        "SI  - ClinicalTrials.gov/NCT01234567\n\nPMID- 124\nTI  - Another\n",
        "x.nbib",
    )
    assert [(r.pmid, r.title, r.doi, r.registry) for r in nbib.records] == [
        ("123", "A title that goes on here", "10.1234/y", ("NCT01234567",)),
        ("124", "Another", "", ()),
    ]
    ciw = of("FN Clarivate\nVR 1.0\nPT J\nAU Doe, J\n   Roe, R\nTI A title\nDI 10.1234/z\nER\n\nEF\n", "x.ciw")
    assert [(r.title, r.authors, r.doi) for r in ciw.records] == [("A title", ("Doe, J", "Roe, R"), "10.1234/z")]
    endnote = of("%0 Journal Article\n%T One\n%A Doe, J\n%D 2020\n\n%0 Book\n%T Two\n", "x.enw")
    assert [(r.title, r.year) for r in endnote.records] == [("One", 2020), ("Two", None)]


def test_authors_of_medline_are_the_full_names_where_there_are_any() -> None:
    both, short = of(
        "PMID- 1\nTI  - One\nFAU - Doe, Jane\nAU  - Doe J\nFAU - Roe, Rita\nAU  - Roe R\n\n"
        "PMID- 2\nTI  - Two\nAU  - Doe J\nAU  - Roe R\n",
        "x.nbib",
    ).records
    assert (both.authors, short.authors) == (("Doe, Jane", "Roe, Rita"), ("Doe J", "Roe R"))


@pytest.mark.parametrize(
    ("days", "year"),
    [
        ("<study_first_submitted>May 2, 2019</study_first_submitted><start_date>June 2020</start_date>", 2019),
        ("<start_date>June 2020</start_date>", 2020),
        ("<study_first_submitted>May 2, 2019</study_first_submitted>", 2019),
        ("", None),
    ],
)
def test_a_registry_record_is_as_old_as_its_registration(days: str, year: int | None) -> None:
    text = f"<?xml version='1.0'?><clinical_study><brief_title>A</brief_title>{days}</clinical_study>"
    (record,) = of(text, "x.xml").records
    assert record.year == year


def test_a_page_of_europe_pmc_is_read_and_says_what_it_lacks() -> None:
    hits = [{"title": "One", "authorString": "Doe J, Roe R.", "pubYear": "2021", "pmid": "7"}, {"title": "Two"}]
    page = {"hitCount": 9, "resultList": {"result": hits}}
    found = of(json.dumps(page), "x.json")
    assert found.form == "Europe PMC JSON"
    assert [(r.title, r.authors, r.year, r.pmid) for r in found.records] == [
        ("One", ("Doe J", "Roe R"), 2021, "7"),
        ("Two", (), None, ""),
    ]
    assert said(found) == [(1, "2 of 9 hits: one page of several")]
    assert said(of(json.dumps({**page, "hitCount": 2}), "x.json")) == []


def test_a_broken_bibtex_entry_is_named_and_costs_no_other() -> None:
    found = of(
        "@article{one, title={One},\nfunding_text 1={x}}\n@article{two, title={Two\n@article{three, title={3}}\n"
    )
    assert [record.title for record in found.records] == ["One", "3"]
    assert [(each.line, each.text) for each in found.refused] == [(3, "the entry two is broken: not read")]


def test_a_table_is_read_with_its_labels() -> None:
    found = of("Title;Abstract;label_included\nOne;a;1\nTwo;b;0\nThree;c;\nFour;d;maybe;more\n", "x.csv")
    assert [(r.title, r.label, r.line) for r in found.records] == [
        ("One", True, 2),
        ("Two", False, 3),
        ("Three", None, 4),
        ("Four", None, 5),
    ]
    assert said(found) == [
        (1, "columns are divided by semicolons"),
        (5, "4 fields, where the heading has 3"),
        (5, "a label that is neither 1 nor 0: maybe"),
    ]


def test_entities_of_xml_are_refused_and_nothing_is_fetched() -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'
    (refused,) = of(bomb, "x.xml").refused
    assert "entities" in refused.text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<html><body>Sign in</body></html>", "a page of HTML"),
        ('{"esearchresult": {"count": "3", "idlist": ["1"]}}', "ids only"),
        ('{"studies": [{"protocolSection": {"identif', "broken JSON"),
        ("<PubmedArticleSet><PubmedArticle>", "broken XML"),
        ("", "empty"),
        ("just,some,columns\n1,2,3\n", "no column is known"),
    ],
)
def test_what_holds_no_records_says_so(text: str, reason: str) -> None:
    found = of(text, "x.txt")
    assert found.records == ()
    assert reason in found.refused[0].text


def test_a_page_of_a_registry_says_that_it_is_one_of_several() -> None:
    trial = {"protocolSection": {"identificationModule": {"nctId": "NCT01234567", "briefTitle": "T"}}}
    found = of(json.dumps({"studies": [trial], "totalCount": 30, "nextPageToken": "x"}), "x.json")
    assert found.records[0].registry == ("NCT01234567",)
    assert said(found) == [(1, "1 of 30 trials: one page of several, the others are not here")]


def test_an_asreview_project_keeps_labels_and_notes(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "results.db")
    database.executescript(
        "create table record (record_id integer, title text, abstract text, doi text);"
        "create table results (record_id integer, label integer, note text);"
        "insert into record values (0, 'One', 'a', '10.1234/a'), (1, 'Two', 'b', ''), (2, 'Three', 'c', '');"
        "insert into results values (0, 1, 'look again'), (2, 0, null);"
    )
    database.commit()
    database.close()
    with zipfile.ZipFile(tmp_path / "p.asreview", "w") as project:
        project.write(tmp_path / "results.db", "reviews/1/results.db")
        project.writestr("project.json", "{}")
    found = read(tmp_path / "p.asreview")
    assert [(r.title, r.label, r.notes) for r in found.records] == [
        ("One", True, ("look again",)),
        ("Two", None, ()),
        ("Three", False, ()),
    ]


COUNTED = {
    "RIS": rb"^(?:\xef\xbb\xbf)?TY {1,2}-",
    "NBIB": rb"^PMID ?- ",
    "Web of Science": rb"^PT [A-Z]",
    "BibTeX": rb"^@\w+\{",
    "PubMed XML": rb"<PubmedArticle[ >]",
    "EndNote XML": rb"<record>",
    "ClinicalTrials.gov JSON": rb'"protocolSection": ',
    "ClinicalTrials.gov XML": rb"<clinical_study ",
    "PubMed summaries (XML)": rb"<DocSum>",
}
HELD_OPEN = {"baseline_reference_types.ris", "baseline_tag_and_field_definitions.ris"}
"""Their lists of tags hold "TY" as a value, or begin without one."""


def test_every_file_of_other_tools_is_read_without_loss() -> None:
    place = shared("data/registries")
    held = {}
    for path in sorted(place.rglob("*")):
        if not path.is_file() or path.name in ("README.md", "MANIFEST.csv"):
            continue
        found = read(path)
        assert found.records or found.refused or found.quirks, path.name
        if found.form in COUNTED and path.name not in HELD_OPEN:
            held[path.name] = len(found.records)
            counted = len(re.findall(COUNTED[found.form], path.read_bytes(), re.MULTILINE))
            assert len(found.records) == counted, path.name
        assert all(each.line >= 1 and each.text for each in (*found.refused, *found.quirks))
    assert len(held) >= 75
    assert sum(held.values()) == 953  # Of the files as they were stored; each count is held to its own file above.


def test_ris_is_read_as_rispy_reads_it() -> None:
    compared = 0
    for path in sorted(shared("data/registries/citations").rglob("*.ris")):
        theirs, ours = rispy.loads(path.read_text("utf-8-sig")), read(path).records
        assert len(theirs) == len(ours), path.name
        for their, our in zip(theirs, ours, strict=True):
            title = " ".join((their.get("primary_title") or their.get("title") or "").split())
            if title and not {"T1", "TI"} <= our.fields.keys():
                assert title == our.title
                compared += 1
            if their.get("authors") and "A1" not in our.fields:
                assert tuple(" ".join(name.split()) for name in their["authors"]) == our.authors
    assert compared > 400
