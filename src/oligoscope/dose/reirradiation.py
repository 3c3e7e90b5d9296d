"""Two courses at one organ: what each gave it at its highest, as EQD2, against what is published of both together.

Only the highest dose of each course is known, not where it lies, and nothing is added up voxel by voxel: the sum of
the highest doses is the most that any point can have. So the sum may be told to keep a limit, never to exceed it,
unless one course alone does.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from oligoscope.dose.bed import bed, eqd2
from oligoscope.dose.limits import Reirradiation
from oligoscope.dose.verdicts import CANNOT_BE_TOLD, EXCEEDED, MET, Measured


@dataclass(frozen=True)
class Told:
    """One limit over two courses. value: EQD2 in Gy, or a share.  why: where it cannot be told."""

    what: str
    value: Measured
    limit: float
    unit: str
    verdict: str
    why: str = ""


@dataclass(frozen=True)
class BothCourses:
    """One structure. earlier: how many courses.  before, new: EQD2 at the highest dose, Gy."""

    rule: Reirradiation
    structure: str
    earlier: int
    before: Measured
    new: Measured
    told: tuple[Told, ...]


def eqd2_of(dose: Measured, fractions: int, alpha_beta_gy: float) -> Measured:
    """EQD2 of a dose and its band, Gy in so many fractions."""
    alpha_beta = Decimal(str(alpha_beta_gy))
    low, high = (float(eqd2(bed(Decimal(one), fractions, alpha_beta), alpha_beta)) for one in (dose.low, dose.high))
    middle = None if dose.value is None else float(eqd2(bed(Decimal(dose.value), fractions, alpha_beta), alpha_beta))
    return Measured(middle, low, high)


def both_courses(rule: Reirradiation, structure: str, before: Sequence[Measured], new: Measured) -> BothCourses:
    """before, new: EQD2 at the highest dose of each course, with values."""
    earlier = added(before)
    return BothCourses(rule, structure, len(before), earlier, new, tuple(_told(rule, structure, earlier, new)))


def added(each: Sequence[Measured]) -> Measured:
    """All of them, which have values."""
    return Measured(*(sum(one[place] or 0.0 for one in each) for place in range(3)))


def _told(rule: Reirradiation, structure: str, before: Measured, new: Measured) -> Iterator[Told]:
    inside = "" if _bare(structure) == _bare(rule.drawn_as) else f"the limit is of the {rule.drawn_as}"
    most = added([before, new])
    apart = "the highest doses of the courses may lie apart"
    alone = max(before.low, new.low)
    verdict = EXCEEDED if alone > rule.most_gy else CANNOT_BE_TOLD if most.high > rule.most_gy or inside else MET
    why = inside if most.high <= rule.most_gy else apart
    yield Told(
        "no point has more of all courses than",
        most,
        rule.most_gy,
        "Gy",
        verdict,
        why if verdict == CANNOT_BE_TOLD else "",
    )
    verdict = (
        EXCEEDED if new.low > rule.new_most_gy else CANNOT_BE_TOLD if new.high > rule.new_most_gy or inside else MET
    )
    why = inside if new.high <= rule.new_most_gy else "its band lies on both sides"
    yield Told("this course gives", new, rule.new_most_gy, "Gy", verdict, why if verdict == CANNOT_BE_TOLD else "")
    # Of less than the sum of both highest doses this course has a larger share.
    share = Measured(
        (new.value or 0.0) / (most.value or 1.0), new.low / (new.low + before.high), new.high / (new.high + before.low)
    )
    above = share.low > rule.new_most_share
    verdict, why = (EXCEEDED, "") if above else (CANNOT_BE_TOLD, apart)
    yield Told("the share of this course is at least", share, rule.new_most_share, "", verdict, why)


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())
