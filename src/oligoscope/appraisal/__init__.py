"""What the evidence says together and how far it holds: selection, pooling, audit, coverage, drift."""
