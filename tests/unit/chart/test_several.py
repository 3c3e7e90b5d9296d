"""An entry that stands for several lesions: each is counted, in a case file and in every form of a registry."""

import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import oligoscope as osc
from oligoscope.chart.document import build_case, parse_case
from oligoscope.chart.problems import CaseError
from oligoscope.chart.several import each_apart
from oligoscope.vocabulary.words import Case

TODAY = datetime.date(2024, 6, 1)


def n_of(lesions: list[dict[str, Any]]) -> object:
    answer = osc.assess({"lesions_complete": True, "lesions": lesions}, today=TODAY)
    return answer.facts["n_metastases"].value


def test_each_is_counted_and_has_a_name_of_its_own() -> None:
    lesions: list[dict[str, Any]] = [
        {"id": "B", "organ": "bone", "count": 2},
        {"organ": "liver"},
        {"organ": "brain", "count": "3"},
    ]
    assert n_of(lesions) == 6
    case = build_case({"lesions": lesions}, "x", TODAY)
    assert case.lesions
    assert [str(each.id) for each in case.lesions] == ["B-1", "B-2", *["unknown"] * 4]


def test_one_is_one() -> None:
    for written in ({"count": 1}, {"count": "1"}, {}):
        assert n_of([{"id": "B", "organ": "bone", **written}]) == 1
    case = build_case({"lesions": [{"id": "B", "count": 1}]}, "x", TODAY)
    assert case.lesions
    assert str(case.lesions[0].id) == "B"


@pytest.mark.parametrize("count", [0, 51, "2..3", "<3", "2.5", "unknown", "many", [2, 3]])
def test_a_number_that_is_not_one_is_refused(count: object) -> None:
    with pytest.raises(CaseError) as refused:
        build_case({"lesions": [{"organ": "lung"}, {"organ": "bone", "count": count}]}, "x", TODAY)
    (problem,) = refused.value.problems
    assert problem.field == "lesions[1].count"
    assert "1 to 50" in str(problem)


def test_what_is_wrong_with_one_is_told_at_its_line() -> None:
    text = "lesions:\n  - {organ: bone, count: 2}\n  - organ: liver\n    size_cm: 99\n"
    with pytest.raises(CaseError) as refused:
        parse_case(text, "x.yaml", TODAY)
    (problem,) = refused.value.problems
    assert problem.line == 4


def test_one_size_is_not_that_of_several() -> None:
    with pytest.raises(CaseError, match="one size cannot be that of several lesions"):
        build_case({"lesions": [{"organ": "bone", "count": 2, "size_cm": 2}]}, "x", TODAY)


def test_a_registry_counts_alike_in_lists_and_flat(tmp_path: Path) -> None:
    patients = pl.DataFrame({"patient_id": ["a", "b"], "lesions_complete": ["true", "true"]})
    lesions = pl.DataFrame(
        {"patient_id": ["a", "b", "a"], "id": ["B", "L", "C"], "organ": ["bone", "liver", "lung"],
         "count": ["2", "", "1"]}
    )  # fmt: skip
    listed = osc.assess_cohort({"patients": patients, "lesions": lesions}, today=TODAY).answers
    (tmp_path / "flat.csv").write_text(
        "patient_id,lesions_complete,lesion1_organ,lesion1_count,lesion2_organ,lesion2_count\n"
        "a,true,bone,2,lung,1\nb,true,liver,,,\n"
    )
    flat = osc.assess_cohort(tmp_path / "flat.csv", today=TODAY).answers
    one = osc.assess(
        {"lesions_complete": True, "lesions": [{"organ": "bone", "count": 2}, {"organ": "lung"}]}, today=TODAY
    )
    for frame in (listed, flat):
        assert frame["omd-count-gate"][0] == one.decisions["omd-count-gate"].value
        assert frame["m-category"].to_list() == [one.decisions["m-category"].value, "M1b"]


def test_what_a_registry_writes_of_no_number_is_rejected_once() -> None:
    patients = pl.DataFrame({"patient_id": ["a"]})
    lesions = pl.DataFrame({"patient_id": ["a"], "organ": ["bone"], "count": ["2..3"]})
    (entry,) = osc.assess_cohort({"patients": patients, "lesions": lesions}, today=TODAY).rejects.to_dicts()
    assert (entry["field"], entry["value"]) == ("count", "2..3")


@pytest.mark.parametrize(("more", "accepted"), [(0, True), (1, False)])
def test_as_many_entries_as_are_allowed_and_one_more(
    more: int, accepted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("document", "batch"):
        monkeypatch.setattr(f"oligoscope.chart.{module}.MOST_ENTRIES", 4)
    lesions = [{"organ": "liver"} for _ in range(4 + more)]
    rows = pl.DataFrame({"patient_id": ["a"] * len(lesions), "organ": ["liver"] * len(lesions)})
    rejects = osc.assess_cohort({"patients": pl.DataFrame({"patient_id": ["a"]}), "lesions": rows}, today=TODAY).rejects
    assert rejects.is_empty() == accepted
    if accepted:
        assert build_case({"lesions": lesions}, "x", TODAY).lesions
        return
    with pytest.raises(CaseError, match="at most 4 for one patient"):
        build_case({"lesions": lesions}, "x", TODAY)


def test_one_volume_is_not_that_of_several() -> None:
    with pytest.raises(CaseError, match="one volume cannot be that of several lesions"):
        build_case({"lesions": [{"organ": "bone", "count": 2, "volume_ml": 2}]}, "x", TODAY)


def test_a_plan_for_several_lesions_is_one_for_each() -> None:
    plans = [{"lesions": ["L1", "L2"], "technique": "sabr"}, {"lesions": "L3"}]
    found, places = each_apart({"planned_radiotherapy": plans}, Case)
    assert found["planned_radiotherapy"] == [
        {"lesions": "L1", "technique": "sabr"},
        {"lesions": "L2", "technique": "sabr"},
        {"lesions": "L3"},
    ]
    assert {new[1]: old[1] for new, old in places.items()} == {0: 0, 1: 0, 2: 1}
