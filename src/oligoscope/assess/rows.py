"""One assessment as the columns that a cohort gets: the same names, the same text, for one patient or a million."""

from oligoscope.assess.patient import Assessment
from oligoscope.tables.model import Options, Score, Table
from oligoscope.tables.names import part_name
from oligoscope.tables.reference import Answered, Settled

Cell = str | float | None


def answer_row(assessment: Assessment) -> dict[str, Cell]:
    """The answer columns of every table, in the order of a cohort's."""
    row: dict[str, Cell] = {}
    for table in assessment.knowledge.tables:
        row |= _table_columns(table, assessment.settled[table.name])
    return row


def item_rows(assessment: Assessment, about: str) -> list[dict[str, Cell]]:
    """As `answer_row`, one row for each item (about: what one is called), of the tables about it."""
    rows: list[dict[str, Cell]] = []
    for table in assessment.knowledge.item_tables:
        if table.about == about:
            columns = [_table_columns(table, answered) for answered in assessment.items[table.name]]
            rows = [{**row, **more} for row, more in zip(rows or [{} for _ in columns], columns, strict=True)]
    return rows


def _table_columns(table: Table, answered: Answered) -> dict[str, Cell]:
    if isinstance(table, Options):
        return {
            table.name: "|".join(name for name, s in answered.items() if s.possible == ("yes",)),
            f"{table.name}_possible": "|".join(name for name, s in answered.items() if "yes" in s.possible),
            f"{table.name}_assumes": "|".join(sorted({field for s in answered.values() for field in s.assumes})),
        }
    row: dict[str, Cell] = {}
    for part, settled in answered.items():
        row |= _columns(table, part_name(table, part), settled)
    return row


def _columns(table: Table, name: str, answer: Settled) -> dict[str, Cell]:
    row: dict[str, Cell] = {
        name: answer.value,
        f"{name}_possible": "|".join(answer.possible),
        f"{name}_rule": "|".join(answer.rules) or None,
        f"{name}_needs": "|".join(answer.needs),
    }
    if isinstance(table, Score):
        row[f"{name}_low"], row[f"{name}_high"] = answer.score or (None, None)
    row[f"{name}_assumes"] = "|".join(answer.assumes)
    return row
