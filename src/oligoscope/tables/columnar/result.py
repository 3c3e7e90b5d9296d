"""A cohort's answers as they occur: few different ones, and for each patient (or list item) which."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby

import numpy as np
import polars as pl


@dataclass(frozen=True)
class Answers:
    """The answers of one batch.

    places: patient_id, and for every list of answers each patient's place in it.  lists: by the name of its column in
    `places`, the answers that occur, one per row.  columns: the answer columns in order, each of which stands in one of
    the lists.
    """

    places: pl.DataFrame
    lists: Mapping[str, pl.DataFrame]
    columns: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.places)

    def list_of(self, column: str) -> str:
        """The name of the list that holds this column."""
        return next(name for name, answers in self.lists.items() if column in answers.columns)

    def spread(self, name: str, of_answers: pl.Series) -> pl.Series:
        """What a series says of each answer of a list, said of each patient."""
        return of_answers.gather(self.places[name])

    def frame(self) -> pl.DataFrame:
        """One row per patient: patient_id and the answer columns."""
        return self.places.select(
            pl.exclude(list(self.lists)),
            *(self.spread(name, self.lists[name][column]) for column, name in self._sources()),
        )

    def stretches(self) -> Iterator[tuple[str, list[str]]]:
        """Neighbouring columns of one list, with its name, in the order of the columns."""
        for name, pairs in groupby(self._sources(), key=lambda pair: pair[1]):
            yield name, [column for column, _ in pairs]

    def counts(self, column: str) -> Iterator[tuple[str | None, int]]:
        """Each answer of a column, and how many patients have it."""
        name = self.list_of(column)
        values = self.lists[name].select(value=column, n=self._sizes[name]).filter(pl.col("n") > 0)
        yield from values.group_by("value", maintain_order=True).agg(pl.col("n").sum()).iter_rows()

    @cached_property
    def _sizes(self) -> Mapping[str, pl.Series]:
        """Of every list how many patients have each of its answers."""
        return {
            name: pl.Series(np.bincount(self.places[name].to_numpy(), minlength=len(answers)))
            for name, answers in self.lists.items()
        }

    def _sources(self) -> Iterator[tuple[str, str]]:
        homes = {column: name for name, answers in self.lists.items() for column in answers.columns}
        return ((column, homes[column]) for column in self.columns)


@dataclass(frozen=True)
class CohortAnswers:
    """What `run` finds.

    patients: one row per patient.  items: by list, one row per item, for the tables about an item of that list.  kept:
    of each patient the columns that were to be kept.
    """

    patients: Answers
    items: Mapping[str, Answers] = field(default_factory=dict)
    kept: pl.DataFrame = field(default_factory=pl.DataFrame)
