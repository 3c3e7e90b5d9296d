"""From a YAML or JSON document to a Case, or to an error that names line, field, value, what is allowed and the nearest
spelling.
"""

import datetime
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from oligoscope.chart.problems import CaseError, Problem
from oligoscope.spelling import nearest
from oligoscope.vocabulary.fields import lists, scalar_fields
from oligoscope.vocabulary.values import UNKNOWN_WORDS, Day, FieldType, Procedure, Value, as_number
from oligoscope.vocabulary.words import Case, Section

Lines = dict[tuple[str | int, ...], int]
# Every scalar stays text: YAML would read 063 as 51, and refuse an impossible date without naming its field.
_YAML_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def read_case(path: Path, today: datetime.date) -> Case:
    """The case in a file. Raises CaseError with every problem found; nothing is guessed or dropped."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CaseError(str(path), [Problem("file", str(path), "there is no such file")]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise CaseError(
            str(path), [Problem("file", str(path), f"cannot be read as text ({type(error).__name__})")]
        ) from None
    return parse_case(text, path.name, today)


def parse_case(text: str, source: str, today: datetime.date) -> Case:
    """The case in a document."""
    document, lines = _load(text, source)
    return build_case(document, source, today, lines)


def build_case(document: Any, source: str, today: datetime.date, lines: Lines | None = None) -> Case:
    """The case that a parsed document describes. `assessed` is filled in with today when it is absent."""
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
    try:
        case = Case.model_validate(document)
    except ValidationError as error:
        raise CaseError(source, _located([_problem(e) for e in error.errors()], lines)) from None
    if case.assessed.is_unknown:
        case = case.model_copy(update={"assessed": Day().parse(today.isoformat())})
    problems = [*_dates(case, as_number(today)), *_lesion_ids(case), *_contradictions(case)]
    if problems:
        raise CaseError(source, _located(problems, lines))
    return _with_consequences(case)


# ---- YAML with line numbers ----------------------------------------------------------------------


def _load(text: str, source: str) -> tuple[Any, Lines]:
    try:
        loader = _YAML_LOADER(text)
        node = loader.get_single_node()
        document = loader.construct_document(node) if node else None
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or error
        raise CaseError(
            source, [Problem("file", "", f"this is not YAML or JSON ({what})", line=mark.line + 1 if mark else 0)]
        ) from None
    lines: Lines = {}
    twice = list(_walk(node, (), lines)) if node else []
    if twice:
        raise CaseError(source, twice)
    if isinstance(document, dict):
        document = {key: value for key, value in document.items() if value not in UNKNOWN_WORDS}
    return document, lines


def _walk(node: yaml.Node, path: tuple[str | int, ...], lines: Lines) -> Iterator[Problem]:
    """Note each value's line; yield a problem for each key written twice, which YAML would silently drop."""
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if key.value in seen:
                yield Problem(
                    _dotted((*path, key.value)),
                    key.value,
                    "this key is written twice",
                    "each key once",
                    line=key.start_mark.line + 1,
                )
            seen.add(key.value)
            yield from _walk(value, (*path, key.value), lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _walk(value, (*path, index), lines)


# ---- problems ------------------------------------------------------------------------------------


def _problem(error: Any) -> Problem:
    """What Pydantic found, in our words."""
    field, value, context = _dotted(error["loc"]), error["input"], error.get("ctx", {})
    if error["type"] == "bad_value":
        return Problem(field, value, f"{_shown(context['value'])} is not allowed", context["allowed"], context["fix"])
    if error["type"] == "extra_forbidden":
        known = _keys_at(error["loc"][:-1])
        close = nearest(str(error["loc"][-1]), known, 0.5)
        return Problem(
            field,
            value,
            "there is no such field",
            ", ".join(known),
            f"did you mean {close}?" if close else _other_place(str(error["loc"][-1])),
        )
    if "tuple" in error["type"] or "list" in error["type"]:
        return Problem(field, value, f"{_shown(value)} is not a list", "a list of items, or [] for none")
    return Problem(field, value, f"{_shown(value)} is not a section", "keys with values, indented below")


def _shown(value: Any) -> str:
    text = repr(value) if isinstance(value, str) and not re.fullmatch(r"[-\d.:/]+", value) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _other_place(key: str) -> str:
    place = next((spec.path for spec in scalar_fields() if spec.path.split(".")[-1] == key), "")
    return f"it belongs at {place}" if place else ""


def _keys_at(location: tuple[Any, ...]) -> list[str]:
    model: type[Section] = Case
    items = {spec.name: spec.model for spec in lists()}
    for step in location:
        if isinstance(step, str):
            annotation = items.get(step) or model.model_fields[step].annotation
            assert isinstance(annotation, type)
            model = annotation
    return [info.alias or name for name, info in model.model_fields.items()]


def _dotted(location: tuple[Any, ...]) -> str:
    text = ""
    for step in location:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text or "case"


def _located(problems: list[Problem], lines: Lines | None) -> list[Problem]:
    if not lines:
        return problems
    by_field = {_dotted(path): line for path, line in lines.items()}
    return sorted(
        (Problem(p.field, p.value, p.text, p.allowed, p.fix, p.line or by_field.get(p.field, 0)) for p in problems),
        key=lambda p: p.line,
    )


def _dated(section: Section, path: str) -> Iterator[tuple[str, Value]]:
    """Every dated field of a section, with its path."""
    for name, info in type(section).model_fields.items():
        kind = next((m for m in info.metadata if isinstance(m, FieldType)), None)
        content = getattr(section, name)
        if isinstance(kind, (Day, Procedure)):
            yield f"{path}{info.alias or name}", content
        elif isinstance(content, Section):
            yield from _dated(content, f"{path}{name}.")
        elif isinstance(content, tuple):
            for index, item in enumerate(content):
                if isinstance(item, Section):
                    yield from _dated(item, f"{path}{name}[{index}].")


def _dates(case: Case, today: int) -> Iterator[Problem]:
    """Nothing may have happened after the day the questions are asked at, nor that day after today."""
    if case.assessed.low > today:
        yield Problem("assessed", case.assessed.given, f"{case.assessed.given} is in the future", "today or earlier")
    for field, value in _dated(case, ""):
        follow_up = field.startswith(("outcomes", "local_treatment"))
        if (
            field != "assessed"
            and not value.is_unknown
            and value.low > (today if follow_up else case.assessed.high)
            and value.low > 1_01_01
        ):
            when = "in the future" if value.low > today else f"after the assessment ({case.assessed.given})"
            yield Problem(
                field,
                value.given,
                f"{value.given} is {when}",
                f"{case.assessed.given} or earlier",
                "correct the date, or set assessed",
            )


def _lesion_ids(case: Case) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, lesion in enumerate(case.lesions or ()):
        name = lesion.id.given
        if name and name in seen:
            yield Problem(
                f"lesions[{index}].id",
                name,
                f"{name!r} is used twice",
                "each id once per case",
                "give this lesion another id",
            )
        seen.add(name)


def _contradictions(case: Case) -> Iterator[Problem]:
    if case.lesions is None and case.lesions_complete.labels == (True,):
        yield Problem(
            "lesions_complete",
            True,
            "the list is said to be complete, but there is no list",
            "",
            "add lesions; write lesions: [] when there is none",
        )
    if case.malignant_effusion.labels == (True,) and case.diffuse_disease.labels == (False,):
        yield Problem(
            "diffuse_disease",
            False,
            "a malignant effusion is diffuse disease",
            "true",
            "correct one of diffuse_disease and malignant_effusion",
        )
    for index, line in enumerate(case.systemic_therapy or ()):
        if line.stop.high < line.start.low:
            yield Problem(
                f"systemic_therapy[{index}].stop",
                line.stop.given,
                f"the therapy stops ({line.stop.given}) before it starts",
                f"{line.start.given} or later",
            )
    dates = (case.patient.primary_dx_date, case.patient.birth_date)
    if dates[0].high < dates[1].low:
        yield Problem(
            "patient.primary_dx_date",
            dates[0].given,
            "the diagnosis comes before birth",
            "a date after patient.birth_date",
        )


def _with_consequences(case: Case) -> Case:
    """What a chart says by saying something else: a stopped therapy is not ongoing; an effusion is diffuse disease."""
    lines = tuple(
        line.model_copy(update={"ongoing": Value((False,), given="false")})
        if line.ongoing.labels == (False, True) and not line.stop.is_unknown
        else line
        for line in case.systemic_therapy or ()
    )
    changes: dict[str, Any] = {"systemic_therapy": lines if case.systemic_therapy is not None else None}
    if case.malignant_effusion.labels == (True,):
        changes["diffuse_disease"] = Value((True,), given="true")
    if case.diffuse_disease.labels == (False,):
        changes["malignant_effusion"] = Value((False,), given="false")
    return case.model_copy(update=changes)


def field_values(case: Case) -> Mapping[str, Value]:
    """Every scalar field of a case by its name (primary.n)."""
    found = {}
    for spec in scalar_fields():
        section: Any = case
        for step in spec.path.split(".")[:-1]:
            section = getattr(section, step)
        found[spec.name] = getattr(section, spec.path.split(".")[-1])
    return found


def with_fields(path: Path, changes: Mapping[str, str], today: datetime.date) -> Case:
    """The case in a file with some scalar fields replaced, by name (ecog, primary.n). Raises CaseError."""
    read_case(path, today)
    document, _ = _load(path.read_text(encoding="utf-8"), path.name)
    paths = {name: spec.path for spec in scalar_fields() for name in (spec.name, spec.path)}
    for name, value in changes.items():
        if name not in paths:
            close = nearest(name, paths)
            raise CaseError(
                "what-if",
                [
                    Problem(
                        name,
                        value,
                        "there is no such field",
                        "a field of `oligoscope vocabulary`",
                        f"did you mean {close}?" if close else "",
                    )
                ],
            )
        *sections, last = paths[name].split(".")
        target = document
        for section in sections:
            target = target.setdefault(section, {})
        target[last] = value
    return build_case(document, "what-if", today)
