"""A structure set (RTSTRUCT): named contours in patient coordinates."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from oligoscope.errors import NotAllowed
from oligoscope.interop.dicom_rt.files import Identity, identity, items, opened, silently, text

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

CLOSED = ("CLOSED_PLANAR", "CLOSEDPLANAR_XOR", "CLOSED_PLANAR_XOR")
"""What encloses a volume. Points and open lines do not."""


@dataclass(frozen=True)
class Roi:
    """One structure. kind: what the planner said it is (PTV, ORGAN, EXTERNAL …), "" where nothing.

    polygons: (n, 3) in mm, patient coordinates.  reason: why there is no volume, "" where there is one.
    """

    number: int
    name: str
    kind: str
    polygons: tuple[NDArray[np.float64], ...]
    frame_of_reference: str
    reason: str = ""


@dataclass(frozen=True)
class StructureSet:
    """label: of the set as its author called it.  rois: in the order of the file, the empty ones too."""

    identity: Identity
    label: str
    rois: tuple[Roi, ...]


def read_structures(path: Path) -> StructureSet:
    """Raises NotAllowed where the file is not a structure set."""
    with silently():
        return _structures(opened(path, "RTSTRUCT"), path)


def _structures(dataset: "Dataset", path: Path) -> StructureSet:
    frames = [text(item, "FrameOfReferenceUID") for item in items(dataset, "ReferencedFrameOfReferenceSequence")]
    frame = text(dataset, "FrameOfReferenceUID") or next((one for one in frames if one), "")
    drawn = {int(item.get("ReferencedROINumber", -1)): item for item in items(dataset, "ROIContourSequence")}
    kinds = {
        int(item.get("ReferencedROINumber", -1)): text(item, "RTROIInterpretedType")
        for item in items(dataset, "RTROIObservationsSequence")
    }
    rois = []
    for item in items(dataset, "StructureSetROISequence"):
        number = int(item.get("ROINumber", -1))
        own = text(item, "ReferencedFrameOfReferenceUID") or frame
        polygons, reason = _polygons(drawn.get(number))
        rois.append(Roi(number, text(item, "ROIName"), kinds.get(number, ""), polygons, own, reason))
    if not rois:
        raise NotAllowed("file", path, "", "it has no structures", "export the structure set that was planned on")
    return StructureSet(identity(dataset, frame), text(dataset, "StructureSetLabel"), tuple(rois))


def _polygons(item: "Dataset | None") -> tuple[tuple[NDArray[np.float64], ...], str]:
    """The closed contours of one structure, and why there is none."""
    contours = items(item, "ContourSequence") if item is not None else []
    if not contours:
        return (), "it has no contour"
    found, open_ones = [], 0
    for contour in contours:
        if text(contour, "ContourGeometricType") not in CLOSED:
            open_ones += 1
            continue
        values = _coordinates(contour)
        if len(values) % 3 or not np.isfinite(values).all():
            return (), "a contour of it is damaged: its numbers are no points"
        found.append(values.reshape(-1, 3))
    return tuple(found), "" if found else "it is made of points or open lines, which have no volume"


def _coordinates(contour: "Dataset") -> NDArray[np.float64]:
    """The numbers of a contour, one of them no number where they cannot be read. They are read as the text that they
    are in the file: the library makes an object of each, 2.4 s for the half million of a thorax.
    """
    element = contour.get_item("ContourData") if "ContourData" in contour else None
    value = element.value if element is not None else None
    try:
        if isinstance(value, bytes):
            return np.array(value.rstrip(b" \0").split(b"\\") if value.strip(b" \0") else [], dtype=float)
        return np.array(value or [], dtype=float)
    except (TypeError, ValueError):
        return np.array([np.nan])
