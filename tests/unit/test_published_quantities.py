"""What is possible of a quantity, as the answer publishes it: days as days, no bound as none."""

import math

import pytest

from oligoscope.assess.quantities import Between, Beyond, Known, OneOf, Quantity, quantity
from oligoscope.tables.domain import FIRST_DAY, LAST_DAY, Choices, Dates, Numbers, Possible


@pytest.mark.parametrize(
    ("possible", "published"),
    [
        ((2023_05_17, 2023_05_17), Known("2023-05-17")),
        ((2023_05_01, 2023_05_31), Between("2023-05-01", "2023-05-31")),
        ((FIRST_DAY, 2023_05_31), Between(None, "2023-05-31")),
        ((2023_05_01, LAST_DAY), Between("2023-05-01", None)),
        ((FIRST_DAY, LAST_DAY), Between(None, None)),
        ((987_12_01, 987_12_01), Known("0987-12-01")),
    ],
)
def test_days(possible: Possible, published: Quantity) -> None:
    assert quantity(possible, Dates()) == published


@pytest.mark.parametrize(
    ("possible", "published", "whole"),
    [
        ((3.0, 3.0), Known(3), True),
        ((2.5, 2.5), Known(2.5), False),
        ((1 / 3, 1 / 3), Known(0.333333), False),
        ((0.1 + 0.2, 0.1 + 0.2), Known(0.3), False),
        ((0, math.inf), Between(0, None), True),
        ((-math.inf, 4), Between(None, 4), True),
        ((-math.inf, math.inf), Between(None, None), True),
        ((math.inf, math.inf), Beyond(), True),
    ],
)
def test_numbers(possible: Possible, published: Quantity, whole: bool) -> None:
    found = quantity(possible, Numbers())
    assert found == published
    assert not whole or all(end is None or isinstance(end, (int, str)) for end in found)


def test_labels() -> None:
    domain = Choices(("low", "high", "none"))
    assert quantity(1, domain) == Known("low")
    assert quantity(0b11, domain) == OneOf(("low", "high"))
    assert quantity(0b10, domain) == Known("high")
