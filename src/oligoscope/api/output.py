"""Where results go, for doors: tried before the work, written whole after it."""

from collections.abc import Iterable
from pathlib import Path

from oligoscope.errors import NotAllowed
from oligoscope.files.writing import check_file
from oligoscope.files.writing import write_file as write_file


def check_outputs(pages: Iterable[Path], files: Iterable[Path], inputs: Iterable[Path]) -> None:
    """Raises NotAllowed for a path that cannot be written, that is read, or that is asked for twice.

    pages, files: what will be written.  inputs: files, folders of documents, registries.
    """
    read = [file for path in inputs for file in _read(path)]
    seen: list[Path] = []
    for path, page in [*((path, True) for path in pages), *((path, False) for path in files)]:
        if path.resolve() in seen:
            raise NotAllowed("output", path, "", "two results would be written to it", "give each a name of its own")
        seen.append(path.resolve())
        check_file(path, read, page=page)


def _read(path: Path) -> list[Path]:
    """What is read of a path: of a registry in a folder its tables."""
    from oligoscope.vocabulary.fields import lists

    if not path.is_dir():
        return [path]
    names = ("patients", *(spec.name for spec in lists()))
    return [path, *(path / f"{name}{suffix}" for name in names for suffix in (".csv", ".parquet"))]
