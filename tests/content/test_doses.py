"""The doses of the pack against knowledge file 07 with its corrections, row by row: a slip in a number fails here."""

from oligoscope.knowledge import load
from oligoscope.knowledge.schedules import schedule_of
from oligoscope.tables.model import Options

# Rule of 07: (Gy, fractions) of each of its regimens, as the source prints them.
ROWS: dict[str, list[tuple[str, str]]] = {
    "L-1": [("34", "1"), ("45 to 54", "3"), ("48 to 50", "4"), ("50 to 60", "5")],
    "L-1n": [("25 to 34", "1"), ("45 to 60", "3"), ("48 to 50", "4"), ("50 to 55", "5")],
    "L-2": [("50", "4 to 5"), ("60", "8"), ("70", "10")],
    "L-2n": [("60 to 70", "8 to 10")],
    "L-3a": [("56", "8")],
    "L-3b": [("60", "8")],
    "L-4": [("50 to 60", "5")],
    "L-5": [("54 to 60", "3")],
    "L-6": [("54", "3")],
    "L-7": [("55", "5")],
    "L-8": [("60", "8")],
    "B-1": [("12 to 16", "1")],
    "B-2": [("12 to 24", "1"), ("24", "2")],
    "B-3": [("35", "5")],
    "B-4": [("16 to 20", "1"), ("30", "3")],
    "B-5": [("24", "1")],
    "B-6": [("24", "2")],
    "LV-1": [("34", "1"), ("45 to 54", "3"), ("48 to 50", "4"), ("50 to 60", "5")],
    "LV-3": [("45 to 60", "3 to 8")],
    "LV-4": [("60", "8")],
    "COM-10": [("20", "1"), ("30", "3"), ("35", "5")],
    "BR-3": [("20 to 24", "1"), ("27", "3"), ("30", "5")],
    "BR-4": [("18", "1"), ("27", "3"), ("30", "5")],
    "BR-5": [("up to 15", "1"), ("27", "3"), ("30", "5")],
    "BR-11": [("22", "1"), ("20", "1")],
    "BR-14": [("12 to 18", "1"), ("24 to 27", "3"), ("30 to 35", "5")],
    "BR-15-standard": [("at least 20", "1"), ("at least 17", "1"), ("at least 14", "1")],
    "BR-15-reduced": [("16", "1"), ("15", "1"), ("13", "1")],
    "BR-16": [("24 to 25", "3 to 5")],
}


def test_every_dose_is_that_of_its_row() -> None:
    found: dict[str, list[tuple[str, str]]] = {}
    for table in load().item_tables:
        for option in table.options if isinstance(table, Options) else ():
            if schedule := schedule_of(option):
                row = max((name for name in ROWS if option.id == name or option.id.startswith(f"{name}-")), key=len)
                found.setdefault(row, []).append((schedule.total_dose_gy.words(), schedule.fractions.words()))
    assert found == ROWS


def test_what_was_not_verified_gives_no_dose() -> None:
    tables = [table for table in load().item_tables if isinstance(table, Options)]
    unverified = [option for table in tables for option in table.options if option.provenance.status == "unverified"]
    assert {option.id for option in unverified} == {
        "B-7-20", "BR-14u", "LV-5", "MOD-1", "MOD-2", "MOD-5", "MOD-7", "MOD-8", "MOD-9", "MOD-11",
    }  # fmt: skip
    assert not any(schedule_of(option) for option in unverified)
