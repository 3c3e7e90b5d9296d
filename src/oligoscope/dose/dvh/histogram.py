"""Doses with their volumes, and what is read off them."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from oligoscope.dose.metric import Metric

Array = NDArray[np.float64]
ROUNDED = 1e-6
"""Of a dose: grids hold 7 digits, so that what is planned to 22.4 Gy throughout may stand there as 22.3999996."""


@dataclass(frozen=True)
class Histogram:
    """doses: Gy, falling.  volumes: mm3 that receive each, all >= 0, one of them above 0."""

    doses: Array
    volumes: Array

    @cached_property
    def _sums(self) -> Array:
        found: Array = np.cumsum(self.volumes)
        return found

    @property
    def volume_cc(self) -> float:
        """cm3."""
        return float(self._sums[-1]) / 1000

    def value(self, metric: Metric) -> float | None:
        """In the metric's unit; None where the structure is smaller than the volume that is asked for."""
        at = metric.at or 0.0
        match metric.kind, metric.unit, metric.at_unit:
            case "mean", _, _:
                return float((self.doses * self.volumes).sum() / self._sums[-1])
            case "max", _, _:
                return float(self.doses[np.argmax(self.volumes > 0)])
            case "min", _, _:
                return float(self.doses[len(self.volumes) - 1 - np.argmax(self.volumes[::-1] > 0)])
            case "D", _, "%":
                return self._dose_at(at / 100 * float(self._sums[-1]))
            case "D", _, _:
                return self._dose_at(at * 1000) if at <= self.volume_cc else None
            case "V", "%", _:
                return 100 * self._volume_from(at) / float(self._sums[-1])
            case "V", _, _:
                return self._volume_from(at) / 1000
            case _:
                return self.volume_cc - self._volume_from(at) / 1000

    def _dose_at(self, volume: float) -> float:
        """The dose that this many mm3 receive at least; each piece stands for doses around its own."""
        return float(np.interp(volume, self._sums - self.volumes / 2, self.doses))

    def _volume_from(self, dose: float) -> float:
        """mm3 that receive this dose or more."""
        return 1000 * float(self.curve(np.array([dose]))[0])

    def curve(self, doses: Array) -> Array:
        """cm3 that receive each of these doses (Gy) or more."""
        counts = np.searchsorted(-self.doses, -doses * (1 - ROUNDED), "right")
        found: Array = np.concatenate([[0.0], self._sums])[counts] / 1000
        return found
