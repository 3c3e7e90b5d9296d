"""A demonstration: case files in a database that is gone with the server, shown to guests who can keep nothing."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from oligoscope import api
from oligoscope.chart.opened import open_document
from oligoscope.errors import NotAllowed
from oligoscope.store import Cases, Database
from oligoscope.web.settings import Settings


@contextmanager
def shown(folder: Path | None, settings: Settings) -> Iterator[Settings]:
    """The settings, with the cases of a folder kept for as long as this lasts; as they are where there is no folder.

    Raises NotAllowed for a folder without case files, OligoscopeError for a case that cannot be read.
    """
    if folder is None:
        yield settings
        return
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise NotAllowed("demo", folder, "a folder with cases, one YAML file each", "there is none in it")
    with tempfile.TemporaryDirectory(prefix="oligoscope-demo-") as place:
        url = f"sqlite:///{Path(place) / 'cases.sqlite'}"
        database = Database(url)
        cases, knowledge = Cases(database), api.load_knowledge(*settings.packs, evidence=settings.evidence)
        for file in files:
            api.report(file, knowledge=knowledge)
            cases.create(open_document(file).content, file.stem, "demo", knowledge=knowledge.version)
        database.close()
        yield replace(settings, database=url)
