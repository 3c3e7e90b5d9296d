"""Cells that look like a person's name, an address or a full date of birth: pointed out, never printed.

They are told by their look and their heading alone, so some that are none are named as well, and some are missed.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import polars as pl

_TITLES = r"(?:Herrn?|Frau|Mr|Mrs|Ms|Miss|Dr|Prof)\b\.?"
_LOOKS = {
    "two words": rf"^(?:{_TITLES}\s+)*\p{{Lu}}[\p{{L}}'’-]+,?\s+\p{{Lu}}[\p{{L}}'’-]+$",
    "title": rf"\b{_TITLES}\s+\p{{Lu}}\p{{Ll}}+",
    "birth": r"(?i)(?:\b(?:geb|geboren|born|dob|date of birth|geburtsdatum)\b|\*)[^\d]{0,12}\d{1,4}[./-]\d",
    "address": r"[\w.+-]+@[\w-]+\.\w{2,}",
    "date": r"^\s*(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./-]\d{1,2}[./-]\d{2,4})(?:[T ]0?0:00.*)?\s*$",
    "letters": r"\p{L}{2,}",
}
_NAME_WORDS = {"vorname", "nachname", "familienname", "surname", "firstname", "lastname", "forename", "patientenname"}
_NAME_HEADINGS = {"name", "patient name", "patient", "first name", "last name"}
_BIRTH_WORDS = {"dob", "geburtsdatum", "gebdat", "birthdate", "geb", "birthday"}


@dataclass
class Looks:
    """Of one column how many cells have which look. n_different: in the first piece, of n_first that are filled."""

    n_filled: int = 0
    n_first: int = 0
    n_different: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, cells: pl.Series) -> None:
        """Count the cells of some rows."""
        filled = cells.cast(pl.String).drop_nulls()
        filled = filled.filter(filled.str.strip_chars() != "")
        if not self.n_filled:
            self.n_first, self.n_different = len(filled), filled.n_unique()
        self.n_filled += len(filled)
        for look, pattern in _LOOKS.items():
            self.counts[look] += int(filled.str.contains(pattern).sum())

    def told(self, heading: str, fields: Iterable[str]) -> Iterator[str]:
        """What a person should look at; nothing of what the cells hold."""
        text = re.sub(r"[\W_]+", " ", heading.casefold()).strip()
        words, n = set(text.split()), self.counts
        is_birth = words & _BIRTH_WORDS or {"birth", "date"} <= words or "birth_date" in fields
        if is_birth and n["date"]:
            yield f"{n['date']} full dates of birth; the age, or the year, is enough"
        mostly = 2 * n["two words"] > self.n_filled and 2 * self.n_different > self.n_first
        if (words & _NAME_WORDS or text in _NAME_HEADINGS) and 2 * n["letters"] > self.n_filled:
            yield f"{n['letters']} cells under a heading of names"
        elif mostly or n["title"]:
            yield f"{n['two words'] if mostly else n['title']} cells look like the name of a person"
        if n["birth"]:
            yield f"{n['birth']} cells seem to hold a date of birth among other words"
        if n["address"]:
            yield f"{n['address']} cells hold an e-mail address"
