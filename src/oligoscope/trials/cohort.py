"""A cohort against the trials' criteria, by the columnar executor."""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import replace

import polars as pl

from oligoscope.assess.cohort import run_steps
from oligoscope.assess.cohort_read import Batch
from oligoscope.knowledge import Knowledge
from oligoscope.knowledge.model import uses
from oligoscope.knowledge.trials import Trial
from oligoscope.tables.columnar import Memory
from oligoscope.tables.facts import Fact
from oligoscope.tables.model import Table
from oligoscope.trials.match import MATCHES, NO, POSSIBLE, fitting


def match_batch(batch: Batch, trials: Sequence[Trial], knowledge: Knowledge, today: datetime.date) -> pl.DataFrame:
    """patient_id, and a column a trial: MATCHES, POSSIBLE or NO, as `match_trials` says it of one patient."""
    columns = {trial.trial: _column(trial) for trial in trials if _column(trial)}
    answers = run_steps(batch, _steps(trials, knowledge), knowledge, Memory()).patients
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


def _table(trial: Trial, knowledge: Knowledge) -> Table:
    return trial.table or knowledge.table(trial.criteria_of.split("/")[0])


def _steps(trials: Sequence[Trial], knowledge: Knowledge) -> list[Fact | Table]:
    """The facts and tables that the trials' criteria read, in order, and the criteria themselves; of shared tables only
    the groups named.
    """
    groups = [tuple(trial.criteria_of.split("/")) for trial in trials if trial.criteria_of]
    shared = [
        _only(knowledge.table(name), [g for n, g in groups if n == name])
        for name in dict.fromkeys(n for n, _ in groups)
    ]
    tables = [*shared, *(trial.table for trial in trials if trial.table)]
    wanted = set(_needed([name for table in tables for name in table.inputs], knowledge))
    return [*(step for step in knowledge.steps if step.name in wanted), *tables]


def _only(table: Table, groups: Sequence[str]) -> Table:
    parts = tuple(part for part in table.parts if part.id in groups)
    inputs = tuple(dict.fromkeys(name for part in parts for name in part.grid.inputs))
    return replace(table, parts=parts, inputs=inputs)


def _needed(names: Sequence[str], knowledge: Knowledge) -> Iterator[str]:
    """These steps and all that they read."""
    steps = {step.name: step for step in knowledge.steps}
    waiting, seen = list(names), set[str]()
    while waiting:
        name = waiting.pop()
        if name in steps and name not in seen:
            seen.add(name)
            waiting += uses(steps[name])
            yield name
