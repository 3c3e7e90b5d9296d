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

from oligoscope.assess.cohort import answer_batch, cohort_columns
from oligoscope.assess.cohort_read import CohortReader, find_cohort
from oligoscope.assess.columns import no_rejects
from oligoscope.assess.summary import Summary
from oligoscope.knowledge import Knowledge
from oligoscope.report.answer_file import answer_writer
from oligoscope.report.cohort_page import render_cohort
from oligoscope.tables.columnar import Memory

BATCH = 1_000_000


def run_cohort(
    source: Path,
    target: Path,
    knowledge: Knowledge,
    today: datetime.date,
    *,
    extra_columns: bool = False,
    batch: int = BATCH,
) -> int:
    """Assess every patient at `source`; returns how many entries were rejected.

    Writes answers.csv or answers.parquet (the format of the input), rejects.csv, summary.json and summary.html into
    `target`; while it runs they lie in a folder beside it, so that nothing is left half written. Raises CaseError
    before anything is written when the columns cannot be used.
    """
    with tqdm(unit=" patients", delay=2, disable=None) as bar:
        return _run(source, target, knowledge, today, bar, extra_columns=extra_columns, batch=batch)


def _run(
    source: Path,
    target: Path,
    knowledge: Knowledge,
    today: datetime.date,
    bar: "tqdm[Any]",
    *,
    extra_columns: bool,
    batch: int,
) -> int:
    bar.set_description("reading")
    reader = CohortReader(find_cohort(source, extra_columns=extra_columns), knowledge, today)
    bar.total = reader.n_patients
    target.parent.mkdir(parents=True, exist_ok=True)
    working = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        summary = _assess(reader, working, knowledge, batch, bar)
        bar.close()
        (working / "summary.json").write_text(json.dumps(summary.as_json(knowledge), indent=1), encoding="utf-8")
        (working / "summary.html").write_text(render_cohort(summary, knowledge, source.name), encoding="utf-8")
        target.mkdir(exist_ok=True)
        for file in working.iterdir():
            file.replace(target / file.name)
    finally:
        shutil.rmtree(working, ignore_errors=True)
    tqdm.write(
        f"{summary.n_patients} patients assessed, {summary.n_rejected} entries rejected; results in {target}",
        file=_stderr(),
    )
    return summary.n_rejected


def _stderr() -> Any:
    import sys

    return sys.stderr


def _assess(reader: CohortReader, folder: Path, knowledge: Knowledge, size: int, bar: "tqdm[Any]") -> Summary:
    summary = Summary()
    rejects = []
    writer = answer_writer(folder, reader.cohort.format, cohort_columns(knowledge))
    memory = Memory()
    with ThreadPoolExecutor(2) as background:
        kept: list[Future[None]] = []
        for batch in reader.batches(size):
            answers = answer_batch(batch, knowledge, memory, bar.set_description)
            _wait(kept)
            kept = [background.submit(writer.write, answers), background.submit(summary.add, answers, knowledge)]
            rejects.append(batch.rejects)
            bar.update(len(batch.patients))
        bar.set_description("writing")
        _wait(kept)
    writer.close()
    rejected = pl.concat([no_rejects(), *rejects]).sort("file", "row", maintain_order=True)
    summary.n_rejected = len(rejected)
    rejected.write_csv(folder / "rejects.csv")
    return summary


def _wait(kept: list[Future[None]]) -> None:
    """One batch is written and counted while the next is assessed, and no further ahead."""
    for task in kept:
        task.result()
