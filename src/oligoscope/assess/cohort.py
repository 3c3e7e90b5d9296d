"""A cohort through every table, by the columnar executor, batch by batch."""

from collections.abc import Callable, Sequence
from typing import Any

import narwhals as nw
import polars as pl

from oligoscope.assess.answers import Answers
from oligoscope.assess.cohort_read import Batch
from oligoscope.knowledge.load import Knowledge
from oligoscope.tables.columnar import Engine, PolarsEngine, answer_columns, run
from oligoscope.tables.facts import Fact
from oligoscope.tables.model import Table


def cohort_columns(knowledge: Knowledge) -> list[str]:
    """The columns of a cohort's answers, in order."""
    return ["patient_id", *(column for table in knowledge.tables for column in answer_columns(table))]


def answer_batch(
    batch: Batch, knowledge: Knowledge, engine: PolarsEngine, progress: Callable[[str], None] = lambda _: None
) -> Answers:
    """The answers of a batch.

    One engine for all batches of a cohort: it remembers what it has answered. progress: is told what is being worked
    out.
    """
    return Answers.of(
        run_steps(batch, knowledge.steps, knowledge, engine, progress).to_native(),
        engine,
        cohort_columns(knowledge)[1:],
    )


def assess_batch(batch: Batch, knowledge: Knowledge, engine: Engine | None = None) -> Any:
    """The answers of a batch as a frame of the engine (Polars by default), one row a patient, columns as
    `cohort_columns`.
    """
    engine = engine or PolarsEngine()
    if isinstance(engine, PolarsEngine):
        return answer_batch(batch, knowledge, engine).frame()
    return run_steps(batch, knowledge.steps, knowledge, engine).select(*cohort_columns(knowledge)).to_native()


def run_steps(
    batch: Batch,
    steps: Sequence[Fact | Table],
    knowledge: Knowledge,
    engine: Engine,
    progress: Callable[[str], None] = lambda _: None,
) -> Any:
    """The frame that these facts and tables leave of a batch."""
    lists = {name: (_load(items, engine), knowledge.lists[name]) for name, items in batch.lists.items()}
    return run(steps, knowledge.domains, knowledge.asks, _load(batch.patients, engine), lists, engine, progress)


def _load(frame: pl.DataFrame, engine: Engine) -> Any:
    if isinstance(engine, PolarsEngine):
        return nw.from_native(frame)
    return engine.load(frame.to_arrow())
