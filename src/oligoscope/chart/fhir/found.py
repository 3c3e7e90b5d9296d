"""What has been found in a bundle so far: values with their days, lesions, lines of therapy, and what was not taken."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from oligoscope.chart.fhir.resources import Resource, last_of
from oligoscope.files.documents import Plain


class Said(NamedTuple):
    """One value that a resource gives a field."""

    value: str
    day: str
    resource: Resource


class Metastasis(NamedTuple):
    """That there is a metastasis in an organ; unknown: in one that is not told."""

    organ: str
    side: str
    day: str
    resource: Resource


class Found:
    """Filled by the readers of resources. resources: all of the bundle."""

    def __init__(self, resources: Sequence[Resource]) -> None:
        self.resources = resources
        self.values: dict[str, list[Said]] = {}
        self.conditions: list[Resource] = []
        self.medications: list[Resource] = []
        self.metastases: list[Metastasis] = []
        self.lines: list[dict[str, str]] = []
        self.lung_cancer: list[Resource] = []
        self.other_cancers: list[Resource] = []
        self.m_categories: list[Said] = []
        self.stages: list[Said] = []
        self.used: dict[str, None] = {}
        self.notes: list[str] = []
        self.unmapped: Counter[str] = Counter()

    def say(self, resource: Resource, path: str, value: str) -> None:
        """A resource gives the field at this path a value."""
        self.used[resource.name] = None
        self.values.setdefault(path, []).append(Said(value, resource.day, resource))

    def note(self, resource: Resource, text: str) -> None:
        """Something of a resource that is not taken, and why."""
        self.notes.append(f"{resource.name}: {text}")

    def referred(self, reference: Plain) -> Resource | None:
        """The resource of this bundle that a reference names."""
        name = str((reference or {}).get("reference") or "")
        end = last_of(name)
        return next((r for r in self.resources if end and end in (r.get("id"), last_of(r.url))), None)

    def document(self) -> dict[str, Plain]:
        """The case that all of it makes. Of several values of a field the newest is taken; those that differ on one day
        leave it open.
        """
        made: dict[str, Any] = {}
        for path, said in self.values.items():
            newest = max(each.day for each in said)
            values = {each.value: each for each in said if each.day == newest}
            if len(values) > 1:
                named = ", ".join(f"{each.value} by {each.resource.name}" for each in values.values())
                self.notes.append(f"{path}: left open, since on one day it is {named}")
                continue
            for each in said:
                if each.value not in values:
                    self.note(each.resource, f"{path} {each.value} of {each.day or 'no day'} is older and not taken")
            section, _, name = path.rpartition(".")
            (made.setdefault(section, {}) if section else made)[name] = next(iter(values))
        if self.metastases:
            made["lesions"] = [
                {"id": f"L{place}", **({} if each.organ == "unknown" else {"organ": each.organ}), **_side(each)}
                for place, each in enumerate(self.metastases, 1)
            ]
        if self.lines:
            made["systemic_therapy"] = self.lines
        return made


def _side(each: Metastasis) -> dict[str, str]:
    return {"side": each.side} if each.side else {}
