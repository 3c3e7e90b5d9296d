"""Study records from the package and from folders that a user adds, read one by one when asked for."""

import difflib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from oligoscope.compiled import compiled
from oligoscope.evidence.model import Result, Study

_YAML_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_ADDED: list[Path] = []


class EvidenceError(KeyError):
    """A study, result or file that cannot be used, with the nearest name or what is allowed."""

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)

    def __str__(self) -> str:
        return self.message

    @classmethod
    def unknown(cls, name: str, known: Sequence[str]) -> "EvidenceError":
        """No such name, with the nearest."""
        close = difflib.get_close_matches(name, known, 1)
        return cls(f"there is no evidence {name}" + (f" (did you mean {close[0]}?)" if close else ""))


def add_folder(folder: Path) -> None:
    """Read studies of this folder too; one with the id of another replaces it. Raises EvidenceError."""
    if not folder.is_dir():
        raise EvidenceError(f"--evidence {folder}: there is no such folder; give one with a YAML file a study")
    _ADDED.insert(0, folder)
    load_study.cache_clear()


def study_ids() -> list[str]:
    """Every study, by id."""
    return sorted(
        {
            path.name.removesuffix(".yaml")
            for folder in (*_ADDED, _packaged())
            for path in folder.iterdir()
            if path.name.endswith(".yaml")
        }
    )


@cache
def load_study(study: str) -> Study:
    """One study. Raises EvidenceError."""
    file = f"{study}.yaml"
    for folder in _ADDED:
        if folder.joinpath(file).is_file():
            return read_study(folder.joinpath(file).read_text("utf-8"), file)
    packaged = _packaged().joinpath(file)
    if "/" in study or not packaged.is_file():
        raise EvidenceError.unknown(study, study_ids())
    return compiled(f"study-{study}", lambda: read_study(packaged.read_text("utf-8"), file))


def all_studies() -> list[Study]:
    """Every study, in the order of their ids. Raises EvidenceError."""
    return [load_study(name) for name in study_ids()]


def read_study(text: str, file: str) -> Study:
    """A study from its YAML. Raises EvidenceError naming file, field, value and what is allowed."""
    try:
        study = Study.model_validate(yaml.load(text, Loader=_YAML_LOADER))
    except yaml.YAMLError as error:
        raise EvidenceError(f"{file}: this is not YAML ({' '.join(str(error).split())})") from None
    except ValidationError as error:
        raise EvidenceError(
            "\n".join(f"{file} {'.'.join(map(str, p['loc']))}: {p['msg']} (given: {_given(p)})" for p in error.errors())
        ) from None
    if f"{study.study}.yaml" != file:
        raise EvidenceError(
            f"{file} study: {study.study} must be the name of its file; name the file {study.study}.yaml"
        )
    _check(study, file)
    return study


def _given(problem: Any) -> str:
    value = repr(problem["input"])
    return value if len(value) < 60 else f"{value[:57]}…"


def _check(study: Study, file: str) -> None:
    """Names inside a record resolve, and intervals are the right way round."""
    reports = [report.id for report in study.reports]
    ids = [result.id for result in study.results]
    for result in study.results:
        where = f"{file} results.{result.id}"
        if ids.count(result.id) > 1:
            raise EvidenceError(f"{where}: this id is used twice; every result needs an id of its own")
        if result.report not in reports:
            raise EvidenceError(
                f"{where}.report: {result.report} is not a report of this study; allowed: {', '.join(reports)}"
            )
        for name in ("interval", "quartiles"):
            ends = getattr(result, name)
            if ends and ends.low is not None and ends.high is not None and ends.low > ends.high:
                raise EvidenceError(
                    f"{where}.{name}: {ends.low:g} to {ends.high:g} is the wrong way round; write the lower end as low"
                )
        if result.measure in ("hazard_ratio", "odds_ratio") and not (
            isinstance(result.value, (int, float)) and result.value > 0
        ):
            raise EvidenceError(f"{where}.value: {result.value} is not a ratio; allowed: a number above 0")


def resolve(reference: str) -> tuple[Study, Result]:
    """The study and result that `study/result` names. Raises EvidenceError."""
    name, _, result = reference.partition("/")
    study = load_study(name)
    try:
        return study, study.result(result)
    except KeyError:
        raise EvidenceError.unknown(reference, [f"{name}/{r.id}" for r in study.results]) from None


@cache
def _packaged() -> Any:
    return resources.files("oligoscope.evidence").joinpath("studies")
