"""A chart comes in: once for a case (a document) and for a registry (rows), with the same reading of every value."""
