"""The dose in one structure: every metric with the band in which the files leave it open.

The band has four sources, each read off the same pieces in another way: where the structure ends beyond its first and
last contour (not at all, flat, or the whole distance of slices); how the outline runs between slices (stair-steps
instead of the cubic, a blunt tip instead of a point); how exactly it is drawn; and how the dose runs between voxels
(straight instead of the spline).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import NDArray

from oligoscope.dose.dvh.contours import Contours
from oligoscope.dose.dvh.grid import DoseGrid
from oligoscope.dose.dvh.histogram import Histogram
from oligoscope.dose.dvh.solid import CORE, LOWER_BEYOND, LOWER_CAP, UPPER_BEYOND, UPPER_CAP, Pieces, pieces
from oligoscope.dose.metric import Metric

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
BINS = 16_384
"""Of dose, between the least and the most in a structure, each at the mean dose of its pieces: next to sorting them, a
tenth of the time and no D95% moved by 0.001 %.
"""
COMPARED = 20_000
"""Pieces, about, whose dose is read off in both ways: of a large structure all of them would tell no more."""
LOWEST = Metric("min")
FLOOR = 0.0015
"""No reading is taken to be nearer than this share of it: the largest error where neither ends nor slices matter."""
ENDS = ("shorter", "flat", "longer")
SOURCES = (
    (tuple(f"ends {lower} {upper}" for lower, upper in product(ENDS, ENDS)), 1.0),
    (("stairs",), 0.5),
    (("stairs of the other",), 0.5),
    (("filled",), 0.5),
    (("outline in", "outline out"), 1.0),
    (("linear", "linear mirrored"), 0.5),
)
"""Readings of which the one that is farthest off counts, and by how much of it."""


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
            name: self._histograms[name].volume_cc if name in self._histograms else 0.0
            for name in self.pieces.readings
            if not name.startswith("outline")
        }
        return banded_of(readings, "cc")

    def metric(self, asked: Metric) -> Banded:
        """In its unit, with its band; None where the dose grid does not hold the whole structure."""
        if self.covered_percent < 100:
            missing = f"{100 - self.covered_percent:.2g} % of it lies outside the dose grid"
            return Banded(None, None, None, asked.unit, missing)
        best = self.histogram.value(asked)
        if best is None:
            return Banded(None, None, None, asked.unit, f"it has only {self.histogram.volume_cc:.2g} cc")
        readings = {name: found.value(asked) for name, found in self._histograms.items()}
        # A reading with less volume than is asked for: all of it receives its lowest dose at least.
        least = {name: found.value(LOWEST) or 0.0 for name, found in self._histograms.items() if readings[name] is None}
        told = {name: least.get(name, 0.0) if v is None else v for name, v in readings.items()}
        spline, straight = (one.value(asked) for one in self._some)
        if spline is not None and straight is not None:
            # Of a peak narrower than the voxels both fall short, so that the two say how far, not which way.
            told |= {"linear": best + straight - spline, "linear mirrored": best + spline - straight}
        return banded_of(told, asked.unit)

    @property
    def histogram(self) -> Histogram:
        """By the best reading."""
        return self._histograms["best"]

    @cached_property
    def _histograms(self) -> dict[str, Histogram]:
        every = self.pieces
        low, high = float(every.cubic.min()), float(every.cubic.max())
        place = ((high - every.cubic) * ((BINS - 1) / (high - low or 1.0))).astype(np.intp)
        filled = _summed(place, every.volumes)
        doses = _summed(place, every.volumes * every.cubic)[filled > 0] / filled[filled > 0]
        volumes = {name: _summed(place, every.volumes * use)[filled > 0] for name, use in every.readings.items()}
        return {name: Histogram(doses, found) for name, found in volumes.items() if found.any()}

    @cached_property
    def _some(self) -> tuple[Histogram, Histogram]:
        """A sample of the pieces with the dose by the spline, and by straight lines."""
        volumes = (self.pieces.volumes * self.pieces.readings["best"])[:: self.pieces.step]
        spline, straight = self.pieces.cubic[:: self.pieces.step], self.pieces.linear
        orders = np.argsort(-spline), np.argsort(-straight)
        return Histogram(spline[orders[0]], volumes[orders[0]]), Histogram(straight[orders[1]], volumes[orders[1]])


@dataclass(frozen=True)
class _Pieces:
    """All of one structure: Gy by the spline, mm3, and which pieces each reading takes; of every so manieth also the Gy
    by straight lines.
    """

    cubic: Array
    linear: Array
    step: int
    volumes: Array
    readings: dict[str, Mask]


def dosed(contours: Contours, *grids: DoseGrid) -> Dosed:
    """The dose in a structure; of several grids, whatever their voxels, the doses added up."""
    layers = list(pieces(contours))
    points = np.concatenate([layer.points for layer in layers], axis=1)
    step = max(1, points.shape[1] // COMPARED)
    volumes = np.concatenate([layer.volumes for layer in layers])
    readings = readings_of(layers)
    cubic, linear, covered = np.zeros(points.shape[1]), np.zeros(len(range(0, points.shape[1], step))), 100.0
    for grid in grids:
        at = grid.indices(points)
        part, within = grid.around(at)
        cubic += part.cubic(within)
        linear += part.linear(within[:, ::step])
        covered = min(covered, _covered_percent(grid, at, volumes * readings["best"]))
    return Dosed(_Pieces(cubic, linear, step, volumes, readings), covered, contours.warnings)


def _covered_percent(grid: DoseGrid, at: Array, volumes: Array) -> float:
    """How much of a volume lies inside the grid; most structures do as a whole, told by their corners."""
    if grid.covers(np.stack([at.min(axis=1), at.max(axis=1)], axis=1)).all():
        return 100.0
    share = 100 * float(volumes[grid.covers(at)].sum()) / float(volumes.sum())
    return share if share < 100 - 1e-9 else 100.0


def _summed(place: NDArray[np.intp], weights: Array) -> Array:
    """The weights that fall into each bin."""
    found: Array = np.bincount(place, weights).astype(np.float64, copy=False)
    return found


def readings_of(layers: Sequence[Pieces]) -> dict[str, Mask]:
    """Which pieces belong to the structure, by the best reading and by each that the contours leave open."""
    kind = np.repeat([layer.kind for layer in layers], [len(layer.volumes) for layer in layers])
    told = ("depth", "nearest", "filled")
    depth, near, filled = (np.concatenate([getattr(layer, of) for layer in layers]) for of in told)
    within, whole, outline = depth > 0, kind <= UPPER_CAP, layers[0].outline
    best = within & whole
    lower = dict(zip(ENDS, _ends(kind, within, near, LOWER_CAP, LOWER_BEYOND), strict=True))
    upper = dict(zip(ENDS, _ends(kind, within, near, UPPER_CAP, UPPER_BEYOND), strict=True))
    core = within & (kind == CORE)
    return {
        "best": best,
        **{f"ends {one} {other}": core | lower[one] | upper[other] for one, other in product(ENDS, ENDS)},
        "stairs": near & whole,
        "filled": (within | filled) & whole,
        "outline in": (depth > outline) & whole,
        "outline out": (depth > -outline) & whole,
    }


def _ends(kind: NDArray[np.intp], within: Mask, near: Mask, cap: int, beyond: int) -> tuple[Mask, Mask, Mask]:
    """What one end has where the structure stops at its last contour, half a slice beyond it, or with the next."""
    none: Mask = np.zeros(len(kind), dtype=bool)
    return none, near & (kind == cap), within & ((kind == cap) | (kind == beyond))


def banded_of(readings: dict[str, float], unit: str) -> Banded:
    """Around the best reading. Both ends are moved in every way that they may lie: the coldest twentieth of a cylinder
    is gone only where both of its ends are. The sources are independent of each other, so their squares add up.
    """
    best = readings["best"]
    low = high = (FLOOR * best) ** 2
    for names, factor in SOURCES:
        off = [0.0, *(factor * (readings[name] - best) for name in names if name in readings)]
        low += min(off) ** 2
        high += max(off) ** 2
    return Banded(best, max(best - low**0.5, 0.0), best + high**0.5, unit)
