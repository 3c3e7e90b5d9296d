"""A dose in space, and what it is between its voxels."""

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from oligoscope.errors import NotAllowed

Array = NDArray[np.float64]
Values = NDArray[np.float32] | NDArray[np.float64]
"""Of a dose: half the memory holds 7 digits, which is 0.00001 Gy; a spline of a large grid takes half the time."""

MARGIN = 7
"""Voxels: what a cubic spline sees fades by 3.7 per voxel."""


@dataclass(frozen=True)
class DoseGrid:
    """values: Gy, at voxel centres, (frames, rows, columns), two of each at least.

    origin: mm, the centre of voxel 0, 0, 0.  axes: rows are the directions (unit vectors) of frames, rows, columns.
    spacing: mm along each of them, all > 0. Patient coordinates.  Raises NotAllowed.
    """

    values: Values
    origin: Array
    axes: Array
    spacing: Array
    warnings: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        if self.values.ndim != 3 or min(self.values.shape) < 2:
            problem = "a dose in a single plane says nothing of what lies between slices"
            raise NotAllowed("dose grid", self.values.shape, "two planes, rows and columns at least", problem)
        if not np.isfinite(self.values).all() or self.values.min() < 0:
            raise NotAllowed("dose grid", "", "0 Gy and more", "it has voxels that are negative or no number")
        if not (np.isfinite(self.spacing).all() and self.spacing.min() > 0):
            raise NotAllowed("dose grid", self.spacing, "above 0 mm", "the distance of voxels is not known")
        if not np.allclose(self.axes @ self.axes.T, np.eye(3), atol=1e-3):
            raise NotAllowed("dose grid", self.axes.tolist(), "", "its axes are not at right angles")

    def indices(self, points: Array) -> Array:
        """Where points of (3, n) patient coordinates lie, in voxels: (3, n)."""
        along = self.axes / self.spacing[:, None]
        found: Array = along @ points - (along @ self.origin)[:, None]
        return found

    def covers(self, indices: Array) -> NDArray[np.bool_]:
        """Whether each lies between voxel centres: beyond them a dose would be made up."""
        last = np.array(self.values.shape)[:, None] - 1
        within: NDArray[np.bool_] = (indices >= -1e-6) & (indices <= last + 1e-6)
        found: NDArray[np.bool_] = np.logical_and.reduce(within, axis=0)
        return found

    def around(self, at: Array) -> "tuple[DoseGrid, Array]":
        """The part that holds these places, in voxels (3, n), with a margin, and the places in it: what lies beyond
        moves a spline by less than 1 part in 10,000. Of a large grid all of it would cost a second and a gigabyte.
        """
        last = np.array(self.values.shape) - 1
        low = np.clip(np.floor(at.min(axis=1)).astype(int) - MARGIN, 0, last - 1)
        high = np.clip(np.ceil(at.max(axis=1)).astype(int) + MARGIN, low + 1, last)
        part = tuple(slice(begin, end + 1) for begin, end in zip(low, high, strict=True))
        inner = replace(
            self,
            values=self.values[part].astype(np.float32, copy=False),
            origin=self.origin + (low * self.spacing) @ self.axes,
        )
        return inner, at - low[:, None]

    def linear(self, indices: Array) -> Array:
        """Gy, trilinear."""
        found: Array = ndimage.map_coordinates(self.values, indices, order=1, mode="nearest")
        return found

    def cubic(self, indices: Array) -> Array:
        """Gy, by a cubic spline, kept within the bounds of its cell so that it does not swing over at an edge."""
        found: Array = ndimage.map_coordinates(self._coefficients, indices, order=3, mode="mirror", prefilter=False)
        low, high = self._bounds
        cell = tuple(np.clip(indices[axis].astype(np.intp), 0, size - 2) for axis, size in enumerate(self.values.shape))
        return np.clip(found, low[cell], high[cell])

    @cached_property
    def _coefficients(self) -> Values:
        found: Values = ndimage.spline_filter(self.values, order=3, output=self.values.dtype, mode="mirror")
        return found

    @cached_property
    def _bounds(self) -> tuple[Values, Values]:
        """The least and the most that the dose may be inside each cell of eight voxels.

        A peak between voxels rises above them: by an eighth of the second difference, were it a parabola; a Gaussian
        of two voxels' width needs 1/6.7. Where the second differences at both ends of an edge have one sign, the
        smaller is that of a peak; at a step their signs differ and the cell keeps to its corners.
        """
        low, high = _over_cells(self.values, np.minimum), _over_cells(self.values, np.maximum)
        above, below = np.zeros_like(low), np.zeros_like(low)
        for axis in range(3):
            second = np.zeros_like(self.values)
            middle = [slice(None)] * 3
            middle[axis] = slice(1, -1)
            second[tuple(middle)] = np.diff(self.values, n=2, axis=axis)
            above += _over_cells(np.maximum(-second, 0), np.minimum, axis) / 6
            below += _over_cells(np.maximum(second, 0), np.minimum, axis) / 6
        return np.maximum(low - below, 0), high + above


def _over_cells(values: Values, of: np.ufunc, along: int | None = None) -> Values:
    """Of the eight corners of each cell. along: of the two ends along that axis, then the most of the four edges."""
    for axis in range(3):
        begin, end = [slice(None)] * 3, [slice(None)] * 3
        begin[axis], end[axis] = slice(None, -1), slice(1, None)
        combine = of if along is None or axis == along else np.maximum
        values = combine(values[tuple(begin)], values[tuple(end)])
    return values
