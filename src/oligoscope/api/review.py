"""The store of a review, opened for the functions of `osc.literature`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from oligoscope.errors import NotAllowed

if TYPE_CHECKING:
    from oligoscope.literature.store import Store

EXTRA = "run pip install 'oligoscope[literature]'"


@contextmanager
def needed() -> Iterator[None]:
    """Raises NotAllowed where a package of the extra is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise NotAllowed("package", error.name, "", "this needs it, and it is not installed", EXTRA) from None


@contextmanager
def opened(store: str | Path, *, create: bool = False) -> "Iterator[Store]":
    """The review of a path. create: make it where there is none. Raises NotAllowed."""
    from oligoscope.literature.store import opened as open_store

    with needed(), open_store(Path(store), create=create) as review:
        yield review


@contextmanager
def filled(store: str | Path) -> "Iterator[Store]":
    """The review of a path, made where there is none; one without a record, and without a search, does not stay there.

    Raises NotAllowed.
    """
    path, is_left = Path(store), True
    try:
        with opened(path, create=True) as review:
            try:
                yield review
            finally:
                is_left = review.is_begun()
                lines = [line for source in review.sources() for line in review.remarks(source.id)]
    finally:
        if not is_left:
            for end in ("", "-wal", "-shm"):
                path.with_name(path.name + end).unlink(missing_ok=True)
    if not is_left:
        why = next((f"line {line}: {text}" for line, is_refused, text in lines if is_refused), "there is none in it")
        raise NotAllowed("files", path.name, "files with records", f"no record was read: {why}")
