"""What changes: when fields of a case have other values, or under another release of the knowledge."""

from collections.abc import Iterator, Mapping, Sequence

from oligoscope.assess.answer import Change, Number, number, total
from oligoscope.assess.patient import Assessment
from oligoscope.assess.provenance import expects_of
from oligoscope.evidence import Store
from oligoscope.knowledge.schedules import dose_in_words
from oligoscope.tables.model import APPLIES, Option, Part, Table
from oligoscope.tables.reference import Settled

NOT_THERE = Settled(None, ())
"""What a release answers that lacks a table, or an option of it."""


def changes_between(before: Assessment, after: Assessment) -> Iterator[Change]:
    """Every answer that differs, table by table in the order of the knowledge, those of `before` first."""
    tables = _both(after.knowledge.tables, before.knowledge.tables)
    order = dict.fromkeys(table.name for table in (*before.knowledge.tables, *after.knowledge.tables))
    stores = before.knowledge.evidence, after.knowledge.evidence
    for name in order:
        yield from _changes(tables[name], before.settled.get(name, {}), after.settled.get(name, {}), None, stores)
    yield from _item_changes(before, after)


def _item_changes(before: Assessment, after: Assessment) -> Iterator[Change]:
    """The same for tables about items, item by item."""
    tables = _both(after.knowledge.item_tables, before.knowledge.item_tables)
    stores = before.knowledge.evidence, after.knowledge.evidence
    for name, both in tables.items():
        old, new = _by_item(before, name), _by_item(after, name)
        for item in dict.fromkeys([*old, *new]):
            yield from _changes(both, old.get(item, {}), new.get(item, {}), item, stores)


def _both(after: Sequence[Table], before: Sequence[Table]) -> dict[str, list[Table]]:
    """By name a table as either release has it, the one of `before` last."""
    found: dict[str, list[Table]] = {}
    for table in (*after, *before):
        found.setdefault(table.name, []).append(table)
    return found


def _by_item(assessment: Assessment, table: str) -> dict[str, Mapping[str, Settled]]:
    """What a table says of each item, by its name; nothing where the release lacks the table."""
    if table not in assessment.items:
        return {}
    return dict(zip(assessment.names_of(table), assessment.items[table], strict=True))


def _changes(
    both: Sequence[Table],
    before: Mapping[str, Settled],
    after: Mapping[str, Settled],
    item: str | None,
    stores: tuple[Store, Store],
) -> Iterator[Change]:
    # A part that one release alone has is called as it calls it.
    table, labels = both[-1], {part.id: _named(part) for each in both for part in each.parts}
    for part in dict.fromkeys([*before, *after]):
        old, new = before.get(part, NOT_THERE), after.get(part, NOT_THERE)
        if old != new:
            yield Change(
                table=table.name,
                part=None if table.one_answer else part,
                part_label=None if table.one_answer else labels.get(part),
                lesion=item,
                before=old.value,
                after=new.value,
                labels=(_label(table, old), _label(table, new)),
                possible=(old.possible, new.possible),
                rules=(old.rules, new.rules),
                needs=(old.needs, new.needs),
                scores=(total(old), total(new)) if old.score or new.score else None,
                numbers=_numbers(table, part, (old, new), stores),
            )


def _named(part: Part) -> str:
    """A group or an option in words: what it is called, and of an option which dose it gives and what it says."""
    told = dict.fromkeys(
        [dose_in_words(part), part.label, part.text] if isinstance(part, Option) else [part.label or part.text]
    )
    return ": ".join(filter(None, told))


def _numbers(
    table: Table, part: str, answers: tuple[Settled, Settled], stores: tuple[Store, Store]
) -> tuple[tuple[Number, ...], tuple[Number, ...]] | None:
    """The results that say what follows, of an answer that is settled and of one that it takes the place of."""
    found = tuple(
        tuple(number(store, reference) for reference in _expects(table, part, settled) if _has(store, reference))
        for settled, store in zip(answers, stores, strict=True)
    )
    before, after = found
    return (before, after) if before != after else None


def _expects(table: Table, part: str, settled: Settled) -> Sequence[str]:
    if len(settled.possible) != 1:
        return ()
    if table.one_answer:
        return expects_of(table, settled) if settled.value in table.codes else ()
    option = next((each for each in table.parts if each.id == part and isinstance(each, Option)), None)
    return option.expects if option and settled.value == APPLIES else ()


def _has(store: Store, reference: str) -> bool:
    """Whether a release knows the study; `table` may be the other's."""
    return reference.partition("/")[0] in store.ids


def _label(table: Table, settled: Settled) -> str:
    """A value in words. An outcome that the other release alone knows is its own label."""
    if settled.value is None:
        return "undetermined" if settled.possible else "not there"
    return table.outcome(settled.value).label if settled.value in table.codes else settled.value
