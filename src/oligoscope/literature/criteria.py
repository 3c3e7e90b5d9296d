"""The eligibility of a trial's record, sentence by sentence: what is plain reads as a test of the chart, no more.

Which sentences are plain, and as which tests they read, is data (review/eligibility.yaml of a pack).
"""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from oligoscope.errors import NotAllowed
from oligoscope.files.documents import DocumentError, Plain, read_document

INCLUSION, EXCLUSION = "inclusion", "exclusion"
_HEADER = re.compile(r"[-\s]*(?:key |main |general |major )?(inclusion|exclusion)(?: criteria)?\s*:?", re.IGNORECASE)
_ALL_ASKED = re.compile(
    r"(?:in order )?to be eligible (?:to participate in|for) (?:(?:this|the) )?(?:trial|study)(?: participation)?, "
    r"(?:an? |all )?(?:patients?|participants?|subjects?|individuals?) must "
    r"(?:have|meet all(?: of)? the following(?: inclusion)? criteria)\s*:",
    re.IGNORECASE,
)
_OTHER_HEADER = re.compile(r"(?=.{0,90}$).*(?:criteria|eligib|cohort|arm |part |group|phase |stage ).*:", re.IGNORECASE)
_BULLET = re.compile(r"(\s*)(?:[*•·-]|\(?\d{1,2}[.)]|\(?[a-z][.)])\s+")
_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NUMBERS = {word: str(number) for number, word in enumerate(_WORDS, 1)}
_PLAINER = (
    (re.compile(r"\\([<>=\[\]*_])"), r"\1"),
    (re.compile(r"≥|=>|>\s*=|=\s*>|greater than or equal to|equal to or greater than"), ">="),
    (re.compile(r"≤|=<|<\s*=|=\s*<|less than or equal to|equal to or less than"), "<="),
    (re.compile(r"[‐-―−]"), "-"),
    (re.compile(r"\((?:[a-z]{2,8}(?: ps)?|i\.e\. \w+)\)"), " "),
    (re.compile(r"\b(" + "|".join(_NUMBERS) + r")\b(?: \(\d+\))?"), lambda found: _NUMBERS[found[1]]),
    (re.compile(r"\s+"), " "),
)


@dataclass(frozen=True)
class Criterion:
    """One sentence of a record. field and test: "" where a person must read it.  part: inclusion, exclusion, or another
    heading, under which nothing is read.
    """

    field: str
    test: str
    sentence: str
    part: str


@dataclass(frozen=True)
class _Reading:
    field: str
    pattern: re.Pattern[str]
    test: str


@dataclass(frozen=True)
class Readings:
    """What sentences read as. parts: by inclusion and exclusion.  status: the words of a card by the registry's."""

    parts: Mapping[str, tuple[_Reading, ...]]
    minimum_age: _Reading
    maximum_age: _Reading
    sex: Mapping[str, str]
    status: Mapping[str, str]


@lru_cache(maxsize=8)
def readings(path: Path) -> Readings:
    """The readings of a file. Raises NotAllowed."""
    try:
        content = read_document(path).content
        words = content["words"]
        parts = {part: tuple(_reading(entry, words) for entry in content[part]) for part in (INCLUSION, EXCLUSION)}
        ages = (_reading(content["minimum_age"], words), _reading(content["maximum_age"], words))
        return Readings(parts, *ages, content["sex"], content["status"])
    except (DocumentError, KeyError, TypeError, re.error) as error:
        raise NotAllowed("readings", path, "words, inclusion, exclusion, minimum_age, sex", str(error)) from None


def read_criteria(text: str, known: Readings) -> list[Criterion]:
    """Every sentence of an eligibility text, in its order.

    Only lines of the first level are read: what stands below another line, or has a line below it, depends on that.
    """
    found = []
    part = ""
    lines = list(_lines(text))
    for place, (depth, bullet, sentence) in enumerate(lines):
        named = "" if depth and bullet else _named(sentence, bullet, part)
        if named or (not bullet and _OTHER_HEADER.fullmatch(sentence)):
            part = named or sentence.rstrip(": ")
            found += [] if named else [Criterion("", "", sentence, part)]
            continue
        has_more = place + 1 < len(lines) and lines[place + 1][0] > depth
        tests = {} if depth or has_more else _read(plain(sentence), known.parts.get(part, ()))
        found += [Criterion(field, test, sentence, part) for field, test in tests.items()]
        if not tests:
            found.append(Criterion("", "", sentence, part))
    return found


def _named(sentence: str, bullet: bool, part: str) -> str:
    """The part that a heading opens, where it is one of the whole trial; "" else. With a bullet it ends in a colon.

    part: that which the line stands in; of a cohort "to be eligible" speaks of the cohort.
    """
    if not bullet and part in ("", INCLUSION) and _ALL_ASKED.fullmatch(sentence):
        return INCLUSION
    heading = _HEADER.fullmatch(sentence)
    return heading[1].lower() if heading and (not bullet or sentence.endswith(":")) else ""


def read_bounds(minimum: str, maximum: str, sex: str, known: Readings) -> list[Criterion]:
    """The parts of a record that are no text: ages and sex."""
    found = []
    for name, value, reading in (
        ("Minimum age", minimum, known.minimum_age),
        ("Maximum age", maximum, known.maximum_age),
    ):
        if value:
            tests = _read(plain(value), (reading,)) or {"": ""}
            found += [Criterion(field, test, f"{name}: {value}", INCLUSION) for field, test in tests.items()]
    if sex in known.sex:
        found.append(Criterion("sex", known.sex[sex], f"Sex: {sex.lower()}", INCLUSION))
    return found


def plain(sentence: str) -> str:
    """A sentence in small letters, signs and numbers in one spelling, without its full stop.

    >>> plain("Up to three (3) metastases, ECOG \\\\>= 1.")
    'up to 3 metastases, ecog >= 1'
    """
    text = html.unescape(sentence.replace("\\&", "&")).lower()
    for pattern, spelling in _PLAINER:
        text = pattern.sub(spelling, text)
    return text.strip(" .;,")


def _read(sentence: str, known: tuple[_Reading, ...]) -> dict[str, str]:
    """The test of each field that a sentence speaks of; none where one field is read in two ways."""
    ways = {
        (reading.field, reading.test.format(**fit.groupdict()))
        for reading in known
        if (fit := reading.pattern.fullmatch(sentence))
    }
    found = dict(sorted(ways))
    return found if len(found) == len(ways) else {}


def _lines(text: str) -> Iterator[tuple[int, bool, str]]:
    """(depth, whether it has a bullet, sentence) of each line. depth: how far it is set in, 0 for the first level."""
    levels: list[int] = []
    for line in text.splitlines():
        if not line.strip():
            continue
        bullet = _BULLET.match(line)
        start = len(bullet[1]) if bullet else len(line) - len(line.lstrip())
        while levels and levels[-1] > start:
            levels.pop()
        if not levels or levels[-1] < start:
            levels.append(start)
        yield len(levels) - 1, bool(bullet), (line[bullet.end() :] if bullet else line).strip()


def _reading(entry: Mapping[str, Plain], words: Mapping[str, str]) -> _Reading:
    sentence = str(entry["sentence"])
    for name, text in words.items():
        sentence = sentence.replace(f"{{{name}}}", text)
    return _Reading(str(entry["field"]), re.compile(sentence), str(entry["test"]))
