"""Facts over columns: each operator of `reference`, as expressions."""

from collections.abc import Sequence
from typing import Any

import narwhals as nw

from oligoscope.tables.columnar.bits import Expr, all_of, any_of, asks, base, bit, by_distinct, column, count_of, high, known, low, pack
from oligoscope.tables.columnar.engines import Engine
from oligoscope.tables.domain import FIRST_DAY, LAST_DAY, Choices, Dates, Domain, Numbers
from oligoscope.tables.facts import LIST_OPERATORS, Fact
from oligoscope.tables.grid import Grid

PATIENT, ROW = "patient_id", "row__"


def given(list_name: str) -> str:
    """The column that says whether a patient's list is known at all."""
    return f"{list_name}__given"


# ---- yes/no grids --------------------------------------------------------------------------------------------------------------------


def possible_answers(grid: Grid, domains: dict[str, Domain]) -> tuple[Expr, Expr]:
    """Of a (no, yes) grid: whether no, and whether yes, is possible."""
    found = [any_of(_box(grid, box.masks, domains) for box in grid.boxes if box.outcome == outcome) for outcome in (0, 1)]
    return found[0], found[1]


def _box(grid: Grid, masks: Sequence[int], domains: dict[str, Domain]) -> Expr:
    return all_of(_touches(grid, i, mask, domains[name]) for i, (name, mask) in enumerate(zip(grid.inputs, masks, strict=True)))


def _touches(grid: Grid, position: int, mask: int, domain: Domain) -> Expr | None:
    if mask == (1 << len(grid.cells[position])) - 1:
        return None
    return any_of(cell_possible(grid, position, k, domain) for k in range(len(grid.cells[position])) if mask >> k & 1)


def cell_possible(grid: Grid, position: int, k: int, domain: Domain) -> Expr:
    """Whether one answer of an input is still possible."""
    name, cell = grid.inputs[position], grid.cells[position][k]
    if isinstance(domain, Choices):
        return bit(nw.col(column(name)), k)
    return (nw.col(low(name)) <= cell.high) & (nw.col(high(name)) >= cell.low)


# ---- lists ---------------------------------------------------------------------------------------------------------------------------


class ListFacts:
    """All facts over one list, computed with one pass over its items."""

    def __init__(self, facts: Sequence[Fact], fields: dict[str, Domain], engine: Engine) -> None:
        self.facts, self.fields, self.engine = facts, fields, engine
        self._asked: set[str] = set()

    def add_to(self, patients: Any, items: Any) -> Any:
        """patients with what the facts need of the items, one row a patient."""
        counted = [fact for fact in self.facts if fact.operator != "last"]
        items = self._with_words(items, counted)
        totals = [total for fact in counted for total in self._totals(fact)]
        result = patients
        if totals:
            sums = items.group_by(PATIENT).agg(*totals)
            result = result.join(sums, on=PATIENT, how="left")
        if len(counted) < len(self.facts):
            result = result.join(self._newest(items), on=PATIENT, how="left")
        return self.engine.settle(result)

    def _with_words(self, items: Any, facts: Sequence[Fact]) -> Any:
        """Items with, for each distinct `where`, whether they certainly and possibly count."""
        grids = {_signature(fact): fact.where for fact in facts if fact.where}
        inputs = {name for grid in grids.values() for name in grid.inputs}
        choices = {column(name): len(domain.labels) for name, domain in self.fields.items() if name in inputs and isinstance(domain, Choices)}

        def words(distinct: Any) -> Any:
            new = {}
            for signature, grid in grids.items():
                no, yes = possible_answers(grid, self.fields)
                new[f"{signature}__yes"], new[f"{signature}__sure"] = yes, yes & ~no
            return distinct.with_columns(**new)

        return by_distinct(items, choices, self.engine.settle, words) if grids else items

    def _totals(self, fact: Fact) -> list[Expr]:
        """The aggregates that a fact needs and no earlier one has asked for."""
        sure, yes = self._words(fact)
        signature = _signature(fact)
        wanted = {f"{signature}__n": sure, f"{signature}__m": yes}
        for name in fact.where.inputs if fact.where else ():
            wanted[f"{signature}__open_{base(name)}"] = yes & ~sure & ~known(name, self.fields[name])
        if fact.item:
            assert fact.item_domain is not None
            wanted[f"{signature}__item_{base(fact.item)}"] = yes & ~known(fact.item, fact.item_domain)
        if fact.operator in ("distinct", "most_in_one"):
            assert isinstance(fact.item_domain, Choices)
            for k in range(len(fact.item_domain.labels)):
                wanted[f"{signature}__is{k}"] = sure & (nw.col(column(fact.item)) == 1 << k)
        found = [flag.cast(nw.Int64).sum().alias(name) for name, flag in wanted.items() if name not in self._asked]
        self._asked |= set(wanted)
        return found + self._numeric_totals(fact, sure, yes)

    def _numeric_totals(self, fact: Fact, sure: Expr, yes: Expr) -> list[Expr]:
        if fact.operator not in ("max", "min", "sum"):
            return []
        lows, highs = nw.col(low(fact.item)), nw.col(high(fact.item))
        if fact.operator == "min":
            return [nw.when(yes).then(lows).min().alias(f"{fact.name}__a"), nw.when(sure).then(highs).min().alias(f"{fact.name}__b")]
        fold = "max" if fact.operator == "max" else "sum"
        return [getattr(nw.when(flag).then(end), fold)().alias(f"{fact.name}__{x}") for flag, end, x in ((sure, lows, "a"), (yes, highs, "b"))]

    def _words(self, fact: Fact) -> tuple[Expr, Expr]:
        if not fact.where:
            every = nw.col(ROW) >= 0
            return every, every
        signature = _signature(fact)
        return nw.col(f"{signature}__sure"), nw.col(f"{signature}__yes")

    def _newest(self, items: Any) -> Any:
        """The last item of each patient, its fields renamed after the list."""
        last = items.group_by(PATIENT).agg(nw.col(ROW).max().alias("last_row__"))
        newest = items.join(last.select("last_row__"), left_on=ROW, right_on="last_row__", how="inner")
        wanted = {name for fact in self.facts if fact.operator == "last" for name in _parts(fact.item, self.fields[fact.item])}
        return newest.select(PATIENT, *(nw.col(name).alias(f"newest__{name}") for name in sorted(wanted)))


def _signature(fact: Fact) -> str:
    """A name for a fact's `where`, the same for equal ones."""
    if not fact.where:
        return f"{fact.of[0]}__every"
    yes = [box.masks for box in fact.where.boxes if box.outcome == 1]
    text = "_".join(f"{base(n)}{'x'.join(str(masks[i]) for masks in yes)}" for i, n in enumerate(fact.where.inputs))
    return f"{fact.of[0]}__{text}"


def _parts(name: str, domain: Domain) -> list[str]:
    return [column(name)] if isinstance(domain, Choices) else [low(name), high(name)]


# ---- one fact a time -----------------------------------------------------------------------------------------------------------------


def fact_columns(fact: Fact, domains: dict[str, Domain], asks_of: dict[str, tuple[str, ...]]) -> list[dict[str, Expr]]:
    """Layers of columns that give the fact: what is possible of it, and what it asks. A layer may use the ones before."""
    if fact.operator in LIST_OPERATORS:
        return _list_fact(fact, domains)
    if fact.operator == "first_of":
        return _first_of(fact, asks_of)
    return _plain_fact(fact, domains, asks_of)


def _finish(fact: Fact, possible: dict[str, Expr], wanting: Sequence[Expr]) -> list[dict[str, Expr]]:
    """Possible first; then the asks, none where one value is left."""
    asking = nw.when(known(fact.name, fact.domain)).then(nw.lit(0)).otherwise(pack(wanting))
    return [possible, {asks(fact.name): asking}]


def _span(fact: Fact, lowest: Expr, highest: Expr) -> dict[str, Expr]:
    kind = nw.Int64 if isinstance(fact.domain, Dates) else nw.Float64
    return {low(fact.name): lowest.cast(kind), high(fact.name): highest.cast(kind)}


def _number(name: str) -> Expr:
    return nw.col(name).fill_null(0)


def _list_fact(fact: Fact, domains: dict[str, Domain]) -> list[dict[str, Expr]]:
    listed = nw.col(given(fact.of[0]))
    complete, missing = _completeness(fact, domains, listed)
    signature = _signature(fact)
    if fact.operator == "last":
        return _last(fact, listed)
    possible = _fold(fact, signature, complete)
    wanting = []
    for asked in fact.asks:
        field = asked.removeprefix(f"{fact.of[0]}.")
        marks = [missing[asked]] if asked in missing else []
        if asked != field and fact.where and field in fact.where.inputs:
            marks.append(_number(f"{signature}__open_{base(field)}") > 0)
        if asked != field and field == fact.item:
            marks.append(_number(f"{signature}__item_{base(field)}") > 0)
        wanting.append(any_of(marks))
    return _finish(fact, possible, wanting)


def _completeness(fact: Fact, domains: dict[str, Domain], listed: Expr) -> tuple[Expr, dict[str, Expr]]:
    missing = {fact.of[0]: ~listed}
    if fact.complete_if is None:
        return listed, missing
    stated = nw.col(column(fact.stated_by)) if fact.stated_by else nw.lit(3)
    grid = fact.complete_if
    yes = next(box for box in grid.boxes if box.outcome == 1)
    lacking = []
    for i, name in enumerate(grid.inputs):
        outside = any_of(cell_possible(grid, i, k, domains[name]) for k in range(len(grid.cells[i])) if not yes.masks[i] >> k & 1)
        lacking.append(outside)
        missing[name] = listed & (stated == 3) & outside
    if fact.stated_by:
        missing[fact.stated_by] = listed & (stated == 1)
    return listed & ((stated == 2) | ((stated == 3) & ~any_of(lacking))), missing


def _fold(fact: Fact, signature: str, complete: Expr) -> dict[str, Expr]:
    sure, may = _number(f"{signature}__n"), _number(f"{signature}__m")
    endless = nw.lit(float("inf"))
    if fact.operator == "count":
        return _span(fact, sure, nw.when(complete).then(may.cast(nw.Float64)).otherwise(endless))
    if fact.operator in ("any", "all"):
        found, none = (2, 1) if fact.operator == "any" else (1, 2)
        rest = nw.when(complete & (may == 0)).then(nw.lit(none)).otherwise(nw.lit(3))
        return {column(fact.name): nw.when(sure > 0).then(nw.lit(found)).otherwise(rest)}
    if fact.operator in ("distinct", "most_in_one"):
        return _fold_groups(fact, signature, complete, sure, may)
    assert isinstance(fact.domain, Numbers)
    bottom, top = (nw.lit(float(end)) for end in fact.domain.everything)
    a, b = nw.col(f"{fact.name}__a"), nw.col(f"{fact.name}__b")
    if fact.operator == "min":
        return _span(fact, nw.when(complete).then(a.fill_null(fact.domain.high)).otherwise(bottom), b.fill_null(fact.domain.high))
    if fact.operator == "sum":
        return _span(fact, a.fill_null(0.0).round(9), nw.when(complete).then(b.fill_null(0.0).round(9)).otherwise(top))
    return _span(fact, a.fill_null(fact.domain.low), nw.when(complete).then(b.fill_null(fact.domain.low)).otherwise(top))


def _fold_groups(fact: Fact, signature: str, complete: Expr, sure: Expr, may: Expr) -> dict[str, Expr]:
    assert isinstance(fact.item_domain, Choices)
    sizes = [_number(f"{signature}__is{k}") for k in range(len(fact.item_domain.labels))]
    named = sum(sizes[1:], sizes[0])
    surely = count_of(size > 0 for size in sizes) if fact.operator == "distinct" else nw.max_horizontal(*sizes)
    at_least_one = nw.when(sure > 0).then(nw.lit(1)).otherwise(nw.lit(0))
    highest = nw.when(complete).then((surely + may - named).cast(nw.Float64)).otherwise(nw.lit(float("inf")))
    return _span(fact, nw.max_horizontal(surely, at_least_one), highest)


def _last(fact: Fact, listed: Expr) -> list[dict[str, Expr]]:
    everything = fact.domain.everything
    if isinstance(everything, int):
        possible = {column(fact.name): nw.col(f"newest__{column(fact.item)}").fill_null(everything)}
    else:
        ends = [nw.col(f"newest__{end(fact.item)}").fill_null(whole) for end, whole in ((low, everything[0]), (high, everything[1]))]
        possible = _span(fact, *ends)
    here = nw.col(f"newest__{_parts(fact.item, fact.domain)[0]}")
    return _finish(fact, possible, [~listed if asked == fact.of[0] else ~here.is_null() for asked in fact.asks])


def _first_of(fact: Fact, asks_of: dict[str, tuple[str, ...]]) -> list[dict[str, Expr]]:
    possible = {}
    ends = [column] if isinstance(fact.domain, Choices) else [low, high]
    for position, end in enumerate(ends):
        whole = fact.domain.everything
        result = nw.lit(whole if isinstance(whole, int) else whole[position])
        for name, domain in reversed(list(zip(fact.of, fact.sources, strict=True))):
            result = nw.when(~_silent(name, domain)).then(nw.col(end(name))).otherwise(result)
        possible[end(fact.name)] = result
    first = asks_of[fact.of[0]]
    wanting = [bit(nw.col(asks(fact.of[0])), first.index(asked)) if asked in first else nw.lit(False) for asked in fact.asks]
    return _finish(fact, possible, wanting)


def _silent(name: str, domain: Domain) -> Expr:
    """Whether the chart says nothing of a quantity."""
    whole = domain.everything
    if isinstance(whole, int):
        return nw.col(column(name)) == whole
    return (nw.col(low(name)) == whole[0]) & (nw.col(high(name)) == whole[1])


def _plain_fact(fact: Fact, domains: dict[str, Domain], asks_of: dict[str, tuple[str, ...]]) -> list[dict[str, Expr]]:
    wanting = [any_of(bit(nw.col(asks(n)), asks_of[n].index(asked)) for n in fact.of if asked in asks_of[n]) for asked in fact.asks]
    possible = _combined(fact, domains)
    if fact.operator == "convert":
        wanting = [nw.lit(True) for _ in fact.asks]
    if fact.given is None:
        return _finish(fact, possible, wanting)
    no, _ = possible_answers(fact.given, domains)
    whole = fact.domain.everything
    assert not isinstance(whole, int)
    blocking = [any_of(bit(nw.col(asks(n)), asks_of[n].index(asked)) for n in fact.given.inputs if asked in asks_of[n]) for asked in fact.asks]
    kept = {name: nw.when(no).then(nw.lit(end).cast(nw.Float64)).otherwise(expr) for (name, expr), end in zip(possible.items(), whole, strict=True)}
    settled = nw.when(known(fact.name, fact.domain)).then(nw.lit(0)).otherwise(pack(wanting))
    return [kept, {asks(fact.name): nw.when(no).then(pack(blocking)).otherwise(settled)}]


def _combined(fact: Fact, domains: dict[str, Domain]) -> dict[str, Expr]:
    if fact.operator == "convert":
        return {column(fact.name): _converted(fact, domains)}
    start, end = fact.of
    if fact.operator in ("difference", "percent_change"):
        relative = fact.operator == "percent_change"
        return {
            low(fact.name): _change(nw.col(high(start)), nw.col(low(end)), relative, -float("inf")),
            high(fact.name): _change(nw.col(low(start)), nw.col(high(end)), relative, float("inf")),
        }
    between = {"months_between": months_between, "years_between": years_between, "days_between": days_between}[fact.operator]
    silent = any_of((nw.col(low(n)) == FIRST_DAY) & (nw.col(high(n)) == LAST_DAY) for n in fact.of)
    bottom, top = fact.domain.everything  # type: ignore[misc]
    return {
        low(fact.name): nw.when(silent).then(nw.lit(float(bottom))).otherwise(between(nw.col(high(start)), nw.col(low(end)))),
        high(fact.name): nw.when(silent).then(nw.lit(float(top))).otherwise(between(nw.col(low(start)), nw.col(high(end)))),
    }


def _converted(fact: Fact, domains: dict[str, Domain]) -> Expr:
    source = nw.col(column(fact.of[0]))
    target = fact.domain
    assert isinstance(target, Choices)
    reached = [any_of(bit(source, k) for k, meant in enumerate(fact.mapping) if meant >> t & 1) for t in range(len(target.labels))]
    return pack(reached)


def _change(start: Expr, end: Expr, relative: bool, unbounded: float) -> Expr:
    finite = (start < float("inf")) & (start > -float("inf")) & (end < float("inf")) & (end > -float("inf"))
    if not relative:
        return nw.when(finite).then(end - start).otherwise(nw.lit(unbounded))
    divisor = nw.when(start == 0).then(nw.lit(1.0)).otherwise(start)
    of_zero = nw.when(end == 0).then(nw.lit(0.0)).otherwise(nw.lit(float("inf")))
    ratio = nw.when(start == 0).then(of_zero).otherwise((end - start) * 100 / divisor)
    return nw.when(finite).then(ratio).otherwise(nw.lit(unbounded))


# ---- the calendar --------------------------------------------------------------------------------------------------------------------


def months_between(start: Expr, end: Expr) -> Expr:
    """As `reference.months_between`."""
    return nw.when(end >= start).then(_months_forward(start, end)).otherwise(_months_forward(end, start) * -1)


def _months_forward(start: Expr, end: Expr) -> Expr:
    y1, m1, d1 = _date_parts(start)
    y2, m2, d2 = _date_parts(end)
    months = (y2 - y1) * 12 + m2 - m1
    anniversary = nw.min_horizontal(d1, _month_length(y2, m2))
    january = m2 == 1
    y0 = nw.when(january).then(y2 - 1).otherwise(y2)
    m0 = nw.when(january).then(nw.lit(12)).otherwise(m2 - 1)
    length = _month_length(y0, m0)
    before = (months - 1).cast(nw.Float64) + (length - nw.min_horizontal(d1, length) + d2).cast(nw.Float64) / 31
    after = months.cast(nw.Float64) + (d2 - anniversary).cast(nw.Float64) / 31
    return nw.when(d2 >= anniversary).then(after).otherwise(before)


def years_between(start: Expr, end: Expr) -> Expr:
    """As `reference.years_between`."""
    return (months_between(start, end) / 12).floor()


def days_between(start: Expr, end: Expr) -> Expr:
    """As `reference.days_between`."""
    return (_day_number(end) - _day_number(start)).cast(nw.Float64)


def _date_parts(day: Expr) -> tuple[Expr, Expr, Expr]:
    return day // 10000, (day // 100) % 100, day % 100


def _month_length(year: Expr, month: Expr) -> Expr:
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    february = nw.when(leap).then(nw.lit(29)).otherwise(nw.lit(28))
    rest = nw.when(month.is_in([4, 6, 9, 11])).then(nw.lit(30)).otherwise(nw.lit(31))
    return nw.when(month == 2).then(february).otherwise(rest)


def _day_number(day: Expr) -> Expr:
    year, month, date = _date_parts(day)
    shifted = nw.when(month <= 2).then(year - 1).otherwise(year)
    from_march = (month + 9) % 12
    return shifted * 365 + shifted // 4 - shifted // 100 + shifted // 400 + (from_march * 153 + 2) // 5 + date
