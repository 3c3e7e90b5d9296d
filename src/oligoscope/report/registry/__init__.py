"""The survival of a registry laid out: one page, the same as data, its figures as SVG. Computes nothing."""
