"""One table over columns made from possible sets."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from oligoscope.tables.columnar import Memory, column, high, low, run
from oligoscope.tables.compile import CompiledTable
from oligoscope.tables.domain import Domain, Possible


def columnar_answers(
    table: CompiledTable,
    records: Sequence[Mapping[str, Possible]],
    domains: Mapping[str, Domain],
    asks: Mapping[str, tuple[str, ...]] | None = None,
) -> list[tuple[Any, ...]]:
    """(value, possible, rule, needs) of a decision for every record, as a cohort's columns.

    asks: by input; itself when left out.
    """
    suffixes = ("", "_possible", "_rule", "_needs")
    rows = columnar_rows(table, records, domains, asks or {name: (name,) for name in domains})
    return [tuple(row[f"{table.name}{suffix}"] for suffix in suffixes) for row in rows]


def columnar_rows(
    table: CompiledTable,
    records: Sequence[Mapping[str, Possible]],
    domains: Mapping[str, Domain],
    asks: Mapping[str, tuple[str, ...]],
) -> list[dict[str, Any]]:
    """All answer columns of any table for every record, as if it were about the patient and reported."""
    columns: dict[str, list[Any]] = {"patient_id": [str(n) for n in range(len(records))]}
    for name in table.inputs:
        possibles = [record[name] for record in records]
        if isinstance(possibles[0], int):
            columns[column(name)] = possibles
        else:
            spans = [p for p in possibles if not isinstance(p, int)]
            columns[low(name)], columns[high(name)] = [float(a) for a, _ in spans], [float(b) for _, b in spans]
    told = replace(table, table=replace(table.table, internal=False), list_name="", fields_of_item=())
    return run([told], domains, asks, pl.DataFrame(columns), {}, Memory()).patients.frame().to_dicts()
