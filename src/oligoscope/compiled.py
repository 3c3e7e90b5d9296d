"""What the package's own files say, kept ready between runs as Python keeps its bytecode: remade when any file of the
package changes.
"""

import contextlib
import os
import pickle
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
PACKAGE = Path(__file__).parent


def compiled(name: str, build: Callable[[], T]) -> T:
    """What `build` makes of the package's files; nothing else may go in, and nothing of a patient.

    Kept in the user's cache folder. Where that cannot be written, everything is built each time.
    """
    file = _folder() / f"{name}.pickle"
    try:
        made: T = pickle.loads(file.read_bytes())
        return made
    except (
        Exception
    ):  # Unpickling a file that is missing, torn or strange can raise anything; the package's files always answer.
        made = build()
    with contextlib.suppress(OSError):
        _keep(file, pickle.dumps(made, pickle.HIGHEST_PROTOCOL))
    return made


def _keep(file: Path, content: bytes) -> None:
    """Write whole or not at all, and drop what earlier states of the package left."""
    if not file.parent.exists():
        for old in file.parent.parent.glob(f"{file.parent.name.partition('-')[0]}-*"):
            shutil.rmtree(old, ignore_errors=True)
        file.parent.mkdir(parents=True, exist_ok=True)
    handle, working = tempfile.mkstemp(dir=file.parent)
    with open(handle, "wb") as target:
        target.write(content)
    Path(working).replace(file)


@cache
def _folder() -> Path:
    """The folder for this state of the package at this place, under this Python and this Pydantic."""
    from platformdirs import user_cache_path
    from pydantic import VERSION

    state = blake2b(f"{sys.version} {VERSION} {sorted(_files(PACKAGE))}".encode(), digest_size=8).hexdigest()
    return user_cache_path("oligoscope") / f"{blake2b(str(PACKAGE).encode(), digest_size=8).hexdigest()}-{state}"


def _files(folder: Path) -> Iterator[tuple[str, int, int]]:
    """Every source file below a folder: path, time of change, size."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir() and entry.name != "__pycache__":
                yield from _files(Path(entry.path))
            elif entry.name.endswith((".py", ".yaml")):
                about = entry.stat()
                yield entry.path, about.st_mtime_ns, about.st_size
