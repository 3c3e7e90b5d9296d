"""The decision-table language: read, verify, evaluate, explain. Knows nothing of oncology."""
