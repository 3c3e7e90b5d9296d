"""Studies as data: one YAML file per study, every number with its report, locator and status."""

from oligoscope.evidence.errors import EvidenceError
from oligoscope.evidence.model import Publication, Result, Study
from oligoscope.evidence.store import Store
from oligoscope.evidence.terms import Terms

__all__ = ["EvidenceError", "Publication", "Result", "Store", "Study", "Terms"]
