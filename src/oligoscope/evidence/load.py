"""Study records from the package, read one by one when asked for."""

import difflib
from functools import cache
from importlib import resources
from typing import Any

import yaml

from oligoscope.evidence.model import Result, Study

_YAML_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class EvidenceError(KeyError):
    """A study or result that is not there, with the nearest name."""

    def __init__(self, name: str, known: list[str]) -> None:
        close = difflib.get_close_matches(name, known, 1)
        self.message = f"there is no evidence {name}" + (f" (did you mean {close[0]}?)" if close else "")
        super().__init__(self.message)

    def __str__(self) -> str:
        return self.message


def study_ids() -> list[str]:
    """Every study, by id."""
    return sorted(path.name.removesuffix(".yaml") for path in _folder().iterdir() if path.name.endswith(".yaml"))


@cache
def load_study(study: str) -> Study:
    """One study. Raises EvidenceError."""
    path = _folder().joinpath(f"{study}.yaml")
    if "/" in study or not path.is_file():
        raise EvidenceError(study, study_ids())
    return Study.model_validate(yaml.load(path.read_text("utf-8"), Loader=_YAML_LOADER))


def resolve(reference: str) -> tuple[Study, Result]:
    """The study and result that `study/result` names. Raises EvidenceError."""
    name, _, result = reference.partition("/")
    study = load_study(name)
    try:
        return study, study.result(result)
    except KeyError:
        raise EvidenceError(reference, [f"{name}/{r.id}" for r in study.results]) from None


def _folder() -> Any:
    return resources.files("oligoscope.evidence").joinpath("studies")
