"""What soundness means for two rows of answers of which the second knows more."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from oligoscope.knowledge import Knowledge
from oligoscope.tables.model import Options, Score, Table
from oligoscope.tables.names import answer_columns
from oligoscope.vocabulary.fields import list_fields, scalar_fields
from oligoscope.vocabulary.values import Value
from tests.support.charts import Chart


def contradictions(
    before: dict[str, Any], after: dict[str, Any], knowledge: Knowledge, denied: Collection[str] = ()
) -> Iterator[str]:
    """Answers of `after` that `before` had ruled out, or settled otherwise, though nothing that it assumed is denied.

    A criteria group's word for "may be met" is not settled.  denied: the fields whose assumed value turned out wrong.
    """
    # Lesions are added at the end, so that those of before keep their places.
    pairs = [(before, after, knowledge.tables)]
    pairs += [(*each, knowledge.item_tables) for each in zip(before["lesions"], after["lesions"], strict=False)]
    for one, other, tables in pairs:
        for name, what in _contradictions(one, other, tables):
            if not set(str(one[f"{name}_assumes"] or "").split("|")) & set(denied):
                yield what


def _contradictions(
    before: dict[str, Any], after: dict[str, Any], tables: Sequence[Table]
) -> Iterator[tuple[str, str]]:
    for table in tables:
        if isinstance(table, Options):
            sure, may = (
                set(str(row[name] or "").split("|")) - {""}
                for row, name in ((before, table.name), (before, f"{table.name}_possible"))
            )
            later_sure, later_may = (
                set(str(row[name] or "").split("|")) - {""}
                for row, name in ((after, table.name), (after, f"{table.name}_possible"))
            )
            if not sure <= later_sure or not later_may <= may:
                yield table.name, f"{table.name}: {sure} of {may} became {later_sure} of {later_may}"
            continue
        for name in [c.removesuffix("_needs") for c in answer_columns(table) if c.endswith("_needs")]:
            possible, later = (set(row[f"{name}_possible"].split("|")) for row in (before, after))
            if not later <= possible:
                yield name, f"{name}: {possible} became {later}"
            if len(possible) == 1 and before[name] != after[name]:
                yield name, f"{name}: {before[name]} became {after[name]}"
            if isinstance(table, Score) and after[f"{name}_low"] is not None and not _within(after, before, name):
                yield name, f"{name}: the total left its range"


def _within(after: dict[str, Any], before: dict[str, Any], name: str) -> bool:
    low, high = before[f"{name}_low"], before[f"{name}_high"]
    return low is not None and bool(low <= after[f"{name}_low"] <= after[f"{name}_high"] <= high)


def denied_fields(chart: Chart, filled: Chart) -> set[str]:
    """The assumable fields that one chart leaves out and that the other fills in otherwise."""
    pairs = [(spec.name, spec, chart[0], filled[0]) for spec in scalar_fields()]
    items = zip(chart[1] or (), filled[1] or (), strict=False)
    pairs += [(f"lesions.{spec.name}", spec, old, new) for old, new in items for spec in list_fields("lesions")]
    return {
        name
        for name, spec, old, new in pairs
        if spec.unremarkable and spec.column not in old and spec.column in new
        if not _usual(spec.kind.parse(new[spec.column]), spec.unremarkable)
    }


def _usual(said: Value, usual: Value) -> bool:
    if said.labels is not None and usual.labels is not None:
        return set(said.labels) <= set(usual.labels)
    return usual.low <= said.low and said.high <= usual.high
