"""What a table answers for many combinations of answers at once: value, what is possible, and the rules that fired.

Column names of a part start with its name: `x`, `x_possible`, `x_rule`, `x_needs` (and `x_low`, `x_high` of a score).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from oligoscope.tables.columnar.columns import base, column
from oligoscope.tables.columnar.combinations import Evaluated, Masks, Rankings
from oligoscope.tables.columnar.flags import Flags, Integers, Rows, Truths, grouped
from oligoscope.tables.columnar.grids import GridRows, ranked, share_of
from oligoscope.tables.columnar.inputs import Inputs
from oligoscope.tables.columnar.score import ScoreRows
from oligoscope.tables.model import Part, Table


def part_name(table: Table, part: Part) -> str:
    """The name that a part's columns begin with."""
    return f"{table.name}_{part.id}" if part.id else table.name


def answer_columns(table: Table) -> list[str]:
    """The columns that a cohort gets for one table."""
    if table.kind == "options":
        return [table.name, f"{table.name}_possible"]
    suffixes = ["", "_possible", "_rule", "_needs", *(["_low", "_high"] if table.score else [])]
    parts = [table.name] if table.score else [part_name(table, part) for part in table.parts]
    return [f"{part}{suffix}" for part in parts for suffix in suffixes]


def ranks_column(name: str) -> str:
    """The column of the number that stands for the ranks of a part's inputs."""
    return f"{base(name)}__ranks"


def sheets(table: Table) -> Iterator[tuple[str, Table]]:
    """What is evaluated as one, with a name for it: criteria and options by the parts that read the same inputs, since
    each reads few.
    """
    if table.kind in ("decision", "score"):
        yield table.name, table
        return
    by_inputs: dict[tuple[str, ...], list[Part]] = {}
    for part in table.parts:
        by_inputs.setdefault(part.grid.inputs, []).append(part)
    for inputs, parts in by_inputs.items():
        yield part_name(table, parts[0]), replace(table, parts=tuple(parts), inputs=inputs)


def table_answers(
    table: Table, inputs: Inputs, masks: Mapping[str, Integers], rankings: Mapping[str, Rankings]
) -> Evaluated:
    """What these combinations of answers lead to: the table's answer columns but for the needs, and what those and
    other tables read.
    """
    flags = Flags(len(next(iter(masks.values()))))
    parts = [GridRows(flags, part.grid, inputs.spread(flags, masks, part.grid)) for part in table.parts]
    if table.kind == "options":
        words = {name: flags.mask(part.outcomes) for name, part in zip(option_flags(table), parts, strict=True)}
        return Evaluated(np.zeros(flags.n, dtype=np.int64), handed_on=words)
    if table.score:
        return _score_answers(table, flags, parts, rankings)
    handed_on = {
        ranks_column(part_name(table, part)): _numbered(rankings[part_name(table, part)], rows.ranks())
        for part, rows in zip(table.parts, parts, strict=True)
    }
    if table.kind == "decision":
        handed_on[column(table.name)] = flags.mask(parts[0].outcomes)
    told = [(_truths(flags, rows.outcomes), _truths(flags, rows.rules())) for rows in parts]
    first, places = grouped([truth for outcomes, rules in told for truth in (*outcomes, *rules)])
    answers: dict[str, pl.Series] = {}
    for part, (outcomes, rules) in zip(table.parts, told, strict=True):
        answers |= _part_columns(
            part_name(table, part),
            part,
            _names(outcomes, part.outcomes, first),
            _names(rules, [rule.id for rule in part.rules], first),
        )
    return Evaluated(places, pl.DataFrame(answers), handed_on)


def _part_columns(
    name: str, part: Part, possible: Sequence[list[str]], rules: Sequence[list[str]]
) -> dict[str, pl.Series]:
    """Value, possible and rule, a row for each different answer."""
    values, fired = [], []
    for outcomes, fitting in zip(possible, rules, strict=True):
        settled = len(outcomes) == 1
        may = part.open if part.open and {part.met, part.open.then} & set(outcomes) else None
        values.append(outcomes[0] if settled else may.then if may else None)
        fired.append("|".join(fitting) if settled else may.id if may else None)
    return {name: _texts(values), f"{name}_possible": _texts(map("|".join, possible)), f"{name}_rule": _texts(fired)}


def _score_answers(
    table: Table, flags: Flags, parts: Sequence[GridRows], rankings: Mapping[str, Rankings]
) -> Evaluated:
    score = ScoreRows(table, flags, [(part.grid, part.answers) for part in parts])
    totals = score.totals_possible()
    outcomes = _truths(flags, score.outcomes)
    first, places = grouped([*outcomes, *(_truths(flags, totals.values()))])
    possible, names = _names(outcomes, table.codes, first), list(totals)
    reached = [[names[k] for k in row] for row in _set_bits(_truths(flags, totals.values()), first)]
    settled = [codes[0] if len(codes) == 1 else None for codes in possible]
    answers = {
        table.name: _texts(settled),
        f"{table.name}_possible": _texts(map("|".join, possible)),
        f"{table.name}_rule": _texts(score.totals.rule_of(code) if code else None for code in settled),
        f"{table.name}_low": pl.Series([min(row, default=None) for row in reached], dtype=pl.Float64),
        f"{table.name}_high": pl.Series([max(row, default=None) for row in reached], dtype=pl.Float64),
    }
    ranks = ranked([share_of(flags, settled, possible, matters) for settled, possible, matters in score.decisive()])
    handed_on = {
        ranks_column(table.name): _numbered(rankings[table.name], ranks),
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


def option_flags(table: Table) -> list[str]:
    """The columns of an options table's flags, one an option: 1 it cannot apply, 2 it certainly applies, 3 it may."""
    return [f"{base(part_name(table, part))}__may" for part in table.parts]


def option_masks(table: Table) -> Masks:
    """What `option_names` reads."""
    return {name: (pl.col(name), 2) for name in option_flags(table)}


def option_names(table: Table, masks: Mapping[str, Integers]) -> Evaluated:
    """The names of the options that certainly apply, and of those that may, from the options' flags."""
    names, words = [part.id for part in table.parts], [masks[flag] for flag in option_flags(table)]
    every = np.arange(len(words[0]))
    certain, may = (
        _names([word == 1 << _YES for word in words], names, every),
        _names([word >= 1 << _YES for word in words], names, every),
    )
    found = {table.name: _texts(map("|".join, certain)), f"{table.name}_possible": _texts(map("|".join, may))}
    return Evaluated(every, pl.DataFrame(found))
