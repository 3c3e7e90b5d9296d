"""Facts over columns: each operator of `reference`, as expressions."""

from collections.abc import Mapping, Sequence
from functools import reduce
from math import inf
from operator import and_

import polars as pl

from oligoscope.spelling import spell
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
from oligoscope.tables.columnar.lists import ListFacts
from oligoscope.tables.domain import FIRST_DAY, LAST_DAY, Choices, Dates, Domain, Numbers
from oligoscope.tables.facts import Fact
from oligoscope.tables.grid import Grid

Layers = list[dict[str, pl.Expr]]
"""Columns to add one after the other: a layer may use the ones before."""


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
        return _list_fact(fact, domains, totals)
    layers = _first_of(fact, asks_of) if fact.operator == "first_of" else _plain_fact(fact, asks_of)
    return layers if fact.given is None else _given(fact, fact.given, layers, domains, asks_of)


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


def _span(fact: Fact, lowest: pl.Expr, highest: pl.Expr) -> dict[str, pl.Expr]:
    return {low(fact.name): lowest, high(fact.name): highest}


def _list_fact(fact: Fact, domains: Mapping[str, Domain], totals: ListFacts) -> Layers:
    """What facts over one list share comes first, under names that are the same for all of them."""
    listed = pl.col(given(fact.of[0]))
    if fact.operator == "last":
        return _last(fact, listed, totals)
    complete, missing, shared = _completeness(fact, domains, listed)
    wanting = [
        any_of(
            [
                *([missing[asked]] if asked in missing else []),
                *([pl.col(totals.wanted(fact, asked)) > 0] if asked in totals.asked(fact) else []),
            ]
        )
        for asked in fact.asks
    ]
    return [shared, *_finish(fact, _fold(fact, complete, totals), wanting)]


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


def _fold(fact: Fact, complete: pl.Expr, totals: ListFacts) -> dict[str, pl.Expr]:
    sure, may = pl.col(totals.sure(fact)), pl.col(totals.may(fact))
    if fact.operator == "count":
        return _span(fact, sure, pl.when(complete).then(may.cast(pl.Float64)).otherwise(inf))
    if fact.operator in ("any", "all"):
        found, none = (2, 1) if fact.operator == "any" else (1, 2)
        rest = pl.when(complete & (may == 0)).then(pl.lit(none)).otherwise(pl.lit(3))
        return {column(fact.name): pl.when(sure > 0).then(pl.lit(found)).otherwise(rest)}
    if fact.operator in ("distinct", "most_in_one"):
        return _fold_groups(fact, complete, totals)
    assert isinstance(fact.domain, Numbers)
    lows, highs = pl.col(totals.end(fact, "low")), pl.col(totals.end(fact, "high"))
    bottom, top = (pl.lit(float(end)) for end in fact.domain.everything)
    if fact.operator == "min":
        return _span(fact, pl.when(complete).then(lows).otherwise(bottom), highs)
    if fact.operator == "sum":
        lows, highs = lows.round(9), highs.round(9)
    return _span(fact, lows, pl.when(complete).then(highs).otherwise(top))


def _fold_groups(fact: Fact, complete: pl.Expr, totals: ListFacts) -> dict[str, pl.Expr]:
    """Labels that are named, and one more for each item that may bring another."""
    assert isinstance(fact.item_domain, Choices)
    sure, may = pl.col(totals.sure(fact)), pl.col(totals.may(fact))
    sizes = [pl.col(totals.label(fact, k)).cast(pl.Int64) for k in range(len(fact.item_domain.labels))]
    named = pl.sum_horizontal(sizes)
    surely = (
        pl.sum_horizontal((size > 0).cast(pl.Int64) for size in sizes)
        if fact.operator == "distinct"
        else pl.max_horizontal(sizes)
    )
    highest = pl.when(complete).then((surely + may.cast(pl.Int64) - named).cast(pl.Float64)).otherwise(inf)
    return _span(fact, pl.max_horizontal(surely, (sure > 0).cast(pl.Int64)), highest)


def _last(fact: Fact, listed: pl.Expr, totals: ListFacts) -> Layers:
    lowest = pl.col(totals.end(fact, "low"))
    possible = (
        {column(fact.name): lowest}
        if isinstance(fact.domain, Choices)
        else _span(fact, lowest, pl.col(totals.end(fact, "high")))
    )
    wanting = [
        pl.col(totals.last_wants(fact, asked)) > 0 if asked in totals.asked(fact) else ~listed for asked in fact.asks
    ]
    return _finish(fact, possible, wanting)


def _first_of(fact: Fact, asks_of: Mapping[str, tuple[str, ...]]) -> Layers:
    possible = {}
    ends = [column] if isinstance(fact.domain, Choices) else [low, high]
    for position, end in enumerate(ends):
        whole = fact.domain.everything
        result = pl.lit(whole if isinstance(whole, int) else whole[position])
        for name, domain in reversed(list(zip(fact.of, fact.sources, strict=True))):
            result = pl.when(~_silent(name, domain)).then(pl.col(end(name))).otherwise(result)
        possible[end(fact.name)] = result
    first = asks_of[fact.of[0]]
    wanting = [
        bit(pl.col(asks(fact.of[0])), first.index(asked)) if asked in first else pl.lit(False) for asked in fact.asks
    ]
    return _finish(fact, possible, wanting)


def _silent(name: str, domain: Domain) -> pl.Expr:
    """Whether the chart says nothing of a quantity."""
    whole = domain.everything
    if isinstance(whole, int):
        return pl.col(column(name)) == whole
    return (pl.col(low(name)) == whole[0]) & (pl.col(high(name)) == whole[1])


def _plain_fact(fact: Fact, asks_of: Mapping[str, tuple[str, ...]]) -> Layers:
    wanting = [
        any_of(bit(pl.col(asks(n)), asks_of[n].index(asked)) for n in fact.of if asked in asks_of[n])
        for asked in fact.asks
    ]
    if fact.operator == "convert":
        return _finish(fact, {column(fact.name): _converted(fact)}, [pl.lit(True) for _ in fact.asks])
    if fact.operator == "narrowed":
        return _finish(fact, _narrowed(fact), wanting)
    if fact.operator == "same":
        return _finish(fact, {column(fact.name): pack(_same(fact))}, wanting)
    start, end = fact.of
    if fact.operator in ("at_or_after", "before"):
        yes, no = pl.col(high(start)) >= pl.col(low(end)), pl.col(low(start)) < pl.col(high(end))
        flags = [no, yes] if fact.operator == "at_or_after" else [yes, no]
        return _finish(fact, {column(fact.name): pack(flags)}, wanting)
    if fact.operator in ("difference", "percent_change"):
        relative = fact.operator == "percent_change"
        ends = (
            _change(pl.col(high(start)), pl.col(low(end)), relative, -float("inf")),
            _change(pl.col(low(start)), pl.col(high(end)), relative, float("inf")),
        )
        before: Layers = []
    else:
        before, ends = _between(fact, start, end)
    return [*before, *_finish(fact, _span(fact, *ends), wanting)]


def _narrowed(fact: Fact) -> dict[str, pl.Expr]:
    """What all sources leave possible; the first one's where they contradict each other."""
    if isinstance(fact.domain, Choices):
        masks = [pl.col(column(name)) for name in fact.of]
        common = reduce(and_, masks)
        return {column(fact.name): pl.when(common == 0).then(masks[0]).otherwise(common)}
    lowest = pl.max_horizontal(pl.col(low(name)) for name in fact.of)
    highest = pl.min_horizontal(pl.col(high(name)) for name in fact.of)
    first = fact.of[0]
    return _span(
        fact,
        pl.when(lowest > highest).then(pl.col(low(first))).otherwise(lowest),
        pl.when(lowest > highest).then(pl.col(high(first))).otherwise(highest),
    )


def _same(fact: Fact) -> list[pl.Expr]:
    """Whether two quantities may have different labels, and whether they may have the same."""
    left, right = ([spell(label) for label in source.labels] for source in fact.sources if isinstance(source, Choices))
    a, b = (pl.col(column(name)) for name in fact.of)
    alike = [bit(a, left.index(label)) & bit(b, right.index(label)) for label in left if label in right]
    known = all_of(is_single(name, source) for name, source in zip(fact.of, fact.sources, strict=True))
    return [~(known & any_of(alike)), any_of(alike)]


def _given(
    fact: Fact, given: Grid, layers: Layers, domains: Mapping[str, Domain], asks_of: Mapping[str, tuple[str, ...]]
) -> Layers:
    """The fact where what it is given holds for certain, else unknown; then it asks for what leaves that open."""
    *before, possible, asking = layers
    no, _ = possible_answers(given, domains)
    blocking = [
        any_of(bit(pl.col(asks(n)), asks_of[n].index(asked)) for n in given.inputs if asked in asks_of[n])
        for asked in fact.asks
    ]
    everything = fact.domain.everything
    wholes = [everything] if isinstance(everything, int) else everything
    kept = {
        name: pl.when(no).then(pl.lit(whole).cast(_kind(fact.domain))).otherwise(possible[name])
        for name, whole in zip(columns_of(fact.name, fact.domain), wholes, strict=True)
    }
    wanted = {name: pl.when(no).then(pack(blocking)).otherwise(wanting) for name, wanting in asking.items()}
    return [*before, kept, wanted]


def _between(fact: Fact, start: str, end: str) -> tuple[Layers, tuple[pl.Expr, pl.Expr]]:
    """The calendar operators: layers of helper columns, and the lowest and highest result."""
    between = {"months_between": months_between, "years_between": years_between, "days_between": days_between}[
        fact.operator
    ]
    silent = any_of((pl.col(low(n)) == FIRST_DAY) & (pl.col(high(n)) == LAST_DAY) for n in fact.of)
    layers: Layers = [{}, {}]
    ends = []
    assert isinstance(fact.domain, Numbers)
    lowest, highest = fact.domain.everything
    for side, first, last, whole in (("a", high(start), low(end), lowest), ("b", low(start), high(end), highest)):
        name = f"{fact.name}__{side}"
        layers[0] |= {
            f"{name}1": pl.min_horizontal(pl.col(first), pl.col(last)),
            f"{name}2": pl.max_horizontal(pl.col(first), pl.col(last)),
        }
        layers[1] |= {
            f"{name}{n}{part}": expression
            for n in (1, 2)
            for part, expression in zip("ymd", _date_parts(pl.col(f"{name}{n}")), strict=True)
        }
        earlier, later = ((pl.col(f"{name}{n}y"), pl.col(f"{name}{n}m"), pl.col(f"{name}{n}d")) for n in (1, 2))
        forwards = between(earlier, later, pl.col(first) > pl.col(last))
        ends.append(pl.when(silent).then(pl.lit(float(whole))).otherwise(forwards))
    return layers, (ends[0], ends[1])


def _converted(fact: Fact) -> pl.Expr:
    source = pl.col(column(fact.of[0]))
    target = fact.domain
    assert isinstance(target, Choices)
    reached = [
        any_of(bit(source, k) for k, meant in enumerate(fact.mapping) if meant >> t & 1)
        for t in range(len(target.labels))
    ]
    return pack(reached)


def _change(start: pl.Expr, end: pl.Expr, relative: bool, unbounded: float) -> pl.Expr:
    finite = (start < float("inf")) & (start > -float("inf")) & (end < float("inf")) & (end > -float("inf"))
    if not relative:
        return pl.when(finite).then(end - start).otherwise(pl.lit(unbounded))
    divisor = pl.when(start == 0).then(pl.lit(1.0)).otherwise(start)
    of_zero = pl.when(end == 0).then(pl.lit(0.0)).otherwise(pl.lit(float("inf")))
    ratio = pl.when(start == 0).then(of_zero).otherwise((end - start) * 100 / divisor)
    return pl.when(finite).then(ratio).otherwise(pl.lit(unbounded))


# ---- the calendar --------------------------------------------------------------------------------


Day = tuple[pl.Expr, pl.Expr, pl.Expr]
"""Year, month and day as columns."""


def months_between(start: Day, end: Day, backwards: pl.Expr) -> pl.Expr:
    """As `reference.months_between`; start not after end, backwards where they were swapped."""
    (y1, m1, d1), (y2, m2, d2) = start, end
    months = (y2 - y1) * 12 + m2 - m1
    anniversary = pl.min_horizontal(d1, _month_length(y2, m2))
    before = pl.when(m2 == 1).then(pl.lit(31)).otherwise(_month_length(y2, m2 - 1))
    short = (months - 1).cast(pl.Float64) + (before - pl.min_horizontal(d1, before) + d2).cast(pl.Float64) / 31
    enough = months.cast(pl.Float64) + (d2 - anniversary).cast(pl.Float64) / 31
    forwards = pl.when(d2 >= anniversary).then(enough).otherwise(short)
    return pl.when(backwards).then(forwards * -1).otherwise(forwards)


def years_between(start: Day, end: Day, backwards: pl.Expr) -> pl.Expr:
    """As `reference.years_between`."""
    return (months_between(start, end, backwards) / 12).floor()


def days_between(start: Day, end: Day, backwards: pl.Expr) -> pl.Expr:
    """As `reference.days_between`."""
    forwards = (_day_number(*end) - _day_number(*start)).cast(pl.Float64)
    return pl.when(backwards).then(forwards * -1).otherwise(forwards)


def _date_parts(day: pl.Expr) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    return day // 10000, (day // 100) % 100, day % 100


def _month_length(year: pl.Expr, month: pl.Expr) -> pl.Expr:
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    february = pl.when(leap).then(pl.lit(29)).otherwise(pl.lit(28))
    rest = pl.when(month.is_in([4, 6, 9, 11])).then(pl.lit(30)).otherwise(pl.lit(31))
    return pl.when(month == 2).then(february).otherwise(rest)


def _day_number(year: pl.Expr, month: pl.Expr, date: pl.Expr) -> pl.Expr:
    shifted = pl.when(month <= 2).then(year - 1).otherwise(year)
    from_march = (month + 9) % 12
    return shifted * 365 + shifted // 4 - shifted // 100 + shifted // 400 + (from_march * 153 + 2) // 5 + date
