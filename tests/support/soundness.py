"""What soundness means for two rows of answers of which the second knows more."""

from collections.abc import Iterator
from typing import Any

from oligoscope.knowledge import Knowledge
from oligoscope.tables.model import Options, Score
from oligoscope.tables.names import answer_columns


def contradictions(before: dict[str, Any], after: dict[str, Any], knowledge: Knowledge) -> Iterator[str]:
    """Answers of `after` that `before` had ruled out, or settled otherwise.

    A criteria group's word for "may be met" is not settled.
    """
    for table in knowledge.tables:
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
                yield f"{table.name}: {sure} of {may} became {later_sure} of {later_may}"
            continue
        for name in [c.removesuffix("_needs") for c in answer_columns(table) if c.endswith("_needs")]:
            possible, later = (set(row[f"{name}_possible"].split("|")) for row in (before, after))
            if not later <= possible:
                yield f"{name}: {possible} became {later}"
            if len(possible) == 1 and before[name] != after[name]:
                yield f"{name}: {before[name]} became {after[name]}"
            if isinstance(table, Score) and after[f"{name}_low"] is not None and not _within(after, before, name):
                yield f"{name}: the total left its range"


def _within(after: dict[str, Any], before: dict[str, Any], name: str) -> bool:
    low, high = before[f"{name}_low"], before[f"{name}_high"]
    return low is not None and bool(low <= after[f"{name}_low"] <= after[f"{name}_high"] <= high)
