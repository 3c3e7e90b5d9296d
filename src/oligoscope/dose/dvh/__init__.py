"""Dose-volume histograms: contours and a dose in space become metrics, each with its precision band.

Knows no file format and no limit. Lengths in mm, volumes printed in cm3 (cc), doses in Gy.
"""

from oligoscope.dose.dvh.contours import Contours, contours_of
from oligoscope.dose.dvh.grid import DoseGrid
from oligoscope.dose.dvh.overlap import overlap
from oligoscope.dose.dvh.parts import separate
from oligoscope.dose.dvh.structure import Banded, Dosed, dosed
from oligoscope.dose.dvh.summary import Named, StructureDose, summary

__all__ = [
    "Banded",
    "Contours",
    "DoseGrid",
    "Dosed",
    "Named",
    "StructureDose",
    "contours_of",
    "dosed",
    "overlap",
    "separate",
    "summary",
]
