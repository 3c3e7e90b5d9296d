"""Courses under one alpha/beta, and what a reader must know beside the numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from oligoscope.dose.bed import Course, as_given, eqd2, in_gy
from oligoscope.dose.tissues import Tissue
from oligoscope.errors import NotAllowed

LEAST_ALPHA_BETA_GY, MOST_ALPHA_BETA_GY = Decimal("0.5"), Decimal(30)
"""Beyond any tissue. Product rule."""
DOUBTED_ABOVE_GY = 10
"""Per fraction: above it the linear-quadratic model is questioned."""
LITTLE_GY = Decimal("0.5")
"""Per fraction: below it a course is more likely mistyped than given."""
ABLATIVE_BED10_GY = 100
"""Of a lung tumour; exactly 100 meets it."""
TUMOUR_ALPHA_BETA_GY, CORD_ALPHA_BETA_GY = Decimal(10), Decimal(2)


@dataclass(frozen=True)
class Caution:
    """What to keep in mind. status: how well its source was read."""

    text: str
    status: str


@dataclass(frozen=True)
class Biological:
    """Courses under one alpha/beta, which alone makes their BEDs comparable and lets them be added up.

    alpha_beta_gy: Gy, 0.5 to 30.  tissue: whose it is; None where the number itself was given.  Raises NotAllowed.
    """

    courses: Sequence[Course]
    alpha_beta_gy: Decimal
    tissue: Tissue | None = None

    def __post_init__(self) -> None:
        if not self.courses:
            raise NotAllowed("course", "", "one course or more", "there is none", "write one, for example 54Gy/3fx")
        if not LEAST_ALPHA_BETA_GY <= self.alpha_beta_gy <= MOST_ALPHA_BETA_GY:
            allowed = f"{LEAST_ALPHA_BETA_GY} to {MOST_ALPHA_BETA_GY} Gy"
            fix = "write it in Gy, for example 10, or name a tissue"
            raise NotAllowed("alpha_beta", self.alpha_beta_gy, allowed, "no tissue has this alpha/beta", fix)

    @property
    def bed_gy(self) -> Decimal:
        """The sum of all courses, Gy. Recovery between them is not counted."""
        return sum((course.bed_gy(self.alpha_beta_gy) for course in self.courses), Decimal(0))

    @property
    def eqd2_gy(self) -> Decimal:
        """The sum of all courses, Gy."""
        return eqd2(self.bed_gy, self.alpha_beta_gy)

    def warnings(self) -> Iterator[Caution]:
        """What makes these numbers doubtful, or not what they may be taken for."""
        each = [course.dose_per_fraction_gy for course in self.courses]
        doubted = [in_gy(dose) for dose in each if dose > DOUBTED_ABOVE_GY]
        if doubted:
            yield Caution(
                f"{' and '.join(dict.fromkeys(doubted))} per fraction: the linear-quadratic model is questioned above "
                "10 to 15 Gy per fraction",
                "seen-secondary",
            )
        for dose in each:
            if dose < LITTLE_GY:
                yield Caution(f"{in_gy(dose)} per fraction: check the dose and the number of fractions", "design")
        if not self._of_tumour():
            yield Caution("these are the doses of courses as written, not what an organ received", "design")
        if len(self.courses) > 1:
            yield from self._when_added_up()

    def _when_added_up(self) -> Iterator[Caution]:
        yield Caution("recovery, the time between courses and where they overlap are not counted", "design")
        if self._may_be_cord():
            yield Caution(
                "re-irradiation of the spinal cord is limited by the maximum dose to the thecal sac, which is not "
                "known here: cumulative EQD2_2 at most 70 Gy, of it SBRT at most 25 Gy and at most half, at least 5 "
                "months apart (Sahgal 2019, PMID 31606528)",
                "seen",
            )

    def notes(self) -> Iterator[Caution]:
        """What the numbers may be held against, and what they may not."""
        if self._of_tumour() and len(self.courses) == 1:
            met = "is met" if self.bed_gy >= ABLATIVE_BED10_GY else "is not met"
            yield Caution(
                f"BED10 of at least 100 Gy {met}; it goes with better local control and survival after SABR of "
                "early-stage lung cancer",
                "seen-secondary",
            )
            yield Caution("that limit is for lung tumours: do not fail bone or brain regimens on it", "design")
        yield Caution(
            f"compare with BED{as_given(self.alpha_beta_gy)} only, prescribed to the same isodose; overall time is not "
            "counted",
            "design",
        )

    def _of_tumour(self) -> bool:
        return self.tissue.kind == "tumour" if self.tissue else self.alpha_beta_gy == TUMOUR_ALPHA_BETA_GY

    def _may_be_cord(self) -> bool:
        """A bare alpha/beta of 2 may be meant for the cord; that of another organ is not."""
        return self.tissue.name == "spinal_cord" if self.tissue else self.alpha_beta_gy == CORD_ALPHA_BETA_GY
