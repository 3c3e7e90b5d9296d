"""What is kept of one structure: its volume, the metrics asked for, its curve. The pieces are let go."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from oligoscope.dose.dvh.contours import Contours, contours_of
from oligoscope.dose.dvh.grid import DoseGrid
from oligoscope.dose.dvh.parts import separate
from oligoscope.dose.dvh.structure import Banded, dosed
from oligoscope.dose.metric import Metric
from oligoscope.errors import NotAllowed

Array = NDArray[np.float64]
CURVE_POINTS = 401


@dataclass(frozen=True)
class StructureDose:
    """name: as it was drawn.  covered_percent: None where it has no volume.  reason: why, "" where it has one.

    metrics: in the order asked.  doses: Gy, rising; percents: how much of the volume receives each or more; both empty
    where no curve can be drawn.  parts: of a target, its separate lesions, where there are several.
    """

    name: str
    volume: Banded
    covered_percent: float | None
    metrics: Mapping[str, Banded]
    doses: tuple[float, ...] = ()
    percents: tuple[float, ...] = ()
    warnings: tuple[str, ...] = ()
    reason: str = ""
    parts: tuple["StructureDose", ...] = ()


@dataclass(frozen=True)
class Named:
    """A structure as it was drawn. reason: why it has no contours that can be used.  target: it may hold several
    lesions.
    """

    name: str
    polygons: Sequence[Array] = field(repr=False)
    reason: str = ""
    target: bool = False


def summary(
    drawn: Named, grids: Sequence[DoseGrid], asked: Sequence[Metric], thickness: float | None = None
) -> StructureDose:
    """The metrics of one structure; all None with the reason where they cannot be told. grids: added up."""
    if drawn.reason:
        return _untold(drawn, asked, drawn.reason)
    try:
        contours = contours_of(drawn.name, drawn.polygons, thickness)
    except NotAllowed as error:
        return _untold(drawn, asked, error.problem)
    whole = _of(drawn.name, contours, grids, asked)
    parts = separate(contours) if drawn.target else (contours,)
    if len(parts) == 1:
        return whole
    each = (f"{drawn.name}, part {number} of {len(parts)}" for number in range(1, len(parts) + 1))
    return replace(whole, parts=tuple(_of(name, one, grids, asked) for name, one in zip(each, parts, strict=True)))


def _of(name: str, contours: Contours, grids: Sequence[DoseGrid], asked: Sequence[Metric]) -> StructureDose:
    found = dosed(contours, *grids)
    metrics = {str(one): found.metric(one) for one in asked}
    whole = found.covered_percent == 100
    doses = np.linspace(0, float(found.histogram.doses[0]), CURVE_POINTS) if whole else np.array([])
    percents = 100 * found.histogram.curve(doses) / found.histogram.volume_cc if whole else doses
    return StructureDose(
        name,
        found.volume,
        found.covered_percent,
        metrics,
        tuple(doses.tolist()),
        tuple(percents.tolist()),
        contours.warnings,
    )


def _untold(drawn: Named, asked: Sequence[Metric], reason: str) -> StructureDose:
    metrics = {str(one): Banded(None, None, None, one.unit, reason) for one in asked}
    return StructureDose(drawn.name, Banded(None, None, None, "cc", reason), None, metrics, reason=reason)
