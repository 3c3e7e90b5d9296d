"""A plan that was made: its dose in every structure."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from oligoscope.api.shared import Result

if TYPE_CHECKING:
    from oligoscope.dose.dvh import StructureDose
    from oligoscope.dose.metric import Metric
    from oligoscope.interop.dicom_rt import PlanDose, Roi, StructureSet
    from oligoscope.report.histograms import Histograms, Stored

USUAL = ("Dmean", "D95%", "D0.03cc", "Dmax")
"""Asked where nothing else is."""
AT_ONCE = 2
"""Structures worked on side by side: each holds some 300,000 points, and numpy leaves the interpreter free."""


def dvh(structures: Path | str, dose: Path | str, metrics: Sequence[str] = USUAL) -> "Result[Histograms]":
    """Volume and dose metrics of every structure, each with its precision band.

    structures, dose: files, RTSTRUCT and RTDOSE.  metrics: such as D95%, D0.03cc, Dmean, V20Gy, V20Gy%, CV12.5Gy.
    Raises OligoscopeError for files that do not belong together, a dose that is not in Gy, a metric without a unit.
    """
    from oligoscope.dose.metric import metric
    from oligoscope.interop.dicom_rt import pair_warnings, read_dose, read_structures
    from oligoscope.report.histograms import Histograms, histograms_json, histograms_text

    asked = [metric(text) for text in metrics]
    drawn, given = read_structures(Path(structures)), read_dose(Path(dose))
    warnings = [*pair_warnings(drawn, given), *given.warnings]
    found = doses_of(drawn, given, lambda _: asked)
    stored, doubts = _stored(drawn, given)
    return Result(Histograms(found, [*warnings, *doubts], stored), histograms_json, histograms_text)


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
    from oligoscope.report.histograms import Stored

    places = {roi.number: place for place, roi in enumerate(drawn.rois)}
    known = [one for one in given.stored if one.roi in places]
    found = {places[o.roi]: Stored(o.volume_cc, o.mean_gy, o.max_gy) for o in known}
    doubts = [f"{drawn.rois[places[one.roi]].name}: {one.warning}" for one in known if one.warning]
    return found, doubts
