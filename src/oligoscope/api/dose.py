"""How to treat: doses in numbers that can be compared."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from oligoscope.api.result import Result
from oligoscope.api.shared import Packs, known
from oligoscope.errors import NotAllowed

if TYPE_CHECKING:
    from oligoscope.dose import Biological, Course
    from oligoscope.report.constraints import Constraints


def bed(
    dose: float | str | Sequence[str],
    fractions: float | None = None,
    *,
    alpha_beta: float | str | None = None,
    tissue: str | None = None,
) -> "Result[Biological]":
    """BED and EQD2 of one course or of several, which are added up.

    dose: the total in Gy, with fractions; or a course as it is written ("54Gy/3fx"), or several.  alpha_beta: Gy.
    tissue: the one whose alpha/beta is taken; without both, the tumour's, which the result names.
    Raises OligoscopeError.

    >>> print(bed(54, 3).found.bed_gy)
    151.2
    """
    from oligoscope.dose import Biological, as_number, from_float
    from oligoscope.dose import tissue as tissue_of
    from oligoscope.report.dosed import bed_json, bed_text

    if alpha_beta is not None and tissue is not None:
        raise NotAllowed("alpha_beta", alpha_beta, "", f"the tissue {tissue} has one of its own", "give one of the two")
    whose = None
    if alpha_beta is None:
        whose = tissue_of(tissue)
        value = whose.settled()
    elif isinstance(alpha_beta, str):
        value = as_number("alpha_beta", alpha_beta)
    else:
        value = from_float("alpha_beta", alpha_beta)
    return Result(Biological(_courses(dose, fractions), value, whose), bed_json, bed_text)


def constraints(fractions: float | str, organ: str | None = None, *, knowledge: Packs = None) -> "Result[Constraints]":
    """What each source allows organs at risk in so many fractions, side by side.

    organ: only this one.  knowledge: packs laid over the packaged one, or what `load_knowledge` gave.
    `found.limits` holds them; there are none for numbers of fractions that no source has, and none is interpolated.
    Raises OligoscopeError.

    >>> constraints(5, "oesophagus").found.limits[0].limit
    19.5
    """
    from oligoscope.dose import number_of_fractions
    from oligoscope.report.constraints import Constraints, constraints_json, constraints_text

    number = number_of_fractions(str(fractions))
    found = known(knowledge)
    name = found.limits.organ(organ).name if organ is not None else None
    return Result(Constraints(number, name, found), constraints_json, constraints_text)


def _courses(dose: float | str | Sequence[str], fractions: float | None) -> "list[Course]":
    from oligoscope.dose import course, course_of

    if not isinstance(dose, (str, Sequence)):
        if fractions is None:
            raise NotAllowed("fractions", fractions, "a whole number", "a dose needs its fractions", "write bed(54, 3)")
        return [course_of(dose, fractions)]
    if fractions is not None:
        fix = "write bed(54, 3) or bed('54Gy/3fx')"
        raise NotAllowed("fractions", fractions, "", "a course that is text has its own fractions", fix)
    return [course(str(text)) for text in ([dose] if isinstance(dose, str) else dose)]
