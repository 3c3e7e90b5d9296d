"""What a table answers for many combinations of answers at once: value, what is possible, and the rules that fired.

Column names of a part start with its name: `x`, `x_possible`, `x_rule`, `x_needs` (and `x_low`, `x_high` of a score).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import polars as pl

from oligoscope.tables.columnar.columns import column
from oligoscope.tables.columnar.combinations import Evaluated, Masks, Rankings
from oligoscope.tables.columnar.flags import Flags, Integers, Rows, Truths, grouped
from oligoscope.tables.columnar.grids import GridRows, ranked, share_of
from oligoscope.tables.columnar.inputs import Inputs
from oligoscope.tables.columnar.score import ScoreRows
from oligoscope.tables.compile import CompiledTable
from oligoscope.tables.model import Options, Part
from oligoscope.tables.names import part_name
from oligoscope.tables.reference import may_be_met
from oligoscope.tables.score import Totals


def ranks_column(name: str) -> str:
    """The column of the number that stands for the ranks of a part's inputs."""
    return f"{name}__ranks"


def sheets(table: CompiledTable) -> Iterator[tuple[str, CompiledTable]]:
    """What is evaluated as one, with a name for it: criteria and options by the parts that read the same inputs, since
    each reads few.
    """
    if table.table.one_answer:
        yield table.name, table
        return
    by_inputs: dict[tuple[str, ...], list[str]] = {}
    for part in table.parts:
        by_inputs.setdefault(part.grid.inputs, []).append(part.id)
    for ids in by_inputs.values():
        sheet = table.only(ids)
        yield part_name(table.table, ids[0]), sheet


def table_answers(
    table: CompiledTable, inputs: Inputs, masks: Mapping[str, Integers], rankings: Mapping[str, Rankings]
) -> Evaluated:
    """What these combinations of answers lead to: the table's answer columns but for the needs, and what those and
    other tables read.
    """
    flags = Flags(len(next(iter(masks.values()))))
    grids = [GridRows(flags, part.grid, inputs.spread(flags, masks, part.grid)) for part in table.parts]
    if isinstance(table.table, Options):
        words = {name: flags.mask(rows.outcomes) for name, rows in zip(option_flags(table), grids, strict=True)}
        return Evaluated(np.zeros(flags.n, dtype=np.int64), handed_on=words)
    if table.totals:
        return _score_answers(table, table.totals, flags, grids, rankings[table.name])
    names = [part_name(table.table, part.id) for part in table.parts]
    handed_on = {
        ranks_column(name): _numbered(rankings[name], rows.ranks()) for name, rows in zip(names, grids, strict=True)
    }
    if table.table.one_answer:
        handed_on[column(table.name)] = flags.mask(grids[0].outcomes)
    told = [(_truths(flags, rows.outcomes), _truths(flags, rows.rules())) for rows in grids]
    first, places = grouped([truth for outcomes, rules in told for truth in (*outcomes, *rules)])
    answers: dict[str, pl.Series] = {}
    for name, part, (outcomes, rules) in zip(names, table.parts, told, strict=True):
        possible = _names(outcomes, part.part.outcomes, first)
        answers |= _part_columns(name, part.part, possible, _names(rules, [rule.id for rule in part.rules], first))
    return Evaluated(places, pl.DataFrame(answers), handed_on)


def _part_columns(
    name: str, part: Part, possible: Sequence[list[str]], rules: Sequence[list[str]]
) -> dict[str, pl.Series]:
    """Value, possible and rule, a row for each different answer."""
    values, fired = [], []
    for outcomes, fitting in zip(possible, rules, strict=True):
        settled = len(outcomes) == 1
        may = may_be_met(part, outcomes)
        values.append(outcomes[0] if settled else may.then if may else None)
        fired.append("|".join(fitting) if settled else may.id if may else None)
    return {name: _texts(values), f"{name}_possible": _texts(map("|".join, possible)), f"{name}_rule": _texts(fired)}


def _score_answers(
    table: CompiledTable, arithmetic: Totals, flags: Flags, grids: Sequence[GridRows], rankings: Rankings
) -> Evaluated:
    score = ScoreRows(arithmetic, flags, [rows.answers for rows in grids])
    totals = score.totals_possible()
    outcomes = _truths(flags, score.outcomes)
    first, places = grouped([*outcomes, *(_truths(flags, totals.values()))])
    possible, names = _names(outcomes, arithmetic.codes, first), list(totals)
    reached = [[names[k] for k in row] for row in _set_bits(_truths(flags, totals.values()), first)]
    settled = [codes[0] if len(codes) == 1 else None for codes in possible]
    answers = {
        table.name: _texts(settled),
        f"{table.name}_possible": _texts(map("|".join, possible)),
        f"{table.name}_rule": _texts(arithmetic.rule_of(code) if code else None for code in settled),
        f"{table.name}_low": pl.Series([min(row, default=None) for row in reached], dtype=pl.Float64),
        f"{table.name}_high": pl.Series([max(row, default=None) for row in reached], dtype=pl.Float64),
    }
    ranks = ranked([share_of(flags, settled, possible, matters) for settled, possible, matters in score.decisive()])
    handed_on = {
        ranks_column(table.name): _numbered(rankings, ranks),
        column(table.name): flags.mask(score.outcomes),
    }
    return Evaluated(places, pl.DataFrame(answers), handed_on)


def _numbered(rankings: Rankings, ranks: Sequence[Integers]) -> Integers:
    """Each row's ranks as one number."""
    first, kind = grouped(ranks)
    different = list(zip(*(rank[first].tolist() for rank in ranks), strict=True))
    return np.array(rankings.number(different), dtype=np.int64)[kind]


def _truths(flags: Flags, parts: Iterable[Rows]) -> list[Truths]:
    return [flags.where(part) for part in parts]


def _set_bits(truths: Sequence[Truths], rows: Integers) -> list[list[int]]:
    """For these rows, which of the truths hold."""
    return [np.flatnonzero(row).tolist() for row in np.stack(truths)[:, rows].T]


def _names(truths: Sequence[Truths], names: Sequence[str], rows: Integers) -> list[list[str]]:
    """For these rows the names whose truth holds, in order; an empty name stands for nothing to show."""
    return [[names[k] for k in held if names[k]] for held in _set_bits(truths, rows)]


def _texts(values: Iterable[str | None]) -> pl.Series:
    return pl.Series(list(values), dtype=pl.String)


# ---- options -------------------------------------------------------------------------------------


_YES = 1


def option_flags(table: CompiledTable) -> list[str]:
    """The columns of an options table's flags, one an option: 1 it cannot apply, 2 it certainly applies, 3 it may."""
    return [f"{part_name(table.table, part.id)}__may" for part in table.parts]


def option_masks(table: CompiledTable) -> Masks:
    """What `option_names` reads."""
    return {name: (pl.col(name), 2) for name in option_flags(table)}


def option_names(table: CompiledTable, masks: Mapping[str, Integers]) -> Evaluated:
    """The names of the options that certainly apply, and of those that may, from the options' flags."""
    names, words = [part.id for part in table.parts], [masks[flag] for flag in option_flags(table)]
    every = np.arange(len(words[0]))
    certain, may = (
        _names([word == 1 << _YES for word in words], names, every),
        _names([word >= 1 << _YES for word in words], names, every),
    )
    found = {table.name: _texts(map("|".join, certain)), f"{table.name}_possible": _texts(map("|".join, may))}
    return Evaluated(every, pl.DataFrame(found))
