"""Facts over columns: each operator of `reference`, as expressions."""

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals as nw
import numpy as np

from oligoscope.tables.columnar.bits import (
    Expr,
    all_of,
    any_of,
    asks,
    base,
    bit,
    column,
    count_of,
    high,
    kind_of,
    known,
    low,
    pack,
)
from oligoscope.tables.columnar.distinct import MOST_BITS, by_distinct
from oligoscope.tables.columnar.engines import Engine
from oligoscope.tables.columnar.met import Evaluated
from oligoscope.tables.columnar.rows import Integers
from oligoscope.tables.domain import FIRST_DAY, LAST_DAY, Choices, Dates, Domain, Numbers
from oligoscope.tables.facts import LIST_OPERATORS, Fact
from oligoscope.tables.grid import Grid

PATIENT, ROW = "patient__", "row__"
"""The columns that say which patient (a whole number) and, among items, which row."""
COUNTER_BITS = 10
MOST_ITEMS = (1 << COUNTER_BITS) - 1
"""Items of one patient's list that counters can hold; the cohort reader rejects longer lists."""


def given(list_name: str) -> str:
    """The column that says whether a patient's list is known at all."""
    return f"{list_name}__given"


# ---- yes/no grids --------------------------------------------------------------------------------


def possible_answers(grid: Grid, domains: dict[str, Domain]) -> tuple[Expr, Expr]:
    """Of a (no, yes) grid: whether no, and whether yes, is possible."""
    found = [
        any_of(_box(grid, box.masks, domains) for box in grid.boxes if box.outcome == outcome) for outcome in (0, 1)
    ]
    return found[0], found[1]


def _box(grid: Grid, masks: Sequence[int], domains: dict[str, Domain]) -> Expr:
    return all_of(
        _touches(grid, i, mask, domains[name]) for i, (name, mask) in enumerate(zip(grid.inputs, masks, strict=True))
    )


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


# ---- lists ---------------------------------------------------------------------------------------


class ListFacts:
    """All facts over one list, computed with one pass over its items."""

    def __init__(self, facts: Sequence[Fact], fields: dict[str, Domain], engine: Engine) -> None:
        self.facts, self.fields, self.engine = facts, fields, engine

    def add_to(self, patients: Any, items: Any) -> Any:
        """patients with what the facts need of the items, one row a patient."""
        counted = [fact for fact in self.facts if fact.operator != "last"]
        flags = self._all_flags()
        items = self._with_counters(items, flags)
        counters = list(dict.fromkeys(counter for counter, _ in self._places(flags).values()))
        result = (
            patients.join(self.engine.sums(items, PATIENT, counters), on=PATIENT, how="left") if counters else patients
        )
        totals = [
            flag.cast(nw.Int64).sum().alias(name) for fact in counted for name, flag in self._number_flags(fact).items()
        ]
        totals += [total for fact in counted for total in self._numeric_totals(fact)]
        if totals:
            result = result.join(self.engine.settle(items.group_by(PATIENT).agg(*totals)), on=PATIENT, how="left")
        if len(counted) < len(self.facts):
            result = result.join(self._newest(items), on=PATIENT, how="left")
        return self.engine.settle(result)

    def counts(self) -> dict[str, Expr]:
        """Over patients that `add_to` returned: how many items each flag counted."""
        places = self._places(self._all_flags())
        return {
            name: nw.col(counter).fill_null(0) // (1 << start) % (1 << COUNTER_BITS)
            for name, (counter, start) in places.items()
        }

    def number_counts(self) -> dict[str, Expr]:
        """As `counts`, of the flags that the items' numbers tell."""
        return {
            name: nw.col(name).fill_null(0)
            for fact in self.facts
            if fact.operator != "last"
            for name in self._number_flags(fact)
        }

    def _all_flags(self) -> dict[str, Expr]:
        return {
            name: flag for fact in self.facts if fact.operator != "last" for name, flag in self._flags(fact).items()
        }

    def _places(self, flags: dict[str, Expr]) -> dict[str, tuple[str, int]]:
        """For each flag the counter it is added up in, and its first bit there."""
        each = MOST_BITS // COUNTER_BITS
        return {
            name: (f"{self.facts[0].of[0]}__counter{n // each}", n % each * COUNTER_BITS)
            for n, name in enumerate(flags)
        }

    def _flags(self, fact: Fact) -> dict[str, Expr]:
        """What is counted of each item for a fact, as far as its labels tell."""
        sure, yes = self._words(fact)
        signature = _signature(fact)
        wanted = {f"{signature}__n": sure, f"{signature}__m": yes}
        for name in fact.where.inputs if fact.where else ():
            wanted[f"{signature}__open_{base(name)}"] = yes & ~sure & ~known(name, self.fields[name])
        if isinstance(fact.item_domain, Choices):
            wanted[f"{signature}__item_{base(fact.item)}"] = yes & ~known(fact.item, fact.item_domain)
            for k in range(len(fact.item_domain.labels)):
                wanted[f"{signature}__is{k}"] = sure & (nw.col(column(fact.item)) == 1 << k)
        return wanted

    def _number_flags(self, fact: Fact) -> dict[str, Expr]:
        if not fact.item or isinstance(fact.item_domain, Choices):
            return {}
        assert fact.item_domain is not None
        signature = _signature(fact)
        _, yes = self._item_words(fact)
        return {f"{signature}__item_{base(fact.item)}": yes & ~known(fact.item, fact.item_domain)}

    def _item_words(self, fact: Fact) -> tuple[Expr, Expr]:
        """Whether each item certainly and possibly counts, among the items themselves."""
        if not fact.where:
            return nw.col(ROW) >= 0, nw.col(ROW) >= 0
        return nw.col(f"{_signature(fact)}__sure") == 1, nw.col(f"{_signature(fact)}__yes") == 1

    def _with_counters(self, items: Any, flags: dict[str, Expr]) -> Any:
        """Items with their flags packed into counters, and for each `where` whether they certainly and possibly count."""
        labels = {name: domain for name, domain in self.fields.items() if isinstance(domain, Choices)}
        masks = {
            column(name): (nw.col(column(name)), len(domain.labels))
            for name, domain in labels.items()
            if self._reads(name)
        }
        if not masks:
            return items.with_columns(**self._packed(flags))

        def count(met: Mapping[str, Integers]) -> Evaluated:
            """The few combinations of labels, whichever engine holds the items."""
            grids = {_signature(fact): fact.where for fact in self.facts if fact.where}
            words = {}
            for signature, grid in grids.items():
                no, yes = possible_answers(grid, self.fields)
                words[f"{signature}__yes"], words[f"{signature}__sure"] = yes, yes & ~no
            numeric = {
                _signature(fact)
                for fact in self.facts
                if fact.where and fact.item and not isinstance(fact.item_domain, Choices)
            }
            wholes = {
                name: nw.col(name).cast(nw.Int64)
                for signature in numeric
                for name in (f"{signature}__yes", f"{signature}__sure")
            }
            found = (
                nw.from_dict(dict(met), backend="polars")
                .with_columns(**words)
                .with_columns(**self._packed(flags))
                .select(*self._packed(flags), **wholes)
            )
            return Evaluated(
                np.zeros(len(found), dtype=np.int64), handed_on={name: found[name].to_numpy() for name in found.columns}
            )

        return by_distinct(items, masks, self.engine, count, f"{self.facts[0].of[0]} items")

    def _packed(self, flags: dict[str, Expr]) -> dict[str, Expr]:
        terms: dict[str, list[Expr]] = {}
        for name, (counter, start) in self._places(flags).items():
            terms.setdefault(counter, []).append(flags[name].cast(nw.Int64) * (1 << start))
        return {counter: nw.sum_horizontal(*parts) for counter, parts in terms.items()}

    def _reads(self, name: str) -> bool:
        return any(
            (fact.where and name in fact.where.inputs) or (fact.item == name and fact.operator != "last")
            for fact in self.facts
        )

    def _numeric_totals(self, fact: Fact) -> list[Expr]:
        if fact.operator not in ("max", "min", "sum"):
            return []
        sure, yes = self._item_words(fact)
        lows, highs = nw.col(low(fact.item)), nw.col(high(fact.item))
        if fact.operator == "min":
            return [
                nw.when(yes).then(lows).min().alias(f"{fact.name}__a"),
                nw.when(sure).then(highs).min().alias(f"{fact.name}__b"),
            ]
        fold = "max" if fact.operator == "max" else "sum"
        return [
            getattr(nw.when(flag).then(end), fold)().alias(f"{fact.name}__{x}")
            for flag, end, x in ((sure, lows, "a"), (yes, highs, "b"))
        ]

    def _words(self, fact: Fact) -> tuple[Expr, Expr]:
        if not fact.where:
            return nw.lit(True), nw.lit(True)
        signature = _signature(fact)
        return nw.col(f"{signature}__sure"), nw.col(f"{signature}__yes")

    def _newest(self, items: Any) -> Any:
        """The last item of each patient, its fields renamed after the list."""
        last = items.group_by(PATIENT).agg(nw.col(ROW).max().alias("last_row__"))
        newest = items.join(last.select("last_row__"), left_on=ROW, right_on="last_row__", how="inner")
        wanted = {
            name for fact in self.facts if fact.operator == "last" for name in _parts(fact.item, self.fields[fact.item])
        }
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


# ---- one fact a time -----------------------------------------------------------------------------


Counts = Mapping[str, Expr]
"""By flag, how many of a patient's items it counted."""


def fact_columns(
    fact: Fact, domains: dict[str, Domain], asks_of: dict[str, tuple[str, ...]], counts: Counts
) -> list[dict[str, Expr]]:
    """Layers of columns that give the fact: what is possible of it, and what it asks.

    A layer may use the ones before.
    """
    if fact.operator in LIST_OPERATORS:
        return _list_fact(fact, domains, counts)
    if fact.operator == "first_of":
        return _first_of(fact, asks_of)
    return _plain_fact(fact, domains, asks_of)


def _finish(fact: Fact, possible: dict[str, Expr], wanting: Sequence[Expr]) -> list[dict[str, Expr]]:
    """Possible first; then the asks, none where one value is left."""
    asking = nw.when(known(fact.name, fact.domain)).then(nw.lit(0)).otherwise(pack(wanting))
    if isinstance(fact.domain, Choices):
        possible = {name: mask.cast(kind_of(len(fact.domain.labels))) for name, mask in possible.items()}
    return [possible, {asks(fact.name): asking.cast(kind_of(len(fact.asks)))}]


def _span(fact: Fact, lowest: Expr, highest: Expr) -> dict[str, Expr]:
    kind = nw.Int32 if isinstance(fact.domain, Dates) else nw.Float64
    return {low(fact.name): lowest.cast(kind), high(fact.name): highest.cast(kind)}


def _list_fact(fact: Fact, domains: dict[str, Domain], counts: Counts) -> list[dict[str, Expr]]:
    """What facts over one list share comes first, under names that are the same for all of them."""
    listed = nw.col(given(fact.of[0]))
    if fact.operator == "last":
        return _last(fact, listed)
    signature = _signature(fact)
    complete, missing, shared = _completeness(fact, domains, listed)
    sizes, fullest = _sizes(fact, counts)
    possible = _fold(fact, complete, counts)
    wanting = []
    for asked in fact.asks:
        field = asked.removeprefix(f"{fact.of[0]}.")
        marks = [missing[asked]] if asked in missing else []
        if asked != field and fact.where and field in fact.where.inputs:
            marks.append(counts[f"{signature}__open_{base(field)}"] > 0)
        if asked != field and field == fact.item:
            marks.append(counts[f"{signature}__item_{base(field)}"] > 0)
        wanting.append(any_of(marks))
    return [shared | sizes, fullest, *_finish(fact, possible, wanting)]


def _completeness(
    fact: Fact, domains: dict[str, Domain], listed: Expr
) -> tuple[Expr, dict[str, Expr], dict[str, Expr]]:
    """(whether the list is all there is, for each chart field whether it is wanting for that, the columns that both
    need).
    """
    missing = {fact.of[0]: ~listed}
    if fact.complete_if is None:
        return listed, missing, {}
    stated = nw.col(column(fact.stated_by)) if fact.stated_by else nw.lit(3)
    grid = fact.complete_if
    yes = next(box for box in grid.boxes if box.outcome == 1)
    name = f"{fact.of[0]}__all_if_{'_'.join(f'{base(n)}{mask}' for n, mask in zip(grid.inputs, yes.masks, strict=True))}_{base(fact.stated_by)}"
    lacking = {
        n: any_of(cell_possible(grid, i, k, domains[n]) for k in range(len(grid.cells[i])) if not yes.masks[i] >> k & 1)
        for i, n in enumerate(grid.inputs)
    }
    shared = {f"{name}__lacks_{base(n)}": listed & (stated == 3) & outside for n, outside in lacking.items()}
    shared[name] = listed & ((stated == 2) | ((stated == 3) & ~any_of(lacking.values())))
    missing |= {n: nw.col(f"{name}__lacks_{base(n)}") for n in grid.inputs}
    if fact.stated_by:
        missing[fact.stated_by] = listed & (stated == 1)
    return nw.col(name), missing, shared


def _sizes(fact: Fact, counts: Counts) -> tuple[dict[str, Expr], dict[str, Expr]]:
    """For facts over groups: how many items have each label, then what is asked of these numbers."""
    if fact.operator not in ("distinct", "most_in_one"):
        return {}, {}
    assert isinstance(fact.item_domain, Choices)
    names = [f"{_signature(fact)}__is{k}" for k in range(len(fact.item_domain.labels))]
    sizes = [nw.col(f"{name}__size") for name in names]
    surely = count_of(size > 0 for size in sizes) if fact.operator == "distinct" else nw.max_horizontal(*sizes)
    return {f"{name}__size": counts[name] for name in names}, {
        f"{base(fact.name)}__surely": surely,
        f"{base(fact.name)}__named": nw.sum_horizontal(*sizes),
    }


def _fold(fact: Fact, complete: Expr, counts: Counts) -> dict[str, Expr]:
    sure, may = counts[f"{_signature(fact)}__n"], counts[f"{_signature(fact)}__m"]
    endless = nw.lit(float("inf"))
    if fact.operator == "count":
        return _span(fact, sure, nw.when(complete).then(may.cast(nw.Float64)).otherwise(endless))
    if fact.operator in ("any", "all"):
        found, none = (2, 1) if fact.operator == "any" else (1, 2)
        rest = nw.when(complete & (may == 0)).then(nw.lit(none)).otherwise(nw.lit(3))
        return {column(fact.name): nw.when(sure > 0).then(nw.lit(found)).otherwise(rest)}
    if fact.operator in ("distinct", "most_in_one"):
        return _fold_groups(fact, complete, sure, may)
    assert isinstance(fact.domain, Numbers)
    bottom, top = (nw.lit(float(end)) for end in fact.domain.everything)
    a, b = nw.col(f"{fact.name}__a"), nw.col(f"{fact.name}__b")
    if fact.operator == "min":
        return _span(
            fact, nw.when(complete).then(a.fill_null(fact.domain.high)).otherwise(bottom), b.fill_null(fact.domain.high)
        )
    if fact.operator == "sum":
        return _span(fact, a.fill_null(0.0).round(9), nw.when(complete).then(b.fill_null(0.0).round(9)).otherwise(top))
    return _span(
        fact, a.fill_null(fact.domain.low), nw.when(complete).then(b.fill_null(fact.domain.low)).otherwise(top)
    )


def _fold_groups(fact: Fact, complete: Expr, sure: Expr, may: Expr) -> dict[str, Expr]:
    surely, named = nw.col(f"{base(fact.name)}__surely"), nw.col(f"{base(fact.name)}__named")
    at_least_one = nw.when(sure > 0).then(nw.lit(1)).otherwise(nw.lit(0))
    highest = nw.when(complete).then((surely + may - named).cast(nw.Float64)).otherwise(nw.lit(float("inf")))
    return _span(fact, nw.max_horizontal(surely, at_least_one), highest)


def _last(fact: Fact, listed: Expr) -> list[dict[str, Expr]]:
    everything = fact.domain.everything
    if isinstance(everything, int):
        possible = {column(fact.name): nw.col(f"newest__{column(fact.item)}").fill_null(everything)}
    else:
        ends = [
            nw.col(f"newest__{end(fact.item)}").fill_null(whole)
            for end, whole in ((low, everything[0]), (high, everything[1]))
        ]
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
    wanting = [
        bit(nw.col(asks(fact.of[0])), first.index(asked)) if asked in first else nw.lit(False) for asked in fact.asks
    ]
    return _finish(fact, possible, wanting)


def _silent(name: str, domain: Domain) -> Expr:
    """Whether the chart says nothing of a quantity."""
    whole = domain.everything
    if isinstance(whole, int):
        return nw.col(column(name)) == whole
    return (nw.col(low(name)) == whole[0]) & (nw.col(high(name)) == whole[1])


def _plain_fact(fact: Fact, domains: dict[str, Domain], asks_of: dict[str, tuple[str, ...]]) -> list[dict[str, Expr]]:
    wanting = [
        any_of(bit(nw.col(asks(n)), asks_of[n].index(asked)) for n in fact.of if asked in asks_of[n])
        for asked in fact.asks
    ]
    if fact.operator == "convert":
        return _finish(fact, {column(fact.name): _converted(fact)}, [nw.lit(True) for _ in fact.asks])
    start, end = fact.of
    if fact.operator in ("difference", "percent_change"):
        relative = fact.operator == "percent_change"
        ends = (
            _change(nw.col(high(start)), nw.col(low(end)), relative, -float("inf")),
            _change(nw.col(low(start)), nw.col(high(end)), relative, float("inf")),
        )
        before: list[dict[str, Expr]] = []
    else:
        before, ends = _between(fact, start, end)
    layers = (
        _finish(fact, _span(fact, *ends), wanting)
        if fact.given is None
        else _given(fact, ends, domains, asks_of, wanting)
    )
    return [*before, *layers]


def _given(
    fact: Fact,
    ends: tuple[Expr, Expr],
    domains: dict[str, Domain],
    asks_of: dict[str, tuple[str, ...]],
    wanting: Sequence[Expr],
) -> list[dict[str, Expr]]:
    """The fact where what it is given holds for certain, else unknown."""
    assert fact.given is not None
    assert not isinstance(fact.domain, Choices)
    no, _ = possible_answers(fact.given, domains)
    blocking = [
        any_of(bit(nw.col(asks(n)), asks_of[n].index(asked)) for n in fact.given.inputs if asked in asks_of[n])
        for asked in fact.asks
    ]
    kept = [
        nw.when(no).then(nw.lit(float(whole))).otherwise(end)
        for end, whole in zip(ends, fact.domain.everything, strict=True)
    ]
    settled = nw.when(known(fact.name, fact.domain)).then(nw.lit(0)).otherwise(pack(wanting))
    return [_span(fact, *kept), {asks(fact.name): nw.when(no).then(pack(blocking)).otherwise(settled)}]


def _between(fact: Fact, start: str, end: str) -> tuple[list[dict[str, Expr]], tuple[Expr, Expr]]:
    """The calendar operators: layers of helper columns, and the lowest and highest result."""
    between = {"months_between": months_between, "years_between": years_between, "days_between": days_between}[
        fact.operator
    ]
    silent = any_of((nw.col(low(n)) == FIRST_DAY) & (nw.col(high(n)) == LAST_DAY) for n in fact.of)
    layers: list[dict[str, Expr]] = [{}, {}]
    ends = []
    assert isinstance(fact.domain, Numbers)
    lowest, highest = fact.domain.everything
    for side, first, last, whole in (("a", high(start), low(end), lowest), ("b", low(start), high(end), highest)):
        name = f"{base(fact.name)}__{side}"
        layers[0] |= {
            f"{name}1": nw.min_horizontal(nw.col(first), nw.col(last)),
            f"{name}2": nw.max_horizontal(nw.col(first), nw.col(last)),
        }
        layers[1] |= {
            f"{name}{n}{part}": expression
            for n in (1, 2)
            for part, expression in zip("ymd", _date_parts(nw.col(f"{name}{n}")), strict=True)
        }
        earlier, later = ((nw.col(f"{name}{n}y"), nw.col(f"{name}{n}m"), nw.col(f"{name}{n}d")) for n in (1, 2))
        forwards = between(earlier, later, nw.col(first) > nw.col(last))
        ends.append(nw.when(silent).then(nw.lit(float(whole))).otherwise(forwards))
    return layers, (ends[0], ends[1])


def _converted(fact: Fact) -> Expr:
    source = nw.col(column(fact.of[0]))
    target = fact.domain
    assert isinstance(target, Choices)
    reached = [
        any_of(bit(source, k) for k, meant in enumerate(fact.mapping) if meant >> t & 1)
        for t in range(len(target.labels))
    ]
    return pack(reached)


def _change(start: Expr, end: Expr, relative: bool, unbounded: float) -> Expr:
    finite = (start < float("inf")) & (start > -float("inf")) & (end < float("inf")) & (end > -float("inf"))
    if not relative:
        return nw.when(finite).then(end - start).otherwise(nw.lit(unbounded))
    divisor = nw.when(start == 0).then(nw.lit(1.0)).otherwise(start)
    of_zero = nw.when(end == 0).then(nw.lit(0.0)).otherwise(nw.lit(float("inf")))
    ratio = nw.when(start == 0).then(of_zero).otherwise((end - start) * 100 / divisor)
    return nw.when(finite).then(ratio).otherwise(nw.lit(unbounded))


# ---- the calendar --------------------------------------------------------------------------------


Day = tuple[Expr, Expr, Expr]
"""Year, month and day as columns."""


def months_between(start: Day, end: Day, backwards: Expr) -> Expr:
    """As `reference.months_between`; start not after end, backwards where they were swapped."""
    (y1, m1, d1), (y2, m2, d2) = start, end
    months = (y2 - y1) * 12 + m2 - m1
    anniversary = nw.min_horizontal(d1, _month_length(y2, m2))
    before = nw.when(m2 == 1).then(nw.lit(31)).otherwise(_month_length(y2, m2 - 1))
    short = (months - 1).cast(nw.Float64) + (before - nw.min_horizontal(d1, before) + d2).cast(nw.Float64) / 31
    enough = months.cast(nw.Float64) + (d2 - anniversary).cast(nw.Float64) / 31
    forwards = nw.when(d2 >= anniversary).then(enough).otherwise(short)
    return nw.when(backwards).then(forwards * -1).otherwise(forwards)


def years_between(start: Day, end: Day, backwards: Expr) -> Expr:
    """As `reference.years_between`."""
    return (months_between(start, end, backwards) / 12).floor()


def days_between(start: Day, end: Day, backwards: Expr) -> Expr:
    """As `reference.days_between`."""
    forwards = (_day_number(*end) - _day_number(*start)).cast(nw.Float64)
    return nw.when(backwards).then(forwards * -1).otherwise(forwards)


def _date_parts(day: Expr) -> tuple[Expr, Expr, Expr]:
    return day // 10000, (day // 100) % 100, day % 100


def _month_length(year: Expr, month: Expr) -> Expr:
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    february = nw.when(leap).then(nw.lit(29)).otherwise(nw.lit(28))
    rest = nw.when(month.is_in([4, 6, 9, 11])).then(nw.lit(30)).otherwise(nw.lit(31))
    return nw.when(month == 2).then(february).otherwise(rest)


def _day_number(year: Expr, month: Expr, date: Expr) -> Expr:
    shifted = nw.when(month <= 2).then(year - 1).otherwise(year)
    from_march = (month + 9) % 12
    return shifted * 365 + shifted // 4 - shifted // 100 + shifted // 400 + (from_march * 153 + 2) // 5 + date
