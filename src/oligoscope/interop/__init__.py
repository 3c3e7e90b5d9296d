"""Files of other systems, read into arrays and names: one package per standard. No logic of medicine."""
