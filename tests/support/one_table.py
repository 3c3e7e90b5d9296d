"""One table over columns made from possible sets, on any engine."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from oligoscope.assess.answers import Answers
from oligoscope.tables.columnar import Engine, PolarsEngine, run
from oligoscope.tables.columnar.bits import column, high, low
from oligoscope.tables.domain import Domain, Possible
from oligoscope.tables.model import Table


def columnar_answers(
    table: Table,
    records: Sequence[Mapping[str, Possible]],
    domains: Mapping[str, Domain],
    engine: Engine | None = None,
    asks: Mapping[str, tuple[str, ...]] | None = None,
) -> list[tuple[Any, ...]]:
    """(value, possible, rule, needs) of a decision for every record, as a cohort's columns.

    asks: by input; itself when left out.
    """
    engine = engine or PolarsEngine()
    columns: dict[str, list[Any]] = {"patient_id": [f"{n:04d}" for n in range(len(records))]}
    for name in table.inputs:
        possibles = [record[name] for record in records]
        if isinstance(possibles[0], int):
            columns[column(name)] = possibles
        else:
            spans = [p for p in possibles if not isinstance(p, int)]
            columns[low(name)], columns[high(name)] = [float(a) for a, _ in spans], [float(b) for _, b in spans]
    frame = run(
        [table],
        domains,
        asks or {name: (name,) for name in domains},
        engine.load(pl.DataFrame(columns).to_arrow()),
        {},
        engine,
    )
    wanted = [table.name, f"{table.name}_possible", f"{table.name}_rule", f"{table.name}_needs"]
    native = frame.to_native() if isinstance(engine, PolarsEngine) else frame.select("patient_id", *wanted).to_native()
    if isinstance(engine, PolarsEngine):
        rows = Answers.of(native, engine, wanted).frame().rows()
    elif hasattr(native, "fetchall"):
        rows = native.fetchall()
    else:
        rows = [tuple(row) for row in native.collect()]
    return [tuple(row[1:]) for row in sorted(rows)]
