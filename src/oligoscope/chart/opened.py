"""A document of a case, opened once, from wherever it comes; and the same with some fields changed."""

import copy
import datetime
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from oligoscope.chart.document import build_case
from oligoscope.chart.imported import Imported
from oligoscope.chart.integrity import Plain
from oligoscope.chart.problems import CaseError, Problem
from oligoscope.chart.yaml_lines import Lines, load_document, read_text, without_unknown
from oligoscope.vocabulary.fields import ListSpec, lists, scalar_fields
from oligoscope.vocabulary.naming import hint
from oligoscope.vocabulary.words import Case

Document: TypeAlias = Mapping[str, Plain] | str | Path
"""A parsed case, its YAML or JSON text, or the path of a file."""

_FILE_ENDINGS = (".yaml", ".yml", ".json")


@dataclass(frozen=True)
class Opened:
    """A parsed document.

    source: the name that errors begin with.  lines: where each value stands, where it is text.  imported: of FHIR, what
    was read and what was not; content is then the case made of it.
    """

    content: Plain
    source: str
    lines: Lines = field(default_factory=dict)
    imported: Imported | None = None

    def case(self, today: datetime.date) -> Case:
        """The case it describes. Raises CaseError with every problem found."""
        return build_case(self.content, self.source, today, self.lines)

    def with_fields(self, changes: Mapping[str, Plain]) -> "Opened":
        """The same document with other values. Raises CaseError for a field or an item that there is not.

        changes: by name or path: `ecog`, `primary.n`, `lesions.L1.size_cm` (an item by its id, or by its place in the
        list, from 1).
        """
        content = copy.deepcopy(self.content)
        for name, value in changes.items():
            _replace(content, name, value)
        return replace(self, content=content)


def open_document(document: Document) -> Opened:
    """Open a case, or a FHIR resource as one. Text that ends like the name of a file and has one line is one.

    Raises CaseError for a file that is not there, and for text that is neither YAML nor JSON.
    """
    if isinstance(document, Mapping):
        if isinstance(document.get("resourceType"), str):
            return _imported(document, "case")
        return Opened(without_unknown(dict(document)), "case")
    if isinstance(document, str) and ("\n" in document or not document.endswith(_FILE_ENDINGS)):
        return _parsed(document, "case")
    path = Path(document)
    return _parsed(read_text(path), path.name)


def _parsed(text: str, source: str) -> Opened:
    # FHIR is JSON with typed values, and bundles are large: the reader of cases, which notes lines, is not for it.
    if text.lstrip()[:1] == "{" and '"resourceType"' in text:
        return _imported(_json(text, source), source)
    content, lines = load_document(text, source)
    return Opened(content, source, lines)


def _imported(document: Mapping[str, Plain], source: str) -> Opened:
    from oligoscope.chart.fhir import read_fhir

    found = read_fhir(document, source)
    return Opened(without_unknown(dict(found.document)), source, imported=found)


def _json(text: str, source: str) -> Mapping[str, Plain]:
    try:
        found: Mapping[str, Plain] = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CaseError(source, [Problem("file", "", f"this is not JSON ({error})")]) from None
    return found


def _replace(content: Plain, name: str, value: object) -> None:
    """Write a value where the field of this name stands in a document."""
    each = next((spec for spec in lists() if name.startswith(f"{spec.name}.")), None)
    if each:
        item, field_name = _item(content, each, name, value)
        item[field_name] = value
        return
    paths = {name: spec.path for spec in scalar_fields() for name in (spec.name, spec.path)}
    if name not in paths:
        allowed = "a field of the vocabulary, or lesions.ID.FIELD"
        kinds = {each: spec.kind for spec in scalar_fields() for each in (spec.name, spec.path)}
        raise _unknown(name, value, "there is no such field", allowed, hint(name, kinds))
    *sections, last = paths[name].split(".")
    target = content
    for section in sections:
        target = target.setdefault(section, {})
    target[last] = value


def _item(content: Plain, each: ListSpec, name: str, value: object) -> tuple[Plain, str]:
    """An item of a list in a document, and the name of its field."""
    item, _, last = name.removeprefix(f"{each.name}.").rpartition(".")
    known = {spec.name: spec.kind for spec in each.fields}
    if last not in known:
        raise _unknown(name, value, f"an item of {each.name} has no such field", ", ".join(known), hint(last, known))
    items = content.get(each.name) if isinstance(content, Mapping) else None
    names = dict(_named(items if isinstance(items, list) else []))
    if item not in names:
        raise _unknown(name, value, f"{each.name} has no item {item or '(none named)'}", ", ".join(names), "")
    return names[item], last


def _named(items: list[Plain]) -> Iterator[tuple[str, Plain]]:
    """Every item by its id, else by its place from 1."""
    for place, item in enumerate(items, 1):
        yield str((item.get("id") if isinstance(item, Mapping) else None) or place), item


def _unknown(name: str, value: object, text: str, allowed: str, fix: str) -> CaseError:
    return CaseError("change", [Problem(name, value, text, allowed, fix)])
