"""The export of another system, read as a registry: a mapping (YAML) says which of its columns is which field, and what
its codes, units and dates mean. Nothing is guessed: a code without an entry is rejected and counted.

`document` reads a mapping, `cells` what a cell says, `exports` finds the export's tables, `source` hands out its rows
as those of a registry (`chart.sources.Source`).
"""
