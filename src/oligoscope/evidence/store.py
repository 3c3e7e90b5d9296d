"""Studies and the source review, from one or more folders, read one by one when asked for."""

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from oligoscope.evidence import model, terms
from oligoscope.evidence.errors import EvidenceError
from oligoscope.evidence.faults import faults
from oligoscope.evidence.methods import methods
from oligoscope.evidence.model import Result, Study
from oligoscope.evidence.review import Discrepancy, Link, Reference, Statement, Unanswered
from oligoscope.evidence.terms import Terms
from oligoscope.files.cache import kept
from oligoscope.files.documents import Document, DocumentError, Plain, parse, read_document
from oligoscope.files.stored import from_plain, parts_of, to_plain
from oligoscope.spelling import nearest

_PACKAGE = Path(__file__).parent.parent
T = TypeVar("T")
_RECORDS = {
    name: entry
    for module in (model, terms)
    for name, entry in vars(module).items()
    if isinstance(entry, type) and parts_of(entry)
}
"""What a study and the words of pooling are made of."""


class Store:
    """Every study by id, and what the source reviews state, cite and get wrong.

    studies: folders with one YAML file per study; of two studies with one id the one of the later folder counts.
    reviews: folders with statements.yaml, references.yaml, discrepancies.yaml, links.yaml and unanswered.yaml, each
    optional.  terms: files with the
    words of pooling; each key of a later one takes the place of an earlier one's.
    Raises EvidenceError for a folder that is not there, or that holds something that would be passed over.
    """

    def __init__(self, studies: Iterable[Path], reviews: Iterable[Path] = (), terms: Iterable[Path] = ()) -> None:
        self.folders, self.reviews, self._terms = tuple(studies), tuple(reviews), tuple(terms)
        self._files = self._found()
        self._read: dict[str, Study] = {}
        self.looked = 1

    def _found(self) -> dict[str, Path]:
        return {path.stem: path for folder in self.folders for path in study_files(folder)}

    def look_again(self) -> None:
        """Take in what was added to the folders, changed or taken away since; `looked` counts how often.

        Raises EvidenceError, and leaves everything as it was, for a folder that cannot be used.
        """
        self._files, self._read = self._found(), {}
        for name in ("ids", "_checked"):
            self.__dict__.pop(name, None)
        self.looked += 1

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Every study, by id."""
        return tuple(sorted(self._files))

    def study(self, name: str) -> Study:
        """One study. Raises EvidenceError."""
        if name not in self._files:
            raise unknown(name, self.ids)
        if name not in self._read:
            checked = self._checked.get(name)
            found = from_plain(json.loads(checked), _RECORDS) if checked else study_of(_document(self._files[name]))
            self._read[name] = found
        return self._read[name]

    def studies(self) -> list[Study]:
        """Every study, in the order of their ids. Raises EvidenceError."""
        return [self.study(name) for name in self.ids]

    def resolve(self, reference: str) -> tuple[Study, Result]:
        """The study and result that `study/result` names. Raises EvidenceError."""
        name, _, result = reference.partition("/")
        study = self.study(name)
        try:
            return study, study.result(result)
        except KeyError:
            raise unknown(reference, [f"{name}/{r.id}" for r in study.results]) from None

    @cached_property
    def terms(self) -> Terms:
        """The words in which studies are selected and pooled. Raises EvidenceError."""
        texts = [file.read_text("utf-8", "replace") for file in self._terms]
        found: Terms = kept(
            "terms",
            texts,
            [Path(__file__).parent],
            lambda: to_plain(self._said()),
            lambda kept: from_plain(kept, _RECORDS),
        )
        return found

    def _said(self) -> Terms:
        said: dict[str, Plain] = {}
        for file in self._terms:
            said |= _document(file).content
        try:
            return Terms.model_validate(said)
        except ValidationError as error:
            raise EvidenceError(f"{self._terms[-1].name} {_first(error)}") from None

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """The reviews' quantitative and normative statements, in reading order."""
        return self._review("statements", Statement)

    @cached_property
    def references(self) -> tuple[Reference, ...]:
        """The reviews' reference lists."""
        return self._review("references", Reference)

    @cached_property
    def discrepancies(self) -> tuple[Discrepancy, ...]:
        """The differences found by reading, against which the audit is measured."""
        return self._review("discrepancies", Discrepancy)

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """What answers the reviews' statements."""
        return self._review("links", Link)

    @cached_property
    def unanswered(self) -> tuple[Unanswered, ...]:
        """The statements that nothing answers, with why."""
        return self._review("unanswered", Unanswered)

    @cached_property
    def methods(self) -> tuple[str, ...]:
        """What the reviews did and is done again: `search/database`, `criteria/id`."""
        return methods(self.reviews)

    def _review(self, name: str, model: type[T]) -> tuple[T, ...]:
        files = [file for folder in self.reviews if (file := folder / f"{name}.yaml").is_file()]
        sources = [str(file) for file in files]
        entries: TypeAdapter[tuple[T, ...]] = TypeAdapter(tuple[model, ...])  # type: ignore[valid-type]  # chosen at run time
        try:
            return kept(
                name,
                sources,
                [_PACKAGE, *self.reviews],
                lambda: [entry for file in files for entry in _document(file).content],
                entries.validate_python,
            )
        except ValidationError as error:
            raise EvidenceError(f"{name}.yaml {_first(error)}") from None

    @cached_property
    def _checked(self) -> dict[str, str]:
        """Every study that can be read, as JSON of its own: a case reads twenty of 110, and none is checked twice."""
        return kept("studies", (), [_PACKAGE, *self.folders], lambda: dict(_readable(self._files.values())), dict)


def unknown(name: str, known: Sequence[str]) -> EvidenceError:
    """No such name, with the nearest."""
    close = nearest(name, known)
    return EvidenceError(f"there is no evidence {name[:80]}" + (f" (did you mean {close}?)" if close else ""))


def study_files(folder: Path) -> list[Path]:
    """The YAML files of a folder. Raises EvidenceError for what would be passed over without a word."""
    if not folder.is_dir():
        raise EvidenceError(
            "there is no such folder", field="evidence", value=str(folder), fix="give one with a YAML file per study"
        )
    found = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.suffix.lower() not in ("", ".yaml", ".yml", ".json"):
            continue
        if path.is_dir():
            raise EvidenceError(f"{path}: folders in a folder of studies are not read; move its files up")
        if path.suffix and path.suffix != ".yaml":
            raise EvidenceError(f"{path}: a study is a .yaml file; name it {path.stem}.yaml")
        if path.suffix == ".yaml":
            found.append(path)
    return found


def read_study(text: str, file: str) -> Study:
    """A study from the text of its file. Raises EvidenceError."""
    try:
        return study_of(parse(text, file))
    except DocumentError as error:
        raise EvidenceError(str(error)) from None


def study_of(document: Document) -> Study:
    """A study from its document. Raises EvidenceError naming file, line, field, value and what is allowed."""
    file = document.file
    try:
        study = Study.model_validate(document.content)
    except ValidationError as error:
        raise EvidenceError("\n".join(_problem(document, found) for found in error.errors())) from None
    if f"{study.study}.yaml" != file:
        fix = f"name the file {study.study}.yaml"
        raise EvidenceError(f"{file} study: {study.study} must be the name of its file; {fix}")
    if found := next(faults(study), None):
        raise EvidenceError(f"{file} {found.place}: {found.problem}")
    return study


def _readable(files: Iterable[Path]) -> Iterator[tuple[str, str]]:
    for file in files:
        try:
            yield file.stem, json.dumps(to_plain(study_of(read_document(file))), ensure_ascii=False)
        except (DocumentError, EvidenceError):
            continue  # Whoever asks for this study reads its file again, and is told what is wrong with it.


def _document(file: Path) -> Document:
    try:
        return read_document(file)
    except DocumentError as error:
        raise EvidenceError(str(error)) from None


def _problem(document: Document, found: ErrorDetails) -> str:
    value = repr(found["input"])
    given = value if len(value) < 60 else f"{value[:57]}…"
    line = document.line(tuple(found["loc"]))
    place = f"{document.file}{f':{line}' if line else ''}"
    return f"{place} {'.'.join(map(str, found['loc']))}: {found['msg']} (given: {given})"


def _first(error: ValidationError) -> str:
    found = error.errors()[0]
    return f"{'.'.join(map(str, found['loc']))}: {found['msg']}"
