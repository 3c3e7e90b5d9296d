"""Studies as data: one YAML each, every number with its report, locator and status."""

from oligoscope.evidence.load import EvidenceError, add_folder, all_studies, load_study, resolve, study_ids
from oligoscope.evidence.model import Report, Result, Study

__all__ = [
    "EvidenceError",
    "Report",
    "Result",
    "Study",
    "add_folder",
    "all_studies",
    "load_study",
    "resolve",
    "study_ids",
]
