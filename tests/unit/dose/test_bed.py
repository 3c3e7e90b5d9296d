"""BED and EQD2 against a table that another program computed, and against what they mean."""

import csv
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oligoscope.dose import Biological, Course
from oligoscope.dose.bed import bed, eqd2
from oligoscope.errors import NotAllowed

TABLE = list(csv.DictReader((Path(__file__).parent / "courses.csv").read_text("utf-8").splitlines()))
HALF_A_CENTIGRAY = Decimal("0.005")
WORKED = [
    ("54", 3, 10, "151.20", "126.00"),
    ("50", 5, 10, "100.00", "83.33"),
    ("48", 4, 10, "105.60", "88.00"),
    ("60", 8, 10, "105.00", "87.50"),
    ("24", 2, 10, "52.80", "44.00"),
    ("24", 1, 2, "312.00", "156.00"),
    ("60", 30, 3, "100.00", "60.00"),
    ("27", 3, 10, "51.30", "42.75"),
    ("34", 1, 10, "149.60", "124.67"),
]
doses = st.decimals("0.5", "200", places=2)
counts = st.integers(1, 40)
alpha_betas = st.decimals("0.5", "30", places=1)


def test_the_table_is_all_of_it() -> None:
    assert len(TABLE) == 40


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row['context']} {row['total_dose_gy']}/{row['fractions']}")
@pytest.mark.parametrize("alpha_beta", ["10", "3", "2"])
def test_a_course_of_the_table(row: dict[str, str], alpha_beta: str) -> None:
    course, by = Course(Decimal(row["total_dose_gy"]), int(row["fractions"])), Decimal(alpha_beta)
    assert abs(course.bed_gy(by) - Decimal(row[f"bed_{alpha_beta}"])) <= HALF_A_CENTIGRAY
    assert abs(course.eqd2_gy(by) - Decimal(row[f"eqd2_{alpha_beta}"])) <= HALF_A_CENTIGRAY


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row['context']} {row['total_dose_gy']}/{row['fractions']}")
def test_which_courses_reach_100_gy(row: dict[str, str]) -> None:
    found = Biological([Course(Decimal(row["total_dose_gy"]), int(row["fractions"]))], Decimal(10))
    said = "is met" if row["at_least_100"] == "yes" else "is not met"
    assert next(found.notes()).text.startswith(f"BED10 of at least 100 Gy {said};")


@pytest.mark.parametrize(("dose", "fractions", "alpha_beta", "bed_gy", "eqd2_gy"), WORKED)
def test_a_worked_example(dose: str, fractions: int, alpha_beta: int, bed_gy: str, eqd2_gy: str) -> None:
    course, by = Course(Decimal(dose), fractions), Decimal(alpha_beta)
    assert abs(course.bed_gy(by) - Decimal(bed_gy)) <= HALF_A_CENTIGRAY
    assert abs(course.eqd2_gy(by) - Decimal(eqd2_gy)) <= HALF_A_CENTIGRAY


def test_courses_are_added_up() -> None:
    found = Biological([Course(Decimal(30), 10), Course(Decimal(24), 2)], Decimal(2))
    assert [course.bed_gy(Decimal(2)) for course in found.courses] == [75, 168]
    assert (found.bed_gy, found.eqd2_gy) == (Decimal(243), Decimal("121.5"))


@given(doses, counts, alpha_betas)
def test_bed_is_the_formula_in_exact_numbers(dose: Decimal, fractions: int, by: Decimal) -> None:
    exact = Fraction(dose) * (1 + Fraction(dose) / fractions / Fraction(by))
    assert abs(Fraction(bed(dose, fractions, by)) - exact) < Fraction(1, 10**15)


@given(doses, counts, alpha_betas)
def test_the_equivalent_dose_in_2_gy_has_the_same_bed(dose: Decimal, fractions: int, by: Decimal) -> None:
    wanted = bed(dose, fractions, by)
    equivalent = eqd2(wanted, by)
    # n of n fractions of 2 Gy need not be whole, so this is the formula with d = 2 written out.
    assert abs(equivalent * (1 + Decimal(2) / by) - wanted) < Decimal("1e-15")


@pytest.mark.parametrize(
    ("dose", "fractions", "field"),
    [("0", 3, "total_dose"), ("-54", 3, "total_dose"), ("200.01", 30, "total_dose"), ("0.4", 100, "total_dose"),
     ("54", 0, "fractions"), ("54", -3, "fractions"), ("54", 101, "fractions")],
)  # fmt: skip
def test_a_course_that_cannot_be(dose: str, fractions: int, field: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        Course(Decimal(dose), fractions)
    assert refused.value.field == field
    assert refused.value.allowed
    assert refused.value.fix


@pytest.mark.parametrize("by", ["0", "-3", "0.4", "30.1"])
def test_an_alpha_beta_that_cannot_be(by: str) -> None:
    with pytest.raises(NotAllowed, match="no tissue") as refused:
        Biological([Course(Decimal(54), 3)], Decimal(by))
    assert (refused.value.field, refused.value.allowed) == ("alpha_beta", "0.5 to 30 Gy")


@pytest.mark.parametrize(("dose", "fractions", "said"), [("50", 5, False), ("50.05", 5, True), ("34", 1, True)])
def test_the_model_is_questioned_above_10_gy_per_fraction(dose: str, fractions: int, said: bool) -> None:
    texts = [caution.text for caution in Biological([Course(Decimal(dose), fractions)], Decimal(10)).warnings()]
    assert any("linear-quadratic" in text for text in texts) is said


@pytest.mark.parametrize(("dose", "said"), [("5", False), ("4.9", True)])
def test_little_per_fraction_is_said(dose: str, said: bool) -> None:
    texts = [caution.text for caution in Biological([Course(Decimal(dose), 10)], Decimal(10)).warnings()]
    assert any("check the dose" in text for text in texts) is said
