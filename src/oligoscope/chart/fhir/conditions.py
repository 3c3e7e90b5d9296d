"""Conditions: the cancer, its metastases, and what of them contradicts the stage that was recorded."""

from collections.abc import Iterator

from oligoscope.chart.fhir.codes import codes, words_of
from oligoscope.chart.fhir.found import Found, Metastasis, Said
from oligoscope.chart.fhir.resources import Resource, day_of, extensions_of
from oligoscope.chart.imported import CONTRADICTION

NOT_SO = ("refuted", "entered-in-error")
NOT_SURE = ("unconfirmed", "provisional", "differential")
OVER = ("inactive", "remission", "resolved")


def conditions(found: Found) -> None:
    """All conditions of a bundle, once every other resource is read."""
    known = codes()
    for each in found.conditions:
        mine, words = known.of(each.get("code")), words_of(each.get("code"))
        sites = [code for site in each.get("bodySite") or () for code in known.of(site)]
        verified = each.status("verificationStatus")
        if verified in NOT_SO or verified in NOT_SURE or known.suspected.intersection(mine):
            text = verified or "suspected"
            found.note(each, f"{words} is {text if verified in (*NOT_SO, *NOT_SURE) else 'suspected'} and not taken")
        elif known.lung_cancer.intersection(mine) or (
            known.malignant.intersection(mine) and known.lung_sites.intersection(sites)
        ):
            _primary(each, found)
        elif organ := next((known.secondary[code] for code in mine if code in known.secondary), None):
            _secondary(each, organ.organ, organ.side or _side(each), found)
        elif because := next((known.apart[code] for code in mine if code in known.apart), None):
            found.note(each, f"{words} is not taken: {because}")
        elif known.other_cancers.intersection(mine) or known.malignant.intersection(mine):
            found.other_cancers.append(each)
        else:
            found.unmapped[f"Condition: {words}"] += 1
    if found.lung_cancer:
        for other in found.other_cancers:
            found.note(other, f"{words_of(other.get('code'))} is another cancer and not taken")
    found.metastases = list(_by_organ(found))
    found.notes += _against_the_stage(found)


def _primary(resource: Resource, found: Found) -> None:
    known = codes()
    found.lung_cancer.append(resource)
    found.used[resource.name] = None
    for each in extensions_of(resource.content, "histology-morphology-behavior"):
        concept = each.get("valueCodeableConcept")
        named = [known.morphology[code] for code in known.of(concept) if code in known.morphology]
        if named:
            found.say(resource, "patient.histology", named[0])
        else:
            found.note(resource, f"histology {words_of(concept)} is not read here")
    if side := _side(resource):
        found.say(resource, "primary.side", side)
    for stage in resource.get("stage") or ():
        for code in known.of(stage.get("summary")):
            if code in known.stages:
                found.stages.append(Said(known.stages[code], resource.day, resource))
    # The first day that a lung cancer is recorded for is its diagnosis; later entries follow it.
    days = [day for day in (resource.day or day_of(resource.get("recordedDate")),) if day]
    earlier = [each.value for each in found.values.get("patient.primary_dx_date", ())]
    if days and (not earlier or days[0] < earlier[0]):
        found.values["patient.primary_dx_date"] = [Said(days[0], "", resource)]


def _secondary(resource: Resource, organ: str, side: str, found: Found) -> None:
    status = resource.status("clinicalStatus")
    if status in OVER:
        found.note(resource, f"{words_of(resource.get('code'))} is {status}: not taken as a lesion that is there now")
        return
    found.used[resource.name] = None
    found.metastases.append(Metastasis(organ, side, resource.day, resource))


def _side(resource: Resource) -> str:
    for site in resource.get("bodySite") or ():
        for each in extensions_of(site, "laterality-qualifier"):
            for code in codes().of(each.get("valueCodeableConcept")):
                if code in codes().sides:
                    return codes().sides[code]
    return ""


def _by_organ(found: Found) -> Iterator[Metastasis]:
    """One for each organ and side: an entry says that there are metastases, not how many."""
    told: dict[tuple[str, str], Metastasis] = {}
    for each in found.metastases:
        if (each.organ, each.side) in told:
            found.note(each.resource, f"a further entry of {each.organ}: how many lesions there are is not told")
        told.setdefault((each.organ, each.side), each)
    named = [each for each in told.values() if each.organ != "unknown"]
    for each in told.values():
        if each.organ == "unknown" and named:
            found.note(
                each.resource, "a metastasis without its organ may be one of the others, so it is not counted apart"
            )
        elif each.organ != "unknown" and not each.side and any(o.organ == each.organ and o.side for o in named):
            found.note(
                each.resource, f"an entry of {each.organ} without its side may be the other, so it is not counted apart"
            )
        else:
            yield each


def _against_the_stage(found: Found) -> Iterator[str]:
    """A stage without distant metastases beside one that is recorded, and the other way round."""
    for said in (*found.m_categories, *found.stages):
        without = said.value == "M0" or (said.value[:1] in "I" and not said.value.startswith("IV"))
        for each in found.metastases if without else ():
            where = f"a metastasis ({each.organ}) of {each.day or 'no day'}, {each.resource.name}"
            yield (
                f"{said.resource.name}: {CONTRADICTION}{said.value} of {said.day or 'no day'} beside {where}; "
                "the metastasis is taken"
            )
    spread = [said for said in found.m_categories if said.value.startswith("M1")]
    for said in found.stages if spread else ():
        if said.value[:1] == "I" and not said.value.startswith("IV"):
            beside = f"{spread[0].value}, {spread[0].resource.name}"
            yield f"{said.resource.name}: {CONTRADICTION}stage {said.value} beside {beside}"
