"""From a YAML or JSON document to a Case, or to an error that names line, field, value, what is allowed and the nearest
spelling.
"""

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from oligoscope.chart.consistency import contradictions, with_consequences
from oligoscope.chart.integrity import Plain
from oligoscope.chart.layout import MOST_ENTRIES
from oligoscope.chart.own_names import kinds_at, with_own_names
from oligoscope.chart.problems import CaseError, Problem, dotted, shown
from oligoscope.chart.several import Place, each_apart
from oligoscope.chart.state import whole_state
from oligoscope.chart.yaml_lines import Lines, load_document, read_text
from oligoscope.vocabulary.fields import ListSpec, lists, scalar_fields
from oligoscope.vocabulary.naming import hint
from oligoscope.vocabulary.values import Day, as_number
from oligoscope.vocabulary.words import Case

MOST_PROBLEMS = 100
"""Of one document, told in full: each looks for the nearest spelling, which takes 15 s for 100,000 unknown keys."""


def read_case(path: Path, today: datetime.date) -> Case:
    """The case in a file. Raises CaseError with every problem found; nothing is guessed or dropped."""
    return parse_case(read_text(path), path.name, today)


def parse_case(text: str, source: str, today: datetime.date) -> Case:
    """The case in a document."""
    document, lines = load_document(text, source)
    return build_case(document, source, today, lines)


def build_case(
    document: Plain, source: str, today: datetime.date, lines: Lines | None = None, model: type[Case] = Case
) -> Case:
    """The case that a parsed document describes. `assessed` is filled in with today when it is absent.

    model: the vocabulary to read it with.  Raises CaseError with every problem found, up to
    MOST_PROBLEMS.
    """
    if not isinstance(document, dict) or not document:
        raise CaseError(
            source,
            [
                Problem(
                    "case",
                    document,
                    "the file holds no case",
                    "a document with the keys of a case",
                    "see `oligoscope vocabulary`",
                )
            ],
        )
    document, renamed = with_own_names(document, model)
    document, apart = each_apart(document, model)
    lines = _moved(apart, _with_lines_of(renamed, lines))
    long = [spec.name for spec in lists(model) if len(_entries(document, spec)) > MOST_ENTRIES]
    if long:
        says = "there are too many entries"
        problems = [Problem(name, "", says, f"at most {MOST_ENTRIES} for one patient") for name in long]
        raise CaseError(source, _located(problems, lines))
    try:
        case = model.model_validate(document)
    except ValidationError as error:
        found = error.errors()
        problems = [_problem(each, model) for each in found[:MOST_PROBLEMS]]
        if len(found) > MOST_PROBLEMS:
            more = f"{len(found) - MOST_PROBLEMS} more entries cannot be read; correct these first"
            problems.append(Problem("case", "", more, line=len(lines or ())))
        raise CaseError(source, _located(problems, lines)) from None
    if case.assessed.is_unknown:
        case = case.model_copy(update={"assessed": Day().parse(today.isoformat())})
    state = whole_state(case, as_number(today))
    problems = contradictions(case, state)
    if problems:
        raise CaseError(source, _located(problems, lines))
    return with_consequences(case, state)


def _entries(document: Mapping[str, Plain], spec: ListSpec) -> Sequence[Plain]:
    found = document.get(spec.name)
    return found if isinstance(found, list) else ()


def _with_lines_of(renamed: Mapping[Place, Place], lines: Lines | None) -> Lines | None:
    """Lines with those of what stands under another name."""
    return {**lines, **{new: lines[old] for new, old in renamed.items() if old in lines}} if lines else lines


def _moved(apart: Mapping[Place, Place], lines: Lines | None) -> Lines | None:
    """Lines by the places of entries that were taken apart."""
    if not lines or not apart:
        return lines
    inside: dict[Place, list[tuple[Place, int]]] = {}
    for place, line in lines.items():
        inside.setdefault(place[:2], []).append((place[2:], line))
    names = {place[0] for place in apart}
    found = {place: line for place, line in lines.items() if len(place) < 2 or place[0] not in names}
    return found | {(*new, *rest): line for new, old in apart.items() for rest, line in inside.get(old, ())}


def _problem(error: Plain, model: type[Case]) -> Problem:
    """What Pydantic found, in our words."""
    field, value, context = dotted(error["loc"]), error["input"], error.get("ctx", {})
    if error["type"] == "bad_value":
        return Problem(field, value, f"{shown(context['value'])} is not allowed", context["allowed"], context["fix"])
    if error["type"] == "extra_forbidden":
        known, key = kinds_at(error["loc"][:-1], model), str(error["loc"][-1])
        return Problem(field, value, "there is no such field", ", ".join(known), _other_place(key) or hint(key, known))
    if "tuple" in error["type"] or "list" in error["type"]:
        return Problem(field, value, f"{shown(value)} is not a list", "a list of items, or [] for none")
    return Problem(field, value, f"{shown(value)} is not a section", "keys with values, indented below")


def _other_place(key: str) -> str:
    place = next((spec.path for spec in scalar_fields() if spec.path.split(".")[-1] == key), "")
    return f"it belongs at {place}" if place else ""


def _located(problems: list[Problem], lines: Lines | None) -> list[Problem]:
    if not lines:
        return problems
    by_field = {dotted(path): line for path, line in lines.items()}
    return sorted(
        (Problem(p.field, p.value, p.text, p.allowed, p.fix, p.line or by_field.get(p.field, 0)) for p in problems),
        key=lambda p: p.line,
    )
