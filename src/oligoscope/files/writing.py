"""What is written for people: beside its place first, and moved there whole; never onto what was read.

A run that is killed leaves its working folder behind, with patients' answers in it. A working folder is locked as long
as its process lives, so the next run that writes into the same folder can tell those that nobody owns, and removes
them.
"""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from oligoscope.errors import NotAllowed

WORKING = ".oligoscope-unfinished-"
"""How working folders are called. Not after their target: beside a name of 255 bytes there could be none."""
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_DOCUMENTS = (".yaml", ".yml", ".json")


def cannot(path: Path, error: OSError) -> NotAllowed:
    """What the system said about a path."""
    return _refused(path, f"it cannot be written ({error.strerror or error})", "give a path that can be written")


def check_file(path: Path, inputs: Iterable[Path] = (), *, page: bool = False) -> None:
    """Raises NotAllowed where a file must not be put: on a folder, on one of the inputs, or into no folder.

    inputs: files that are read, and folders of YAML and JSON files.  page: it will be a page, so what is there and is
    none belongs to somebody else.
    """
    if not path.name or path.is_dir():
        raise _refused(path, "this is a folder", "give the name of a file")
    check_overwriting(path, inputs)
    if path.exists() and not path.is_file():
        raise _refused(path, "this is no plain file", "give the name of a file")
    try:
        strange = page and path.is_file() and path.stat().st_size and not _starts(path).startswith(b"<")
    except OSError as error:
        raise cannot(path, error) from None
    if strange:
        raise _refused(path, "this file is no page, so it is left as it is", "give the page another name")
    with working_folder(path):
        pass  # It can be made there: tried now, and not after hours of work.


def check_overwriting(path: Path, inputs: Iterable[Path]) -> None:
    """Raises NotAllowed where a file to be written is one that is read. inputs: as above."""
    if any(_is(path, each) for each in inputs):
        raise _refused(path, "this would overwrite what is read", "give another name for the results")


def write_file(path: Path, content: str | bytes) -> None:
    """Write a file whole, or not at all. Raises NotAllowed."""
    write_files({path: content.encode("utf-8", "replace") if isinstance(content, str) else content})


def write_files(contents: Mapping[Path, bytes]) -> None:
    """Write files of one folder: all of them are whole before the first has its name. Raises NotAllowed."""
    if not contents:
        return
    with working_folder(next(iter(contents))) as folder:
        for path, content in contents.items():
            (folder / path.name).write_bytes(content)
        for path in contents:
            move(folder / path.name, path)


def move(part: Path, path: Path) -> None:
    """Put what is written where it belongs. Raises NotAllowed."""
    try:
        part.replace(path)
    except OSError as error:
        raise cannot(path, error) from None


@contextmanager
def working_folder(target: Path) -> Iterator[Path]:
    """A folder beside the target, so that results appear there whole or not at all; what killed runs left is removed.

    Raises NotAllowed, also where the disk is full while it is in use.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(target.parent)
        folder, held = _locked_folder(target.parent)
    except OSError as error:
        raise cannot(target, error) from None
    try:
        yield folder
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise cannot(target, error) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        unlock(held)


def _locked_folder(parent: Path) -> tuple[Path, int | None]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=WORKING, dir=parent))
        held = lock(folder)
        if folder.exists():
            return folder, held
        unlock(held)  # Another run took it for abandoned before it was locked.


def _remove_abandoned(parent: Path) -> None:
    with suppress(OSError):
        for folder in parent.glob(f"{WORKING}*"):
            if (held := lock(folder)) is not None:
                shutil.rmtree(folder, ignore_errors=True)
                unlock(held)


def lock(folder: Path) -> int | None:
    """Hold a folder as long as this process lives; None where another holds it, or where there are no locks."""
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    handle = None
    try:
        handle = os.open(folder, os.O_RDONLY)
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        unlock(handle)
        return None
    return handle


def unlock(handle: int | None) -> None:
    """Let go of what `lock` holds."""
    if handle is not None:
        os.close(handle)


def _refused(path: Path, problem: str, fix: str) -> NotAllowed:
    return NotAllowed("output", path, "", problem, fix)


def _is(path: Path, read: Path) -> bool:
    """Whether a path is a file that is read, be it by another name, or a document in a folder that is."""
    if read.is_dir():
        return path.exists() and path.suffix in _DOCUMENTS and read.resolve() in path.resolve().parents
    if path.exists() and read.exists():
        return path.samefile(read)
    return path.resolve() == read.resolve()


def _starts(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(200).lstrip()
