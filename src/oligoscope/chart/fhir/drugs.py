"""Lines of systemic therapy out of what was ordered, given or reported, by the names of drugs (INN)."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import NamedTuple

import yaml

from oligoscope.chart.fhir.codes import codes, codings, words_of
from oligoscope.chart.fhir.found import Found
from oligoscope.chart.fhir.resources import Resource, day_of, extensions_of

NEVER = ("cancelled", "entered-in-error", "not-done", "not-taken", "draft")
ENDED = ("stopped", "completed")


class Given(NamedTuple):
    """One entry of one drug. ongoing: true, false, or empty where it is not told."""

    drug: str
    start: str
    ongoing: str
    intent: str


def lines(found: Found) -> None:
    """Drugs that began on one day are one line."""
    given: dict[str, list[Given]] = {}
    for resource in found.medications:
        for each in _given(resource, found):
            given.setdefault(each.drug, []).append(each)
    begun: dict[str, list[Given]] = {}
    for drug, entries in given.items():
        start = min((each.start for each in entries if each.start), default="")
        told = {each.ongoing for each in entries}
        ongoing = "true" if "true" in told else "false" if told == {"false"} else ""
        intents = {each.intent for each in entries}
        intent = intents.pop() if len(intents) == 1 else ""
        begun.setdefault(start or drug, []).append(Given(drug, start, ongoing, intent))
    for together in sorted(begun.values(), key=lambda each: each[0].start):
        found.lines.append(_line(together))
        if len(together) > 1:
            names = " + ".join(each.drug for each in together)
            found.notes.append(f"systemic_therapy: {names} began on one day and are read as one line")


def _line(together: list[Given]) -> dict[str, str]:
    line = {"drugs": " + ".join(each.drug for each in together)}
    shared = set.intersection(*(set(_classes()[each.drug]) or _every_class() for each in together))
    if len(shared) == 1:
        line["class"] = shared.pop()
    if together[0].start:
        line["start"] = together[0].start
    ongoing = {each.ongoing for each in together}
    if len(ongoing) == 1 and "" not in ongoing:
        line["ongoing"] = ongoing.pop()
    intents = {each.intent for each in together}
    if len(intents) == 1 and "" not in intents:
        line["intent"] = intents.pop()
    return line


def _every_class() -> set[str]:
    return {name for classes in _classes().values() for name in classes}


def _given(resource: Resource, found: Found) -> Iterator[Given]:
    status, words = str(resource.get("status") or ""), _words(resource, found)
    named = sorted(set(re.findall(r"[a-z][a-z-]+", words.lower())) & set(_classes()))
    if not named:
        found.unmapped[f"{resource.kind}: {words or 'no name'}"] += 1
        return
    if status in NEVER or resource.get("doNotPerform"):
        found.note(resource, f"{words} is {status or 'not to be given'} and not taken")
        return
    found.used[resource.name] = None
    ongoing = ""
    if resource.kind == "MedicationStatement" and status == "active":
        ongoing = "true"
    elif resource.kind != "MedicationAdministration" and status in ENDED:
        ongoing = "false"
    elif resource.kind == "MedicationRequest":
        found.note(resource, f"{words} is ordered ({status}): whether it is being given is not told")
    intent = ""
    for each in extensions_of(resource.content, "procedure-intent"):
        for code in codes().of(each.get("valueCodeableConcept")):
            intent = codes().intents.get(code, intent)
    start = resource.day or day_of(resource.get("authoredOn"))
    yield from (Given(drug, start, ongoing, intent) for drug in named)


def _words(resource: Resource, found: Found) -> str:
    """All that a medication is called, its own resource in the bundle included."""
    concept = resource.get("medicationCodeableConcept")
    if concept is None:
        medication = found.referred(resource.get("medicationReference"))
        concept = medication.get("code") if medication else None
    displays = [str(coding.get("display") or "") for coding in codings(concept)]
    return " / ".join(dict.fromkeys(filter(None, [words_of(concept), *displays])))


@cache
def _classes() -> Mapping[str, list[str]]:
    """The drugs of the vocabulary, and the classes that a line with each may have."""
    text = resources.files("oligoscope.vocabulary").joinpath("drugs.yaml").read_text("utf-8")
    found: Mapping[str, list[str]] = yaml.safe_load(text)
    return found
