"""The dose in one structure: every metric with the band in which the files leave it open.

The band has three sources, each read off the same pieces in another way: where the structure ends beyond its first and
last contour (not at all, or the whole distance of slices); how the outline runs between slices (stair-steps instead of
the cubic); and how the dose runs between voxels (linear instead of the spline).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from oligoscope.dose.dvh.contours import Contours
from oligoscope.dose.dvh.grid import DoseGrid
from oligoscope.dose.dvh.histogram import Histogram
from oligoscope.dose.dvh.solid import LOWER_BEYOND, LOWER_CAP, UPPER_BEYOND, UPPER_CAP, pieces
from oligoscope.dose.metric import Metric

Array = NDArray[np.float64]
OUTLINE_MM = 0.05
FLOOR = 0.001
SOURCES = (
    ((("lower shorter", "lower longer"), ("upper shorter", "upper longer")), 1.0),
    ((("stairs",),), 0.5),
    ((("outline in", "outline out"),), 1.0),
    ((("linear",),), 0.5),
)


@dataclass(frozen=True)
class Banded:
    """value, and the band in which the files leave it open. All None where it cannot be told, for a reason."""

    value: float | None
    low: float | None
    high: float | None
    unit: str
    reason: str = ""


@dataclass(frozen=True)
class Dosed:
    """One structure in one dose. covered_percent: of its volume, how much lies inside the dose grid."""

    pieces: "_Pieces"
    covered_percent: float
    warnings: tuple[str, ...]

    @property
    def volume(self) -> Banded:
        """cm3, from the contours alone."""
        # The area of a contour is exact: how finely its outline is resolved does not matter here.
        readings = {
            name: float(use @ self.pieces.volumes) / 1000
            for name, use in self.pieces.readings.items()
            if not name.startswith("outline")
        }
        return _banded(readings, "cc")

    def metric(self, asked: Metric) -> Banded:
        """In its unit, with its band; None where the dose grid does not hold the whole structure."""
        if self.covered_percent < 100:
            missing = f"{100 - self.covered_percent:.2g} % of it lies outside the dose grid"
            return Banded(None, None, None, asked.unit, missing)
        best = self.histogram.value(asked)
        if best is None:
            return Banded(None, None, None, asked.unit, f"it has only {self.histogram.volume_cc:.2g} cc")
        readings = {name: found.value(asked) for name, found in self._histograms.items()}
        return _banded({name: best if value is None else value for name, value in readings.items()}, asked.unit)

    @property
    def histogram(self) -> Histogram:
        """By the best reading."""
        return self._histograms["best"]

    @cached_property
    def _histograms(self) -> dict[str, Histogram]:
        every = self.pieces
        order = np.argsort(-every.cubic, kind="stable")
        falling = every.cubic[order]
        found = {
            name: Histogram(falling, (every.volumes * use)[order])
            for name, use in every.readings.items()
            if use @ every.volumes > 0
        }
        order = np.argsort(-every.linear, kind="stable")
        found["linear"] = Histogram(every.linear[order], (every.volumes * every.readings["best"])[order])
        return found


@dataclass(frozen=True)
class _Pieces:
    """All of one structure: Gy twice, mm3, and which of them each reading takes."""

    cubic: Array
    linear: Array
    volumes: Array
    readings: dict[str, NDArray[np.bool_]]


def dosed(contours: Contours, grid: DoseGrid) -> Dosed:
    """The dose in a structure."""
    cubic, linear, volumes, kinds, depths, nearest, covered = [], [], [], [], [], [], []
    for layer in pieces(contours):
        at = grid.indices(layer.points)
        cubic.append(grid.cubic(at))
        linear.append(grid.linear(at))
        volumes.append(layer.volumes)
        kinds.append(np.full(len(layer.volumes), layer.kind))
        depths.append(layer.depth)
        nearest.append(layer.nearest)
        covered.append(grid.covers(at))
    kind, depth, near = np.concatenate(kinds), np.concatenate(depths), np.concatenate(nearest)
    within = depth > 0
    whole = kind <= UPPER_CAP
    readings = {
        "best": within & whole,
        "lower shorter": within & whole & (kind != LOWER_CAP),
        "lower longer": within & (whole | (kind == LOWER_BEYOND)),
        "upper shorter": within & whole & (kind != UPPER_CAP),
        "upper longer": within & (whole | (kind == UPPER_BEYOND)),
        "stairs": near & whole,
        "outline in": (depth > OUTLINE_MM) & whole,
        "outline out": (depth > -OUTLINE_MM) & whole,
    }
    found = _Pieces(np.concatenate(cubic), np.concatenate(linear), np.concatenate(volumes), readings)
    best = readings["best"]
    share = 100 * float((best & np.concatenate(covered)) @ found.volumes) / float(best @ found.volumes)
    return Dosed(found, share if share < 100 - 1e-9 else 100.0, contours.warnings)


def _banded(readings: dict[str, float], unit: str) -> Banded:
    """Around the best reading: both ends move together where a slice is shifted, so they add up; the other sources are
    independent of each other, so their squares do.
    """
    best = readings["best"]
    low = high = (FLOOR * best) ** 2
    for groups, factor in SOURCES:
        off = [[factor * (readings[name] - best) for name in group if name in readings] for group in groups]
        low += sum(min([0.0, *group]) for group in off) ** 2
        high += sum(max([0.0, *group]) for group in off) ** 2
    return Banded(best, max(best - low**0.5, 0.0), best + high**0.5, unit)
