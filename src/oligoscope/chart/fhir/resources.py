"""The resources of a bundle: found, checked against FHIR R4, and asked for what every kind of them has."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from oligoscope.chart.problems import CaseError, Problem
from oligoscope.errors import NotAllowed
from oligoscope.files.documents import Plain

MOST_PROBLEMS = 50
_DAY = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_MOMENTS = ("effectiveDateTime", "effectivePeriod", "onsetDateTime", "performedDateTime", "performedPeriod")


@dataclass(frozen=True)
class Resource:
    """One resource. place: of its entry in the bundle, from 0.  kind: its type.  url: the bundle's name for it."""

    place: int
    kind: str
    content: Mapping[str, object]
    url: str = ""

    @property
    def name(self) -> str:
        """What an error or a note calls it."""
        return f"entry[{self.place}] {self.kind}{'/' + str(self.content['id']) if self.content.get('id') else ''}"

    def get(self, key: str) -> Plain:
        """One of its elements."""
        return self.content.get(key)

    def status(self, key: str) -> str:
        """The code of a status that is a CodeableConcept: active, confirmed."""
        codings = (self.get(key) or {}).get("coding") or [{}]
        return str(codings[0].get("code") or "")

    @property
    def day(self) -> str:
        """When it was so, as a (partial) date; empty where it does not say."""
        for found in map(self.get, _MOMENTS):
            if found:
                return day_of(found.get("start") if isinstance(found, Mapping) else found)
        return ""


def extensions_of(element: Plain, ending: str) -> Iterator[Mapping[str, Plain]]:
    """The extensions of a resource or an element, and those inside them, whose address ends so."""
    for each in (element.get("extension") if isinstance(element, Mapping) else None) or ():
        if str(each.get("url", "")).endswith(ending):
            yield each
        yield from extensions_of(each, ending)


def last_of(reference: str) -> str:
    """The id at the end of a reference: Patient/17, urn:uuid:17."""
    return reference.rpartition("/")[2].rpartition(":")[2]


def day_of(moment: object) -> str:
    """The (partial) date of a FHIR date or dateTime."""
    found = _DAY.match(str(moment or ""))
    return found[0] if found else ""


def resources_of(document: Mapping[str, object], source: str) -> tuple[Resource, ...]:
    """The resources of a bundle, or the one that the document is. Raises CaseError, naming every entry that is no
    resource of FHIR R4.
    """
    if document["resourceType"] != "Bundle":
        return _checked([(0, document, "")], source)
    entries = document.get("entry") or []
    if not isinstance(entries, Sequence) or isinstance(entries, str):
        raise CaseError(source, [Problem("entry", "", "this is not a list", "the entries of a bundle")])
    found, wrong = [], []
    for place, entry in enumerate(entries):
        content = entry.get("resource") if isinstance(entry, Mapping) else None
        if isinstance(content, Mapping) and isinstance(content.get("resourceType"), str):
            found.append((place, content, str(entry.get("fullUrl") or "")))
        else:
            wrong.append(Problem(f"entry[{place}].resource", "", "there is no resource", "a FHIR R4 resource"))
    if wrong:
        raise CaseError(source, wrong[:MOST_PROBLEMS])
    return _checked(found, source)


def _checked(found: Sequence[tuple[int, Mapping[str, object], str]], source: str) -> tuple[Resource, ...]:
    try:
        from fhir.resources.R4B import get_fhir_model_class
    except ModuleNotFoundError:
        fix = "install it: pip install 'oligoscope[fhir]'"
        problem = "this is a FHIR document, and fhir.resources is not installed"
        raise NotAllowed("case", source, "", problem, fix) from None
    from pydantic import ValidationError

    wrong: list[Problem] = []
    checked = [Resource(place, str(content["resourceType"]), content, url) for place, content, url in found]
    for resource in checked:
        try:
            model = get_fhir_model_class(resource.kind)
        except (KeyError, ValueError):
            wrong.append(Problem(resource.name, "", f"{resource.kind} is not a kind of FHIR R4 resource"))
            continue
        try:
            model.model_validate(resource.content)
        except ValidationError as error:
            wrong += [_problem(resource, each) for each in error.errors()]
    if wrong:
        raise CaseError(source, wrong[:MOST_PROBLEMS])
    return tuple(checked)


def _problem(resource: Resource, error: Mapping[str, Plain]) -> Problem:
    where = ".".join(str(step) for step in error["loc"])
    text = str(error["msg"]).removeprefix("Value error, ").partition("\n")[0]
    return Problem(f"{resource.name} {where}".strip(), "", f"not FHIR R4: {text.rstrip('.')}", fix="correct this entry")
