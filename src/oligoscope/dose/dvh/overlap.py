"""What two structures share: how much of a target lies in an organ."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from oligoscope.dose.dvh.contours import Contours, Slice
from oligoscope.dose.dvh.solid import Raster, pieces
from oligoscope.dose.dvh.structure import Banded, banded_of, readings_of

Array = NDArray[np.float64]
Inside = NDArray[np.bool_]


def overlap(one: Contours, other: Contours) -> Banded:
    """cm3 that lie in both, with the band that slices, ends and outlines of both leave open."""
    if _apart(one, other):
        return Banded(0.0, 0.0, 0.0, "cc")
    # The smaller is cut into pieces: they are finer.
    small, large = sorted((one, other), key=lambda each: each.spacing * sum(level.area for level in each.slices))
    layers = list(pieces(small))
    volumes = np.concatenate([layer.volumes for layer in layers]) / 1000
    there = _placed(large, np.concatenate([layer.points for layer in layers], axis=1))
    masks = readings_of(layers)
    readings = {name: float(volumes[use & there.in_reading(name)].sum()) for name, use in masks.items()}
    readings["stairs of the other"] = float(volumes[masks["best"] & there.stairs].sum())
    return banded_of(readings, "cc")


@dataclass(frozen=True)
class _Placed:
    """Points in a structure. depth: mm inside its outline, negative outside.  stairs: inside that of the nearest slice.

    whole: between its ends.  outline: mm by which the outline may be off.
    """

    depth: Array
    stairs: Inside
    whole: Inside
    outline: float

    def in_reading(self, name: str) -> Inside:
        """Where this structure is open in the same way, it is read in the same way: both may end later."""
        off = {"outline in": self.outline, "outline out": -self.outline}.get(name, 0.0)
        return (self.depth > off) & (self.whole | ("longer" in name))


def _apart(one: Contours, other: Contours) -> bool:
    """Whether even the boxes around them share nothing; a slice more than is drawn counts."""
    low, high = zip(*(_box(each) for each in (one, other)), strict=True)
    return bool((np.maximum(*low) > np.minimum(*high)).any())


def _box(contours: Contours) -> tuple[Array, Array]:
    """The least and the highest patient coordinate."""
    flat = [
        np.column_stack([polygon, np.full(len(polygon), one.position)])
        for one in contours.slices
        for polygon in one.polygons
    ]
    points = np.concatenate(flat) @ contours.axes
    return points.min(axis=0) - contours.spacing, points.max(axis=0) + contours.spacing


def _placed(contours: Contours, points: Array) -> _Placed:
    """Where these points (3, n) lie, as far as a slice beyond its last: between slices its outline moves evenly."""
    raster, flat = Raster(contours), contours.axes @ points
    depth = np.full(points.shape[1], -np.inf)
    stairs, whole = (np.zeros(points.shape[1], dtype=bool) for _ in range(2))
    for part in contours.parts():
        at = np.array([one.position for one in part])
        place = np.searchsorted(at, flat[2]).clip(1, max(len(at) - 1, 1)) - 1
        beyond = np.maximum(at[0] - flat[2], flat[2] - at[-1])
        near = beyond < contours.spacing
        core = beyond < contours.spacing / 2
        whole |= core
        for number in np.unique(place[near]):
            own = np.flatnonzero(near & (place == number))
            below, above = part[number], part[min(number + 1, len(part) - 1)]
            height = above.position - below.position or 1.0
            share = ((flat[2, own] - below.position) / height).clip(0, 1)
            low, high = (_depth(raster, level, flat[:2, own]) for level in (below, above))
            depth[own] = np.maximum(depth[own], low * (1 - share) + high * share)
            stairs[own] |= (np.where(share < 0.5, low, high) > 0) & core[own]
    return _Placed(depth, stairs, whole, raster.outline)


def _depth(raster: Raster, level: Slice, flat: Array) -> Array:
    """mm inside the outline on a slice."""
    columns, rows = (
        (values - start[0]) / raster.pixel for values, start in zip(flat, (raster.x, raster.y), strict=True)
    )
    found: Array = ndimage.map_coordinates(raster.distance(level).distance, [rows, columns], order=1, mode="nearest")
    return found
