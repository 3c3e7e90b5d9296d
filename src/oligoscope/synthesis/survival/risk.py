"""Who is at risk when: the counts from which every curve and test here is made."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

SAME_TIME = float(np.sqrt(np.finfo(float).eps))
"""Times closer than this, or than this share of their mean, are one time: 0.3 months computed in two ways differ in the
last digit and would be told apart. R's survival takes the same.
"""


@dataclass(frozen=True)
class Followed:
    """Patients followed from `entry` to `time`, with an event there or not.

    time, entry: in one unit, entry < time; entry is -inf where a patient was followed from the start.  event: 1 or 0.
    """

    time: Array
    event: Array
    entry: Array

    @property
    def n(self) -> int:
        """Patients (or intervals of patients)."""
        return len(self.time)

    def part(self, chosen: NDArray[np.bool_]) -> "Followed":
        """Those chosen."""
        return Followed(self.time[chosen], self.event[chosen], self.entry[chosen])

    def at_risk(self, times: Array, weights: Array | None = None) -> Array:
        """How many are followed just before each time: entered before it, and neither dead nor censored before it.

        weights: of the patients, whose sum is then taken in place of their number.
        """
        if weights is not None:
            # Summed from the end, so that the last few are not what rounding leaves of a difference.
            return _from(self.time, weights, times) - _from(self.entry, weights, times)
        entered = np.searchsorted(np.sort(self.entry), times, side="left")
        left = np.searchsorted(np.sort(self.time), times, side="left")
        return (entered - left).astype(float)

    def events_at(self, times: Array) -> Array:
        """How many events there are at each of these times, which are sorted and hold every event."""
        place = np.searchsorted(times, self.time[self.event > 0])
        return np.bincount(place, minlength=len(times)).astype(float)


def followed(time: ArrayLike, event: ArrayLike, entry: ArrayLike | None = None) -> Followed:
    """Times and events as arrays, in which times that differ by rounding alone are one time.

    time: 0 or more.  event: 1 or 0.  entry: left truncation, below time.  Raises ValueError where they do not fit.
    """
    ends, happened = np.asarray(time, float), np.asarray(event, float)
    starts = np.full(len(ends), -np.inf) if entry is None else np.asarray(entry, float)
    if not len(ends) == len(happened) == len(starts):
        raise ValueError(f"{len(ends)} times, {len(happened)} events and {len(starts)} entries are not as many")
    if not np.isin(happened, (0, 1)).all():
        raise ValueError("an event is 1 or 0")
    if not (ends >= 0).all() or not np.isfinite(ends).all():
        raise ValueError("a time is a number, 0 or more")
    if not (starts < ends).all():
        raise ValueError("an entry lies before its time")
    if entry is None:
        return Followed(joined(ends), happened, starts)
    both = joined(np.concatenate([ends, starts]))
    return Followed(both[: len(ends)], happened, both[len(ends) :])


def _from(places: Array, values: Array, times: Array) -> Array:
    """The sum of the values that lie at each time or later."""
    order = np.argsort(places, kind="stable")
    ahead = np.append(np.cumsum(values[order][::-1])[::-1], 0.0)
    found: Array = ahead[np.searchsorted(places[order], times, side="left")]
    return found


def joined(times: Array) -> Array:
    """Times, in which those that only rounding tells apart have become the first of them."""
    distinct, place = np.unique(times, return_inverse=True)
    if len(distinct) < 2:
        return times
    gap = np.diff(distinct)
    # One entry of -inf must not make the mean, and with it every time, the same.
    size = np.abs(distinct[np.isfinite(distinct)]).mean()
    is_new = np.concatenate([[True], (gap > SAME_TIME) & (gap > SAME_TIME * size)])
    firsts: Array = distinct[is_new]
    return times if is_new.all() else firsts[np.cumsum(is_new) - 1][place]
