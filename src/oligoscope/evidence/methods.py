"""What a review did and is done again here: its searches, and the criteria that titles and abstracts are read for."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from oligoscope.evidence.errors import EvidenceError
from oligoscope.files.documents import DocumentError, Plain, read_document


def methods(folders: Sequence[Path]) -> tuple[str, ...]:
    """`search/database` for each search of reviews, and `criteria/id`. Raises EvidenceError.

    folders: of the reviews, with search.yaml and criteria.yaml where they have them.
    """
    return (*_named(folders, "search"), *_named(folders, "criteria"))


def _named(folders: Sequence[Path], name: str) -> Iterator[str]:
    names = {"search": _searches, "criteria": _criteria}[name]
    for file in (folder / f"{name}.yaml" for folder in folders):
        if file.is_file():
            try:
                yield from (f"{name}/{each}" for each in names(read_document(file).content))
            except (DocumentError, KeyError, TypeError, AttributeError) as error:
                raise EvidenceError(f"{file.name}: it cannot be read ({error!r})") from None


def _searches(content: Plain) -> Iterator[str]:
    yield from (str(entry["database"]) for entry in content)


def _criteria(content: Plain) -> Iterator[str]:
    """Those whose every input some reading answers. Of the others a person reads the report."""
    read = {name for name, each in content["inputs"].items() if any(one.get("reads") != [] for one in each["readings"])}
    yield from (str(entry["id"]) for entry in content["criteria"] if read >= entry["when"].keys())
