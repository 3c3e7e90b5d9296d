"""Assess a cohort's files: answers, rejects and summary into one folder, batch by batch, with progress on stderr."""

import datetime
import json
import shutil
import tempfile
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import polars as pl
from tqdm import tqdm

from oligoscope.assess.cohort import assess_batch, cohort_columns
from oligoscope.assess.cohort_read import CohortReader, find_cohort
from oligoscope.assess.columns import no_rejects
from oligoscope.assess.summary import Summary
from oligoscope.knowledge.load import Knowledge
from oligoscope.report.cohort_page import render_cohort
from oligoscope.tables.columnar import PolarsEngine

BATCH = 500_000


def run_cohort(source: Path, target: Path, knowledge: Knowledge, today: datetime.date, *, extra_columns: bool = False, batch: int = BATCH) -> int:
    """Assess every patient at `source`; returns how many entries were rejected.

    Writes answers.csv or answers.parquet (the format of the input), rejects.csv, summary.json and summary.html into `target`; while it runs they
    lie in a folder beside it, so that nothing is left half written. Raises CaseError before anything is written when the columns cannot be used.
    """
    reader = CohortReader(find_cohort(source, extra_columns=extra_columns), knowledge, today)
    target.parent.mkdir(parents=True, exist_ok=True)
    working = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        summary = _assess(reader, working, knowledge, batch)
        (working / "summary.json").write_text(json.dumps(summary.as_json(knowledge), indent=1), encoding="utf-8")
        (working / "summary.html").write_text(render_cohort(summary, knowledge, source.name), encoding="utf-8")
        target.mkdir(exist_ok=True)
        for file in working.iterdir():
            file.replace(target / file.name)
    finally:
        shutil.rmtree(working, ignore_errors=True)
    tqdm.write(f"{summary.n_patients} patients assessed, {summary.n_rejected} entries rejected; results in {target}", file=_stderr())
    return summary.n_rejected


def _stderr() -> Any:
    import sys

    return sys.stderr


def _assess(reader: CohortReader, folder: Path, knowledge: Knowledge, size: int) -> Summary:
    summary = Summary()
    rejects = []
    writer = _Writer(folder, reader.cohort.format)
    engine = PolarsEngine()
    with tqdm(total=reader.n_patients, unit=" patients", delay=2, disable=None) as bar, ThreadPoolExecutor(1) as background:
        written: Future[None] | None = None
        for batch in reader.batches(size):
            answers = assess_batch(batch, knowledge, engine)
            if written:
                written.result()
            written = background.submit(_keep, answers, writer, summary, knowledge)
            rejects.append(batch.rejects)
            bar.update(len(batch.patients))
        if written:
            written.result()
    if not rejects:
        writer.write(pl.DataFrame(schema=dict.fromkeys(cohort_columns(knowledge), pl.String)))
    writer.close()
    rejected = pl.concat([no_rejects(), *rejects]).sort("file", "row", maintain_order=True)
    summary.n_rejected = len(rejected)
    rejected.write_csv(folder / "rejects.csv")
    return summary


def _keep(answers: pl.DataFrame, writer: "_Writer", summary: Summary, knowledge: Knowledge) -> None:
    """Write and count one batch, while the next is being assessed."""
    writer.write(answers)
    summary.add(answers, knowledge)


class _Writer:
    """Appends batches of answers to one file."""

    def __init__(self, folder: Path, file_format: str) -> None:
        self._path = folder / f"answers.{file_format}"
        self._parquet: Any = None
        self._csv = self._path.open("wb") if file_format == "csv" else None
        self._empty = True

    def write(self, answers: pl.DataFrame) -> None:
        if self._csv:
            answers.write_csv(self._csv, include_header=self._empty)
        else:
            self._write_parquet(answers)
        self._empty = False

    def _write_parquet(self, answers: pl.DataFrame) -> None:
        import pyarrow.parquet as pq

        table = answers.to_arrow()
        self._parquet = self._parquet or pq.ParquetWriter(self._path, table.schema, compression="zstd")
        self._parquet.write_table(table)

    def close(self) -> None:
        for file in (self._csv, self._parquet):
            if file:
                file.close()
