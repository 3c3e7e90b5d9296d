"""A cohort through every table, by the columnar executor, batch by batch."""

from collections.abc import Callable, Sequence

import polars as pl

from oligoscope.assess.cohort_read import Batch
from oligoscope.knowledge import Knowledge
from oligoscope.tables.columnar import Answers, CohortAnswers, Memory, answer_columns, run
from oligoscope.tables.facts import Fact
from oligoscope.tables.model import Table


def cohort_columns(knowledge: Knowledge) -> list[str]:
    """The columns of a cohort's answers, in order."""
    return ["patient_id", *(column for table in knowledge.tables for column in answer_columns(table))]


def answer_batch(
    batch: Batch, knowledge: Knowledge, memory: Memory, progress: Callable[[str], None] = lambda _: None
) -> Answers:
    """The answers of a batch.

    One memory for all batches of a cohort: what was answered is not worked out again. progress: is told what is being
    worked out.
    """
    return run_steps(batch, knowledge.steps, knowledge, memory, progress).patients


def assess_batch(batch: Batch, knowledge: Knowledge) -> pl.DataFrame:
    """The answers of a batch, one row per patient, columns as `cohort_columns`."""
    return answer_batch(batch, knowledge, Memory()).frame()


def run_steps(
    batch: Batch,
    steps: Sequence[Fact | Table],
    knowledge: Knowledge,
    memory: Memory,
    progress: Callable[[str], None] = lambda _: None,
) -> CohortAnswers:
    """What these facts and tables say of a batch."""
    lists = {name: (items, knowledge.lists[name]) for name, items in batch.lists.items()}
    return run(steps, knowledge.domains, knowledge.asks, batch.patients, lists, memory, progress)
