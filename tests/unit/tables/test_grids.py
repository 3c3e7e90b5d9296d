"""Grids of the packaged tables: with nothing known, every box and every border is possible, and nothing beside them."""

from oligoscope.knowledge import load
from oligoscope.tables.compile import CompiledTable
from oligoscope.tables.grid import EVERYTHING


def test_of_nothing_known_all_boxes_and_all_borders_are_left() -> None:
    grids = [part.grid for step in load().steps if isinstance(step, CompiledTable) for part in step.parts]
    assert any(grid.borders for grid in grids)
    for grid in grids:
        assert grid.boxes_in(EVERYTHING) == 2 ** len(grid.boxes) - 1
        assert grid.borders_in(EVERYTHING) == 2 ** len(grid.borders) - 1
