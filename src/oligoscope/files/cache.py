"""What was worked out from files, kept between runs as JSON in the user's cache folder and checked before it is used.

Reading the packaged knowledge takes about 0.2 s (YAML, proving every table free of gaps, cutting it into boxes),
reading what was kept 0.03 s: a third of the start of a single case. Nothing of a patient goes in. Whatever is wrong
with a kept file (missing, torn, changed, not ours), it is made anew.
"""

import contextlib
import json
import os
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

from oligoscope.files.documents import Plain

T = TypeVar("T")

MOST_FILES = 40
"""Files kept, 0.4 MB each, the latest made: one per set of packs, parameters and folders of studies in use."""
_DIGEST = 16
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


def kept(
    kind: str, sources: Iterable[str], folders: Iterable[Path], make: Callable[[], Plain], use: Callable[[Plain], T]
) -> T:
    """`use` of what `make` makes (JSON values), or of what it made when the folders were last as they are now.

    kind: what it is.  sources: what else decides the result, such as parameters.  folders: everything that `make`
    reads, the program's own folder among it.  use: makes of JSON what is wanted, and raises for any that it did not
    expect. Where the cache folder cannot be used, it is made each time.
    """
    # A folder that is there and empty decides nothing: a server's folder of what is extracted is so on its first day.
    places = [place for place in (folder.resolve() for folder in folders) if not _is_empty(place)]
    place = _digest("\n".join([*sources, *map(str, places)]))
    state = _digest("\n".join([sys.version, *(line for folder in places for line in sorted(_files(folder)))]))
    file = _folder() / f"{kind}-{place}-{state}.json"
    with contextlib.suppress(
        Exception
    ):  # Whatever is strange about a kept file: what it was made of can be read again.
        return use(_read(file))
    made = make()
    with contextlib.suppress(OSError):
        _keep(file, made, f"{kind}-{place}-*.json")
    return use(made)


def _read(file: Path) -> Plain:
    """The content of a plain file, ours alone to write, and whole. Raises for any other."""
    about = file.stat()
    owned = not hasattr(os, "getuid") or about.st_uid == os.getuid()
    if not stat.S_ISREG(about.st_mode) or not owned or about.st_mode & _OTHERS_MAY_WRITE:
        raise PermissionError(file)
    digest, _, text = file.read_text("utf-8").partition("\n")
    if digest != _digest(text):
        raise ValueError(file)
    return json.loads(text)


def _keep(file: Path, content: Plain, older: str) -> None:
    """Write whole or not at all, and drop what earlier states left."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    file.parent.mkdir(parents=True, exist_ok=True)
    # Of the same packs and parameters only the present state can be asked for again.
    for old in file.parent.glob(older):
        old.unlink(missing_ok=True)
    # Two runs may write at once: each into a file of its own, and the last takes the place whole.
    handle, working = tempfile.mkstemp(dir=file.parent)
    with open(handle, "w", encoding="utf-8") as target:
        target.write(f"{_digest(text)}\n{text}")
    Path(working).replace(file)
    for old in sorted(file.parent.glob("*.json"), key=lambda path: path.stat().st_mtime)[:-MOST_FILES]:
        old.unlink(missing_ok=True)


def _folder() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("oligoscope")


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogateescape"), digest_size=_DIGEST).hexdigest()


def _is_empty(folder: Path) -> bool:
    """Whether a folder is there and holds nothing; one that may not be looked into is told by whoever reads it."""
    with contextlib.suppress(OSError):
        return folder.is_dir() and not any(folder.iterdir())
    return False


def _files(folder: Path) -> Iterator[str]:
    """Every source file below a folder: path, time of change, size. A folder that is not there has none."""
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir() and entry.name != "__pycache__":
                yield from _files(Path(entry.path))
            elif entry.name.endswith((".py", ".yaml")):
                about = entry.stat()
                yield f"{entry.path} {about.st_mtime_ns} {about.st_size}"
