"""The same charts through the reference executor and through columns, as one table of answers each."""

import datetime
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from oligoscope.assess.examples import as_document
from oligoscope.assess.patient import Assessment, assess
from oligoscope.assess.rows import answer_row, item_rows
from oligoscope.chart.batch import Batch, ChartReader
from oligoscope.chart.document import build_case
from oligoscope.chart.layout import check_layout
from oligoscope.chart.sources.files import find_files
from oligoscope.cohort.answers import answer_batch, cohort_columns, patient_rows
from oligoscope.cohort.answers import item_rows as item_frames
from oligoscope.cohort.gather import gather
from oligoscope.knowledge import Knowledge
from oligoscope.tables.columnar import Memory
from oligoscope.vocabulary.words import Case
from tests.support.charts import Row

TODAY = datetime.date(2026, 1, 1)
Chart = tuple[Row, list[Row] | None, list[Row] | None]


def by_reference(charts: Sequence[Chart], knowledge: Knowledge) -> list[dict[str, Any]]:
    """One row of cohort columns a chart, by the reference executor; under `lesions` one row for each lesion."""
    found = []
    for n, chart in enumerate(charts):
        assessment = _assessment(chart, knowledge)
        found.append({"patient_id": str(n), **answer_row(assessment), "lesions": item_rows(assessment, "lesion")})
    return found


def _assessment(chart: Chart, knowledge: Knowledge) -> Assessment:
    return assess(build_case(as_document(*chart), "chart", TODAY), knowledge)


def by_columns(charts: Sequence[Chart], knowledge: Knowledge, folder: Any) -> list[dict[str, Any]]:
    """The same by the columnar executor, from CSV files."""
    write_cohort(charts, folder)
    batch = batch_of(folder, TODAY)
    errors = batch.rejects.filter(pl.col("severity") == "error")
    assert errors.is_empty(), errors
    answers = answer_batch(batch, knowledge, Memory())
    rows = patient_rows(batch, answers).frame().to_dicts()
    items: dict[str, list[dict[str, Any]]] = {row["patient_id"]: [] for row in rows}
    for _, frame in item_frames(batch, answers):
        for row in frame.frame().sort("row").to_dicts():
            items[row["patient_id"]].append({name: row[name] for name in frame.answers.columns})
    return [
        {**{name: row[name] for name in cohort_columns(knowledge)}, "lesions": items[row["patient_id"]]} for row in rows
    ]


def batch_of(path: Path, today: datetime.date, case: type[Case] = Case) -> Batch:
    """The registry at a path, read whole."""
    files = find_files(path, case)
    layout = check_layout(files.columns(), files.labels(), files.name, case=case)
    with tempfile.TemporaryDirectory() as folder:
        (chunk,) = gather(files, layout, 1_000_000, Path(folder)).chunks
    return ChartReader(layout, today, case).read(chunk)


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
