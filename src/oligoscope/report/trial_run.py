"""Match a cohort's files against the trials: one CSV with a column a trial, the rejects beside it."""

import datetime
import sys
from pathlib import Path

import polars as pl

from oligoscope.assess.cohort_read import CohortReader, find_cohort
from oligoscope.knowledge import Knowledge
from oligoscope.trials.cohort import match_batch

BATCH = 1_000_000


def run_matching(source: Path, target: Path, knowledge: Knowledge, today: datetime.date) -> int:
    """Match every patient at `source`; returns how many entries were rejected.

    Raises CaseError before anything is written.
    """
    trials = knowledge.trials
    reader = CohortReader(find_cohort(source), knowledge, today)
    batches = list(reader.batches(BATCH))
    found = [match_batch(batch, trials, knowledge, today) for batch in batches]
    frame = pl.concat(found) if found else pl.DataFrame(schema=["patient_id", *(trial.trial for trial in trials)])
    rejects = pl.concat([batch.rejects for batch in batches]) if batches else pl.DataFrame()
    target.parent.mkdir(parents=True, exist_ok=True)
    working = target.with_name(f".{target.name}.part")
    frame.write_csv(working)
    working.replace(target)
    if len(rejects):
        rejects.write_csv(target.with_name(f"{target.stem}-rejects.csv"))
    sys.stderr.write(
        f"{len(frame)} patients held against {len(trials)} trials, {len(rejects)} entries rejected; {target}\n"
    )
    return len(rejects)
