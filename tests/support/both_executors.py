"""The same made-up charts through the reference executor and through columns, told in the same words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from oligoscope.tables.columnar import PATIENT, ROW, Memory, column, given, high, low, run
from oligoscope.tables.compile import CompiledTable
from oligoscope.tables.domain import Choices, Dates, Domain
from oligoscope.tables.facts import Fact
from oligoscope.tables.model import Options, Score
from oligoscope.tables.names import part_name
from oligoscope.tables.read import Reader
from oligoscope.tables.record import Record
from oligoscope.tables.reference import Answered, add_fact, answer, answer_items

Told = dict[str, Any]
"""What a part answers: value, possible, rule, needs; of a score also its lowest and highest total. Of options: which
apply, and which may.
"""
ByPart = dict[str, Told]
Step = Fact | CompiledTable


@dataclass(frozen=True)
class Words:
    """What charts can say. names: of each list the field that holds a name."""

    patient: Mapping[str, Domain]
    lists: Mapping[str, Mapping[str, Domain]]
    items: Mapping[str, str]
    names: Mapping[str, str]

    def reader(self) -> Reader:
        return Reader(self.patient, self.lists, {}, self.items)


def by_reference(steps: Sequence[Step], chart: Record) -> dict[str, list[ByPart]]:
    """For each table its answers by part: one of the patient, or one of each item."""
    found: dict[str, list[ByPart]] = {}
    for step in steps:
        if isinstance(step, Fact):
            add_fact(step, chart)
        elif step.list_name:
            found[step.name] = [_told(step, each) for each in answer_items(step, chart)]
        else:
            found[step.name] = [_told(step, answer(step, chart))]
    return found


def _told(table: CompiledTable, answered: Answered) -> ByPart:
    if isinstance(table.table, Options):
        applies = [name for name, settled in answered.items() if settled.possible == ("yes",)]
        may = [name for name, settled in answered.items() if "yes" in settled.possible]
        return {table.name: {"applies": applies, "may": may}}
    found: ByPart = {}
    for part, settled in answered.items():
        total = {"total": settled.score} if isinstance(table.table, Score) else {}
        found[part] = {
            "value": settled.value,
            "possible": list(settled.possible),
            "rule": "|".join(settled.rules) or None,
            "needs": list(settled.needs),
            **total,
        }
    return found


def by_columns(
    words: Words, reader: Reader, steps: Sequence[Step], charts: Sequence[Record]
) -> list[dict[str, list[ByPart]]]:
    """The same of every chart, as one batch."""
    patients = _frame([chart.answers for chart in charts], words.patient).with_columns(
        pl.Series("patient_id", [str(n) for n in range(len(charts))]), pl.Series(PATIENT, range(len(charts)))
    )
    lists = {}
    for name, fields in words.lists.items():
        owned = [(n, item) for n, chart in enumerate(charts) for item in chart.lists[name] or ()]
        key = words.names[name]
        items = _frame([item.answers for _, item in owned], fields).with_columns(
            pl.Series(PATIENT, [n for n, _ in owned], dtype=pl.Int64),
            pl.Series(ROW, range(len(owned)), dtype=pl.Int64),
            pl.Series(key, [item.names[key] for _, item in owned], dtype=pl.String),
        )
        lists[name] = (items, reader.lists[name])
        patients = patients.with_columns(pl.Series(given(name), [chart.lists[name] is not None for chart in charts]))
    answers = run(steps, reader.domains, reader.asks, patients, lists, Memory())
    found: list[dict[str, list[ByPart]]] = [{} for _ in charts]
    for table in (step for step in steps if not isinstance(step, Fact)):
        for each in found:
            each[table.name] = []
        of = answers.items[table.list_name] if table.list_name else answers.patients
        owners = of.places[PATIENT].to_list() if table.list_name else list(range(len(charts)))
        for owner, row in zip(owners, of.frame().rows(named=True), strict=True):
            found[owner][table.name].append(_of_row(table, row))
    return found


def _of_row(table: CompiledTable, row: Mapping[str, Any]) -> ByPart:
    if isinstance(table.table, Options):
        return {table.name: {"applies": _split(row[table.name]), "may": _split(row[f"{table.name}_possible"])}}
    found = {}
    for part in [table.name] if table.table.one_answer else [part.id for part in table.parts]:
        name = part_name(table.table, part)
        found[part] = {
            "value": row[name],
            "possible": _split(row[f"{name}_possible"]),
            "rule": row[f"{name}_rule"],
            "needs": _split(row[f"{name}_needs"]),
        }
        if isinstance(table.table, Score):
            total = (row[f"{name}_low"], row[f"{name}_high"])
            found[part]["total"] = None if None in total else total
    return found


def _split(text: str) -> list[str]:
    return text.split("|") if text else []


def _frame(rows: Sequence[Any], fields: Mapping[str, Domain]) -> pl.DataFrame:
    columns: dict[str, pl.Series] = {}
    for name, domain in fields.items():
        possible = [row[name].possible for row in rows]
        if isinstance(domain, Choices):
            columns[column(name)] = pl.Series(possible, dtype=pl.Int64)
        else:
            kind = pl.Int32 if isinstance(domain, Dates) else pl.Float64
            for end, k in ((low, 0), (high, 1)):
                columns[end(name)] = pl.Series([p[k] for p in possible], dtype=kind, strict=False)
    return pl.DataFrame(columns)
