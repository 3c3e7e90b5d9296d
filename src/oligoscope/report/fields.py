"""The fields of a case as text."""

from collections.abc import Iterable, Mapping


def fields_text(rows: Iterable[Mapping[str, str]]) -> str:
    """Each field with what it may hold, and below it what it means and which codes are read as it."""
    return "".join(
        f"{row['field']:<42}{row['allowed']}\n    {row['definition']}\n"
        + (f"    codes: {row['codes']}\n" if row["codes"] else "")
        for row in rows
    )
