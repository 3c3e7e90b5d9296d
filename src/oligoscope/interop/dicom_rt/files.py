"""One DICOM file: opened, checked to be what it is taken for, and read without a word about the patient."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from oligoscope.errors import NotAllowed

if TYPE_CHECKING:
    from pydicom.dataset import Dataset, FileDataset

MODALITIES = {"RTSTRUCT": "a structure set", "RTDOSE": "a dose", "RTPLAN": "a plan"}


@dataclass(frozen=True)
class Identity:
    """What ties files together; compared, never printed. patient: its number in the hospital, "" where left out."""

    patient: str
    uid: str
    frame_of_reference: str = ""
    refers_to: frozenset[str] = frozenset()


def opened(path: Path, modality: str) -> "FileDataset":
    """The data set of a file. Raises NotAllowed, naming the file.

    A file without the meta information of DICOM (some planning systems leave it out) is read as implicit VR, little
    endian, the default of the standard.
    """
    import pydicom
    from pydicom.uid import ImplicitVRLittleEndian

    try:
        found = pydicom.dcmread(path, force=True)
        said = str(found.get("Modality", ""))
    except FileNotFoundError:
        raise NotAllowed("file", path, "", "there is no such file", "check the path") from None
    except Exception as error:  # whatever a file that is no DICOM makes the library say
        raise NotAllowed("file", path, "", f"it cannot be read ({type(error).__name__})", "export it again") from None
    if said != modality:
        wanted = f"{modality}, {MODALITIES[modality]}"
        if not said:
            raise NotAllowed("file", path, wanted, "it is no DICOM file of radiotherapy", "check the path")
        kind = f"{said}, {MODALITIES[said]}" if said in MODALITIES else f"of modality {said[:16]}"
        raise NotAllowed("file", path, wanted, f"it is {kind}", "check the order: RTSTRUCT, RTDOSE, RTPLAN")
    if "TransferSyntaxUID" not in found.file_meta:
        found.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    return found


def modality_of(path: Path) -> str:
    """RTSTRUCT, RTDOSE or RTPLAN, as the file says. Raises NotAllowed."""
    import pydicom

    try:
        said = str(pydicom.dcmread(path, force=True, stop_before_pixels=True).get("Modality", ""))
    except FileNotFoundError:
        raise NotAllowed("file", path, "", "there is no such file", "check the path") from None
    except Exception as error:  # whatever a file that is no DICOM makes the library say
        raise NotAllowed("file", path, "", f"it cannot be read ({type(error).__name__})", "export it again") from None
    if said not in MODALITIES:
        raise NotAllowed("file", path, ", ".join(MODALITIES), "it is no DICOM file of radiotherapy", "check the path")
    return said


@contextmanager
def silently() -> Iterator[None]:
    """The library warns with the values that it doubts, and a value may be a name: nothing of that is printed."""
    from pydicom import config

    before = config.settings.reading_validation_mode
    config.settings.reading_validation_mode = config.IGNORE
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        config.settings.reading_validation_mode = before


def items(dataset: "Dataset", keyword: str) -> "list[Dataset]":
    """The items of a sequence; none where it is left out."""
    return list(dataset.get(keyword) or [])


def text(dataset: "Dataset", keyword: str) -> str:
    """A text, "" where it is left out."""
    return str(dataset.get(keyword, "") or "").strip()


def numbers(dataset: "Dataset", keyword: str, field: str, count: int | None = None) -> list[float]:
    """A list of numbers. Raises NotAllowed where it is left out, or has not that many."""
    try:
        value = dataset.get(keyword)
        found = [] if value is None else [float(v) for v in (value if hasattr(value, "__iter__") else [value])]
    except (TypeError, ValueError):
        found = []
    if not found or (count is not None and len(found) != count):
        problem = f"it does not say its {keyword}" if not found else f"its {keyword} has {len(found)} numbers"
        raise NotAllowed(field, "", f"{count} numbers" if count else "numbers", problem, "export it again")
    return found


def identity(dataset: "Dataset", frame_of_reference: str, *sequences: str) -> Identity:
    """What ties this file to others. sequences: those that name other files."""
    refers = {text(item, "ReferencedSOPInstanceUID") for keyword in sequences for item in items(dataset, keyword)}
    patient, uid = text(dataset, "PatientID"), text(dataset, "SOPInstanceUID")
    return Identity(patient, uid, frame_of_reference, frozenset(refers - {""}))
