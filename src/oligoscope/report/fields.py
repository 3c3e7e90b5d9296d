"""The fields of a case as text."""

from collections.abc import Iterable, Mapping


def fields_text(rows: Iterable[Mapping[str, str]]) -> str:
    """Each field with what it may hold, and below it what it means."""
    return "".join(f"{row['field']:<42}{row['allowed']}\n    {row['definition']}\n" for row in rows)
