"""Facts over columns: what their operators give, whether lists are all there is, and what is asked."""

from collections.abc import Mapping, Sequence

import polars as pl

from oligoscope.tables.columnar.columns import (
    all_of,
    any_of,
    asks,
    bit,
    column,
    columns_of,
    given,
    high,
    is_single,
    kind_of,
    low,
    pack,
)
from oligoscope.tables.columnar.expressions import Expressions, Folded, Layers
from oligoscope.tables.columnar.lists import ListFacts
from oligoscope.tables.domain import Choices, Dates, Domain
from oligoscope.tables.facts import Fact
from oligoscope.tables.grid import Grid
from oligoscope.tables.operators import Columns

# ---- yes/no grids --------------------------------------------------------------------------------


def possible_answers(grid: Grid, domains: Mapping[str, Domain]) -> tuple[pl.Expr, pl.Expr]:
    """Of a (no, yes) grid: whether no, and whether yes, is possible."""
    found = [
        any_of(_box(grid, box.masks, domains) for box in grid.boxes if box.outcome == outcome) for outcome in (0, 1)
    ]
    return found[0], found[1]


def _box(grid: Grid, masks: Sequence[int], domains: Mapping[str, Domain]) -> pl.Expr:
    return all_of(
        _touches(grid, i, mask, domains[name]) for i, (name, mask) in enumerate(zip(grid.inputs, masks, strict=True))
    )


def _touches(grid: Grid, position: int, mask: int, domain: Domain) -> pl.Expr | None:
    if mask == (1 << len(grid.cells[position])) - 1:
        return None
    return any_of(cell_possible(grid, position, k, domain) for k in range(len(grid.cells[position])) if mask >> k & 1)


def cell_possible(grid: Grid, position: int, k: int, domain: Domain) -> pl.Expr:
    """Whether one answer of an input is still possible."""
    name, cell = grid.inputs[position], grid.cells[position][k]
    if isinstance(domain, Choices):
        return bit(pl.col(column(name)), k)
    return (pl.col(low(name)) <= cell.high) & (pl.col(high(name)) >= cell.low)


# ---- one fact a time -----------------------------------------------------------------------------


def fact_columns(
    fact: Fact,
    domains: Mapping[str, Domain],
    asks_of: Mapping[str, tuple[str, ...]],
    totals: ListFacts | None = None,
) -> Layers:
    """The columns that give a fact: what is possible of it, then what it asks. totals: of a fact over a list."""
    if totals is not None:
        return _list_fact(fact, domains, asks_of, totals)
    x = Expressions(fact, asks_of)
    possible = _possible(fact, fact.plain_operator.columns(x))
    layers = [*x.kept, *_finish(fact, possible, fact.plain_operator.asks_columns(x))]
    return layers if fact.given is None else _given(fact, fact.given, layers, domains, x)


def _possible(fact: Fact, made: Columns) -> dict[str, pl.Expr]:
    """What is possible, under its names."""
    return dict(zip(columns_of(fact.name, fact.domain), made if isinstance(made, tuple) else (made,), strict=True))


def _finish(fact: Fact, possible: dict[str, pl.Expr], wanting: Sequence[pl.Expr]) -> Layers:
    """Possible first; then the asks, none where one value is left."""
    asking = pl.when(is_single(fact.name, fact.domain)).then(pl.lit(0)).otherwise(pack(wanting))
    possible = {name: end.cast(_kind(fact.domain)) for name, end in possible.items()}
    return [possible, {asks(fact.name): asking.cast(kind_of(len(fact.asks)))}]


def _kind(domain: Domain) -> type[pl.DataType]:
    """What the columns of a quantity are made of."""
    if isinstance(domain, Choices):
        return kind_of(len(domain.labels))
    return pl.Int32 if isinstance(domain, Dates) else pl.Float64


def _given(fact: Fact, given: Grid, layers: Layers, domains: Mapping[str, Domain], x: Expressions) -> Layers:
    """The fact where what it is given holds for certain, else unknown; then it asks for what leaves that open."""
    *before, possible, asking = layers
    no, _ = possible_answers(given, domains)
    blocking = pack([x.asked_by(given.inputs, asked) for asked in fact.asks])
    everything = fact.domain.everything
    wholes = [everything] if isinstance(everything, int) else everything
    kept = {
        name: x.when(no, pl.lit(whole).cast(_kind(fact.domain)), end)
        for (name, end), whole in zip(possible.items(), wholes, strict=True)
    }
    return [*before, kept, {name: x.when(no, blocking, wanting) for name, wanting in asking.items()}]


def _list_fact(
    fact: Fact, domains: Mapping[str, Domain], asks_of: Mapping[str, tuple[str, ...]], totals: ListFacts
) -> Layers:
    """What facts over one list share comes first, under names that are the same for all of them."""
    listed = pl.col(given(fact.of[0]))
    complete, missing, shared = _completeness(fact, domains, listed)
    possible = _possible(fact, fact.list_operator.columns(Folded(fact, asks_of, totals, complete)))
    of_items = totals.asked(fact)
    if fact.list_operator.newest:
        wanting = [pl.col(totals.last_wants(fact, asked)) > 0 if asked in of_items else ~listed for asked in fact.asks]
        return _finish(fact, possible, wanting)
    wanting = [
        any_of(
            [
                *([missing[asked]] if asked in missing else []),
                *([pl.col(totals.wanted(fact, asked)) > 0] if asked in of_items else []),
            ]
        )
        for asked in fact.asks
    ]
    return [shared, *_finish(fact, possible, wanting)]


def _completeness(
    fact: Fact, domains: Mapping[str, Domain], listed: pl.Expr
) -> tuple[pl.Expr, dict[str, pl.Expr], dict[str, pl.Expr]]:
    """(whether the list is all there is, for each chart field whether it is wanting for that, the columns that both
    need).
    """
    missing = {fact.of[0]: ~listed}
    if fact.complete_if is None:
        return listed, missing, {}
    stated = pl.col(column(fact.stated_by)) if fact.stated_by else pl.lit(3)
    grid = fact.complete_if
    yes = next(box for box in grid.boxes if box.outcome == 1)
    asked = "_".join(f"{n}{mask}" for n, mask in zip(grid.inputs, yes.masks, strict=True))
    name = f"{fact.of[0]}__all_if_{asked}_{fact.stated_by}"
    lacking = {
        n: any_of(cell_possible(grid, i, k, domains[n]) for k in range(len(grid.cells[i])) if not yes.masks[i] >> k & 1)
        for i, n in enumerate(grid.inputs)
    }
    shared = {f"{name}__lacks_{n}": listed & (stated == 3) & outside for n, outside in lacking.items()}
    shared[name] = listed & ((stated == 2) | ((stated == 3) & ~any_of(lacking.values())))
    missing |= {n: pl.col(f"{name}__lacks_{n}") for n in grid.inputs}
    if fact.stated_by:
        missing[fact.stated_by] = listed & (stated == 1)
    return pl.col(name), missing, shared
