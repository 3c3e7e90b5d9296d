"""Where searches are asked: PubMed and ClinicalTrials.gov, over one caller that is polite and patient."""
