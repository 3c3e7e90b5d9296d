"""The contours of one structure: closed polygons, slice by slice, in the plane that they share.

A point is inside where a ray to the outside crosses an odd number of edges. Holes follow from it, whether they are
drawn as a contour inside another (XOR) or as one contour with a channel of no width (keyhole).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from oligoscope.errors import NotAllowed

Array = NDArray[np.float64]

SAME_PLANE_MM = 0.05
"""Contours nearer than this lie on one slice: positions are written with 1 to 3 decimals."""
PLANAR_MM = 0.5
"""How far the points of a contour may leave its plane."""
GAP = 1.5
"""Of the usual distance of slices: where no contour follows within it, the structure ends and another part begins."""


@dataclass(frozen=True)
class Slice:
    """One plane. position: mm along the normal.  polygons: (n, 2) in mm.  area: mm2, exact, holes taken out."""

    position: float
    polygons: tuple[Array, ...]
    area: float


@dataclass(frozen=True)
class Contours:
    """axes: rows u, v, normal, in patient coordinates.  slices: in ascending position, each with a polygon at least.

    spacing: mm, the usual distance of two slices; of a single slice, the thickness it was said to have.
    warnings: what was met and how it was read.
    """

    axes: Array
    slices: tuple[Slice, ...]
    spacing: float
    warnings: tuple[str, ...] = ()

    def parts(self) -> list[tuple[Slice, ...]]:
        """Runs of slices without a gap."""
        found: list[list[Slice]] = []
        for one in self.slices:
            if found and one.position - found[-1][-1].position <= GAP * self.spacing:
                found[-1].append(one)
            else:
                found.append([one])
        return [tuple(part) for part in found]


def contours_of(name: str, polygons: Sequence[Array], thickness: float | None = None) -> Contours:
    """Contours from polygons of (n, 3) points in patient coordinates, mm.

    thickness: mm of a slice, where it is known; only a structure on a single slice needs it.
    Raises NotAllowed where the contours share no plane, or have no area.
    """
    warnings: list[str] = []
    usable = [polygon for polygon in polygons if len(polygon) >= 3]
    axes = _axes(name, usable)
    placed = [(float((points @ axes[2]).mean()), points @ axes[:2].T) for points in usable]
    groups: list[list[tuple[float, Array]]] = []
    for position, flat in sorted(placed, key=lambda one: one[0]):
        if groups and position - groups[-1][0][0] <= SAME_PLANE_MM:
            groups[-1].append((position, flat))
        else:
            groups.append([(position, flat)])
    slices = [_slice(group[0][0], [flat for _, flat in group], warnings) for group in groups]
    slices = [one for one in slices if one.area > 0]
    if not slices:
        raise NotAllowed("structure", name, "", "its contours enclose no area", "draw it, or leave it out")
    spacing = _spacing(name, slices, thickness)
    found = Contours(axes, tuple(slices), spacing, tuple(dict.fromkeys(warnings)))
    if len(found.parts()) > 1:
        warnings.append(f"{len(found.parts())} parts with slices without a contour between them: nothing filled in")
    return Contours(axes, tuple(slices), spacing, tuple(dict.fromkeys(warnings)))


def _axes(name: str, polygons: Sequence[Array]) -> Array:
    """u, v, normal. The normal is that of the largest contour; every other must share it."""
    normals = [_normal(points) for points in polygons]
    sizes = [float(np.linalg.norm(normal)) for normal in normals]
    if not sizes or max(sizes) == 0:
        raise NotAllowed("structure", name, "", "its contours enclose no area", "draw it, or leave it out")
    normal = normals[int(np.argmax(sizes))] / max(sizes)
    normal = normal * np.sign(normal[np.argmax(np.abs(normal))])
    # An axis of the patient is meant where the normal is that near to it: coordinates are rounded.
    nearest = np.eye(3)[np.argmax(np.abs(normal))]
    normal = nearest if normal @ nearest > 1 - 1e-6 else normal
    for points in polygons:
        along = points @ normal
        if along.max() - along.min() > PLANAR_MM:
            problem, fix = "its contours do not lie in parallel planes", "export it on one set of slices"
            raise NotAllowed("structure", name, "contours in parallel planes", problem, fix)
    helper = np.eye(3)[0] if abs(normal[0]) < 0.9 else np.eye(3)[1]
    u = helper - (helper @ normal) * normal
    u = u / np.linalg.norm(u)
    return np.array([u, np.cross(normal, u), normal])


def _normal(points: Array) -> Array:
    """Twice the area, along the normal (Newell)."""
    centred = points - points.mean(axis=0)
    normal: Array = np.cross(centred, np.roll(centred, -1, axis=0)).sum(axis=0)
    return normal


def _slice(position: float, polygons: list[Array], warnings: list[str]) -> Slice:
    distinct: list[Array] = []
    for polygon in polygons:
        if any(polygon.shape == other.shape and np.allclose(polygon, other, atol=1e-3) for other in distinct):
            # By the XOR rule the two would cancel out, and the structure lose this slice.
            warnings.append("a contour stands twice on one slice: it is taken once")
        else:
            distinct.append(polygon)
    return Slice(position, tuple(distinct), area_of(distinct))


def area_of(polygons: Sequence[Array]) -> float:
    """mm2: what lies inside an odd number of polygons."""
    total = 0.0
    for index, polygon in enumerate(polygons):
        x, y = polygon.T
        own = abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2
        around = sum(bool(held(other, polygon[:1])[0]) for other in (*polygons[:index], *polygons[index + 1 :]))
        total += -own if around % 2 else own
    return max(total, 0.0)


def held(polygon: Array, points: Array) -> NDArray[np.bool_]:
    """Which of these points (n, 2) lie inside a polygon."""
    x, y = (polygon[None] - points[:, None]).transpose(2, 0, 1)
    after_x, after_y = np.roll(x, -1, axis=1), np.roll(y, -1, axis=1)
    crossed = (y > 0) != (after_y > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        at = x - y * (after_x - x) / (after_y - y)
    found: NDArray[np.bool_] = np.count_nonzero(crossed & (at > 0), axis=1) % 2 == 1
    return found


def _spacing(name: str, slices: Sequence[Slice], thickness: float | None) -> float:
    if len(slices) > 1:
        return float(np.median(np.diff([one.position for one in slices])))
    if thickness is None or thickness <= 0:
        fix = "give the images with it, or contour it on two slices at least"
        raise NotAllowed("structure", name, "", "it has one slice, and how thick that is is not known", fix)
    return thickness


def rasterised(polygons: Sequence[Array], x: Array, y: Array) -> NDArray[np.bool_]:
    """Which points of a regular grid are inside: (len(y), len(x)).

    Every edge turns the state of all points to the right of where it crosses a row; the sum of turns is the parity.
    """
    turns = np.zeros((len(y), len(x) + 1), dtype=np.int32)
    step_x, step_y = x[1] - x[0], y[1] - y[0]
    for polygon in polygons:
        begin, end = polygon, np.roll(polygon, -1, axis=0)
        first = np.ceil((np.minimum(begin[:, 1], end[:, 1]) - y[0]) / step_y).astype(int).clip(0, len(y))
        last = np.ceil((np.maximum(begin[:, 1], end[:, 1]) - y[0]) / step_y).astype(int).clip(0, len(y))
        count = last - first
        edge = np.repeat(np.arange(len(polygon)), count)
        row = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count) + first[edge]
        slope = (end[edge, 0] - begin[edge, 0]) / (end[edge, 1] - begin[edge, 1])
        crossing = begin[edge, 0] + (y[0] + row * step_y - begin[edge, 1]) * slope
        column = np.ceil((crossing - x[0]) / step_x).astype(int).clip(0, len(x))
        np.add.at(turns, (row, column), 1)
    inside: NDArray[np.bool_] = np.cumsum(turns[:, :-1], axis=1) % 2 == 1
    return inside
