"""From packs to knowledge, verified on the way: every problem with its file, line, rule and fix."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from oligoscope.chart.domains import chart_domains, item_domains
from oligoscope.evidence import Store
from oligoscope.files.cache import kept
from oligoscope.files.documents import Document, Plain
from oligoscope.files.stored import from_plain, parts_of, to_plain
from oligoscope.knowledge import page
from oligoscope.knowledge.layers import Entry, Sources, layered
from oligoscope.knowledge.limits import RawLimits
from oligoscope.knowledge.model import Headline, Knowledge, Release, asked_for
from oligoscope.knowledge.pack import PACKAGED, KnowledgeError, Pack, Problem
from oligoscope.knowledge.page import Page
from oligoscope.knowledge.pauses import Drug, Pause, Pauses, pauses_of
from oligoscope.knowledge.trials import OpenCriterion, RawTrialCriterion, Trial, Version
from oligoscope.tables import compile as compiled
from oligoscope.tables import conditions, domain, facts, grid, model
from oligoscope.tables.errors import TableError
from oligoscope.tables.order import in_order
from oligoscope.vocabulary.fields import lists

if TYPE_CHECKING:
    from oligoscope.tables.read import Reader

_PROGRAM = Path(__file__).parent.parent


def load(*packs: Path | str, evidence: Sequence[Path | str] = (), **parameters: float) -> Knowledge:
    """The packaged knowledge, with these packs laid over it, and the studies of further folders.

    A pack that requires nothing takes the place of the packaged one. parameters: numbers that differ from their
    defaults. Raises KnowledgeError with every problem, EvidenceError for a folder of studies that cannot be used.
    """
    folders = tuple(Path(pack) for pack in packs)
    return _load(folders, tuple(Path(folder) for folder in evidence), tuple(sorted(parameters.items())))


def store_of(*packs: Path | str, evidence: Sequence[Path | str] = ()) -> Store:
    """The studies and reviews of the packaged knowledge, these packs and further folders, without their tables."""
    return open_packs(tuple(Path(pack) for pack in packs), evidence)[1]


def open_packs(packs: tuple[Path, ...], evidence: Sequence[Path | str]) -> tuple[list[Pack], Store]:
    """The packs in order, the base first, and the studies of all of them."""
    opened = [Pack(folder) for folder in _with_base(packs)]
    own = [folder for pack in opened for folder in pack.studies]
    reviews = [folder for pack in opened for folder in pack.reviews]
    terms = [file for pack in opened for file in pack.terms]
    return opened, Store([*own, *map(Path, evidence)], reviews, terms)


@cache
def _load(packs: tuple[Path, ...], evidence: tuple[Path, ...], parameters: tuple[tuple[str, float], ...]) -> Knowledge:
    opened, store = open_packs(packs, evidence)
    return kept(
        "knowledge",
        [f"{name} {value:g}" for name, value in parameters],
        [_PROGRAM, *(pack.folder for pack in opened), *evidence],
        lambda: _plain(_verified(opened, store, dict(parameters))),
        lambda plain: _from_plain(plain, store),
    )


def _with_base(packs: tuple[Path, ...]) -> tuple[Path, ...]:
    """The folders in order; the packaged one first, where none of them stands on its own."""
    alone = [folder for folder in packs if folder.is_dir() and not Pack(folder).requires]
    return (alone[0], *(folder for folder in packs if folder != alone[0])) if alone else (PACKAGED, *packs)


def _verified(packs: Sequence[Pack], store: Store, parameters: Mapping[str, float]) -> Knowledge:
    from oligoscope.knowledge.verify import verify

    knowledge, problems = verify(packs, store, parameters)
    if knowledge is None or problems:
        raise KnowledgeError(problems)
    return knowledge


# ---- building ------------------------------------------------------------------------------------


class Builder:
    """Reads layered sources step by step; what fails is noted with its place, and what rests on it is left out."""

    def __init__(self, sources: Sources, parameters: Mapping[str, float]) -> None:
        from oligoscope.tables.read import Reader

        self.sources, self.problems, self.failed = sources, list(sources.problems), set[str]()
        self.numbers = _parameters(sources.parameters, parameters)
        each_list = {spec.name: item_domains(spec.name) for spec in lists()}
        self.reader = Reader(dict(chart_domains()), each_list, self.numbers, {spec.item: spec.name for spec in lists()})
        self.reader.asks |= asked_for()

    def steps(self) -> Iterator[facts.Fact | compiled.CompiledTable]:
        """Every fact and table that can be read, each after what it reads."""
        from oligoscope.tables.read import raw_reads

        entries = {**self.sources.facts, **self.sources.tables}
        reads = {name: raw_reads(entry.raw) for name, entry in entries.items()}
        for name in in_order(reads):
            is_fact = name in self.sources.facts
            entry = entries[name]
            if name in self.failed or self.failed & set(reads[name]):
                self.failed.add(name)
                continue
            try:
                yield self.reader.fact(name, entry.raw) if is_fact else self.reader.table(entry.raw)
            except TableError as error:
                self.failed.add(name)
                self.problems.append(located(error, entry, name))

    def trials(self) -> Iterator[Trial]:
        """Every trial that can be read. After the steps."""
        from oligoscope.knowledge.trials import read_trial

        for name, entry in self.sources.trials.items():
            if not self.failed & set(_uses_of_trial(entry.raw)):
                try:
                    yield read_trial(entry.raw, f"{name}.yaml", self.reader)
                except TableError as error:
                    self.problems.append(located(error, entry, name))

    def knowledge(self, releases: Sequence[Release], store: Store) -> Knowledge:
        """Everything that can be read; whatever cannot stands among the problems."""
        steps = tuple(self.steps())
        domains, asks = dict(self.reader.domains), dict(self.reader.asks)
        cards = tuple(self.trials())
        trials = tuple(card for card in cards if not card.is_draft)
        drafts = tuple(card for card in cards if card.is_draft)
        headline = Headline(**self.sources.headline)
        shown = self._page()
        lists = self.reader.lists
        said = (self.sources.limits, pauses_of(self.sources.pauses))
        return Knowledge(
            steps, domains, lists, self.numbers, asks, headline, shown, tuple(releases), trials, drafts, *said, store
        )

    def _page(self) -> Page:
        """The page, without what stands on anything that cannot be read. After the steps."""
        from oligoscope.knowledge.page import read_page

        try:
            return Page() if self.failed else read_page(self.sources.page, self.reader)
        except TableError as error:
            self.problems.append(Problem("page.yaml", 0, "", error.problem, error.fix))
            return Page()


def reader_of(knowledge: Knowledge) -> "Reader":
    """A reader of further tables and trials, to which all of this knowledge is known."""
    from oligoscope.tables.read import Reader

    items = {spec.item: spec.name for spec in lists()}
    found = Reader(knowledge.domains, knowledge.lists, knowledge.parameters, items)
    found.asks = dict(knowledge.asks)
    return found


def build_knowledge(
    raw_facts: Mapping[str, Plain], raw_tables: Sequence[Mapping[str, Plain]], parameters: Mapping[str, float]
) -> Knowledge:
    """Knowledge from parsed YAML alone: facts.yaml's content and one mapping per table. Raises KnowledgeError.

    Nothing is looked up in the evidence.
    """
    (pack,), store = open_packs((), ())
    sources = layered([])
    sources.parameters |= raw_facts.get("parameters", {})
    sources.headline |= raw_facts.get("headline", {})
    sources.facts |= {name: Entry(raw) for name, raw in raw_facts["facts"].items()}
    sources.tables |= {raw["table"]: Entry(dict(raw)) for raw in raw_tables}
    builder = Builder(sources, parameters)
    found = builder.knowledge([pack.release], store)
    if builder.problems:
        raise KnowledgeError(builder.problems)
    return found


def _parameters(known: Mapping[str, Plain], given: Mapping[str, float]) -> dict[str, float]:
    for name, value in given.items():
        if name not in known:
            raise TableError(f"there is no parameter {name}", fix=f"use one of {', '.join(known)}")
        if value not in known[name]["allowed"]:
            allowed = ", ".join(map(str, known[name]["allowed"]))
            raise TableError(f"{name} = {value:g} is not allowed", fix=f"use one of {allowed}")
    return {name: given.get(name, entry["default"]) for name, entry in known.items()}


def _uses_of_trial(raw: Mapping[str, Plain]) -> list[str]:
    shared = str(raw.get("criteria_of", "")).split("/")[:1]
    return [
        *shared,
        *(str(name) for c in raw.get("criteria", []) if isinstance(c.get("when"), dict) for name in c["when"]),
    ]


def located(error: TableError, entry: Entry, name: str) -> Problem:
    """An error with the file and line it speaks of: those of the last rule, or else part, that it names."""
    words = [*reversed(error.where.split()), *re.findall(r"[\w.-]+", error.problem)]
    for document in entry.documents:
        lines = _lines_of_ids(document)
        for word in words:
            if word in lines:
                return Problem(document.file, lines[word], word, error.problem, error.fix)
    if not entry.documents:
        return Problem(error.where or name, 0, "", error.problem, error.fix)
    document = entry.documents[0]
    line = document.line(("facts", name)) if "facts" in document.content else 1
    return Problem(document.file, line, "", error.problem, error.fix)


def _lines_of_ids(document: Document) -> dict[str, int]:
    """The line of every entry that has an id."""
    return {
        str(_at(document.content, place)): line for place, line in document.lines.items() if place and place[-1] == "id"
    }


def _at(content: Plain, place: Sequence[str | int]) -> Plain:
    for step in place:
        content = content[step]
    return content


# ---- kept between runs ---------------------------------------------------------------------------


_KEPT = (
    "steps",
    "domains",
    "lists",
    "parameters",
    "asks",
    "headline",
    "page",
    "releases",
    "trials",
    "drafts",
    "stated_limits",
    "pauses",
)


def _plain(knowledge: Knowledge) -> list[Plain]:
    return to_plain([getattr(knowledge, name) for name in _KEPT])


def _from_plain(plain: list[Plain], store: Store) -> Knowledge:
    found = from_plain(plain, _classes())
    return Knowledge(**dict(zip(_KEPT, found, strict=True)), evidence=store)


@cache
def _classes() -> dict[str, type[Plain]]:
    modules = (compiled, conditions, domain, facts, grid, model, page)
    own = [entry for module in modules for entry in vars(module).values() if isinstance(entry, type)]
    more = (Release, Headline, Trial, Version, OpenCriterion, RawTrialCriterion, RawLimits, Drug, Pause, Pauses)
    return {made.__name__: made for made in (*own, *more) if parts_of(made) is not None}
