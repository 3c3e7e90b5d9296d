"""Files come into the store, are grouped with what is there, and every line that was not read is named."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from oligoscope.errors import NotAllowed
from oligoscope.literature.reading import Read, read_bytes
from oligoscope.literature.store import Store

OnStep = Callable[[str, int, int], object]
"""Told what is being done, how much of it is done, and of how much."""


@dataclass(frozen=True)
class File:
    """What became of one file. again: the very file was imported before, so nothing was added."""

    path: str
    read: Read
    again: bool


@dataclass(frozen=True)
class Imported:
    """added: records kept.  merged: those of them that are one with another record.  linked: those that are kin of
    another.
    """

    files: tuple[File, ...]
    added: int
    merged: int
    linked: int
    alone: int

    @property
    def read(self) -> int:
        """Records in all files."""
        return sum(len(each.read.records) for each in self.files)


def import_files(
    store: Store,
    paths: Sequence[Path],
    database: str = "",
    encoding: str = "",
    update: bool = False,
    on_step: OnStep = lambda *_: None,
) -> Imported:
    """Read files and keep their records, each file whole or not at all.

    database: where they come from, for the flow; the name of each file where it is "".  update: a new round of the
    search.  on_step: told how far it is.  Raises NotAllowed.
    """
    files = []
    new: set[int] = set()
    for place, path in enumerate(paths):
        on_step(f"reading {path.name}", place, len(paths))
        try:
            content = path.read_bytes()
        except OSError as error:
            raise NotAllowed("file", path, "a file of records", error.strerror or str(error)) from None
        read = read_bytes(content, path.name, encoding)
        source = store.add(str(path), content, read, database or path.stem, update and not new)
        if source is not None:
            new.add(source)
        files.append(File(str(path), read, source is None))
    found = store.group(lambda done, of: on_step("comparing records", done, of))
    sources = store.source_of()
    ours = {key for key, source in sources.items() if source in new}
    merged = {key for pair in found.same for key in (pair.one, pair.other)} & ours
    heads = {found.heads.get(key, key) for key in ours}
    linked = {key for pair in found.kin for key in (pair.one, pair.other)} & heads
    return Imported(tuple(files), len(ours), len(merged & found.heads.keys()), len(linked), len(heads))
