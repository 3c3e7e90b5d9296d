"""A registry against the criteria of one trial, criterion by criterion: met, failed or unknown."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from oligoscope.chart.batch import Batch
from oligoscope.cohort.answers import needed_steps, run_steps
from oligoscope.errors import NotAllowed
from oligoscope.knowledge import Knowledge
from oligoscope.knowledge.trials import Trial
from oligoscope.tables.columnar import Answers, Memory
from oligoscope.tables.compile import CompiledTable, compile_table
from oligoscope.tables.model import Criteria, Criterion, Group, Rule
from oligoscope.trials.match import fitting

MET, FAILED, UNKNOWN = "met", "failed", "unknown"
ALL = "all"
"""The column of all criteria together: an exception to all of them counts there, and nowhere else."""


@dataclass(frozen=True)
class Asked:
    """The criteria of a trial that a chart answers: as the trial has them, and each by itself. left_out: ids of those
    that nobody need meet.
    """

    whole: CompiledTable
    group: str
    each: CompiledTable
    criteria: tuple[Criterion, ...]
    left_out: tuple[str, ...] = ()


def asked_by(trial: Trial, knowledge: Knowledge, left_out: Sequence[str] = ()) -> Asked:
    """Raises NotAllowed for a trial of which no criterion can be held against a chart, and for a criterion that is none
    of its own.
    """
    if trial.not_lung or not (trial.table or trial.criteria_of):
        problem = trial.not_lung or "none of its criteria can be held against a chart"
        raise NotAllowed("trial", trial.trial, "a trial with criteria that a chart answers", problem)
    name, group = trial.criteria_of.split("/") if trial.criteria_of else ("", trial.trial)
    whole = knowledge.compiled(name).only([group]) if name else trial.table
    assert whole is not None
    table = whole.table
    assert isinstance(table, Criteria)
    part = next(part for part in table.groups if part.id == group)
    # What only confirms a definition (imaging done) is asked by the work-up, not by the trial.
    criteria = tuple(each for each in part.criteria if not each.confirming)
    own = () if name else tuple(each.id for each in criteria)
    strange = next((each for each in left_out if each not in own), None)
    if strange is not None:
        whole_definition = "the trial's criteria are a published definition, which stands as a whole"
        problem = whole_definition if name else "it has none of that id"
        raise NotAllowed("leave-out", strange, ", ".join(own), problem)
    alone = replace(table, name=f"{table.name}-each", groups=tuple(_alone(part, each) for each in criteria))
    return Asked(whole, group, compile_table(alone, knowledge.domains, knowledge.asks), criteria, tuple(left_out))


def _alone(group: Group, criterion: Criterion) -> Group:
    """A group that asks for one criterion and nothing else."""
    otherwise = group.rules[-1]
    rules = (Rule(criterion.id, criterion.when, group.met, group.provenance), otherwise)
    inputs = tuple(name for name in group.inputs if any(name in alternative for alternative in criterion.when))
    return replace(group, id=criterion.id, criteria=(criterion,), rules=rules, inputs=inputs, open=None)


def words_of(batch: Batch, asked: Asked, knowledge: Knowledge, memory: Memory) -> pl.DataFrame:
    """patient_id, and a word for each criterion and for all of them.

    Unknown is what the chart leaves open. memory: kept between the batches of a run.
    """
    steps = needed_steps([*asked.whole.inputs, *asked.each.inputs], knowledge)
    answers = run_steps(batch, [*steps, asked.whole, asked.each], knowledge, memory).patients
    table = asked.whole.table
    assert isinstance(table, Criteria)
    met = next(part for part in table.groups if part.id == asked.group).met
    found = {ALL: _words(answers, f"{asked.whole.name}_{asked.group}", sorted(fitting(table)))}
    found |= {each.id: _words(answers, f"{asked.each.name}_{each.id}", [met]) for each in asked.criteria}
    if asked.left_out:
        kept = [found[each.id] for each in asked.criteria if each.id not in asked.left_out]
        found[ALL] = _together(kept)
    return answers.places.select("patient_id", **found)


def _together(kept: Sequence[pl.Series]) -> pl.Series:
    """Failed where one is, met where all are."""
    fails = pl.any_horizontal([pl.lit(words == FAILED) for words in kept])
    meets = pl.all_horizontal([pl.lit(words == MET) for words in kept])
    words = pl.when(fails).then(pl.lit(FAILED)).when(meets).then(pl.lit(MET)).otherwise(pl.lit(UNKNOWN))
    return pl.select(words).to_series()


def _words(answers: Answers, column: str, fits: Sequence[str]) -> pl.Series:
    home = answers.list_of(column)
    possible = answers.lists[home][f"{column}_possible"].str.split("|")
    may = possible.list.set_intersection(list(fits)).list.len() > 0
    must = possible.list.set_difference(list(fits)).list.len() == 0
    words = pl.when(~may).then(pl.lit(FAILED)).when(must).then(pl.lit(MET)).otherwise(pl.lit(UNKNOWN))
    return answers.spread(home, pl.select(words).to_series())
