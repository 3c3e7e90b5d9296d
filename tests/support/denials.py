"""A guideline statement that fits beside an answer that denies it."""

from collections.abc import Iterator, Mapping
from typing import Any

LOCAL_THERAPY = {"AE-3", "AE-4", "AE-5", "AE-6"}
CANDIDATES = {"AE-2", *LOCAL_THERAPY}


def denials(row: Mapping[str, Any], treatable: str | None) -> Iterator[str]:
    """What stands beside each other and must not. row: the answers of one chart.  treatable: as its chart writes it."""
    fits = set(str(row["guideline-statements"] or "").split("|"))
    may = fits | set(str(row["guideline-statements_possible"] or "").split("|"))
    if row["lat-candidacy"] == "NOT_COVERED" and LOCAL_THERAPY & fits:
        yield f"{sorted(LOCAL_THERAPY & fits)} fit, yet no verified statement covers the case"
    if row["omd-state"] == "NOT_OMD" and CANDIDATES & may:
        yield f"{sorted(CANDIDATES & may)} may fit, yet the disease is not oligometastatic"
    if treatable == "false" and CANDIDATES & may:
        yield f"{sorted(CANDIDATES & may)} may fit, yet not all sites can be treated"
