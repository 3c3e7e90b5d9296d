"""What a title and abstract say of the review's criteria: right where it is answered, open where they are silent."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from oligoscope.errors import NotAllowed
from oligoscope.knowledge.pack import PACKAGED
from oligoscope.literature.inclusion import Told, answers, asked, spoken, told
from oligoscope.literature.record import Record
from oligoscope.tables.record import Record as CaseRecord
from tests.support.both_executors import Words, by_columns, by_reference

FILE = PACKAGED / "review" / "criteria.yaml"
ASKED = asked(FILE)
SAMPLE = Path(__file__).parents[2] / "data" / "screening" / "criteria.csv"


def read(abstract: str, title: str = "") -> dict[str, Told]:
    return {each.id: each for each in told(Record(title=title, abstract=abstract), ASKED)}


def words(abstract: str, title: str = "") -> dict[str, str]:
    return {name: each.word for name, each in read(abstract, title).items() if each.word != "unknown"}


def test_on_the_hand_read_sample_every_answer_is_right_and_the_answered_share_is_this() -> None:
    counts: Counter[tuple[str, str]] = Counter()
    wrong = []
    with SAMPLE.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found = read(row["abstract"], row["title"])
            for name in ("nsclc", "metastatic", "fewer-than-10", "all-treated", "outcome", "design"):
                counts[name, "decidable"] += row[name] != "unknown"
                counts[name, "answered"] += found[name].word != "unknown"
                if found[name].word not in ("unknown", row[name]):
                    wrong.append((row["record"], name, found[name].word, row[name]))
    assert wrong == []
    assert counts == {
        ("nsclc", "decidable"): 49, ("nsclc", "answered"): 29,
        ("metastatic", "decidable"): 19, ("metastatic", "answered"): 17,
        ("fewer-than-10", "decidable"): 0, ("fewer-than-10", "answered"): 0,
        ("all-treated", "decidable"): 0, ("all-treated", "answered"): 0,
        ("outcome", "decidable"): 23, ("outcome", "answered"): 23,
        ("design", "decidable"): 24, ("design", "answered"): 24,
    }  # fmt: skip


def test_a_silent_record_leaves_every_criterion_open() -> None:
    assert words("Patients were treated.") == {}
    assert words("") == {}
    assert list(read("")) == list(ASKED.entries)


@pytest.mark.parametrize(
    ("sentence", "most"),
    [
        ("Patients with up to three metastases were enrolled.", 3),
        ("Patients with 1-5 metastatic lesions were enrolled.", 5),
        ("Patients had five or fewer extracranial metastases.", 5),
        ("Oligometastatic disease (≤ 4 lesions) was required.", 4),
        ("No more than 9 metastases were allowed.", 9),
        ("Up to 10 metastases were allowed.", 10),
        ("Up to 12 metastatic lesions were allowed.", 12),
        ("Patients with 1 to 3 brain metastases were enrolled.", None),
        ("Patients with three metastases had a longer survival.", None),
        ("Up to 5 sites of progression were treated.", None),
        ("Patients had oligometastatic disease.", None),
        ("More than 10 metastatic lesions were excluded.", None),
    ],
)
def test_numbers_of_metastases_are_read_to_the_boundary(sentence: str, most: int | None) -> None:
    found = read(sentence)
    fewer = "unknown" if most is None else "met" if most < 10 else "failed"
    not_more = "unknown" if most is None else "met" if most <= 10 else "failed"
    assert (found["fewer-than-10"].word, found["not-more-than-10"].word) == (fewer, not_more)
    if most is not None:
        assert [(each.sentence, each.reads) for each in found["fewer-than-10"].spoken] == [(sentence, (most,))]


@pytest.mark.parametrize(
    ("sentence", "word"),
    [
        ("SABR to all metastatic sites was given.", "met"),
        ("All metastases were treated with radiotherapy.", "met"),
        ("Stereotactic radiotherapy was delivered to a single lesion.", "failed"),
        ("All lesions had to be amenable to radiotherapy.", "unknown"),
        ("Not all lesions were treated.", "unknown"),
        ("Response was measured in all lesions.", "unknown"),
    ],
)
def test_local_treatment_of_all_sites(sentence: str, word: str) -> None:
    assert read(sentence)["all-treated"].word == word


def test_sentences_that_differ_leave_it_open_and_both_are_shown() -> None:
    found = read("One group had stage IV disease. The other had locally advanced disease.")["metastatic"]
    assert found.word == "unknown"
    assert [each.reads for each in found.spoken] == [("metastatic",), ("none",)]
    # Two limits on the same side of the boundary settle it all the same.
    assert words("Up to 3 metastases in one cohort. Up to 5 metastases in the other.")["fewer-than-10"] == "met"


@pytest.mark.parametrize(
    ("abstract", "title", "found"),
    [
        ("", "Radiotherapy of metastatic non-small-cell lung cancer", {"nsclc": "met", "metastatic": "met"}),
        ("", "Radiotherapy of small-cell lung cancer", {"nsclc": "failed"}),
        ("As in breast cancer, it grew.", "Growth of lung cancer", {}),
        ("", "Non-small cell lung cancer and melanoma", {}),
        ("Histologically confirmed disease.", "", {"confirmed": "met"}),
        ("It was a non-randomised trial.", "", {}),
        ("Randomized trials were searched for.", "", {}),
        ("Patients were randomly assigned.", "", {"design": "met"}),
        ("We report a case.", "", {"design": "failed"}),
        ("It has been shown to improve overall survival.", "", {}),
        ("No evidence of distant metastases.", "", {"metastatic": "failed"}),
    ],
)
def test_what_a_sentence_reads_as_and_what_it_must_not(abstract: str, title: str, found: dict[str, str]) -> None:
    assert words(abstract, title) == found


def test_both_executors_judge_the_sample_alike() -> None:
    with SAMPLE.open(encoding="utf-8") as file:
        records = [Record(title=row["title"], abstract=row["abstract"]) for row in csv.DictReader(file)]
    records += [Record(abstract=f"Up to {most} metastases were all treated with SABR.") for most in (9, 10, 11)]
    charts = [CaseRecord(answers(spoken(each, ASKED), ASKED), {}) for each in records]
    words = Words({name: each.domain for name, each in ASKED.inputs.items()}, {}, {}, {})
    by_column = by_columns(words, words.reader(), [ASKED.table], charts)
    assert by_column == [by_reference([ASKED.table], chart) for chart in charts]
    reached = Counter(each[ASKED.table.name][0]["exclusion"]["value"] for each in by_column)
    assert reached["FAILS"] == 1


def test_a_file_of_criteria_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    for text in ("[]", "inputs: {}\ncriteria: [{id: a}]", FILE.read_text().replace("reads: nsclc", "reads: lung", 1)):
        path = tmp_path / "criteria.yaml"
        path.write_text(text)
        asked.cache_clear()
        with pytest.raises(NotAllowed, match=r"criteria\.yaml"):
            asked(path)
