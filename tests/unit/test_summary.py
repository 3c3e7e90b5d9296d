"""A registry's counts: the sum over workers, and what stands first."""

import json
from collections import Counter

from oligoscope.cohort.summary import Summary
from oligoscope.knowledge import load


def counted() -> Summary:
    return Summary(
        n_patients=10,
        n_rejected=3,
        n_left_out=2,
        outcomes={"a": Counter(yes=4, undetermined=6), "b": Counter(no=5, yes=5)},
        wanted=Counter(age=6, ecog=9, stage=6, sex=1),
        alone=Counter(age=2, ecog=5, stage=2),
        patients_settled=Counter(age=2, ecog=1, stage=2),
    )


def test_what_workers_send_home_adds_up() -> None:
    sent = json.dumps(counted().as_counts())
    total = Summary.from_counts([sent, sent])
    assert (total.n_patients, total.n_rejected, total.n_left_out) == (20, 6, 4)
    assert total.outcomes == {"a": Counter(yes=8, undetermined=12), "b": Counter(no=10, yes=10)}
    assert total.wanted == Counter(age=12, ecog=18, stage=12, sex=2)
    assert total.alone == Counter(age=4, ecog=10, stage=4)
    assert total.patients_settled == Counter(age=4, ecog=2, stage=4)
    assert Summary.from_counts([]).n_patients == 0


def test_what_settles_most_patients_stands_first_then_what_most_answers_want_then_by_name() -> None:
    told = counted().as_json(load())
    assert told["needs"] == [
        {"input": "age", "settles_patients": 2, "settles_answers_alone": 2, "wanted_by_answers": 6},
        {"input": "stage", "settles_patients": 2, "settles_answers_alone": 2, "wanted_by_answers": 6},
        {"input": "ecog", "settles_patients": 1, "settles_answers_alone": 5, "wanted_by_answers": 9},
        {"input": "sex", "settles_patients": 0, "settles_answers_alone": 0, "wanted_by_answers": 1},
    ]


def test_outcomes_stand_by_number_and_then_by_name_and_the_undetermined_are_told_apart() -> None:
    told = counted().as_json(load())
    assert [list(told["outcomes"][name]) for name in ("a", "b")] == [["undetermined", "yes"], ["no", "yes"]]
    assert told["undetermined"] == {"a": 6}
    assert (told["patients_assessed"], told["rows_rejected"], told["patients_left_out"]) == (10, 3, 2)
