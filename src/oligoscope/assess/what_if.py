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
    """The answer columns that differ, in the order of a cohort's columns.

    Of two releases of the knowledge one may lack a table of the other: its columns are then None there.
    """
    a, b = answer_row(before), answer_row(after)
    return [Change(name, a.get(name), b.get(name)) for name in dict.fromkeys([*a, *b]) if a.get(name) != b.get(name)]
