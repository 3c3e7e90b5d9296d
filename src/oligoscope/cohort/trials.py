"""A cohort against the trials' criteria, by the columnar executor."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from oligoscope.chart.batch import Batch, ChartReader
from oligoscope.chart.layout import check_layout
from oligoscope.chart.rejects import ERROR, LINE, in_order, no_rejects
from oligoscope.chart.sources.files import find_files
from oligoscope.cohort.answers import needed_steps, run_steps
from oligoscope.cohort.gather import AT_ONCE, gather
from oligoscope.cohort.run import other_source
from oligoscope.files.writing import cannot, check_file, move, working_folder
from oligoscope.knowledge import Knowledge
from oligoscope.knowledge.trials import Trial
from oligoscope.tables.columnar import Memory
from oligoscope.tables.compile import CompiledTable
from oligoscope.tables.facts import Fact
from oligoscope.tables.model import Criteria
from oligoscope.trials.match import MATCHES, NO, POSSIBLE, fitting


@dataclass(frozen=True)
class Matched:
    """A run of matching. n_patients: held against the trials.  n_rejected: entries that were not accepted."""

    n_patients: int
    n_trials: int
    n_rejected: int
    file: Path

    def __str__(self) -> str:
        return (
            f"{self.n_patients} patients held against {self.n_trials} trials, {self.n_rejected} entries rejected; "
            f"{self.file}"
        )


def run_matching(
    source: Path,
    target: Path,
    knowledge: Knowledge,
    today: datetime.date,
    mapping: Path | None = None,
    at_once: int = AT_ONCE,
) -> Matched:
    """Match every patient of the files at `source`: a CSV with one column per trial, the rejects beside it.

    mapping: how to read the export of another system.  Raises OligoscopeError before anything is written.
    """
    files, trials = other_source(source, mapping, None) or find_files(source), knowledge.trials
    layout = check_layout(files.columns(), files.labels(), files.name)
    beside = target.with_name(f"{target.stem}-rejects.csv")
    for path in (target, beside):
        check_file(path, [*files.inputs(), *([mapping] if mapping else [])])
    reader, memory, rejects, n_patients = ChartReader(layout, today), Memory(), [no_rejects()], 0
    parts: list[Path] = []
    with working_folder(target) as folder:
        for chunk in gather(files, layout, at_once, folder).chunks:
            batch = reader.read(chunk)
            matches = match_batch(batch, trials, knowledge, today, memory)
            parts.append(folder / f"matches-{len(parts)}.parquet")
            matches.with_columns(batch.patients[LINE]).write_parquet(parts[-1])
            rejects.append(batch.rejects)
            n_patients += len(matches)
        rejected = in_order(files.named(pl.concat(rejects)))
        try:
            pl.scan_parquet(parts, glob=False).sort(LINE).drop(LINE).sink_csv(folder / "matches.csv")
            rejected.write_csv(folder / "rejects.csv")
        except OSError as error:
            raise cannot(target, error) from None
        # The rejects first: matches without those that belong to them would look complete.
        move(folder / "rejects.csv", beside) if len(rejected) else beside.unlink(missing_ok=True)
        move(folder / "matches.csv", target)
    n_rejected = int((rejected["severity"] == ERROR).sum())
    return Matched(n_patients, len(trials), n_rejected, target)


def match_batch(
    batch: Batch, trials: Sequence[Trial], knowledge: Knowledge, today: datetime.date, memory: Memory
) -> pl.DataFrame:
    """patient_id, and one column per trial: MATCHES, POSSIBLE or NO, as `match_trials` says it of one patient.

    memory: kept between the batches of a run.
    """
    columns = {trial.trial: _column(trial) for trial in trials if _column(trial)}
    answers = run_steps(batch, _steps(trials, knowledge), knowledge, memory).patients
    found = {}
    for trial in trials:
        otherwise = _otherwise(trial, today)
        if trial.not_lung or trial.trial not in columns:
            found[trial.trial] = pl.repeat(
                NO if trial.not_lung else otherwise, len(answers), dtype=pl.String, eager=True
            )
            continue
        may_enter = list(fitting(_table(trial, knowledge)))
        name = answers.list_of(columns[trial.trial])
        possible = answers.lists[name][f"{columns[trial.trial]}_possible"].str.split("|")
        may, only = (
            possible.list.set_intersection(may_enter).list.len() > 0,
            possible.list.set_difference(may_enter).list.len() == 0,
        )
        words = pl.select(
            pl.when(~may).then(pl.lit(NO)).when(only).then(pl.lit(otherwise)).otherwise(pl.lit(POSSIBLE))
        ).to_series()
        found[trial.trial] = answers.spread(name, words)
    return answers.places.select("patient_id", **found)


def _otherwise(trial: Trial, today: datetime.date) -> str:
    """What a patient gets who meets every criterion that the chart answers."""
    return POSSIBLE if trial.ask or trial.check or (trial.enrolling and trial.outdated(today)) else MATCHES


def _column(trial: Trial) -> str:
    if trial.criteria_of:
        return trial.criteria_of.replace("/", "_")
    return f"trial-{trial.trial}_{trial.trial}" if trial.table else ""


def _table(trial: Trial, knowledge: Knowledge) -> Criteria:
    table = trial.table.table if trial.table else knowledge.table(trial.criteria_of.split("/")[0])
    assert isinstance(table, Criteria)
    return table


def _steps(trials: Sequence[Trial], knowledge: Knowledge) -> list[Fact | CompiledTable]:
    """The facts and tables that the trials' criteria read, in order, and the criteria themselves; of shared tables only
    the groups named.
    """
    groups = [tuple(trial.criteria_of.split("/")) for trial in trials if trial.criteria_of]
    shared = [
        knowledge.compiled(name).only([g for n, g in groups if n == name])
        for name in dict.fromkeys(n for n, _ in groups)
    ]
    tables = [*shared, *(trial.table for trial in trials if trial.table)]
    return [*needed_steps([name for table in tables for name in table.inputs], knowledge), *tables]
