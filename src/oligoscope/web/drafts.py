"""What two people entered of one record, each apart and unseen by the other, until somebody settles where they differ.

Each is a study file beside the review, as the command line has it in two folders: `literature compare` reads them too.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from oligoscope.errors import NotAllowed
from oligoscope.files.writing import write_file

MOST = 2
LONGEST = 200
"""Bytes of a name as that of a folder."""
_SETTLED = "settled.json"


@dataclass(frozen=True)
class Settled:
    """That somebody settled it. study: what it was kept as."""

    who: str
    study: str


class Drafts:
    """Those of one record. folder: of it alone, in it one for each person."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def people(self) -> tuple[str, ...]:
        """Who handed one in, by name."""
        return tuple(sorted({unquote(path.parent.name) for path in self.folder.glob("*/*.yaml")}))

    @property
    def settled(self) -> Settled | None:
        """Who settled it; None where nobody did."""
        path = self.folder / _SETTLED
        return Settled(**json.loads(path.read_text("utf-8"))) if path.is_file() else None

    @property
    def wait(self) -> bool:
        """Whether both are in, and nobody has settled them."""
        return len(self.people) == MOST and self.settled is None

    def file(self, person: str) -> Path | None:
        """The study of one person; None where they handed none in. Raises NotAllowed."""
        # One that is kept under another name is there twice for a moment: the later counts.
        return max(self._own(person).glob("*.yaml"), key=lambda path: path.stat().st_mtime_ns, default=None)

    def keep(self, person: str, study: str, text: str) -> None:
        """Keep what one person entered. study: its name.  Raises NotAllowed where two are in: each may know the other's
        by then.
        """
        own, before = self._own(person), self.file(person)
        if len(self.people) == MOST:
            raise NotAllowed("reader", person, ", ".join(self.people), "two have extracted it", "settle their entries")
        own.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = own / f"{study}.yaml"
        write_file(path, text)
        if before and before != path:
            before.unlink()

    def drop(self, person: str) -> None:
        """Take back what a person handed in."""
        shutil.rmtree(self._own(person), ignore_errors=True)

    def _own(self, person: str) -> Path:
        name = quote(person, safe="")
        if not name.strip(".") or len(name) > LONGEST:
            raise NotAllowed("reader", person[:40], "a short name", "an extraction is somebody's", "say who extracts")
        return self.folder / name

    def settle(self, who: str, study: str) -> None:
        """Say that it is settled."""
        write_file(self.folder / _SETTLED, json.dumps(asdict(Settled(who, study)), ensure_ascii=False))


def waiting(folder: Path) -> Iterator[tuple[int, Drafts]]:
    """Records of which something is handed in and nothing settled. folder: of a review's drafts."""
    records = sorted(int(path.name) for path in folder.glob("*") if path.name.isdecimal())
    for record in records:
        found = Drafts(folder / str(record))
        if found.people and found.settled is None:
            yield record, found
