"""An answer as FHIR R4: valid by another library, each resource with its rule, sources and release."""

from pathlib import Path

import pytest
from fhir.resources.R4B import get_fhir_model_class

import oligoscope as osc

ROOT = Path(__file__).parents[3]
CASES = [ROOT / "examples" / f"{name}.yaml" for name in ("complete", "gaps", "polymetastatic")]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_resource_is_valid(path: Path) -> None:
    bundle = osc.assess(path).fhir("Patient/17")
    get_fhir_model_class("Bundle").model_validate(bundle)
    kinds = [entry["resource"]["resourceType"] for entry in bundle["entry"]]
    answer = osc.assess(path)
    assert (kinds.count("GuidanceResponse"), kinds.count("DetectedIssue")) == (len(answer.decisions), len(answer.flags))
    assert len({entry["resource"]["id"] for entry in bundle["entry"]}) == len(bundle["entry"])


def test_a_decision_names_its_rule_its_sources_and_its_release() -> None:
    answer = osc.assess(CASES[0])
    found = {
        e["resource"]["moduleCodeableConcept"]["coding"][0]["code"]: e["resource"]
        for e in answer.fhir()["entry"]
        if e["resource"]["resourceType"] == "GuidanceResponse"
    }
    assert set(found) == set(answer.decisions)
    for table, decision in answer.decisions.items():
        said = " ".join(note["text"] for note in found[table]["note"])
        assert answer.knowledge in said
        if decision.rule:
            assert f"rule {decision.rule}" in said
            assert all(name in said for name in decision.cites)
        assert (found[table]["status"] == "success") == (decision.value is not None)


def test_what_is_open_names_what_it_lacks() -> None:
    answer = osc.assess(CASES[1])
    open_ = next(name for name, each in answer.decisions.items() if each.value is None and each.needs)
    (resource,) = [
        e["resource"]
        for e in answer.fhir()["entry"]
        if e["resource"].get("moduleCodeableConcept", {}).get("coding", [{}])[0].get("code") == open_
    ]
    assert resource["status"] == "data-required"
    lacking = [each["codeFilter"][0]["code"][0]["code"] for each in resource["dataRequirement"]]
    assert lacking == list(answer.decisions[open_].needs)


def test_a_prognosis_is_a_risk_and_a_stop_is_a_grave_issue() -> None:
    prognosis = osc.assess(CASES[0]).fhir()["entry"]
    risks = [e["resource"] for e in prognosis if e["resource"]["resourceType"] == "RiskAssessment"]
    assert risks
    assert all("rule " in each["prediction"][0]["rationale"] for each in risks)
    stopped = osc.assess({"patient": {"ecog": 1}, "diffuse_disease": True, "lesions": [{"organ": "liver"}]})
    severities = {
        e["resource"]["code"]["text"]: e["resource"]["severity"]
        for e in stopped.fhir()["entry"]
        if e["resource"]["resourceType"] == "DetectedIssue"
    }
    assert stopped.stop_flags
    assert all(severities[name] == "high" for name in stopped.stop_flags)
