"""What may be done with a registry, and the commands that do it."""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from oligoscope.errors import NotAllowed
from oligoscope.web.worker import Step, ours

CHECK = "check"


@dataclass(frozen=True)
class Work:
    """What may be done with a registry. name: of the command.  offers: what it gives.  says: while it is done.  page:
    its result, to be read.
    """

    name: str
    offers: str
    says: str
    page: str
    takes_endpoint: bool = True


WORKS: Mapping[str, Work] = {
    work.name: work
    for work in (
        Work("assess", "Every patient assessed", "assessing every patient", "summary.html", takes_endpoint=False),
        Work("report", "Survival report", "analysing survival", "report.html"),
        Work("validate", "Validation", "holding it against published survival", "validation.html"),
    )
}
"""By command, in the order in which they are done. The registry is read once more before them, for what is wrong."""
READING = "reading the registry"
MAPPING = "mapping.yaml"
GIVEN, FOUND, ASKED = "given", "found", "asked.json"
"""Of a job: the folder of what was uploaded, that of what came out (one in it for each work), and what was asked."""


@dataclass(frozen=True)
class Asked:
    """What is to be done with a registry. endpoint, origin: as for the commands; "" for what is usual there."""

    works: tuple[str, ...]
    endpoint: str = ""
    origin: str = ""

    @property
    def steps(self) -> tuple[tuple[str, str], ...]:
        """The commands, in their order, each with what it does."""
        return ((CHECK, READING), *((name, work.says) for name, work in WORKS.items() if name in self.works))

    def keep(self, folder: Path) -> None:
        """Lay it beside the files that it is about."""
        (folder / ASKED).write_text(json.dumps(asdict(self)), "utf-8")

    @staticmethod
    def of(folder: Path) -> "Asked":
        """What `keep` laid there. Without it, every patient is assessed."""
        if not (folder / ASKED).exists():
            return Asked(("assess",))
        raw = json.loads((folder / ASKED).read_text("utf-8"))
        return Asked(tuple(raw["works"]), raw["endpoint"], raw["origin"])


def asked(works: Sequence[str], endpoint: str, origin: str) -> Asked:
    """What a form or a request asks for. Raises NotAllowed."""
    from oligoscope.cohort.analysis.endpoints import ENDPOINTS, ORIGINS

    for field, value, allowed in (
        *(("work", work, tuple(WORKS)) for work in works),
        ("endpoint", endpoint, ("", *ENDPOINTS)),
        ("from", origin, ("", *ORIGINS)),
    ):
        if value not in allowed:
            raise NotAllowed(field, value[:60], ", ".join(filter(None, allowed)), "there is none of that name")
    if not works:
        raise NotAllowed("work", "", ", ".join(WORKS), "nothing was asked for", "choose one or more")
    return Asked(tuple(dict.fromkeys(works)), endpoint, origin)


def steps(folder: Path, options: Sequence[str]) -> Iterator[Step]:
    """The commands on a registry, in their order. options: for packs and studies."""
    wanted = Asked.of(folder)
    (folder / FOUND).mkdir(mode=0o700, exist_ok=True)
    for name, says in wanted.steps:
        # What another process began, or an earlier one was asked otherwise, is of no use.
        shutil.rmtree(folder / FOUND / name, ignore_errors=True)
        yield Step(name, says, _command(folder, name, wanted, options), is_told=name != CHECK)


def hidden(folder: Path) -> Sequence[Path]:
    """Folders whose place on this machine is nobody's."""
    return folder / FOUND, folder


def _command(folder: Path, step: str, wanted: Asked, options: Sequence[str]) -> tuple[str, ...]:
    files = sorted(path for path in (folder / GIVEN).iterdir() if path.name != MAPPING)
    source = files[0] if len(files) == 1 else folder / GIVEN
    mapping = folder / GIVEN / MAPPING
    if mapping.exists() and len(files) > 1:
        mapping = mapping.rename(folder / MAPPING)
    mapping = mapping if mapping.exists() else folder / MAPPING
    by = ["--mapping", str(mapping)] if mapping.exists() else []
    more = [] if step == CHECK else ["-o", str(folder / FOUND / step), *options]
    if step != CHECK and WORKS[step].takes_endpoint:
        settings = {"--endpoint": wanted.endpoint, "--from": wanted.origin}
        more += [word for option, value in settings.items() if value for word in (option, value)]
    return ours("cohort", step, str(source), *by, *more)
