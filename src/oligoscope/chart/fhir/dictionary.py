"""The codes of codes.yaml by the field whose words they are read as, for the data dictionary."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from oligoscope.chart.fhir.codes import Code, codes

_NAMES = {
    "sct": "SNOMED CT",
    "loinc": "LOINC",
    "icd10": "ICD-10-CM",
    "icd10gm": "ICD-10-GM",
}
_BY_READING = {"smoking": "patient.smoking"}
_BY_FIELD = {"t": "primary.t", "n": "primary.n"}


def codes_of_fields() -> Mapping[str, str]:
    """By field the codes that are read as it, and as each of its words: `LOINC 89247-1; left = SNOMED CT 7771000`.

    Only those that a publication was read for; a field without any is not there.
    """
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for field, word, code in _readings():
        if code not in found[field][word]:
            found[field][word].append(code)
    return {
        field: "; ".join(f"{word} = {', '.join(each)}" if word else ", ".join(each) for word, each in words.items())
        for field, words in found.items()
    }


def _readings() -> Iterator[tuple[str, str, str]]:
    """A field, a word of it or "" for the field itself, and a code."""
    known = codes()
    for code, read in known.observations.items():
        field = _BY_READING.get(read.reads) or _BY_FIELD.get(read.field) or (read.field and f"patient.{read.field}")
        if field and read.field != "m":
            yield field, read.by, _written(code)
    for gene, name in known.genes.items():
        yield f"patient.{name}", "", gene.replace(":", " ")
    for code, word in known.morphology.items():
        yield "patient.histology", word, _written(code)
    for code, word in known.smoking.items():
        yield "patient.smoking", word, _written(code)
    for code, category in known.categories.items():
        if category[0] in "TN":
            yield f"primary.{category[0].lower()}", category, _written(code)
    for code, secondary in known.secondary.items():
        if secondary.organ != "unknown":
            yield "lesions[].organ", secondary.organ, _written(code)
    for code, side in known.sides.items():
        yield "lesions[].side", side, _written(code)


def _written(code: Code) -> str:
    system, _, value = code.partition(" ")
    return f"{_NAMES[system]} {value}"
