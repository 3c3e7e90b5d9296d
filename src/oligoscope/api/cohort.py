"""Many patients."""

import datetime
import html
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from oligoscope.api.result import Result
from oligoscope.api.shared import Day, Packs, day_of, known
from oligoscope.errors import NotAllowed
from oligoscope.files.documents import Plain
from oligoscope.files.writing import write_files
from oligoscope.knowledge import Knowledge
from oligoscope.tables.model import Score

if TYPE_CHECKING:
    import polars as pl

    from oligoscope.chart.mapping.draft import Drafted
    from oligoscope.cohort.check import Checked
    from oligoscope.cohort.result import CohortResult
    from oligoscope.cohort.trials import Matched


@dataclass(frozen=True)
class Cohort:
    """The answers of many patients, as Polars frames.

    answers: one row per accepted patient.  items: by item (lesion), one row per item, where tables are about items.
    rejects: one row per entry that was not accepted, with its reason.  summary: counts over patients, as summary.json.
    """

    answers: "pl.DataFrame"
    rejects: "pl.DataFrame"
    items: "Mapping[str, pl.DataFrame]"
    summary: Mapping[str, Plain]
    said: str

    def __str__(self) -> str:
        return f"{self.said}\n"

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(self.said)}</p>{self.answers._repr_html_()}"


def assess_cohort(
    cohort: "Path | str | pl.DataFrame | Mapping[str, pl.DataFrame]",
    *,
    engine: str = "polars",
    by_exception: bool = False,
    mapping: Path | str | None = None,
    knowledge: Packs = None,
    evidence: Sequence[Path | str] = (),
    today: Day = None,
) -> Cohort:
    """Every patient of a registry that fits into memory; `write_cohort` is for larger ones.

    cohort: a folder or flat file, a flat frame, or frames by table: `patients`, and one for each list (`lesions` …),
    each with `patient_id`.  engine: as for `write_cohort`; frames are in memory, where Polars answers them.
    by_exception, mapping: as for `write_cohort`.  Raises OligoscopeError.
    """
    import polars as pl

    from oligoscope.chart.sources.files import find_files
    from oligoscope.cohort.run import assess_frames, assess_source, other_source

    using, day = known(knowledge, evidence), day_of(today)
    if mapping:
        if not isinstance(cohort, (str, Path)):
            raise NotAllowed("mapping", mapping, "a file beside the path of an export", "frames are taken as they are")
        export = other_source(Path(cohort), Path(mapping), None, engine, by_exception)
        assert export
        found = assess_source(export, using, day, by_exception)
        return Cohort(found.answers, found.rejects, found.items, found.summary.as_json(using), str(found))
    if engine != "polars":
        if not isinstance(cohort, (str, Path)):
            raise NotAllowed("engine", engine, "polars", "frames are answered in memory")
        return _through_files(Path(cohort), using, day, engine, by_exception)
    if isinstance(cohort, (str, Path)):
        found = assess_source(find_files(Path(cohort)), using, day, by_exception)
    else:
        frames = {"patients": cohort} if isinstance(cohort, pl.DataFrame) else cohort
        found = assess_frames(frames, using, day, by_exception)
    return Cohort(found.answers, found.rejects, found.items, found.summary.as_json(using), str(found))


def _through_files(source: Path, knowledge: Knowledge, today: datetime.date, engine: str, by_exception: bool) -> Cohort:
    """Answered by an engine that writes its answers itself, and read back."""
    import polars as pl

    from oligoscope.cohort.result import counted
    from oligoscope.cohort.run import run_cohort

    scores = [table.name for table in knowledge.tables if isinstance(table, Score)]
    kinds = {f"{name}_{end}": pl.Float64 for name in scores for end in ("low", "high")} | {"row": pl.Int64}
    with tempfile.TemporaryDirectory() as folder:
        result = run_cohort(source, Path(folder) / "out", knowledge, today, engine=engine, by_exception=by_exception)
        frames = {
            name: _frame(path, kinds) for name, path in result.files.items() if path.suffix in (".csv", ".parquet")
        }
    items = {name.removesuffix("_answers"): frame for name, frame in frames.items() if name.endswith("_answers")}
    summary = result.summary.as_json(knowledge)
    return Cohort(frames["answers"], frames["rejects"], items, summary, counted(result.summary))


def _frame(path: Path, kinds: "Mapping[str, type[pl.DataType]]") -> "pl.DataFrame":
    """A result file, or a folder of its parts. kinds: of the columns that are no text, which CSV does not say."""
    import polars as pl

    parts = sorted(path.glob(f"*{path.suffix}")) if path.is_dir() else [path]
    if path.suffix == ".parquet":
        return pl.concat([pl.read_parquet(part, glob=False) for part in parts])
    texts = pl.concat([pl.read_csv(part, infer_schema=False, glob=False) for part in parts])
    return texts.with_columns(pl.col(name).cast(kinds[name]) for name in texts.columns if name in kinds)


def write_cohort(
    source: Path | str,
    target: Path | str,
    *,
    knowledge: Packs = None,
    evidence: Sequence[Path | str] = (),
    engine: str = "polars",
    extra_columns: bool = False,
    by_exception: bool = False,
    mapping: Path | str | None = None,
    repair: Path | str | None = None,
    today: Day = None,
) -> "CohortResult":
    """Every patient of a registry, batch by batch: answers, rejects and summary into the folder `target`.

    engine: where the registry lives: files (polars), files or a .duckdb file (duckdb), files or tables (spark).
    extra_columns: leave columns unread that are no field.  by_exception: an empty cell is taken for what is
    unremarkable, where the field has such a value and the patient's `charting` does not say complete; answers list what
    they rest on.  mapping: a file that says how the columns and codes of another system's export are read.
    repair: the repair.csv of an earlier run, with its column `correction` filled in.
    Raises OligoscopeError before anything is written.
    """
    from oligoscope.cohort.run import run_cohort
    from oligoscope.report.cohort_page import render_cohort

    using, name, day = known(knowledge, evidence), Path(source).name, day_of(today)
    return run_cohort(
        Path(source),
        Path(target),
        using,
        day,
        engine=engine,
        extra_columns=extra_columns,
        by_exception=by_exception,
        mapping=Path(mapping) if mapping else None,
        repair=Path(repair) if repair else None,
        page=lambda summary: render_cohort(summary, using, name, day),
    )


def check_cohort(
    source: Path | str, *, mapping: Path | str | None = None, by_exception: bool = False, today: Day = None
) -> "Result[Checked]":
    """A registry, or an export with its mapping, read without being assessed: what was understood, column by column.

    Raises OligoscopeError where it cannot be read at all.
    """
    from oligoscope.cohort.check import check_registry
    from oligoscope.report.checked import checked_as_json, checked_as_text

    found = check_registry(
        Path(source), day_of(today), mapping=Path(mapping) if mapping else None, by_exception=by_exception
    )
    return Result(found, checked_as_json, checked_as_text)


def draft_mapping(source: Path | str) -> "Drafted":
    """A first mapping for an export: its `text`, in which guesses are marked and codes are left to be filled in.

    Raises OligoscopeError where the export cannot be read.
    """
    from oligoscope.chart.mapping.draft import draft

    return draft(Path(source))


def match_cohort(
    source: Path | str,
    target: Path | str,
    *,
    knowledge: Packs = None,
    evidence: Sequence[Path | str] = (),
    mapping: Path | str | None = None,
    today: Day = None,
) -> "Matched":
    """Every patient of a registry held against every trial: a CSV with one column per trial, the rejects beside it.

    mapping: as for `write_cohort`.  Raises OligoscopeError before anything is written.
    """
    from oligoscope.cohort.trials import run_matching

    read_by = Path(mapping) if mapping else None
    return run_matching(Path(source), Path(target), known(knowledge, evidence), day_of(today), read_by)


def write_template(folder: Path | str, form: str = "csv") -> list[Path]:
    """An empty registry and its data dictionary. form: csv or parquet. Returns the files written.

    A table that is there already is left as it is.
    """
    from oligoscope.vocabulary.template import DICTIONARY, template

    files = {Path(folder) / name: content for name, content in template(form).items()}
    new = {path: content for path, content in files.items() if path.name == DICTIONARY or not path.exists()}
    write_files(new)
    return list(new)
