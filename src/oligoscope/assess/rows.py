"""One assessment as the columns that a cohort gets: the same names, the same text, for one patient or a million."""

from oligoscope.assess.patient import Assessment
from oligoscope.tables.model import Options, Score, Table
from oligoscope.tables.names import part_name
from oligoscope.tables.reference import Settled

Cell = str | float | None


def answer_row(assessment: Assessment) -> dict[str, Cell]:
    """The answer columns of every table, in the order of a cohort's."""
    row: dict[str, Cell] = {}
    for table in assessment.knowledge.tables:
        settled = assessment.settled[table.name]
        if isinstance(table, Options):
            row[table.name] = "|".join(name for name, s in settled.items() if s.possible == ("yes",))
            row[f"{table.name}_possible"] = "|".join(name for name, s in settled.items() if "yes" in s.possible)
            continue
        for part, answer in settled.items():
            row |= _columns(table, part_name(table, part), answer)
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
    return row
