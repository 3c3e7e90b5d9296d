"""The words: Patient, Lesion, SystemicTherapy, LocalTreatment, Outcome, and how their values are written. No logic."""
