"""What a sentence of a trial's record reads as, to the boundary; and what it must not read as."""

import pytest

from oligoscope.knowledge import load
from oligoscope.knowledge.pack import PACKAGED
from oligoscope.literature.criteria import Criterion, plain, read_bounds, read_criteria, readings
from oligoscope.tables.conditions import read_condition

KNOWN = readings(PACKAGED / "review" / "eligibility.yaml")


def read(sentence: str, part: str = "Inclusion") -> dict[str, str]:
    found = read_criteria(f"{part} Criteria:\n\n* {sentence}", KNOWN)
    assert {each.sentence for each in found} == {sentence}, "a sentence is never lost, nor changed"
    return {each.field: each.test for each in found if each.field}


@pytest.mark.parametrize(
    ("sentence", "tests"),
    [
        ("Age ≥ 18 years", {"age_years": ">= 18"}),
        (r"Age \>= 18 years at time of study entry", {"age_years": ">= 18"}),
        ("Age > 18 years", {"age_years": "> 18"}),
        ("Patients must be at least 18 years of age.", {"age_years": ">= 18"}),
        ("Male or female, aged 18 years or older", {}),
        ("18 years of age or older", {"age_years": ">= 18"}),
        ("Aged 18 to 75 years", {"age_years": "[18..75]"}),
        ("Age greater than or equal to 18 years and less than or equal to 72 years", {"age_years": "[18..72]"}),
        ("ECOG performance status 0-1", {"ecog_used": "<= 1"}),
        ("ECOG 0, 1 or 2", {"ecog_used": "<= 2"}),
        ("Eastern Cooperative Oncology Group (ECOG) performance status ≤ 2", {"ecog_used": "<= 2"}),
        ("Eastern Cooperative Oncology Group (ECOG) performance status < 2", {"ecog_used": "< 2"}),
        ("ECOG PS of 2 or less within 28 days prior to registration", {"ecog_used": "<= 2"}),
        ("Karnofsky performance status ≥ 70 %", {"kps_used": ">= 70"}),
        ("Life expectancy of at least 6 months", {"life_expectancy_months": ">= 6"}),
        ("Life expectancy > 3 months, in the opinion of the investigator", {"life_expectancy_months": "> 3"}),
        ("1 to 5 metastases", {"n_metastases": "[1..5]"}),
        ("Up to three (3) metastatic lesions", {"n_metastases": "<= 3"}),
        ("Five or fewer metastatic sites", {"n_metastases": "<= 5"}),
        ("1-3 extracranial metastases", {"n_extracranial_metastases": "[1..3]"}),
        ("At most 4 brain metastases", {"n_brain_metastases": "<= 4"}),
        ("No brain metastases", {"n_brain_metastases": "0"}),
        # Every histology of the vocabulary is one of NSCLC ("other" too), and stage IV may be an effusion alone.
        ("Histologically or cytologically confirmed non-small cell lung cancer (NSCLC)", {}),
        ("Histologically confirmed stage IV NSCLC", {}),
    ],
)
def test_a_plain_sentence_reads_as_its_test(sentence: str, tests: dict[str, str]) -> None:
    assert read(sentence) == tests


@pytest.mark.parametrize(
    ("sentence", "tests"),
    [
        ("Brain metastases", {"n_brain_metastases": "0"}),
        ("Known brain metastases.", {"n_brain_metastases": "0"}),
        ("More than 5 metastases", {"n_metastases": "<= 5"}),
        ("> 3 brain metastases", {"n_brain_metastases": "<= 3"}),
        ("ECOG performance status > 1", {"ecog_used": "<= 1"}),
        ("ECOG performance status ≥ 2", {"ecog_used": "< 2"}),
        ("Patients under 18 years of age", {"age_years": ">= 18"}),
        ("Karnofsky performance status < 70", {"kps_used": ">= 70"}),
        ("ECOG performance status 0-1", {}),
        ("1 to 5 metastases", {}),
    ],
)
def test_what_excludes_reads_as_what_must_hold(sentence: str, tests: dict[str, str]) -> None:
    assert read(sentence, "Exclusion") == tests


@pytest.mark.parametrize(
    "sentence",
    [
        "Patients with symptomatic brain metastases",
        "No brain metastases unless treated and stable",
        "ECOG 0-1 for phase I and 0-2 for phase II",
        "ECOG or Karnofsky performance status of 0-2",
        "ECOG ≤ 1 (Karnofsky ≥ 70%)",
        "Life expectancy of at least 12 weeks",
        "1 to 5 metastases, not counting the primary",
        "1 to 5 liver metastases",
        "1 to 5 progressing metastases",
        "Up to 5 metastases in up to 3 organs",
        "Locally advanced or metastatic NSCLC",
        "Histologically confirmed non-squamous non-small cell lung cancer",
        "Histologically confirmed small cell lung cancer",
        "Histologically confirmed NSCLC with an EGFR mutation",
        "Age ≥ 18 years (≥ 20 years in Japan)",
        "CNS metastases",
        "Brain metastases or leptomeningeal disease",
    ],
)
@pytest.mark.parametrize("part", ["Inclusion", "Exclusion"])
def test_a_sentence_with_a_word_more_is_left_to_a_person(sentence: str, part: str) -> None:
    assert read(sentence, part) == {}


def test_only_lines_that_stand_alone_under_a_plain_heading_are_read() -> None:
    text = """Inclusion Criteria:

* ECOG 0-1
* Age ≥ 18 years
  * ECOG 0-2 in cohort B
1. 1 to 5 metastases

Inclusion Criteria for Cohort B:

* ECOG 0-2

Exclusion Criteria:

* Brain metastases
"""
    found = read_criteria(text, KNOWN)
    assert [(each.field, each.test, each.part) for each in found if each.field] == [
        ("ecog_used", "<= 1", "inclusion"),
        ("n_metastases", "[1..5]", "inclusion"),
        ("n_brain_metastases", "0", "exclusion"),
    ]
    assert [each.sentence for each in found if not each.field] == [
        "Age ≥ 18 years",
        "ECOG 0-2 in cohort B",
        "Inclusion Criteria for Cohort B:",
        "ECOG 0-2",
    ]


def test_a_text_without_a_heading_is_left_to_a_person() -> None:
    assert read_criteria("* ECOG 0-1", KNOWN) == [Criterion("", "", "ECOG 0-1", "")]


@pytest.mark.parametrize(
    "heading",
    [
        "* INCLUSION CRITERIA:",
        "Inclusion Criteria:\n\nIn order to be eligible for trial participation, patients must have:",
        "To be eligible to participate in the study, a patient must meet all of the following inclusion criteria:",
    ],
)
def test_a_heading_of_the_whole_trial_is_known_with_a_bullet_and_as_a_sentence(heading: str) -> None:
    found = read_criteria(f"{heading}\n\n* ECOG 0-1\n\n* EXCLUSION CRITERIA:\n\n* Brain metastases", KNOWN)
    assert [(each.field, each.part) for each in found] == [
        ("ecog_used", "inclusion"),
        ("n_brain_metastases", "exclusion"),
    ]


@pytest.mark.parametrize(
    "heading",
    [
        "* Inclusion criteria",
        "* Phase 1\n  * Inclusion criteria:",
        "* INCLUSION CRITERIA FOR COHORT A:",
        "In order to be eligible for cohort A, patients must have:",
        "Cohort B:\n\nIn order to be eligible for the trial, patients must have:",
        "To be eligible to participate in the study, a patient must meet one of the following criteria:",
    ],
)
def test_a_heading_of_a_part_of_the_trial_opens_nothing_that_is_read(heading: str) -> None:
    found = read_criteria(f"{heading}\n\n* ECOG 0-1", KNOWN)
    assert [each.field for each in found if each.field] == []


def test_ages_in_whole_years_and_sex_read_as_tests() -> None:
    found = read_bounds("18 Years", "75 Years", "FEMALE", KNOWN)
    assert [(each.field, each.test) for each in found] == [
        ("age_years", ">= 18"),
        ("age_years", "<= 75"),
        ("sex", "female"),
    ]
    assert [each.field for each in read_bounds("6 Months", "", "ALL", KNOWN)] == [""]


def test_two_readings_of_one_field_are_none() -> None:
    twice = KNOWN.parts["inclusion"][:1]
    other = type(twice[0])(twice[0].field, twice[0].pattern, "> {n}")
    known = type(KNOWN)({"inclusion": (*twice, other)}, KNOWN.minimum_age, KNOWN.maximum_age, {}, {})
    assert [each.field for each in read_criteria("Inclusion Criteria:\n* Age ≥ 18 years", known)] == [""]


def test_every_field_and_test_of_the_readings_is_one_of_the_chart() -> None:
    knowledge = load()
    groups = {"n": "3", "low": "1", "high": "5"}
    every = [*KNOWN.parts["inclusion"], *KNOWN.parts["exclusion"], KNOWN.minimum_age, KNOWN.maximum_age]
    assert len(every) > 30
    for reading in every:
        numbers = {"n": "70", "low": "60", "high": "80"} if reading.field == "kps_used" else groups
        test = reading.test.format(**numbers)
        read_condition(int(test) if test.isdecimal() else test, knowledge.domains[reading.field], {})
    assert set(KNOWN.sex.values()) <= {"female", "male"}


def test_spellings_become_one() -> None:
    assert plain(r"Age \&gt;= EIGHTEEN") == "age >= eighteen"
    assert plain("Up to three (3) – or more.") == "up to 3 - or more"
