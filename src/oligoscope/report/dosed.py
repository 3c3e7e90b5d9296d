"""BED and EQD2 as text and as data, with what a reader must know beside them."""

from decimal import Decimal
from typing import TYPE_CHECKING

from oligoscope.dose.bed import as_given, eqd2, in_gy
from oligoscope.report.wording import DISCLAIMER, status_in_words

if TYPE_CHECKING:
    from oligoscope.dose.bed import Course
    from oligoscope.dose.biological import Biological, Caution


def bed_text(found: "Biological") -> str:
    """One line per course, their sum, whose alpha/beta it is, and what to keep in mind."""
    by = found.alpha_beta_gy
    lines = [f"{_course(course)}, {_doses(course.bed_gy(by), by)}" for course in found.courses]
    if len(found.courses) > 1:
        lines.append(f"Sum of {len(found.courses)} courses: {_doses(found.bed_gy, by)}")
    lines.append(f"  α/β      {as_given(by)} Gy, {_whose(found)}")
    lines += [f"  caution  {_said(caution)}" for caution in found.warnings()]
    lines += [f"  note     {_said(caution)}" for caution in found.notes()]
    return "\n".join([*lines, DISCLAIMER]) + "\n"


def bed_json(found: "Biological") -> dict[str, object]:
    """Doses in Gy."""
    by = found.alpha_beta_gy
    return {
        "alpha_beta_gy": float(by),
        "alpha_beta_source": _whose(found),
        "tissue": found.tissue.name if found.tissue else None,
        "courses": [
            {
                "total_dose_gy": float(course.total_dose_gy),
                "fractions": course.fractions,
                "dose_per_fraction_gy": float(course.dose_per_fraction_gy),
                "bed_gy": float(course.bed_gy(by)),
                "eqd2_gy": float(course.eqd2_gy(by)),
            }
            for course in found.courses
        ],
        "bed_gy": float(found.bed_gy),
        "eqd2_gy": float(found.eqd2_gy),
        "warnings": [_said(caution) for caution in found.warnings()],
        "notes": [_said(caution) for caution in found.notes()],
    }


def _course(course: "Course") -> str:
    plural = "" if course.fractions == 1 else "s"
    each = f"{in_gy(course.dose_per_fraction_gy)} × {course.fractions}"
    return f"{as_given(course.total_dose_gy)} Gy in {course.fractions} fraction{plural} ({each})"


def _doses(bed_gy: Decimal, alpha_beta_gy: Decimal) -> str:
    """With the alpha/beta as subscript: without it neither number means anything."""
    by = as_given(alpha_beta_gy)
    return f"BED{by} {in_gy(bed_gy)}, EQD2_{by} {in_gy(eqd2(bed_gy, alpha_beta_gy))}"


def _whose(found: "Biological") -> str:
    """Whose alpha/beta it is, and how well that is known."""
    tissue = found.tissue
    if tissue is None:
        return "as given"
    quoted = f" (quoted: {tissue.quoted})" if tissue.quoted else ""
    return f"{tissue.label}{quoted} [{status_in_words(tissue.status)}]"


def _said(caution: "Caution") -> str:
    return f"{caution.text} [{status_in_words(caution.status)}]"
