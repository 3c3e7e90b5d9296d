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
