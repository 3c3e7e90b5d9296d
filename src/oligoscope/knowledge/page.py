"""The page of one patient as data: which table plays which part, the words of its outcomes, which trials speak."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from oligoscope.files.documents import Document, Place, Plain
from oligoscope.spelling import nearest
from oligoscope.tables.compile import CompiledTable
from oligoscope.tables.errors import TableError
from oligoscope.tables.model import Table

if TYPE_CHECKING:
    from oligoscope.tables.read import Reader

STATE, TREATMENT, PROGNOSIS = "state", "treatment", "prognosis"
Raw = Mapping[str, Plain]


@dataclass(frozen=True)
class Row:
    """One answer of the page.

    part: what the table answers: `state` and `treatment` make the sentence at the top, `prognosis` comes with a number.
    title: of the row.  phrases: its outcomes in words, where a label would not do.  sentence: what such a phrase is put
    into at the top.  silent: outcomes that are not worth a row.  numbers: the table of options that holds its published
    numbers.  who: in whom they were measured.  not_for: for whom they do not hold.
    """

    table: str
    part: str = ""
    title: str = ""
    phrases: Mapping[str, str] = field(default_factory=dict)
    sentence: str = "{}"
    silent: tuple[str, ...] = ()
    numbers: str = ""
    who: str = ""
    not_for: str = ""


@dataclass(frozen=True)
class Extent:
    """A fact that the sentence counts by: `one` lesion, `many` lesions."""

    fact: str
    one: str
    many: str


@dataclass(frozen=True)
class Setting:
    """A state of disease in which trials were run. id: of the option that holds where a patient is in it.
    studies: what each study is called, by its id.
    """

    id: str
    words: str
    studies: Mapping[str, str]


@dataclass(frozen=True)
class Page:
    """What page.yaml says.

    folded: tables that stand in the detail alone.  fits: an options table: each setting, and each study that took not
    everyone there, by its id.  asked_first: the chart fields that a form asks for before all others.
    """

    extent: tuple[Extent, ...] = ()
    rows: tuple[Row, ...] = ()
    folded: tuple[str, ...] = ()
    settings: tuple[Setting, ...] = ()
    fits: CompiledTable | None = None
    asked_first: tuple[str, ...] = ()

    def row(self, table: Table) -> Row:
        """How a table stands on the page; one that page.yaml does not name stands there under its title."""
        return next((row for row in self.rows if row.table == table.name), Row(table.name, title=table.title))


# ---- reading -------------------------------------------------------------------------------------


class _Raw(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class RawRow(_Raw):
    """One entry of `answers`."""

    part: Literal["", "state", "treatment", "prognosis"] = ""
    title: str
    phrases: dict[str, str] = {}
    sentence: str = Field("{}", pattern=r"^[^{}]*\{\}[^{}]*$")
    silent: list[str] = []
    numbers: str = ""
    who: str = ""
    not_for: str = ""


class RawExtent(_Raw):
    """One entry of `extent`."""

    fact: str
    one: str
    many: str


class RawStudy(_Raw):
    """A trial that speaks in a setting, and whom it took where no criteria of it stand among the trials."""

    study: str
    name: str
    when: dict[str, Plain] | list[dict[str, Plain]] = {}


class RawSetting(_Raw):
    """One entry of `settings`."""

    words: str
    when: dict[str, Plain] | list[dict[str, Plain]]
    studies: list[RawStudy]


class RawPage(_Raw):
    """page.yaml."""

    extent: list[RawExtent] = []
    answers: dict[str, RawRow] = {}
    folded: list[str] = []
    settings: dict[str, RawSetting] = {}
    asked_first: list[str] = []


def merged(below: Raw, above: Raw) -> dict[str, Plain]:
    """One page.yaml over another: answers and settings by their name, what is folded added, the rest replaced."""
    return {
        **below,
        **above,
        **{name: {**below.get(name, {}), **above.get(name, {})} for name in ("answers", "settings")},
        "folded": [*below.get("folded", []), *above.get("folded", [])],
    }


def read_page(content: Raw, reader: "Reader") -> Page:
    """The page from parsed YAML; its conditions are proved like those of any table. Raises TableError."""
    try:
        raw = RawPage.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise TableError(f"{place}: {first['msg']}", fix="correct page.yaml", where="page.yaml") from None
    held = {name: entry for name, entry in raw.settings.items() if _known(entry.when, reader)}
    settings = tuple(
        Setting(name, entry.words, {study.study: study.name for study in entry.studies if _known(study.when, reader)})
        for name, entry in held.items()
    )
    return Page(
        extent=tuple(Extent(entry.fact, entry.one, entry.many) for entry in raw.extent if entry.fact in reader.domains),
        rows=tuple(
            Row(
                name,
                row.part,
                row.title,
                row.phrases,
                row.sentence,
                tuple(row.silent),
                row.numbers,
                row.who,
                row.not_for,
            )
            for name, row in raw.answers.items()
        ),
        folded=tuple(raw.folded),
        settings=settings,
        fits=reader.table(_fits(held, reader)) if settings else None,
        asked_first=tuple(name for name in raw.asked_first if name in reader.domains),
    )


def _known(when: Plain, reader: "Reader") -> bool:
    """Whether a pack has everything that a condition asks about; a pack need not have all of our tables."""
    return all(name in reader.domains for way in _ways(when) for name in way)


def _fits(settings: Mapping[str, RawSetting], reader: "Reader") -> dict[str, Plain]:
    """Settings and studies as a table of options: each applies to a patient, may apply, or does not."""
    options = [{"id": name, "when": entry.when} for name, entry in settings.items()]
    studies = [study for entry in settings.values() for study in entry.studies]
    options += [{"id": s.study, "when": s.when} for s in studies if s.when and _known(s.when, reader)]
    ways = [way for option in options for way in _ways(option["when"])]
    return {
        "table": "page",
        "title": "Trials that fit",
        "question": "Which trials speak for a patient like this?",
        "kind": "options",
        "hit": "collect",
        "status": "design",
        "inputs": list(dict.fromkeys(name for way in ways for name in way)),
        "options": options,
    }


def _ways(when: Plain) -> list[Raw]:
    return when if isinstance(when, list) else [when]


# ---- verifying -----------------------------------------------------------------------------------


TYPO = 0.85
"""How like a known name an unknown one is taken for a misspelling of it; any other is of a table that a pack lacks."""


def misspelt(document: Document, tables: Mapping[str, Raw], known: Sequence[str]) -> Iterator[tuple[int, str, str]]:
    """(line, what is wrong, how to mend it) of every table, outcome and input that a page.yaml names wrongly.

    tables: by name, their raw content after all layers.  known: every name that a condition or a count may use.
    """
    content = document.content
    for place, name, names in _named(content, tables, known):
        if name not in names and (near := nearest(name, names, TYPO)):
            yield document.line(place), f"there is nothing called {name}", f"did you mean {near}?"
    for name, row in (content.get("answers") or {}).items():
        codes = list(map(str, tables.get(name, {}).get("outcomes") or {}))
        for code in (*(row.get("phrases") or {}), *(row.get("silent") or [])):
            if name in tables and code not in codes:
                text = f"table {name} has no outcome {code}"
                yield document.line(("answers", name)), text, f"use one of {', '.join(codes)}"


def _named(content: Plain, tables: Mapping[str, Raw], known: Sequence[str]) -> Iterator[tuple[Place, str, list[str]]]:
    """(place, name, what it may be) of every table, fact and input that is named."""
    for name, row in (content.get("answers") or {}).items():
        yield ("answers", name), name, list(tables)
        yield from ((("answers", name), row["numbers"], list(tables)) for _ in [0] if row.get("numbers"))
    yield from ((("folded", n), name, list(tables)) for n, name in enumerate(content.get("folded") or []))
    yield from ((("asked_first", n), str(f), list(known)) for n, f in enumerate(content.get("asked_first") or []))
    yield from ((("extent", n), str(e.get("fact")), list(known)) for n, e in enumerate(content.get("extent") or []))
    for name, entry in (content.get("settings") or {}).items():
        place: Place = ("settings", name)
        for when in (entry.get("when"), *(study.get("when") for study in entry.get("studies") or [])):
            yield from ((place, str(asked), list(known)) for way in _ways(when or {}) for asked in way)


def studies_named(document: Document) -> Iterator[tuple[int, str]]:
    """(line, id) of every study that a page.yaml names."""
    for name, entry in (document.content.get("settings") or {}).items():
        for place, study in enumerate(entry.get("studies") or []):
            yield document.line(("settings", name, "studies", place)), str(study.get("study"))
