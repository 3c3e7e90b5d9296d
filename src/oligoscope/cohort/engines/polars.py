"""Files, read and answered in this process; what does not fit into memory goes through parts on disk."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from oligoscope.chart.batch import ChartReader
from oligoscope.chart.rejects import in_order, no_rejects
from oligoscope.chart.sources import Source
from oligoscope.chart.sources.files import find_files
from oligoscope.cohort.answers import answer_batch, tables_of
from oligoscope.cohort.engines import REJECTS, Progress
from oligoscope.cohort.gather import AT_ONCE, gather
from oligoscope.cohort.summary import Summary
from oligoscope.cohort.writers import AnswerFiles
from oligoscope.knowledge import Knowledge
from oligoscope.tables.columnar import Memory


@dataclass(frozen=True)
class PolarsEngine:
    """at_once: patients held in memory."""

    at_once: int = AT_ONCE

    def open(self, source: Path) -> "_Rows":
        return self.over(find_files(source))

    def over(self, source: Source) -> "_Rows":
        """A registry whose rows come from somewhere else than its own files."""
        return _Rows(source, self.at_once)


@dataclass(frozen=True)
class _Rows:
    source: Source
    at_once: int

    def columns(self) -> Mapping[str, Sequence[str]]:
        return self.source.columns()

    def labels(self) -> Mapping[str, str]:
        return self.source.labels()

    def inputs(self) -> Sequence[Path]:
        return self.source.inputs()

    def assess(self, reader: ChartReader, folder: Path, knowledge: Knowledge, progress: Progress) -> Summary:
        """Batch by batch: one is written and counted while the next is assessed, and no further ahead."""
        summary, memory, rejects = Summary(), Memory(), [no_rejects()]
        progress("reading", 0)
        gathered = gather(self.source, reader.layout, self.at_once, folder)
        files = AnswerFiles(folder, self.source.format, is_whole=gathered.is_whole)
        with ThreadPoolExecutor(2) as background:
            kept: list[Future[None]] = []
            for chunk in gathered.chunks:
                batch = reader.read(chunk)
                answers = answer_batch(batch, knowledge, memory, lambda what: progress(what, 0))
                for task in kept:
                    task.result()
                kept = [
                    background.submit(files.write, tables_of(batch, answers)),
                    background.submit(summary.add, answers, knowledge),
                ]
                summary.count_batch(batch, answers, knowledge)
                rejects.append(batch.rejects)
                progress("writing", len(batch.patients) + batch.left_out)
            for task in kept:
                task.result()
        files.close(self.at_once)
        in_order(self.source.named(pl.concat(rejects))).write_csv(folder / f"{REJECTS}.csv")
        return summary
