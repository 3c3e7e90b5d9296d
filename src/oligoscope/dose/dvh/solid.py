"""A structure as small pieces of volume: what lies between its contours, and how far it may go on beyond the last.

Between two slices the outline moves as the signed distance to it does, by a cubic through four slices. Beyond the last
contour the outline goes on as it went between the last two, half the distance of slices: the named end cap. Nothing is
assumed of the form: a cylinder keeps its flat end, a cone its point. A part with nothing beside it on the next slice
ends there likewise, whatever goes on elsewhere. How far the structure may really go on, from not at all to the whole
distance (then a contour would follow), is kept apart for the precision band.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from oligoscope.dose.dvh.contours import Contours, Slice, area_of, held, rasterised

Array = NDArray[np.float64]

CORE, LOWER_CAP, UPPER_CAP, LOWER_BEYOND, UPPER_BEYOND = range(5)
"""Where a piece lies: between contours; in an end cap; beyond it, as far as a next contour might have been."""

PIECES, LEAST_MM, MOST_MM = 120_000, 0.05, 4.0
"""How many a structure is cut into, about, and the least and the most that one may be wide. A body of 28 l has 600,000:
ten structures of a thorax cost 5.4 s of one core (benchmarks/dvh_speed.py).
"""
MOST_LAYERS = 8
"""Between two slices: between them the outline is a guess, however finely it is cut."""
MOST_PIXELS = 40_000
"""Points of one plane: of small structures that lie far apart."""
OUTLINE_MM = 0.05
"""Coordinates of contours are rounded to that, at best. Coarser points add a quarter of their distance."""
FAR_MM = 1000.0
"""From a slice on which nothing goes on."""
FILLING = np.array([0.8191725134, 0.6710436067, 0.5497004779])
"""Multiples of these, whole numbers taken off, fill a cube evenly (the powers of 1/1.2207..., the R3 sequence)."""


@dataclass(frozen=True)
class Pieces:
    """Points of one layer. points: (3, n) mm, patient coordinates.  volumes: (n,) mm3.

    kind: CORE and the others.  outline: mm by which the outline may be off.
    depth: (n,) mm inside the outline between slices, negative outside.
    nearest: (n,) whether each is inside the outline of the nearest slice (the stair-step reading of the contours).
    filled: (n,) the same, but before the last contour of an end inside that of the slice before it.
    """

    points: Array
    volumes: Array
    kind: int
    outline: float
    depth: Array
    nearest: NDArray[np.bool_]
    filled: NDArray[np.bool_]


@dataclass(frozen=True)
class _Field:
    """One slice. distance: (y, x) mm to the outline, positive inside.  correction: the exact area over that of the
    points inside.
    """

    distance: Array
    correction: float


@dataclass(frozen=True)
class _Split:
    """A slice of which a part ends. rest: what goes on.  end: what does not.  gone: (y, x) where that is the nearer."""

    rest: _Field
    end: _Field
    gone: NDArray[np.bool_]


def pieces(contours: Contours) -> Iterator[Pieces]:
    """The structure, layer by layer."""
    raster = Raster(contours)
    for part in contours.parts():
        yield from raster.part(part)


class Raster:
    """The grid of points in the plane of the contours: x and y, mm; pixel: their distance."""

    def __init__(self, contours: Contours) -> None:
        self.axes, self.spacing = contours.axes, contours.spacing
        every = np.concatenate([polygon for one in contours.slices for polygon in one.polygons])
        low, high = every.min(axis=0), every.max(axis=0)
        volume = self.spacing * sum(one.area for one in contours.slices)
        pixel = float(np.clip(np.cbrt(volume / PIECES), LEAST_MM, MOST_MM))
        # Room for the outline to go on beyond the last contour.
        low, high = low - self.spacing, high + self.spacing
        pixel = max(pixel, float(np.sqrt(np.prod(high - low) / MOST_PIXELS)))
        self.pixel = pixel
        self.outline = max(OUTLINE_MM, pixel / 4)
        count = np.ceil((high - low) / pixel).astype(int) + 1
        middle = (low + high) / 2
        self.x, self.y = (middle[i] + (np.arange(count[i]) - (count[i] - 1) / 2) * pixel for i in range(2))
        self.layers = int(np.clip(np.ceil(self.spacing / pixel), 1, MOST_LAYERS))

    def distance(self, one: Slice) -> "_Field":
        """How far each point lies from the outline."""
        inside = rasterised(one.polygons, self.x, self.y)
        # Distances run between centres of points; the outline lies half a point before the nearest on the other side.
        inner = ndimage.distance_transform_edt(inside, self.pixel) - self.pixel / 2
        around = inside if inside.any() else self._at_corners(one.polygons)
        outer = ndimage.distance_transform_edt(~around, self.pixel) - self.pixel / 2
        counted = np.count_nonzero(inside) * self.pixel**2
        found = np.where(inside, inner, -outer)
        self._refine(found, inside, one.polygons)
        return _Field(found, float(np.clip(one.area / counted, 0.5, 2)) if counted else 1.0)

    def _at_corners(self, polygons: Sequence[Array]) -> NDArray[np.bool_]:
        """Of a contour that lies between points, such as the tip of a cone: the points nearest to its corners."""
        found = np.zeros((len(self.y), len(self.x)), dtype=bool)
        for x, y in np.concatenate(polygons):
            found[round((y - self.y[0]) / self.pixel), round((x - self.x[0]) / self.pixel)] = True
        return found

    def _refine(self, distance: Array, inside: NDArray[np.bool_], polygons: Sequence[Array]) -> None:
        """Near the outline, the exact distance: that between points is off by up to half of theirs, which in a
        gradient of 1 Gy per mm would be 0.1 Gy of a D0.03cc.
        """
        rows, columns = np.nonzero(np.abs(distance) < 1.5 * self.pixel)
        begin, end = _short_edges(polygons, self.pixel)
        if not len(rows) or not len(begin):
            return
        points = np.stack([self.x[columns], self.y[rows]], axis=1)
        near = cKDTree((begin + end) / 2).query(points, k=min(3, len(begin)))[1].reshape(len(points), -1)
        edge, away = (end - begin)[near], points[:, None] - begin[near]
        along = np.clip((edge * away).sum(-1) / np.maximum((edge**2).sum(-1), 1e-12), 0, 1)
        exact = np.sqrt(((away - along[..., None] * edge) ** 2).sum(-1)).min(axis=1)
        exact = np.maximum(exact, 1e-9)  # A point on the outline stays on the side that it was counted on.
        distance[rows, columns] = np.where(inside[rows, columns], exact, -exact)

    def part(self, slices: Sequence[Slice]) -> Iterator[Pieces]:
        """Core between slices and all ends, from below."""
        found = [self.distance(one) for one in slices]
        at = [one.position for one in slices]
        ups, downs = self._splits(slices), self._splits(slices[::-1])[::-1]
        for k, (here, up, down) in enumerate(zip(found, ups, downs, strict=True)):
            below, above = (found[k - 1] if k else None), (found[k + 1] if k + 1 < len(found) else None)
            if below is None or down:
                end = down.end if down else here
                yield from self._end(end, _slope(end, above, up), at[k], -1)
            if above is None or up:
                end = up.end if up else here
                yield from self._end(end, _slope(end, below, down), at[k], 1)
            if above is not None:
                next_down = downs[k + 1]
                low, high = (up.rest if up else here), (next_down.rest if next_down else above)
                before = _beyond(low, high, below, down)
                after = _beyond(high, low, found[k + 2] if k + 2 < len(found) else None, ups[k + 1])
                # A tip may be as blunt as the slice before it, and a piece of two contours as wide as either.
                inner = [low] * (k + 2 == len(found) or bool(ups[k + 1])) + [high] * (below is None or bool(down))
                yield from self._core((before, low, high, after), inner, at[k], at[k + 1])

    def _splits(self, slices: Sequence[Slice]) -> list["_Split | None"]:
        """Of each slice, what ends with it though the structure goes on to the next one elsewhere."""
        return [*(self._split(one, self._alone(one, other)) for one, other in pairwise(slices)), None]

    def _core(
        self, four: tuple[Array, "_Field", "_Field", Array], inner: Sequence["_Field"], low: float, high: float
    ) -> Iterator[Pieces]:
        """Between the second and the third of four slices, at low and high. inner: of an end, the slices on its inner
        side.
        """
        before, here, there, after = four
        whole = np.any([one.distance > 0 for one in inner], axis=0) if inner else None
        for j in range(self.layers):
            f = (j + 0.5) / self.layers
            correction = here.correction * (1 - f) + there.correction * f
            depth = _between((before, here.distance, there.distance, after), f)
            nearest = (here if f < 0.5 else there).distance > 0
            thick = (high - low) / self.layers
            filled = nearest if whole is None else whole
            yield self._layer(depth, nearest, low + f * (high - low), thick, correction, CORE, filled)

    def _alone(self, one: Slice, other: Slice) -> tuple[Array, ...]:
        """The contours of a slice with nothing of the next one beside them: what they bound ends here, though the
        structure goes on elsewhere.
        """
        there = self._inside(other.polygons)
        nests = _nests(one.polygons)
        return tuple(each for nest in nests if not (self._inside(nest) & there).any() for each in nest)

    def _split(self, one: Slice, ending: tuple[Array, ...]) -> "_Split | None":
        """The slice without these of its contours, and these alone; None where there are none."""
        if not ending:
            return None
        end = self.distance(Slice(one.position, ending, area_of(list(ending))))
        others = tuple(each for each in one.polygons if not any(each is other for other in ending))
        rest = _Field(np.full_like(end.distance, -FAR_MM), 1.0)
        if others:
            rest = self.distance(Slice(one.position, others, area_of(list(others))))
        return _Split(rest, end, end.distance > rest.distance)

    def _inside(self, polygons: Sequence[Array]) -> NDArray[np.bool_]:
        inside = rasterised(polygons, self.x, self.y)
        return inside if inside.any() else self._at_corners(polygons)

    def _end(self, end: "_Field", slope: Array, at: float, side: int) -> Iterator[Pieces]:
        layers = 2 * -(-self.layers // 2)  # Even: half of them are the cap.
        for j in range(layers):
            f = (j + 0.5) / layers
            beyond = f > 0.5
            kind = ((LOWER_CAP, UPPER_CAP), (LOWER_BEYOND, UPPER_BEYOND))[beyond][side > 0]
            thick = self.spacing / layers
            depth, nearest = end.distance + f * slope, end.distance > 0
            yield self._layer(depth, nearest, at + side * f * self.spacing, thick, end.correction, kind)

    def _layer(
        self,
        depth: Array,
        nearest: NDArray[np.bool_],
        at: float,
        thick: float,
        correction: float,
        kind: int,
        filled: NDArray[np.bool_] | None = None,
    ) -> Pieces:
        filled = nearest if filled is None else filled
        rows, columns = np.nonzero((depth > -self.outline) | nearest | filled)
        # The dose is read a little beside the middle of each piece, in a pattern that fills it: in a gradient along
        # an axis all pieces of a row would else have one dose, and a D95% would jump by the width of a row.
        beside = np.outer(FILLING, np.arange(len(rows)) + at)
        beside -= np.floor(beside) + 0.5
        flat = np.stack([self.x[columns], self.y[rows], np.full(len(rows), at)])
        flat += beside * np.array([[self.pixel], [self.pixel], [thick]])
        volumes = np.full(len(rows), self.pixel**2 * thick * correction)
        own = depth[rows, columns], nearest[rows, columns], filled[rows, columns]
        return Pieces(self.axes.T @ flat, volumes, kind, self.outline, *own)


def _short_edges(polygons: Sequence[Array], longest: float) -> tuple[Array, Array]:
    """Begin and end of all edges, cut into pieces no longer than that: (n, 2) each."""
    begins, steps = [], []
    for polygon in polygons:
        edge = np.roll(polygon, -1, axis=0) - polygon
        parts = np.maximum(np.ceil(np.hypot(*edge.T) / longest), 1).astype(int)
        index = np.repeat(np.arange(len(polygon)), parts)
        number = np.arange(len(index)) - np.repeat(np.cumsum(parts) - parts, parts)
        step = edge[index] / parts[index, None]
        begins.append(polygon[index] + number[:, None] * step)
        steps.append(step)
    begin = np.concatenate(begins)
    return begin, begin + np.concatenate(steps)


def _nests(polygons: Sequence[Array]) -> list[tuple[Array, ...]]:
    """Contours of a slice that lie apart, each with its holes."""
    found: list[list[Array]] = []
    for polygon in sorted(polygons, key=lambda each: -float(np.ptp(each, axis=0).prod())):
        around = next((nest for nest in found if held(nest[0], polygon[:1])[0]), None)
        if around is None:
            found.append([polygon])
        else:
            around.append(polygon)
    return [tuple(nest) for nest in found]


def _slope(end: _Field, inner: _Field | None, split: _Split | None) -> Array:
    """How the outline goes on beyond an end: as from the slice before it, and straight on where there is none."""
    if inner is None:
        return np.zeros_like(end.distance)
    slope = end.distance - inner.distance
    return np.where(split.gone, 0.0, slope) if split else slope


def _beyond(here: _Field, inner: _Field, outer: _Field | None, split: _Split | None) -> Array:
    """The slice beyond this one; where nothing follows, as the outline went between the last two: a cubic that saw the
    emptiness there would swell before it.
    """
    straight: Array = 2 * here.distance - inner.distance
    if outer is None:
        return straight
    return np.where(split.gone, straight, outer.distance) if split else outer.distance


def _between(four: Sequence[Array], f: float) -> Array:
    """Catmull-Rom between the second and the third."""
    a, b, c, d = four
    found: Array = b + 0.5 * f * (c - a + f * (2 * a - 5 * b + 4 * c - d + f * (3 * (b - c) + d - a)))
    return found
