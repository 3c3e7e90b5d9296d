"""One case under two releases of the knowledge: what they answer differently."""

from typing import Any

from oligoscope.assess.patient import Assessment
from oligoscope.assess.what_if import changes


def differences_text(other: Assessment, current: Assessment) -> str:
    """A section for a terminal: each answer that differs, as the other release gives it and as the current one does."""
    lines = [f"\nUNDER {other.knowledge.version} AND UNDER {current.knowledge.version}"]
    found = [c for c in changes(other, current) if not c.column.endswith(("_possible", "_rule", "_needs"))]
    lines += [f"  {c.column}: {_shown(c.before)} → {_shown(c.after)}" for c in found]
    return "\n".join(lines if found else [*lines, "  Every answer is the same."]) + "\n"


def differences_json(other: Assessment, current: Assessment) -> dict[str, Any]:
    """The same as data, by column of a cohort's answers; null where an answer is open or a table is not there."""
    told = [{"column": c.column, "before": c.before, "after": c.after} for c in changes(other, current)]
    return {"knowledge": other.knowledge.version, "changes": told}


def _shown(value: object) -> str:
    return "undetermined" if value is None else str(value) or "none"
