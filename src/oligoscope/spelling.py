"""How words are written, and which known word was probably meant: for every room, so it imports none."""

import difflib
from collections.abc import Iterable


def spell(label: object) -> str:
    """A label as files write it.

    >>> spell(True), spell(3), spell("N0")
    ('true', '3', 'N0')
    """
    return str(label).lower() if isinstance(label, bool) else str(label)


def nearest(name: str, known: Iterable[str], likeness: float = 0.6) -> str:
    """The known word that is most like a name; "" when none is alike. likeness: 0 (any word) to 1 (the same word).

    >>> nearest("livr", ["liver", "lung"])
    'liver'
    >>> nearest("xyz", ["liver", "lung"])
    ''
    """
    return next(iter(difflib.get_close_matches(name, list(known), 1, likeness)), "")
