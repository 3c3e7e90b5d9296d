"""Biologically effective dose (BED) and equivalent dose in fractions of 2 Gy (EQD2), by the linear-quadratic model.

Decimals, not floats: 54 Gy in 3 fractions is 151.2, not 151.20000000000002, and a course of exactly 100 Gy meets 100.
No repopulation and no overall time.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from oligoscope.errors import NotAllowed

MOST_GY, MOST_FRACTIONS = Decimal(200), 100
"""Of one course: beyond any regimen, so that a slip (5400 Gy for 5400 cGy) is refused. Product rule."""
LEAST_GY_PER_FRACTION = Decimal("0.01")
"""Doses are printed to 0.01 Gy: less would read as nothing. Product rule."""


def bed(total_dose_gy: Decimal, fractions: int, alpha_beta_gy: Decimal) -> Decimal:
    """D x (1 + d / (alpha/beta)) in Gy, with one division, so that what can be exact is.

    >>> bed(Decimal(54), 3, Decimal(10))
    Decimal('151.2')
    """
    return total_dose_gy + total_dose_gy * total_dose_gy / (fractions * alpha_beta_gy)


def eqd2(bed_gy: Decimal, alpha_beta_gy: Decimal) -> Decimal:
    """The dose in Gy that has this BED when it is given in fractions of 2 Gy.

    >>> eqd2(Decimal("151.2"), Decimal(10))
    Decimal('126.0')
    """
    return bed_gy * alpha_beta_gy / (alpha_beta_gy + 2)


def in_gy(value: Decimal) -> str:
    """A dose as it is printed: to 0.01 Gy, without zeros that say nothing.

    >>> in_gy(Decimal("151.20")), in_gy(Decimal(50)), in_gy(Decimal("124.666"))
    ('151.2 Gy', '50 Gy', '124.67 Gy')
    """
    return f"{as_given(value.quantize(Decimal('0.01'), ROUND_HALF_UP))} Gy"


def as_given(value: Decimal) -> str:
    """A number that was given, never rounded.

    >>> as_given(Decimal("54.1250")), as_given(Decimal(50))
    ('54.125', '50')
    """
    return f"{value.normalize():f}"


@dataclass(frozen=True)
class Course:
    """Equal fractions of at least 0.01 Gy. total_dose_gy: Gy, above 0 to 200.  fractions: 1 to 100.

    Raises NotAllowed.
    """

    total_dose_gy: Decimal
    fractions: int

    def __post_init__(self) -> None:
        if not 0 < self.total_dose_gy <= MOST_GY:
            raise NotAllowed(
                "total_dose",
                f"{self.total_dose_gy} Gy",
                f"above 0 to {MOST_GY} Gy",
                "no course has this dose",
                "is it in cGy? Then write cGy" if self.total_dose_gy > 0 else "write the dose of the whole course",
            )
        if not 1 <= self.fractions <= MOST_FRACTIONS:
            raise NotAllowed(
                "fractions",
                self.fractions,
                f"a whole number from 1 to {MOST_FRACTIONS}",
                "no course has this number of fractions",
                "write how many fractions were given or planned",
            )
        if self.dose_per_fraction_gy < LEAST_GY_PER_FRACTION:
            raise NotAllowed(
                "total_dose",
                f"{self.total_dose_gy} Gy in {self.fractions} fractions",
                f"at least {LEAST_GY_PER_FRACTION} Gy per fraction",
                "no course has so little per fraction",
                "is it in another unit?",
            )

    @property
    def dose_per_fraction_gy(self) -> Decimal:
        """Gy."""
        return self.total_dose_gy / self.fractions

    def bed_gy(self, alpha_beta_gy: Decimal) -> Decimal:
        """Gy."""
        return bed(self.total_dose_gy, self.fractions, alpha_beta_gy)

    def eqd2_gy(self, alpha_beta_gy: Decimal) -> Decimal:
        """Gy."""
        return eqd2(self.bed_gy(alpha_beta_gy), alpha_beta_gy)
