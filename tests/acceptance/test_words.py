"""What clinicians write: read as what it certainly means, and said, or refused with a message that leads on."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

import oligoscope as osc

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


def test_a_ct_of_the_brain_is_recorded_and_no_mri() -> None:
    (entry,) = (entry for entry in ENTRIES if entry["is"] == "accepted")
    answer = osc.assess(chart(entry["write"]))
    assert answer.read_as == ()
    assert answer.not_used == ("staging.brain_ct",)
    assert "staging.brain_mri" in {need for part in answer.criteria["staging-work-up"].values() for need in part.needs}
    assert "brain CT 8 January 2024" in " ".join(str(answer).split())
