"""Where the lesions are, as a drawing: a front view, the patient's right on the reader's left."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

CENTRE = 160
# Organ: x from the midline (positive is the patient's left, the reader's right), y. Paired organs are mirrored by side.
PLACES: Mapping[str, tuple[float, float]] = {
    "brain": (0, 44),
    "lung": (36, 172),
    "pleura": (62, 196),
    "pericardium": (12, 196),
    "liver": (-30, 240),
    "adrenal": (22, 262),
    "kidney": (30, 286),
    "spleen": (56, 246),
    "distant_nodes": (24, 118),
    "bone": (0, 300),
    "skin_soft_tissue": (84, 300),
    "other": (0, 340),
}
PAIRED = ("lung", "pleura", "adrenal", "kidney", "distant_nodes", "bone", "skin_soft_tissue", "brain")
COLOURS = {
    "progression": "grow",
    "new": "grow",
    "stable": "hold",
    "partial_response": "shrink",
    "complete_response": "shrink",
}


@dataclass(frozen=True)
class Mark:
    """One lesion on the drawing."""

    x: float
    y: float
    radius: float
    label: str
    course: str
    text: str
    sure: bool


def marks(lesions: Iterable[Mapping[str, str]]) -> list[Mark]:
    """A mark for every lesion whose organ is known; lesions of one place stand beside each other."""
    found: list[Mark] = []
    taken: dict[tuple[float, float], int] = {}
    for number, lesion in enumerate(lesions, 1):
        if lesion["organ"] not in PLACES:
            continue
        x, y = _place(lesion)
        crowd = taken.get((x, y), 0)
        taken[(x, y)] = crowd + 1
        dx, dy = ((0, 0), (0, 18), (0, -18), (-14, 9), (-14, -9), (14, 28))[crowd % 6]
        found.append(
            Mark(
                x + dx + CENTRE,
                y + dy,
                _radius(lesion["size_cm"]),
                lesion["id"] if lesion["id"] != "unknown" else str(number),
                COLOURS.get(lesion["response"], "unknown"),
                describe(lesion),
                lesion["side"] != "unknown" or lesion["organ"] not in PAIRED,
            )
        )
    return found


def _place(lesion: Mapping[str, str]) -> tuple[float, float]:
    """Paired organs whose side is not known, both or neither stand on the midline: a side would be a guess."""
    x, y = PLACES[lesion["organ"]]
    if lesion["organ"] not in PAIRED:
        return x, y
    return {"right": -(x or 12), "left": x or 12}.get(lesion["side"], 0), y


def _radius(size: str) -> float:
    try:
        return min(4 + 2.2 * float(size), 14)
    except ValueError:
        return 5


def describe(lesion: Mapping[str, str]) -> str:
    """A lesion in words; what is not known is said."""
    parts = [lesion["organ"].replace("_", " ")]
    parts += [lesion[name] for name in ("side", "location", "zone") if lesion[name] != "unknown"]
    parts.append(f"{lesion['size_cm']} cm" if lesion["size_cm"] != "unknown" else "size unknown")
    parts.append(lesion["response"].replace("_", " ") if lesion["response"] != "unknown" else "course unknown")
    if lesion["metastasis"] not in ("true", "presumed"):
        parts.append("not a metastasis" if lesion["metastasis"] == "false" else "perhaps not a metastasis")
    return ", ".join(parts)
