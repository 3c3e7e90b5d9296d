"""What a fact says of a list."""

from collections.abc import Callable

import pytest

title = "Lists: how many, whether any, which"

THREE = """
    organ | size
    lung  | 2
    lung  | 4
    bone  | 1
"""
SOME_OPEN = """
    organ         | size
    lung          | 2
    lung or brain | 3..5
    ?             | ?
"""
NONE = "organ"
"""A list that is given, with nothing in it."""


# ---- counting ------------------------------------------------------------------------------------


def test_items_that_hold_are_counted(fact: Callable[..., None]) -> None:
    fact("in_lung: {count: lesions, where: {organ: lung}}", {}, 2, lists={"lesions": THREE}, needs=[])


def test_without_a_condition_every_item_counts(fact: Callable[..., None]) -> None:
    fact("all_of_them: {count: lesions}", {}, 3, lists={"lesions": THREE})


def test_an_item_that_may_hold_widens_the_count(fact: Callable[..., None]) -> None:
    """The first holds; the second and the third may."""
    fact(
        "in_lung: {count: lesions, where: {organ: lung}}",
        {},
        (1, 3),
        lists={"lesions": SOME_OPEN},
        needs=["lesions.organ"],
    )


def test_an_item_that_holds_either_way_asks_nothing(fact: Callable[..., None]) -> None:
    """The first is not in the bone, wherever it is; only whether the second is treatable is wanted."""
    either_way = """
        organ         | treatable
        lung or brain | true
        lung          | ?
    """
    fact(
        "n_treatable: {count: lesions, where: {organ: not(bone), treatable: true}}",
        {},
        (1, 2),
        lists={"lesions": either_way},
        needs=["lesions.treatable"],
    )


def test_an_item_that_cannot_hold_is_left_out_whatever_else_is_unknown(fact: Callable[..., None]) -> None:
    only_bone = """
        organ | size
        bone  | ?
    """
    fact(
        "large_in_lung: {count: lesions, where: {organ: lung, size: '>= 3'}}",
        {},
        0,
        lists={"lesions": only_bone},
        needs=[],
    )


def test_an_empty_list_is_none_and_a_list_not_given_is_unknown(fact: Callable[..., None]) -> None:
    fact("all_of_them: {count: lesions}", {}, 0, lists={"lesions": NONE}, needs=[])
    fact("all_of_them: {count: lesions}", {}, (0, float("inf")), needs=["lesions"])


# ---- whether the list is all there is -------------------------------------------------------------

COMPLETE = "in_lung: {count: lesions, where: {organ: lung}, stated_by: all_listed, complete_if: {pet: done}}"


def test_a_list_that_is_said_to_be_complete_is_counted_exactly(fact: Callable[..., None]) -> None:
    fact(COMPLETE, {"all_listed": True, "pet": "not_done"}, 2, lists={"lesions": THREE}, needs=[])


def test_a_list_that_is_said_to_be_incomplete_is_a_lower_bound(fact: Callable[..., None]) -> None:
    at_least_two = (2, float("inf"))
    fact(COMPLETE, {"all_listed": False, "pet": "done"}, at_least_two, lists={"lesions": THREE}, needs=["all_listed"])


def test_a_list_that_does_not_say_is_complete_where_the_chart_shows_it(fact: Callable[..., None]) -> None:
    fact(COMPLETE, {"pet": "done"}, 2, lists={"lesions": THREE}, needs=[])
    fact(COMPLETE, {"pet": "not_done"}, (2, float("inf")), lists={"lesions": THREE}, needs=["pet"])
    fact(COMPLETE, {}, (2, float("inf")), lists={"lesions": THREE}, needs=["pet"])


def test_a_list_not_given_is_not_made_complete_by_what_the_chart_shows(fact: Callable[..., None]) -> None:
    fact(COMPLETE, {"pet": "done"}, (0, float("inf")), needs=["lesions"])


# ---- any and all ---------------------------------------------------------------------------------


def test_one_item_that_holds_makes_any_true_however_long_the_list(fact: Callable[..., None]) -> None:
    fact(
        "any_in_lung: {any: lesions, where: {organ: lung}, stated_by: all_listed, complete_if: {pet: done}}",
        {"all_listed": False},
        True,
        lists={"lesions": THREE},
        needs=[],
    )


@pytest.mark.parametrize(
    ("organ", "answer"), [("brain", False), ("lung", True)], ids=["none of them", "at least one of them"]
)
def test_any_is_false_only_of_a_list_that_is_all_there_is(fact: Callable[..., None], organ: str, answer: bool) -> None:
    defined = (
        f"any_there: {{any: lesions, where: {{organ: {organ}}}, stated_by: all_listed, complete_if: {{pet: done}}}}"
    )
    fact(defined, {"all_listed": True}, answer, lists={"lesions": THREE})
    fact(defined, {"all_listed": False}, [True] if answer else [False, True], lists={"lesions": THREE})


def test_all_asks_whether_every_item_holds(fact: Callable[..., None]) -> None:
    treatable = """
        organ | treatable
        lung  | true
        bone  | true
    """
    defined = "all_treatable: {all: lesions, where: {treatable: true}}"
    fact(defined, {}, True, lists={"lesions": treatable}, needs=[])
    fact(defined, {}, False, lists={"lesions": treatable + "        brain | false"}, needs=[])
    fact(defined, {}, [False, True], lists={"lesions": treatable + "        brain | ?"}, needs=["lesions.treatable"])


def test_all_holds_of_an_empty_list_and_any_does_not(fact: Callable[..., None]) -> None:
    fact("all_treatable: {all: lesions, where: {treatable: true}}", {}, True, lists={"lesions": NONE})
    fact("any_treatable: {any: lesions, where: {treatable: true}}", {}, False, lists={"lesions": NONE})


def test_one_item_that_fails_settles_all_though_the_list_may_be_longer(fact: Callable[..., None]) -> None:
    one_fails = """
        organ | treatable
        lung  | false
    """
    defined = "all_treatable: {all: lesions, where: {treatable: true}, stated_by: all_listed, complete_if: {pet: done}}"
    fact(defined, {"all_listed": False}, False, lists={"lesions": one_fails}, needs=[])


# ---- numbers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operator", "settled", "of_lung"), [("max", 4, 4), ("min", 1, 2), ("sum", 7, 6)], ids=["max", "min", "sum"]
)
def test_numbers_of_known_items(fact: Callable[..., None], operator: str, settled: float, of_lung: float) -> None:
    fact(f"of_all: {{{operator}: lesions, item: size, unit: cm}}", {}, settled, lists={"lesions": THREE}, needs=[])
    fact(
        f"of_lung: {{{operator}: lesions, item: size, unit: cm, where: {{organ: lung}}}}",
        {},
        of_lung,
        lists={"lesions": THREE},
    )


LUNG_OR_NOT = """
    organ         | size
    lung          | 2
    lung or brain | 5
    bone          | 9
"""


@pytest.mark.parametrize(
    ("operator", "expect"), [("max", (2, 5)), ("min", (2, 2)), ("sum", (2, 7))], ids=["max", "min", "sum"]
)
def test_an_item_that_may_hold_can_only_add(
    fact: Callable[..., None], operator: str, expect: tuple[float, float]
) -> None:
    """The largest in the lung is 2 or 5, the smallest is 2 either way, all together are 2 or 7."""
    needs = [] if operator == "min" else ["lesions.organ"]
    defined = f"of_lung: {{{operator}: lesions, item: size, unit: cm, where: {{organ: lung}}}}"
    fact(defined, {}, expect, lists={"lesions": LUNG_OR_NOT}, needs=needs)


def test_an_item_that_may_hold_may_be_the_smallest(fact: Callable[..., None]) -> None:
    may_be_smaller = """
        organ         | size
        lung          | 2
        lung or brain | 1
    """
    of_lung = "of_lung: {min: lesions, item: size, unit: cm, where: {organ: lung}}"
    fact(of_lung, {}, (1, 2), lists={"lesions": may_be_smaller}, needs=["lesions.organ"])


def test_a_size_between_two_bounds_is_carried_through(fact: Callable[..., None]) -> None:
    bounds = """
        organ | size
        lung  | 2..3
        bone  | 1..6
    """
    fact("largest: {max: lesions, item: size, unit: cm}", {}, (2, 6), lists={"lesions": bounds}, needs=["lesions.size"])
    fact("smallest: {min: lesions, item: size, unit: cm}", {}, (1, 3), lists={"lesions": bounds})
    fact("together: {sum: lesions, item: size, unit: cm}", {}, (3, 9), lists={"lesions": bounds})


def test_of_a_list_that_may_be_longer_one_end_stays_open(fact: Callable[..., None]) -> None:
    """Another lesion can be larger or smaller, and can only add to the sum."""
    rest = "item: size, unit: cm, stated_by: all_listed, complete_if: {pet: done}"
    given, lists = {"all_listed": False}, {"lesions": THREE}
    fact(f"largest: {{max: lesions, {rest}}}", given, (4, float("inf")), lists=lists, needs=["all_listed"])
    fact(f"smallest: {{min: lesions, {rest}}}", given, (0, 1), lists=lists, needs=["all_listed"])
    fact(f"together: {{sum: lesions, {rest}}}", given, (7, float("inf")), lists=lists, needs=["all_listed"])


# ---- different labels ----------------------------------------------------------------------------


def test_distinct_counts_labels_and_most_in_one_the_fullest(fact: Callable[..., None]) -> None:
    fact("organs: {distinct: lesions, item: organ}", {}, 2, lists={"lesions": THREE}, needs=[])
    fact("fullest: {most_in_one: lesions, item: organ}", {}, 2, lists={"lesions": THREE}, needs=[])


def test_an_item_of_unknown_label_may_join_another_or_stand_alone(fact: Callable[..., None]) -> None:
    two_named = """
        organ
        lung
        bone
        ?
    """
    fact("organs: {distinct: lesions, item: organ}", {}, (2, 3), lists={"lesions": two_named}, needs=["lesions.organ"])
    fact("fullest: {most_in_one: lesions, item: organ}", {}, (1, 2), lists={"lesions": two_named})


def test_items_of_unknown_label_are_at_least_one_label(fact: Callable[..., None]) -> None:
    unnamed = """
        organ
        ?
        ?
    """
    fact("organs: {distinct: lesions, item: organ}", {}, (1, 2), lists={"lesions": unnamed})


def test_of_an_incomplete_list_there_may_be_more_labels(fact: Callable[..., None]) -> None:
    defined = "organs: {distinct: lesions, item: organ, stated_by: all_listed, complete_if: {pet: done}}"
    fact(defined, {"all_listed": False}, (2, float("inf")), lists={"lesions": THREE}, needs=["all_listed"])


# ---- the last ------------------------------------------------------------------------------------

IN_ORDER = """
    organ | size | treatable
    lung  | 2    | true
    brain | 3    | true
    bone  | 5    | false
"""


def test_the_last_is_the_newest_item_that_holds(fact: Callable[..., None]) -> None:
    """Items are written oldest first."""
    fact("newest: {last: lesions, item: organ}", {}, "bone", lists={"lesions": IN_ORDER}, needs=[])
    fact(
        "newest_treatable: {last: lesions, item: organ, where: {treatable: true}}",
        {},
        "brain",
        lists={"lesions": IN_ORDER},
        needs=[],
    )


def test_a_later_item_that_may_hold_leaves_two_answers(fact: Callable[..., None]) -> None:
    may = """
        organ | size | treatable
        lung  | 2    | true
        brain | 3    | true
        bone  | 5    | ?
    """
    needs, lists = ["lesions.treatable"], {"lesions": may}
    fact(
        "organ_of_last: {last: lesions, item: organ, where: {treatable: true}}",
        {},
        ["brain", "bone"],
        lists=lists,
        needs=needs,
    )
    fact("size_of_last: {last: lesions, item: size, where: {treatable: true}}", {}, (3, 5), lists=lists, needs=needs)


def test_what_is_older_than_an_item_that_holds_does_not_matter(fact: Callable[..., None]) -> None:
    old_unknown = """
        organ | treatable
        ?     | ?
        brain | true
    """
    fact(
        "newest: {last: lesions, item: organ, where: {treatable: true}}",
        {},
        "brain",
        lists={"lesions": old_unknown},
        needs=[],
    )


def test_where_no_item_certainly_holds_the_last_may_be_anything(fact: Callable[..., None]) -> None:
    anything = ["lung", "brain", "bone"]
    fact("newest: {last: lesions, item: organ}", {}, anything, needs=["lesions"])
    fact("newest: {last: lesions, item: organ}", {}, anything, lists={"lesions": NONE})
