"""What stands for a record, from what each person said of it."""

import pytest

from oligoscope.literature.screening import IMPORTED, settled
from oligoscope.literature.store import Decision

JANE, BOB = "jane", "bob"


def said(*each: tuple[str, str], settles: str = "") -> list[Decision]:
    found = [Decision(n, "", who, "abstract", 1, verdict) for n, (who, verdict) in enumerate(each, 1)]
    more = [Decision(len(found) + 1, "", BOB, "abstract", 1, settles, settles=True)] if settles else []
    return [*found, *more]


@pytest.mark.parametrize(
    ("decisions", "readers", "stands"),
    [
        (said((JANE, "include")), 1, "include"),
        (said((JANE, "include")), 2, None),
        (said((IMPORTED, "include")), 2, "include"),
        (said((JANE, "include"), (BOB, "include")), 2, "include"),
        (said((JANE, "include"), (BOB, "exclude")), 2, None),
        (said((IMPORTED, "include"), (BOB, "exclude")), 2, None),
        (said((JANE, "maybe")), 1, None),
        (said((JANE, "include"), (JANE, "exclude")), 1, "exclude"),
        (said((JANE, "include"), (BOB, "exclude"), settles="exclude"), 2, "exclude"),
    ],
)
def test_what_stands(decisions: list[Decision], readers: int, stands: str | None) -> None:
    found = settled(decisions, {}, readers)
    assert (found[1].verdict if 1 in found else None) == stands
