"""How a course is written, and what is refused."""

from decimal import Decimal

import pytest

from oligoscope.dose import Course, course
from oligoscope.errors import NotAllowed


@pytest.mark.parametrize(
    "text",
    ["54Gy/3fx", "54 Gy / 3 fractions", "54Gy in 3", "54 gy in 3 fx", "18Gyx3", "18 Gy × 3", "18 Gy x 3fx", "3 x 18 Gy",
     "3 fractions × 18 Gy", "5400cGy/3fx", "5400 CGY in 3", "1800cGy*3", " 54.0GY/3# ", "54,0 Gy/3"],
)  # fmt: skip
def test_one_course_in_many_spellings(text: str) -> None:
    assert course(text) == Course(Decimal(54), 3)


@pytest.mark.parametrize(
    ("text", "field", "words"),
    [
        ("54/3", "total_dose", "no unit"),
        ("18 x 3", "total_dose", "no unit"),
        ("54 in 3", "total_dose", "no unit"),
        ("54mGy/3", "total_dose", "mGy is not a unit"),
        ("54 MGy/3", "total_dose", "MGy is not a unit"),
        ("54 Sv/3", "total_dose", "Sv is not a unit"),
        ("5400rad/3", "total_dose", "rad is not a unit"),
        ("54mg/3", "total_dose", "mg is not a unit"),
        ("1,234cGy/3", "total_dose", "not a number"),
        ("-54Gy/3fx", "total_dose", "no course has this dose"),
        ("0Gy/3fx", "total_dose", "no course has this dose"),
        ("5400Gy/3fx", "total_dose", "Is it in cGy?"),
        ("54Gyx30", "total_dose", "1620 Gy"),
        ("54Gy/0fx", "fractions", "no course has this number"),
        ("54Gy/2.5fx", "fractions", "part of a fraction"),
        ("54Gy/-3fx", "fractions", "no course has this number"),
        ("54Gy/1000fx", "fractions", "no course has this number"),
        ("54Gy", "course", "cannot be read"),
        ("54Gy/3/2", "course", "cannot be read"),
        ("Gy/3", "course", "cannot be read"),
        ("", "course", "cannot be read"),
        ("1e2Gy/3", "course", "cannot be read"),
        ("nanGy/3", "course", "cannot be read"),
        pytest.param(f"54Gy/{'9' * 5000}", "course", "cannot be read", id="5000 digits"),
    ],
)
def test_what_is_refused_says_field_value_allowed_and_fix(text: str, field: str, words: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        course(text)
    error = refused.value
    assert error.field == field
    assert words in str(error)
    assert error.allowed
    assert error.fix


def test_half_a_centigray_is_kept() -> None:
    assert course("5412.5cGy/3fx").total_dose_gy == Decimal("54.125")
