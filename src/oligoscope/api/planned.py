"""A plan that was made: its dose in every structure, and whether its organs keep their limits."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from oligoscope.api.shared import Packs, Result, known
from oligoscope.dose import Measured, Structure, judge, wanted
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
    knowledge: Packs = None,
) -> "Result[PlanCheck]":
    """A plan held against every published limit for its number of fractions, source by source.

    structures, dose, plan: files, RTSTRUCT, RTDOSE, RTPLAN.  fractions: where no plan says them.
    names: the organ of a structure that has no standard name, None for none; or a YAML file that says so.
    irradiated_before: organs that had radiotherapy; limits do not apply to them.
    Raises OligoscopeError; also where the number of fractions is not known, or plan and argument differ.
    """
    from oligoscope.interop.dicom_rt import pair_warnings, read_dose, read_plan, read_structures
    from oligoscope.interop.names import read_names
    from oligoscope.report.plan_check import PlanCheck, plan_check_json, plan_check_text
    from oligoscope.report.plan_page import plan_page

    limits = known(knowledge).limits
    drawn, given = read_structures(Path(structures)), read_dose(Path(dose))
    planned = read_plan(Path(plan)) if plan is not None else None
    warnings = [*pair_warnings(drawn, given, planned), *given.warnings]
    number, said_by = _fractions(fractions, planned)
    read = read_names([roi.name for roi in drawn.rois], limits, _mapping(names))
    organs = dict(zip((roi.number for roi in drawn.rois), (one.organ for one in read), strict=True))
    found = doses_of(drawn, given, lambda roi: _asked(organs[roi.number], limits, number))
    before = {limits.organ(name).name for name in irradiated_before}
    judgement = judge(limits, number, list(_judged(found, read, before)))
    stored, doubts = _stored(drawn, given)
    about = {"label": planned.label, "date": planned.version, "uid": planned.identity.uid} if planned else {}
    histograms = Histograms(found, [*warnings, *doubts], stored)
    check = PlanCheck(histograms, read, judgement, limits, said_by, about)
    return Result(check, plan_check_json, plan_check_text, plan_page)


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
    before = {limits.organ(name).name for name in irradiated_before}
    judgement = judge(limits, number, list(_judged(found, read, before)))
    check = PlanCheck(Histograms(found, [FROM_TABLES]), read, judgement, limits, said_by)
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


def _asked(organ: str | None, limits: "Limits", fractions: int) -> "list[Metric]":
    """What the limits of its organ ask of a structure, and what is always shown."""
    names = (*(wanted(limits, fractions, organ) if organ else ()), *USUAL)
    return [metric(name) for name in dict.fromkeys(names)]


def _judged(found: "Sequence[StructureDose]", read: "Sequence[Read]", before: "set[str]") -> "Iterator[Structure]":
    for one, name in zip(found, read, strict=True):
        if name.organ is None:
            continue
        metrics = {
            asked: None
            if told.value is None or told.low is None or told.high is None
            else Measured(told.value, told.low, told.high)
            for asked, told in one.metrics.items()
        }
        yield Structure(one.name, name.organ, metrics, name.organ in before)


def doses_of(
    drawn: "StructureSet", given: "PlanDose", asked: "Callable[[Roi], Sequence[Metric]]"
) -> "list[StructureDose]":
    """The dose in every structure of a set, in its order. asked: which metrics of each."""
    from oligoscope.dose.dvh import Named, summary

    thickness = _usual_thickness(drawn)
    own = given.identity.frame_of_reference

    def of(roi: "Roi") -> "StructureDose":
        elsewhere = own and roi.frame_of_reference and roi.frame_of_reference != own
        reason = "it is in another frame of reference than the dose" if elsewhere else roi.reason
        return summary(Named(roi.name, roi.polygons, reason), given.grid, asked(roi), thickness)

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
