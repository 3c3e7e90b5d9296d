"""Assess a registry's files: answers, rejects and summary into one folder, with progress on stderr."""

import datetime
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import polars as pl
from tqdm import tqdm

from oligoscope.chart.batch import ChartReader
from oligoscope.chart.layout import check_layout
from oligoscope.chart.mapping.account import account, lines
from oligoscope.chart.mapping.document import read_mapping
from oligoscope.chart.mapping.source import MappedSource
from oligoscope.chart.problems import CaseError, Problem
from oligoscope.chart.rejects import ERROR, in_order
from oligoscope.chart.rejects import REJECTS as REJECT_COLUMNS
from oligoscope.chart.repairs import Repairs, read_repairs, repair_file
from oligoscope.chart.sources import Source
from oligoscope.chart.sources.files import FileSource, find_files
from oligoscope.chart.sources.frames import FrameSource
from oligoscope.cohort.answers import answer_batch, item_rows, patient_rows
from oligoscope.cohort.engines import ANSWERS, REJECTS, engine_of
from oligoscope.cohort.engines.polars import PolarsEngine
from oligoscope.cohort.gather import AT_ONCE, gather
from oligoscope.cohort.result import SUFFIXES, CohortFrames, CohortResult, check_target
from oligoscope.cohort.summary import Summary
from oligoscope.files.documents import Plain
from oligoscope.files.writing import cannot, working_folder
from oligoscope.knowledge import Knowledge
from oligoscope.tables.columnar import Memory
from oligoscope.vocabulary.fields import lists

Page = Callable[[Summary], str]
SUMMARY, PAGE, REPAIR = "summary.json", "summary.html", "repair.csv"


def run_cohort(
    source: Path,
    target: Path,
    knowledge: Knowledge,
    today: datetime.date,
    *,
    engine: str = "polars",
    extra_columns: bool = False,
    by_exception: bool = False,
    mapping: Path | None = None,
    repair: Path | None = None,
    at_once: int = AT_ONCE,
    page: Page | None = None,
) -> CohortResult:
    """Assess every patient of the registry at `source`. engine: where its rows live (see `cohort.engines`).

    mapping: a file that says how to read the export of another system (see `chart.mapping`).  repair: corrections of
    cells that were rejected (see `chart.repairs`); repair.csv is written beside the rejects.

    Writes answers.csv or .parquet (the format of the input), lesion_answers where tables are about lesions,
    rejects.csv, summary.json and, with `page`, summary.html into `target`; while it runs they lie in a folder beside
    it, so that nothing is left half written.  by_exception: see `ChartReader`.  at_once: patients held in memory.
    Raises OligoscopeError before anything is written when the input cannot be used or the output not be written.
    """
    repairs = read_repairs(repair) if repair else None
    rows = other_source(source, mapping, repairs, engine, by_exception)
    export = rows if isinstance(rows, MappedSource) else None
    opened = PolarsEngine(at_once).over(rows) if rows else engine_of(engine, at_once).open(source)
    layout = check_layout(opened.columns(), opened.labels(), source.name, extra_columns=extra_columns)
    check_target(target, result_names(), [*opened.inputs(), *(each for each in (mapping, repair) if each)])
    with working_folder(target) as folder, tqdm(unit=" patients", delay=2, disable=None) as bar:

        def progress(what: str, n_done: int) -> None:
            bar.set_description(what)
            bar.update(n_done)

        summary = opened.assess(ChartReader(layout, today, by_exception=by_exception), folder, knowledge, progress)
        if engine == "polars":
            write_repairs(folder, repairs)
        write_summary(folder, summary, knowledge, page, account(export) if export else None)
        publish(folder, target)
    found = {path.stem: path for path in sorted(target.iterdir()) if path.name in result_names()}
    return CohortResult(summary, target, found, tuple(lines(export)) if export else ())


def other_source(
    source: Path, mapping: Path | None, repairs: Repairs | None, engine: str = "polars", by_exception: bool = False
) -> MappedSource | FileSource | None:
    """An export with its mapping, files with their repairs; None for plain files, which every engine reads itself.

    by_exception: a code for missing is then not taken for a cell left out.  Raises CaseError.
    """
    if not mapping and not repairs:
        return None
    if engine != "polars":
        what = "a mapping is read by polars alone" if mapping else "repairs are read by polars alone"
        raise CaseError("engine", [Problem("engine", engine, what, "polars", "leave the engine out")])
    if mapping:
        export = MappedSource(source, read_mapping(mapping, missing_is_unknown=by_exception), repairs=repairs)
        if repairs:
            repairs.check_files([part.raw.label for part in export.parts])
        return export
    files = find_files(source)
    if repairs:
        repairs.check_files(list(files.labels().values()))
    return FileSource(files.paths, files.name, repairs)


def write_repairs(folder: Path, before: Repairs | None) -> None:
    """The rejects with a column to correct them in; none where nothing can be corrected."""
    rejects = pl.read_csv(folder / f"{REJECTS}.csv", schema=REJECT_COLUMNS, glob=False)
    repairs = repair_file(rejects.filter(pl.col("severity") == ERROR), before)
    if len(repairs):
        repairs.write_csv(folder / REPAIR)


def assess_frames(
    frames: Mapping[str, pl.DataFrame], knowledge: Knowledge, today: datetime.date, by_exception: bool = False
) -> CohortFrames:
    """The same for frames in memory: `patients`, and one for each list (`lesions` …). Raises CaseError."""
    return assess_source(FrameSource(frames), knowledge, today, by_exception)


def assess_source(
    source: Source, knowledge: Knowledge, today: datetime.date, by_exception: bool = False
) -> CohortFrames:
    """The same for a registry that fits into memory, answered in memory. Raises CaseError."""
    layout = check_layout(source.columns(), source.labels(), source.name)
    summary, memory = Summary(), Memory()
    with tempfile.TemporaryDirectory() as folder:
        (chunk,) = gather(source, layout, sys.maxsize, Path(folder)).chunks
    batch = ChartReader(layout, today, by_exception=by_exception).read(chunk)
    answers = answer_batch(batch, knowledge, memory)
    summary.count_batch(batch, answers, knowledge)
    summary.add(answers, knowledge)
    items = {item: rows.frame() for item, rows in item_rows(batch, answers)}
    return CohortFrames(summary, patient_rows(batch, answers).frame(), in_order(source.named(batch.rejects)), items)


def result_names() -> list[str]:
    """Every name that a run may write."""
    tables = [ANSWERS, *(f"{spec.item}_answers" for spec in lists())]
    return [*(f"{table}.{suffix}" for table in tables for suffix in SUFFIXES), f"{REJECTS}.csv", REPAIR, SUMMARY, PAGE]


def write_summary(
    folder: Path, summary: Summary, knowledge: Knowledge, page: Page | None, mapping: Plain = None
) -> None:
    """The summary as data and, with `page`, as a page. mapping: what became of each column of an export."""
    content = summary.as_json(knowledge) | ({"mapping": mapping} if mapping else {})
    (folder / SUMMARY).write_text(json.dumps(content, indent=1, ensure_ascii=False), encoding="utf-8")
    if page:
        (folder / PAGE).write_text(page(summary), encoding="utf-8", errors="replace")


def publish(folder: Path, target: Path) -> None:
    """Put a run's results where they belong; those of an earlier run that this one does not replace are removed."""
    try:
        target.mkdir(exist_ok=True)
        new = {path.name for path in folder.iterdir()} & set(result_names())
        for name in result_names():
            if (target / name).is_dir():
                shutil.rmtree(target / name)
            if name in new:
                (folder / name).replace(target / name)
            else:
                (target / name).unlink(missing_ok=True)
    except OSError as error:
        raise cannot(target, error) from None
