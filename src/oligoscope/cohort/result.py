"""What a cohort run leaves, whichever engine ran it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from oligoscope.chart.problems import CaseError, Problem
from oligoscope.cohort.summary import Summary

SUFFIXES = ("csv", "parquet")


@dataclass(frozen=True)
class CohortResult:
    """A run that wrote files. folder: where they lie.  files: by what they hold (answers, lesion_answers, rejects).

    notes: how an export was read by its mapping.
    """

    summary: Summary
    folder: Path
    files: Mapping[str, Path]
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "\n".join([*self.notes, f"{counted(self.summary)}; results in {self.folder}"])


@dataclass(frozen=True)
class CohortFrames:
    """A run in memory. answers: one row per accepted patient.  items: by item (lesion), one row per item, where tables
    are about items.  rejects: one row per entry that was not accepted.
    """

    summary: Summary
    answers: pl.DataFrame
    rejects: pl.DataFrame
    items: Mapping[str, pl.DataFrame] = field(default_factory=dict)

    def __str__(self) -> str:
        return counted(self.summary)


def counted(summary: Summary) -> str:
    """How a run went, in a line."""
    checks = f", {summary.n_checks} entries to check" if summary.n_checks else ""
    return (
        f"{summary.n_patients} patients assessed, {summary.n_rejected} entries rejected "
        f"({summary.n_left_out} patients left out){checks}"
    )


def check_target(target: Path, names: Iterable[str], inputs: Iterable[Path]) -> None:
    """Raises CaseError where a folder cannot take results, or a result would overwrite what is read."""
    if target.exists() and not target.is_dir():
        raise _output(target, "this is not a folder", "give the name of a folder for the results")
    for name in names:
        check_file(target / name, inputs)


def check_file(path: Path, inputs: Iterable[Path]) -> None:
    """Raises CaseError where a file to be written is one that is read."""
    if any(path.resolve() == each.resolve() for each in inputs):
        raise _output(path, "this would overwrite what is read", "give another name for the results")


def output_error(path: Path, error: OSError) -> CaseError:
    """That a path cannot be written."""
    return _output(path, f"it cannot be written ({error.strerror})", "give a path that can be written")


def _output(path: Path, text: str, fix: str) -> CaseError:
    return CaseError(str(path), [Problem("output", str(path), text, "", fix)])
