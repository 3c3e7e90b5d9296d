"""DICOM-RT: structure sets, doses and plans. No patient's name or number leaves this room, in an error neither."""

from oligoscope.interop.dicom_rt.dose import PlanDose, StoredHistogram, read_dose
from oligoscope.interop.dicom_rt.files import modality_of
from oligoscope.interop.dicom_rt.pairs import pair_warnings, same_patient
from oligoscope.interop.dicom_rt.plan import Plan, read_plan
from oligoscope.interop.dicom_rt.structures import Roi, StructureSet, read_structures

__all__ = [
    "Plan",
    "PlanDose",
    "Roi",
    "StoredHistogram",
    "StructureSet",
    "modality_of",
    "pair_warnings",
    "read_dose",
    "read_plan",
    "read_structures",
    "same_patient",
]
