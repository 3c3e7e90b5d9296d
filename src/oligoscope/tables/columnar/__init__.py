"""The columnar executor: the same facts and tables as expressions, for cohorts. `run` adds every answer to the patients' frame."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import narwhals as nw

from oligoscope.tables.columnar.bits import asks, by_distinct, known
from oligoscope.tables.columnar.engines import DuckDBEngine, Engine, PolarsEngine, SparkEngine
from oligoscope.tables.columnar.facts import PATIENT, ROW, ListFacts, fact_columns, given
from oligoscope.tables.columnar.parts import Inputs, part_name, table_answers
from oligoscope.tables.domain import Domain
from oligoscope.tables.facts import LIST_OPERATORS, Fact
from oligoscope.tables.model import Table

__all__ = ["PATIENT", "ROW", "DuckDBEngine", "Engine", "PolarsEngine", "SparkEngine", "answer_columns", "given", "run"]


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
    """Patients with the answer columns of every table.

    steps: facts and tables in evaluation order.  domains, asks_of: of everything the steps read.
    patients: one row a patient: patient_id, for each list `<list>__given`, and for every chart field the columns of its possible set.
    lists: for each list its items' frame (patient_id, row__, the fields' columns) and the fields' domains.
    """
    every, asking = dict(domains), dict(asks_of)
    made = {step.name for step in steps}
    read = {name for step in steps for name in _reads(step)} - made
    frame = patients.with_columns(**{asks(name): _unknown(name, every[name]) for name in every if name in read})
    for list_name, (items, item_domains) in lists.items():
        facts = [step for step in steps if isinstance(step, Fact) and step.operator in LIST_OPERATORS and step.of == (list_name,)]
        if facts:
            progress(list_name)
            frame = ListFacts(facts, dict(item_domains), engine).add_to(frame, items)
    for step in steps:
        progress(step.name)
        if isinstance(step, Fact):
            for layer in fact_columns(step, every, asking):
                frame = frame.with_columns(**layer)
            frame = engine.settle(frame)
        else:
            frame = _with_table(frame, step, Inputs(step, every, asking), engine)
    return frame


def _with_table(frame: Any, table: Table, inputs: Inputs, engine: Engine) -> Any:
    masks = inputs.masks()
    frame = frame.with_columns(**{name: expression for name, (expression, _) in masks.items()})
    frame = by_distinct(frame, {name: bits for name, (_, bits) in masks.items()}, engine.settle, lambda d: table_answers(table, d, inputs, engine.settle))
    return frame.drop(*masks)


def _unknown(name: str, domain: Domain) -> nw.Expr:
    return nw.when(known(name, domain)).then(nw.lit(0)).otherwise(nw.lit(1))


def _reads(step: Fact | Table) -> tuple[str, ...]:
    if isinstance(step, Table):
        return step.inputs
    return (*step.of, *(step.complete_if.inputs if step.complete_if else ()), *(step.given.inputs if step.given else ()), step.stated_by)
