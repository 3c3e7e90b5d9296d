"""What an unknown does to a decision."""

from collections.abc import Callable

from tests.spec.drawing import UNKNOWN

title = "Unknowns: what they do to a decision"

GROUPS = """
    timing       | n       || group
    metachronous | -       || low
    synchronous  | N0      || intermediate
    synchronous  | not(N0) || high
"""


def test_a_rule_that_no_answer_can_change_is_certain(spec: Callable[..., None]) -> None:
    spec(
        GROUPS,
        {"timing": "metachronous", "n": UNKNOWN},
        {"value": "low", "possible": ["low"], "rule": "rule 1", "needs": []},
        hit="unique",
    )


def test_an_unknown_leaves_what_it_can_still_lead_to(spec: Callable[..., None]) -> None:
    spec(
        GROUPS,
        {"timing": "synchronous", "n": UNKNOWN},
        {"value": None, "possible": ["intermediate", "high"], "rule": None, "needs": ["n"]},
        hit="unique",
    )


def test_the_more_decisive_unknown_is_asked_first(spec: Callable[..., None]) -> None:
    """Of timing, one answer of two settles; of n, none does while timing is open."""
    spec(
        GROUPS,
        {"timing": UNKNOWN, "n": UNKNOWN},
        {"possible": ["low", "intermediate", "high"], "needs": ["timing", "n"]},
        hit="unique",
    )


def test_a_set_is_narrower_than_an_unknown(spec: Callable[..., None]) -> None:
    spec(
        GROUPS,
        {"timing": "synchronous", "n": ["N1", "N2"]},
        {"value": "high", "rule": "rule 3", "needs": []},
        hit="unique",
    )


def test_an_earlier_rule_keeps_a_later_one_from_being_possible(spec: Callable[..., None]) -> None:
    table = """
        count  || size
        <= 1   || single
        [2..5] || few
        -      || many
    """
    spec(table, {"count": (0, 4)}, {"value": None, "possible": ["single", "few"], "needs": ["count"]})


def test_rules_of_one_outcome_settle_it_together(spec: Callable[..., None]) -> None:
    table = """
        count || size
        0     || small
        1     || small
        -     || large
    """
    spec(table, {"count": (0, 1)}, {"value": "small", "rule": "rule 1|rule 2", "needs": []})
