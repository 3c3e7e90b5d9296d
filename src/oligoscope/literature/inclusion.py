"""A review's own criteria, read from title and abstract: each with its word, and the sentences that speak for it.

The criteria are a `criteria` table of the decision-table language (review/criteria.yaml of a pack), its inputs what
sentences read as. An abstract that is silent leaves a criterion open. Nothing here decides on a record.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from oligoscope.errors import NotAllowed
from oligoscope.files.documents import DocumentError, Plain, read_document
from oligoscope.literature.criteria import plain
from oligoscope.literature.record import Record
from oligoscope.tables.compile import CompiledTable
from oligoscope.tables.domain import Choices, Domain, Label, Numbers, Possible
from oligoscope.tables.errors import TableError
from oligoscope.tables.read import Reader
from oligoscope.tables.record import Answer
from oligoscope.tables.reference import evaluate

PARTS = ("inclusion", "exclusion")
_SENTENCE = re.compile(r"(?<=[a-z0-9)%][.!?])\s*(?=[A-Z])")
"""Some databases join the parts of a structured abstract without a space."""
_MARKUP = re.compile(r"</?[A-Za-z][^<>]{0,80}>")


@dataclass(frozen=True)
class Spoken:
    """A sentence, and the values it reads as; none where it only speaks of the matter."""

    sentence: str
    reads: tuple[Label, ...]


@dataclass(frozen=True)
class Told:
    """One criterion of a record. word: met, failed or unknown.  note: what the review leaves unsaid of it."""

    id: str
    text: str
    word: str
    spoken: tuple[Spoken, ...]
    statement: str
    note: str


@dataclass(frozen=True)
class _Reading:
    reads: tuple[Label, ...]
    words: re.Pattern[str]
    unless: re.Pattern[str] | None
    title_only: bool

    def read(self, sentence: str) -> tuple[Label, ...] | None:
        """The values that a sentence (`plain`) reads as; None where it says nothing of this."""
        found = None if self.unless and self.unless.search(sentence) else self.words.search(sentence)
        if found is None:
            return None
        return (int(found["n"]),) if "n" in self.words.groupindex else self.reads


@dataclass(frozen=True)
class _Input:
    domain: Domain
    title_first: bool
    readings: tuple[_Reading, ...]


@dataclass(frozen=True)
class Asked:
    """What a review asks. entries: its criteria as the file has them, by id."""

    inputs: Mapping[str, _Input]
    table: CompiledTable
    entries: Mapping[str, Mapping[str, Plain]]


@lru_cache(maxsize=8)
def asked(path: Path) -> Asked:
    """The criteria of a file. Raises NotAllowed."""
    try:
        content = read_document(path).content
        inputs = {name: _input(entry, content.get("words", {})) for name, entry in content["inputs"].items()}
        entries = {str(entry["id"]): entry for entry in content["criteria"]}
        reader = Reader({name: each.domain for name, each in inputs.items()}, {}, {})
        return Asked(inputs, reader.table(_as_table(list(inputs), entries)), entries)
    except (DocumentError, TableError, KeyError, TypeError, AttributeError, re.error) as error:
        raise NotAllowed("criteria", path, "words, inputs with readings, criteria", str(error)) from None


def told(record: Record, review: Asked) -> list[Told]:
    """Every criterion of a review for one record, in the order of the file."""
    said = spoken(record, review)
    groups = evaluate(review.table, answers(said, review))
    words = {name: word for part in PARTS for name, word in groups[part].criteria.items()}
    return [
        Told(
            name,
            str(entry["text"]),
            words[name],
            tuple(dict.fromkeys(each for about in _reads(entry) for each in said[about])),
            str(entry.get("statement", "")),
            str(entry.get("note", "")),
        )
        for name, entry in review.entries.items()
    ]


def spoken(record: Record, review: Asked) -> dict[str, list[Spoken]]:
    """By input of a review, the sentences of a record that speak of it."""
    title, abstract = (_MARKUP.sub("", " ".join(text.split())) for text in (record.title, record.abstract))
    sentences = [title, *_SENTENCE.split(abstract)]
    pairs = [(sentence, plain(sentence)) for sentence in sentences if sentence]
    return {name: _spoken(each, pairs, bool(title)) for name, each in review.inputs.items()}


def answers(said: Mapping[str, list[Spoken]], review: Asked) -> dict[str, Answer]:
    """The same as answers to the table of a review. What nothing is said of can be anything."""
    return {name: Answer(_possible(each.domain, said[name]), (name,)) for name, each in review.inputs.items()}


def _spoken(each: _Input, pairs: list[tuple[str, str]], titled: bool) -> list[Spoken]:
    """What sentences say of an input. titled: the first is a title."""
    title = list(_said(each, pairs[:1], in_title=True)) if titled else []
    if each.title_first and any(one.reads for one in title):
        return title
    return [*title, *_said(each, pairs[titled:], in_title=False)]


def _said(each: _Input, pairs: list[tuple[str, str]], *, in_title: bool) -> Iterator[Spoken]:
    readings = [reading for reading in each.readings if in_title or not reading.title_only]
    for sentence, words in pairs:
        read = [values for reading in readings if (values := reading.read(words)) is not None]
        if read:
            yield Spoken(sentence, tuple(dict.fromkeys(value for values in read for value in values)))


def _possible(domain: Domain, said: list[Spoken]) -> Possible:
    """What is left of an input: the values read, all of them where readings differ; anything where nothing was."""
    values = [value for each in said for value in each.reads]
    if not values:
        return domain.everything
    if isinstance(domain, Choices):
        return domain.mask(values)
    numbers = [int(value) for value in values]
    return min(numbers), max(numbers)


def _reads(entry: Mapping[str, Plain]) -> list[str]:
    when = entry["when"]
    return list(dict.fromkeys(name for each in (when if isinstance(when, list) else [when]) for name in each))


def _input(entry: Mapping[str, Plain], words: Mapping[str, str]) -> _Input:
    values = entry.get("values")
    domain = Choices(tuple(values)) if values else Numbers(whole=True, low=0)
    readings = tuple(_reading(each, words, domain) for each in entry["readings"])
    return _Input(domain, bool(entry.get("title_first")), readings)


def _reading(entry: Mapping[str, Plain], words: Mapping[str, str], domain: Domain) -> _Reading:
    reads = entry.get("reads", [])
    values = tuple(reads) if isinstance(reads, list) else (reads,)
    if isinstance(domain, Choices):
        domain.mask(values)  # KeyError names a value that is none of the input's.
    unless = _pattern(str(entry["unless"]), words) if "unless" in entry else None
    return _Reading(values, _pattern(str(entry["words"]), words), unless, bool(entry.get("title")))


def _pattern(text: str, words: Mapping[str, str]) -> re.Pattern[str]:
    for name, meaning in words.items():
        text = text.replace(f"{{{name}}}", meaning)
    return re.compile(text)


def _as_table(inputs: list[str], entries: Mapping[str, Mapping[str, Plain]]) -> dict[str, Plain]:
    """The criteria in the full form of the table language."""
    return {
        "table": "review",
        "title": "Criteria of the review",
        "question": "Does this report meet the criteria of the review, as far as title and abstract say?",
        "kind": "criteria",
        "hit": "collect",
        "inputs": inputs,
        "outcomes": {"MEETS": {"label": "meets every criterion", "fits": True}, "FAILS": {"label": "fails one"}},
        "shared": {"met": "MEETS", "otherwise": {"id": "otherwise", "then": "FAILS", "status": "design"}},
        "groups": {part: _group(part, entries) for part in PARTS},
    }


def _group(part: str, entries: Mapping[str, Mapping[str, Plain]]) -> dict[str, Plain]:
    own = [entry for entry in entries.values() if entry["part"] == part]
    criteria = [{name: entry[name] for name in ("id", "when", "text")} for entry in own]
    return {"label": part, "rule": part, "status": "design", "criteria": criteria}
