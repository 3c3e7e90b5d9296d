"""What a condition says of an input, known or not."""

from collections.abc import Callable

import pytest

from tests.spec.drawing import UNKNOWN

title = "Conditions: what a table says of an input"

SIZES = """
    count    || size
    0        || none
    [1..3]   || few
    (3..10)  || several
    >= 10    || many
"""


@pytest.mark.parametrize(
    ("count", "size"),
    [(0, "none"), (1, "few"), (3, "few"), (4, "several"), (9, "several"), (10, "many"), (200, "many")],
)
def test_an_interval_has_the_ends_that_its_brackets_say(spec: Callable[..., None], count: int, size: str) -> None:
    spec(SIZES, {"count": (count, count)}, {"value": size, "possible": [size]}, hit="unique")


def test_a_number_between_two_bounds_reaches_what_it_touches(spec: Callable[..., None]) -> None:
    spec(SIZES, {"count": (3, 5)}, {"value": None, "possible": ["few", "several"], "needs": ["count"]}, hit="unique")


def test_a_negation_is_everything_else(spec: Callable[..., None]) -> None:
    table = """
        n            || staged
        not(N0, N1)  || high
        -            || low
    """
    spec(table, {"n": "N2"}, {"value": "high", "rule": "rule 1"})
    spec(table, {"n": "N1"}, {"value": "low", "rule": "rule 2"})
    spec(table, {"n": ["N2", "N3"]}, {"value": "high", "needs": []})
    spec(table, {"n": ["N1", "N2"]}, {"value": None, "possible": ["high", "low"], "needs": ["n"]})


def test_an_input_left_out_may_be_anything(spec: Callable[..., None]) -> None:
    table = """
        timing      | count || group
        synchronous | -     || early
        -           | >= 5  || much
        -           | -     || late
    """
    spec(table, {"timing": "synchronous", "count": UNKNOWN}, {"value": "early", "needs": []})
    spec(table, {"timing": "metachronous", "count": UNKNOWN}, {"possible": ["much", "late"], "needs": ["count"]})


def test_the_first_rule_that_fires_answers(spec: Callable[..., None]) -> None:
    table = """
        count || size
        <= 5  || small
        <= 3  || tiny
        -     || large
    """
    with pytest.raises(ValueError, match="rule 2 can never fire"):
        spec(table, {"count": (1, 1)}, {"value": "small"})
