"""What answers rest on, where something is assumed of charts: as `reference._assuming`, over columns.

Of a name with assumptions the columns hold the answer with them; `without(name)` has what is possible without, and
`assumes(name)` a mask of the fields that it rests on. A batch of which nothing is assumed has neither, and costs
nothing.
"""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import polars as pl

from oligoscope.tables.columnar.columns import assumes, column, columns_of, without
from oligoscope.tables.columnar.combinations import Evaluated, Integers, Keys, Memory, narrow
from oligoscope.tables.columnar.inputs import Inputs
from oligoscope.tables.compile import CompiledTable
from oligoscope.tables.domain import Domain
from oligoscope.tables.names import part_name
from oligoscope.tables.search import Question

Domains = Mapping[str, Domain]


def resting(frame: pl.DataFrame, names: Iterable[str]) -> list[str]:
    """Those of the names of which something is assumed somewhere in the frame."""
    return [name for name in names if assumes(name) in frame.columns]


def told_without(frame: pl.DataFrame, names: Iterable[str], domains: Domains) -> pl.DataFrame:
    """A frame in which nothing is assumed of these names."""
    return frame.with_columns(
        pl.col(free).alias(own)
        for name in names
        for own, free in zip(columns_of(name, domains[name]), columns_of(without(name), domains[name]), strict=True)
    )


def marked(
    frame: pl.DataFrame, name: str, domain: Domain, free: Sequence[pl.Series], rests_on: Integers
) -> list[pl.Series]:
    """The columns that say what is possible of a name without what it rests on; none where that is the same.

    free: what is possible without, under whatever name.
    """
    own = columns_of(name, domain)
    differs = np.zeros(len(frame), dtype=bool)
    for each, alone in zip(own, free, strict=True):
        differs |= (frame[each] != alone).to_numpy()
    if not differs.any():
        return []
    kept = [series.alias(new) for series, new in zip(free, columns_of(without(name), domain), strict=True)]
    return [*kept, pl.Series(assumes(name), np.where(differs, rests_on, 0).astype(np.int16))]


def fields_of(frame: pl.DataFrame, names: Iterable[str]) -> Integers:
    """The fields that any of these names rests on, row by row."""
    found = np.zeros(len(frame), dtype=np.int64)
    for name in resting(frame, names):
        found |= frame[assumes(name)].to_numpy()
    return found


class TableRests:
    """What the parts of one table rest on.

    masks: of every part, by its name, the fields, row by row; only of parts that rest on any.  handed_on: of a table
    with one answer the columns for later steps.
    """

    def __init__(self, frame: pl.DataFrame, table: CompiledTable, domains: Domains, memory: Memory) -> None:
        self.masks: dict[str, Integers] = {}
        self.handed_on: list[pl.Series] = []
        for question in table.questions:
            names = resting(frame, question.inputs)
            if names:
                self._add(frame, table, question, names, domains, memory)

    def _add(
        self,
        frame: pl.DataFrame,
        table: CompiledTable,
        question: Question,
        names: Sequence[str],
        domains: Domains,
        memory: Memory,
    ) -> None:
        name = part_name(table.table, question.id)
        rows = np.flatnonzero(fields_of(frame, names))
        told = frame[rows]
        answered = _said(told, name, question, domains, memory)
        bare = _said(told_without(told, names, domains), name, question, domains, memory)
        rests_on = np.zeros(len(rows), dtype=np.int64)
        for each in names:
            trial = told_without(told, [each], domains)
            found = _said(trial, name, question, domains, memory)
            same = pl.Series((found == answered).all(axis=1))
            rests_on |= np.where(same.to_numpy(), 0, told[assumes(each)].to_numpy())
            told = told.with_columns(
                pl.when(same).then(trial[own]).otherwise(pl.col(own)).alias(own)
                for own in columns_of(each, domains[each])
            )
        if rests_on.any():
            self.masks[name] = np.zeros(len(frame), dtype=np.int64)
            self.masks[name][rows] = rests_on
        if table.table.one_answer:
            own = frame[column(name)]
            free = own.to_numpy().copy()
            free[rows] = bare[:, 0]
            whole = self.masks.get(name, np.zeros(len(frame), dtype=np.int64))
            self.handed_on += marked(frame, name, table.table.domain, [pl.Series(free, dtype=own.dtype)], whole)


def _said(frame: pl.DataFrame, name: str, question: Question, domains: Domains, memory: Memory) -> Integers:
    """For each row the outcomes that are possible, as a mask, and lowest and highest total of a score."""
    inputs = Inputs((question,), domains)
    keys, memo = Keys(frame, inputs.masks()), memory.memo(f"{name} possible")
    new = memo.unseen(keys.frame)
    said = [question.explore(row).said for row in inputs.rows(question, keys.masks_of(new))]
    ends = [each.total or (0.0, 0.0) for each in said]
    found = {
        "outcomes": [sum(1 << o for o in each.outcomes) for each in said],
        "low": [round(low * _PARTS) for low, _ in ends],
        "high": [round(high * _PARTS) for _, high in ends],
    }
    handed_on = {each: np.array(values, dtype=np.int64) for each, values in found.items()}
    memo.add(new, Evaluated(np.zeros(len(new), dtype=np.int64), handed_on=handed_on))
    rows = memo.rows(keys.frame)
    return np.stack([memo.handed_on[each][rows] for each in found], axis=1)


_PARTS = 1_000
"""Totals are told apart by thousandths of a point."""


def in_text(name: str, masks: Integers, assumable: Sequence[str]) -> tuple[pl.Series, pl.DataFrame]:
    """(each row's place, the different texts): which fields an answer rests on."""
    different, places = np.unique(masks, return_inverse=True)
    texts = ["|".join(field for k, field in enumerate(assumable) if mask >> k & 1) for mask in different.tolist()]
    place = f"{name}_assumes place"
    return pl.Series(place, narrow(places)), pl.DataFrame(
        {f"{name}_assumes": texts}, schema={f"{name}_assumes": pl.String}
    )
