"""What is done with a review in the background, one thing at a time: files are imported, databases searched, or all of
it searched again. Each is the command, so that the review ends as it does there, also where a server was killed.
"""

import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from starlette.datastructures import FormData, UploadFile

from oligoscope.api import literature
from oligoscope.api.living import DEFAULT
from oligoscope.api.shared import day_of
from oligoscope.errors import NotAllowed
from oligoscope.store.jobs import Job, Jobs, new_id
from oligoscope.web.settings import Settings
from oligoscope.web.worker import Step, ours

IMPORT, SEARCH, UPDATE = "import", "search", "update"
SAYS: Mapping[str, str] = {
    IMPORT: "importing files",
    SEARCH: "searching the databases",
    UPDATE: "looking for what is new",
}
"""By command of `oligoscope literature`, what it does."""
_GIVEN, _ASKED, _PROGRESS = "given", "asked.json", "progress.json"
_STRATEGY = "strategy.yaml"


@dataclass(frozen=True)
class Order:
    """What is asked for. words: of the command.  files: their names.  id: of the folder that they lie in, which the
    review keeps with each source, and so tells what this order brought.
    """

    id: str
    review: str
    work: str
    words: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    def place(self, folder: Path) -> Path:
        """Where its files lie. folder: of the job."""
        return folder / _GIVEN / self.id

    @staticmethod
    def of(folder: Path) -> "Order":
        """What was asked for last in a folder."""
        raw = json.loads((folder / _ASKED).read_text("utf-8"))
        return Order(**{**raw, "words": tuple(raw["words"]), "files": tuple(raw["files"])})


class ReviewWork:
    """The jobs of reviews. folder: where what was sent lies until the next is."""

    def __init__(self, jobs: Jobs, folder: Path) -> None:
        self.jobs, self.folder = jobs, folder

    def job(self, review: str) -> Job | None:
        """What is done with a review, or was last."""
        return self.jobs.find(_id(review))

    def take(self, review: str, given: FormData, who: str) -> None:
        """Put down what a form asks for. Raises NotAllowed, also where something is being done with the review."""
        work = str(given.get("work") or IMPORT)
        if work not in SAYS:
            raise NotAllowed("work", work[:40], ", ".join(SAYS), "this cannot be done with a review")
        folder = self.folder / _id(review)
        order = Order(new_id(), review, work)
        place = order.place(folder)
        place.mkdir(parents=True, mode=0o700)
        try:
            order = _imported(order, place, given) if work == IMPORT else _asked(order, place, given)
            detail = f"{review}: {work} {' '.join(order.files)}".strip()
            self.jobs.put(_id(review), review, folder, who, lambda _: _lay(order, folder), detail)
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise


def _id(review: str) -> str:
    """Of the one job of a review: there is never a second beside it."""
    return str(uuid5(NAMESPACE_URL, f"review:{review}"))


def _lay(order: Order, folder: Path) -> None:
    """Let an order stand where the one before it stood."""
    (folder / _PROGRESS).unlink(missing_ok=True)
    (folder / _ASKED).write_text(json.dumps(asdict(order), ensure_ascii=False), "utf-8")
    for each in (folder / _GIVEN).iterdir():
        if each.name != order.id:
            shutil.rmtree(each, ignore_errors=True)


def _imported(order: Order, place: Path, given: FormData) -> Order:
    """Keep the files of a form under their own names. Raises NotAllowed."""
    sent = [each for each in given.getlist("files") if isinstance(each, UploadFile) and each.size]
    names = [re.sub(r"[^\w.() -]", "_", re.split(r"[/\\]", each.filename or "")[-1])[:120] for each in sent]
    if not sent:
        raise NotAllowed("files", "", "files of records: RIS, NBIB, XML, BibTeX, CSV …", "none was sent")
    if len(set(names)) != len(names) or not all(name.strip(". ") for name in names):
        raise NotAllowed("files", ", ".join(names)[:100], "files with names of their own", "two have one name, or none")
    for each, name in zip(sent, names, strict=True):
        _write(each, place / name)
    database = str(given.get("database") or "").strip()
    words = [*([f"--database={database}"] if database else []), *(["--update"] if given.get("update") else [])]
    return Order(order.id, order.review, order.work, tuple(words), tuple(names))


def _asked(order: Order, place: Path, given: FormData) -> Order:
    """What a search is told. Raises NotAllowed where the command would refuse it."""
    until, source = (str(given.get(name) or "").strip() for name in ("until", "source"))
    words = [f"--until={until}"] if until else []
    if order.work == SEARCH:
        strategy, sent = DEFAULT, given.get("strategy")
        if isinstance(sent, UploadFile) and sent.size:
            _write(sent, place / _STRATEGY)
            strategy = str(place / _STRATEGY)
            words.append(f"--strategy={strategy}")
        literature.searches(strategy, source, until or None)
        words += [f"--source={source}"] if source else []
    elif until:
        day_of(until, "until")
    return Order(order.id, order.review, order.work, tuple(words))


def _write(sent: UploadFile, path: Path) -> None:
    with path.open("wb") as out:
        shutil.copyfileobj(sent.file, out, 1 << 20)


# ---- what is done --------------------------------------------------------------------------------


def steps(folder: Path, settings: Settings) -> Iterator[Step]:
    """The command that an order asks for."""
    order = Order.of(folder)
    files = [str(order.place(folder) / name) for name in order.files]
    store = settings.reviews() / f"{order.review}.db"
    store.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    words = ["--store", str(store), "--progress", str(folder / _PROGRESS), *order.words]
    words += settings.databases() if order.work != IMPORT else []
    words += settings.options() if order.work == UPDATE else []
    yield Step(order.work, SAYS[order.work], ours("literature", order.work, *files, *words))


def hidden(folder: Path, settings: Settings) -> Sequence[Path]:
    """Folders whose place on this machine is nobody's."""
    return (*(folder / _GIVEN).iterdir(), folder, settings.reviews())


@dataclass(frozen=True)
class Progress:
    """How far a command is: what it says, how much of that is done, and of how much; empty until it says something."""

    says: str = ""
    done: int = 0
    of: int = 0


def progress(job: Job) -> Progress:
    """How far a job is."""
    path = Path(job.folder) / _PROGRESS
    return Progress(**json.loads(path.read_text("utf-8"))) if path.is_file() else Progress()
