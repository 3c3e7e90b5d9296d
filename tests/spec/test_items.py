"""What is said of each item of a list."""

from collections.abc import Callable

title = "Items: facts and tables that answer once for each item of a list"

LESIONS = """
    organ | size | side
    lung  | 2    | left
    lung  | 4    | right
    brain | ?    | midline
"""


# ---- tables --------------------------------------------------------------------------------------

BY_SIZE = """
    organ     | size || how
    brain     | -    || radiosurgery
    -         | < 3  || sabr
    -         | >= 3 || surgery
"""


def test_a_table_about_an_item_answers_once_for_each_in_their_order(spec: Callable[..., None]) -> None:
    spec(
        BY_SIZE,
        {},
        [{"value": "sabr"}, {"value": "surgery"}, {"value": "radiosurgery", "rule": "rule 1", "needs": []}],
        about="lesion",
        lists={"lesions": LESIONS},
    )


def test_of_a_list_that_is_empty_or_not_given_there_is_no_answer(spec: Callable[..., None]) -> None:
    spec(BY_SIZE, {}, [], about="lesion", lists={"lesions": "organ"})
    spec(BY_SIZE, {}, [], about="lesion")


def test_what_an_item_needs_is_named_with_its_list(spec: Callable[..., None]) -> None:
    open_size = """
        organ | size
        lung  | 2..5
        ?     | 4
    """
    spec(
        BY_SIZE,
        {},
        [
            {"value": None, "possible": ["sabr", "surgery"], "needs": ["lesions.size"]},
            {"value": None, "possible": ["radiosurgery", "surgery"], "needs": ["lesions.organ"]},
        ],
        about="lesion",
        lists={"lesions": open_size},
    )


def test_the_patient_s_fields_stand_beside_the_item_s(spec: Callable[..., None]) -> None:
    """What the patient lacks is asked under its own name, of the items alone that need it."""
    table = """
        size | fit   || how
        < 3  | -     || sabr
        >= 3 | true  || surgery
        >= 3 | false || none
    """
    spec(
        table,
        {},
        [
            {"value": "sabr", "needs": []},
            {"possible": ["surgery", "none"], "needs": ["fit"]},
            {"possible": ["sabr", "surgery", "none"], "needs": ["lesions.size", "fit"]},
        ],
        about="lesion",
        lists={"lesions": LESIONS},
    )


def test_where_both_have_a_name_the_item_s_is_meant(spec: Callable[..., None]) -> None:
    """The patient's side is left; the lesions have sides of their own."""
    table = """
        side         || place
        left         || here
        not(left)    || elsewhere
    """
    expect = [{"value": "here"}, {"value": "elsewhere"}, {"value": "elsewhere"}]
    spec(table, {"side": "left"}, expect, about="lesion", lists={"lesions": LESIONS})


# ---- facts ---------------------------------------------------------------------------------------


def test_a_fact_about_an_item_is_one_for_each(fact: Callable[..., None]) -> None:
    seen = """
        seen       | size
        2024-03-01 | 1
        2024-05-09 | 1
        2024       | 1
    """
    fact(
        "later: {about: lesion, at_or_after: [seen, spread]}",
        {"spread": "2024-04-01"},
        [False, True, [False, True]],
        needs=[[], [], ["lesions.seen"]],
        lists={"lesions": seen},
    )


def test_a_fact_over_the_list_may_use_what_was_said_of_its_items(fact: Callable[..., None]) -> None:
    seen = """
        seen
        2024-03-01
        2024-05-09
        2024
    """
    fact(
        """
        later: {about: lesion, at_or_after: [seen, spread]}
        n_later: {count: lesions, where: {later: true}}
        """,
        {"spread": "2024-04-01"},
        (1, 2),
        needs=["lesions.seen"],
        lists={"lesions": seen},
    )


def test_a_count_asks_for_the_patient_s_field_that_its_items_wait_for(fact: Callable[..., None]) -> None:
    fact(
        """
        later: {about: lesion, at_or_after: [seen, spread]}
        n_later: {count: lesions, where: {later: true}}
        """,
        {},
        (0, 1),
        needs=["spread"],
        lists={"lesions": "seen\n2024-03-01"},
    )


def test_a_table_about_an_item_may_use_a_fact_over_the_whole_list(spec: Callable[..., None]) -> None:
    table = """
        in_lung | organ || verdict
        >= 2    | lung  || one of several
        >= 2    | -     || apart
        < 2     | -     || alone
    """
    spec(
        table,
        {},
        [{"value": "one of several"}, {"value": "one of several"}, {"value": "apart"}],
        about="lesion",
        facts="in_lung: {count: lesions, where: {organ: lung}}",
        lists={"lesions": LESIONS},
    )


def test_a_fact_may_compare_an_item_with_the_patient(fact: Callable[..., None]) -> None:
    """The second lesion alone lies on the primary's side."""
    fact(
        """
        same_side: {about: lesion, same: [side, primary_side]}
        organ_there: {last: lesions, item: organ, where: {same_side: true}}
        """,
        {"primary_side": "right"},
        "lung",
        needs=[],
        lists={"lesions": LESIONS},
    )


# ---- joined by name ------------------------------------------------------------------------------

TREATED = "treated: {about: lesion, any: treatments, joined_by: lesion}"
HOW = "how: {about: lesion, last: treatments, joined_by: lesion, item: kind}"
NAMED = """
    id
    L1
    L2
"""


def test_an_entry_speaks_of_the_item_that_it_names(fact: Callable[..., None]) -> None:
    treatments = """
        lesion | kind
        L1     | sabr
        L1     | surgery
    """
    lists = {"lesions": NAMED, "treatments": treatments}
    fact(TREATED, {}, [True, False], needs=[[], []], lists=lists)
    fact(HOW, {}, ["surgery", ["sabr", "surgery", "ablation"]], lists=lists)


def test_an_entry_without_a_name_may_speak_of_any_item(fact: Callable[..., None]) -> None:
    treatments = """
        lesion | kind
        L1     | sabr
        -      | surgery
    """
    lists = {"lesions": NAMED, "treatments": treatments}
    fact(TREATED, {}, [True, [False, True]], needs=[[], ["treatments.lesion"]], lists=lists)
    fact(HOW, {}, [["sabr", "surgery"], ["sabr", "surgery", "ablation"]], lists=lists)


def test_an_item_without_a_name_may_be_any_that_is_named_and_not_listed(fact: Callable[..., None]) -> None:
    """L1 is listed, so that the entry of L1 is not about the other; L7 may be the other, and is not L1."""
    lesions = """
        id
        L1
        -
    """
    of_listed = {"lesions": lesions, "treatments": "lesion\nL1"}
    fact(TREATED, {}, [True, False], needs=[[], []], lists=of_listed)
    of_another = {"lesions": lesions, "treatments": "lesion\nL7"}
    fact(TREATED, {}, [False, [False, True]], needs=[[], ["treatments.lesion"]], lists=of_another)


def test_a_joined_list_that_is_not_given_leaves_every_item_open(fact: Callable[..., None]) -> None:
    both = [[False, True], [False, True]]
    fact(TREATED, {}, both, needs=[["treatments"], ["treatments"]], lists={"lesions": NAMED})


def test_a_joined_list_that_is_empty_says_no_of_every_item(fact: Callable[..., None]) -> None:
    fact(TREATED, {}, [False, False], lists={"lesions": NAMED, "treatments": "lesion"})


def test_a_condition_on_the_entry_joins_the_name(fact: Callable[..., None]) -> None:
    treatments = """
        lesion | kind
        L1     | surgery
        L2     | ?
    """
    fact(
        "cut_out: {about: lesion, any: treatments, joined_by: lesion, where: {kind: surgery}}",
        {},
        [True, [False, True]],
        needs=[[], ["treatments.kind"]],
        lists={"lesions": NAMED, "treatments": treatments},
    )
