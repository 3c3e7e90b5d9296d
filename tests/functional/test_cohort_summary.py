"""What a registry's answers say together: counts, what would settle whom, and the page's bars."""

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest

from oligoscope.cli.main import main

PATIENT = {
    "assessed": "2024-05-02",
    "diffuse_disease": "false",
    "malignant_effusion": "false",
    "hist_polymetastatic": "false",
    "hist_oligometastatic": "false",
    "on_active_systemic_therapy": "false",
    "any_lesion_progressive": "false",
    "primary_dx_date": "2024-01-01",
    "omd_dx_date": "2024-02-01",
    "lesions_complete": "true",
    "primary_n": "N0",
    "lesion1_organ": "liver",
}


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three patients in ten whose N category is open, one whose interval is, and one whose count of lesions is."""
    folder = tmp_path_factory.mktemp("summary")
    rows = [{"patient_id": f"{n}", **PATIENT} for n in range(10)]
    for row in rows[:3]:
        row["primary_n"] = ""
    rows[8]["omd_dx_date"] = ""
    rows[9]["lesions_complete"] = ""
    with (folder / "flat.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    assert main(["cohort", "assess", str(folder / "flat.csv"), "-o", str(folder / "out")]) == 0
    return folder / "out"


@pytest.fixture(scope="module")
def summary(out: Path) -> dict[str, Any]:
    return dict(json.loads((out / "summary.json").read_text()))


@pytest.fixture(scope="module")
def answers(out: Path) -> list[dict[str, str]]:
    with (out / "answers.csv").open() as file:
        return list(csv.DictReader(file))


def test_outcomes_are_counted_patient_by_patient(summary: dict[str, Any], answers: list[dict[str, str]]) -> None:
    counted = summary["outcomes"]["ashworth-risk-group"]
    assert counted["intermediate"] == sum(row["ashworth-risk-group"] == "intermediate" for row in answers) == 5
    assert counted["undetermined"] == sum(row["ashworth-risk-group"] == "" for row in answers) == 5
    assert summary["undetermined"]["ashworth-risk-group"] == 5
    assert summary["patients_assessed"] == 10


def test_what_would_settle_is_counted_by_patients_by_answers_and_by_wishes(
    summary: dict[str, Any], answers: list[dict[str, str]]
) -> None:
    needed = [column for column in answers[0] if column.endswith("_needs")]
    asked = [row[column].split("|") for row in answers for column in needed if row[column]]
    found = {need["input"]: need for need in summary["needs"]}
    assert found["primary.n"]["wanted_by_answers"] <= sum("primary.n" in fields for fields in asked)
    assert found["primary.n"]["settles_patients"] == 3
    assert found["primary.n"]["settles_answers_alone"] >= 3


def test_a_patient_with_two_answers_to_settle_counts_once(
    summary: dict[str, Any], answers: list[dict[str, str]]
) -> None:
    for need in summary["needs"]:
        name = need["input"]
        alone = {row["patient_id"] for row in answers if name in [row[c] for c in row if c.endswith("_needs")]}
        assert need["settles_patients"] <= len(alone)
        assert need["settles_patients"] <= need["settles_answers_alone"] <= need["wanted_by_answers"]
    assert any(need["settles_answers_alone"] > need["settles_patients"] for need in summary["needs"])


def test_needs_stand_in_the_order_of_the_patients_they_settle(summary: dict[str, Any]) -> None:
    settled = [need["settles_patients"] for need in summary["needs"]]
    assert settled == sorted(settled, reverse=True)


def test_the_bars_of_the_page_have_the_length_of_their_share(out: Path) -> None:
    page = (out / "summary.html").read_text()
    chart = page[page.index("<h3>Ashworth risk group") :]
    chart = chart[: chart.index("</section>")]
    widths = [float(width) for width in re.findall(r'class="bar(?: open)?" width="([\d.]+)"', chart)]
    assert 'class="may" x="50.0"' in chart  # five more may be of intermediate risk
    shares = [float(share) for share in re.findall(r"\(([\d.]+) %\)", chart)]
    assert widths == shares
    assert sorted(width for width in widths if width) == [50.0, 50.0]


def test_a_share_is_told_as_at_least_and_at_most(summary: dict[str, Any], answers: list[dict[str, str]]) -> None:
    """Nine of ten patients have oligometastatic disease for certain; one may have more lesions than the limit."""
    (share,) = (share for share in summary["shares"] if share["table"] == "omd-state")
    fits = ("SYNC", "META_REC", "META_PROG", "REP_REC", "REP_PROG", "REP_PERS", "IND_REC", "IND_PROG", "IND_PERS")
    possible = [set(row["omd-state_possible"].split("|")) for row in answers]
    assert share["at_least"] == sum(codes <= set(fits) for codes in possible) == 9
    assert share["at_most"] == sum(bool(codes & set(fits)) for codes in possible) == 10
    assert (share["input"], share["settles"]) == max(summary["settles"]["omd-state"].items(), key=lambda pair: pair[1])


def test_what_is_possible_is_counted_beside_what_is_certain(
    summary: dict[str, Any], answers: list[dict[str, str]]
) -> None:
    for code, n in summary["possible"]["ashworth-risk-group"].items():
        assert n == sum(code in row["ashworth-risk-group_possible"].split("|") for row in answers)


def test_definitions_differ_where_one_is_met_and_the_other_is_not(
    summary: dict[str, Any], answers: list[dict[str, str]]
) -> None:
    differ = summary["differ"]["omd-definition"]
    assert len(differ) == 64
    for pair, n in differ.items():
        met, unmet = (f"omd-definition_{group}" for group in pair.split("|"))
        assert n == sum(
            row[f"{met}_possible"] == "MEETS"
            and not {"MEETS", "PROVISIONAL"} & set(row[f"{unmet}_possible"].split("|"))
            for row in answers
        ), pair


def test_the_page_tells_shares_in_words_and_no_field_by_its_code(out: Path) -> None:
    page = (out / "summary.html").read_text()
    assert "Between 9 and 10 of 10 patients have oligometastatic disease." in page
    assert "omd_dx_date" not in page
    assert "de-novo synchronous OMD" in page
