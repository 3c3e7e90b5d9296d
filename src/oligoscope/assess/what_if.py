"""What changes when a field of a case has another value."""

from dataclasses import dataclass

from oligoscope.assess.patient import Assessment
from oligoscope.assess.rows import answer_row


@dataclass(frozen=True)
class Change:
    """One answer column before and after."""

    column: str
    before: object
    after: object


def changes(before: Assessment, after: Assessment) -> list[Change]:
    """The answer columns that differ, in the order of a cohort's columns."""
    a, b = answer_row(before), answer_row(after)
    return [Change(name, a[name], b[name]) for name in a if a[name] != b[name]]
