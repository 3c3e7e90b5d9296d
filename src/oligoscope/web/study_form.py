"""The form of a study: which boxes it has, what they make of it, and what is wrong in which box.

What stands in the form goes to the study's own schema, and is checked there and nowhere else; what is asked here beyond
it is that nothing which turns a number's meaning is left to a default.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from pydantic import ValidationError

from oligoscope.evidence.faults import RATIOS, faults
from oligoscope.evidence.model import Bias, Certainty, Measure, Result, Study
from oligoscope.evidence.terms import Terms
from oligoscope.files.documents import Plain
from oligoscope.literature.extraction import NAMED_BY, doubts
from oligoscope.web.form import entry_number
from oligoscope.web.problems import Wrong

SEEN = "seen"
BIAS = get_args(Bias)
DIRECTIONS = get_args(Result.model_fields["direction"].annotation)
NOT_REACHED = "not reached"
LONGEST = 4_000
"""Letters of one box."""


@dataclass(frozen=True)
class Box:
    """One field. name: its path in the study, within its list.  options: of a choice; several: parted by commas."""

    name: str
    label: str
    hint: str = ""
    options: tuple[str, ...] = ()
    is_number: bool = False
    is_long: bool = False
    several: bool = False


STUDY = (
    Box("study", "Name of the study", "small letters, digits and hyphens; that of a study which is there adds to it"),
    Box("title", "Title", is_long=True),
    Box("design", "Design, in words", "such as randomised phase II"),
    Box("allocation", "How the arms were formed", options=("randomised", "synthesis", "other")),
    Box("phase", "Phase"),
    Box("relevance", "Does it ask the question that is pooled", options=("core", "related", "indirect", "unknown")),
    Box("tags", "What sets its patients apart", "words of the evidence, parted by commas", several=True),
    Box("population", "Who was taken"),
    Box("registry", "Numbers in registries", several=True),
    Box("n", "Patients", is_number=True),
    Box("n_nsclc", "of them with NSCLC", is_number=True),
    Box("risk_of_bias.overall", "Risk of bias (RoB 2), overall", "as you judge it from the report", BIAS),
    Box("risk_of_bias.randomisation", "Bias in randomisation", options=BIAS),
    Box("risk_of_bias.deviations", "Bias by deviations from the intended interventions", options=BIAS),
    Box("risk_of_bias.missing", "Bias by missing outcomes", options=BIAS),
    Box("risk_of_bias.measurement", "Bias in the measurement of the outcome", options=BIAS),
    Box("risk_of_bias.selection", "Bias by the selection of the reported result", options=BIAS),
    Box("risk_of_bias.because", "What these judgements rest on", is_long=True),
)
LISTS: Mapping[str, tuple[Box, ...]] = {
    "reports": (
        Box("id", "Name of the report"),
        Box("citation", "Citation", is_long=True),
        Box("pmid", "PMID"),
        Box("doi", "DOI"),
        Box("published", "Published", "2016-10-24, 2016-10 or 2016"),
    ),
    "arms": (
        Box("id", "Name of the arm"),
        Box("role", "Side of the comparison", options=("experimental", "control")),
        Box("n", "Patients", is_number=True),
        Box("description", "What was given"),
    ),
    "results": (
        Box("id", "Name of the result", "such as pfs-hr"),
        Box("report", "Report that it stands in", "the name of one above"),
        Box("endpoint", "Endpoint"),
        Box("measure", "Measure", options=get_args(Measure)),
        Box("comparison", "Comparison, of two arms"),
        Box("arm", "Arm, of a number of one"),
        Box("direction", "Which arm over which, of a ratio", options=DIRECTIONS),
        Box("population", "Of whom, if not of all"),
        Box("value", "Value", f"a number; a median may be {NOT_REACHED}", is_number=True),
        Box("interval.low", "Interval from", is_number=True),
        Box("interval.high", "Interval to", is_number=True),
        Box("interval.level", "Level of the interval", "a share, such as 0.95", is_number=True),
        Box("p.value", "P value", is_number=True),
        Box("p.operator", "P is", options=("=", "<", ">", "<=", ">=")),
        Box("p.sides", "Sides of P", options=("1", "2"), is_number=True),
        Box("unit", "Unit", "ratio, month, percent …"),
        Box("time", "Time, of a rate", "such as 2 years"),
        Box("n", "Patients", is_number=True),
        Box("events", "Events", is_number=True),
        Box("locator", "Where it stands", "abstract, page 5, table 2"),
        Box("quote", "The sentence that has it", is_long=True),
        Box("status", "How it was come by", "seen: read in the report itself", options=(SEEN, "unverified")),
    ),
    "certainty": (
        Box("endpoint", "Endpoint"),
        Box("judgement", "Certainty (GRADE)", options=get_args(Certainty.model_fields["judgement"].annotation)),
        Box("because", "Why", is_long=True),
    ),
}
TITLES = {"reports": "Report", "arms": "Arm", "results": "Result", "certainty": "Judgement of certainty"}
HEADINGS = {"reports": "Reports", "arms": "Arms", "results": "Results", "certainty": "Certainty"}
MOST_ENTRIES = 60
Place = tuple[str, str, str]
"""A box by its list, what its entry is called, and its name there; of the study as a whole the first two are empty."""


def study_boxes(terms: Terms) -> tuple[Box, ...]:
    """The boxes of a study as a whole; the state of disease is chosen among the words of pooling."""
    setting = Box("setting", "State of the disease", "the usual one when left open", tuple(terms.settings))
    return (*STUDY, setting)


# ---- a form as a study, and back -----------------------------------------------------------------


def document_of(filled: Mapping[str, str], boxes: Sequence[Box]) -> dict[str, Plain]:
    """The study that a filled form is; boxes left empty are left out.

    >>> document_of({"study": "doe", "n": "12", "arms.1.n": "6", "arms.0.id": "a"}, STUDY)["arms"]
    [{'id': 'a'}, {'n': 6}]
    """
    found = _entry(filled, boxes, "")
    for name, own in LISTS.items():
        found[name] = [_entry(filled, own, f"{name}.{n}.") for n in numbers(name, filled)]
        found[name] = [entry for entry in found[name] if entry]
    return found


def _entry(filled: Mapping[str, str], boxes: Sequence[Box], before: str) -> dict[str, Plain]:
    found: dict[str, Plain] = {}
    for box in boxes:
        text = filled.get(f"{before}{box.name}", "").strip()[:LONGEST]
        if not text:
            continue
        value: object = [each.strip() for each in text.split(",") if each.strip()] if box.several else text
        first, _, second = box.name.partition(".")
        if second:
            found.setdefault(first, {})[second] = _number(text) if box.is_number else value
        else:
            found[first] = _number(text) if box.is_number else value
    return found


def _number(text: str) -> int | float | str | None:
    """The number that a text is; the text itself where it is none, so that it is told with its box."""
    if text.lower() == NOT_REACHED:
        return None
    for kind in (int, float):
        try:
            return kind(text) if text.isascii() and "_" not in text else text
        except ValueError:
            continue
    return text


def filled_by(study: Study, boxes: Sequence[Box], below: Study | None) -> dict[str, str]:
    """What each box holds for a study. below: what stands under it and is not of this form."""
    plain = study.model_dump(mode="json", exclude_defaults=True)
    found = dict(_texts(plain, boxes, ""))
    for name, own in LISTS.items():
        called = NAMED_BY[name]
        taken = {getattr(each, called) for each in getattr(below, name)} if below else set()
        entries = [entry for entry in plain.get(name, []) if entry[called] not in taken]
        for place, entry in enumerate(entries):
            entry = {**entry, "direction": entry.get("direction", DIRECTIONS[0])} if name == "results" else entry
            found |= dict(_texts(entry, own, f"{name}.{place}."))
    return found


def _texts(plain: Mapping[str, object], boxes: Sequence[Box], before: str) -> Iterator[tuple[str, str]]:
    for box in boxes:
        first, _, second = box.name.partition(".")
        value = plain.get(first)
        value = value.get(second) if second and isinstance(value, Mapping) else value
        if box.name == "value" and value is None and "measure" in plain:
            yield f"{before}{box.name}", NOT_REACHED
        elif value not in (None, "", []):
            text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            yield f"{before}{box.name}", text


def by_place(filled: Mapping[str, str]) -> dict[Place, str]:
    """What the boxes of a form hold, by place: two people number their entries otherwise.

    >>> by_place({"n": "12", "arms.4.id": "lat", "arms.4.n": "6"})
    {('', '', 'n'): '12', ('arms', 'lat', 'id'): 'lat', ('arms', 'lat', 'n'): '6'}
    """
    found: dict[Place, str] = {}
    for path, text in filled.items():
        part, _, rest = path.partition(".")
        if part not in LISTS:
            found["", "", path] = text
            continue
        number, _, name = rest.partition(".")
        found[part, filled.get(f"{part}.{number}.{NAMED_BY[part]}", ""), name] = text
    return found


def at_boxes(places: Mapping[Place, str]) -> dict[str, str]:
    """The boxes of a form that hold what stands at places.

    >>> at_boxes({("", "", "n"): "12", ("arms", "lat", "id"): "lat", ("arms", "lat", "n"): "6"})
    {'n': '12', 'arms.0.id': 'lat', 'arms.0.n': '6'}
    """
    entries: dict[str, list[str]] = {part: [] for part in LISTS}
    found = {}
    for (part, entry, name), text in places.items():
        if part and entry not in entries[part]:
            entries[part].append(entry)
        found[f"{part}.{entries[part].index(entry)}.{name}" if part else name] = text
    return found


def numbers(name: str, filled: Mapping[str, str]) -> list[int]:
    """The numbers of a list's entries in a form, each once, in order."""
    found = {entry_number(path) for path in filled if path.startswith(f"{name}.")}
    return sorted(number for number in found if number is not None)


def over(below: Study | None, entered: Mapping[str, Plain]) -> dict[str, object]:
    """What was entered, over a study that is there: what that one says stays, its reports, arms and results too."""
    if below is None:
        return dict(entered)
    plain = below.model_dump(mode="json", exclude_defaults=True)
    lists = {name: [*plain.get(name, []), *entered.get(name, [])] for name in LISTS}
    return {**plain, **entered, **lists}


# ---- what is wrong, and in which box -------------------------------------------------------------


def checked(
    document: Mapping[str, Plain], filled: Mapping[str, str], abstract: str
) -> tuple[Study | None, list[Wrong]]:
    """The study of a form, or what is to be mended, each with the name of its box.

    filled: the form, of which the entries at the end of each list are.  abstract: quotes that are said to be of it are
    held against it.
    """
    first = {name: len(document[name]) - len(_entered(name, filled)) for name in LISTS}
    try:
        study = Study.model_validate(document)
    except ValidationError as error:
        return None, [_of_schema(each, filled, first) for each in error.errors()]
    found = [_of_fault(each.place, each.problem, study, filled, first) for each in faults(study)]
    found += [*_unsaid(study, filled, first), *_doubtful(study, filled, first, abstract)]
    return (None, found) if found else (study, [])


def _entered(name: str, filled: Mapping[str, str]) -> list[int]:
    """The numbers of the entries in which something stands."""
    boxes = LISTS[name]
    return [n for n in numbers(name, filled) if any(filled.get(f"{name}.{n}.{box.name}", "").strip() for box in boxes)]


def _box(path: Sequence[str | int], filled: Mapping[str, str], first: Mapping[str, int]) -> str:
    """The box of a place in the document; the place itself where the form has none for it."""
    name = str(path[0])
    if name in LISTS and len(path) > 1 and isinstance(path[1], int) and path[1] >= first[name]:
        number = _entered(name, filled)[path[1] - first[name]]
        return ".".join(map(str, (name, number, *path[2:])))
    return ".".join(map(str, path))


def _of_schema(error: Mapping[str, Plain], filled: Mapping[str, str], first: Mapping[str, int]) -> Wrong:
    given = "" if error["type"] == "missing" else f"{str(error['input'])[:60]}: "
    context = error.get("ctx", {})
    return Wrong(
        field=_box(error["loc"], filled, first),
        problem=f"{given}{str(error['msg'])[:1].lower()}{str(error['msg'])[1:]}",
        allowed=str(context.get("expected", "")).replace("'", "") or ("a number" if "number" in error["msg"] else ""),
    )


def _of_fault(place: str, problem: str, study: Study, filled: Mapping[str, str], first: Mapping[str, int]) -> Wrong:
    name, entry, *rest = place.split(".")
    ids = [each.id for each in getattr(study, name)]
    last = len(ids) - 1 - ids[::-1].index(entry)
    rest = [*rest, "low"] if rest == ["interval"] else rest
    return Wrong(field=_box([name, last, *(rest or ["id"])], filled, first), problem=problem)


def _unsaid(study: Study, filled: Mapping[str, str], first: Mapping[str, int]) -> Iterator[Wrong]:
    """What would be taken for granted: the direction of a ratio, and the place of a number that was read."""
    for place, result in enumerate(study.results[first["results"] :], first["results"]):
        if result.measure in RATIOS and "direction" not in result.model_fields_set:
            field = _box(["results", place, "direction"], filled, first)
            yield Wrong(field=field, problem="a ratio turns with it", allowed=", ".join(DIRECTIONS))
        if result.status == SEEN and not result.locator:
            field = _box(["results", place, "locator"], filled, first)
            yield Wrong(
                field=field, problem="a number that was read has its place", allowed="abstract, a page, a table"
            )
        if result.value is None and result.measure != "median":
            field = _box(["results", place, "value"], filled, first)
            yield Wrong(field=field, problem=f"a {result.measure} is not {NOT_REACHED}", allowed="a number")


def _doubtful(study: Study, filled: Mapping[str, str], first: Mapping[str, int], abstract: str) -> Iterator[Wrong]:
    """Results whose quote does not carry their numbers; one that says unverified needs no quote."""
    places = {result.id: place for place, result in enumerate(study.results)}
    for doubt in doubts(study, abstract):
        place = places[doubt.result]
        if place >= first["results"] and study.results[place].status == SEEN:
            field = _box(["results", place, "quote"], filled, first)
            fix = "copy the sentence from the report, or say unverified"
            yield Wrong(field=field, problem=doubt.problem, fix=fix)
