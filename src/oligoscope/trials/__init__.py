"""Who meets which trial, and what the trials found whose population a patient fits."""
