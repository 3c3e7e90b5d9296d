"""Patients behind a curve by the method of Guyot, Ades, Ouwens and Welton (BMC Med Res Methodol 2012, 12:9).

From tick to tick: who is censored there is guessed by the fall of the curve, spread evenly, and corrected until as many
are left as the table says; at each reading as many have the event as bring the estimate nearest to it. One set comes of
it, without a range. Written from the paper.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from oligoscope.synthesis.reconstruction.paths import Member, Stretch, Whole
from oligoscope.synthesis.survival.risk import Array

_TRIES = 100
"""Corrections of one interval; a guess that goes to and fro is left there. No known curve needed more than 5."""


@dataclass(frozen=True)
class Interval:
    """Readings from one tick to the next. high, low: survival at its two ends.  left: at risk at its end, or None after
    the last tick.
    """

    start: float
    end: float
    time: Array
    survival: Array
    high: float
    low: float
    left: int | None


@dataclass(frozen=True)
class _Walk:
    """An interval with a guess of its censored: events at each reading, times of censoring, and what is left."""

    died: Whole
    gone: Array
    n: int
    height: float


def guyot(time: Array, survival: Array, stretches: Sequence[Stretch], n: int, events: int | None) -> Member:
    """One set of patients. time, survival: readings in any order; one that rises is no event.
    stretches: between numbers at risk; nobody comes late.  n: at time 0.  events: of all, where it is known.
    """
    order = np.argsort(time, kind="stable")
    return stepped(intervals(time[order], np.clip(survival[order], 0, 1), stretches), n, events)


def intervals(time: Array, survival: Array, stretches: Sequence[Stretch]) -> list[Interval]:
    """Readings by the stretch in which they lie, each running from its first reading to the first of the next."""
    found = []
    firsts = np.searchsorted(time, [stretch.start for stretch in stretches])
    for i, stretch in enumerate(stretches):
        first, behind = int(firsts[i]), int(firsts[i + 1]) if stretch.left is not None else len(time)
        start = float(time[first]) if first < behind else stretch.start
        end = float(time[behind]) if behind < len(time) else stretch.end
        high, low = (float(survival[min(k, len(time) - 1)]) for k in (first, behind))
        found.append(Interval(start, end, time[first:behind], survival[first:behind], high, low, stretch.left))
    return found


def stepped(parts: Sequence[Interval], n: int, events: int | None) -> Member:
    """The set, interval by interval. Who is left after the last reading is censored where the curve ends."""
    height, times, happened = 1.0, [np.zeros(0)], [np.zeros(0)]
    censored, begin = 0, parts[0].start
    for part in parts:
        if part.left is not None:
            walk = _between(part, n, height, part.left)
        else:
            rate = censored / (part.start - begin) if part.start > begin else 0.0
            wanted = None if events is None else events - int(np.concatenate(happened).sum())
            walk = _last(part, n, height, rate, wanted)
        n, height, censored = walk.n, walk.height, censored + len(walk.gone)
        times += [np.repeat(part.time, walk.died), walk.gone]
        happened += [np.ones(int(walk.died.sum())), np.zeros(len(walk.gone))]
    time, event = np.concatenate([*times, np.full(n, parts[-1].end)]), np.concatenate([*happened, np.zeros(n)])
    order = np.lexsort((-event, time))
    return Member(time[order], event[order], np.full(len(time), -np.inf))


def _between(part: Interval, n: int, height: float, left: int) -> _Walk:
    """An interval whose end the table knows: as many are censored as make it so, none if even then fewer are left."""
    most = max(n - left, 0)
    censored = int(np.clip(_whole(n * part.low / max(part.high, 1e-9)) - left, 0, most))
    walk = _walked(part, n, height, censored)
    for _ in range(_TRIES):
        more = int(np.clip(censored + walk.n - left, 0, most))
        if more == censored:
            break
        censored, walk = more, _walked(part, n, height, more)
    return walk


def _last(part: Interval, n: int, height: float, rate: float, events: int | None) -> _Walk:
    """What follows the last tick: as many are censored in a time as before, or such that the events are those given."""
    if events is not None and events <= 0:
        return _Walk(np.zeros(len(part.time), int), np.zeros(0), n, height)
    censored = min(_whole(rate * (part.end - part.start)), n)
    walk = _walked(part, n, height, censored)
    for _ in range(_TRIES if events is not None else 0):
        more = int(np.clip(censored + walk.died.sum() - (events or 0), 0, n))
        if more == censored:
            break
        censored, walk = more, _walked(part, n, height, more)
    return walk


def _walked(part: Interval, n: int, height: float, censored: int) -> _Walk:
    """Reading by reading: events that bring the estimate nearest to it, then who is censored before the next one."""
    gone = part.start + (part.end - part.start) * np.arange(1, censored + 1) / (censored + 1)
    behind = np.searchsorted(gone, part.time)
    until = np.append(behind[1:], censored)
    died = np.zeros(len(part.time), int)
    left = n - int(behind[0] if len(behind) else censored)
    for k, survival in enumerate(part.survival):
        if left > 0 and height > 0:
            died[k] = np.clip(_whole(left * (1 - survival / height)), 0, left)
            height *= 1 - died[k] / left
        left -= int(died[k] + until[k] - behind[k])
    # A guess may have more censored than were there.
    return _Walk(died, gone[: censored + min(left, 0)], max(left, 0), height)


def _whole(value: float) -> int:
    return int(np.floor(value + 0.5))
