"""What a cohort run leaves, whichever engine ran it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from oligoscope.cohort.summary import Summary
from oligoscope.errors import NotAllowed
from oligoscope.files.writing import check_overwriting

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
    n_read = summary.read_as.total()
    read_as = f", {n_read} entries in other words (read_as in summary.json)" if n_read else ""
    return (
        f"{summary.n_patients} patients assessed, {summary.n_rejected} entries rejected "
        f"({summary.n_left_out} patients left out){checks}{read_as}"
    )


def check_target(target: Path, names: Iterable[str], inputs: Iterable[Path]) -> None:
    """Raises NotAllowed where a folder cannot take results, or a result would overwrite what is read."""
    if not target.is_dir() and (target.exists() or not target.name):
        raise NotAllowed("output", target, "", "this is not a folder", "give the name of a folder for the results")
    for name in names:
        check_overwriting(target / name, inputs)
