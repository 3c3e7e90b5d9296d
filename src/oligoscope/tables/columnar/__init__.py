"""The columnar executor: the same facts and tables as expressions, for cohorts.

`run` adds every answer to the patients' frame.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import narwhals as nw

from oligoscope.tables.columnar.bits import asks, columns_of, known
from oligoscope.tables.columnar.distinct import by_distinct
from oligoscope.tables.columnar.engines import DuckDBEngine, Engine, PolarsEngine, SparkEngine, is_answer
from oligoscope.tables.columnar.facts import MOST_ITEMS, PATIENT, ROW, ListFacts, fact_columns, given
from oligoscope.tables.columnar.parts import (
    Inputs,
    needs_of,
    option_flags,
    option_names,
    part_name,
    ranks_column,
    table_answers,
)
from oligoscope.tables.domain import Domain
from oligoscope.tables.facts import LIST_OPERATORS, Fact
from oligoscope.tables.model import Part, Table

__all__ = [
    "MOST_ITEMS",
    "PATIENT",
    "ROW",
    "DuckDBEngine",
    "Engine",
    "PolarsEngine",
    "SparkEngine",
    "answer_columns",
    "given",
    "run",
]


def answer_columns(table: Table) -> list[str]:
    """The columns that a cohort gets for one table."""
    if table.kind == "options":
        return [table.name, f"{table.name}_possible"]
    suffixes = ["", "_possible", "_rule", "_needs", *(["_low", "_high"] if table.score else [])]
    parts = [table.name] if table.score else [part_name(table, part) for part in table.parts]
    return [f"{part}{suffix}" for part in parts for suffix in suffixes]


def run(
    steps: Sequence[Fact | Table],
    domains: Mapping[str, Domain],
    asks_of: Mapping[str, tuple[str, ...]],
    patients: Any,
    lists: Mapping[str, tuple[Any, Mapping[str, Domain]]],
    engine: Engine,
    progress: Callable[[str], None] = lambda _: None,
) -> Any:
    """Patients with the answer columns of every table (on Polars: with their places, see `PolarsEngine`).

    steps: facts and tables in evaluation order.  domains, asks_of: of everything the steps read. patients: one row a
    patient: patient_id, patient__ (a number of its own; only lists need it), for each list `<list>__given`, and for
    every chart field the columns of its possible set. lists: for each list its items' frame (patient__, row__, the
    fields' columns) and the fields' domains.
    """
    every, asking = dict(domains), dict(asks_of)
    made = {step.name for step in steps}
    read = {name for step in steps for name in _reads(step)} - made
    counts: dict[str, nw.Expr] = {}
    frame = patients.with_columns(**{asks(name): _unknown(name, every[name]) for name in every if name in read})
    for list_name, (items, item_domains) in lists.items():
        facts = [
            step
            for step in steps
            if isinstance(step, Fact) and step.operator in LIST_OPERATORS and step.of == (list_name,)
        ]
        if facts:
            progress(list_name)
            listed = ListFacts(facts, dict(item_domains), engine)
            frame = listed.add_to(frame, items)
            counts |= listed.counts() | listed.number_counts()
    waiting = list(steps)
    while waiting:
        missing = {step.name for step in waiting}
        ready = [step for step in waiting if not missing & set(_reads(step))]
        facts, tables = (
            [step for step in ready if isinstance(step, Fact)],
            [step for step in ready if isinstance(step, Table)],
        )
        for step in facts or tables:
            progress(step.name)
        frame = (
            _with_facts(frame, facts, every, asking, counts, engine)
            if facts
            else _with_tables(frame, tables, every, asking, engine)
        )
        waiting = [step for step in waiting if step not in (facts or tables)]
        frame = frame.select(*_still_needed(frame, waiting, every))
    return frame


def _with_facts(
    frame: Any,
    facts: Sequence[Fact],
    domains: dict[str, Domain],
    asks_of: dict[str, tuple[str, ...]],
    counts: Mapping[str, nw.Expr],
    engine: Engine,
) -> Any:
    """Facts that do not read each other, layer by layer together."""
    layers = [fact_columns(fact, domains, asks_of, counts) for fact in facts]
    for depth in range(max(map(len, layers), default=0)):
        frame = frame.with_columns(
            **{name: expression for each in layers if depth < len(each) for name, expression in each[depth].items()}
        )
    return engine.settle(frame)


def _still_needed(frame: Any, later: Sequence[Fact | Table], domains: dict[str, Domain]) -> list[str]:
    """The columns that later steps read, and the answers: what a wide cohort can afford to carry."""
    read = {name for step in later for name in _reads(step)}
    kept = {asks(name) for name in read} | {
        column for name in read if name in domains for column in columns_of(name, domains[name])
    }
    lists = {step.of[0] for step in later if isinstance(step, Fact) and step.operator in LIST_OPERATORS}
    return [
        name
        for name in frame.collect_schema().names()
        if is_answer(name)
        or name in kept
        or any(name.startswith(f"{one}__") for one in lists)
        or (lists and name.startswith("newest__"))
    ]


def _with_tables(
    frame: Any, tables: Sequence[Table], domains: dict[str, Domain], asks_of: dict[str, tuple[str, ...]], engine: Engine
) -> Any:
    """The frame with the answers of tables that do not read each other; criteria and options by parts that read the
    same inputs, since each reads few.
    """
    frame = engine.together(
        frame,
        [
            partial(_evaluate, table=sheet, what=what, domains=domains, asks_of=asks_of, engine=engine)
            for sheet, what in _sheets(tables)
        ],
    )
    options = [table for table in tables if table.kind == "options"]
    return engine.together(frame, [partial(_with_option_names, table=table, engine=engine) for table in options])


def _sheets(tables: Sequence[Table]) -> Iterator[tuple[Table, str]]:
    """What is evaluated as one, with a name for it."""
    for table in tables:
        if table.kind in ("decision", "score"):
            yield table, table.name
            continue
        by_inputs: dict[tuple[str, ...], list[Part]] = {}
        for part in table.parts:
            by_inputs.setdefault(part.grid.inputs, []).append(part)
        for inputs, parts in by_inputs.items():
            yield replace(table, parts=tuple(parts), inputs=inputs), part_name(table, parts[0])


def _evaluate(
    frame: Any, table: Table, what: str, domains: dict[str, Domain], asks_of: dict[str, tuple[str, ...]], engine: Engine
) -> Any:
    """The table's answers first, for each combination of what its inputs may be; then its needs, for each of ranks and
    asks.
    """
    inputs = Inputs(table, domains)
    frame = by_distinct(
        frame, inputs.masks(), engine, lambda masks: table_answers(table, inputs, masks, engine.numbered), what
    )
    if table.kind == "options":
        return frame
    hand_on = table.kind in ("decision", "score")
    for needs in needs_of(table, asks_of):
        ranks = engine.numbers(needs.name)
        evaluate = partial(needs.answers, ranks=ranks, hand_on=hand_on)
        frame = by_distinct(frame, needs.masks(ranks), engine, evaluate, f"{needs.name} needs").drop(
            ranks_column(needs.name)
        )
    return frame


def _with_option_names(frame: Any, table: Table, engine: Engine) -> Any:
    """The options' flags as two columns of names."""
    masks = {name: (nw.col(name), 2) for name in option_flags(table)}
    return by_distinct(frame, masks, engine, partial(option_names, table), f"{table.name} names")


def _unknown(name: str, domain: Domain) -> nw.Expr:
    return (~known(name, domain)).cast(nw.Int8)


def _reads(step: Fact | Table) -> tuple[str, ...]:
    if isinstance(step, Table):
        return step.inputs
    return (
        *step.of,
        *(step.complete_if.inputs if step.complete_if else ()),
        *(step.given.inputs if step.given else ()),
        step.stated_by,
    )
