"""Rules in evaluated form: boxes that do not overlap and leave nothing out.

Each input is cut into the finitely many answers its conditions can tell apart (`cells`); a set of answers is a bit
mask. A box gives one mask an input; its rule fires when every input lies in its mask. Rules of hit policy *first* are
made disjoint here, by cutting from each what earlier rules take: only so are the outcomes still possible under unknown
inputs exact, not just safe.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import combinations, product
from operator import and_, getitem
from typing import NamedTuple

from oligoscope.tables.conditions import Cell, Condition, cells
from oligoscope.tables.domain import Domain, Possible
from oligoscope.tables.errors import TableError

Masks = tuple[int, ...]
EVERYTHING = -1
"""The set of all boxes and all borders: every bit is set."""
REMEMBERED = 20_000
"""What is kept of each kind of search, the latest used: the next patient, combination or what-if differs in few of a
table's inputs.
"""


class Box(NamedTuple):
    """Where one rule fires: a mask of answers for every input."""

    rule: int
    outcome: int
    masks: Masks


class Border(NamedTuple):
    """Two boxes of different outcome that one input alone separates: where that input can change the answer.

    position: of that input.  here, there: a mask for every input, of each box; but for that input's both have what the
    boxes share.
    """

    position: int
    outcomes: tuple[int, int]
    here: Masks
    there: Masks


@dataclass(frozen=True, eq=False)
class Grid:
    """Boxes over inputs, with what the executors look up.

    Bit b of a box set stands for box b, bit b of a border set for border b. borders_at: for each input the set of its
    own. Grids are told apart by identity, so that what was found can be kept by grid.
    """

    inputs: tuple[str, ...]
    cells: tuple[tuple[Cell, ...], ...]
    boxes: tuple[Box, ...]
    n_rules: int
    n_outcomes: int
    boxes_with: tuple[tuple[int, ...], ...]
    boxes_of_outcome: tuple[int, ...]
    boxes_of_rule: tuple[int, ...]
    borders: tuple[Border, ...]
    borders_at: tuple[int, ...]

    @cached_property
    def leaves(self) -> "tuple[Leaves, ...]":
        """For each input what its answers leave; no field, so that stored knowledge does not carry it."""
        return tuple(Leaves(i, self.boxes, self.borders) for i in range(len(self.inputs)))

    def mask(self, position: int, possible: Possible) -> int:
        """The answers of an input that are still possible."""
        if isinstance(possible, int):
            return possible
        lows, highs = self._ends[position]
        first, behind = bisect_left(highs, possible[0]), bisect_right(lows, possible[1])
        return (1 << behind) - (1 << first) if first < behind else 0

    @cached_property
    def _ends(self) -> tuple[tuple[list[float], list[float]], ...]:
        """The lower and the upper ends of each input's answers, which ascend."""
        return tuple(([cell.low for cell in own], [cell.high for cell in own]) for own in self.cells)

    def left(self, masks: Masks) -> int:
        """What all inputs together leave: box b as bit b, and above the boxes the borders."""
        return reduce(and_, map(getitem, self.leaves, masks), EVERYTHING)

    def possible_boxes(self, masks: Masks) -> int:
        """The boxes that some completion of the record falls into."""
        return self.boxes_in(self.left(masks))

    def boxes_in(self, left: int) -> int:
        """The boxes among what is left."""
        return left & ((1 << len(self.boxes)) - 1)

    def borders_in(self, left: int) -> int:
        """The borders among what is left: some completion of the record lies on their one side, some on the other, and
        one input alone decides.
        """
        return (left & ((1 << len(self.boxes) + len(self.borders)) - 1)) >> len(self.boxes)

    def outcomes_of(self, boxes: int) -> tuple[int, ...]:
        """The outcomes of these boxes."""
        return tuple([o for o, own in enumerate(self.boxes_of_outcome) if boxes & own])

    def rules_of(self, boxes: int) -> tuple[int, ...]:
        """The rules of these boxes."""
        return tuple([r for r, own in enumerate(self.boxes_of_rule) if boxes & own])


class Leaves(dict[int, int]):
    """What each set of answers of one input leaves of a grid's boxes and borders, kept once it was asked for.

    An input has few different masks, while records have many combinations of them: what is left by each input is
    looked up, and a search is the conjunction of a few whole numbers. Over the combinations of a million patients in
    `search.explore_grid` it takes a third of the time so (12 us each instead of 34).
    """

    def __init__(self, position: int, boxes: Sequence[Box], borders: Sequence[Border]) -> None:
        super().__init__()
        self._position, self._boxes, self._borders = position, boxes, borders

    def __missing__(self, mask: int) -> int:
        if len(self) >= REMEMBERED:
            self.clear()
        at = self._position
        open_ = [mask & masks[at] for _, _, masks in self._boxes]
        open_ += [mask & here[at] and mask & there[at] for _, _, here, there in self._borders]
        self[mask] = found = sum([1 << n for n, leaves in enumerate(open_) if leaves])
        return found


def build_grid(
    rows: Sequence[tuple[Sequence[Mapping[str, Condition]], int]],
    domains: Mapping[str, Domain],
    n_outcomes: int,
    names: Sequence[str],
    *,
    unique: bool = False,
    cuts: Mapping[str, Condition] | None = None,
) -> Grid:
    """Cut the rules into disjoint boxes and prove that they cover everything.

    rows: for each rule its alternatives and its outcome's position.  names: the rules' ids, for messages. cuts:
    conditions that must not straddle an answer, though no rule has them. Raises TableError with the offending
    combination: a gap, an overlap (hit policy unique), or a rule that can never fire.
    """
    inputs = tuple(name for name in domains if any(name in alternative for when, _ in rows for alternative in when))
    cutting = [*(a for when, _ in rows for a in when), cuts or {}]
    axes = {name: _axis(domains[name], [a[name] for a in cutting if name in a]) for name in inputs}
    cells_of = tuple(tuple(axis[0]) for axis in axes.values())
    everything = tuple((1 << len(axis[0])) - 1 for axis in axes.values())
    wanted = [[_masks(alternative, inputs, axes, everything) for alternative in when] for when, _ in rows]
    if unique:
        _forbid_overlap(wanted, names, inputs, cells_of)
    boxes, left = [], [everything]
    for position, (alternatives, (_, outcome)) in enumerate(zip(wanted, rows, strict=True)):
        mine: list[Masks] = []
        for masks in alternatives:
            left, taken = _take(left, masks)
            mine += taken
        if not mine:
            raise TableError(
                f"rule {names[position]} can never fire",
                fix="delete it, or move it before the rule that takes its cases",
            )
        boxes += [Box(position, outcome, masks) for masks in _merge(mine)]
    if left:
        raise TableError(
            f"gap: no rule for {_spell(left[0], inputs, cells_of, everything)}", fix="add a rule for this combination"
        )
    return _index(inputs, cells_of, tuple(boxes), len(rows), n_outcomes)


def _axis(domain: Domain, conditions: list[Condition]) -> tuple[list[Cell], dict[Condition, int]]:
    """An input's answers, and each condition as a mask of them."""
    found = cells(domain, conditions)
    masks = {c: sum(1 << k for k, (_, verdicts) in enumerate(found) if verdicts[n]) for n, c in enumerate(conditions)}
    return [cell for cell, _ in found], masks


def _masks(
    alternative: Mapping[str, Condition],
    inputs: Sequence[str],
    axes: dict[str, tuple[list[Cell], dict[Condition, int]]],
    everything: Masks,
) -> Masks:
    return tuple(
        axes[name][1][alternative[name]] if name in alternative else full
        for name, full in zip(inputs, everything, strict=True)
    )


def _meet(a: Masks, b: Masks) -> Masks | None:
    both = tuple(x & y for x, y in zip(a, b, strict=True))
    return both if all(both) else None


def _take(left: list[Masks], masks: Masks) -> tuple[list[Masks], list[Masks]]:
    """Cut a box out of what is left: (what stays left, what was taken)."""
    stay, taken = [], []
    for box in left:
        both = _meet(box, masks)
        if both is None:
            stay.append(box)
            continue
        taken.append(both)
        rest = box
        for i, mask in enumerate(masks):
            outside = rest[i] & ~mask
            if outside:
                stay.append((*rest[:i], outside, *rest[i + 1 :]))
            rest = (*rest[:i], rest[i] & mask, *rest[i + 1 :])
    return stay, taken


def _merge(boxes: list[Masks]) -> list[Masks]:
    """Join boxes of one rule that differ in one input only: fewer boxes, the same cases."""
    merged = list(boxes)
    for a, b in _pairs(merged):
        apart = [i for i, (x, y) in enumerate(zip(a, b, strict=True)) if x != y]
        if len(apart) == 1:
            i = apart[0]
            rest = [box for box in merged if box is not a and box is not b]
            return _merge([*rest, (*a[:i], a[i] | b[i], *a[i + 1 :])])
    return merged


def _pairs(boxes: list[Masks]) -> Iterator[tuple[Masks, Masks]]:
    for n, a in enumerate(boxes):
        for b in boxes[n + 1 :]:
            yield a, b


def _forbid_overlap(
    wanted: list[list[Masks]], names: Sequence[str], inputs: Sequence[str], cells_of: tuple[tuple[Cell, ...], ...]
) -> None:
    everything = tuple((1 << len(c)) - 1 for c in cells_of)
    for n, m in combinations(range(len(wanted)), 2):
        for a, b in product(wanted[n], wanted[m]):
            both = _meet(a, b)
            if both is not None:
                where = _spell(both, inputs, cells_of, everything)
                raise TableError(
                    f"overlap: rules {names[n]} and {names[m]} both fire for {where}",
                    fix="narrow one of them, or use hit: first where the order is the point",
                )


def _spell(masks: Masks, inputs: Sequence[str], cells_of: tuple[tuple[Cell, ...], ...], everything: Masks) -> str:
    """A combination in words; an input that may be anything is left out."""
    parts = []
    for name, mask, answers, full in zip(inputs, masks, cells_of, everything, strict=True):
        if mask != full:
            parts.append(f"{name} = {' or '.join(cell.name for k, cell in enumerate(answers) if mask >> k & 1)}")
    return ", ".join(parts) or "every record"


def _index(
    inputs: tuple[str, ...],
    cells_of: tuple[tuple[Cell, ...], ...],
    boxes: tuple[Box, ...],
    n_rules: int,
    n_outcomes: int,
) -> Grid:
    def bits(chosen: Iterator[int]) -> int:
        return sum(1 << b for b in chosen)

    boxes_with = tuple(
        tuple(bits(b for b, box in enumerate(boxes) if box.masks[i] >> k & 1) for k in range(len(answers)))
        for i, answers in enumerate(cells_of)
    )
    borders = tuple(_borders(boxes, len(inputs)))
    return Grid(
        inputs=inputs,
        cells=cells_of,
        boxes=boxes,
        n_rules=n_rules,
        n_outcomes=n_outcomes,
        boxes_with=boxes_with,
        boxes_of_outcome=tuple(bits(b for b, box in enumerate(boxes) if box.outcome == o) for o in range(n_outcomes)),
        boxes_of_rule=tuple(bits(b for b, box in enumerate(boxes) if box.rule == r) for r in range(n_rules)),
        borders=borders,
        borders_at=tuple(bits(b for b, own in enumerate(borders) if own.position == i) for i in range(len(inputs))),
    )


def _borders(boxes: tuple[Box, ...], n_inputs: int) -> Iterator[Border]:
    for a, b in combinations(boxes, 2):
        if a.outcome == b.outcome:
            continue
        shared = tuple(map(and_, a.masks, b.masks))
        apart = [i for i in range(n_inputs) if not shared[i]]
        if len(apart) == 1:
            (i,) = apart
            here, there = ((*shared[:i], box.masks[i], *shared[i + 1 :]) for box in (a, b))
            yield Border(i, (a.outcome, b.outcome), here, there)
