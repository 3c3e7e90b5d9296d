"""Whether files belong together. A wrong pair is refused; what cannot be checked is said."""

from collections.abc import Iterator

from oligoscope.errors import NotAllowed
from oligoscope.interop.dicom_rt.dose import PlanDose
from oligoscope.interop.dicom_rt.files import Identity
from oligoscope.interop.dicom_rt.plan import Plan
from oligoscope.interop.dicom_rt.structures import StructureSet

ONE_FRACTION = 1.5
"""A dose whose highest voxel is below this many times a fraction's share of the prescription is taken for one's."""


def pair_warnings(structures: StructureSet, dose: PlanDose, plan: Plan | None = None) -> list[str]:
    """What could not be checked. Raises NotAllowed where two files cannot belong together; no name is printed."""
    same_patient("RTSTRUCT", structures.identity, "RTDOSE", dose.identity)
    frames = {roi.frame_of_reference for roi in structures.rois} - {""}
    own = dose.identity.frame_of_reference
    if own and frames and own not in frames:
        problem = "structures and dose are in different frames of reference: their coordinates mean different places"
        raise NotAllowed(
            "files",
            "RTSTRUCT, RTDOSE",
            "",
            problem,
            "give the dose that was computed on the images of these structures",
        )
    if plan:
        same_patient("RTPLAN", plan.identity, "RTDOSE", dose.identity)
    return list(_doubts(structures, dose, plan))


def _doubts(structures: StructureSet, dose: PlanDose, plan: Plan | None) -> Iterator[str]:
    if not (structures.identity.patient and dose.identity.patient):
        yield "structures or dose do not say whose they are: that they are of one patient was not checked"
    if not (dose.identity.frame_of_reference and any(roi.frame_of_reference for roi in structures.rois)):
        yield "structures or dose do not say their frame of reference: that they fit was not checked"
    if plan is None:
        return
    if dose.identity.refers_to and plan.identity.uid not in dose.identity.refers_to:
        yield "the dose refers to another plan than the one given"
    if plan.identity.refers_to and structures.identity.uid not in plan.identity.refers_to:
        yield "the plan was made on another structure set than the one given"
    highest = float(dose.grid.values.max())
    if plan.fractions and plan.fractions > 1 and plan.prescribed_gy:
        most = max(plan.prescribed_gy)
        if highest < ONE_FRACTION * most / plan.fractions:
            yield f"the highest dose is {highest:.4g} Gy where {most:.4g} Gy is prescribed: is it of one fraction?"


def same_patient(one: str, first: Identity, other: str, second: Identity) -> None:
    """Raises NotAllowed where two files say that they are of different patients."""
    if first.patient and second.patient and first.patient != second.patient:
        fix = "give files of one patient"
        raise NotAllowed("files", f"{one}, {other}", "", "they are of different patients", fix)
