"""Tables over columns: the boxes of a grid as conjunctions, and the four answers as columns.

Column names of a part start with its name: `x`, `x_possible`, `x_rule`, `x_needs` (and `x_low`, `x_high` of a score).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import narwhals as nw

from oligoscope.tables.columnar.bits import Expr, Sheet, all_of, any_of, asks, base, bit, column, count_of, high, low, pack
from oligoscope.tables.columnar.score import ScoreColumns
from oligoscope.tables.domain import Choices, Domain
from oligoscope.tables.grid import Border, Grid
from oligoscope.tables.model import Part, Table
from oligoscope.tables.score import Totals

NONE = ""


def part_name(table: Table, part: Part) -> str:
    """The name that a part's columns begin with."""
    return f"{table.name}_{part.id}" if part.id else table.name


class Inputs:
    """The answers still possible of a table's inputs, cut as fine as any of its parts cuts them."""

    def __init__(self, table: Table, domains: dict[str, Domain]) -> None:
        self.names, self.domains = table.inputs, domains
        self._edges: dict[str, list[float]] = {}
        for part in table.parts:
            for position, name in enumerate(part.grid.inputs):
                if not isinstance(domains[name], Choices):
                    lows = {cell.low for cell in part.grid.cells[position]} | set(self._edges.get(name, []))
                    self._edges[name] = sorted(lows)

    def masks(self) -> dict[str, tuple[Expr, int]]:
        """For every input a mask of its finest answers, with its number of bits."""
        found = {}
        for position, name in enumerate(self.names):
            domain = self.domains[name]
            if isinstance(domain, Choices):
                found[f"in{position}"] = (nw.col(column(name)), len(domain.labels))
            else:
                found[f"in{position}"] = (pack(self._stretches(name)), len(self._edges[name]))
        return found

    def _stretches(self, name: str) -> list[Expr]:
        lows = self._edges[name]
        below = [nw.col(high(name)) >= edge for edge in lows]
        above = [nw.col(low(name)) < edge for edge in lows[1:]]
        return [a & b for a, b in zip(below, above, strict=False)] + [below[-1]]

    def spread(self, sheet: Sheet) -> None:
        """Note a flag for every answer."""
        for position, name in enumerate(self.names):
            domain = self.domains[name]
            n_answers = len(domain.labels) if isinstance(domain, Choices) else len(self._edges[name])
            for k in range(n_answers):
                sheet.note(bit(nw.col(f"in{position}"), k), ("answer", name, k))

    def possible(self, sheet: Sheet, grid: Grid, position: int, k: int) -> Expr:
        """Whether one answer of a part's input is possible."""
        name, cell = grid.inputs[position], grid.cells[position][k]
        if isinstance(self.domains[name], Choices):
            return sheet.noted(("answer", name, k))
        inside = [n for n, edge in enumerate(self._edges[name]) if cell.low <= edge <= cell.high]
        return any_of(sheet.noted(("answer", name, n)) for n in inside)


class PartColumns:
    """One grid over a sheet: which boxes, outcomes and rules are possible, and what is needed."""

    def __init__(self, sheet: Sheet, inputs: Inputs, part: Part) -> None:
        self.sheet, self.inputs, self.part, self.grid = sheet, inputs, part, part.grid
        self.answers = [[inputs.possible(sheet, self.grid, i, k) for k in range(len(cells))] for i, cells in enumerate(self.grid.cells)]

    def hit(self, position: int, mask: int) -> Expr | None:
        """Whether an input may lie in a set of answers; None when it always does."""
        if mask & (1 << len(self.answers[position])) - 1 == (1 << len(self.answers[position])) - 1:
            return None
        key = ("hit", self.part.id, self.grid.inputs[position], mask & (1 << len(self.answers[position])) - 1)
        if self.sheet.has(key):
            return self.sheet.noted(key)
        return self.sheet.note(any_of(flag for k, flag in enumerate(self.answers[position]) if mask >> k & 1), key)

    def reach(self) -> None:
        """Compute which outcomes are possible, and nothing more."""
        hits = [[self.hit(i, mask) for i, mask in enumerate(box.masks)] for box in self.grid.boxes]
        self.sheet.layer()
        boxes = [self.sheet.note(all_of(row)) for row in hits]
        self.sheet.layer()
        found = range(self.grid.n_outcomes)
        self.outcomes = [self.sheet.note(any_of(boxes[b] for b, box in enumerate(self.grid.boxes) if box.outcome == o)) for o in found]
        self.sheet.layer()

    def layers(self) -> None:
        """Compute boxes and borders; afterwards `outcomes`, `rules`, `shares` can be read."""
        grid, sheet = self.grid, self.sheet
        hits = [[self.hit(i, mask) for i, mask in enumerate(box.masks)] for box in grid.boxes]
        crossings = [[self._crossing(i, border) for border in borders] for i, borders in enumerate(grid.borders)]
        sheet.layer()
        boxes = [sheet.note(all_of(row)) for row in hits]
        conditional = [[b for b in range(len(hits)) if hits[b][i] is not None] for i in range(len(grid.inputs))]
        rest = [[self._rest(hits[b], i) if b in conditional[i] else boxes[b] for b in range(len(hits))] for i in range(len(grid.inputs))]
        matters = [sheet.note(any_of(all_of(parts) for parts in row)) for row in crossings]
        sheet.layer()
        self.outcomes = [sheet.note(any_of(boxes[b] for b, box in enumerate(grid.boxes) if box.outcome == o)) for o in range(grid.n_outcomes)]
        self.rules = [sheet.note(any_of(boxes[b] for b, box in enumerate(grid.boxes) if box.rule == r)) for r in range(grid.n_rules)]
        settled = [[sheet.note(self._settles(rest[i], i, k)) for k in range(len(self.answers[i]))] for i in range(len(grid.inputs))]
        sheet.layer()
        shares = [share_of(flags, self.answers[i]) for i, flags in enumerate(settled)]
        self.shares = [sheet.note(nw.when(m).then(share).otherwise(nw.lit(-1.0))) for m, share in zip(matters, shares, strict=True)]
        self.settled = sheet.note(count_of(self.outcomes) == 1)
        sheet.layer()

    def _crossing(self, position: int, border: Border) -> list[Expr | None]:
        others = [None if j == position else self.hit(j, mask) for j, mask in enumerate(border.others)]
        return [self.hit(position, border.here), self.hit(position, border.there), *others]

    def _rest(self, hits: Sequence[Expr | None], position: int) -> Expr:
        return self.sheet.note(all_of(hit for i, hit in enumerate(hits) if i != position))

    def _settles(self, rest: Sequence[Expr], position: int, k: int) -> Expr:
        """Whether this answer of one input would leave one outcome."""
        grid = self.grid
        reached = []
        for outcome in range(grid.n_outcomes):
            boxes = [rest[b] for b, box in enumerate(grid.boxes) if box.outcome == outcome and box.masks[position] >> k & 1]
            if boxes:
                reached.append(any_of(boxes))
        return count_of(reached) == 1


def share_of(settled: Sequence[Expr], possible: Sequence[Expr]) -> Expr:
    """The share of the possible answers that would leave one outcome."""
    return count_of(s & p for s, p in zip(settled, possible, strict=True)).cast(nw.Float64) / count_of(possible).cast(nw.Float64)


RANK_BITS = 5


def ranks(name: str, shares: Sequence[Expr]) -> dict[str, Expr]:
    """For each input of a part how decisive it is: 0 not needed, 1 least, more the higher its share among the others'; as many as it beats, plus 1."""
    found = {}
    for i, own in enumerate(shares):
        beaten = count_of(own > other for j, other in enumerate(shares) if j != i)
        found[f"{base(name)}__rank{i}"] = nw.when(own >= 0).then(beaten + 1).otherwise(nw.lit(0))
    return found


class Needs:
    """The chart fields that one part needs, from its inputs' ranks and what each input asks: a step of its own, since charts differ most in it."""

    def __init__(self, name: str, part_inputs: Sequence[str], fields: Sequence[str], asks_of: Mapping[str, tuple[str, ...]]) -> None:
        self.name, self.inputs, self.fields, self.asks_of = name, part_inputs, fields, asks_of

    @property
    def rank_columns(self) -> list[str]:
        return [f"{base(self.name)}__rank{i}" for i in range(len(self.inputs))]

    def masks(self) -> dict[str, tuple[Expr, int]]:
        """Ranks, and what the inputs that are needed ask. An input with one ask asks it whenever it is needed."""
        found = {f"rank{i}": (nw.col(column), RANK_BITS) for i, column in enumerate(self.rank_columns)}
        for i, name in enumerate(self.inputs):
            if len(self.asks_of[name]) > 1:
                asked = nw.when(nw.col(self.rank_columns[i]) > 0).then(nw.col(asks(name))).otherwise(nw.lit(0))
                found[f"ask{i}"] = (asked, len(self.asks_of[name]))
        return found

    def answer(self, distinct: Any, settle: Callable[[Any], Any], *, hand_on: bool) -> Any:
        """The distinct ranks and asks with the needs joined, most decisive first; hand_on: and as a mask for other tables."""
        own = list(distinct.collect_schema().names())
        sheet = Sheet(distinct, settle)
        best = [sheet.note(self._best(field)) for field in self.fields]
        sheet.layer()
        answers = {f"{self.name}_needs": _in_order(best, self.fields, len(self.inputs))}
        if hand_on:
            answers[asks(self.name)] = pack([b > 0 for b in best])
        return settle(sheet.frame.with_columns(**answers).select(*own, *answers))

    def _best(self, field: str) -> Expr:
        """The highest rank of the inputs that ask for a field."""
        ways = []
        for i, name in enumerate(self.inputs):
            if field in self.asks_of[name]:
                asked = nw.lit(1) if len(self.asks_of[name]) == 1 else (nw.col(f"ask{i}") // (1 << self.asks_of[name].index(field))) % 2
                ways.append(nw.col(f"rank{i}") * asked)
        return nw.max_horizontal(*ways) if len(ways) > 1 else ways[0]


def _in_order(best: Sequence[Expr], fields: Sequence[str], n_ranks: int) -> Expr:
    """The fields with a rank, highest first, ties in their order, joined."""
    none = nw.lit(None).cast(nw.String)
    return _joined([nw.when(own == rank).then(nw.lit(field)).otherwise(none) for rank in range(n_ranks, 0, -1) for own, field in zip(best, fields, strict=True)])


def needs_of(table: Table, asks_of: Mapping[str, tuple[str, ...]]) -> list[Needs]:
    """The needs to work out for a table, one a part (a score: one)."""
    if table.score:
        return [Needs(table.name, Totals(table).inputs, table.fields, asks_of)]
    return [Needs(part_name(table, part), part.grid.inputs, part.fields, asks_of) for part in table.parts]


def _joined(words: Sequence[Expr]) -> Expr:
    if not words:
        return nw.lit(NONE)
    return nw.concat_str(list(words), separator="|", ignore_nulls=True).fill_null(NONE)


def _named(flags: Sequence[Expr], names: Sequence[str]) -> Expr:
    """The names whose flag is set, joined in order."""
    kept = [(flag, name) for flag, name in zip(flags, names, strict=True) if name]
    return _joined([nw.when(flag).then(nw.lit(name)).otherwise(nw.lit(None).cast(nw.String)) for flag, name in kept])


def _chosen(flags: Sequence[Expr], names: Sequence[str]) -> Expr:
    """The name of the one flag that is set."""
    result = nw.lit(None).cast(nw.String)
    for flag, name in zip(flags, names, strict=True):
        result = nw.when(flag).then(nw.lit(name)).otherwise(result)
    return result


def table_answers(table: Table, distinct: Any, inputs: Inputs, settle: Callable[[Any], Any]) -> Any:
    """The frame of distinct inputs with the table's answer columns, and what the table hands on to others."""
    own = list(distinct.collect_schema().names())
    sheet = Sheet(distinct, settle)
    inputs.spread(sheet)
    sheet.keep_all()
    if table.score:
        names = _answer(sheet, _score_answers(table, sheet, inputs))
    elif table.kind == "options":
        names = _answer(sheet, _option_answers(table, sheet, inputs))
    else:
        names = [name for part in table.parts for name in _answer(sheet, _part_answers(table, part, sheet, inputs))]
    return settle(sheet.frame.select(*own, *names))


def _answer(sheet: Sheet, answers: Mapping[str, Expr]) -> list[str]:
    sheet.answer(answers)
    return list(answers)


def _part_answers(table: Table, part: Part, sheet: Sheet, inputs: Inputs) -> dict[str, Expr]:
    columns = PartColumns(sheet, inputs, part)
    columns.layers()
    one, name = columns.settled, part_name(table, part)
    value = nw.when(one).then(_chosen(columns.outcomes, part.outcomes))
    rule = nw.when(one).then(_named(columns.rules, [r.id for r in part.rules]))
    none = nw.lit(None).cast(nw.String)
    if part.open:
        may = any_of(flag for flag, code in zip(columns.outcomes, part.outcomes, strict=True) if code in (part.met, part.open.then))
        answers = {
            name: value.otherwise(nw.when(may).then(nw.lit(part.open.then)).otherwise(none)),
            f"{name}_rule": rule.otherwise(nw.when(may).then(nw.lit(part.open.id)).otherwise(none)),
        }
    else:
        answers = {name: value.otherwise(none), f"{name}_rule": rule.otherwise(none)}
    possible = {f"{name}_possible": _named(columns.outcomes, part.outcomes)}
    result = {name: answers[name], **possible, f"{name}_rule": answers[f"{name}_rule"], **ranks(name, columns.shares)}
    if table.kind == "decision":
        result[column(table.name)] = pack(columns.outcomes)
    return result


_NO, _YES = 0, 1


def option_flags(table: Table) -> list[str]:
    """The columns of an options table's flags, one an option: 1 it cannot apply, 2 it certainly applies, 3 it may."""
    return [f"{base(part_name(table, part))}__may" for part in table.parts]


def _option_answers(table: Table, sheet: Sheet, inputs: Inputs) -> dict[str, Expr]:
    found = {}
    for part, name in zip(table.parts, option_flags(table), strict=True):
        columns = PartColumns(sheet, inputs, part)
        columns.reach()
        found[name] = pack([columns.outcomes[_NO], columns.outcomes[_YES]])
    return found


def option_names(table: Table, distinct: Any) -> Any:
    """The names of the options that certainly apply, and of those that may, from flags named may0, may1 ..."""
    names = [part.id for part in table.parts]
    certain = [nw.col(f"may{n}") == 1 << _YES for n in range(len(names))]
    may = [nw.col(f"may{n}") >= 1 << _YES for n in range(len(names))]
    return distinct.with_columns(**{table.name: _named(certain, names), f"{table.name}_possible": _named(may, names)})


def _score_answers(table: Table, sheet: Sheet, inputs: Inputs) -> dict[str, Expr]:
    columns = [PartColumns(sheet, inputs, part) for part in table.parts]
    score = ScoreColumns(table, sheet, [(part.grid, part.answers) for part in columns])
    outcomes = score.outcomes()
    sheet.layer()
    shares = score.shares()
    sheet.layer()
    one = count_of(outcomes) == 1
    none = nw.lit(None).cast(nw.String)
    lowest, highest = score.range()
    return {
        table.name: nw.when(one).then(_chosen(outcomes, table.codes)).otherwise(none),
        f"{table.name}_possible": _named(outcomes, table.codes),
        f"{table.name}_rule": nw.when(one).then(_chosen(outcomes, [score.totals.rule_of(code) for code in table.codes])).otherwise(none),
        f"{table.name}_low": lowest,
        f"{table.name}_high": highest,
        **ranks(table.name, shares),
        column(table.name): pack(outcomes),
    }
