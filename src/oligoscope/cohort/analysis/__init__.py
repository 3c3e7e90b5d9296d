"""What decides survival in a registry: its outcomes as times, who can be analysed, and every analysis of the report.

Nothing here prints; `report.registry` lays it out. An analysis that must not be made is a `Refused` with its reason and
holds no number.
"""
