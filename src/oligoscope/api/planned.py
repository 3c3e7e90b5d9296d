"""A plan that was made: its dose in every structure, and whether its organs keep their limits."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from oligoscope.api.courses import (
    FIRST,
    Before,
    Course,
    Files,
    before_of,
    is_target,
    measured,
    overlaps,
    read_courses,
    refuse_apart,
    side_by_side,
    two_courses,
    with_courses,
)
from oligoscope.api.result import Result
from oligoscope.api.shared import Packs, known
from oligoscope.dose import Structure, judge, wanted
from oligoscope.dose.metric import metric
from oligoscope.errors import NotAllowed
from oligoscope.report.histograms import Histograms, Stored, histograms_json, histograms_text

if TYPE_CHECKING:
    from oligoscope.dose import Limits
    from oligoscope.dose.dvh import StructureDose
    from oligoscope.dose.metric import Metric
    from oligoscope.interop.dicom_rt import Plan, PlanDose, Roi, StructureSet
    from oligoscope.interop.names import Read
    from oligoscope.report.plan_check import PlanCheck

USUAL = ("Dmean", "D95%", "D0.03cc", "Dmax")
"""Asked where nothing else is."""
FROM_TABLES = "from exported tables: their bands know the distance of lines, not slices, outlines and dose grid"
AT_ONCE = 2
"""Structures worked on side by side: each holds some 300,000 points, and numpy leaves the interpreter free."""


def dvh(structures: Path | str, dose: Path | str, metrics: Sequence[str] = USUAL) -> "Result[Histograms]":
    """Volume and dose metrics of every structure, each with its precision band.

    structures, dose: files, RTSTRUCT and RTDOSE.  metrics: such as D95%, D0.03cc, Dmean, V20Gy, V20Gy%, CV12.5Gy.
    Raises OligoscopeError for files that do not belong together, a dose that is not in Gy, a metric without a unit.
    """
    from oligoscope.interop.dicom_rt import pair_warnings, read_dose, read_structures

    asked = [metric(text) for text in metrics]
    drawn, given = read_structures(Path(structures)), read_dose(Path(dose))
    warnings = [*pair_warnings(drawn, given), *given.warnings]
    found = doses_of(drawn, given, lambda _: asked)
    stored, doubts = _stored(drawn, given)
    return Result(Histograms(found, [*warnings, *doubts], stored), histograms_json, histograms_text)


def check_plan(
    structures: Path | str,
    dose: Path | str,
    plan: Path | str | None = None,
    *,
    fractions: int | str | None = None,
    names: Mapping[str, str | None] | Path | str | None = None,
    irradiated_before: Sequence[str] = (),
    courses: Sequence[Files] = (),
    together: bool = False,
    knowledge: Packs = None,
) -> "Result[PlanCheck]":
    """A plan held against every published limit for its number of fractions, source by source.

    structures, dose, plan: files, RTSTRUCT, RTDOSE, RTPLAN.  fractions: where no plan says them.
    names: the organ of a structure that has no standard name, None for none; or a YAML file that says so.
    irradiated_before: organs that had radiotherapy, to which limits do not apply; with the highest dose that the organ
    had, `spinal_cord=30Gy/10fx`, it is held against what is published of two courses.
    courses: the files of each further course, RTDOSE with or without RTPLAN and RTSTRUCT, to stand beside this one.
    together: they are given in the same sessions as this one, and the sum of their doses is judged.
    Raises OligoscopeError; also where the number of fractions is not known, or plan and argument differ.
    """
    from oligoscope.report.plan_check import plan_check_json, plan_check_text
    from oligoscope.report.plan_page import plan_page

    limits = known(knowledge).limits
    first, said_by = _first(structures, dose, plan, fractions)
    every = [first, *read_courses(courses, first)]
    if together:
        refuse_apart(every)
    before = before_of(irradiated_before, limits)
    check = _checked(every, limits, _mapped(limits, names), before, together=together, said_by=said_by)
    return Result(check, plan_check_json, plan_check_text, plan_page)


def _first(
    structures: Path | str, dose: Path | str, plan: Path | str | None, fractions: int | str | None
) -> tuple[Course, str]:
    """The course that is checked, and who says how many fractions it has."""
    from oligoscope.interop.dicom_rt import pair_warnings, read_dose, read_plan, read_structures

    drawn, given = read_structures(Path(structures)), read_dose(Path(dose))
    planned = read_plan(Path(plan)) if plan is not None else None
    doubts = (*pair_warnings(drawn, given, planned), *given.warnings)
    number, said_by = _fractions(fractions, planned)
    return Course(FIRST, drawn, given, planned, number, "", doubts), said_by


def _checked(
    every: Sequence[Course],
    limits: "Limits",
    read: "Callable[[Course], list[Read]]",
    before: Before,
    *,
    together: bool,
    said_by: str,
) -> "PlanCheck":
    from oligoscope.report.plan_check import PlanCheck

    first, number = every[0], every[0].fractions
    assert number is not None, "of the course that is checked it was asked for"

    def doses(course: Course, further: "Sequence[PlanDose]") -> "list[StructureDose]":
        organs = {roi.number: one.organ for roi, one in zip(course.structures.rois, read(course), strict=True)}
        metrics = {place: _asked(organ, limits, number) for place, organ in organs.items()}
        return doses_of(course.structures, course.dose, lambda roi: metrics[roi.number], further)

    own = read(first)
    beside = side_by_side(every, doses, together) if len(every) > 1 else None
    found = list(beside.total if together else beside.each[0].doses) if beside else doses(first, ())
    if beside and not together:
        others = every[1:]
        before = with_courses(before, others, [one.doses for one in beside.each[1:]], [read(one) for one in others])
    stored, doubts = _stored(first.structures, first.dose)
    plan = first.plan
    return PlanCheck(
        Histograms(found, [*(text for course in every for text in course.warnings), *doubts], stored),
        own,
        judge(limits, number, list(_judged(found, own, before.organs))),
        limits,
        said_by,
        {"label": plan.label, "date": plan.version, "uid": plan.identity.uid} if plan else {},
        beside,
        overlaps(first.structures, own, limits),
        list(two_courses(found, own, number, before, limits)),
    )


def check_tables(
    dvh: Path | str,
    *,
    fractions: int | str | None = None,
    names: Mapping[str, str | None] | Path | str | None = None,
    irradiated_before: Sequence[str] = (),
    knowledge: Packs = None,
) -> "Result[PlanCheck]":
    """The same from histograms that another system exported: Eclipse's text, or CSV (structure, dose_gy, volume_cc).

    What lies between two lines of a table is its band; how the other system drew and sampled is not known.
    Raises OligoscopeError.
    """
    from oligoscope.interop.dvh_tables import read_tables
    from oligoscope.interop.names import read_names
    from oligoscope.report.plan_check import PlanCheck, plan_check_json, plan_check_text
    from oligoscope.report.plan_page import plan_page

    limits = known(knowledge).limits
    tables = read_tables(Path(dvh))
    number, said_by = _fractions(fractions, None)
    read = read_names([table.name for table in tables], limits, _mapping(names))
    found = [table.summary(_asked(one.organ, limits, number)) for table, one in zip(tables, read, strict=True)]
    before = before_of(irradiated_before, limits)
    judgement = judge(limits, number, list(_judged(found, read, before.organs)))
    twice = list(two_courses(found, read, number, before, limits))
    check = PlanCheck(Histograms(found, [FROM_TABLES]), read, judgement, limits, said_by, twice=twice)
    return Result(check, plan_check_json, plan_check_text, plan_page)


def _fractions(given: int | str | None, plan: "Plan | None") -> tuple[int, str]:
    """The number of fractions, and who says so. Raises NotAllowed; none is assumed."""
    from oligoscope.dose import number_of_fractions

    own = plan.fractions if plan else None
    if given is None and own is None:
        problem = plan.why if plan else "how many fractions is not known, and limits hold for one number only"
        raise NotAllowed("fractions", "not given", "", problem, "give the plan (RTPLAN), or the number of fractions")
    if given is None:
        return number_of_fractions(str(own)), "from the plan"
    number = number_of_fractions(str(given))
    if own is not None and own != number:
        raise NotAllowed("fractions", number, str(own), f"the plan says {own}", "leave it out, or give the right plan")
    return number, "as given"


def _mapping(names: Mapping[str, str | None] | Path | str | None) -> Mapping[str, str | None]:
    from oligoscope.interop.names import read_mapping

    if names is None or isinstance(names, Mapping):
        return names or {}
    try:
        text = Path(names).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise NotAllowed("names", names, "", "the file cannot be read", "give a YAML file of names") from None
    return read_mapping(text, str(names))


def _mapped(limits: "Limits", names: Mapping[str, str | None] | Path | str | None) -> "Callable[[Course], list[Read]]":
    """What the names of a course are read as; the mapping may speak of names that only one of several has."""
    from oligoscope.interop.names import read_names

    given = _mapping(names)

    def read(course: Course) -> "list[Read]":
        own = [roi.name for roi in course.structures.rois]
        known_here = given if course.name == FIRST else {name: o for name, o in given.items() if name in own}
        return read_names(own, limits, known_here)

    return read


def _asked(organ: str | None, limits: "Limits", fractions: int) -> "list[Metric]":
    """What the limits of its organ ask of a structure, and what is always shown."""
    names = (*(wanted(limits, fractions, organ) if organ else ()), *USUAL)
    return [metric(name) for name in dict.fromkeys(names)]


def _judged(
    found: "Sequence[StructureDose]", read: "Sequence[Read]", before: "frozenset[str]"
) -> "Iterator[Structure]":
    for one, name in zip(found, read, strict=True):
        if name.organ is not None:
            metrics = {asked: measured(one, asked) for asked in one.metrics}
            yield Structure(one.name, name.organ, metrics, name.organ in before)


def doses_of(
    drawn: "StructureSet",
    given: "PlanDose",
    asked: "Callable[[Roi], Sequence[Metric]]",
    further: "Sequence[PlanDose]" = (),
) -> "list[StructureDose]":
    """The dose in every structure of a set, in its order. asked: which metrics of each.  further: added to it."""
    from oligoscope.dose.dvh import Named, summary

    thickness = _usual_thickness(drawn)
    own = given.identity.frame_of_reference
    grids = [given.grid, *(one.grid for one in further)]

    def of(roi: "Roi") -> "StructureDose":
        elsewhere = own and roi.frame_of_reference and roi.frame_of_reference != own
        reason = "it is in another frame of reference than the dose" if elsewhere else roi.reason
        return summary(Named(roi.name, roi.polygons, reason, is_target(roi)), grids, asked(roi), thickness)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(of, drawn.rois))


def _usual_thickness(drawn: "StructureSet") -> float | None:
    """The distance of slices that most structures have, mm: for one that is drawn on a single slice."""
    steps = []
    for roi in drawn.rois:
        levels = np.unique([round(float(polygon[0, 2]), 2) for polygon in roi.polygons if len(polygon)])
        steps += [float(np.median(np.diff(levels)))] if len(levels) > 1 else []
    return float(np.median(steps)) if steps else None


def _stored(drawn: "StructureSet", given: "PlanDose") -> "tuple[dict[int, Stored], list[str]]":
    places = {roi.number: place for place, roi in enumerate(drawn.rois)}
    known = [one for one in given.stored if one.roi in places]
    found = {places[o.roi]: Stored(o.volume_cc, o.mean_gy, o.max_gy) for o in known}
    doubts = [f"{drawn.rois[places[one.roi]].name}: {one.warning}" for one in known if one.warning]
    return found, doubts
