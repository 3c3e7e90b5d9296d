"""The language as a book: a paragraph shows a table or a fact, gives what is known, and says what each executor must
answer.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
import yaml

from oligoscope.tables.domain import FLAG, Choices, Dates, Numbers
from oligoscope.tables.read import Reader
from oligoscope.tables.record import Record
from oligoscope.tables.reference import evaluate
from tests.spec.drawing import UNKNOWN, decision, items, probe, said, written
from tests.support.both_executors import ByPart, Step, Words, by_columns, by_reference

CM = Numbers(low=0, unit="cm")
WORDS = Words(
    patient={
        "timing": Choices(("synchronous", "metachronous")),
        "n": Choices(("N0", "N1", "N2", "N3")),
        "count": Numbers(whole=True, low=0),
        "side": Choices(("left", "right")),
        "primary_side": Choices(("left", "right")),
        "fit": FLAG,
        "all_listed": FLAG,
        "pet": Choices(("done", "not_done")),
        "grade": Choices((0, 1, 2, 3)),
        "level": Choices(("good", "fair", "poor")),
        "level_asked": Choices(("good", "fair", "poor")),
        "age": Numbers(whole=True, low=0, high=120, unit="years"),
        "size_before": CM,
        "size_now": CM,
        "found": Dates(),
        "spread": Dates(),
    },
    lists={
        "lesions": {
            "organ": Choices(("lung", "brain", "bone")),
            "side": Choices(("left", "right", "midline")),
            "size": CM,
            "seen": Dates(),
            "treatable": FLAG,
        },
        "treatments": {"kind": Choices(("sabr", "surgery", "ablation")), "day": Dates()},
    },
    items={"lesion": "lesions", "treatment": "treatments"},
    names={"lesions": "id", "treatments": "lesion"},
)


class Page:
    """One executor, held to paragraphs."""

    def __init__(self, executor: str) -> None:
        self.executor = executor

    def table(
        self,
        drawn: str,
        given: Mapping[str, Any],
        expect: Mapping[str, Any] | Sequence[Mapping[str, Any]],
        hit: str = "first",
        *,
        about: str = "patient",
        facts: str = "",
        lists: Mapping[str, str] | None = None,
    ) -> None:
        """A table, drawn (a decision) or written out, answers this.

        given: what the chart says; a field that is left out is unknown.  expect: of one answer its words; of a table
        about an item a list of them, one for each item; of criteria, by group.  facts: read before the table.  lists:
        drawings; a list that is left out is unknown.
        """
        reader = WORDS.reader()
        steps = read_facts(reader, facts)
        table = reader.table(decision(drawn, hit, about) if "||" in drawn else written(drawn))
        found = self._answers(reader, [*steps, table], given, lists or {}, table.name)
        if about != "patient":
            assert isinstance(expect, list)
            assert [_only(parts, words) for parts, words in zip(found, expect, strict=True)] == expect
            return
        assert isinstance(expect, dict)
        (parts,) = found
        by_part = table.table.kind == "criteria"
        answered = (
            {part: _words(parts[part], words) for part, words in expect.items()} if by_part else _only(parts, expect)
        )
        assert answered == expect

    def fact(
        self,
        defined: str,
        given: Mapping[str, Any],
        expect: Any,
        *,
        needs: Sequence[str] | Sequence[Sequence[str]] | None = None,
        lists: Mapping[str, str] | None = None,
    ) -> None:
        """The last of these facts is this: a value, a list of labels, or the lowest and highest number or day.

        Of a fact about an item: a list, one for each item; `needs` likewise.
        """
        reader = WORDS.reader()
        steps = read_facts(reader, defined)
        last = steps[-1]
        each_item = bool(last.list_name)
        wanted = expect if each_item else [expect]
        probes = [probe(last.name, last.domain, one, last.about) for one in wanted]
        for n, (raw, left) in enumerate(probes):
            table = reader.table({**raw, "table": f"{raw['table']} {n}"})
            found = self._answers(reader, [*steps, table], given, lists or {}, table.name)
            assert len(found) == len(wanted)
            (told,) = found[n].values()
            assert told["possible"] == left, f"{last.name} of item {n + 1}" if each_item else last.name
            if needs is not None:
                assert told["needs"] == (needs[n] if each_item else needs)

    def criteria(self, text: str, given: Mapping[str, Any], group: str, expect: Mapping[str, str]) -> None:
        """Each criterion of a group is met, failed or unknown. Of the reference alone: a cohort has no such column."""
        table = WORDS.reader().table(written(text))
        answers = {name: said(name, WORDS.patient[name], given.get(name, UNKNOWN)) for name in table.inputs}
        assert evaluate(table, answers)[group].criteria == expect

    def _answers(
        self, reader: Reader, steps: Sequence[Step], given: Mapping[str, Any], lists: Mapping[str, str], table: str
    ) -> list[ByPart]:
        if unheard := set(given) - set(WORDS.patient) | set(lists) - set(WORDS.lists):
            raise KeyError(f"no word of this book: {', '.join(sorted(unheard))}")
        answers = {name: said(name, domain, given.get(name, UNKNOWN)) for name, domain in WORDS.patient.items()}
        drawn = {
            name: items(name, fields, WORDS.names[name], lists[name]) if name in lists else None
            for name, fields in WORDS.lists.items()
        }
        chart = Record(dict(answers), {**drawn})
        if self.executor == "reference":
            return by_reference(steps, chart)[table]
        return by_columns(WORDS, reader, steps, [chart])[0][table]


def read_facts(reader: Reader, text: str) -> list[Any]:
    """Facts as a facts file defines them."""
    return [reader.fact(name, {"definition": "of a page", **raw}) for name, raw in (yaml.safe_load(text) or {}).items()]


def _only(parts: ByPart, words: Mapping[str, Any]) -> dict[str, Any]:
    (told,) = parts.values()
    return _words(told, words)


def _words(told: Mapping[str, Any], words: Mapping[str, Any]) -> dict[str, Any]:
    return {word: told[word] for word in words}


@pytest.fixture(params=["reference", "columnar"])
def page(request: pytest.FixtureRequest) -> Page:
    """One executor."""
    return Page(request.param)


@pytest.fixture
def spec(page: Page) -> Callable[..., None]:
    """A table on the page."""
    return page.table


@pytest.fixture
def fact(page: Page) -> Callable[..., None]:
    """A fact on the page."""
    return page.fact


@pytest.fixture
def met() -> Callable[..., None]:
    """The criteria of a group on the page."""
    return Page("reference").criteria
