"""DICOM-RT files of made-up plans: squares in a linear dose, with whatever a test wants to be wrong."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import UID, ExplicitVRLittleEndian

Array = NDArray[np.float64]
FRAME = "1.2.3.4"
SOP = {"RTSTRUCT": "481.3", "RTDOSE": "481.2", "RTPLAN": "481.5"}
LEVELS = np.arange(-13.5, 14, 3)
"""Ten slices: with half a slice at either end, a box is 30 mm high."""


def square(half: float = 10.0, x: float = 0.0, y: float = 0.0) -> Array:
    corners: Array = np.array([[-half, -half], [half, -half], [half, half], [-half, half]], dtype=float)
    corners += np.array([x, y])
    return corners


def box(*squares: Array, levels: Sequence[float] | Array = LEVELS) -> list[Array]:
    return [np.column_stack([one, np.full(len(one), z)]) for z in levels for one in squares]


def _new(modality: str) -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(f"1.2.840.10008.5.1.4.1.1.{SOP[modality]}")
    meta.MediaStorageSOPInstanceUID = UID(f"1.2.3.{SOP[modality]}")
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    found = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    found.SOPClassUID, found.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    found.Modality, found.PatientID, found.PatientName = modality, "SECRET-7", "Secret^Name"
    return found


def _item(**values: object) -> Dataset:
    found = Dataset()
    for key, value in values.items():
        setattr(found, key, value)
    return found


def write(dataset: FileDataset, path: Path, changes: Mapping[str, object], meta: bool = True) -> Path:
    """changes: by keyword; None takes the element out. meta: with the meta information of the file."""
    for key, value in changes.items():
        if value is None:
            delattr(dataset, key)
        else:
            setattr(dataset, key, value)
    if meta:
        dataset.save_as(path, enforce_file_format=True)
    else:
        bare = Dataset(dataset)
        bare.save_as(path, implicit_vr=True, little_endian=True)
    return path


def write_structures(
    path: Path,
    structures: Mapping[str, Sequence[Array]],
    *,
    geometric: str = "CLOSED_PLANAR",
    meta: bool = True,
    **changes: object,
) -> Path:
    found = _new("RTSTRUCT")
    found.StructureSetLabel = "made up"
    found.FrameOfReferenceUID = FRAME
    found.StructureSetROISequence, found.ROIContourSequence = Items(), Items()
    for number, (name, polygons) in enumerate(structures.items(), 1):
        found.StructureSetROISequence.append(
            _item(
                ROINumber=number, ROIName=name, ReferencedFrameOfReferenceUID=changes.get("FrameOfReferenceUID", FRAME)
            )
        )
        contours = [
            _item(
                ContourGeometricType=geometric,
                NumberOfContourPoints=len(polygon),
                ContourData=[f"{value:.3f}" for value in polygon.ravel()],
            )
            for polygon in polygons
        ]
        drawn = _item(ReferencedROINumber=number)
        if contours:
            drawn.ContourSequence = Items(contours)
        found.ROIContourSequence.append(drawn)
    return write(found, path, changes, meta)


def linear(x: Array, y: Array, z: Array) -> Array:
    """1 Gy per mm along z, a little along x and y; 30 Gy in the middle."""
    found: Array = 30 + z + 0.1 * x + 0.2 * y
    return found


def write_dose(
    path: Path,
    *,
    spacing: float = 3.0,
    orientation: Sequence[float] = (1, 0, 0, 0, 1, 0),
    descending: bool = False,
    absolute: bool = False,
    count: int = 22,
    bits: int = 32,
    meta: bool = True,
    **changes: object,
) -> Path:
    """`linear` on a cube of voxels around the middle, in planes of that orientation."""
    columns, rows = np.array(orientation[:3], dtype=float), np.array(orientation[3:], dtype=float)
    normal = np.cross(columns, rows) * (-1 if descending else 1)
    first = -(count - 1) / 2 * spacing * (normal + rows + columns)
    steps = np.arange(count) * spacing
    k, j, i = np.meshgrid(steps, steps, steps, indexing="ij")
    at = first[:, None, None, None] + np.array(
        [k * n + j * r + i * c for n, r, c in zip(normal, rows, columns, strict=True)]
    )
    values = np.clip(linear(*at), 0, None)
    found = _new("RTDOSE")
    scale = values.max() / (2**bits - 2)
    stored = np.round(values / scale).astype(np.uint32 if bits == 32 else np.uint16)
    found.FrameOfReferenceUID = FRAME
    found.DoseUnits, found.DoseType, found.DoseSummationType = "GY", "PHYSICAL", "PLAN"
    found.DoseGridScaling = f"{scale:.9e}"
    found.ImagePositionPatient = [f"{value:.4f}" for value in first]
    found.ImageOrientationPatient = [f"{value:.8f}" for value in orientation]
    found.PixelSpacing = [spacing, spacing]
    offsets = steps * (-1 if descending else 1)
    found.GridFrameOffsetVector = list(offsets + (first @ np.cross(columns, rows) if absolute else 0))
    found.Rows = found.Columns = found.NumberOfFrames = count
    found.SamplesPerPixel, found.PhotometricInterpretation, found.PixelRepresentation = 1, "MONOCHROME2", 0
    found.BitsAllocated = found.BitsStored = bits
    found.HighBit = bits - 1
    found.PixelData = stored.tobytes()
    found["PixelData"].VR = "OW"
    return write(found, path, changes, meta)


def write_plan(path: Path, fractions: Sequence[int | None] = (5,), prescribed: float = 50.0, **changes: object) -> Path:
    found = _new("RTPLAN")
    found.RTPlanLabel, found.RTPlanDate = "made up", "20260101"
    found.FrameOfReferenceUID = FRAME
    found.FractionGroupSequence = Items(
        [
            _item(FractionGroupNumber=n, **({"NumberOfFractionsPlanned": one} if one else {}))
            for n, one in enumerate(fractions, 1)
        ]
    )
    found.DoseReferenceSequence = Items([_item(DoseReferenceType="TARGET", TargetPrescriptionDose=prescribed)])
    return write(found, path, changes)


__all__ = ["box", "linear", "square", "write_dose", "write_plan", "write_structures"]
