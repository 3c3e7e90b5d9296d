"""What codes mean here: codes.yaml, by the system and code of a coding."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

import yaml

from oligoscope.files.documents import Plain

Code = str
"""`sct 254637007`: the short name of a system, and the code."""


class Observed(NamedTuple):
    """What an Observation's code is read as. reads: how.  field: the field it fills.  by: how a category was found."""

    reads: str
    field: str = ""
    by: str = ""


class Secondary(NamedTuple):
    """The organ of a secondary neoplasm, and its side where the code says one."""

    organ: str
    side: str = ""


@dataclass(frozen=True)
class Codes:
    """The tables of codes.yaml, each by code."""

    systems: Mapping[str, str]
    lung_cancer: frozenset[Code]
    malignant: frozenset[Code]
    lung_sites: frozenset[Code]
    suspected: frozenset[Code]
    other_cancers: frozenset[Code]
    morphology: Mapping[Code, str]
    secondary: Mapping[Code, Secondary]
    apart: Mapping[Code, str]
    observations: Mapping[Code, Observed]
    not_read: Mapping[Code, str]
    interpretations: Mapping[str, Mapping[Code, int]]
    categories: Mapping[Code, str]
    stages: Mapping[Code, str]
    smoking: Mapping[Code, str]
    letters: Mapping[Code, str]
    genes: Mapping[str, str]
    present: frozenset[Code]
    germline: frozenset[Code]
    source_class: Code
    gene_studied: Code
    amino_acid_change: Code
    lung_surgery: frozenset[Code]
    radiotherapy: frozenset[Code]
    sides: Mapping[Code, str]
    intents: Mapping[Code, str]

    def of(self, concept: Plain) -> list[Code]:
        """The codes of a CodeableConcept, those of systems that are not read here by their whole address."""
        each = [(str(coding.get("system") or ""), str(coding.get("code") or "")) for coding in codings(concept)]
        return [f"{self.systems.get(system, system)} {code}".strip() for system, code in each]


def codings(concept: Plain) -> list[Mapping[str, Plain]]:
    """The codings of a CodeableConcept."""
    found = concept.get("coding") if isinstance(concept, Mapping) else None
    return [each for each in found or () if isinstance(each, Mapping)]


def words_of(concept: Plain) -> str:
    """What a CodeableConcept is called: its text, else the words or the code of its first coding."""
    if not isinstance(concept, Mapping):
        return ""
    first = next(iter(codings(concept)), {})
    return str(concept.get("text") or first.get("display") or first.get("code") or "")


@cache
def codes() -> Codes:
    """The packaged tables."""
    text = resources.files("oligoscope.chart.fhir").joinpath("codes.yaml").read_text("utf-8")
    raw: Any = yaml.safe_load(text)
    return Codes(
        systems={address: name for name, addresses in raw["systems"].items() for address in addresses},
        lung_cancer=_set(raw["lung_cancer"]),
        malignant=_set(raw["malignant"]),
        lung_sites=_set(raw["lung_sites"]),
        suspected=_set(raw["suspected"]),
        other_cancers=_set(raw["other_cancers"]),
        morphology={entry["code"]: word for word, entries in raw["morphology"].items() for entry in entries},
        secondary={
            entry["code"]: Secondary(organ, entry.get("side", ""))
            for organ, entries in raw["secondary"].items()
            for entry in entries
        },
        apart={entry["code"]: entry["because"] for entry in raw["secondary_apart"]},
        observations={
            code: Observed(entry["reads"], entry.get("field", ""), entry.get("by", ""))
            for entry in raw["observations"]
            for code in entry["codes"]
        },
        not_read={code: entry["because"] for entry in raw["not_read"] for code in entry["codes"]},
        interpretations=raw["interpretations"],
        categories=_by_code(raw["categories"]),
        stages=_by_code(raw["stages"]),
        smoking=_by_code(raw["smoking"]),
        letters=raw["letters"],
        genes=raw["genes"],
        present=frozenset(raw["present"]),
        germline=frozenset(raw["germline"]),
        source_class=raw["somatic_class"],
        gene_studied=raw["gene_studied"],
        amino_acid_change=raw["amino_acid_change"],
        lung_surgery=_set(raw["lung_surgery"]),
        radiotherapy=_set(raw["radiotherapy_course"]),
        sides=_by_code(raw["sides"]),
        intents=_by_code(raw["intents"]),
    )


def _set(entries: Iterable[Mapping[str, str]]) -> frozenset[Code]:
    return frozenset(entry["code"] for entry in entries)


def _by_code(words: Mapping[str, Sequence[Code]]) -> dict[Code, str]:
    return {code: word for word, listed in words.items() for code in listed}
