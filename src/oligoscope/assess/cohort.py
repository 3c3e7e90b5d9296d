"""A cohort through every table, by the columnar executor, batch by batch."""

from typing import Any

import narwhals as nw
import polars as pl

from oligoscope.assess.cohort_read import Batch
from oligoscope.knowledge.load import Knowledge
from oligoscope.tables.columnar import Engine, PolarsEngine, answer_columns, run


def cohort_columns(knowledge: Knowledge) -> list[str]:
    """The columns of a cohort's answers, in order."""
    return ["patient_id", *(column for table in knowledge.tables for column in answer_columns(table))]


def assess_batch(batch: Batch, knowledge: Knowledge, engine: Engine | None = None) -> Any:
    """The answers of a batch as a frame of the engine (Polars by default), one row a patient, columns as `cohort_columns`."""
    engine = engine or PolarsEngine()
    asks_of = {**knowledge.asks}
    patients = _load(batch.patients, engine)
    lists = {name: (_load(items, engine), knowledge.lists[name]) for name, items in batch.lists.items()}
    answered = run(knowledge.steps, knowledge.domains, asks_of, patients, lists, engine)
    return answered.select(*cohort_columns(knowledge)).to_native()


def _load(frame: pl.DataFrame, engine: Engine) -> Any:
    if isinstance(engine, PolarsEngine):
        return nw.from_native(frame)
    return engine.load(frame.to_arrow())
