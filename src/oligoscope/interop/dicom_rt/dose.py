"""A dose (RTDOSE): Gy at voxel centres in patient coordinates, and the histograms stored with it."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from oligoscope.dose.dvh import DoseGrid
from oligoscope.errors import NotAllowed
from oligoscope.interop.dicom_rt.files import Identity, identity, items, numbers, opened, silently, text

if TYPE_CHECKING:
    from pydicom.dataset import Dataset, FileDataset

Array = NDArray[np.float64]
FIELD = "RTDOSE"
EVEN = 0.01
"""Of the distance of planes: as far may one be off."""
WHOLE = ("PLAN", "MULTI_PLAN", "PLAN_OVERVIEW")
"""Sums that a limit may be held against. BEAM, FRACTION and the others are a part of a plan."""


@dataclass(frozen=True)
class StoredHistogram:
    """A histogram that the planning system stored. mean_gy, max_gy: from its bins.  warning: "" where all agrees."""

    roi: int
    volume_cc: float
    mean_gy: float
    max_gy: float
    warning: str = ""


@dataclass(frozen=True)
class PlanDose:
    """grid: Gy.  warnings: what was met and how it was read."""

    identity: Identity
    grid: DoseGrid
    stored: tuple[StoredHistogram, ...]
    warnings: tuple[str, ...]


def read_dose(path: Path) -> PlanDose:
    """Raises NotAllowed where the file is not the dose of a plan in Gy."""
    with silently():
        dataset = opened(path, FIELD)
        warnings = _said_of_it(dataset)
        grid = _grid(dataset)
        who = identity(
            dataset, text(dataset, "FrameOfReferenceUID"), "ReferencedRTPlanSequence", "ReferencedStructureSetSequence"
        )
        stored = tuple(found for item in items(dataset, "DVHSequence") if (found := _stored(item)))
        return PlanDose(who, grid, stored, tuple(warnings))


def _said_of_it(dataset: "Dataset") -> list[str]:
    """What its own words rule out, and what they only make doubtful."""
    units, summed, kind = (text(dataset, key).upper() for key in ("DoseUnits", "DoseSummationType", "DoseType"))
    if units == "RELATIVE":
        problem = "its doses are relative, and relative to what is not said"
        raise NotAllowed(f"{FIELD} DoseUnits", units, "GY", problem, "export the dose in Gy")
    if units != "GY":
        fix = "export the dose in Gy"
        raise NotAllowed(f"{FIELD} DoseUnits", units or "nothing", "GY", "the unit of its doses is not known", fix)
    if kind == "ERROR":
        problem = "it holds differences between doses, not doses"
        raise NotAllowed(f"{FIELD} DoseType", kind, "PHYSICAL, EFFECTIVE", problem, "export the dose of the plan")
    if summed and summed not in WHOLE:
        problem = "it is the dose of a part of the plan"
        fix = "export the dose summed over the plan"
        raise NotAllowed(f"{FIELD} DoseSummationType", summed, "PLAN", problem, fix)
    warnings = []
    if not summed:
        warnings.append("the dose does not say what it is summed over: taken for that of the whole plan")
    elif summed != "PLAN":
        warnings.append(f"the dose is {summed}, not that of one plan: limits of one plan may not apply")
    if kind != "PHYSICAL":
        warnings.append(f"the dose is {kind or 'of a kind that it does not say'}, not PHYSICAL: taken as it is")
    return warnings


def _grid(dataset: "FileDataset") -> DoseGrid:
    scale = numbers(dataset, "DoseGridScaling", FIELD, 1)[0]
    origin = np.array(numbers(dataset, "ImagePositionPatient", FIELD, 3))
    cosines = np.array(numbers(dataset, "ImageOrientationPatient", FIELD, 6))
    between_rows, between_columns = numbers(dataset, "PixelSpacing", FIELD, 2)
    along_columns, along_rows = cosines[:3], cosines[3:]
    normal = np.cross(along_columns, along_rows)
    offsets = np.array(numbers(dataset, "GridFrameOffsetVector", FIELD))
    try:
        # Half the memory, a quarter of a gigabyte for a thorax, holds 7 digits: 0.00001 Gy.
        values = np.multiply(dataset.pixel_array, scale, dtype=np.float32, casting="unsafe")
    except Exception as error:  # whatever damaged or unusual pixel data make the library say
        problem = f"its dose cannot be read ({type(error).__name__})"
        raise NotAllowed(FIELD, "", "", problem, "export it again, uncompressed") from None
    if values.ndim != 3 or len(values) != len(offsets):
        problem = f"it has {len(values) if values.ndim == 3 else 1} planes and {len(offsets)} places for them"
        raise NotAllowed(FIELD, "", "two planes at least, each with its place", problem, "export the whole dose")
    if offsets[0] != 0:
        # The other form that the standard allows: positions along the normal themselves.
        if abs(offsets[0] - origin @ normal) > EVEN:
            problem = "its planes begin neither at its own position nor at 0"
            raise NotAllowed(f"{FIELD} GridFrameOffsetVector", offsets[0], "", problem, "export it again")
        offsets = offsets - offsets[0]
    steps = np.diff(offsets)
    if steps[0] == 0 or np.abs(steps / steps[0] - 1).max() > EVEN:
        problem = "its planes lie at uneven distances"
        raise NotAllowed(f"{FIELD} GridFrameOffsetVector", "", "even distances", problem, "export it on an even grid")
    step = float(steps.mean())
    axes = np.array([normal * np.sign(step), along_rows, along_columns])
    return DoseGrid(values, origin, axes, np.array([abs(step), between_rows, between_columns]))


def _stored(item: "Dataset") -> StoredHistogram | None:
    """The stored histogram, read from its bins. Its minimum, mean and maximum are checked, not used: a system was seen
    that says GY and writes per cent of the prescription.
    """
    rois = [int(one.get("ReferencedROINumber", -1)) for one in items(item, "DVHReferencedROISequence")]
    data = np.array(item.get("DVHData") or [], dtype=float)
    right = (text(item, "DVHType"), text(item, "DoseUnits"), text(item, "DVHVolumeUnits")) == (
        "CUMULATIVE",
        "GY",
        "CM3",
    )
    if len(rois) != 1 or not right or len(data) < 4:
        return None
    widths = data[0::2] * float(item.get("DVHDoseScaling", 1) or 1)
    volumes = data[1::2]
    edges = np.concatenate([[0], np.cumsum(widths)])
    if volumes[0] <= 0:
        return None
    lost = -np.diff(np.append(volumes, 0.0))
    mean = float(lost @ (edges[:-1] + edges[1:]) / 2 / volumes[0])
    highest = float(edges[np.flatnonzero(volumes > 0)[-1] + 1])
    said = item.get("DVHMaximumDose")
    warning = ""
    if said is not None and abs(float(said) - highest) > 0.05 * highest + 2 * float(widths.max()):
        warning = (
            f"its stored maximum is {float(said):.4g}, its bins end at {highest:.4g} Gy: another unit than it says"
        )
    return StoredHistogram(rois[0], float(volumes[0]), mean, highest, warning)
