"""Further courses of radiotherapy beside a plan, and what was given before it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from oligoscope.errors import NotAllowed

if TYPE_CHECKING:
    from oligoscope.dose import Limits, Measured
    from oligoscope.dose.dvh import Contours, StructureDose
    from oligoscope.dose.reirradiation import BothCourses
    from oligoscope.interop.dicom_rt import Plan, PlanDose, Roi, StructureSet
    from oligoscope.interop.names import Read
    from oligoscope.report.courses import Courses, GivenCourse, Overlap

FIRST = "course 1"
"""The one that is checked."""
Files = Sequence[Path | str]
Earlier = tuple[str, "Measured", int]
"""Organ, its highest dose in Gy, fractions."""


@dataclass(frozen=True)
class Course:
    """One course as its files have it. fractions: None where not known, and why.  own: it has its own structures."""

    name: str
    structures: "StructureSet"
    dose: "PlanDose"
    plan: "Plan | None"
    fractions: int | None
    why: str
    warnings: tuple[str, ...]
    own: bool = True


def read_courses(given: Sequence[Files], first: Course) -> list[Course]:
    """The further courses, numbered from 2. Raises NotAllowed."""
    return [_read(files, f"course {number}", first) for number, files in enumerate(given, 2)]


def _read(files: Files, name: str, first: Course) -> Course:
    """A file says itself what it is."""
    from oligoscope.interop.dicom_rt import (
        modality_of,
        pair_warnings,
        read_dose,
        read_plan,
        read_structures,
        same_patient,
    )

    found: dict[str, Path] = {}
    for file in map(Path, files):
        kind = modality_of(file)
        if kind in found:
            raise NotAllowed(name, file, "", f"it is a second {kind}", "give each course its own --course")
        found[kind] = file
    if "RTDOSE" not in found:
        raise NotAllowed(name, ", ".join(map(str, files)), "RTDOSE [RTPLAN] [RTSTRUCT]", "it has no dose", "add it")
    dose = read_dose(found["RTDOSE"])
    same_patient("RTDOSE", first.dose.identity, f"RTDOSE of {name}", dose.identity)
    own = "RTSTRUCT" in found
    frame, other = first.dose.identity.frame_of_reference, dose.identity.frame_of_reference
    if not own and frame and other and frame != other:
        problem = "it is in another frame of reference than the structures: their coordinates mean different places"
        raise NotAllowed(name, found["RTDOSE"], "", problem, "give its own RTSTRUCT with it: then no sum is made")
    structures = read_structures(found["RTSTRUCT"]) if own else first.structures
    plan = read_plan(found["RTPLAN"]) if "RTPLAN" in found else None
    doubts = (*pair_warnings(structures, dose, plan), *dose.warnings)
    why = plan.why if plan else "fractions not known, no plan was given"
    fractions = plan.fractions if plan else None
    return Course(name, structures, dose, plan, fractions, why, tuple(f"{name}: {text}" for text in doubts), own)


def no_sum(courses: Sequence[Course]) -> str:
    """Why the doses of these courses are not added up; "" where they may be."""
    frames = [course.dose.identity.frame_of_reference for course in courses]
    if "" in frames:
        return f"{courses[frames.index('')].name} does not say its frame of reference"
    elsewhere = [course.name for course, frame in zip(courses, frames, strict=True) if frame != frames[0]]
    if elsewhere:
        return f"{' and '.join(elsewhere)} in another frame of reference, and images are not registered here"
    return ""


def refuse_apart(courses: Sequence[Course]) -> None:
    """Raises NotAllowed where these courses cannot be given in the same sessions."""
    if len(courses) < 2:
        raise NotAllowed("together", "", "two courses at least", "there is one course", "add --course, or leave it out")
    if why := no_sum(courses):
        raise NotAllowed("together", "", "", f"there is no sum: {why}", "leave it out: courses then stand side by side")
    numbers = {course.name: course.fractions for course in courses}
    if None in numbers.values() or len(set(numbers.values())) > 1:
        said = ", ".join(f"{name}: {'not known' if n is None else n}" for name, n in numbers.items())
        problem = "courses in the same sessions have the same number of fractions"
        raise NotAllowed("together", said, "", problem, "leave it out, or give the plan of each")


def side_by_side(
    courses: Sequence[Course], doses: "Callable[[Course, Sequence[PlanDose]], list[StructureDose]]", together: bool
) -> "Courses":
    """doses: of the structures of a course in its dose and further ones."""
    from oligoscope.report.courses import Courses

    why = no_sum(courses)
    each = [_shown(course, doses(course, ())) for course in courses]
    total = [] if why else doses(courses[0], [course.dose for course in courses[1:]])
    return Courses(each, total, why, together)


def _shown(course: Course, doses: "Sequence[StructureDose]") -> "GivenCourse":
    from oligoscope.report.courses import GivenCourse

    plan = course.plan
    about = (plan.label, plan.version, plan.identity.uid) if plan else ("", "", "")
    return GivenCourse(course.name, *about, course.fractions, course.why, doses)


def overlaps(drawn: "StructureSet", read: "Sequence[Read]", limits: "Limits") -> "list[Overlap]":
    """Targets and organs that share volume."""
    from oligoscope.dose.dvh import overlap
    from oligoscope.report.courses import Overlap

    pairs = list(zip(drawn.rois, read, strict=True))
    targets = [(roi.name, drawn_as) for roi, _ in pairs if is_target(roi) and (drawn_as := _contours(roi))]
    found = []
    for roi, said in pairs:
        organ = _contours(roi) if said.organ and targets else None
        if said.organ is None or organ is None:
            continue
        for name, target in targets:
            shared = overlap(target, organ)
            if shared.value:
                found.append(Overlap(name, roi.name, limits.organs[said.organ].label, shared))
    return found


def is_target(roi: "Roi") -> bool:
    """By its name, or by what the planner said it is."""
    from oligoscope.interop.names import TARGET

    return bool(TARGET.fullmatch(roi.name)) or roi.kind in ("GTV", "CTV", "PTV")


def _contours(roi: "Roi") -> "Contours | None":
    from oligoscope.dose.dvh import contours_of

    if roi.reason:
        return None
    try:
        return contours_of(roi.name, roi.polygons)
    except NotAllowed:  # said where its dose is
        return None


@dataclass(frozen=True)
class Before:
    """What was given before this plan. organs: whose limits do not apply.  doses: what is known of it."""

    organs: frozenset[str]
    doses: tuple[Earlier, ...] = ()


def before_of(said: Sequence[str], limits: "Limits") -> Before:
    """From `spinal_cord`, or `spinal_cord=30Gy/10fx` with the highest dose there. Raises NotAllowed."""
    from oligoscope.dose import Measured, course

    organs, doses = set(), []
    for text in said:
        name, _, written = text.partition("=")
        organ = limits.organ(name).name
        organs.add(organ)
        if written:
            given = course(written)
            doses.append((organ, Measured.exact(float(given.total_dose_gy)), given.fractions))
    return Before(frozenset(organs), tuple(doses))


def with_courses(
    before: Before,
    courses: Sequence[Course],
    doses: "Sequence[Sequence[StructureDose]]",
    read: "Sequence[Sequence[Read]]",
) -> Before:
    """What is known of organs treated before, with what further courses gave them: those with known fractions."""
    found = [
        (said.organ, dose, course.fractions)
        for course, each, names in zip(courses, doses, read, strict=True)
        for one, said in zip(each, names, strict=True)
        if course.fractions and said.organ in before.organs and (dose := measured(one, "Dmax"))
    ]
    return Before(before.organs, (*before.doses, *((o, dose, n) for o, dose, n in found if o is not None)))


def two_courses(
    found: "Sequence[StructureDose]", read: "Sequence[Read]", fractions: int, before: Before, limits: "Limits"
) -> "Iterator[BothCourses]":
    """Each structure of an organ treated before, where its earlier dose and a limit over two courses are known."""
    from oligoscope.dose.reirradiation import both_courses, eqd2_of

    for one, said in zip(found, read, strict=True):
        rule = limits.reirradiation.get(said.organ or "")
        new = measured(one, "Dmax")
        if rule is None or rule.status == "unverified" or new is None or said.organ not in before.organs:
            continue
        earlier = [eqd2_of(dose, n, rule.alpha_beta_gy) for organ, dose, n in before.doses if organ == said.organ]
        if earlier:
            yield both_courses(rule, one.name, earlier, eqd2_of(new, fractions, rule.alpha_beta_gy))


def measured(one: "StructureDose", metric: str) -> "Measured | None":
    """None where it cannot be told."""
    from oligoscope.dose import Measured

    told = one.metrics[metric]
    if told.value is None or told.low is None or told.high is None:
        return None
    return Measured(told.value, told.low, told.high)
