"""What every function of the library's face shares: which knowledge, and which day."""

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from oligoscope.errors import NotAllowed
from oligoscope.evidence import Store
from oligoscope.knowledge import Knowledge, load, store_of
from oligoscope.spelling import nearest
from oligoscope.tables.model import Table

Packs: TypeAlias = Knowledge | Path | str | Sequence[Path | str] | None
"""Knowledge already loaded; or packs to lay over the packaged one; or the packaged one alone."""
Day: TypeAlias = datetime.date | str | None
"""A day, or its ISO form; None is today."""


def known(packs: Packs, evidence: Sequence[Path | str] = ()) -> Knowledge:
    """The knowledge that was asked for."""
    return packs if isinstance(packs, Knowledge) else load(*_folders(packs), evidence=evidence)


def store(packs: Packs, evidence: Sequence[Path | str] = ()) -> Store:
    """The studies that were asked for, without reading tables for them."""
    return packs.evidence if isinstance(packs, Knowledge) else store_of(*_folders(packs), evidence=evidence)


def _folders(packs: Path | str | Sequence[Path | str] | None) -> list[Path | str]:
    return [packs] if isinstance(packs, (str, Path)) else list(packs or ())


def day_of(day: Day, field: str = "today") -> datetime.date:
    """The day that was asked for. Raises NotAllowed."""
    if not isinstance(day, str):
        return day or datetime.date.today()
    try:
        return datetime.date.today() if day == "today" else datetime.date.fromisoformat(day)
    except ValueError:
        raise NotAllowed(field, day, "a day such as 2026-11-26, or today", "this is not a day") from None


def table_of(knowledge: Knowledge, name: str) -> Table:
    """The table of that name. Raises NotAllowed, with the nearest name."""
    try:
        return knowledge.table(name)
    except KeyError:
        raise none_of_that_name("table", name, [table.name for table in knowledge.tables]) from None


def none_of_that_name(field: str, name: str, names: Sequence[str]) -> NotAllowed:
    """The error that nothing is called so, with all names and the nearest."""
    close = nearest(name, names)
    return NotAllowed(field, name, ", ".join(names), fix=f"did you mean {close}?" if close else "")
