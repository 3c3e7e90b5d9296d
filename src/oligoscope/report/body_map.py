"""Where the lesions are, as a drawing: a front view, the patient's right on the reader's left.

It is read without colour: the shape tells the course, a ring that a lesion was treated, a broken line that its place is
not told. The table beside it says the same in words.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from oligoscope.report.chart import LesionRow

CENTRE = 160
OUTLINE = (
    "M160 12c-24 0-36 18-36 40 0 20 10 34 22 40v14c-30 6-62 14-66 40l-16 130c-1 12 14 14 17 3l19-104 8 78"
    "c-4 40-6 70 0 100l8 150c1 12 26 12 27 0l12-130h10l12 130c1 12 26 12 27 0l8-150c6-30 4-60 0-100l8-78 "
    "19 104c3 11 18 9 17-3l-16-130c-4-26-36-34-66-40V92c12-6 22-20 22-40 0-22-12-40-36-40z"
)
"""The body, seen from the front, 320 wide."""
# Organ: x from the midline (positive is the patient's left, the reader's right), y. Paired organs are mirrored by side.
PLACES: Mapping[str, tuple[float, float]] = {
    "brain": (12, 44),
    "lung": (36, 172),
    "pleura": (56, 196),
    "pericardium": (12, 196),
    "liver": (-30, 242),
    "adrenal": (22, 262),
    "kidney": (30, 288),
    "spleen": (50, 240),
    "distant_nodes": (24, 118),
    "bone": (46, 330),
    "skin_soft_tissue": (84, 300),
    "other": (0, 360),
}
# Where within the organ, as far as the chart says it: how far from the midline, and at what height.
WITHIN: Mapping[tuple[str, str], tuple[float, float]] = {
    ("brain", "infratentorial"): (9, 62),
    ("brain", "brainstem"): (0, 66),
    ("bone", "spine"): (0, 226),
    ("lung", "ultracentral"): (15, 160),
    ("lung", "central"): (24, 166),
    ("lung", "peripheral"): (48, 180),
}
PAIRED = ("lung", "pleura", "adrenal", "kidney", "distant_nodes", "bone", "skin_soft_tissue", "brain")
MIDLINE = (("brain", "brainstem"), ("bone", "spine"))
"""Of a paired organ, the places that have no side."""
SHAPES = {
    "progression": "up",
    "new": "star",
    "stable": "square",
    "at_diagnosis": "disc",
    "partial_response": "down",
    "complete_response": "cross",
}
"""By course the shape of a mark; of one that is not known a diamond."""
CORNERS = {"up": (3, -90, 1), "down": (3, 90, 1), "square": (4, 45, 1), "diamond": (4, 0, 1), "star": (10, -90, 0.45)}
"""By shape how many corners it has, at what angle the first is, and how far in every second one is."""
GAP = 3.0
LABEL_HEIGHT = 15.0


@dataclass(frozen=True)
class Mark:
    """One lesion on the drawing. shape: its course.  sure: its place is told.  label_y: where its name stands, on the
    reader's left where `left`.
    """

    x: float
    y: float
    radius: float
    label: str
    shape: str
    text: str
    sure: bool
    treated: bool
    left: bool = False
    label_y: float = 0

    @property
    def path(self) -> str:
        """The shape as a path around its middle."""
        return path(self.shape, self.radius)


MOST_MARKS = 100
"""More cannot be told apart in a drawing of this size; to look for a place among all others costs their square."""
Refused = dict[tuple[float, float], float]
"""By place the smallest mark that found no room there: nor does a larger one, since marks only become more. Without it
10,000 lesions take 2 s.
"""


def marks(lesions: Iterable[LesionRow]) -> list[Mark]:
    """A mark for every lesion whose organ is known, as long as there is room; none covers another."""
    found: list[Mark] = []
    full: Refused = {}  # By a mark's own place, where no place around it was free either.
    refused: Refused = {}
    for lesion in lesions:
        if len(found) == MOST_MARKS:
            break
        if lesion.organ in PLACES:
            mark = _mark(lesion)
            own = (mark.x, mark.y)
            if mark.radius >= full.get(own, math.inf):
                continue
            place = next(_free(mark, found, refused), None)
            if place:
                found.append(place)
            else:
                full[own] = mark.radius
    return _labelled(found)


def n_undrawn(lesions: Iterable[LesionRow], drawn: Sequence[Mark]) -> int:
    """How many lesions of known organ have no mark, for want of room."""
    return sum(lesion.organ in PLACES for lesion in lesions) - len(drawn)


def _mark(lesion: LesionRow) -> Mark:
    x, y, sure = _place(lesion)
    return Mark(
        CENTRE + x, y, _radius(lesion.size_cm), lesion.name, SHAPES.get(lesion.response, "diamond"), lesion.text, sure,
        lesion.treated,
    )  # fmt: skip


def _place(lesion: LesionRow) -> tuple[float, float, bool]:
    """Paired organs whose side is not known, both or neither stand on the midline: a side would be a guess."""
    places = [(lesion.organ, place) for place in (lesion.zone, lesion.location)]
    within = next((place for place in places if place in WITHIN), None)
    x, y = WITHIN[within] if within else PLACES[lesion.organ]
    if lesion.organ not in PAIRED:
        return x, y, True
    sided = {"right": -x, "left": x}.get(lesion.side, 0.0)
    return sided, y, lesion.side != "unknown" or within in MIDLINE


def _radius(size: str) -> float:
    try:
        return min(4 + 2.2 * float(size), 14)
    except ValueError:
        return 5


def _free(mark: Mark, taken: Sequence[Mark], refused: Refused) -> Iterator[Mark]:
    """The places nearest to a mark's own where it covers no other. What is on the midline stays there, and what is on a
    side on that side.
    """
    middle = mark.x == CENTRE
    for distance in range(0, 400, 3):
        for angle in (90, 270) if middle else range(0, 360, 30):
            x = mark.x + distance * math.cos(math.radians(angle)) if not middle else mark.x
            y = mark.y + distance * math.sin(math.radians(angle))
            if not middle and (x - CENTRE) * (mark.x - CENTRE) <= 0:
                continue
            if mark.radius < refused.get((x, y), math.inf):
                if all(math.hypot(x - m.x, y - m.y) >= mark.radius + m.radius + GAP for m in taken):
                    yield replace(mark, x=round(x, 1), y=round(y, 1))
                else:
                    refused[x, y] = mark.radius
            if not distance:
                break


def _labelled(found: Sequence[Mark]) -> list[Mark]:
    """Names in two columns beside the body, each at the height of its lesion as far as the one above leaves room."""
    placed: dict[int, Mark] = {}
    middle = sorted((i for i, m in enumerate(found) if m.x == CENTRE), key=lambda i: found[i].y)
    left = {i for i, m in enumerate(found) if m.x < CENTRE} | set(middle[::2])
    for side in (True, False):
        last = -math.inf
        for i in sorted((i for i in range(len(found)) if (i in left) == side), key=lambda i: found[i].y):
            last = max(found[i].y, last + LABEL_HEIGHT)
            placed[i] = replace(found[i], left=side, label_y=last)
    return [placed[i] for i in range(len(found))]


def path(shape: str, r: float) -> str:
    """A shape of that radius as an SVG path around (0, 0)."""
    if shape == "disc":
        return f"M{-r:g} 0a{r:g} {r:g} 0 1 0 {2 * r:g} 0a{r:g} {r:g} 0 1 0 {-2 * r:g} 0z"
    if shape == "cross":
        return f"M{-r:g} {-r:g}L{r:g} {r:g}M{-r:g} {r:g}L{r:g} {-r:g}"
    n, first, inner = CORNERS[shape]
    points = []
    for k in range(n):
        size, angle = 1.15 * r * (inner if k % 2 else 1), math.radians(first + 360 * k / n)
        points.append(f"{size * math.cos(angle):.1f} {size * math.sin(angle):.1f}")
    return f"M{'L'.join(points)}z"
