"""The alpha/beta of tissues: as sources have them, and never one that a source does not settle."""

from decimal import Decimal

import pytest

from oligoscope.dose import Biological, Course, tissue
from oligoscope.dose.tissues import Tissue, tissues
from oligoscope.errors import NotAllowed

EXPECTED = {
    10: {"nsclc_tumour", "acute_responding"},
    3: {"late_responding", "lung", "heart", "oesophagus", "bronchus", "great_vessels", "ribs", "bowel", "stomach"},
    2: {"spinal_cord", "brain", "brainstem", "optic", "brachial_plexus", "liver", "kidney"},
    None: {"skin_late"},
}
COURSES = [Course(Decimal(30), 10), Course(Decimal(24), 2)]


def test_every_tissue_has_the_value_of_its_source() -> None:
    found = {value: {name for name, row in tissues().items() if row.alpha_beta_gy == value} for value in EXPECTED}
    assert found == EXPECTED
    assert sum(map(len, found.values())) == len(tissues())
    assert {row.status for row in tissues().values()} == {"seen-secondary"}


def test_left_out_it_is_the_tumour() -> None:
    assert (tissue().name, tissue().settled()) == ("nsclc_tumour", Decimal(10))


def test_a_conflict_of_sources_is_not_settled_for_the_reader() -> None:
    with pytest.raises(NotAllowed, match="not settled") as refused:
        tissue("skin_late").settled()
    assert "2 or 3" in str(refused.value)
    assert refused.value.fix


def test_what_was_not_verified_is_not_used() -> None:
    with pytest.raises(NotAllowed, match="not verified"):
        Tissue("made_up", "made up", "normal", "unverified", Decimal(4)).settled()


def test_a_misspelt_tissue_gets_the_nearest() -> None:
    with pytest.raises(NotAllowed) as refused:
        tissue("spinal_chord")
    assert "Did you mean spinal_cord?" in str(refused.value)


@pytest.mark.parametrize(
    ("name", "courses", "said"),
    [
        ("spinal_cord", COURSES, True),
        ("spinal_cord", COURSES[:1], False),
        ("liver", COURSES, False),
        ("", COURSES, True),
    ],
)
def test_limits_of_the_cord_are_said_where_courses_on_it_are_added_up(
    name: str, courses: list[Course], said: bool
) -> None:
    whose = tissue(name) if name else None
    texts = [caution.text for caution in Biological(courses, Decimal(2), whose).warnings()]
    assert any("at most 70 Gy" in text for text in texts) is said
    assert any("not what an organ received" in text for text in texts)
    assert any("recovery" in text for text in texts) is (len(courses) > 1)


@pytest.mark.parametrize("name", ["acute_responding", "late_responding"])
def test_the_limit_of_lung_tumours_is_not_said_of_an_organ(name: str) -> None:
    whose = tissue(name)
    notes = [caution.text for caution in Biological(COURSES[:1], whose.settled(), whose).notes()]
    assert not any("100 Gy" in text for text in notes)
