"""The separate lesions of one structure: outlines that touch nowhere, each with a volume of its own."""

from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from oligoscope.dose.dvh.contours import GAP, Contours, Slice, area_of, held

Array = NDArray[np.float64]


def separate(contours: Contours) -> tuple[Contours, ...]:
    """Its parts, the largest first; itself where it is in one piece.

    Two outlines belong together where they overlap: on one slice (a hole in its rim), or on neighbouring slices.
    """
    outlines = [(place, polygon) for place, one in enumerate(contours.slices) for polygon in one.polygons]
    pairs = [(a, b) for a, b in combinations(range(len(outlines)), 2) if _belong(contours, outlines[a], outlines[b])]
    rows, columns = np.array(pairs, dtype=np.intp).reshape(-1, 2).T
    graph = coo_array((np.ones(len(rows)), (rows, columns)), shape=(len(outlines), len(outlines)))
    count, label = connected_components(graph, directed=False)
    if count == 1:
        return (contours,)
    parts = []
    for number in range(count):
        own = [outline for outline, told in zip(outlines, label, strict=True) if told == number]
        slices = []
        for place in sorted({place for place, _ in own}):
            polygons = tuple(polygon for at, polygon in own if at == place)
            slices.append(Slice(contours.slices[place].position, polygons, area_of(polygons)))
        parts.append(replace(contours, slices=tuple(slices), warnings=()))
    return tuple(sorted(parts, key=lambda part: -sum(one.area for one in part.slices)))


def _belong(contours: Contours, one: tuple[int, Array], other: tuple[int, Array]) -> bool:
    (place, polygon), (place_of_other, polygon_of_other) = one, other
    away = abs(place_of_other - place)
    apart = abs(contours.slices[place_of_other].position - contours.slices[place].position)
    return away <= 1 and apart <= GAP * contours.spacing and _overlap(polygon, polygon_of_other)


def _overlap(one: Array, other: Array) -> bool:
    """Whether a corner of either lies inside the other; outlines have corners every few millimetres."""
    if (one.max(axis=0) < other.min(axis=0)).any() or (other.max(axis=0) < one.min(axis=0)).any():
        return False
    return any(held(a, b).any() for a, b in ((one, other), (other, one)))
