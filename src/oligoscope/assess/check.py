"""Whether a pack can be used: everything the verifier finds, and its own worked examples."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from oligoscope.assess.examples import run_examples
from oligoscope.files.documents import Document, Plain
from oligoscope.knowledge.build import open_packs
from oligoscope.knowledge.links import link_problems
from oligoscope.knowledge.pack import Problem, schema_problems
from oligoscope.knowledge.verify import study_problems, verify


@dataclass(frozen=True)
class PackCheck:
    """Problems in the order of files; how many worked examples there are, and how many of them pass."""

    problems: tuple[Problem, ...]
    run: int
    passed: int

    @property
    def ok(self) -> bool:
        return not self.problems


class _RawExample(BaseModel):
    model_config = ConfigDict(extra="allow", defer_build=True)

    id: str | int
    chart: dict[str, str] = {}
    lesions: dict[str, int] | list[dict[str, str]] = {}
    more: dict[str, int] = {}
    course: str = ""
    therapies: list[dict[str, str]] | None = None
    expect: dict[str, Plain] = {}
    facts: dict[str, list[Plain]] = {}


class _RawExamples(BaseModel):
    model_config = ConfigDict(extra="forbid", defer_build=True)

    table: str
    base: dict[str, str] = {}
    examples: list[_RawExample]


def check_pack(folder: Path, under: Sequence[Path] = (), evidence: Sequence[Path] = ()) -> PackCheck:
    """Check one pack, laid over the packaged one and over `under`; examples run only where the pack can be read."""
    packs, store = open_packs((*under, folder), evidence)
    knowledge, problems = verify(packs, store, {})
    checked = next(pack for pack in packs if pack.folder == folder)
    documents = checked.examples if checked.folder.is_dir() else ()
    problems += [problem for problem in study_problems(checked) if problem not in problems]
    problems += [problem for document in documents for problem in _shape(document)]
    # They drive no answer, and a layer may retire what they name: only who writes them is stopped by them.
    # Where a table cannot be read, every link to it would seem wrong.
    problems += list(link_problems(checked, knowledge)) if knowledge and not problems else []
    problems += [problem for problem in checked.problems if problem not in problems]
    if knowledge is None or problems:
        return PackCheck(tuple(problems), 0, 0)
    run, failures = run_examples(documents, knowledge, _day(checked.release.date))
    fix = "correct the rule, or the example"
    told = tuple(Problem(f.file, f.line, f.example, f.problem, fix) for f in failures)
    return PackCheck(told, run, run - len({(failure.file, failure.line) for failure in failures}))


def _shape(document: Document) -> list[Problem]:
    return list(schema_problems(document, _RawExamples, document.content))


def _day(text: str) -> datetime.date:
    """The day of a release, on which its examples are assessed: so they answer alike for ever."""
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return datetime.date.today()
