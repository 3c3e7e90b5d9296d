"""What a fact makes of quantities."""

from collections.abc import Callable

import pytest

title = "Quantities: which to use, how they compare, how much they changed"


# ---- the first that says anything ----------------------------------------------------------------

FIRST = "level_used: {first_of: [level, level_asked]}"


def test_the_first_that_the_chart_says_anything_of_is_used(fact: Callable[..., None]) -> None:
    fact(FIRST, {"level": "good", "level_asked": "poor"}, "good", needs=[])
    fact(FIRST, {"level_asked": "poor"}, "poor", needs=[])


def test_a_first_that_is_known_in_part_hides_a_second_that_is_known(fact: Callable[..., None]) -> None:
    fact(FIRST, {"level": ["good", "fair"], "level_asked": "fair"}, ["good", "fair"], needs=["level"])


def test_where_the_chart_says_nothing_the_first_is_asked_for(fact: Callable[..., None]) -> None:
    fact(FIRST, {}, ["good", "fair", "poor"], needs=["level"])


def test_the_first_of_two_numbers(fact: Callable[..., None]) -> None:
    used = "used: {first_of: [size_now, size_before], unit: cm}"
    fact(used, {"size_now": (2, 3), "size_before": 9}, (2, 3), needs=["size_now"])
    fact(used, {"size_before": 9}, 9, needs=[])


# ---- what both leave possible --------------------------------------------------------------------

BOTH = "level_of_both: {narrowed: [level, level_asked]}"


def test_narrowed_keeps_what_both_leave_possible(fact: Callable[..., None]) -> None:
    fact(BOTH, {"level": ["good", "fair"], "level_asked": ["fair", "poor"]}, "fair", needs=[])
    fact(BOTH, {"level": ["good", "fair"]}, ["good", "fair"], needs=["level", "level_asked"])


def test_where_both_contradict_each_other_the_first_stands(fact: Callable[..., None]) -> None:
    fact(BOTH, {"level": "good", "level_asked": "poor"}, "good", needs=[])
    fact(BOTH, {"level": ["good", "fair"], "level_asked": "poor"}, ["good", "fair"], needs=["level"])


def test_narrowed_numbers_are_where_both_overlap(fact: Callable[..., None]) -> None:
    both = "both: {narrowed: [size_now, size_before], unit: cm}"
    fact(both, {"size_now": (1, 4), "size_before": (3, 9)}, (3, 4))
    fact(both, {"size_now": (1, 4), "size_before": (4, 9)}, 4, needs=[])
    fact(both, {"size_now": (1, 4), "size_before": (5, 9)}, (1, 4))


def test_sharpened_numbers_ask_for_the_first_alone(fact: Callable[..., None]) -> None:
    both = "both: {sharpened: [size_now, size_before], unit: cm}"
    fact(both, {"size_now": (1, 4), "size_before": 3}, 3, needs=[])
    fact(both, {"size_now": (1, 4), "size_before": 5}, (1, 4), needs=["size_now"])
    fact(both, {"size_before": 5}, 5, needs=[])


# ---- another scale -------------------------------------------------------------------------------

CONVERTED = "level_by_grade: {convert: grade, as: level, map: {0: good, 1: [good, fair], 2: fair, 3: poor}}"


@pytest.mark.parametrize(
    ("grade", "level"),
    [(0, ["good"]), (1, ["good", "fair"]), ([0, 2], ["good", "fair"]), ([2, 3], ["fair", "poor"])],
    ids=["one to one", "one to several", "two to two", "neighbours"],
)
def test_a_scale_is_converted_label_by_label(fact: Callable[..., None], grade: object, level: list[str]) -> None:
    needs = [] if len(level) == 1 else ["grade"]
    fact(CONVERTED, {"grade": grade}, level, needs=needs)


def test_two_scales_are_one_quantity_by_first_of(fact: Callable[..., None]) -> None:
    defined = f"""
        {CONVERTED}
        level_used: {{first_of: [level, level_by_grade]}}
    """
    fact(defined, {"grade": 3}, "poor", needs=[])
    fact(defined, {"grade": 3, "level": "fair"}, "fair", needs=[])
    fact(defined, {}, ["good", "fair", "poor"], needs=["level"])


# ---- the same label ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "asked", "same"),
    [
        ("good", "good", [True]),
        ("good", "poor", [False]),
        ("good", ["good", "fair"], [False, True]),
        ("good", ["fair", "poor"], [False]),
        (["good", "fair"], ["good", "fair"], [False, True]),
    ],
    ids=["same", "different", "perhaps", "not any of these", "two unknowns of the same labels"],
)
def test_same_compares_labels(fact: Callable[..., None], level: object, asked: object, same: list[bool]) -> None:
    fact("agreed: {same: [level, level_asked]}", {"level": level, "level_asked": asked}, same)


def test_same_asks_for_what_is_not_known(fact: Callable[..., None]) -> None:
    fact("agreed: {same: [level, level_asked]}", {"level": "good"}, [False, True], needs=["level_asked"])


# ---- how much it changed -------------------------------------------------------------------------

GROWN = "grown: {difference: [size_before, size_now], unit: cm}"
PERCENT = "grown_by: {percent_change: [size_before, size_now], unit: percent}"


def test_a_difference_is_the_second_less_the_first(fact: Callable[..., None]) -> None:
    fact(GROWN, {"size_before": 2, "size_now": 5}, 3, needs=[])
    fact(GROWN, {"size_before": (2, 3), "size_now": (5, 9)}, (2, 7), needs=["size_before", "size_now"])
    fact(GROWN, {"size_before": 5, "size_now": 2}, -3)


def test_a_change_is_in_percent_of_the_first(fact: Callable[..., None]) -> None:
    fact(PERCENT, {"size_before": 4, "size_now": 5}, 25, needs=[])
    fact(PERCENT, {"size_before": 4, "size_now": 1}, -75, needs=[])
    fact(PERCENT, {"size_before": (2, 4), "size_now": 5}, (25, 150), needs=["size_before"])


def test_from_nothing_to_nothing_is_no_change(fact: Callable[..., None]) -> None:
    fact(PERCENT, {"size_before": 0, "size_now": 0}, 0, needs=[])


def test_from_nothing_to_something_is_more_than_any_percentage(spec: Callable[..., None]) -> None:
    table = """
        grown_by || verdict
        >= 20    || grown
        < 20     || not grown
    """
    grown = {"value": "grown", "possible": ["grown"], "needs": []}
    spec(table, {"size_before": 0, "size_now": 1}, grown, hit="unique", facts=PERCENT)


def test_a_first_that_may_be_nothing_leaves_the_upper_end_open(fact: Callable[..., None]) -> None:
    """From 2 to 1 it is halved; from nearly nothing it has grown beyond measure."""
    fact(PERCENT, {"size_before": (0, 2), "size_now": 1}, (-50, float("inf")), needs=["size_before"])


def test_an_unknown_leaves_a_change_open_as_far_as_its_domain_reaches(fact: Callable[..., None]) -> None:
    """No size is below zero: nothing grew by more than it measures now, or shrank by more than all of it."""
    fact(GROWN, {"size_now": 1}, (float("-inf"), 1), needs=["size_before"])
    fact(PERCENT, {"size_before": 1}, (-100, float("inf")), needs=["size_now"])


# ---- only where it makes sense -------------------------------------------------------------------


def test_a_fact_given_something_is_unknown_where_that_does_not_certainly_hold(fact: Callable[..., None]) -> None:
    defined = "grown: {difference: [size_before, size_now], unit: cm, given: {fit: true}}"
    anything, sizes = (float("-inf"), float("inf")), {"size_before": 2, "size_now": 5}
    fact(defined, {**sizes, "fit": True}, 3, needs=[])
    fact(defined, {**sizes, "fit": False}, anything, needs=[])
    fact(defined, sizes, anything, needs=["fit"])


@pytest.mark.parametrize(
    ("operator", "unknown"),
    [
        ("first_of: [level, level_asked]", ["good", "fair", "poor"]),
        ("narrowed: [level, level_asked]", ["good", "fair", "poor"]),
        ("sharpened: [level, level_asked]", ["good", "fair", "poor"]),
        ("convert: grade, as: level, map: {0: good, 1: good, 2: fair, 3: poor}", ["good", "fair", "poor"]),
        ("same: [level, level_asked]", [False, True]),
        ("before: [found, spread]", [False, True]),
        ("days_between: [found, spread]", (float("-inf"), float("inf"))),
        ("first_of: [found, spread]", ("0001-01-01", "9999-12-31")),
    ],
    ids=["first_of", "narrowed", "sharpened", "convert", "same", "before", "days_between", "first_of dates"],
)
def test_whatever_makes_a_fact_it_can_be_given_something(
    fact: Callable[..., None], operator: str, unknown: object
) -> None:
    known = {"level": "good", "level_asked": "good", "grade": 0, "found": "2024-01-01", "spread": "2024-02-01"}
    defined = f"made: {{{operator}, given: {{fit: true}}}}"
    fact(defined, known, unknown, needs=["fit"])
    fact(defined, {**known, "fit": False}, unknown, needs=[])
