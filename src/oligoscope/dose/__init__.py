"""Numbers from doses: a course as it is written, its biologically effective dose, and the alpha/beta of tissues."""

from oligoscope.dose.bed import Course
from oligoscope.dose.biological import Biological
from oligoscope.dose.regimen import as_number, course, course_of, from_float
from oligoscope.dose.tissues import tissue

__all__ = ["Biological", "Course", "as_number", "course", "course_of", "from_float", "tissue"]
