"""A batch of charts through every table, by the columnar executor."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from oligoscope.chart.batch import Batch
from oligoscope.chart.integrity import assumable
from oligoscope.chart.layout import PATIENT_ID
from oligoscope.chart.rejects import LINE
from oligoscope.knowledge import Knowledge
from oligoscope.tables.columnar import PATIENT, Answers, CohortAnswers, Memory, run
from oligoscope.tables.compile import CompiledTable
from oligoscope.tables.facts import Fact
from oligoscope.tables.names import answer_columns
from oligoscope.vocabulary.fields import lists
from oligoscope.vocabulary.values import Name


@dataclass(frozen=True)
class AnswerRows:
    """Answers with what names their rows.

    keys: one row per answered patient or item, as files show it (patient_id; of an item also its own name and its row).
    line: the patient's row in the registry, by which batches are put in order.
    """

    keys: pl.DataFrame
    line: pl.Series
    answers: Answers

    def frame(self) -> pl.DataFrame:
        """Keys and answers side by side."""
        found = self.answers.frame()
        return self.keys.hstack(found.select(self.answers.columns).get_columns())


def cohort_columns(knowledge: Knowledge) -> list[str]:
    """The columns of a cohort's answers, in order."""
    return [PATIENT_ID, *(column for table in knowledge.tables for column in answer_columns(table))]


def answer_batch(
    batch: Batch, knowledge: Knowledge, memory: Memory, progress: Callable[[str], None] = lambda _: None
) -> CohortAnswers:
    """The answers of a batch.

    One memory for all batches of a cohort: what was answered is not worked out again. progress: is told what is being
    worked out.
    """
    return run_steps(batch, knowledge.steps, knowledge, memory, progress)


def run_steps(
    batch: Batch,
    steps: Sequence[Fact | CompiledTable],
    knowledge: Knowledge,
    memory: Memory,
    progress: Callable[[str], None] = lambda _: None,
    keep: Sequence[str] = (),
) -> CohortAnswers:
    """What these facts and tables say of a batch. keep: see `tables.columnar.run`."""
    tables = {name: (items, knowledge.lists[name]) for name, items in batch.lists.items() if name in knowledge.lists}
    return run(steps, knowledge.domains, knowledge.asks, batch.patients, tables, memory, progress, assumable(), keep)


def needed_steps(names: Iterable[str], knowledge: Knowledge) -> list[Fact | CompiledTable]:
    """These facts and tables and all that they read, in evaluation order."""
    steps = {step.name: step for step in knowledge.steps}
    waiting, wanted = list(names), set[str]()
    while waiting:
        name = waiting.pop()
        if name in steps and name not in wanted:
            wanted.add(name)
            waiting += steps[name].reads
    return [step for step in knowledge.steps if step.name in wanted]


def patient_rows(batch: Batch, answers: CohortAnswers) -> AnswerRows:
    """The patients' answers, one row per accepted patient."""
    return AnswerRows(batch.patients.select(PATIENT_ID), batch.patients[LINE], answers.patients)


def tables_of(batch: Batch, answers: CohortAnswers) -> dict[str, AnswerRows]:
    """Every table of answers by the name of its file: `answers`, and `lesion_answers` where tables ask of lesions."""
    return {"answers": patient_rows(batch, answers)} | {
        f"{item}_answers": rows for item, rows in item_rows(batch, answers)
    }


def item_rows(batch: Batch, answers: CohortAnswers) -> Iterator[tuple[str, AnswerRows]]:
    """By what one item is called (lesion), the answers about items of that list, one row per item."""
    for spec in lists():
        if spec.name in answers.items:
            items = batch.lists[spec.name]
            mine = items.select(PATIENT, LINE).join(
                batch.patients.select(PATIENT, PATIENT_ID, patient_line=pl.col(LINE)),
                on=PATIENT,
                how="left",
                maintain_order="left",
            )
            named = [each.name for each in spec.fields if isinstance(each.kind, Name) and each.name == "id"]
            keys = mine.select(PATIENT_ID, *(items[name].alias(spec.item) for name in named), row=pl.col(LINE))
            yield spec.item, AnswerRows(keys, mine["patient_line"], answers.items[spec.name])
