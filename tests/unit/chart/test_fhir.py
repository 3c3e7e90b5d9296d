"""FHIR in: what a bundle says, what it leaves open, what is refused; the files of others where they are there."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

import oligoscope as osc
from oligoscope import api
from oligoscope.chart.fhir import read_fhir
from oligoscope.chart.fhir.codes import codes
from oligoscope.chart.problems import CaseError
from tests.support.shared import shared

JOHN = Path(__file__).parents[2] / "data/fhir/john-anyperson.json"
SCT, LOINC = "http://snomed.info/sct", "http://loinc.org"
NSCLC = {"coding": [{"system": SCT, "code": "254637007", "display": "Non-small cell lung cancer"}]}
SUBJECT = {"reference": "Patient/p"}


def bundle(*resources: Mapping[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": dict(r)} for r in resources]}


def condition(code: str, **more: Any) -> dict[str, Any]:
    concept = {"coding": [{"system": SCT, "code": code, "display": code}]}
    return {"resourceType": "Condition", "id": f"c{code}", "subject": SUBJECT, "code": concept, **more}


def observation(code: str, system: str = LOINC, **more: Any) -> dict[str, Any]:
    concept = {"coding": [{"system": system, "code": code}]}
    return {
        "resourceType": "Observation",
        "id": f"o{code}",
        "status": "final",
        "code": concept,
        "subject": SUBJECT,
        **more,
    }


def medication(kind: str, text: str, status: str, **more: Any) -> dict[str, Any]:
    named = {"medicationCodeableConcept": {"text": text}, "subject": SUBJECT, "status": status}
    intent = {"intent": "order"} if kind == "MedicationRequest" else {}
    return {"resourceType": kind, "id": f"m{text.split()[0]}{status}", **named, **intent, **more}


PATIENT = {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1960-05"}
PRIMARY = {**condition("254637007"), "code": NSCLC, "onsetDateTime": "2023-02-03T10:00:00Z"}


def test_what_a_bundle_says_plainly_is_taken() -> None:
    found = read_fhir(bundle(PATIENT, PRIMARY, observation("89247-1", valueInteger=1)))
    assert found.document == {
        "patient": {"sex": "female", "birth_date": "1960-05", "ecog": "1", "primary_dx_date": "2023-02-03"}
    }
    assert not found.notes


def test_the_published_patient() -> None:
    """Facts of the guide's example patient, and what his records contradict."""
    found = read_fhir(json.loads(JOHN.read_text("utf-8")))
    patient, primary = found.document["patient"], found.document["primary"]
    assert patient == {
        "sex": "male",
        "birth_date": "1951-01-20",
        "ecog": "0",
        "kps": "90",
        "histology": "adenocarcinoma",
        "primary_dx_date": "2019-04-01",
    }
    assert (primary["t"], primary["n"], primary["side"], primary["treated_locally"]) == ("T3", "N3", "left", "true")
    assert found.document["lesions"] == [{"id": "L1", "organ": "brain"}]
    assert "egfr" not in patient, "a protein in tissue is not a mutation"
    assert [note.partition(": ")[0].partition("/")[2] for note in found.contradictions] == [
        "tnm-clinical-distant-metastases-category-cM0",
        "tnm-clinical-stage-group-3c",
        "primary-cancer-condition-nsclc",
    ]
    answer = osc.assess(JOHN)
    assert answer.facts["n_metastases"].model_dump()["low"] == 1
    assert answer.imported is not None
    assert answer.imported.resources == 38
    assert "Read from FHIR: 11 of 38 resources" in str(answer)


@pytest.mark.parametrize(
    "more, said",
    [
        ({"valueInteger": -1}, "ecog is not taken: it says -1"),
        ({"valueInteger": 5}, "ecog is not taken: it says 5"),
        ({}, "ecog is not taken: it says no number"),
        (
            {"valueInteger": 1, "interpretation": [{"coding": [{"system": LOINC, "code": "LA9622-7"}]}]},
            "the number says 1, its interpretation 0",
        ),
        ({"valueInteger": 1, "status": "entered-in-error"}, "is entered-in-error"),
    ],
)
def test_a_grade_that_cannot_be_so_is_not_taken(more: dict[str, Any], said: str) -> None:
    found = read_fhir(bundle(PATIENT, PRIMARY, {**observation("89247-1"), **more}))
    assert "ecog" not in found.document["patient"]
    assert said in found.notes[0]


def test_the_newest_value_is_taken_and_two_of_one_day_leave_it_open() -> None:
    old = observation("89247-1", valueInteger=2, effectiveDateTime="2023-01-01")
    new = {**observation("89247-1", valueInteger=1, effectiveDateTime="2024-01-01"), "id": "new"}
    found = read_fhir(bundle(PATIENT, PRIMARY, old, new))
    assert found.document["patient"]["ecog"] == "1"
    assert "patient.ecog 2 of 2023-01-01 is older" in found.notes[0]
    other = {**new, "id": "other", "valueInteger": 0}
    open_ = read_fhir(bundle(PATIENT, PRIMARY, new, other))
    assert "ecog" not in open_.document["patient"]
    assert "left open" in open_.notes[0]


def test_an_entry_of_an_organ_says_that_there_are_metastases_not_how_many() -> None:
    twice = {**condition("94225005"), "id": "again"}
    answer = osc.assess(bundle(PATIENT, PRIMARY, condition("94225005"), twice, condition("94222008")))
    fact = answer.facts["n_metastases"].model_dump()
    assert (fact["low"], fact["high"]) == (2, None)
    assert answer.imported is not None
    assert any("how many lesions there are is not told" in note for note in answer.imported.notes)


def test_a_metastasis_without_its_organ_is_counted_once_at_most() -> None:
    alone = read_fhir(bundle(PATIENT, PRIMARY, condition("128462008")))
    assert alone.document["lesions"] == [{"id": "L1"}]
    beside = read_fhir(bundle(PATIENT, PRIMARY, condition("128462008"), condition("94225005")))
    assert [each.get("organ") for each in beside.document["lesions"]] == ["brain"]


@pytest.mark.parametrize("status", ["refuted", "entered-in-error", "provisional"])
def test_what_is_not_confirmed_is_not_taken(status: str) -> None:
    verified = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": status}]}
    found = read_fhir(bundle(PATIENT, PRIMARY, condition("94225005", verificationStatus=verified)))
    assert "lesions" not in found.document
    assert status in found.notes[0]


def variant(gene: str, present: str = "LA9633-4", *, germline: bool = False) -> dict[str, Any]:
    components = [
        {"code": coded("48018-6"), "valueCodeableConcept": coded(gene, "http://www.genenames.org")},
        {"code": coded("48005-3"), "valueCodeableConcept": coded("NP_1.1:p.Leu858Arg", "http://varnomen.hgvs.org")},
    ]
    if germline:
        components.append({"code": coded("48002-0"), "valueCodeableConcept": coded("LA6683-2")})
    return observation("69548-6", valueCodeableConcept=coded(present), component=components)


def coded(code: str, system: str = LOINC) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def test_a_variant_that_is_present_is_positive_and_one_that_is_not_is_open() -> None:
    found = read_fhir(bundle(PATIENT, PRIMARY, variant("HGNC:3236")))
    assert found.document["patient"]["egfr"] == "positive"
    assert found.document["patient"]["egfr_variant"] == "p.Leu858Arg"
    for other in (variant("HGNC:3236", "LA9634-2"), variant("HGNC:3236", germline=True), variant("HGNC:11389")):
        assert "egfr" not in read_fhir(bundle(PATIENT, PRIMARY, other)).document["patient"]


def test_an_order_is_not_a_drug_that_is_taken() -> None:
    ordered = medication("MedicationRequest", "gefitinib 250 MG Oral Tablet", "active", authoredOn="2024-01-02")
    found = read_fhir(bundle(PATIENT, PRIMARY, ordered))
    assert found.document["systemic_therapy"] == [{"drugs": "gefitinib", "class": "egfr_tki", "start": "2024-01-02"}]
    taken = medication("MedicationStatement", "Osimertinib", "active", effectiveDateTime="2024-01-02")
    assert read_fhir(bundle(PATIENT, PRIMARY, taken)).document["systemic_therapy"][0]["ongoing"] == "true"
    never = medication("MedicationRequest", "gefitinib", "cancelled")
    assert "systemic_therapy" not in read_fhir(bundle(PATIENT, PRIMARY, never)).document
    unknown = medication("MedicationStatement", "Aspirin 81 MG", "active")
    assert read_fhir(bundle(PATIENT, PRIMARY, unknown)).unmapped == {"MedicationStatement: Aspirin 81 MG": 1}


def test_drugs_that_began_on_one_day_are_one_line() -> None:
    both = [
        medication("MedicationRequest", name, "completed", authoredOn="2024-01-02")
        for name in ("cisplatin", "pemetrexed")
    ]
    (line,) = read_fhir(bundle(PATIENT, PRIMARY, *both)).document["systemic_therapy"]
    assert (line["drugs"], line["ongoing"]) == ("cisplatin + pemetrexed", "false")


def test_what_is_about_another_patient_is_not_read() -> None:
    other = {**observation("89247-1", valueInteger=1), "subject": {"reference": "Patient/someone-else"}}
    found = read_fhir(bundle(PATIENT, PRIMARY, other))
    assert "ecog" not in found.document["patient"]
    assert "another patient" in found.notes[0]
    with pytest.raises(CaseError, match="resources of 2 patients"):
        read_fhir(bundle(PATIENT, {**PATIENT, "id": "q"}, PRIMARY))


def test_another_cancer_is_refused_and_beside_a_lung_cancer_said() -> None:
    with pytest.raises(CaseError, match="not of the lung"):
        osc.assess(bundle(PATIENT, condition("254837009")))
    found = read_fhir(bundle(PATIENT, PRIMARY, condition("254837009")))
    assert "another cancer" in found.notes[0]


def test_an_entry_that_is_not_fhir_is_named() -> None:
    wrong = {"resourceType": "Observation", "id": "x", "status": "final", "component": [{"valueInteger": 1}]}
    with pytest.raises(CaseError) as refused:
        read_fhir(bundle(PATIENT, wrong))
    assert {problem.field.partition(" ")[0] for problem in refused.value.problems} == {"entry[1]"}
    with pytest.raises(CaseError, match=r"entry\[1\].resource: there is no resource"):
        read_fhir({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": PATIENT}, {}]})
    with pytest.raises(CaseError, match="not a kind of FHIR R4 resource"):
        read_fhir(bundle({"resourceType": "Nonsense"}))


def test_a_bundle_that_says_nothing_of_a_case_is_refused() -> None:
    with pytest.raises(CaseError, match=r"none of 1 resources says anything.*718-7"):
        osc.assess(bundle(observation("718-7")))
    with pytest.raises(CaseError, match="none of 0 resources"):
        osc.assess(bundle())


def test_every_code_names_a_publication_that_is_listed() -> None:
    raw = yaml.safe_load((Path(osc.__file__).parent / "chart/fhir/codes.yaml").read_text("utf-8"))

    def named(part: Any) -> list[str]:
        if isinstance(part, dict):
            own = part["read_in"] if isinstance(part.get("read_in"), list) else []
            return [*own, *(name for value in part.values() for name in named(value))]
        return [name for each in part for name in named(each)] if isinstance(part, list) else []

    entries = {key: value for key, value in raw.items() if key != "read_in"}
    assert named(entries)
    assert set(named(entries)) == set(raw["read_in"])
    assert codes().lung_cancer


def test_the_files_of_others() -> None:
    """Nothing but a clear refusal or a case: every JSON file of the bundles that others made."""
    folder = shared("data/fhir")
    read, refused = 0, []
    for path in sorted(folder.rglob("*.json")):
        content = json.loads(path.read_text("utf-8"))
        if not isinstance(content, dict) or "resourceType" not in content:
            continue
        try:
            osc.assess(content)
            read += 1
        except osc.OligoscopeError as error:
            refused.append(str(error))
    assert read > 30
    assert len(refused) > 10
    assert all(refused)


def test_the_dictionary_lists_codes_by_the_field_that_they_fill() -> None:
    listed = {row["field"]: row["codes"] for row in api.fields().found}
    assert "LOINC 89247-1" in listed["patient.ecog"]
    assert (
        read_fhir(bundle(PATIENT, PRIMARY, observation("89247-1", valueInteger=2))).document["patient"]["ecog"] == "2"
    )
    organs = dict(each.split(" = ") for each in listed["lesions[].organ"].split("; "))
    for organ, written in organs.items():
        for code in (each.removeprefix("SNOMED CT ") for each in written.split(", ") if each.startswith("SNOMED")):
            (lesion,) = read_fhir(bundle(PATIENT, PRIMARY, condition(code))).document["lesions"]
            assert lesion["organ"] == organ
    smoking = dict(each.split(" = ") for each in listed["patient.smoking"].split("; ")[1:])
    for word, written in smoking.items():
        coding = {"coding": [{"system": SCT, "code": written.removeprefix("SNOMED CT ")}]}
        found = read_fhir(bundle(PATIENT, PRIMARY, observation("72166-2", valueCodeableConcept=coding)))
        assert found.document["patient"]["smoking"] == word
    assert not listed["patient.kras"], "no publication was read for it"
