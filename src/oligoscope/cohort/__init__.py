"""Many patients: a registry through every table, wherever its rows lie."""
