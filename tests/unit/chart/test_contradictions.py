"""A date that cannot be is refused wherever it stands, with its field and as it was written: every date of the words."""

import pytest

import oligoscope as osc
from oligoscope.chart.problems import CaseError
from oligoscope.vocabulary.fields import lists, scalar_fields
from oligoscope.vocabulary.values import Day, Procedure

TODAY = "2024-06-01"
DATED = (Day, Procedure)
OF_PATIENT = [(spec.path, spec.kind) for spec in scalar_fields() if isinstance(spec.kind, DATED)]
OF_ITEMS = [
    (s.name, f.name, s.follow_up) for s in lists() if not s.planned for f in s.fields if isinstance(f.kind, DATED)
]
MAY_LIE_AHEAD = {"next_dose"}
"""What integrity.yaml excepts, by name: a dose that is planned."""


def document(path: str, value: object) -> dict[str, object]:
    """A case with this value at a dotted path."""
    found: dict[str, object] = {"assessed": "2024-05-02"}
    *sections, name = path.split(".")
    inner = found
    for section in sections:
        inner[section] = inner = {}
    inner[name] = value
    return found


def test_what_is_planned_lies_ahead() -> None:
    assert refused({"assessed": "2024-05-02", "planned_radiotherapy": [{"start": "2031-01-01"}]}) == []


def refused(case: dict[str, object]) -> list[tuple[str, str]]:
    """(field, reason) of every problem."""
    try:
        osc.assess(case, today=TODAY)
    except CaseError as error:
        return [(problem.field, problem.text) for problem in error.problems]
    return []


@pytest.mark.parametrize("path", [path for path, _ in OF_PATIENT if path not in MAY_LIE_AHEAD])
def test_a_date_of_the_patient_in_the_future_is_refused_at_its_field(path: str) -> None:
    assert refused(document(path, "2024-06-02")) == [(path, "2024-06-02: this date is in the future")]


MAY_COME_AFTER = {"assessed", "case.assessed", "patient.last_contact_date"}
"""The day of the assessment itself, and follow-up."""


def test_the_last_contact_may_come_after_the_assessment() -> None:
    assert refused(document("patient.last_contact_date", "2024-05-03")) == []


@pytest.mark.parametrize("path", [path for path, _ in OF_PATIENT if path not in MAY_LIE_AHEAD | MAY_COME_AFTER])
def test_a_date_of_the_patient_after_the_assessment_is_refused_and_on_its_day_taken(path: str) -> None:
    assert refused(document(path, "2024-05-03")) == [(path, "2024-05-03: this date is after the assessment")]
    assert refused(document(path, "2024-05")) == []
    assert refused(document(path, "2024-05-02")) == []


@pytest.mark.parametrize(("name", "field", "follow_up"), OF_ITEMS)
def test_a_date_of_an_item_is_refused_at_its_item_and_field(name: str, field: str, follow_up: bool) -> None:
    def at(day: str) -> list[tuple[str, str]]:
        return refused({"assessed": "2024-05-02", name: [{}, {field: day}]})

    if field in MAY_LIE_AHEAD:
        assert at("2024-06-02") == []
        return
    assert at("2024-06-02") == [(f"{name}[1].{field}", "2024-06-02: this date is in the future")]
    late = [] if follow_up else [(f"{name}[1].{field}", "2024-05-03: this date is after the assessment")]
    assert at("2024-05-03") == late
    assert at("2024-05-02") == []
