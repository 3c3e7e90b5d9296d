"""The published baseline of a trial as data: means and shares of its patients, given by whoever makes the comparison.

Nothing here is known by itself: every number comes from the file, with the words that say where it is printed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt, StrictStr, ValidationError

from oligoscope.cohort.analysis.factors import Factor, factor_of
from oligoscope.cohort.analysis.patients import Floats, Patients
from oligoscope.errors import NotAllowed
from oligoscope.files.documents import Document, DocumentError, Place, read_document
from oligoscope.knowledge import Knowledge
from oligoscope.spelling import nearest, spell
from oligoscope.synthesis.balancing import ROUNDED
from oligoscope.tables.domain import Choices

Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Words = Annotated[str, Field(strict=True, min_length=1, pattern=r"\S")]


def _listed(given: object) -> object:
    return given if given is None or isinstance(given, list) else [given]


class _Entry(BaseModel):
    """One published number of one factor."""

    model_config = ConfigDict(extra="forbid")

    factor: Words
    level: Annotated[list[StrictBool | StrictInt | StrictStr], BeforeValidator(_listed)] = []
    at_least: Number | None = None
    below: Number | None = None
    mean: Number | None = None
    share: Number | None = None


class _Table(BaseModel):
    """Numbers of the same patients, and where they are printed."""

    model_config = ConfigDict(extra="forbid")

    source: Words
    patients: Annotated[int, Field(strict=True, gt=0)]
    factors: Annotated[list[_Entry], Field(min_length=1)]


class _Arms(BaseModel):
    """A table for each arm."""

    model_config = ConfigDict(extra="forbid")

    arms: Annotated[dict[str, _Table], Field(min_length=1)]


_Model = TypeVar("_Model", _Table, _Arms)
ALLOWED: Mapping[str, str] = {
    "source": "words that say where the numbers are printed: publication, table, page",
    "patients": "a whole number above 0: how many the numbers are of",
    "factors": "a list, each entry of it with factor and what is published of it",
    "arms": "for each arm of the figure its source, patients and factors",
    "factor": "the name of a field, fact or table, such as age, sex or ecog",
    "level": "one group of the factor, or a list of them",
    "share": "0 to 1",
    "mean": "a number",
    "at_least": "a number: whose share is given has it, or more",
    "below": "a number: whose share is given has less",
}
SHAPES = "factor with mean; with level and share; with at_least (or below) and share"


@dataclass(frozen=True)
class Margin:
    """One published number. levels: places of the groups whose share it is; () of a number.  cut: of a number, where it
    is the share of those who have as much or more (is_below: less); a mean where it is None.  place: in the file.
    """

    factor: Factor
    value: float
    levels: tuple[int, ...]
    cut: float | None
    is_below: bool
    place: str

    @property
    def is_share(self) -> bool:
        """Whether it is a share, not a mean."""
        return bool(self.levels) or self.cut is not None

    @property
    def label(self) -> str:
        """`Sex: female`, `Age: 65 years or more`, `Age: mean, years`."""
        name, unit = self.factor.label, f" {self.factor.unit}" if self.factor.unit else ""
        if self.levels:
            return f"{name}: {' or '.join(self.factor.levels[k] for k in self.levels)}"
        if self.cut is None:
            return f"{name}: mean{unit and ','}{unit}"
        return f"{name}: below {self.cut:g}{unit}" if self.is_below else f"{name}: {self.cut:g}{unit} or more"

    def values(self, patients: Patients) -> Floats:
        """Of each patient the number, or 1 for those whose share it is and 0 for others; NaN where not known."""
        if self.levels:
            codes = patients.codes(self.factor)
            return np.where(codes < 0, np.nan, np.isin(codes, self.levels))
        numbers = patients.numbers(self.factor)
        if self.cut is None:
            return numbers
        return np.where(np.isnan(numbers), np.nan, (numbers >= self.cut) != self.is_below)


@dataclass(frozen=True)
class Baseline:
    """arm: whose patients it is of; "" for the whole trial.  source: where it is printed.  patients: how many."""

    arm: str
    source: str
    patients: int
    margins: tuple[Margin, ...]

    @property
    def factors(self) -> tuple[Factor, ...]:
        """Each once."""
        return tuple({each.factor.name: each.factor for each in self.margins}.values())


def read_baselines(path: Path, arms: Sequence[str], knowledge: Knowledge) -> tuple[Baseline, ...]:
    """One for the whole trial, or one for each arm that the file names. arms: of the figure. Raises NotAllowed for
    what is no baseline of these arms.
    """
    try:
        document = read_document(path)
    except DocumentError as error:
        where = f"{path.name}:{error.line}" if error.line else path.name
        raise NotAllowed("baseline", where, "", error.problem, error.fix) from None
    content = document.content
    if not isinstance(content, dict):
        raise NotAllowed("baseline", path.name, "source, patients and factors", "it holds no keys with values")
    if "arms" not in content:
        return (_baseline("", _checked(_Table, content, document), (), document, knowledge),)
    named = {**content, "arms": _by_text(content["arms"])}
    tables = _checked(_Arms, named, document).arms
    for name in tables:
        if name not in arms:
            near = nearest(name, arms)
            fix = f"did you mean {near}?" if near else "name the arms as the figure's readings do"
            raise NotAllowed(_at(document, ("arms", name)), name, ", ".join(arms), "the figure has no such arm", fix)
    return tuple(_baseline(name, table, ("arms", name), document, knowledge) for name, table in tables.items())


def _by_text(arms: object) -> object:
    """Arms are often named by a number, which YAML reads as one."""
    return {spell(name): table for name, table in arms.items()} if isinstance(arms, dict) else arms


def _checked(model: type[_Model], content: object, document: Document) -> _Model:
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        place, is_missing = first["loc"], first["type"] == "missing"
        key = next((str(each) for each in reversed(place) if each in ALLOWED), str(place[-1]))
        if first["type"] == "extra_forbidden":
            raise _misplaced(str(place[-1]), _at(document, place)) from None
        given = "is missing" if is_missing else first["input"]
        said = "it is no group" if key == "level" else f"{first['msg'][0].lower()}{first['msg'][1:]}"
        problem = "it must stand here" if is_missing else said
        fix = f"write `{key}: …`" if is_missing else ""
        raise NotAllowed(_at(document, place), given, ALLOWED.get(key, ""), problem, fix) from None


def _misplaced(key: str, at: str) -> NotAllowed:
    """A key that is none, or none of those that stand there."""
    if key in ALLOWED:
        fix = "with arms, each arm has its own source, patients and factors, and nothing stands beside arms"
        return NotAllowed(at, key, "", "this key has no place here", fix)
    near = nearest(key, ALLOWED)
    fix = f"did you mean {near}?" if near else "leave it out"
    return NotAllowed(at, key, ", ".join(ALLOWED), "there is no such key", fix)


def _at(document: Document, place: Place) -> str:
    """`baseline file.yaml:7 factors.2.share`."""
    line = document.line(place)
    return f"baseline {document.file}{f':{line}' if line else ''} {'.'.join(map(str, place))}"


def _baseline(arm: str, table: _Table, place: Place, document: Document, knowledge: Knowledge) -> Baseline:
    margins: list[Margin] = []
    for i, entry in enumerate(table.factors):
        here = (*place, "factors", i)
        margin = _margin(entry, here, document, knowledge)
        _check_new(margin, margins)
        margins.append(margin)
    for each in margins:
        _check_sum(each, [other.value for other in margins if other.factor == each.factor and len(other.levels) == 1])
    return Baseline(arm, table.source.strip(), table.patients, tuple(margins))


def _margin(entry: _Entry, place: Place, document: Document, knowledge: Knowledge) -> Margin:
    at = _at(document, place)
    factor = factor_of(entry.factor, knowledge, _at(document, (*place, "factor")))
    given = {name for name in ("level", "at_least", "below", "mean", "share") if name in entry.model_fields_set}
    shapes = [{"mean"}, {"at_least", "share"}, {"below", "share"}] if factor.is_number else [{"level", "share"}]
    if given not in shapes:
        kind = "a number: give mean, or share with at_least or below" if factor.is_number else "of groups"
        fix = "" if factor.is_number else f"give share with level, one or more of {', '.join(factor.levels)}"
        said = " and ".join(sorted(given)) or "nothing"
        raise NotAllowed(at, said, SHAPES, f"{factor.name} is {kind}", fix)
    if entry.share is not None and not 0 <= entry.share <= 1:
        fix = f"write {entry.share / 100:g} for {entry.share:g} per cent" if 1 < entry.share <= 100 else ""
        raise NotAllowed(_at(document, (*place, "share")), entry.share, ALLOWED["share"], "it is no share", fix)
    value = entry.mean if entry.mean is not None else entry.share
    levels = tuple(sorted({_level(factor, spell(each), at, knowledge) for each in entry.level}))
    cut = entry.at_least if entry.at_least is not None else entry.below
    return Margin(factor, value or 0.0, levels, cut, entry.below is not None, at)


def _level(factor: Factor, word: str, at: str, knowledge: Knowledge) -> int:
    """The place of a group that is named as pages show it, or as files write it."""
    domain = knowledge.domains.get(factor.name)
    written = map(spell, domain.labels) if isinstance(domain, Choices) else factor.options
    for names in (factor.levels, factor.options, tuple(written)):
        for k, name in enumerate(names):
            if word.casefold().replace("_", " ") == name.casefold().replace("_", " "):
                return k
    near = nearest(word, factor.levels)
    fix = f"did you mean {near}?" if near else ""
    raise NotAllowed(f"{at}.level", word, ", ".join(factor.levels), f"{factor.name} has no such group", fix)


def _check_new(margin: Margin, before: Sequence[Margin]) -> None:
    same = (margin.factor, margin.levels, margin.cut)
    if any((each.factor, each.levels, each.cut) == same for each in before):
        raise NotAllowed(margin.place, margin.label, "each number once", "it is given twice", "keep one of them")


def _check_sum(margin: Margin, shares: Sequence[float]) -> None:
    if margin.levels and sum(shares) > 1 + ROUNDED:
        problem = f"the shares of its groups come to {sum(shares):.3g}"
        raise NotAllowed(margin.place, margin.factor.name, "shares that come to 1 at most", problem, "correct them")


def check_reach(margins: Sequence[Margin], patients: Patients) -> None:
    """Raises NotAllowed for a number that no weights can give these patients, of whom all factors are known."""
    for margin in margins:
        values = margin.values(patients)
        low, high = float(values.min()), float(values.max())
        if low < margin.value < high or low == margin.value == high:
            continue
        raise NotAllowed(f"{margin.place}: {margin.label}", margin.value, *_unreached(margin, low, high, patients.n))


def _unreached(margin: Margin, low: float, high: float, n: int) -> tuple[str, str, str]:
    """(what is allowed, the problem, the fix)."""
    who = f"the {n:,} patients of the registry who are compared"
    if not margin.is_share:
        unit = f" {margin.factor.unit}" if margin.factor.unit else ""
        ends = f"a mean above {low:g} and below {high:g}{unit}" if low < high else f"{low:g}{unit}"
        return ends, f"it is beyond {who}", "correct it, or leave the factor out and say so"
    if low < high:
        problem = f"of {who} some have it and some have not, and no weight takes anybody out"
        return "above 0 and below 1", problem, "leave it out, or leave the others out of the registry"
    nobody = "nobody" if high == 0 else "everybody"
    return f"{low:g}", f"{nobody} of {who} has it", "correct it, or leave it out and say so"


def in_words(margin: Margin, value: float) -> str:
    """A published number, or the registry's of the same kind: `44.0 %`, `61.2`."""
    return f"{100 * value:.1f} %" if margin.is_share else f"{value:.3g}" if abs(value) < 10 else f"{value:.1f}"


def every_factor(baselines: Sequence[Baseline]) -> Iterator[Factor]:
    """The factors of all of them, each once."""
    yield from {factor.name: factor for each in baselines for factor in each.factors}.values()
