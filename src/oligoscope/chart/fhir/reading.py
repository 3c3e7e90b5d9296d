"""A patient's resources as the document of a case.

What a code says plainly is taken; what it leaves open stays open, and is said: a test that is not there is not
negative, the organs named are not all the lesions there are, an order is not a drug taken. Nothing is read off a
display text but the names of drugs.
"""

from collections.abc import Callable, Iterator, Mapping

from oligoscope.chart.fhir import drugs
from oligoscope.chart.fhir.codes import codes, words_of
from oligoscope.chart.fhir.conditions import conditions
from oligoscope.chart.fhir.found import Found
from oligoscope.chart.fhir.observations import observation
from oligoscope.chart.fhir.resources import MOST_PROBLEMS, Resource, extensions_of, last_of, resources_of
from oligoscope.chart.imported import Imported
from oligoscope.chart.problems import CaseError, Problem
from oligoscope.files.documents import Plain


def is_fhir(content: Plain) -> bool:
    """Whether a document is a FHIR resource, not a case."""
    return isinstance(content, Mapping) and isinstance(content.get("resourceType"), str)


def read_fhir(document: Mapping[str, object], source: str = "bundle") -> Imported:
    """A bundle of one patient's resources as a case.

    Raises CaseError for an entry that is not FHIR R4, for resources of two patients, and for a cancer that is not of
    the lung.
    """
    resources = resources_of(document, source)
    found = Found(resources)
    patients = [resource for resource in resources if resource.kind == "Patient"]
    if len(patients) > 1:
        names = ", ".join(resource.name for resource in patients)
        raise CaseError(
            source, [Problem("Patient", "", f"resources of {len(patients)} patients: {names}", "one patient")]
        )
    for resource in resources:
        if not _of_another(resource, patients):
            _READERS.get(resource.kind, _not_read)(resource, found)
        else:
            found.note(resource, "it is about another patient than the one of this bundle")
    conditions(found)
    drugs.lines(found)
    made = found.document()
    wrong = _not_lung(found) if found.other_cancers and not found.lung_cancer else None if made else _nothing(found)
    if wrong:
        notes = (note.partition(": ") for note in found.notes[:MOST_PROBLEMS])
        raise CaseError(source, [wrong, *(Problem(name, "", text) for name, _, text in notes)])
    if not found.lung_cancer:
        found.notes.append("no lung cancer is recorded here; what is answered holds for one alone")
    return Imported(
        made, len(resources), tuple(found.used), tuple(found.notes), dict(found.unmapped), bool(found.lung_cancer)
    )


def _not_lung(found: Found) -> Problem:
    named = "; ".join(dict.fromkeys(f"{each.name}, {words_of(each.get('code'))}" for each in found.other_cancers))
    allowed = "a bundle in which a non-small-cell lung cancer is recorded"
    return Problem("Condition", "", f"the cancer recorded is not of the lung ({named})", allowed)


def _nothing(found: Found) -> Problem:
    unmapped = ", ".join(f"{what} ({n})" for what, n in found.unmapped.most_common(5))
    text = f"none of {len(found.resources)} resources says anything that a case holds"
    return Problem("entry", "", f"{text}; not read here: {unmapped}" if unmapped else text)


def _of_another(resource: Resource, patients: list[Resource]) -> bool:
    subject = str((resource.get("subject") or resource.get("patient") or {}).get("reference") or "")
    if not patients or not subject or resource.kind == "Patient":
        return False
    own = {str(patients[0].get("id") or ""), last_of(patients[0].url)}
    return last_of(subject) not in own


def _not_read(resource: Resource, found: Found) -> None:
    found.unmapped[resource.kind] += 1


def _patient(resource: Resource, found: Found) -> None:
    gender, born = resource.get("gender"), resource.get("birthDate")
    if gender in ("female", "male", "other"):
        found.say(resource, "patient.sex", gender)
    if born:
        found.say(resource, "patient.birth_date", born)
    if any(resource.get(key) for key in ("deceasedBoolean", "deceasedDateTime")):
        found.note(resource, "the patient is recorded as deceased")


def _condition(resource: Resource, found: Found) -> None:
    found.conditions.append(resource)


def _medication(resource: Resource, found: Found) -> None:
    found.medications.append(resource)


def _named_elsewhere(_: Resource, __: Found) -> None:
    """A Medication is read where an order or a statement refers to it."""


def _procedure(resource: Resource, found: Found) -> None:
    known, words = codes(), words_of(resource.get("code"))
    mine = known.of(resource.get("code"))
    if resource.get("status") != "completed":
        found.note(resource, f"{words or 'the procedure'} is {resource.get('status')}, not completed")
    elif known.lung_surgery.intersection(mine):
        found.say(resource, "primary.treatment", words)
        found.say(resource, "primary.treated_locally", "true")
    elif known.radiotherapy.intersection(mine):
        doses = "; ".join(_doses(resource)) or "no dose is recorded"
        found.note(resource, f"radiotherapy ({doses}): which lesion was treated is not told")
    else:
        found.unmapped[f"Procedure: {words}"] += 1


def _doses(resource: Resource) -> Iterator[str]:
    """What was delivered to each volume, in Gy."""
    for each in extensions_of(resource.content, "radiotherapy-dose-delivered-to-volume"):
        dose = next(extensions_of(each, "totalDoseDelivered"), {}).get("valueQuantity") or {}
        n = next(extensions_of(each, "fractionsDelivered"), {}).get("valueUnsignedInt")
        factor = {"Gy": 1, "cGy": 0.01}.get(str(dose.get("code") or dose.get("unit")))
        if factor and dose.get("value") is not None:
            yield f"{float(dose['value']) * factor:g} Gy" + (f" in {n} fractions" if n else "")
        else:
            unit = dose.get("unit") or dose.get("code")
            yield f"a dose in a unit that is not read here ({dose.get('value')} {unit})"


_READERS: dict[str, Callable[[Resource, Found], None]] = {
    "Patient": _patient,
    "Condition": _condition,
    "Observation": observation,
    "MedicationRequest": _medication,
    "MedicationStatement": _medication,
    "MedicationAdministration": _medication,
    "Medication": _named_elsewhere,
    "Procedure": _procedure,
}
