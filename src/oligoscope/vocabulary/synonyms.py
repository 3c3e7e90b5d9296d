"""What clinicians write in place of a value: the words of synonyms.yaml, read when a value is not spelled as its own.

A word is looked up whole, never by its letters: a word that is not listed leads nowhere.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, NamedTuple, TypeAlias

import yaml

UNKNOWN = "unknown"
Listed: TypeAlias = Mapping[str, list[str]]
Section: TypeAlias = Mapping[str, list[str] | Listed]
"""Of a label its words; of `tell` and `refuse` what is said, with the words of which it is."""
_BETWEEN_WORDS = re.compile(r"(?<=\w)[\s_-]+(?=\w)")
# No value but text: YAML would read `no` and `y` as truths, and 1 as a number.
_LOADER: type[yaml.BaseLoader] = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(frozen=True)
class Reading:
    """Where a word leads. value: as a chart writes it, `unknown`, or "" where the word is refused.

    says: what a reader is told beside the value; of a refused word, what to write instead.
    """

    value: str
    says: str = ""


def same_word(text: str) -> str:
    """A word without what does not tell words apart: case, and what stands between its parts.

    >>> same_word(" Wild-Type "), same_word("squamous_cell_carcinoma"), same_word("-")
    ('wild type', 'squamous cell carcinoma', '-')
    """
    return _BETWEEN_WORDS.sub(" ", text.strip().lower())


@cache
def readings(kinds: tuple[str, ...]) -> Mapping[str, Reading]:
    """Every word that some kind of value explains, beside those that mean unknown in all; the last kind wins.

    kinds: sections of `words` in synonyms.yaml.
    """
    found = {same_word(word): Reading(UNKNOWN) for word in _file().unknown}
    for kind in kinds:
        if kind in _file().files:
            found |= {
                same_word(word): _of_labels(labels) for word, labels in listed_labels(_file().files[kind]).items()
            }
        found |= dict(_of_kind(_file().words[kind]))
    return found


@cache
def unknown_words() -> frozenset[str]:
    """The words that mean unknown in every field, in lower case."""
    return frozenset(word.lower() for word in _file().unknown)


def factors(unit: str) -> Mapping[str, str]:
    """What may stand behind a number of a unit, and what the number is then multiplied by.

    >>> factors("cm")["mm"], factors("SUV")
    ('0.1', {})
    """
    return _file().units.get(unit, {})


@cache
def other_names() -> Mapping[str, str]:
    """What people call a field, and its name.

    >>> other_names()["gender"]
    'sex'
    """
    return {other: name for name, others in _file().names.items() for other in others}


@cache
def words_apart() -> frozenset[str]:
    """Words that no name of a field is a misspelling of, though no field has them."""
    return frozenset(_file().apart)


@cache
def listed_labels(file: str) -> Listed:
    """A file of words, each with the labels that it leaves possible."""
    found: Listed = _read(file)
    return found


def _of_labels(labels: Sequence[str]) -> Reading:
    if len(labels) == 1:
        return Reading(labels[0])
    return Reading("", f"write which: {' or '.join(labels)}" if labels else "it gives no value of its own")


def _of_kind(section: Section) -> Iterator[tuple[str, Reading]]:
    """The words of one kind of value: those for its labels, then those that are refused."""
    told = {same_word(word): says for says, words in _said(section, "tell") for word in words}
    for label, words in section.items():
        if isinstance(words, list):
            yield from ((same_word(word), Reading(label, told.get(same_word(word), ""))) for word in words)
    for says, words in _said(section, "refuse"):
        yield from ((same_word(word), Reading("", says)) for word in words)


def _said(section: Section, key: str) -> Iterable[tuple[str, list[str]]]:
    found = section.get(key, {})
    return () if isinstance(found, list) else found.items()


class _Synonyms(NamedTuple):
    """The parts of synonyms.yaml, which says what each is."""

    unknown: list[str]
    units: Mapping[str, Mapping[str, str]]
    names: Listed
    apart: list[str]
    files: Mapping[str, str]
    words: Mapping[str, Section]


@cache
def _file() -> _Synonyms:
    return _Synonyms(**_read("synonyms.yaml"))


def _read(name: str) -> Any:
    """Parsed YAML of this room. Our own file, so that what it holds is for its reader to say."""
    return yaml.load(resources.files("oligoscope.vocabulary").joinpath(name).read_text("utf-8"), Loader=_LOADER)
