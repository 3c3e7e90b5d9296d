"""What is unknown, and what it would help to settle."""

from collections.abc import Iterator
from typing import NamedTuple

from oligoscope.assess.patient import Assessment
from oligoscope.tables.model import Options, Table
from oligoscope.tables.reference import Answered


class Need(NamedTuple):
    """One field to fill in. settles: the decisions and criteria it would help to settle."""

    field: str
    settles: tuple[str, ...]


def needs_of(assessment: Assessment) -> list[Need]:
    """The chart fields still wanted; the one wanted by most decisions and criteria comes first."""
    wanted: dict[str, dict[str, int]] = {}
    for table, answered in _answered(assessment):
        if isinstance(table, Options) or (table.supplementary and not _begun(table, answered)):
            continue
        for settled in answered.values():
            for rank, field in enumerate(settled.needs):
                wanted.setdefault(field, {}).setdefault(table.name, rank)
    order = sorted(wanted, key=lambda field: (-len(wanted[field]), sum(wanted[field].values())))
    return [Need(field, tuple(wanted[field])) for field in order]


def _answered(assessment: Assessment) -> Iterator[tuple[Table, Answered]]:
    """Every table with what it answers, of the patient and then of each item."""
    for table in assessment.knowledge.tables:
        yield table, assessment.settled[table.name]
    for table in assessment.knowledge.item_tables:
        yield from ((table, answered) for answered in assessment.items[table.name])


def _begun(table: Table, answered: Answered) -> bool:
    return any(len(settled.possible) < len(table.codes) for settled in answered.values())
