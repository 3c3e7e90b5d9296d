"""Which answers of its inputs are still possible, as masks that grids can be held against."""

from collections.abc import Iterable, Mapping

import polars as pl

from oligoscope.tables.columnar.columns import column, high, low, pack
from oligoscope.tables.columnar.combinations import Masks
from oligoscope.tables.columnar.flags import Flags, Integers, Rows
from oligoscope.tables.domain import Choices, Domain
from oligoscope.tables.grid import Grid


class Inputs:
    """The answers still possible of the inputs of some grids, cut as fine as any of the grids cuts them."""

    def __init__(self, grids: Iterable[Grid], domains: Mapping[str, Domain]) -> None:
        self.domains = domains
        edges: dict[str, set[float]] = {}
        for grid in grids:
            for name, cells in zip(grid.inputs, grid.cells, strict=True):
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
