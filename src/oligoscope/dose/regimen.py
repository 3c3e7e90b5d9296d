"""A course of radiotherapy as it is written: `54Gy/3fx`, `54 Gy in 3`, `18Gyx3`, `3 × 18 Gy`, `5400cGy/3fx`."""

import re
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from oligoscope.dose.bed import MOST_FRACTIONS, Course
from oligoscope.errors import NotAllowed

if TYPE_CHECKING:
    from pint import UnitRegistry

EXAMPLES = "54Gy/3fx, 54 Gy in 3, 18Gyx3, 5400cGy/3fx"
_NUMBER = r"[-+−]?\d{1,9}(?:[.,]\d{1,20})?"
_DOSE = rf"(?P<dose>{_NUMBER})\s*(?P<unit>[a-zµμ]*?)"
_COUNT = rf"(?P<fractions>{_NUMBER})\s*(?:fx|fractions?|fr|#)?"
_TOTAL = re.compile(rf"{_DOSE}\s*(?:/|\bin\b)\s*{_COUNT}", re.IGNORECASE)
_EACH = re.compile(rf"{_DOSE}\s*[x×*]\s*{_COUNT}", re.IGNORECASE)
_COUNT_FIRST = re.compile(rf"{_COUNT}\s*[x×*]\s*{_DOSE}", re.IGNORECASE)


def course_of(total_dose_gy: float, fractions: float) -> Course:
    """The course of two numbers; the dose in Gy. Raises NotAllowed.

    >>> course_of(54, 3) == course("54Gy/3fx")
    True
    """
    return Course(from_float("total_dose", total_dose_gy), _whole(str(fractions)))


def from_float(field: str, number: float) -> Decimal:
    """A number as it was meant, to a millionth: 18.1 * 3 is 54.3, without the tail of a float. Raises NotAllowed.

    >>> from_float("total_dose", 18.1 * 3)
    Decimal('54.3')
    """
    return as_number(field, str(round(number, 6)))


def course(text: str) -> Course:
    """The course that a text means. Raises NotAllowed, never guesses a unit.

    >>> course("18 Gy × 3")
    Course(total_dose_gy=Decimal('54'), fractions=3)
    >>> course("5400cGy/3fx").total_dose_gy == course("54Gy in 3").total_dose_gy
    True
    """
    written = text.strip()
    total = _TOTAL.fullmatch(written)
    # The count first only where the dose is not: 3 x 18 Gy. Two bare numbers (18 x 3) have no unit either way.
    found = total or _EACH.fullmatch(written) or _COUNT_FIRST.fullmatch(written)
    if found is None:
        raise NotAllowed(
            "course",
            text,
            "a dose with its unit and a number of fractions",
            "it cannot be read as a course",
            f"write it like {EXAMPLES}; with spaces, in quotes",
        )
    dose = _in_gray(found["dose"], found["unit"], text)
    fractions = _whole(found["fractions"])
    return Course(dose if total else dose * fractions, fractions)


def as_number(field: str, text: str) -> Decimal:
    """A number as it is written: 7.5 or 7,5. Raises NotAllowed where it is none, or may be two: `1,234`."""
    if re.fullmatch(_NUMBER, text) and not re.fullmatch(r".*,\d{3,}", text):
        return Decimal(text.replace(",", ".").replace("−", "-"))
    raise NotAllowed(field, text, "a number such as 54 or 7.5", "it is not a number", "write digits and one point")


def _in_gray(dose: str, unit: str, text: str) -> Decimal:
    import pint

    if not unit:
        raise NotAllowed(
            "total_dose",
            text,
            "Gy or cGy",
            "the dose has no unit, and none is assumed",
            "write the unit, for example 54Gy/3fx",
        )
    number = as_number("total_dose", dose)
    try:
        # One spelling: Gy, gy and GY are the same; there is no prefix but centi, so that mGy and MGy stay apart.
        converted = _units().Quantity(number, unit.lower()).to("gy").magnitude
    except pint.UndefinedUnitError:
        raise NotAllowed(
            "total_dose", text, "Gy or cGy", f"{unit} is not a unit of dose here", "write the dose in Gy"
        ) from None
    # Without the zeros that the conversion leaves: 54, not 54.00.
    return Decimal(f"{converted.normalize():f}")


@cache
def _units() -> "UnitRegistry[Decimal]":
    """Gray and centigray, exact. Not pint's own file of units: in it `rad` is an angle, and every prefix passes."""
    import pint

    units: UnitRegistry[Decimal] = pint.UnitRegistry(None, non_int_type=Decimal)
    units.define("centi- = 0.01 = c-")
    units.define("gray = [absorbed_dose] = gy")
    return units


def number_of_fractions(text: str) -> int:
    """A number of fractions as it is written. Raises NotAllowed.

    >>> number_of_fractions("5")
    5
    """
    found = _whole(text)
    if not 1 <= found <= MOST_FRACTIONS:
        allowed = f"a whole number from 1 to {MOST_FRACTIONS}"
        raise NotAllowed("fractions", text, allowed, "no course has this number of fractions", "write how many")
    return found


def _whole(text: str) -> int:
    number = as_number("fractions", text)
    if number != number.to_integral_value():
        allowed, fix = f"a whole number from 1 to {MOST_FRACTIONS}", "write how many fractions were given or planned"
        raise NotAllowed("fractions", text, allowed, "no course has a part of a fraction", fix)
    return int(number)
