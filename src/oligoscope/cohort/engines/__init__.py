"""Where a registry lives: its rows are brought together patient by patient there, and its answers are written there.

The tables have one executor for cohorts, on columns in memory. An engine reads its own source, hands batches of whole
patients to that executor, and writes what comes back: Polars in this process, DuckDB in this process but on disk, Spark
on its workers.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from oligoscope.chart.batch import ChartReader
from oligoscope.chart.problems import CaseError, Problem
from oligoscope.cohort.summary import Summary
from oligoscope.knowledge import Knowledge

Progress = Callable[[str, int], None]
"""Is told what is being done, and how many more patients are done."""
ANSWERS, REJECTS = "answers", "rejects"
NAMES = ("polars", "duckdb", "spark")


class Opened(Protocol):
    """A registry that an engine has found."""

    def columns(self) -> Mapping[str, Sequence[str]]:
        """By table its columns. Raises CaseError where a table cannot be read."""
        ...

    def labels(self) -> Mapping[str, str]:
        """By table what messages call it."""
        ...

    def inputs(self) -> Sequence[Path]:
        """The files that are read, which no result may overwrite."""
        ...

    def assess(self, reader: ChartReader, folder: Path, knowledge: Knowledge, progress: Progress) -> Summary:
        """Answer every patient: answers, lesion_answers and rejects are written into the folder."""
        ...


class Engine(Protocol):
    """Opens registries. Raises CaseError for what is none."""

    def open(self, source: Path) -> Opened: ...


def engine_of(name: str, at_once: int) -> Engine:
    """The engine of that name; only its own package is imported. Raises CaseError where that is not installed.

    at_once: patients held in memory at once.
    """
    try:
        match name:
            case "polars":
                from oligoscope.cohort.engines.polars import PolarsEngine

                return PolarsEngine(at_once)
            case "duckdb":
                from oligoscope.cohort.engines.duckdb import DuckDBEngine

                return DuckDBEngine(at_once)
            case "spark":
                from oligoscope.cohort.engines.spark import SparkEngine

                return SparkEngine()
    except ImportError as error:
        raise _unknown(
            name, f"{error.name} is not installed", f"install it: pip install 'oligoscope[{name}]'"
        ) from None
    raise _unknown(name, "there is no such engine", f"use one of {', '.join(NAMES)}")


def _unknown(name: str, text: str, fix: str) -> CaseError:
    return CaseError("engine", [Problem("engine", name, text, ", ".join(NAMES), fix)])
