"""What a table of criteria answers."""

from collections.abc import Callable

title = "Criteria: groups of conditions of which all are asked for"

FIT_FOR_IT = """
table: fit-for-it
kind: criteria
inputs: [age, fit, level]
outcomes: {MET: {}, UNMET: {}}
shared:
  met: MET
  otherwise: {id: otherwise, then: UNMET}
groups:
  surgery:
    label: Surgery
    rule: surgery
    criteria:
      - {id: young, when: {age: "< 70"}}
      - {id: strong, when: {fit: true}}
  sabr:
    label: SABR
    rule: sabr
    criteria:
      - {id: well, when: {level: [good, fair]}}
"""


def test_each_group_has_an_answer_of_its_own(spec: Callable[..., None]) -> None:
    spec(
        FIT_FOR_IT,
        {"age": 50, "fit": True, "level": "poor"},
        {
            "surgery": {"value": "MET", "rule": "surgery", "needs": []},
            "sabr": {"value": "UNMET", "rule": "otherwise", "needs": []},
        },
    )


def test_one_failed_criterion_fails_the_group_whatever_else_is_unknown(spec: Callable[..., None]) -> None:
    spec(FIT_FOR_IT, {"age": 75}, {"surgery": {"value": "UNMET", "possible": ["UNMET"], "needs": []}})


def test_an_open_criterion_leaves_its_group_open_and_no_other(spec: Callable[..., None]) -> None:
    spec(
        FIT_FOR_IT,
        {"age": 50, "level": "good"},
        {
            "surgery": {"value": None, "possible": ["MET", "UNMET"], "rule": None, "needs": ["fit"]},
            "sabr": {"value": "MET", "possible": ["MET"], "needs": []},
        },
    )


def test_of_two_open_criteria_each_may_fail_the_group(spec: Callable[..., None]) -> None:
    """Half of the answers of fit and half of what age tells apart settle it: the order of the inputs decides."""
    spec(FIT_FOR_IT, {}, {"surgery": {"possible": ["MET", "UNMET"], "needs": ["age", "fit"]}})


def test_each_criterion_is_met_failed_or_unknown(met: Callable[..., None]) -> None:
    met(FIT_FOR_IT, {"age": 50, "fit": False}, "surgery", {"young": "met", "strong": "failed"})
    met(FIT_FOR_IT, {"age": (60, 75), "fit": True}, "surgery", {"young": "unknown", "strong": "met"})
    met(FIT_FOR_IT, {"level": ["good", "fair"]}, "sabr", {"well": "met"})


# ---- unless --------------------------------------------------------------------------------------

UNLESS = """
table: unless
kind: criteria
inputs: [count, fit, level]
outcomes: {NOT_APPLICABLE: {}, MET: {}, UNMET: {}}
shared:
  met: MET
  unless: [{id: nothing there, when: {count: 0}, then: NOT_APPLICABLE}]
  otherwise: {id: otherwise, then: UNMET}
groups:
  surgery:
    label: Surgery
    rule: surgery
    unless: [{id: too ill, when: {level: poor}, then: NOT_APPLICABLE}]
    criteria: [{id: strong, when: {fit: true}}]
  sabr:
    label: SABR
    rule: sabr
    criteria: [{id: strong, when: {fit: true}}]
"""


def test_unless_takes_a_group_out_before_its_criteria_are_asked(spec: Callable[..., None]) -> None:
    nothing_there = {"value": "NOT_APPLICABLE", "rule": "nothing there", "needs": []}
    spec(UNLESS, {"count": 0, "level": "good"}, {"surgery": nothing_there, "sabr": nothing_there})


def test_a_group_s_own_unless_takes_out_that_group_alone(spec: Callable[..., None]) -> None:
    spec(
        UNLESS,
        {"count": 2, "fit": True, "level": "poor"},
        {
            "surgery": {"value": "NOT_APPLICABLE", "rule": "too ill"},
            "sabr": {"value": "MET", "rule": "sabr"},
        },
    )


def test_what_may_take_a_group_out_is_asked_for(spec: Callable[..., None]) -> None:
    expect = {"value": None, "possible": ["NOT_APPLICABLE", "MET"], "needs": ["count"]}
    spec(UNLESS, {"count": (0, 2), "fit": True}, {"sabr": expect})


# ---- confirmed or provisional --------------------------------------------------------------------

CONFIRMED = """
table: confirmed
kind: criteria
inputs: [count, pet]
outcomes: {MET: {}, PROVISIONAL: {}, UNMET: {}}
shared:
  met: MET
  confirmed_by:
    id: without imaging
    then: PROVISIONAL
    criteria: [{id: imaged, when: {pet: done}}]
  otherwise: {id: otherwise, then: UNMET}
groups:
  few:
    label: Few
    rule: few
    criteria: [{id: at most five, when: {count: "<= 5"}}]
"""


def test_what_is_met_stays_provisional_until_it_is_confirmed(spec: Callable[..., None]) -> None:
    spec(CONFIRMED, {"count": 3, "pet": "done"}, {"few": {"value": "MET", "rule": "few"}})
    spec(CONFIRMED, {"count": 3, "pet": "not_done"}, {"few": {"value": "PROVISIONAL", "rule": "without imaging"}})
    spec(CONFIRMED, {"count": 3}, {"few": {"value": None, "possible": ["MET", "PROVISIONAL"], "needs": ["pet"]}})


def test_what_is_not_met_needs_no_confirmation(spec: Callable[..., None]) -> None:
    spec(CONFIRMED, {"count": 6}, {"few": {"value": "UNMET", "rule": "otherwise", "needs": []}})


def test_the_confirming_criterion_is_told_with_the_others(met: Callable[..., None]) -> None:
    met(CONFIRMED, {"count": 3, "pet": "not_done"}, "few", {"at most five": "met", "imaged": "failed"})


# ---- a word for "may still be met" ---------------------------------------------------------------

OPEN = FIT_FOR_IT.replace("UNMET: {}}", "POSSIBLE: {}, UNMET: {}}").replace(
    "  otherwise:", "  open: {id: may be met, then: POSSIBLE}\n  otherwise:"
)


def test_a_group_that_may_still_be_met_has_a_word_for_it_and_still_its_needs(spec: Callable[..., None]) -> None:
    open_ = {"value": "POSSIBLE", "possible": ["MET", "UNMET"], "rule": "may be met", "needs": ["fit"]}
    spec(OPEN, {"age": 50}, {"surgery": open_})
    spec(OPEN, {"age": 75}, {"surgery": {"value": "UNMET", "rule": "otherwise", "needs": []}})
    spec(OPEN, {"age": 50, "fit": True}, {"surgery": {"value": "MET", "rule": "surgery", "needs": []}})
