"""Numbers from doses: a course as it is written, its BED, the alpha/beta of tissues, limits of organs and verdicts."""

from oligoscope.dose.bed import Course
from oligoscope.dose.biological import Biological
from oligoscope.dose.limits import Limit, Limits, Organ
from oligoscope.dose.regimen import as_number, course, course_of, from_float, number_of_fractions
from oligoscope.dose.tissues import tissue
from oligoscope.dose.verdicts import Judgement, Measured, Structure, judge, wanted

__all__ = [
    "Biological",
    "Course",
    "Judgement",
    "Limit",
    "Limits",
    "Measured",
    "Organ",
    "Structure",
    "as_number",
    "course",
    "course_of",
    "from_float",
    "judge",
    "number_of_fractions",
    "tissue",
    "wanted",
]
