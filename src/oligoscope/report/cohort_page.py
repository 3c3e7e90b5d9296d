"""The summary of a cohort as a self-contained page: what it says, what would settle most, and every answer as bars."""

import datetime
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from oligoscope import __version__
from oligoscope.cohort.plans import INSIDE, OPEN, OUTSIDE, PLANNED
from oligoscope.cohort.summary import UNDETERMINED, Summary
from oligoscope.knowledge import Knowledge
from oligoscope.knowledge.schedules import dose_in_words
from oligoscope.report.html import environment
from oligoscope.tables.model import Criteria, Options, Table
from oligoscope.tables.names import answer_columns
from oligoscope.vocabulary.fields import lists, scalar_fields

MOST_FIELDS = 12
NEXT_FIELDS = 2


@dataclass(frozen=True)
class Bar:
    """One outcome: the patients who certainly have it and their share in percent, and those who may have it."""

    label: str
    n: int
    percent: float
    may: int
    may_percent: float
    open: bool


@dataclass(frozen=True)
class Chart:
    """The distribution of one answer."""

    title: str
    question: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Share:
    """A sentence on how many patients have something, at least and at most."""

    sentence: str


@dataclass(frozen=True)
class Settling:
    """One question: for how many patients it is open, and the fields that alone would settle most of those."""

    title: str
    n_open: int
    first: str
    n: int
    others: str


@dataclass(frozen=True)
class Picture:
    """Definitions side by side. cells: of each row and column the patients who meet the row's and not the column's."""

    title: str
    labels: tuple[str, ...]
    cells: tuple[tuple[int, ...], ...]


def render_cohort(summary: Summary, knowledge: Knowledge, name: str, made: datetime.date) -> str:
    """The page of one cohort. made: the day on which it was assessed."""
    needs = summary.as_json(knowledge)["needs"][:MOST_FIELDS]
    top = max((need["settles_patients"] for need in needs), default=0) or 1
    words = field_words()
    page = environment().get_template("cohort.html")
    return page.render(
        name=name,
        made=made.isoformat(),
        summary=summary,
        told=_told(summary, knowledge, words),
        settling=list(_settling(summary, knowledge, words)),
        pictures=[
            _picture(table, summary)
            for table in knowledge.tables
            if isinstance(table, Criteria) and _of_interest(table)
        ],
        charts=[*_charts(summary, knowledge), *_item_charts(summary, knowledge), *_plan_chart(summary)],
        needs=needs,
        words=words,
        top=top,
        knowledge=knowledge,
        version=__version__,
    )


def field_words() -> Mapping[str, str]:
    """What every field is called in words, by its name; a field of a list by list and name. A list asks for itself."""
    found = defaultdict(str, {spec.name: _short(spec.definition) for spec in scalar_fields()})
    for spec in lists():
        found[spec.name] = f"the list of {spec.name.replace('_', ' ')}"
        for own in spec.fields:
            found[f"{spec.name}.{own.name}"] = f"{_short(own.definition)} (of a {spec.item.replace('_', ' ')})"
    return found


def _short(definition: str) -> str:
    """A definition without what stands behind its first semicolon: where else it is read from."""
    return definition.partition(";")[0]


def _told(summary: Summary, knowledge: Knowledge, words: Mapping[str, str]) -> list[Share]:
    found = []
    for share in summary.shares(knowledge.tables):
        low, high, whole = (f"{n:,}" for n in (share["at_least"], share["at_most"], summary.n_patients))
        number = f"{low}" if low == high else f"Between {low} and {high}"
        sentence = f"{number} of {whole} patients {share['says']}."
        if share["input"]:
            sentence += f" What would settle most: {words[share['input']]} ({share['settles']:,} patients)."
        found.append(Share(sentence))
    return found


def _settling(summary: Summary, knowledge: Knowledge, words: Mapping[str, str]) -> Iterator[Settling]:
    """The questions that some field alone would settle for someone, in the order of the tables."""
    for table in knowledge.tables:
        for column, title in _answers(table):
            ranked = summary.settling(column)[: 1 + NEXT_FIELDS]
            if ranked:
                (first, n), *others = ranked
                yield Settling(
                    title,
                    summary.open_for(column),
                    words[first],
                    n,
                    "; ".join(f"{words[name]} {count:,}" for name, count in others),
                )


def _answers(table: Table) -> Iterator[tuple[str, str]]:
    """The value columns of a table, each with its title."""
    labels = {part.id: part.label for part in table.parts}
    for column in answer_columns(table):
        if isinstance(table, Options) or f"{column}_needs" in answer_columns(table):
            part = column.removeprefix(table.name).removeprefix("_")
            yield column, f"{table.title}: {labels[part]}" if part in labels and not table.one_answer else table.title


def _of_interest(table: Criteria) -> bool:
    """Whether its groups are several takes on one thing: each may say that it does not fit."""
    return any(group.open for group in table.groups)


def _picture(table: Criteria, summary: Summary) -> Picture:
    counted = summary.differ[table.name]
    ids = [group.id for group in table.groups]
    cells = tuple(tuple(counted[f"{row}|{column}"] for column in ids) for row in ids)
    return Picture(table.title, tuple(group.label for group in table.groups), cells)


def _charts(summary: Summary, knowledge: Knowledge) -> Iterator[Chart]:
    for table in knowledge.tables:
        for column, title in _answers(table):
            if column in summary.outcomes:
                yield Chart(title, table.question, tuple(_bars(table, column, summary)))


def _item_charts(summary: Summary, knowledge: Knowledge) -> Iterator[Chart]:
    """The options of list items, such as the published doses that fit lesions."""
    for list_name, found in summary.items_as_json(knowledge).items():
        whole = max(found["listed"], 1)
        for name, counted in found["options"].items():
            table = next(each for each in knowledge.item_tables if each.name == name)
            labels = {
                part.id: ": ".join(filter(None, [dose_in_words(part), part.label or part.id])) for part in table.parts
            }
            bars = [
                Bar(
                    labels[option],
                    n["certain"],
                    100 * n["certain"] / whole,
                    n["possible"],
                    100 * n["possible"] / whole,
                    False,
                )
                for option, n in counted.items()
            ]
            question = f"{table.question} Of {found['listed']:,} listed {list_name.replace('_', ' ')}."
            if bars:
                yield Chart(table.title, question, tuple(bars))


def _plan_chart(summary: Summary) -> Iterator[Chart]:
    """Planned doses beside the published ones."""
    if whole := summary.plans[PLANNED]:
        bars = (
            Bar(label, n, 100 * n / whole, n, 100 * n / whole, False)
            for state, label in _PLANS.items()
            if (n := summary.plans[state])
        )
        yield Chart(
            "Planned doses", f"Is the dose published for its lesions? Of {whole:,} planned courses.", tuple(bars)
        )


_PLANS = {
    INSIDE: "a published dose",
    OUTSIDE: "outside every source for one of its lesions",
    OPEN: "cannot be told from what is recorded",
}


def _bars(table: Table, column: str, summary: Summary) -> Iterator[Bar]:
    """The outcomes that someone has or may have, in the order of the table."""
    counted, whole = summary.outcomes[column], max(summary.n_patients, 1)
    if isinstance(table, Options):
        named = [(option.id, option.label or option.id) for option in table.options]
    else:
        named = [(code, table.outcome(code).label or code) for code in table.codes]
    for code, label in [*named, (UNDETERMINED, UNDETERMINED)]:
        n = counted[code]
        may = summary.share(column, (code,))[1] if column in summary.possible else n
        if n or (may and code != UNDETERMINED):
            yield Bar(label, n, 100 * n / whole, max(n, may), 100 * max(n, may) / whole, code == UNDETERMINED)
