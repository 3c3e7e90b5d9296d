"""What a score answers."""

from collections.abc import Callable

import pytest

title = "Scores: points that add up, and the bands they fall into"

FRAILTY = """
table: frailty
kind: score
inputs: [age, level, n]
outcomes: {low: {}, middle: {}, high: {}}
factors:
  - id: by_age
    rules:
      - {id: old, when: {age: ">= 70"}, then: 2}
      - {id: young, when: {age: "< 70"}, then: 0}
  - id: by_level
    rules:
      - {id: good, when: {level: good}, then: 0}
      - {id: fair, when: {level: fair}, then: 0.5}
      - {id: poor, when: {level: poor}, then: 1}
  - id: by_n
    rules:
      - {id: some, when: {n: not(N0)}, then: 1}
      - {id: none, when: {n: N0}, then: 0}
score:
  bands:
    - {id: band 1, low: 0, high: 1, then: low}
    - {id: band 2, low: 1.5, high: 2.5, then: middle}
    - {id: band 3, low: 3, high: 4, then: high}
"""


@pytest.mark.parametrize(
    ("age", "level", "n", "total", "band", "rule"),
    [
        (50, "good", "N0", 0, "low", "band 1"),
        (50, "good", "N2", 1, "low", "band 1"),
        (50, "fair", "N1", 1.5, "middle", "band 2"),
        (70, "fair", "N0", 2.5, "middle", "band 2"),
        (70, "good", "N1", 3, "high", "band 3"),
        (70, "poor", "N3", 4, "high", "band 3"),
    ],
)
def test_points_add_up_and_a_band_has_both_its_ends(
    spec: Callable[..., None], age: int, level: str, n: str, total: float, band: str, rule: str
) -> None:
    expect = {"value": band, "possible": [band], "rule": rule, "needs": [], "total": (total, total)}
    spec(FRAILTY, {"age": age, "level": level, "n": n}, expect)


def test_an_unknown_factor_leaves_the_totals_between_two_ends(spec: Callable[..., None]) -> None:
    """2 points for the age, 0 to 1 for the level, none for N0: 2 to 3."""
    expect = {"value": None, "possible": ["middle", "high"], "rule": None, "needs": ["level"], "total": (2, 3)}
    spec(FRAILTY, {"age": 80, "n": "N0"}, expect)


def test_an_unknown_that_cannot_leave_the_band_does_not_matter(spec: Callable[..., None]) -> None:
    """3 to 4 points are all of one band: it is settled, and nothing is asked."""
    expect = {"value": "high", "possible": ["high"], "rule": "band 3", "needs": [], "total": (3, 4)}
    spec(FRAILTY, {"age": 80, "n": "N1"}, expect)


def test_a_band_between_two_reachable_totals_is_not_possible(spec: Callable[..., None]) -> None:
    """1 point without the age, 3 with it: nothing lies between them."""
    expect = {"possible": ["low", "high"], "needs": ["age"], "total": (1, 3)}
    spec(FRAILTY, {"level": "good", "n": "N2"}, expect)


def test_nothing_known_reaches_every_band_and_asks_what_may_settle_first(spec: Callable[..., None]) -> None:
    """No single answer settles it, so that they are asked in the order of the inputs."""
    expect = {"value": None, "possible": ["low", "middle", "high"], "needs": ["age", "level", "n"], "total": (0, 4)}
    spec(FRAILTY, {}, expect)


def test_the_answer_that_settles_more_often_is_asked_first(spec: Callable[..., None]) -> None:
    """At 50 years, level and n open: good or N0 alone settles it as low.

    Good is one of three levels, N0 is one of four stages.
    """
    spec(FRAILTY, {"age": 50}, {"possible": ["low", "middle"], "needs": ["level", "n"], "total": (0, 2)})


# ---- where a score does not apply ----------------------------------------------------------------

IN_BRAIN = """
table: in-brain
kind: score
inputs: [count, fit]
outcomes: {good: {}, poor: {}, NOT_APPLICABLE: {}}
factors:
  - id: by_count
    rules:
      - {id: many, when: {count: "> 4"}, then: 0}
      - {id: few, when: {count: "<= 4"}, then: 1}
  - id: by_fitness
    rules:
      - {id: fit, when: {fit: true}, then: 1}
      - {id: unfit, when: {fit: false}, then: 0}
score:
  applies: {count: ">= 1"}
  not_applicable: {id: no lesion, then: NOT_APPLICABLE}
  bands:
    - {id: band 1, low: 0, high: 1, then: poor}
    - {id: band 2, low: 2, high: 2, then: good}
"""


def test_a_score_does_not_apply_where_its_condition_fails(spec: Callable[..., None]) -> None:
    for given in ({"count": 0}, {"count": 0, "fit": True}):
        spec(IN_BRAIN, given, {"value": "NOT_APPLICABLE", "rule": "no lesion", "needs": [], "total": None})


def test_a_score_applies_from_its_border_on(spec: Callable[..., None]) -> None:
    spec(IN_BRAIN, {"count": 1, "fit": True}, {"value": "good", "rule": "band 2", "total": (2, 2)})
    spec(IN_BRAIN, {"count": 5, "fit": True}, {"value": "poor", "rule": "band 1", "total": (1, 1)})


def test_a_score_that_may_not_apply_says_so_beside_its_bands(spec: Callable[..., None]) -> None:
    """The totals are those of where it applies. Whether it does is decided by count; fit cannot settle it alone."""
    expect = {"value": None, "possible": ["good", "NOT_APPLICABLE"], "needs": ["count"], "total": (2, 2)}
    spec(IN_BRAIN, {"count": (0, 3), "fit": True}, expect)


def test_a_score_that_is_poor_whatever_the_rest_asks_nothing(spec: Callable[..., None]) -> None:
    spec(IN_BRAIN, {"count": (5, 9)}, {"value": "poor", "possible": ["poor"], "needs": [], "total": (0, 1)})
