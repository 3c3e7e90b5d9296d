"""The same charts through the reference executor and through columns, as one table of answers each."""

import datetime
from collections.abc import Sequence
from typing import Any

import polars as pl

from oligoscope.assess.cohort import assess_batch, cohort_columns
from oligoscope.assess.cohort_read import CohortReader, find_cohort
from oligoscope.assess.patient import Assessment, assess
from oligoscope.assess.rows import answer_row
from oligoscope.chart.document import build_case
from oligoscope.knowledge import Knowledge
from tests.support.charts import Row, as_document

TODAY = datetime.date(2026, 1, 1)
Chart = tuple[Row, list[Row] | None, list[Row] | None]


def by_reference(charts: Sequence[Chart], knowledge: Knowledge) -> list[dict[str, Any]]:
    """One row of cohort columns a chart, by the reference executor."""
    return [{"patient_id": str(n), **answer_row(_assessment(chart, knowledge))} for n, chart in enumerate(charts)]


def _assessment(chart: Chart, knowledge: Knowledge) -> Assessment:
    return assess(build_case(as_document(*chart), "chart", TODAY), knowledge)


def by_columns(charts: Sequence[Chart], knowledge: Knowledge, folder: Any) -> list[dict[str, Any]]:
    """The same by the columnar executor, from CSV files."""
    write_cohort(charts, folder)
    (batch,) = CohortReader(find_cohort(folder), knowledge, TODAY).batches(1_000_000)
    assert batch.rejects.is_empty(), batch.rejects
    rows = assess_batch(batch, knowledge).to_dicts()
    return [{name: row[name] for name in cohort_columns(knowledge)} for row in rows]


def write_cohort(charts: Sequence[Chart], folder: Any) -> None:
    """Charts as the files of a cohort, patient_id their number."""
    patients = [
        {"patient_id": str(n), **row, **({"systemic_therapy": "none"} if therapies == [] else {})}
        for n, (row, _, therapies) in enumerate(charts)
    ]
    lesions = [{"patient_id": str(n), **item} for n, (_, items, _) in enumerate(charts) for item in items or ()]
    therapies = [{"patient_id": str(n), **item} for n, (_, _, items) in enumerate(charts) for item in items or ()]
    for name, rows in (("patients", patients), ("lesions", lesions), ("systemic_therapy", therapies)):
        names = list(dict.fromkeys(key for row in rows for key in row)) or ["patient_id"]
        pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String)).write_csv(folder / f"{name}.csv")
