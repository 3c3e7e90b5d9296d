"""What a fact says of two days."""

from collections.abc import Callable

import pytest

title = "Dates: how long between, which came first"

MONTHS = "gap: {months_between: [found, spread], unit: months}"
YEARS = "gap: {years_between: [found, spread], unit: years}"
DAYS = "gap: {days_between: [found, spread], unit: days}"
ANY = (float("-inf"), float("inf"))


# ---- between two days ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "spread", "months"),
    [
        ("2024-01-15", "2024-07-15", 6),
        ("2024-01-15", "2024-07-16", 6 + 1 / 31),
        ("2024-01-15", "2024-07-14", 5 + 29 / 31),
        ("2024-01-31", "2024-02-29", 1),
        ("2023-01-31", "2023-02-28", 1),
        ("2024-03-10", "2024-03-10", 0),
        ("2024-07-15", "2024-01-15", -6),
        ("2023-12-15", "2024-01-14", 30 / 31),
    ],
    ids=[
        "to the day",
        "a day more",
        "a day less",
        "end of a leap February",
        "end of February",
        "same day",
        "backwards",
        "over the new year",
    ],
)
def test_months_are_calendar_months_and_thirty_firsts(
    fact: Callable[..., None], found: str, spread: str, months: float
) -> None:
    fact(MONTHS, {"found": found, "spread": spread}, months, needs=[])


@pytest.mark.parametrize(
    ("found", "spread", "years"),
    [
        ("1960-05-02", "2024-05-01", 63),
        ("1960-05-02", "2024-05-02", 64),
        ("2000-02-29", "2023-02-28", 23),
    ],
    ids=["the day before a birthday", "a birthday", "born on a leap day"],
)
def test_years_are_counted_as_an_age_is(fact: Callable[..., None], found: str, spread: str, years: int) -> None:
    fact(YEARS, {"found": found, "spread": spread}, years, needs=[])


@pytest.mark.parametrize(
    ("found", "spread", "days"),
    [("2024-02-28", "2024-03-01", 2), ("2023-02-28", "2023-03-01", 1), ("2024-03-01", "2024-02-28", -2)],
    ids=["over a leap day", "in a common year", "backwards"],
)
def test_days_are_counted_one_by_one(fact: Callable[..., None], found: str, spread: str, days: int) -> None:
    fact(DAYS, {"found": found, "spread": spread}, days, needs=[])


# ---- dates that are known in part ----------------------------------------------------------------


def test_a_month_is_any_of_its_days(fact: Callable[..., None]) -> None:
    """From 1 to 31 March; 10 April is 10 days after the last of them and 40 after the first."""
    fact(DAYS, {"found": "2024-03", "spread": "2024-04-10"}, (10, 40), needs=["found"])


def test_a_year_is_any_of_its_days(fact: Callable[..., None]) -> None:
    fact(YEARS, {"found": "1960", "spread": "2024-06-01"}, (63, 64), needs=["found"])


def test_two_partial_dates_make_the_widest_gap(fact: Callable[..., None]) -> None:
    """Shortest from 31 January to 1 March, longest from 1 January to 31 March."""
    shortest, longest = 1 + 1 / 31, 2 + 30 / 31
    fact(MONTHS, {"found": "2024-01", "spread": "2024-03"}, (shortest, longest), needs=["found", "spread"])


def test_a_partial_date_that_cannot_change_whole_years_asks_nothing(fact: Callable[..., None]) -> None:
    fact(YEARS, {"found": "1960-05", "spread": "2024-06-01"}, 64, needs=[])


def test_without_one_of_the_dates_nothing_is_known(fact: Callable[..., None]) -> None:
    for defined in (MONTHS, YEARS, DAYS):
        fact(defined, {"spread": "2024-06-01"}, ANY, needs=["found"])
        fact(defined, {"found": "2024-06-01"}, ANY, needs=["spread"])


# ---- which came first ----------------------------------------------------------------------------

LATER = "later: {at_or_after: [found, spread]}"
EARLIER = "earlier: {before: [found, spread]}"


@pytest.mark.parametrize(
    ("found", "spread", "later"),
    [
        ("2024-03-05", "2024-03-04", [True]),
        ("2024-03-05", "2024-03-05", [True]),
        ("2024-03-05", "2024-03-06", [False]),
        ("2024-03", "2024-02-29", [True]),
        ("2024-03", "2024-03-01", [True]),
        ("2024-03", "2024-03-02", [False, True]),
        ("2024-03", "2024-03-31", [False, True]),
        ("2024-03", "2024-04-01", [False]),
        ("2024", "2024-03", [False, True]),
    ],
)
def test_at_or_after_and_before_are_each_other_s_opposite(
    fact: Callable[..., None], found: str, spread: str, later: list[bool]
) -> None:
    given = {"found": found, "spread": spread}
    fact(LATER, given, later)
    fact(EARLIER, given, [not answer for answer in later])


def test_an_unknown_date_leaves_the_order_open(fact: Callable[..., None]) -> None:
    fact(LATER, {"spread": "2024-03-05"}, [False, True], needs=["found"])
    fact(EARLIER, {"found": "2024-03-05"}, [False, True], needs=["spread"])


def test_numbers_have_an_order_too(fact: Callable[..., None]) -> None:
    grown = "grown: {at_or_after: [size_now, size_before]}"
    fact(grown, {"size_now": 3, "size_before": 3}, True, needs=[])
    fact(grown, {"size_now": (2, 3), "size_before": 3}, [False, True], needs=["size_now"])


# ---- a date as an answer -------------------------------------------------------------------------


def test_the_day_of_the_last_item_is_a_date_again(fact: Callable[..., None]) -> None:
    treated = """
        kind    | day
        surgery | 2023-01-10
        sabr    | 2024-05
    """
    lists = {"treatments": treated}
    fact("last_day: {last: treatments, item: day}", {}, "2024-05", lists=lists, needs=["treatments.day"])
    fact(
        """
        last_day: {last: treatments, item: day}
        since: {days_between: [last_day, spread], unit: days}
        """,
        {"spread": "2024-06-10"},
        (10, 40),
        lists=lists,
        needs=["treatments.day"],
    )
