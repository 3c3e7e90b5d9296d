"""Which field was meant by a name that no field has.

Names get the nearest spelling, but a word that the vocabulary knows is no misspelling of another one: `start` is never
`stop`, `brain_ct` never `brain_mri`, `size_mm` never silently `size_cm`.
"""

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from typing import TypeAlias

from oligoscope.vocabulary.fields import lists, scalar_fields
from oligoscope.vocabulary.synonyms import factors, other_names, words_apart
from oligoscope.vocabulary.values import FieldType, Quantity

Kinds: TypeAlias = Mapping[str, FieldType | None]
"""The names that may stand somewhere, with the kind of those that are fields."""

ALIKE = 0.7
"""From here on two words are one misspelt: polimetastatic and polymetastatic 0.93, start and stop 0.67."""
FEW_LETTERS = 5
_NOT_CONVERTED = ("days", "weeks", "hours", "inch", "inches", "ratio", "fraction")
"""Units of names that are no fixed multiple of a field's: a month has no fixed number of weeks."""


def other_unit(name: str, kinds: Kinds) -> tuple[str, str]:
    """The field that has this name in its own unit, and the unit of the name, which is converted; else ("", "").

    >>> other_unit("size_mm", {"size_cm": Quantity("cm")})
    ('size_cm', 'mm')
    """
    stem, _, unit = name.rpartition("_")
    for field, kind in kinds.items():
        if isinstance(kind, Quantity) and stem and unit in factors(kind.unit) and stem == _stem(field, kind):
            return field, unit
    return "", ""


def without_unit(name: str, kinds: Kinds) -> str:
    """The field with a unit that is called so, or has this name without its unit; "" for none.

    >>> without_unit("size", {"size_cm": Quantity("cm")})
    'size_cm'
    """
    named = {
        other_names().get(name, ""),
        *(f for f, k in kinds.items() if isinstance(k, Quantity) and _stem(f, k) == name),
    }
    return next((field for field in named if isinstance(kinds.get(field), Quantity)), "")


def hint(name: str, kinds: Kinds) -> str:
    """What to write instead of a name, as a sentence; "" where nothing is near."""
    stem, _, unit = name.rpartition("_")
    for field, kind in kinds.items():
        if isinstance(kind, Quantity) and stem == _stem(field, kind) and unit in (*factors(kind.unit), *_NOT_CONVERTED):
            return f"write it as {field}, in {kind.unit}"
    unit_less = without_unit(name, kinds)
    if isinstance(kind := kinds.get(unit_less), Quantity):
        return f"did you mean {unit_less}, in {kind.unit}?"
    close = other_names().get(name, "")
    close = close if close in kinds else misspelt(name, kinds)
    return f"did you mean {close}?" if close else ""


def misspelt(name: str, known: Iterable[str]) -> str:
    """The one known name of which a name is a misspelling; "" where there is none, or more than one.

    >>> misspelt("hist_polimetastatic", ["hist_polymetastatic", "hist_oligometastatic"])
    'hist_polymetastatic'
    >>> misspelt("brain_ct", ["brain_mri"]), misspelt("primary_dx_ omd_dx_date", ["primary_dx_date"])
    ('', '')
    """
    likely = {other: difflib.SequenceMatcher(None, name, other).ratio() for other in known if _may_be(name, other)}
    best = max(likely.values(), default=0)
    # Of a few letters one more or less makes another word: kpas may be kps or kras.
    near = [other for other, ratio in likely.items() if ratio == best or len(name) <= FEW_LETTERS]
    return near[0] if len(near) == 1 else ""


def _may_be(name: str, other: str) -> bool:
    """Whether each word of a name is one of the other's, or a misspelling of one; of the other may be left `date`."""
    if name.replace("_", "") == other.replace("_", ""):
        return True
    # A word may stand in a name twice, where two names ran into each other.
    words, others = Counter(_words(name)), Counter(_words(other))
    left = [*(others - words).elements()]
    for word in (words - others).elements():
        near = difflib.get_close_matches(word, left, 1, ALIKE)
        # A number in a word is no letter that may be mistaken: G12D is not G12C.
        numbered = re.search(r"\d", word)
        if not near or numbered or word in _known_words():
            return False
        left.remove(near[0])
    return not left or left == ["date"]


def _words(name: str) -> list[str]:
    return name.lower().replace(".", "_").split("_")


@cache
def _known_words() -> frozenset[str]:
    """Every word in the name of a field or a list, and the words that tell fields apart."""
    names = [spec.path for spec in scalar_fields()]
    names += [f"{each.name}.{spec.name}" for each in lists() for spec in each.fields]
    return frozenset(word for name in names for word in _words(name)) | words_apart()


def _stem(field: str, kind: Quantity) -> str:
    """The name of a field without its unit."""
    return next((field.removesuffix(f"_{unit}") for unit in factors(kind.unit) if field.endswith(f"_{unit}")), field)
