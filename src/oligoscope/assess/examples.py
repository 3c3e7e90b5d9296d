"""Worked examples of a pack: charts, and what the tables must answer for them.

    table: safety-flags                 # whose answers `expect` names
    base: {ecog: "1"}                   # what every chart has, by the columns of a flat cohort
    examples:
      - id: two liver lesions
        chart: {lesions_complete: "true"}
        lesions: {liver: 2}             # a number by organ, or a list of lesions; course: the response of all of them
        therapies: [{class: egfr_tki}]
        planned_radiotherapy: [{lesions: L1, technique: sabr}]      # and any other list of a case, by its name
        expect: {value: CONDITIONAL, rule: CAND-8}
        safety-flags: [EV-1-contrary]   # what other tables answer: their value, or the options that apply

`expect` names value, possible, rule, needs, low, high, or a group of criteria; of an options table `options`. Of a
table about a lesion, `items` names the same for each lesion in turn.
"""

import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from oligoscope.assess.patient import assess
from oligoscope.assess.rows import answer_row, item_rows
from oligoscope.chart.document import build_case
from oligoscope.chart.problems import CaseError
from oligoscope.files.documents import Document, Plain
from oligoscope.knowledge import Knowledge
from oligoscope.tables.domain import Choices
from oligoscope.vocabulary.fields import ListSpec, lists, scalar_fields

Chart = tuple[dict[str, str], list[dict[str, str]] | None, list[dict[str, str]] | None]
"""Scalar fields by their column in a flat cohort; lesions; systemic therapies. None: no list."""

_KEYS = ("id", "chart", "lesions", "more", "course", "therapies", "expect", "facts", "items", "note")


@dataclass(frozen=True)
class Failure:
    """One expectation that does not hold. line: of the example in its file."""

    file: str
    line: int
    example: str
    problem: str


def run_examples(
    documents: Sequence[Document], knowledge: Knowledge, today: datetime.date
) -> tuple[int, list[Failure]]:
    """How many examples there are, and every expectation that does not hold. today: where a chart gives no day."""
    run, failures = 0, []
    for document in documents:
        for number, example in enumerate(document.content.get("examples", [])):
            run += 1
            line = document.line(("examples", number))
            problems = _problems(document.content, example, knowledge, today)
            failures += [Failure(document.file, line, str(example.get("id", number)), text) for text in problems]
    return run, failures


def _problems(
    content: Mapping[str, Plain], example: Mapping[str, Plain], knowledge: Knowledge, today: datetime.date
) -> Iterator[str]:
    try:
        case = build_case(as_document(*chart_of(content.get("base", {}), example)), "chart", today)
    except CaseError as error:
        yield f"the chart cannot be read: {error}"
        return
    assessment = assess(case, knowledge)
    row = answer_row(assessment)
    items = item_rows(assessment, knowledge.table(content["table"]).about)
    for name, wanted, found in expectations(content["table"], example, row, items):
        if found != wanted:
            yield f"{name} should be {wanted}, is {found}"
    for name, labels in example.get("facts", {}).items():
        domain, possible = knowledge.domains[name], assessment.answers[name].possible
        found = domain.names(possible) if isinstance(domain, Choices) and isinstance(possible, int) else possible
        if found != labels:
            yield f"{name} should be {labels}, is {found}"


def expectations(
    table: str, example: Mapping[str, Plain], row: Mapping[str, Plain], items: Sequence[Mapping[str, Plain]]
) -> Iterator[tuple[str, object, object]]:
    """(name, what is wanted, what the answer row says) of everything that an example expects of tables."""
    for key, wanted in example.get("expect", {}).items():
        yield f"{table} {key}", wanted, _read(row, table, key)
    for number, each in enumerate(example.get("items", []), 1):
        for key, wanted in each.items():
            found = _read(items[number - 1], table, key) if number <= len(items) else "no such item"
            yield f"{table} item {number} {key}", wanted, found
    for name in example:
        if name not in _KEYS and name not in {spec.name for spec in _other_lists()}:
            wanted = example[name]
            found = row.get(name, "no such table") or ([] if isinstance(wanted, list) else None)
            found = found.split("|") if isinstance(wanted, list) and isinstance(found, str) else found
            yield name, _sorted(wanted), _sorted(found)


def _sorted(value: Plain) -> Plain:
    return sorted(value) if isinstance(value, list) else value


def _read(row: Mapping[str, Plain], table: str, key: str) -> Plain:
    """One expectation's answer."""
    if key in ("value", "options"):
        answer = row.get(table, "no such table")
        return answer if key == "value" else (answer or "").split("|") if answer else []
    answer = row.get(f"{table}_{key}", "no such part")
    if key in ("possible", "needs"):
        return answer.split("|") if answer else []
    return answer


def chart_of(base: Mapping[str, str], example: Mapping[str, Plain]) -> Chart:
    """An example's chart. lesions and more: counts by organ; course: the response of `lesions`, stable for `more`."""
    course = {"response": example["course"]} if "course" in example else {}
    listed = example.get("lesions", {})
    lesions = listed if isinstance(listed, list) else list(_counted(listed, course))
    lesions = [*lesions, *_counted(example.get("more", {}), {"response": "stable"})]
    row = {**base, **example.get("chart", {})}
    for spec in _other_lists():
        for number, item in enumerate(example.get(spec.name, ()), 1):
            row |= {f"{spec.item}{number}_{name}": str(value) for name, value in item.items()}
    therapies = [] if row.pop("systemic_therapy", "") == "none" else example.get("therapies")
    return row, lesions, therapies


def _counted(organs: Mapping[str, int], course: Mapping[str, str]) -> Iterator[dict[str, str]]:
    for organ, n in organs.items():
        yield from ({"organ": organ, "metastasis": "true", **course} for _ in range(n))


def _other_lists() -> list[ListSpec]:
    """The lists that an example writes by their own names; a chart has them as the numbered columns of a flat file."""
    return [spec for spec in lists() if spec.name not in ("lesions", "systemic_therapy")]


def as_document(
    row: Mapping[str, str], lesions: list[dict[str, str]] | None, therapies: list[dict[str, str]] | None
) -> dict[str, Plain]:
    """A chart as a case file has it."""
    document: dict[str, Plain] = {}
    for spec in scalar_fields():
        if spec.column in row:
            *sections, name = spec.path.split(".")
            target = document
            for section in sections:
                target = target.setdefault(section, {})
            target[name] = row[spec.column]
    for each in _other_lists():
        if items := _numbered(row, each):
            document[each.name] = items
    if lesions is not None:
        document["lesions"] = lesions
    if therapies is not None:
        document["systemic_therapy"] = therapies
    return document


def _numbered(row: Mapping[str, str], spec: ListSpec) -> list[dict[str, str]]:
    """The items of a list that a row has in numbered columns."""
    found: dict[int, dict[str, str]] = {}
    for name, value in row.items():
        if match := re.fullmatch(rf"{spec.item}(\d+)_(\w+)", name):
            found.setdefault(int(match[1]), {})[match[2]] = value
    return [found[number] for number in sorted(found)]
