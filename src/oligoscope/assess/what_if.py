"""What changes: when fields of a case have other values, or under another release of the knowledge."""

from collections.abc import Iterator, Mapping

from oligoscope.assess.answer import Change, total
from oligoscope.assess.patient import Assessment
from oligoscope.tables.model import Table
from oligoscope.tables.reference import Settled

NOT_THERE = Settled(None, ())
"""What a release answers that lacks a table, or an option of it."""


def changes_between(before: Assessment, after: Assessment) -> Iterator[Change]:
    """Every answer that differs, table by table in the order of the knowledge, those of `before` first."""
    tables = {table.name: table for table in (*after.knowledge.tables, *before.knowledge.tables)}
    order = dict.fromkeys(table.name for table in (*before.knowledge.tables, *after.knowledge.tables))
    for name in order:
        yield from _changes(tables[name], before.settled.get(name, {}), after.settled.get(name, {}), None)
    yield from _item_changes(before, after)


def _item_changes(before: Assessment, after: Assessment) -> Iterator[Change]:
    """The same for tables about items, item by item."""
    tables = {table.name: table for table in (*after.knowledge.item_tables, *before.knowledge.item_tables)}
    for name, table in tables.items():
        old, new = _by_item(before, name), _by_item(after, name)
        for item in dict.fromkeys([*old, *new]):
            yield from _changes(table, old.get(item, {}), new.get(item, {}), item)


def _by_item(assessment: Assessment, table: str) -> dict[str, Mapping[str, Settled]]:
    """What a table says of each item, by its name; nothing where the release lacks the table."""
    if table not in assessment.items:
        return {}
    return dict(zip(assessment.names_of(table), assessment.items[table], strict=True))


def _changes(
    table: Table, before: Mapping[str, Settled], after: Mapping[str, Settled], item: str | None
) -> Iterator[Change]:
    for part in dict.fromkeys([*before, *after]):
        old, new = before.get(part, NOT_THERE), after.get(part, NOT_THERE)
        if old != new:
            yield Change(
                table=table.name,
                part=None if table.one_answer else part,
                lesion=item,
                before=old.value,
                after=new.value,
                labels=(_label(table, old), _label(table, new)),
                possible=(old.possible, new.possible),
                rules=(old.rules, new.rules),
                needs=(old.needs, new.needs),
                scores=(total(old), total(new)) if old.score or new.score else None,
            )


def _label(table: Table, settled: Settled) -> str:
    """A value in words. An outcome that the other release alone knows is its own label."""
    if settled.value is None:
        return "undetermined" if settled.possible else "not there"
    return table.outcome(settled.value).label if settled.value in table.codes else settled.value
