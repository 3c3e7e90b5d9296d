"""FHIR R4 in: a bundle of a patient's resources as the document of a case, with all that it does not say."""

from oligoscope.chart.fhir.reading import is_fhir, read_fhir

__all__ = ["is_fhir", "read_fhir"]
