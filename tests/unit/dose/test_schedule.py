"""Published doses: ranges, the ends that sources leave out, and their BED."""

from decimal import Decimal

import pytest

from oligoscope.dose.schedule import Schedule, Span, span
from oligoscope.errors import NotAllowed
from oligoscope.knowledge import load
from oligoscope.knowledge.schedules import bed10_and_eqd2, dose_in_words, number_or_range, schedule_of
from oligoscope.tables.model import Option, Options

TEN = Decimal(10)


@pytest.mark.parametrize(
    ("dose", "fractions", "low", "high"),
    [
        (54, 3, "151.2", "151.2"),
        ("45..54", 3, "112.5", "151.2"),
        (50, "4..5", "100", "112.5"),
        ("60..70", "8..10", "96", "131.25"),
        ("<= 15", 1, None, "37.5"),
        (">= 20", 1, "60", None),
    ],
)
def test_bed_reaches_from_the_least_to_the_most(dose: int | str, fractions: int | str, low: str, high: str) -> None:
    found = Schedule(span(dose), span(fractions)).bed_gy(TEN)
    assert found == Span(*(None if end is None else Decimal(end) for end in (low, high)))


@pytest.mark.parametrize("written", ["", "0", "-3", "54 Gy", "60..45", "5..5", "4.2.1", "< 3", "1..", "a"])
def test_what_is_no_dose_is_refused(written: str) -> None:
    with pytest.raises(NotAllowed):
        span(written)


@pytest.mark.parametrize("fractions", ["2.5", "<= 5", "0", ""])
def test_a_number_of_fractions_is_whole_and_has_both_ends(fractions: str) -> None:
    with pytest.raises(NotAllowed):
        Schedule(span(54), span(fractions))


# Knowledge file 08, table of regimens: BED10 and EQD2_10 to 0.01 Gy.
TABLE = {
    (34, 1): (149.60, 124.67), (45, 3): (112.50, 93.75), (54, 3): (151.20, 126.00), (48, 4): (105.60, 88.00),
    (50, 4): (112.50, 93.75), (50, 5): (100.00, 83.33), (60, 5): (132.00, 110.00), (60, 8): (105.00, 87.50),
    (70, 10): (119.00, 99.17), (12, 1): (26.40, 22.00), (16, 1): (41.60, 34.67), (24, 1): (81.60, 68.00),
    (24, 2): (52.80, 44.00), (15, 1): (37.50, 31.25), (18, 1): (50.40, 42.00), (20, 1): (60.00, 50.00),
    (22, 1): (70.40, 58.67), (27, 3): (51.30, 42.75), (30, 5): (48.00, 40.00), (55, 5): (115.50, 96.25),
    (35, 5): (59.50, 49.58), (30, 3): (60.00, 50.00), (60, 3): (180.00, 150.00), (56, 8): (95.20, 79.33),
}  # fmt: skip


@pytest.mark.parametrize("course", TABLE)
def test_as_knowledge_file_08_has_it(course: tuple[int, int]) -> None:
    bed10, eqd2_10 = bed10_and_eqd2(Schedule(span(course[0]), span(course[1])))
    assert (number_or_range(bed10), number_or_range(eqd2_10)) == TABLE[course]


def test_every_dose_of_the_pack_can_be_read() -> None:
    tables = [t for t in load().item_tables if isinstance(t, Options) and t.role in ("regimens", "not_to_be_used")]
    options = [option for table in tables for option in table.options]
    assert {option.id for option in options} >= {"L-1-3fx", "L-3a", "L-5", "BR-15-standard-2cm"}
    assert all(schedule_of(option) and "BED10 " in dose_in_words(option) for option in options)


def test_a_part_without_a_dose_has_no_words() -> None:
    assert dose_in_words(Option("A", (), (), ())) == ""
