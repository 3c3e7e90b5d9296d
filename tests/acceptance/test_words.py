"""What clinicians write: read as what it certainly means, and said, or refused with a message that leads on."""

import copy
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

import oligoscope as osc
from tests.acceptance.test_published_cases import frames

ENTRIES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "words.yaml").read_text("utf-8"))["words"]
READ = [entry for entry in ENTRIES if entry["is"] == "read"]
REFUSED = [entry for entry in ENTRIES if entry["is"] == "refused"]
VALID: dict[str, Any] = {
    "assessed": "2024-05-02",
    "patient": {"ecog": "1"},
    "primary": {"n": "N0"},
    "systemic_therapy": [{"intent": "palliative"}],
    "staging": {"pet_ct": "done"},
    "lesions": [{"id": "L1", "organ": "brain"}],
    "local_treatment": [{"lesion": "L1"}],
}


def chart(write: str) -> dict[str, Any]:
    """A valid case with this one entry. Every value stays text, as a case file has it."""
    path, _, text = write.partition(": ")
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    document = copy.deepcopy(VALID)
    target: Any = document
    for step in steps:
        target = target[step]
    if last == "zone":
        target["organ"] = "lung"  # Zones are those of the lung.
    target[last] = yaml.load(text, yaml.BaseLoader)
    return document


def listed(value: Any) -> list[str]:
    return [str(each) for each in (value if isinstance(value, list) else [value] if value is not None else [])]


@pytest.mark.parametrize("entry", READ, ids=lambda entry: entry["write"])
def test_a_word_is_read_as_what_it_means_and_said(entry: dict[str, Any]) -> None:
    answer = osc.assess(chart(entry["write"]))
    (said,) = answer.model_dump()["read_as"]
    value = f"{said['value']} {said.get('unit', '')}".strip()
    wanted, *noted = listed(entry["leads_to"])
    assert value == wanted
    assert [word for word in noted if word not in said["note"]] == []
    assert value not in listed(entry.get("never"))
    assert f"{said['field']}: {said['written']} read as {value}" in " ".join(str(answer).split())


@pytest.mark.parametrize("entry", REFUSED, ids=lambda entry: entry["write"])
def test_a_word_is_refused_with_a_message_that_leads_on(entry: dict[str, Any]) -> None:
    with pytest.raises(osc.OligoscopeError) as refused:
        osc.assess(chart(entry["write"]))
    message = str(refused.value).lower()
    wanted = listed(entry.get("leads_to")) + listed(entry.get("says"))
    assert wanted
    assert [word for word in wanted if word.lower() not in message] == []
    assert [word for word in listed(entry.get("never")) if f"did you mean {word.lower()}" in message] == []


def without_id(field: str) -> str:
    """A field of an item as a registry counts it: lesions.L1.size_cm is lesions.size_cm there."""
    return re.sub(r"\.[^.]+\.", ".", field)


@pytest.mark.parametrize("entry", [e for e in READ if "only" not in e], ids=lambda entry: entry["write"])
def test_a_registry_reads_the_same_and_counts_it(entry: dict[str, Any]) -> None:
    document = chart(entry["write"])
    answer, cohort = osc.assess(document), osc.assess_cohort(frames(document))
    (said,), (counted,) = answer.read_as, cohort.summary["read_as"]
    assert counted["field"] == without_id(said.field)
    assert counted["entries"] == 1
    assert (counted["written"], counted["value"]) == (
        (said.written, said.value) if said.unit is None else (counted["written"], said.unit)
    )
    assert "1 entries in other words" in str(cohort)
    row = cohort.answers.row(0, named=True)
    assert {name: row[name] for name in answer.decisions} == {n: d.value for n, d in answer.decisions.items()}


@pytest.mark.parametrize("entry", REFUSED, ids=lambda entry: entry["write"])
def test_a_registry_refuses_the_same(entry: dict[str, Any]) -> None:
    wanted = listed(entry.get("leads_to")) + listed(entry.get("says"))
    try:
        rejects = osc.assess_cohort(frames(chart(entry["write"]))).rejects
        message = " ".join(f"{row['field']} {row['reason']} {row['value']}" for row in rejects.iter_rows(named=True))
    except osc.OligoscopeError as error:
        message = str(error)
    assert [word for word in wanted if word.lower() not in message.lower()] == []


def test_the_counts_of_a_registry_are_those_of_its_entries() -> None:
    """Distinct spellings are counted each, numbers by their unit, in columns with and without one in their name."""
    patients = pl.DataFrame({"patient_id": ["a", "b", "c"], "egfr": ["mutated", "no", "no"], "alk": ["NA", "", "neg"]})
    lesions = pl.DataFrame({"patient_id": ["a", "a", "b", "c"], "size_mm": [22.0, None, 7.0, 9.0]})
    cohort = osc.assess_cohort({"patients": patients, "lesions": lesions})
    assert cohort.rejects.is_empty()
    assert [tuple(row.values()) for row in cohort.summary["read_as"]] == [
        ("lesions.size_cm", "numbers in mm", "cm", 3),
        ("egfr", "no", "negative", 2),
        ("alk", "NA", "unknown", 1),
        ("alk", "neg", "negative", 1),
        ("egfr", "mutated", "positive", 1),
    ]


@pytest.mark.parametrize(
    ("column", "leads_to"), [("size", "size_cm, in cm"), ("size_inch", "Write it as size_cm, in cm")]
)
def test_a_column_whose_unit_is_not_certain_is_refused(column: str, leads_to: str) -> None:
    lesions = pl.DataFrame({"patient_id": ["a"], column: ["22 mm"]})
    with pytest.raises(osc.OligoscopeError, match=leads_to):
        osc.assess_cohort({"patients": pl.DataFrame({"patient_id": ["a"]}), "lesions": lesions})


@pytest.mark.parametrize("flat", [False, True])
def test_a_reject_of_a_column_in_another_unit_is_told_as_the_file_has_it(flat: bool) -> None:
    """So that its cell can be found, and repaired."""
    column = "lesion1_size_mm" if flat else "size_mm"
    items = pl.DataFrame({"patient_id": ["a", "b"], column: ["22", "1,234"]})
    ids = pl.DataFrame({"patient_id": ["a", "b"]})
    cohort = osc.assess_cohort({"patients": items} if flat else {"patients": ids, "lesions": items})
    (reject,) = cohort.rejects.iter_rows(named=True)
    assert (reject["row"], reject["field"], reject["value"]) == (2, column, "1,234")


def test_a_column_without_its_section_is_refused_with_it() -> None:
    with pytest.raises(osc.OligoscopeError, match="Did you mean staging_brain_mri"):
        osc.assess_cohort({"patients": pl.DataFrame({"patient_id": ["a"], "brain_mri": ["done"]})})


def test_a_column_in_another_unit_beside_the_fields_own_is_refused() -> None:
    patients = pl.DataFrame({"patient_id": ["a"], "lesion1_size_mm": ["22"], "lesion1_size_cm": ["2.2"]})
    with pytest.raises(osc.OligoscopeError, match="stands twice"):
        osc.assess_cohort({"patients": patients})


def test_a_ct_of_the_brain_is_recorded_and_no_mri() -> None:
    (entry,) = (entry for entry in ENTRIES if entry["is"] == "accepted")
    answer = osc.assess(chart(entry["write"]))
    assert answer.read_as == ()
    assert answer.not_used == ("staging.brain_ct",)
    assert "staging.brain_mri" in {need for part in answer.criteria["staging-work-up"].values() for need in part.needs}
    assert "brain CT 8 January 2024" in " ".join(str(answer).split())
