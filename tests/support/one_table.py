"""One table over columns made from possible sets."""

from collections.abc import Mapping, Sequence
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
    columns: dict[str, list[Any]] = {"patient_id": [str(n) for n in range(len(records))]}
    for name in table.inputs:
        possibles = [record[name] for record in records]
        if isinstance(possibles[0], int):
            columns[column(name)] = possibles
        else:
            spans = [p for p in possibles if not isinstance(p, int)]
            columns[low(name)], columns[high(name)] = [float(a) for a, _ in spans], [float(b) for _, b in spans]
    asks = asks or {name: (name,) for name in domains}
    found = run([table], domains, asks, pl.DataFrame(columns), {}, Memory()).patients
    wanted = [table.name, f"{table.name}_possible", f"{table.name}_rule", f"{table.name}_needs"]
    return found.frame().select(wanted).rows()
