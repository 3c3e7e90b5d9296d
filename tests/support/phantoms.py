"""Solids of revolution in fields of dose whose histograms are known: a sphere, a cylinder, a cone.

Every truth is an integral over the axis of the solid, taken to a part in 100,000: nothing of the engine's own arithmetic
is in it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oligoscope.dose.dvh import Contours, DoseGrid, contours_of
from oligoscope.dose.metric import metric

Array = NDArray[np.float64]
STEPS = 4001
MIDDLE_GY, GAUSS_GY, GAUSS_WIDTH = 30.0, 60.0, 0.6
"""Of a linear field at the middle of the solid, 1 Gy per mm; of the Gaussian its peak, and its sigma over the size."""


@dataclass(frozen=True)
class Phantom:
    """Around the z axis, from -height/2 to height/2. radius: mm, of z."""

    name: str
    height: float
    radius: Callable[[Array], Array]

    def contours(self, centre: Array, spacing: float, phase: float, corners: int = 180) -> list[Array]:
        """Circles where slices meet it. phase: of the slices, 0 to 1 of their spacing."""
        first = np.ceil(-self.height / 2 / spacing - phase)
        levels = (first + phase + np.arange(np.ceil(self.height / spacing) + 2)) * spacing
        angles = np.linspace(0, 2 * np.pi, corners, endpoint=False)
        found = []
        for z in levels[np.abs(levels) <= self.height / 2]:
            if (radius := float(self.radius(np.array([z]))[0])) > 0.02:
                circle = np.stack([radius * np.cos(angles), radius * np.sin(angles), np.full(corners, z)])
                found.append(circle.T + centre)
        return found

    def volumes(self, field: str) -> tuple[Array, Array]:
        """Doses, falling, and the mm3 that receive each or more."""
        z = np.linspace(-self.height / 2, self.height / 2, STEPS)
        radius = self.radius(z)
        reach = max(self.height / 2, float(radius.max()))
        if field == "z":
            below = np.concatenate([[0], np.cumsum((np.pi * radius[1:] ** 2 + np.pi * radius[:-1] ** 2) / 2)])
            volumes = (below[-1] - below) * (z[1] - z[0])
            return MIDDLE_GY + z[::-1], volumes[::-1]
        steps = np.linspace(0, 1, 801)
        if field == "gauss":
            far = steps * np.hypot(reach, reach)
            areas = np.pi * np.clip(np.minimum(far[:, None] ** 2 - z**2, radius**2), 0, None)
            sigma = GAUSS_WIDTH * self.height
            around: Array = (areas[:, 1:] + areas[:, :-1]) / 2 @ np.diff(z)
            return GAUSS_GY * np.exp(-((far / sigma) ** 2) / 2), around
        x = reach * (1 - 2 * steps)
        ratio = np.clip(x[:, None] / np.maximum(radius, 1e-9), -1, 1)
        segments = radius**2 * (np.arccos(ratio) - ratio * np.sqrt(1 - ratio**2))
        across: Array = (segments[:, 1:] + segments[:, :-1]) / 2 @ np.diff(z)
        return MIDDLE_GY + x, across

    def truth(self, field: str, asked: str) -> float:
        """A metric of it; `volume` in cm3."""
        doses, volumes = self.volumes(field)
        total = float(volumes[-1])
        one = metric(asked) if asked != "volume" else None
        if one is None:
            return total / 1000
        match one.kind, one.at_unit:
            case "mean", _:
                return float(np.sum((doses[1:] + doses[:-1]) / 2 * np.diff(volumes)) / total)
            case "D", "%":
                return float(np.interp((one.at or 0) / 100 * total, volumes, doses))
            case "D", _:
                return float(np.interp((one.at or 0) * 1000, volumes, doses))
            case _:
                cc = float(np.interp(-(one.at or 0), -doses, volumes)) / 1000
                return total / 1000 - cc if one.kind == "CV" else 100000 * cc / total if one.unit == "%" else cc


def sphere(size: float) -> Phantom:
    return Phantom("sphere", size, lambda z: np.sqrt(np.clip((size / 2) ** 2 - z**2, 0, None)))


def cylinder(size: float) -> Phantom:
    return Phantom("cylinder", size, lambda z: np.full_like(z, size / 2))


def cone(size: float) -> Phantom:
    return Phantom("cone", size, lambda z: (size / 2 - z) / 2)


FORMS = {"sphere": sphere, "cylinder": cylinder, "cone": cone}


def placed(
    phantom: Phantom, field: str, spacing: float, grid: float, random: np.random.Generator
) -> tuple[Contours, DoseGrid]:
    """It somewhere between slices and voxels. spacing, grid: mm."""
    polygons, dose = placed_polygons(phantom, field, spacing, grid, random)
    return contours_of(phantom.name, polygons, spacing), dose


def placed_polygons(
    phantom: Phantom, field: str, spacing: float, grid: float, random: np.random.Generator
) -> tuple[list[Array], DoseGrid]:
    """The same as it is drawn: closed contours of (n, 3) mm."""
    centre = random.uniform(-50, 50, 3)
    polygons = phantom.contours(centre, spacing, random.uniform())
    # Room for the band: the structure may go on by a slice.
    reach = phantom.height / 2 + spacing + 3 * grid
    origin = centre - reach - random.uniform(0, grid, 3)
    count = int(np.ceil(2 * reach / grid)) + 2
    offset = [origin[i] - centre[i] + grid * np.arange(count) for i in range(3)]
    z, y, x = np.meshgrid(offset[2], offset[1], offset[0], indexing="ij")
    if field == "gauss":
        values = GAUSS_GY * np.exp(-(x**2 + y**2 + z**2) / 2 / (GAUSS_WIDTH * phantom.height) ** 2)
    else:
        values = np.clip(MIDDLE_GY + {"x": x, "y": y, "z": z}[field], 0, None)
    return polygons, DoseGrid(values, origin, np.eye(3)[::-1].copy(), np.full(3, grid))
