"""What the reference says of each combination of answers that occurs, as columns: value, what is possible, and the
rules that fired.

Column names of a part start with its name: `x`, `x_possible`, `x_rule`, `x_needs` (and `x_low`, `x_high` of a score).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import polars as pl

from oligoscope.tables.columnar.columns import column
from oligoscope.tables.columnar.combinations import Evaluated, Integers, Masks, Numbered
from oligoscope.tables.columnar.inputs import Inputs
from oligoscope.tables.compile import CompiledTable
from oligoscope.tables.model import Options, Score
from oligoscope.tables.names import part_name
from oligoscope.tables.search import Question, Said, Shares

YES = 1
"""The place of "it applies" among an option's outcomes (it does not, it does)."""


def ranks_column(name: str) -> str:
    """The column of the number that stands for how decisive a part's inputs are."""
    return f"{name}__ranks"


def sheets(table: CompiledTable) -> Iterator[tuple[str, CompiledTable]]:
    """What is looked up as one, with a name for it: criteria and options by the parts that read the same inputs, since
    packing keys costs more than these few combinations.
    """
    if table.table.one_answer:
        yield table.name, table
        return
    by_inputs: dict[tuple[str, ...], list[str]] = {}
    for part in table.parts:
        by_inputs.setdefault(part.inputs, []).append(part.id)
    for ids in by_inputs.values():
        yield part_name(table.table, ids[0]), table.only(ids)


def table_answers(
    table: CompiledTable, inputs: Inputs, masks: Mapping[str, Integers], rankings: Mapping[str, Numbered[Shares]]
) -> Evaluated:
    """What these combinations of answers lead to: the table's answer columns but for the needs, and what those and
    other tables read.
    """
    names = [part_name(table.table, question.id) for question in table.questions]
    handed_on: dict[str, Integers] = {}
    different, numbers = [], []
    for name, question in zip(names, table.questions, strict=True):
        said, number, ranks = _explore(question, inputs.rows(question, masks), rankings[name])
        of_said = np.array([sum(1 << o for o in each.outcomes) for each in said], dtype=np.int64)
        if isinstance(table.table, Options):
            handed_on[_may(name)] = of_said[number]
            continue
        handed_on[ranks_column(name)] = ranks
        if table.table.one_answer:
            handed_on[column(name)] = of_said[number]
        different.append(said)
        numbers.append(number.tolist())
    if isinstance(table.table, Options):
        # What options answer is one text for the whole table, see `option_names`.
        return Evaluated(np.zeros(len(next(iter(masks.values()))), dtype=np.int64), handed_on=handed_on)
    rows = Numbered[tuple[int, ...]]()
    places = np.array([rows[row] for row in zip(*numbers, strict=True)], dtype=np.int64)
    answers: dict[str, pl.Series] = {}
    for n, (name, question) in enumerate(zip(names, table.questions, strict=True)):
        answers |= _columns(
            name, question, [different[n][row[n]] for row in rows], total=isinstance(table.table, Score)
        )
    return Evaluated(places, pl.DataFrame(answers), handed_on)


def _explore(
    question: Question, rows: Iterable[tuple[int, ...]], rankings: Numbered[Shares]
) -> tuple[list[Said], Integers, Integers]:
    """(what is said of some row, each row's place among that, the number of each row's shares)."""
    different, places, ranks = Numbered[Said](), [], []
    for row in rows:
        said, shares = question.explore(row)
        places.append(different[said])
        ranks.append(rankings[shares])
    return list(different), np.array(places, dtype=np.int64), np.array(ranks, dtype=np.int64)


def _columns(name: str, question: Question, said: Sequence[Said], *, total: bool) -> dict[str, pl.Series]:
    """The answer columns of a part but for its needs; total: with the lowest and highest of a score."""
    told = [question.told(each) for each in said]
    found = {
        name: _texts(each.value for each in told),
        f"{name}_possible": _texts("|".join(each.possible) for each in told),
        f"{name}_rule": _texts("|".join(each.rules) or None for each in told),
    }
    if total:
        for end, place in (("low", 0), ("high", 1)):
            ends = [each.total[place] if each.total else None for each in said]
            found[f"{name}_{end}"] = pl.Series(ends, dtype=pl.Float64)
    return found


def _texts(values: Iterable[str | None]) -> pl.Series:
    return pl.Series(list(values), dtype=pl.String)


# ---- options -------------------------------------------------------------------------------------


def _may(name: str) -> str:
    """The column of an option's flag: 1 it cannot apply, 2 it certainly applies, 3 it may."""
    return f"{name}__may"


def option_masks(table: CompiledTable) -> Masks:
    """What `option_names` reads, one mask an option."""
    flags = [_may(part_name(table.table, part.id)) for part in table.parts]
    return {flag: (pl.col(flag), 2) for flag in flags}


def option_names(table: CompiledTable, masks: Mapping[str, Integers]) -> Evaluated:
    """The names of the options that certainly apply, and of those that may, from the options' flags."""
    names = [part.id for part in table.parts]
    rows = list(zip(*(mask.tolist() for mask in masks.values()), strict=True))
    certain = ["|".join([name for name, flag in zip(names, row, strict=True) if flag == 1 << YES]) for row in rows]
    may = ["|".join([name for name, flag in zip(names, row, strict=True) if flag >> YES & 1]) for row in rows]
    answers = pl.DataFrame({table.name: _texts(certain), f"{table.name}_possible": _texts(may)})
    return Evaluated(np.arange(len(rows)), answers)
