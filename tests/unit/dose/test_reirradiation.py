"""Limits over two courses."""

from oligoscope.dose.limits import Reirradiation
from oligoscope.dose.reirradiation import both_courses
from oligoscope.dose.verdicts import CANNOT_BE_TOLD, EXCEEDED, MET, Measured

RULE = Reirradiation("spinal cord", "thecal sac", 2.0, 70.0, 25.0, 0.5, 5, "a source", "its label", "published")


def verdicts(before: float, new: float) -> list[str]:
    found = both_courses(RULE, "Thecal_Sac", [Measured.exact(before)], Measured.exact(new))
    return [told.verdict for told in found.told]


def test_a_dose_at_the_limit_keeps_it() -> None:
    """50 + 20 Gy are the 70 Gy of both courses; 45 + 25 Gy have 25 Gy of the new one besides."""
    assert verdicts(50, 20)[0] == MET
    assert verdicts(45, 25)[:2] == [MET, MET]


def test_above_the_limit_of_both_only_one_course_alone_can_exceed_it() -> None:
    """50 + 21 Gy need not meet at one point; 71 Gy of the first course do lie at one."""
    assert verdicts(50, 21)[0] == CANNOT_BE_TOLD
    assert verdicts(70, 21)[0] == CANNOT_BE_TOLD
    assert verdicts(71, 0)[0] == EXCEEDED


def test_a_share_at_the_limit_is_not_above_it() -> None:
    """20 of 40 Gy are the half that is allowed; 21 of 41 Gy are more."""
    assert verdicts(20, 20)[2] == CANNOT_BE_TOLD
    assert verdicts(20, 21)[2] == EXCEEDED
