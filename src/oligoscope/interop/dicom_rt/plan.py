"""A plan (RTPLAN): how many fractions, and what was prescribed."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from oligoscope.interop.dicom_rt.files import Identity, identity, items, opened, silently, text

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


@dataclass(frozen=True)
class Plan:
    """fractions: None where the plan has several groups of fractions, or does not say.

    label, version: as the planner named them.  prescribed_gy: the doses prescribed to targets.  why: why fractions are
    not known.
    """

    identity: Identity
    label: str
    version: str
    fractions: int | None
    prescribed_gy: tuple[float, ...]
    why: str = ""


def read_plan(path: Path) -> Plan:
    """Raises NotAllowed where the file is not a plan."""
    with silently():
        dataset = opened(path, "RTPLAN")
        groups = [item.get("NumberOfFractionsPlanned") for item in items(dataset, "FractionGroupSequence")]
        counts = [int(count) for count in groups if count]
        why = ""
        if not counts:
            why = "the plan does not say how many fractions"
        elif len(groups) > 1:
            why = f"the plan has {len(groups)} groups of fractions"
        return Plan(
            identity(dataset, text(dataset, "FrameOfReferenceUID"), "ReferencedStructureSetSequence"),
            text(dataset, "RTPlanLabel"),
            text(dataset, "RTPlanDate"),
            None if why else counts[0],
            tuple(_prescribed(dataset)),
            why,
        )


def _prescribed(dataset: "Dataset") -> list[float]:
    found = []
    for item in items(dataset, "DoseReferenceSequence"):
        dose = item.get("TargetPrescriptionDose")
        if text(item, "DoseReferenceType") == "TARGET" and dose:
            found.append(float(dose))
    return found
