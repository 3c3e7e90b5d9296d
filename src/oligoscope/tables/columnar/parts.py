"""Tables over the combinations of answers that occur: the boxes of a grid as conjunctions of flags, and the four
answers as columns.

Column names of a part start with its name: `x`, `x_possible`, `x_rule`, `x_needs` (and `x_low`, `x_high` of a score).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce

import narwhals as nw
import numpy as np
import pyarrow as pa

from oligoscope.tables.columnar.bits import Expr, asks, base, column, high, low, pack
from oligoscope.tables.columnar.met import Evaluated
from oligoscope.tables.columnar.rows import Flags, Integers, Rows, Shares, Truths, grouped
from oligoscope.tables.columnar.score import ScoreRows
from oligoscope.tables.domain import Choices, Domain
from oligoscope.tables.errors import TableError
from oligoscope.tables.grid import Border, Grid
from oligoscope.tables.model import Part, Table
from oligoscope.tables.score import Totals

Numbered = Callable[[str, Sequence[tuple[int, ...]]], list[int]]
"""As `Engine.numbered`."""


def part_name(table: Table, part: Part) -> str:
    """The name that a part's columns begin with."""
    return f"{table.name}_{part.id}" if part.id else table.name


class Inputs:
    """The answers still possible of a table's inputs, cut as fine as any of its parts cuts them."""

    def __init__(self, table: Table, domains: Mapping[str, Domain]) -> None:
        self.names, self.domains = table.inputs, domains
        self._edges: dict[str, list[float]] = {}
        for part in table.parts:
            for position, name in enumerate(part.grid.inputs):
                if not isinstance(domains[name], Choices):
                    lows = {cell.low for cell in part.grid.cells[position]} | set(self._edges.get(name, []))
                    self._edges[name] = sorted(lows)

    def masks(self) -> dict[str, tuple[Expr, int]]:
        """For every input a mask of its finest answers, with its number of bits."""
        return {name: (self._mask(name), self._n_answers(name)) for name in self.names}

    def _mask(self, name: str) -> Expr:
        return nw.col(column(name)) if isinstance(self.domains[name], Choices) else pack(self._stretches(name))

    def _n_answers(self, name: str) -> int:
        domain = self.domains[name]
        return len(domain.labels) if isinstance(domain, Choices) else len(self._edges[name])

    def _stretches(self, name: str) -> list[Expr]:
        lows = self._edges[name]
        below = [nw.col(high(name)) >= edge for edge in lows]
        above = [nw.col(low(name)) < edge for edge in lows[1:]]
        return [a & b for a, b in zip(below, above, strict=False)] + [below[-1]]

    def spread(self, flags: Flags, masks: Mapping[str, Integers], grid: Grid) -> list[list[Rows]]:
        """For every input of a grid and each of its answers, where that is possible."""
        found = []
        for name, cells in zip(grid.inputs, grid.cells, strict=True):
            finest = [flags.bit(masks[name], k) for k in range(self._n_answers(name))]
            if not isinstance(self.domains[name], Choices):
                edges = self._edges[name]
                finest = [
                    flags.any_of(finest[n] for n, edge in enumerate(edges) if cell.low <= edge <= cell.high)
                    for cell in cells
                ]
            found.append(finest)
        return found


class PartRows:
    """One grid over combinations of answers: which outcomes and rules are possible, and how decisive each input is."""

    def __init__(self, flags: Flags, grid: Grid, answers: list[list[Rows]]) -> None:
        self.flags, self.grid, self.answers = flags, grid, answers
        self._touched: dict[tuple[int, int], Rows | None] = {}
        self._hits = [[self._hit(i, mask) for i, mask in enumerate(box.masks)] for box in grid.boxes]
        self._boxes = [flags.all_of(row) for row in self._hits]
        self.outcomes = [
            flags.any_of(self._boxes[b] for b, box in enumerate(grid.boxes) if box.outcome == o)
            for o in range(grid.n_outcomes)
        ]

    def _hit(self, position: int, mask: int) -> Rows | None:
        """Where an input may lie in a set of answers; None when it always does."""
        answers = self.answers[position]
        mask &= (1 << len(answers)) - 1
        if (position, mask) not in self._touched:
            always = mask == (1 << len(answers)) - 1
            self._touched[position, mask] = (
                None if always else self.flags.any_of(flag for k, flag in enumerate(answers) if mask >> k & 1)
            )
        return self._touched[position, mask]

    def rules(self) -> list[Rows]:
        """Where each rule is possible."""
        return [
            self.flags.any_of(self._boxes[b] for b, box in enumerate(self.grid.boxes) if box.rule == r)
            for r in range(self.grid.n_rules)
        ]

    def ranks(self) -> list[Integers]:
        """For each input how decisive it is: 0 not needed, 1 least, more the more of the others' shares its own beats."""
        return ranked([self._share(i, self._matters(i)) for i in range(len(self.grid.inputs))])

    def _matters(self, position: int) -> Rows:
        """Where this input alone can change the outcome."""
        return self.flags.any_of(
            self.flags.all_of(self._crossing(position, border)) for border in self.grid.borders[position]
        )

    def _crossing(self, position: int, border: Border) -> list[Rows | None]:
        others = [None if j == position else self._hit(j, mask) for j, mask in enumerate(border.others)]
        return [self._hit(position, border.here), self._hit(position, border.there), *others]

    def _share(self, position: int, matters: Rows) -> Shares:
        """The share of an input's possible answers that would leave one outcome; -1 where it does not matter."""
        flags, answers = self.flags, self.answers[position]
        rest = [
            self._boxes[b] if row[position] is None else flags.all_of([*row[:position], *row[position + 1 :]])
            for b, row in enumerate(self._hits)
        ]
        settled = [self._settles(rest, position, k) & answer for k, answer in enumerate(answers)]
        return share_of(flags, settled, answers, matters)

    def _settles(self, rest: Sequence[Rows], position: int, k: int) -> Rows:
        """Where this answer of one input would leave one outcome."""
        boxes = [(b, box.outcome) for b, box in enumerate(self.grid.boxes) if box.masks[position] >> k & 1]
        return self.flags.one_of(
            self.flags.any_of(rest[b] for b, own in boxes if own == outcome) for outcome in {own for _, own in boxes}
        )


def share_of(flags: Flags, settled: Sequence[Rows], possible: Sequence[Rows], matters: Rows) -> Shares:
    """The share of the possible answers that would leave one outcome; -1 where the input does not matter."""
    return np.where(flags.where(matters), flags.count(settled) / flags.count(possible), -1.0)


def ranked(shares: Sequence[Shares]) -> list[Integers]:
    """For each input 0 where it is not needed, else 1 more than the number of others whose share its own beats."""
    found = []
    for own in shares:
        beaten = sum((own > other for other in shares), start=np.zeros(len(own), dtype=np.int64))
        found.append(np.where(own >= 0, beaten + 1, 0))
    return found


# ---- answers -------------------------------------------------------------------------------------


def table_answers(table: Table, inputs: Inputs, masks: Mapping[str, Integers], numbered: Numbered) -> Evaluated:
    """What these combinations of answers lead to: the table's answer columns but for the needs, and what those and
    other tables read.
    """
    flags = Flags(len(next(iter(masks.values()))))
    parts = [PartRows(flags, part.grid, inputs.spread(flags, masks, part.grid)) for part in table.parts]
    if table.kind == "options":
        words = {name: flags.mask(part.outcomes) for name, part in zip(option_flags(table), parts, strict=True)}
        return Evaluated(np.zeros(flags.n, dtype=np.int64), handed_on=words)
    if table.score:
        return _score_answers(table, flags, parts, numbered)
    handed_on = {
        ranks_column(part_name(table, part)): _numbered(numbered, part_name(table, part), rows.ranks())
        for part, rows in zip(table.parts, parts, strict=True)
    }
    if table.kind == "decision":
        handed_on[column(table.name)] = flags.mask(parts[0].outcomes)
    told = [(_truths(flags, rows.outcomes), _truths(flags, rows.rules())) for rows in parts]
    first, places = grouped([truth for outcomes, rules in told for truth in (*outcomes, *rules)])
    answers: dict[str, pa.Array] = {}
    for part, (outcomes, rules) in zip(table.parts, told, strict=True):
        answers |= _part_columns(
            part_name(table, part),
            part,
            _names(outcomes, part.outcomes, first),
            _names(rules, [rule.id for rule in part.rules], first),
        )
    return Evaluated(places, answers, handed_on)


def _part_columns(
    name: str, part: Part, possible: Sequence[list[str]], rules: Sequence[list[str]]
) -> dict[str, pa.Array]:
    """Value, possible and rule, a row for each different answer."""
    values, fired = [], []
    for outcomes, fitting in zip(possible, rules, strict=True):
        settled = len(outcomes) == 1
        may = part.open if part.open and {part.met, part.open.then} & set(outcomes) else None
        values.append(outcomes[0] if settled else may.then if may else None)
        fired.append("|".join(fitting) if settled else may.id if may else None)
    return {name: _texts(values), f"{name}_possible": _texts(map("|".join, possible)), f"{name}_rule": _texts(fired)}


def _score_answers(table: Table, flags: Flags, parts: Sequence[PartRows], numbered: Numbered) -> Evaluated:
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
        f"{table.name}_low": pa.array([min(row, default=None) for row in reached], pa.float64()),
        f"{table.name}_high": pa.array([max(row, default=None) for row in reached], pa.float64()),
    }
    ranks = ranked([share_of(flags, settled, possible, matters) for settled, possible, matters in score.decisive()])
    handed_on = {
        ranks_column(table.name): _numbered(numbered, table.name, ranks),
        column(table.name): flags.mask(score.outcomes),
    }
    return Evaluated(places, answers, handed_on)


def _numbered(numbered: Numbered, name: str, ranks: Sequence[Integers]) -> Integers:
    """Each row's ranks as one number."""
    first, kind = grouped(ranks)
    met = list(zip(*(rank[first].tolist() for rank in ranks), strict=True))
    return np.array(numbered(name, met), dtype=np.int64)[kind]


def _truths(flags: Flags, parts: Iterable[Rows]) -> list[Truths]:
    return [flags.where(part) for part in parts]


def _set_bits(truths: Sequence[Truths], rows: Integers) -> list[list[int]]:
    """For these rows, which of the truths hold."""
    return [np.flatnonzero(row).tolist() for row in np.stack(truths)[:, rows].T]


def _names(truths: Sequence[Truths], names: Sequence[str], rows: Integers) -> list[list[str]]:
    """For these rows the names whose truth holds, in order; an empty name stands for nothing to show."""
    return [[names[k] for k in held if names[k]] for held in _set_bits(truths, rows)]


def _texts(values: Iterable[str | None]) -> pa.Array:
    return pa.array(list(values), pa.large_string())


# ---- options -------------------------------------------------------------------------------------


_YES = 1


def option_flags(table: Table) -> list[str]:
    """The columns of an options table's flags, one an option: 1 it cannot apply, 2 it certainly applies, 3 it may."""
    return [f"{base(part_name(table, part))}__may" for part in table.parts]


def option_names(table: Table, masks: Mapping[str, Integers]) -> Evaluated:
    """The names of the options that certainly apply, and of those that may, from the options' flags."""
    names, words = [part.id for part in table.parts], [masks[flag] for flag in option_flags(table)]
    every = np.arange(len(words[0]))
    certain, may = (
        _names([word == 1 << _YES for word in words], names, every),
        _names([word >= 1 << _YES for word in words], names, every),
    )
    return Evaluated(
        every, {table.name: _texts(map("|".join, certain)), f"{table.name}_possible": _texts(map("|".join, may))}
    )


# ---- needs ---------------------------------------------------------------------------------------


RANKS_BITS = 20
"""Bits of the number that stands for a row's ranks: tables meet few different ones."""


def ranks_column(name: str) -> str:
    """The column of the number that stands for the ranks of a part's inputs."""
    return f"{base(name)}__ranks"


class Needs:
    """The chart fields that one part needs, from its inputs' ranks and what each input asks: a step of its own, since
    charts differ most in it.
    """

    def __init__(
        self, name: str, part_inputs: Sequence[str], fields: Sequence[str], asks_of: Mapping[str, tuple[str, ...]]
    ) -> None:
        self.name, self.inputs, self.fields, self.asks_of = name, part_inputs, fields, asks_of

    def masks(self, ranks: Sequence[tuple[int, ...]]) -> dict[str, tuple[Expr, int]]:
        """What the inputs that are needed ask, and their ranks' number.

        An input with one ask asks it whenever it is needed. Raises TableError.
        """
        if len(ranks) > 1 << RANKS_BITS:
            raise TableError(
                f"{self.name}: its inputs are ranked in more than {1 << RANKS_BITS} ways",
                fix="split the table, or assess fewer patients at once",
            )
        number, found = nw.col(ranks_column(self.name)), {}
        for i, name in enumerate(self.inputs):
            if len(self.asks_of[name]) > 1:
                needed = number.is_in([n for n, row in enumerate(ranks) if row[i]])
                found[name] = (nw.when(needed).then(nw.col(asks(name))).otherwise(nw.lit(0)), len(self.asks_of[name]))
        return found | {ranks_column(self.name): (number, RANKS_BITS)}

    def answers(self, masks: Mapping[str, Integers], ranks: Sequence[tuple[int, ...]], *, hand_on: bool) -> Evaluated:
        """The needs joined, most decisive first, ties in the fields' order; hand_on: and as a mask for other tables."""
        own = np.array(ranks, dtype=np.int64)[masks[ranks_column(self.name)]].T
        best = np.stack([self._best(field, own, masks) for field in self.fields])
        first, places = grouped(list(best))
        order = np.argsort(-best[:, first], axis=0, kind="stable").T.tolist()
        n_wanted = (best[:, first] > 0).sum(axis=0).tolist()
        texts = ["|".join([self.fields[k] for k in row[:n]]) for row, n in zip(order, n_wanted, strict=True)]
        mask = sum(
            ((row > 0).astype(np.int64) << k for k, row in enumerate(best)),
            start=np.zeros(best.shape[1], dtype=np.int64),
        )
        return Evaluated(places, {f"{self.name}_needs": _texts(texts)}, {asks(self.name): mask} if hand_on else {})

    def _best(self, field: str, ranks: Integers, masks: Mapping[str, Integers]) -> Integers:
        """The highest rank of the inputs that ask for a field."""
        ways = []
        for rank, name in zip(ranks, self.inputs, strict=True):
            asked = self.asks_of[name]
            if field in asked:
                ways.append(rank if len(asked) == 1 else rank * (masks[name] >> asked.index(field) & 1))
        return reduce(np.maximum, ways)


def needs_of(table: Table, asks_of: Mapping[str, tuple[str, ...]]) -> list[Needs]:
    """The needs to work out for a table, one a part (a score: one)."""
    if table.score:
        return [Needs(table.name, Totals(table).inputs, table.fields, asks_of)]
    return [Needs(part_name(table, part), part.grid.inputs, part.fields, asks_of) for part in table.parts]
