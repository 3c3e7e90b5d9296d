"""Numbers from doses: a course as it is written, its BED, the alpha/beta of tissues, limits of organs and verdicts."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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

# One case needs the doses of its lesions, not the verdicts on plans: all of this room takes 25 ms to import.
_HOMES = {
    "bed": ("Course",),
    "biological": ("Biological",),
    "limits": ("Limit", "Limits", "Organ"),
    "regimen": ("as_number", "course", "course_of", "from_float", "number_of_fractions"),
    "tissues": ("tissue",),
    "verdicts": ("Judgement", "Measured", "Structure", "judge", "wanted"),
}


def __getattr__(name: str) -> object:
    home = next((module for module, names in _HOMES.items() if name in names), None)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)
