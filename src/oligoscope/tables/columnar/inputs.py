"""Which answers of its inputs are still possible, as the masks that the reference takes."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

import polars as pl

from oligoscope.tables.columnar.columns import column, high, low, pack
from oligoscope.tables.columnar.combinations import Integers, Masks
from oligoscope.tables.conditions import Cell
from oligoscope.tables.domain import Choices, Domain


class Cut(Protocol):
    """What cuts its inputs into answers: a grid, or a question of a table."""

    @property
    def inputs(self) -> tuple[str, ...]: ...

    @property
    def cells(self) -> tuple[tuple[Cell, ...], ...]: ...


class Inputs:
    """The answers still possible of the inputs of some grids or questions, cut as fine as any of them cuts."""

    def __init__(self, cuts: Iterable[Cut], domains: Mapping[str, Domain]) -> None:
        self.domains = domains
        edges: dict[str, set[float]] = {}
        for cut in cuts:
            for name, cells in zip(cut.inputs, cut.cells, strict=True):
                edges.setdefault(name, set()).update(cell.low for cell in cells)
        self.names = tuple(edges)
        self._edges = {name: sorted(lows) for name, lows in edges.items()}

    def masks(self) -> Masks:
        """For every input a mask of its finest answers, with its number of bits."""
        return {name: (self._mask(name), self._n_answers(name)) for name in self.names}

    def _mask(self, name: str) -> pl.Expr:
        return pl.col(column(name)) if isinstance(self.domains[name], Choices) else pack(self._stretches(name))

    def _n_answers(self, name: str) -> int:
        domain = self.domains[name]
        return len(domain.labels) if isinstance(domain, Choices) else len(self._edges[name])

    def _stretches(self, name: str) -> list[pl.Expr]:
        lows = self._edges[name]
        below = [pl.col(high(name)) >= edge for edge in lows]
        above = [pl.col(low(name)) < edge for edge in lows[1:]]
        return [a & b for a, b in zip(below, above, strict=False)] + [below[-1]]

    def rows(self, cut: Cut, masks: Mapping[str, Integers]) -> Iterator[tuple[int, ...]]:
        """The combinations that these masks of finest answers stand for, by the cells of one grid or question."""
        if not cut.inputs:
            return iter([()] * len(next(iter(masks.values()))))
        own = (self._own(name, cells, masks[name]) for name, cells in zip(cut.inputs, cut.cells, strict=True))
        return zip(*(mask.tolist() for mask in own), strict=True)

    def _own(self, name: str, cells: tuple[Cell, ...], mask: Integers) -> Integers:
        """A mask of finest answers as a mask of these cells, each of which is one or several of them."""
        if isinstance(self.domains[name], Choices) or len(cells) == len(self._edges[name]):
            return mask
        found = mask * 0
        for k, cell in enumerate(cells):
            inside = sum(1 << n for n, edge in enumerate(self._edges[name]) if cell.low <= edge <= cell.high)
            found |= ((mask & inside) != 0).astype(found.dtype) << k
        return found
