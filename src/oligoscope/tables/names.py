"""The names under which a cohort's columns hold a table's answers."""

from oligoscope.tables.model import Options, Score, Table


def part_name(table: Table, part: str) -> str:
    """What the columns of a part (by its id) begin with."""
    return table.name if table.one_answer else f"{table.name}_{part}"


def answer_columns(table: Table) -> list[str]:
    """The columns that a cohort gets for one table: of options two lists of names, of everything else the value, what
    is possible, the rules that fired and the needs (of a score also the lowest and highest total); then the assumed
    fields that it rests on.
    """
    if isinstance(table, Options):
        return [table.name, f"{table.name}_possible", f"{table.name}_assumes"]
    suffixes = [
        "",
        "_possible",
        "_rule",
        "_needs",
        *(["_low", "_high"] if isinstance(table, Score) else []),
        "_assumes",
    ]
    names = dict.fromkeys(part_name(table, part.id) for part in table.parts)
    return [f"{name}{suffix}" for name in names for suffix in suffixes]
