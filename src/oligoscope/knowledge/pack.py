"""A pack: one folder with what is known, as YAML that people write.

    release.yaml   id, title, version, date, requires
    facts.yaml     parameters and facts
    page.yaml      what stands where on the page of one patient, and in which words
    tables/        one decision table per file (`table:`), or what a layer changes in one (`change:`)
    trials/        one trial per file
    studies/       one study per file
    limits.yaml    organs at risk, and which source judges how many fractions
    limits/        one source of limits per file
    pauses.yaml    how long without a drug around radiotherapy
    review/        statements.yaml, references.yaml, discrepancies.yaml of a source review; links.yaml and
                   unanswered.yaml: what became of each statement
    appraisal.yaml the words of pooling and drift
    examples/      worked examples: charts and what the tables must answer

Only release.yaml must be there. A pack that requires nothing stands on its own; any other is a layer over a base.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from oligoscope.files.documents import Document, DocumentError, Place, Plain, read_document
from oligoscope.knowledge.limits import RawOrgans, RawSource
from oligoscope.knowledge.model import Release
from oligoscope.knowledge.page import RawPage
from oligoscope.knowledge.pauses import RawPauses
from oligoscope.spelling import nearest
from oligoscope.tables.errors import TableError

PACKAGED = Path(__file__).parent / "packs" / "om_nsclc"
FOLDERS = ("tables", "trials", "studies", "limits", "review", "examples")
FILES = ("release.yaml", "facts.yaml", "page.yaml", "limits.yaml", "pauses.yaml", "appraisal.yaml")


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a pack. file: within its folder.  line: 0 where there is none.  rule: its id, if known."""

    file: str
    line: int
    rule: str
    problem: str
    fix: str

    def __str__(self) -> str:
        place = f"{self.file}{f':{self.line}' if self.line else ''}{f' {self.rule}' if self.rule else ''}"
        return f"{place}: {self.problem}." + (f" Fix: {self.fix}." if self.fix else "")


class KnowledgeError(TableError):
    """Packs that cannot be used, with all their problems."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))

    def __str__(self) -> str:
        return self.problem


class _RawRelease(BaseModel):
    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True, defer_build=True)

    id: str
    title: str
    version: str
    date: str
    requires: dict[str, str] = {}


class _RawFacts(BaseModel):
    """The shape of facts.yaml; each fact is checked when it is read."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    parameters: dict[str, dict[str, Plain]] = {}
    headline: dict[str, str] = {}
    facts: dict[str, dict[str, Plain]] = {}


class _RawTables(BaseModel):
    """The shape of a table or of a change of one, as far as layers take it apart."""

    model_config = ConfigDict(extra="allow", defer_build=True)

    table: str = ""
    change: str = ""
    inputs: list[str] = []
    retire: list[str] = []
    rules: list[dict[str, Plain]] = []
    options: list[dict[str, Plain]] = []
    factors: list[dict[str, Plain]] = []
    outcomes: dict[str, dict[str, Plain]] = {}
    groups: dict[str, dict[str, Plain]] = {}
    shared: dict[str, Plain] = {}


@dataclass
class Pack:
    """The documents of one folder, and what is wrong with them."""

    folder: Path
    problems: list[Problem] = field(default_factory=list)
    unread: list[Problem] = field(default_factory=list)

    @cached_property
    def _release(self) -> _RawRelease:
        document = self._document(self.folder / "release.yaml")
        problems = list(schema_problems(document, _RawRelease, document.content)) if document else []
        self.problems += problems
        if document and not problems:
            return _RawRelease.model_validate(document.content)
        return _RawRelease(id=self.folder.name, title="", version="?", date="?")

    @cached_property
    def release(self) -> Release:
        """What release.yaml says."""
        raw = self._release
        return Release(raw.id, raw.title, raw.version, raw.date)

    @property
    def requires(self) -> Mapping[str, str]:
        """By pack, the version that it was written for."""
        return self._release.requires

    @cached_property
    def facts(self) -> Document | None:
        """facts.yaml."""
        document = self._optional("facts.yaml")
        return document if document and self._has_shape(document, _RawFacts) else None

    @cached_property
    def page(self) -> Document | None:
        """page.yaml."""
        document = self._optional("page.yaml")
        return document if document and self._has_shape(document, RawPage) else None

    @cached_property
    def appraisal(self) -> Document | None:
        """appraisal.yaml."""
        return self._optional("appraisal.yaml")

    @cached_property
    def tables(self) -> tuple[Document, ...]:
        """tables/, each with a mapping that has the key `table` or `change`."""
        found = [
            document
            for document in self._documents("tables")
            if self._is_mapping(document) and self._has_shape(document, _RawTables)
        ]
        for document in found:
            names = [key for key in ("table", "change") if key in document.content]
            name = document.content[names[0]] if len(names) == 1 else None
            if name is None:
                fix = "begin with `table: NAME` for a whole table, `change: NAME` to change one"
                self.problems.append(Problem(document.file, 1, "", "this is neither a table nor a change of one", fix))
            elif f"tables/{name}.yaml" != document.file:
                text = f"{names[0]} {name} must be the name of its file"
                self.problems.append(Problem(document.file, 1, "", text, f"name the file {name}.yaml"))
        return tuple(d for d in found if "table" in d.content or "change" in d.content)

    @cached_property
    def trials(self) -> tuple[Document, ...]:
        """trials/."""
        return tuple(document for document in self._documents("trials") if self._is_mapping(document))

    @cached_property
    def organs(self) -> Document | None:
        """limits.yaml."""
        document = self._optional("limits.yaml")
        return document if document and self._has_shape(document, RawOrgans) else None

    @cached_property
    def pauses(self) -> Document | None:
        """pauses.yaml."""
        document = self._optional("pauses.yaml")
        return document if document and self._has_shape(document, RawPauses) else None

    @cached_property
    def limits(self) -> tuple[Document, ...]:
        """limits/."""
        found = [document for document in self._documents("limits") if self._is_mapping(document)]
        return tuple(document for document in found if self._has_shape(document, RawSource))

    @cached_property
    def examples(self) -> tuple[Document, ...]:
        """examples/."""
        return self._documents("examples")

    @property
    def studies(self) -> list[Path]:
        """The folder of its studies, where it has one."""
        return [folder for folder in [self.folder / "studies"] if folder.is_dir()]

    @property
    def terms(self) -> list[Path]:
        """Its appraisal.yaml, where it has one that can be read."""
        return [self.folder / "appraisal.yaml"] if self.appraisal else []

    @property
    def reviews(self) -> list[Path]:
        """The folder of its source review, where it has one."""
        return [folder for folder in [self.folder / "review"] if folder.is_dir()]

    def review(self, name: str) -> Document | None:
        """One list of its source review, where it has it and it can be read."""
        path = self.folder / "review" / f"{name}.yaml"
        document = self._document(path) if path.is_file() else None
        if document is None or isinstance(document.content, list):
            return document
        self.problems.append(Problem(document.file, 1, "", "this holds no list", "begin each entry with -"))
        return None

    def check_names(self) -> None:
        """Note what would be passed over without a word."""
        if not self.folder.is_dir():
            fix = "give the folder that holds release.yaml"
            self.problems.append(Problem(str(self.folder), 0, "", "there is no such folder", fix))
            return
        known = (*FOLDERS, *FILES)
        for path in sorted(self.folder.iterdir()):
            if (
                path.name not in known
                and path.suffix in ("", ".yaml", ".yml")
                and not path.name.startswith((".", "__"))
            ):
                near = nearest(path.name, known)
                fix = f"did you mean {near}?" if near else f"use {', '.join(known)}"
                self.problems.append(Problem(path.name, 0, "", "this is no part of a pack", fix))

    def _optional(self, name: str) -> Document | None:
        path = self.folder / name
        document = self._document(path) if path.exists() else None
        return document if document and self._is_mapping(document) else None

    def _is_mapping(self, document: Document) -> bool:
        if isinstance(document.content, dict):
            return True
        self.problems.append(Problem(document.file, 1, "", "this holds no keys with values", "write KEY: VALUE lines"))
        return False

    def _has_shape(self, document: Document, model: type[BaseModel]) -> bool:
        problems = list(schema_problems(document, model, document.content))
        self.problems += problems
        return not problems

    def _documents(self, name: str) -> tuple[Document, ...]:
        folder = self.folder / name
        found = []
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if path.name.startswith(".") or path.suffix not in ("", ".yaml", ".yml"):
                continue
            if path.is_dir() or path.suffix != ".yaml":
                fix = "move its files up" if path.is_dir() else f"name it {path.stem}.yaml"
                self.problems.append(Problem(f"{name}/{path.name}", 0, "", "this is not read", fix))
            elif document := self._document(path):
                found.append(document)
        return tuple(found)

    def _document(self, path: Path) -> Document | None:
        name = path.relative_to(self.folder).as_posix()
        try:
            found = read_document(path)
            return Document(name, found.content, found.lines)
        except DocumentError as error:
            self.unread.append(Problem(name, error.line, "", error.problem, error.fix))
            self.problems.append(self.unread[-1])
            return None


def schema_problems(
    document: Document, model: type[BaseModel], content: Plain, around: Place = ()
) -> Iterator[Problem]:
    """Everything that a Pydantic model refuses in a document, with lines. around: where the content stands in it."""
    try:
        model.model_validate(content)
    except ValidationError as error:
        allowed = ", ".join(model.model_fields)
        yield from (_schema_problem(document, found, allowed, around) for found in error.errors())


def _schema_problem(document: Document, found: ErrorDetails, allowed: str, around: Place = ()) -> Problem:
    place = (*around, *found["loc"])
    where = ".".join(map(str, found["loc"]))
    fix = f"allowed keys are {allowed}" if found["type"] == "extra_forbidden" else "correct the value"
    rule = next((str(entry["id"]) for entry in _around(document.content, place) if "id" in entry), "")
    return Problem(document.file, document.line(place), rule, f"{where}: {found['msg']}", fix)


def _around(content: Plain, place: Place) -> Iterable[Mapping[str, Plain]]:
    """The mappings that a place stands in, the innermost first."""
    found: list[Mapping[str, Plain]] = []
    for step in place:
        if isinstance(content, dict):
            found.insert(0, content)
        try:
            content = content[step]
        except (KeyError, IndexError, TypeError):
            break
    return found
