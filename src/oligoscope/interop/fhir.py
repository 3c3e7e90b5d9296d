"""FHIR R4 out: an answer as the resources that hospital systems keep, each with its rule and its sources.

A decision is a GuidanceResponse, a prognosis also a RiskAssessment, what must be told beside them a DetectedIssue. What
is open is said as open: a GuidanceResponse that lacks data names what it lacks.
"""

from collections.abc import Iterator, Mapping, Sequence
from uuid import NAMESPACE_URL, uuid5

from oligoscope.assess.answer import Answer, Decision, Flag
from oligoscope.files.documents import Plain

SEVERITIES = {"stop": "high", "caution": "moderate", "information": "low"}
"""Of a DetectedIssue, by the severity of a flag."""
SYSTEM = "urn:oligoscope"
"""How codes of ours begin: tables, rules, fields and studies have no other address."""


def fhir_of(answer: Answer, titles: Mapping[str, str], prognoses: Sequence[str], subject: str = "") -> dict[str, Plain]:
    """An answer as a Bundle (collection). titles: of each table, in words.  prognoses: the tables that tell survival.

    subject: the reference of the patient (Patient/17), where there is one.
    """
    about = {"reference": subject} if subject else {"display": answer.case or "case"}
    made = [*_decisions(answer, titles, prognoses, about), *_issues(answer, about)]
    entries = [{"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource} for resource in made]
    return {"resourceType": "Bundle", "type": "collection", "timestamp": f"{answer.as_of}T00:00:00Z", "entry": entries}


def _decisions(
    answer: Answer, titles: Mapping[str, str], prognoses: Sequence[str], about: Mapping[str, str]
) -> Iterator[dict[str, Plain]]:
    for table, decision in answer.decisions.items():
        yield {
            "resourceType": "GuidanceResponse",
            "id": _id(answer, table),
            "moduleCodeableConcept": _concept("table", table, titles.get(table, table)),
            "status": "success" if decision.value else "data-required",
            "subject": dict(about),
            "occurrenceDateTime": answer.as_of,
            "reasonCode": [_concept("answer", code) for code in decision.possible],
            "note": [{"text": text} for text in _said(answer, decision)],
            **({"dataRequirement": _lacking(decision)} if decision.needs else {}),
        }
        if table in prognoses and decision.value:
            yield {
                "resourceType": "RiskAssessment",
                "id": _id(answer, f"{table}/risk"),
                "status": "final",
                "subject": dict(about),
                "occurrenceDateTime": answer.as_of,
                "method": _concept("table", table, titles.get(table, table)),
                "prediction": [
                    {
                        "outcome": {"text": titles.get(table, table)},
                        "qualitativeRisk": _concept("answer", decision.value, decision.label or decision.value),
                        "rationale": "; ".join(_said(answer, decision)),
                    }
                ],
            }


def _issues(answer: Answer, about: Mapping[str, str]) -> Iterator[dict[str, Plain]]:
    for flag in answer.flags:
        found = {
            "resourceType": "DetectedIssue",
            "id": _id(answer, f"flag/{flag.id}"),
            "status": "final" if flag.applies == "yes" else "preliminary",
            "code": _concept("flag", flag.id),
            "severity": SEVERITIES[flag.severity],
            "identifiedDateTime": answer.as_of,
            "detail": _detail(flag),
            "evidence": [{"code": [_concept("study", name) for name in flag.cites]}] if flag.cites else [],
        }
        if "reference" in about:
            found["patient"] = dict(about)
        yield {key: value for key, value in found.items() if value != []}


def _detail(flag: Flag) -> str:
    depends = f" Depends on: {', '.join(flag.depends_on)}." if flag.depends_on else ""
    return f"{flag.text}{depends}"


def _said(answer: Answer, decision: Decision) -> Iterator[str]:
    """Answer, rule, sources and release, in words."""
    named = decision.label or decision.value
    yield named if decision.value and named else f"not settled: {' or '.join(decision.possible)}"
    if decision.rule:
        sources = f"; sources: {', '.join(decision.cites)} ({decision.status})" if decision.cites else ""
        yield f"rule {decision.rule}{sources}"
    if decision.assumes:
        yield f"assumes what the chart leaves out: {', '.join(decision.assumes)}"
    yield f"knowledge {answer.knowledge}"


def _lacking(decision: Decision) -> list[dict[str, Plain]]:
    return [{"type": "Observation", "codeFilter": [{"code": [_coding("field", name)]}]} for name in decision.needs]


def _concept(kind: str, code: str, text: str = "") -> dict[str, Plain]:
    return {"coding": [_coding(kind, code)], "text": text or code}


def _coding(kind: str, code: str) -> dict[str, str]:
    return {"system": f"{SYSTEM}:{kind}", "code": code}


def _id(answer: Answer, what: str) -> str:
    """The same for the same answer: written twice, a resource takes its own place."""
    return str(uuid5(NAMESPACE_URL, f"{SYSTEM}/{answer.knowledge}/{answer.case}/{answer.assessed}/{what}"))
