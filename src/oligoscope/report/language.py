"""The program's own words, one file per language; the words of rules are the pack's."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from oligoscope.errors import NotAllowed
from oligoscope.files.documents import Plain
from oligoscope.vocabulary.values import Value

ENGLISH = "en"


@dataclass(frozen=True)
class Language:
    """The words of one language.

    forms: of each chart field, by the line it stands in, how it is said ("ECOG {}"), or of a flag both ways.
    """

    code: str
    words: Mapping[str, str]
    numbers: Sequence[str]
    months: Sequence[str]
    status: Mapping[str, str]
    marks: Mapping[str, str]
    values: Mapping[str, str]
    forms: Mapping[str, Mapping[str, str | Sequence[str]]]

    def say(self, key: str, **parts: object) -> str:
        """A phrase with its parts filled in. KeyError when the language lacks it.

        >>> english().say("under", what="osimertinib")
        'under osimertinib'
        """
        return self.words[key].format(**parts)

    def count(self, n: int) -> str:
        """A small number in words.

        >>> english().count(2), english().count(40)
        ('two', '40')
        """
        return self.numbers[n] if n < len(self.numbers) else str(n)

    def join(self, parts: Sequence[str], word: str = "and") -> str:
        """A list in words.

        >>> english().join(["a", "b", "c"])
        'a, b and c'
        """
        return self.words[word].join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))

    def value(self, code: object) -> str:
        """A code of the chart in words.

        >>> english().value("egfr_tki"), english().value("squamous_cell_carcinoma"), english().value(">6")
        ('an EGFR inhibitor', 'squamous cell carcinoma', 'more than 6')
        """
        text = str(code)
        if bound := re.fullmatch(r"(<=|>=|<|>)\s*(.+)", text):
            return f"{_BOUNDS[bound[1]]} {bound[2]}"
        return self.values.get(text, text.replace("_", " ").replace("..", " to "))

    def day(self, text: str) -> str:
        """A date as it is said; part of one too.

        >>> english().day("2024-05-02"), english().day("2023-05"), english().day("2023")
        ('2 May 2024', 'May 2023', '2023')
        """
        if not re.fullmatch(r"\d{4}(-\d{1,2}){0,2}", text):
            return self.value(text)
        year, *rest = text.split("-")
        month = self.months[int(rest[0]) - 1] if rest else ""
        return " ".join(filter(None, [str(int(rest[1])) if len(rest) > 1 else "", month, year]))

    def given(self, value: Value) -> str:
        """What a chart says of one field, as it was written, in words."""
        if value.labels == (True,) or value.labels == (False,):
            return value.given
        return self.join([self.day(part.strip()) for part in value.given.split("|")], "or")


_BOUNDS = {"<": "less than", "<=": "at most", ">": "more than", ">=": "at least"}


@cache
def language(code: str = ENGLISH) -> Language:
    """The words of a language. Raises NotAllowed with those there are."""
    file = resources.files("oligoscope.report").joinpath("languages", f"{code}.json")
    if not file.is_file():
        raise NotAllowed("lang", code, ", ".join(languages()), "this language is not here yet")
    raw: dict[str, Plain] = json.loads(file.read_text("utf-8"))
    return Language(
        code, raw["say"], raw["numbers"], raw["months"], raw["status"], raw["marks"], raw["values"], raw["chart"]
    )


def english() -> Language:
    """The language that is always there."""
    return language(ENGLISH)


@cache
def languages() -> tuple[str, ...]:
    """The languages that there are."""
    folder = resources.files("oligoscope.report").joinpath("languages")
    return tuple(sorted(file.name.removesuffix(".json") for file in folder.iterdir() if file.name.endswith(".json")))
