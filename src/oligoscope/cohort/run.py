"""Assess a registry's files: answers, rejects and summary into one folder, with progress on stderr."""

import datetime
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Never, TypeAlias

import polars as pl
from tqdm import tqdm

from oligoscope.chart.batch import Batch, ChartReader
from oligoscope.chart.layout import check_layout
from oligoscope.chart.rejects import no_rejects
from oligoscope.chart.sources import Source
from oligoscope.chart.sources.files import find_files
from oligoscope.chart.sources.frames import FrameSource
from oligoscope.cohort.answers import answer_batch, item_rows, patient_rows
from oligoscope.cohort.gather import AT_ONCE, gather
from oligoscope.cohort.result import SUFFIXES, CohortFrames, CohortResult, check_target, output_error
from oligoscope.cohort.summary import Summary
from oligoscope.cohort.writers import AnswerFiles
from oligoscope.knowledge import Knowledge
from oligoscope.tables.columnar import Memory
from oligoscope.vocabulary.fields import lists

if TYPE_CHECKING:
    Bar: TypeAlias = tqdm[Never]

Page = Callable[[Summary], str]
ANSWERS, REJECTS, SUMMARY, PAGE = "answers", "rejects.csv", "summary.json", "summary.html"


def run_cohort(
    source: Path,
    target: Path,
    knowledge: Knowledge,
    today: datetime.date,
    *,
    extra_columns: bool = False,
    at_once: int = AT_ONCE,
    page: Page | None = None,
) -> CohortResult:
    """Assess every patient of the files at `source`.

    Writes answers.csv or .parquet (the format of the input), lesion_answers where tables are about lesions,
    rejects.csv, summary.json and, with `page`, summary.html into `target`; while it runs they lie in a folder beside
    it, so that nothing is left half written. at_once: patients held in memory.  Raises CaseError before anything is
    written when the input cannot be used or the output not be written.
    """
    files = find_files(source)
    layout = check_layout(files.columns(), files.labels(), files.name, extra_columns=extra_columns)
    check_target(target, result_names(), files.paths.values())
    with working_folder(target) as folder, tqdm(unit=" patients", delay=2, disable=None) as bar:
        reader = ChartReader(layout, today)
        summary, rejects = _assess(files, reader, folder, knowledge, at_once, bar)
        bar.close()
        rejects.write_csv(folder / REJECTS)
        write_summary(folder, summary, knowledge, page)
        publish(folder, target)
    found = {path.stem: path for path in sorted(target.iterdir()) if path.name in result_names()}
    return CohortResult(summary, target, found)


def assess_frames(frames: Mapping[str, pl.DataFrame], knowledge: Knowledge, today: datetime.date) -> CohortFrames:
    """The same for frames in memory: `patients`, and one for each list (`lesions` …). Raises CaseError."""
    return assess_source(FrameSource(frames), knowledge, today)


def assess_source(source: Source, knowledge: Knowledge, today: datetime.date) -> CohortFrames:
    """The same for a registry that fits into memory, answered in memory. Raises CaseError."""
    layout = check_layout(source.columns(), source.labels(), source.name)
    summary, memory = Summary(), Memory()
    with tempfile.TemporaryDirectory() as folder:
        (chunk,) = gather(source, layout, sys.maxsize, Path(folder)).chunks
    batch = ChartReader(layout, today).read(chunk)
    answers = answer_batch(batch, knowledge, memory)
    _count(summary, batch)
    summary.add(answers.patients, knowledge)
    items = {item: rows.frame() for item, rows in item_rows(batch, answers)}
    return CohortFrames(summary, patient_rows(batch, answers).frame(), in_order(batch.rejects), items)


def result_names() -> list[str]:
    """Every name that a run may write."""
    tables = [ANSWERS, *(f"{spec.item}_answers" for spec in lists())]
    return [*(f"{table}.{suffix}" for table in tables for suffix in SUFFIXES), REJECTS, SUMMARY, PAGE]


def write_summary(folder: Path, summary: Summary, knowledge: Knowledge, page: Page | None) -> None:
    """The summary as data and, with `page`, as a page."""
    (folder / SUMMARY).write_text(json.dumps(summary.as_json(knowledge), indent=1), encoding="utf-8")
    if page:
        (folder / PAGE).write_text(page(summary), encoding="utf-8")


def in_order(rejects: pl.DataFrame) -> pl.DataFrame:
    """Rejects by file and row."""
    return rejects.sort("file", "row", maintain_order=True)


@contextmanager
def working_folder(target: Path) -> Iterator[Path]:
    """A folder beside the target, so that results appear there whole or not at all. Raises CaseError."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise output_error(target, error) from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(folder: Path, target: Path) -> None:
    """Put a run's results where they belong; those of an earlier run that this one does not replace are removed."""
    try:
        target.mkdir(exist_ok=True)
        new = {path.name for path in folder.iterdir()} & set(result_names())
        for name in result_names():
            if name in new:
                (folder / name).replace(target / name)
            else:
                (target / name).unlink(missing_ok=True)
    except OSError as error:
        raise output_error(target, error) from None


def _count(summary: Summary, batch: Batch) -> None:
    summary.n_rejected += len(batch.rejects)
    summary.n_left_out += batch.left_out


def _assess(
    source: Source, reader: ChartReader, folder: Path, knowledge: Knowledge, at_once: int, bar: "Bar"
) -> tuple[Summary, pl.DataFrame]:
    """Batch by batch: one is written and counted while the next is assessed, and no further ahead."""
    summary, memory, rejects = Summary(), Memory(), [no_rejects()]
    bar.set_description("reading")
    gathered = gather(source, reader.layout, at_once, folder)
    files = AnswerFiles(folder, source.format, is_whole=gathered.is_whole)
    with ThreadPoolExecutor(2) as background:
        kept: list[Future[None]] = []
        for chunk in gathered.chunks:
            batch = reader.read(chunk)
            answers = answer_batch(batch, knowledge, memory, bar.set_description)
            for task in kept:
                task.result()
            tables = {ANSWERS: patient_rows(batch, answers)}
            tables |= {f"{item}_answers": rows for item, rows in item_rows(batch, answers)}
            kept = [
                background.submit(files.write, tables),
                background.submit(summary.add, answers.patients, knowledge),
            ]
            _count(summary, batch)
            rejects.append(batch.rejects)
            bar.update(len(batch.patients) + batch.left_out)
        bar.set_description("writing")
        for task in kept:
            task.result()
    files.close(at_once)
    return summary, in_order(pl.concat(rejects))
