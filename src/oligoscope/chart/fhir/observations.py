"""Observations: performance status, TNM, metastases, genes, smoking."""

from collections.abc import Iterator, Mapping

from oligoscope.chart.fhir.codes import Codes, Observed, codes, codings, words_of
from oligoscope.chart.fhir.found import Found, Metastasis, Said
from oligoscope.chart.fhir.resources import Resource
from oligoscope.files.documents import Plain
from oligoscope.vocabulary.fields import scalar_fields
from oligoscope.vocabulary.values import Choice, Scale

NOT_FINAL = ("entered-in-error", "cancelled", "preliminary", "registered")
PREFIXES = "cpuyra"
"""Letters before T, N and M that say how a category was found."""


def observation(resource: Resource, found: Found) -> None:
    """One Observation, and the components that are observations of their own."""
    known, words = codes(), words_of(resource.get("code"))
    if resource.get("status") in NOT_FINAL:
        found.note(resource, f"{words or 'the observation'} is {resource.get('status')}")
        return
    parts = [resource.content, *(resource.get("component") or ())]
    read = False
    for part in parts:
        mine = known.of(part.get("code"))
        for how in (known.observations[code] for code in mine if code in known.observations):
            read = True
            _BY[how.reads](resource, part, how, found)
        for because in (known.not_read[code] for code in mine if code in known.not_read):
            read = True
            found.note(resource, f"{words_of(part.get('code'))} is not taken: {because}")
    if not read:
        found.unmapped[f"Observation: {words or ' '.join(known.of(resource.get('code')))}"] += 1


def _grade(resource: Resource, part: Mapping[str, object], how: Observed, found: Found) -> None:
    """A performance status; a number off its scale, or beside an interpretation that says another, is not taken."""
    number = _number(part)
    scale = _kind(how.field)
    assert isinstance(scale, Scale)
    if number not in scale.steps:
        said = "no number" if number is None else f"{number:g}"
        found.note(resource, f"{how.field} is not taken: it says {said}; allowed: {scale.allowed()}")
        return
    meant = {
        codes().interpretations[how.field][code]
        for each in resource.get("interpretation") or ()
        for code in codes().of(each)
        if code in codes().interpretations[how.field]
    }
    if meant - {number}:
        text = f"{how.field} is not taken: the number says {number:g}, its interpretation {min(meant)}"
        found.note(resource, text)
        return
    found.say(resource, f"patient.{how.field}", f"{number:g}")


def _number(part: Mapping[str, Plain]) -> float | None:
    if part.get("valueInteger") is not None:
        return float(part["valueInteger"])
    if (part.get("valueQuantity") or {}).get("value") is not None:
        return float(part["valueQuantity"]["value"])
    for coding in codings(part.get("valueCodeableConcept")):
        text = str(coding.get("code") or "").removesuffix("%")
        if text.lstrip("-").isdigit():
            return float(text)
    return None


def _category(resource: Resource, part: Mapping[str, object], how: Observed, found: Found) -> None:
    """T, N or M; M has no field in a case and is held against the metastases that are recorded."""
    named = dict.fromkeys(_categories(part, codes()))
    letter = how.field.upper()
    of_this = [name for name in named if name.startswith(letter)]
    if how.field == "m":
        found.m_categories += [Said(name, resource.day, resource) for name in of_this]
        return
    kind = _kind(f"primary.{how.field}")
    assert isinstance(kind, Choice)
    taken = next((name for name in of_this if name in kind.labels), None)
    if taken is None:
        said = words_of(part.get("valueCodeableConcept")) or "nothing"
        found.note(resource, f"{letter} category is not taken: {said}; allowed: {', '.join(kind.labels)}")
        return
    found.say(resource, f"primary.{how.field}", taken)
    found.say(resource, f"primary.{how.field}_by", how.by)


def _categories(part: Mapping[str, object], known: Codes) -> Iterator[str]:
    for code in known.of(part.get("valueCodeableConcept")):
        if code in known.categories:
            yield known.categories[code]
        system, _, text = code.partition(" ")
        if system == "tnm":
            yield text.lstrip(PREFIXES)


def _stage(resource: Resource, part: Mapping[str, object], _: Observed, found: Found) -> None:
    """A stage group has no field in a case; it is held against the metastases that are recorded."""
    known = codes()
    for code in known.of(part.get("valueCodeableConcept")):
        system, text = code.split(" ", 1)
        stage = known.stages.get(code) or (text if system == "tnm" else "")
        if stage:
            found.stages.append(Said(stage, resource.day, resource))


def _metastases(resource: Resource, part: Mapping[str, object], _: Observed, found: Found) -> None:
    for code in codes().of(part.get("valueCodeableConcept")):
        organ = codes().letters.get(code.partition(" ")[2]) if code.startswith("metastases ") else None
        if organ:
            found.used[resource.name] = None
            found.metastases.append(Metastasis(organ, "", resource.day, resource))
        else:
            words = words_of(part.get("valueCodeableConcept"))
            found.note(resource, f"{words} is not one organ with a lesion in it; the chart must say what it is")


def _variant(resource: Resource, part: Mapping[str, object], _: Observed, found: Found) -> None:
    """A variant that is present in a gene of ours, in the tumour; one that is absent leaves the gene open."""
    known = codes()
    components = {
        code: each.get("valueCodeableConcept")
        for each in resource.get("component") or ()
        for code in known.of(each.get("code"))
    }
    named = known.of(components.get(known.gene_studied))
    gene = next((known.genes[code.partition(" ")[2]] for code in named if code.partition(" ")[2] in known.genes), None)
    words = words_of(components.get(known.gene_studied)) or "no gene is named"
    if gene is None:
        found.unmapped[f"Observation: variant, {words}"] += 1
    elif known.germline.intersection(known.of(components.get(known.source_class))):
        found.note(resource, f"a germline variant of {words} says nothing of the tumour")
    elif not known.present.intersection(known.of(part.get("valueCodeableConcept"))):
        found.note(resource, f"{words} is not taken: only a variant that is present is read; others leave it open")
    else:
        found.say(resource, f"patient.{gene}", "positive")
        change = words_of(components.get(known.amino_acid_change))
        if gene == "egfr" and change:
            found.say(resource, "patient.egfr_variant", change.rpartition(":")[2])


def _smoking(resource: Resource, part: Mapping[str, object], _: Observed, found: Found) -> None:
    named = [codes().smoking[code] for code in codes().of(part.get("valueCodeableConcept")) if code in codes().smoking]
    if named:
        found.say(resource, "patient.smoking", named[0])
    else:
        found.unmapped[f"Observation: smoking, {words_of(part.get('valueCodeableConcept'))}"] += 1


def _percent(resource: Resource, part: Mapping[str, Plain], how: Observed, found: Found) -> None:
    quantity = part.get("valueQuantity") or {}
    if quantity.get("value") is not None and "%" in (quantity.get("code"), quantity.get("unit")):
        found.say(resource, f"patient.{how.field}", f"{float(quantity['value']):g}")
    else:
        found.note(resource, f"{words_of(part.get('code'))} is not taken: only a share in percent is read")


def _kind(name: str) -> object:
    return next(spec.kind for spec in scalar_fields() if spec.name == name)


_BY = {
    "grade": _grade,
    "category": _category,
    "stage": _stage,
    "metastases": _metastases,
    "variant": _variant,
    "smoking": _smoking,
    "percent": _percent,
}
