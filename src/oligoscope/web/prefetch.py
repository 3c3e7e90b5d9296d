"""The resources of a patient for a CDS Hooks service: as they came with the call, else fetched, else refused.

What is missing is never taken for "there is none": a key that is not there, null, an error in its place, or the first
of several pages, is fetched from a FHIR server that this one may ask, or the call is refused with 412.
"""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from oligoscope.files.documents import Plain
from oligoscope.web.problems import Refused

if TYPE_CHECKING:
    import httpx

TEMPLATES: Mapping[str, str] = {
    "patient": "Patient/{{context.patientId}}",
    "conditions": "Condition?patient={{context.patientId}}",
    "observations": "Observation?patient={{context.patientId}}",
    "medications": "MedicationRequest?patient={{context.patientId}}",
    "statements": "MedicationStatement?patient={{context.patientId}}",
    "procedures": "Procedure?patient={{context.patientId}}",
}
"""What a service wants to know of a patient."""
MOST_PAGES = 50
LARGEST = 20 * 1024 * 1024
SECONDS = 10.0
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


def patient_of(context: Mapping[str, object]) -> str:
    """The id of the patient of a call. Raises Refused."""
    found = str(context.get("patientId") or "").removeprefix("Patient/")
    if not _ID.fullmatch(found):
        raise Refused(400, "No patient", "context.patientId is missing, or is not the id of a FHIR resource")
    return found


async def resources(call: Mapping[str, Plain], servers: Sequence[str]) -> list[Mapping[str, object]]:
    """All resources of the patient of a call. servers: FHIR servers that may be asked. Raises Refused (412)."""
    patient, given = patient_of(call.get("context") or {}), call.get("prefetch")
    given = given if isinstance(given, Mapping) else {}
    found: list[Mapping[str, object]] = []
    missing: dict[str, str] = {}
    for key in TEMPLATES:
        value, why = _given(given, key)
        if why:
            missing[key] = why
        else:
            found += value
    if missing:
        found += await _fetched(call, patient, missing, servers)
    return found


def _given(prefetch: Mapping[str, object], key: str) -> tuple[list[Mapping[str, object]], str]:
    """The resources under a key, or why they are not there."""
    if key not in prefetch:
        return [], "is not there"
    return _of(prefetch[key])


def _of(value: object) -> tuple[list[Mapping[str, object]], str]:
    if value is None:
        return [], "is null"
    kind = value.get("resourceType") if isinstance(value, Mapping) else None
    if not isinstance(value, Mapping) or not isinstance(kind, str):
        return [], "is not a FHIR resource"
    if kind == "OperationOutcome":
        return [], "is an error of the FHIR server"
    if kind != "Bundle":
        return [value], ""
    if any(isinstance(link, Mapping) and link.get("relation") == "next" for link in value.get("link") or ()):
        return [], "is the first of several pages"
    entries = value.get("entry") or []
    held = [entry.get("resource") for entry in entries if isinstance(entry, Mapping)]
    inside = [each for each in held if isinstance(each, Mapping)]
    if len(inside) != len(entries):
        return [], "is a bundle with an entry that holds no resource"
    if any(each.get("resourceType") == "OperationOutcome" for each in inside):
        return [], "is a bundle with an error of the FHIR server"
    return inside, ""


async def _fetched(
    call: Mapping[str, object], patient: str, missing: Mapping[str, str], servers: Sequence[str]
) -> list[Mapping[str, object]]:
    named = ", ".join(f"{key} {why}" for key, why in missing.items())
    server, authorization = str(call.get("fhirServer") or ""), call.get("fhirAuthorization")
    token = authorization.get("access_token") if isinstance(authorization, Mapping) else None
    if not server or not token:
        raise Refused(412, "Data is missing", f"prefetch: {named}; there is no FHIR server with a token to ask")
    if server.rstrip("/") not in {each.rstrip("/") for each in servers}:
        raise Refused(412, "Data is missing", f"prefetch: {named}; this server may not ask {urlsplit(server).netloc}")
    import httpx  # Where a server is asked only: a start is a seventh of a second shorter without.

    found: list[Mapping[str, object]] = []
    headers = {"authorization": f"Bearer {token}", "accept": "application/fhir+json"}
    async with httpx.AsyncClient(headers=headers, timeout=SECONDS, follow_redirects=False) as client:
        for key in missing:
            address = f"{server.rstrip('/')}/{TEMPLATES[key].replace('{{context.patientId}}', patient)}"
            found += await _pages(client, key, address)
    return found


async def _pages(client: "httpx.AsyncClient", key: str, address: str) -> list[Mapping[str, object]]:
    found: list[Mapping[str, object]] = []
    start = address
    for _ in range(MOST_PAGES):
        page = await _page(client, key, address)
        following = next((x.get("url") for x in page.get("link") or () if x.get("relation") == "next"), None)
        inside, why = _of({**page, "link": []})
        if why:
            raise Refused(412, "Data is missing", f"{key}, fetched, {why}")
        found += inside
        if not following:
            return found
        address = urljoin(address, str(following))
        if urlsplit(address)[:2] != urlsplit(start)[:2]:
            raise Refused(412, "Data is missing", f"{key}: its next page lies on another server")
    raise Refused(412, "Data is missing", f"{key} has more than {MOST_PAGES} pages")


async def _page(client: "httpx.AsyncClient", key: str, address: str) -> Mapping[str, Plain]:
    import httpx

    try:
        response = await client.get(address)
        content = response.json() if response.status_code == 200 and len(response.content) <= LARGEST else None
    except (httpx.HTTPError, ValueError) as error:
        raise Refused(412, "Data is missing", f"{key} could not be fetched ({type(error).__name__})") from None
    if not isinstance(content, Mapping):
        raise Refused(412, "Data is missing", f"{key} could not be fetched (status {response.status_code})")
    return content
