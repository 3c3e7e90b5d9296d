"""The data dictionary and the JSON Schema, derived from the words."""

from oligoscope.vocabulary.fields import FieldSpec, lists, scalar_fields
from oligoscope.vocabulary.values import Choice, JsonSchema, Quantity
from oligoscope.vocabulary.words import Case


def rows() -> list[dict[str, str]]:
    """One row per field: where it stands in a case file and in a cohort, its definition, unit and allowed values."""
    found = [_row(spec.path, "patients", spec) for spec in scalar_fields()]
    return found + [_row(f"{each.name}[].{spec.name}", each.name, spec) for each in lists() for spec in each.fields]


def _row(path: str, table: str, spec: FieldSpec) -> dict[str, str]:
    kind = spec.kind
    values = (
        "; ".join(f"{label} = {text}" for label, text in kind.values.items() if text)
        if isinstance(kind, Choice)
        else ""
    )
    return {
        "field": path,
        "table": table,
        "column": spec.column,
        "definition": spec.definition,
        "unit": kind.unit if isinstance(kind, Quantity) else "",
        "allowed": kind.allowed(),
        "values": values,
        "unremarkable": spec.unremarkable.given if spec.unremarkable else "",
    }


def json_schema() -> JsonSchema:
    """The JSON Schema of a case file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Case.model_json_schema(by_alias=True)}
