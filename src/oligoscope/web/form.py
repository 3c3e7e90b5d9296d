"""The form of a case, derived from the vocabulary: a field that is added there is asked here.

What stands in a form goes to the library as a document, in the words of the vocabulary, and is read there and nowhere
else; what a document holds that the form has no question for is carried along, never dropped.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from oligoscope.files.documents import Plain
from oligoscope.vocabulary.fields import FieldSpec, lists, scalar_fields
from oligoscope.vocabulary.values import Choice, Day, FieldType, Flag, HowMany, Procedure, Quantity, Scale

NOT_KNOWN, NONE = "unknown", "none"
DAY_OF = "~day"
"""What follows the name of a procedure in the name of the box for its day."""
APART = "~"
"""How the name of a box begins that is no field of the case."""
TITLES = {
    "": "Case",
    "patient": "Patient",
    "primary": "Primary tumour",
    "staging": "Staging",
    "recist": "Response by RECIST 1.1",
    "lesions": "Metastases",
    "systemic_therapy": "Systemic therapy",
    "local_treatment": "Local treatment given",
    "outcomes": "Follow-up",
}
WORDS = {"true": "yes", "false": "no"}


@dataclass(frozen=True)
class Question:
    """One field as a box. path: where a document has it.  kind: choice, procedure, day, number or text.

    options: of a choice its values, each with its words.  hint: unit, and what may be written.
    """

    path: str
    label: str
    kind: str
    options: tuple[tuple[str, str], ...]
    hint: str
    unremarkable: str


@dataclass(frozen=True)
class Part:
    """The questions of one section."""

    name: str
    title: str
    questions: tuple[Question, ...]


@cache
def parts() -> tuple[Part, ...]:
    """The sections of which a case has one, in the order of the vocabulary."""
    found: dict[str, list[Question]] = {}
    for spec in scalar_fields():
        section = spec.path.rpartition(".")[0]
        found.setdefault(section, []).append(_question(spec, spec.path))
    return tuple(Part(name, TITLES.get(name, name), tuple(questions)) for name, questions in found.items())


@cache
def of_items() -> tuple[Part, ...]:
    """The lists, each with the questions of one entry; `{}` in a path stands for the entry's number."""
    return tuple(
        Part(
            each.name,
            TITLES.get(each.name, each.name),
            tuple(_question(spec, f"{each.name}.{{}}.{spec.name}") for spec in each.fields),
        )
        for each in lists()
    )


def _question(spec: FieldSpec, path: str) -> Question:
    kind, options = _kind(spec.kind)
    label, _, more = spec.definition.partition(";")
    hint = " · ".join(filter(None, [more.strip(), "" if kind == "choice" else spec.kind.allowed()]))
    usual = spec.unremarkable.given if spec.unremarkable else ""
    return Question(path, label, kind, options, hint, usual)


def _kind(kind: FieldType) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Which box a kind of value has, and what may be chosen in it."""
    if isinstance(kind, Procedure):
        return "procedure", tuple((word, word.replace("_", " ")) for word in kind.values)
    if isinstance(kind, Choice):
        return "choice", tuple((word, _worded(word, text)) for word, text in kind.values.items())
    if isinstance(kind, Flag):
        return "choice", tuple(WORDS.items())
    if isinstance(kind, Scale):
        return "choice", tuple((str(step), str(step)) for step in kind.steps)
    if isinstance(kind, Day):
        return "day", ()
    return ("number" if isinstance(kind, (Quantity, HowMany)) else "text"), ()


def _worded(word: str, text: str) -> str:
    plain = word.replace("_", " ")
    return f"{plain}: {text}" if text and text != plain else plain


def path_of(field: str) -> str:
    """Where a document has the field of that name; empty for one of a list's entries."""
    return next((spec.path for spec in scalar_fields() if spec.name == field), "")


def entry_number(path: str) -> int | None:
    """The number of a list's entry in the name of its box: lesions.3.organ is of 3."""
    number = f"{path}.".split(".")[1]
    return int(number) if number.isascii() and number.isdigit() else None


def box_of(field: str) -> str:
    """The id of what asks for a field: its own box, or the part with the entries of its list."""
    path = path_of(field)
    return f"b-{path}" if path else f"part-{field.partition('.')[0]}"


# ---- a form as a document, and back --------------------------------------------------------------


def document_of(filled: Iterable[tuple[str, str]]) -> dict[str, Plain]:
    """The document that a filled form is; boxes left empty, and those that are no field of a case, are left out.

    >>> document_of([("patient.ecog", "1"), ("lesions.0.organ", "liver"), ("lesions.0.size_cm", "")])
    {'patient': {'ecog': '1'}, 'lesions': [{'organ': 'liver'}]}
    """
    values = [(path, text.strip()) for path, text in filled if text.strip() and not path.startswith(APART)]
    days = {path.removesuffix(DAY_OF): text for path, text in values if path.endswith(DAY_OF)}
    plain = {path: text for path, text in values if not path.endswith(DAY_OF)}
    found: dict[str, Any] = {}
    names = {each.name for each in lists()}
    entries: dict[str, dict[str, dict[str, object]]] = {}
    for path, text in {**plain, **days}.items():
        section, *rest = path.split(".")
        if section in names:
            if len(rest) == 2 and entry_number(path) is not None:
                entries.setdefault(section, {}).setdefault(rest[0], {})[rest[1]] = text
            elif text == NONE:
                found.setdefault(section, [])
            else:
                # No box of ours has such a name: said as an unknown field, not lost.
                found[path] = text
        elif rest:
            found.setdefault(section, {})[".".join(rest)] = text
        else:
            found[section] = text
    return found | {name: [each[n] for n in sorted(each, key=int)] for name, each in entries.items()}


def filled_by(document: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """What each box holds for a document; the other way round than `document_of`."""
    names = {each.name for each in lists()}
    procedures = {question.path for part in parts() for question in part.questions if question.kind == "procedure"}
    for section, content in document.items():
        if section in names and isinstance(content, Sequence) and not isinstance(content, str):
            if not content:
                yield section, NONE
            for place, entry in enumerate(content):
                for name, value in entry.items() if isinstance(entry, Mapping) else ():
                    yield f"{section}.{place}.{name}", written(value)
        elif isinstance(content, Mapping):
            for name, value in content.items():
                path = f"{section}.{name}"
                is_day = path in procedures and written(value)[:1].isdigit()
                yield (f"{path}{DAY_OF}" if is_day else path), written(value)
        else:
            yield section, written(content)


def written(value: object) -> str:
    """A value as a person writes it; one of several with bars between.

    >>> written([True, 2]), written(None)
    ('true|2', 'unknown')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return NOT_KNOWN
    return "|".join(map(written, value)) if isinstance(value, (list, tuple)) else str(value)


def unasked(filled: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What a form has no box for: a field under a name of its own, a drug's dose. It is carried along."""
    known = {question.path for part in parts() for question in part.questions}
    inside = {question.path for part in of_items() for question in part.questions}
    names = {each.name for each in lists()}
    found = {}
    for path, text in filled:
        own = path.removesuffix(DAY_OF)
        section, *rest = own.split(".")
        generic = f"{section}.{{}}.{rest[1]}" if len(rest) == 2 else ""
        if own not in known and generic not in inside and own not in names:
            found[path] = text
    return found
