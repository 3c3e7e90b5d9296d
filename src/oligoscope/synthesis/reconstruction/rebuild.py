"""One arm of a figure into patients: its table of numbers at risk is checked, then an ensemble of patients is drawn."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from oligoscope.synthesis.reconstruction.guyot import guyot
from oligoscope.synthesis.reconstruction.iterative import iterative
from oligoscope.synthesis.reconstruction.paths import Member, Stretch, ensemble
from oligoscope.synthesis.reconstruction.readings import HANDS, TRACES, Levels, levels
from oligoscope.synthesis.survival.risk import Array

CONSTRAINED = "constrained"
_STEPWISE = {"guyot": guyot, "iterative": iterative}
METHODS = (CONSTRAINED, *_STEPWISE)
"""Ours, which draws an ensemble, and the two in use, which give one set each."""
_NEAR = 0.01
"""A number at risk this share of the axis behind the last reading stands at the end of the curve, which a hand clicked
or a pixel showed a little early.
"""
_BESIDE = 0.004
"""A share of the axis, two columns of 500: a drop nearer to a tick may have happened at the tick."""
_BETTER = 5.0
"""The gain of log-likelihood from which numbers at risk are taken as counted after the events of their time."""
_ADDS_UP = 3.0
"""Standard errors by which more may be at risk than the curve leaves."""


@dataclass(frozen=True)
class Drawn:
    """What a figure shows of one arm.

    time, survival: readings of the curve, in the order in which they were taken, survival as a share of 1.  risk_time,
    at_risk: the table below the figure, from time 0 on.  marks: times of censoring that the figure shows.  events:
    of the whole arm, where they are published.  rates: published survival at times, with its error (half a digit).
    """

    name: str
    time: Array
    survival: Array
    risk_time: Array
    at_risk: Array
    marks: Array
    events: int | None = None
    rates: tuple[tuple[float, float, float], ...] = ()


@dataclass(frozen=True)
class Violation:
    """Something given that the patients do not, or cannot, fulfil. given, found: numbers, None where there is none."""

    constraint: str
    says: str
    given: float | None = None
    found: float | None = None


@dataclass(frozen=True)
class Rebuilt:
    """An arm as sets of patients that may lie behind it. violations: of its table; notes: how it was read."""

    drawn: Drawn
    curve: Levels
    members: tuple[Member, ...]
    stretches: tuple[Stretch, ...]
    violations: tuple[Violation, ...]
    notes: tuple[str, ...]


def rebuild(drawn: Sequence[Drawn], size: int = 40, seed: int = 1, method: str = CONSTRAINED) -> list[Rebuilt]:
    """Patients behind the arms of a figure. size: how many sets are drawn of each, by that seed.  method: of METHODS;
    all but the first find one set, whatever the size.

    risk_time of each begins with 0, rises, and at_risk holds whole numbers, which fall unless the method is the first:
    the caller has seen to it.
    """
    if method != CONSTRAINED:
        return [_stepwise(arm, method) for arm in drawn]
    usual = [_one(arm, size, seed + i, after=False) for i, arm in enumerate(drawn)]
    if not any(_has_drop_at_tick(arm) for arm, _ in usual):
        return [arm for arm, _ in usual]
    # Some programs (lifelines) count who is left after the events of a time: all arms of a figure, or none.
    moved = [_one(arm, size, seed + i, after=True) for i, arm in enumerate(drawn)]
    gain = sum(likelihood for _, likelihood in moved) - sum(likelihood for _, likelihood in usual)
    return [arm for arm, _ in (moved if gain > _BETTER else usual)]


def _one(drawn: Drawn, size: int, seed: int, *, after: bool) -> tuple[Rebuilt, float]:
    """An arm, and the log-likelihood of its readings. after: numbers at risk exclude the events of their time."""
    n = int(drawn.at_risk[0])
    curve = levels(drawn.time, drawn.survival, n)
    ticks, counts, end, violations = _within(drawn, curve)
    slip = _BESIDE * end if after else 0.0
    curve = _with_rates(replace(curve, end=end), drawn.rates)
    stretches, more, notes = _stretches(curve, np.where(ticks > 0, ticks + slip, ticks), counts)
    if after:
        notes = (*notes, "numbers at risk are counted after the events of their time: they were read so")
    # A hand slips too far to tell on which side of a tick a drop is.
    hands = HANDS[:-1] if after else HANDS
    members, likelihood, chosen = _fitted(drawn, curve, n, stretches, hands, size, seed)
    return Rebuilt(drawn, chosen, tuple(members), tuple(stretches), (*violations, *more), notes), likelihood


def _stepwise(drawn: Drawn, method: str) -> Rebuilt:
    """An arm as one set of patients, by a method that goes from one number at risk to the next."""
    n = int(drawn.at_risk[0])
    curve = levels(drawn.time, drawn.survival, n)
    ticks, counts, end, violations = _within(drawn, curve)
    curve = replace(curve, end=end)
    stretches, more, notes = _stretches(curve, ticks, counts)
    member = _STEPWISE[method](drawn.time, drawn.survival, stretches, n, drawn.events)
    unused = [name for name, given in (("marks of censoring", len(drawn.marks)), ("rates", len(drawn.rates))) if given]
    if unused:
        notes = (*notes, f"{' and '.join(unused)} are not used by the method {method}")
    return Rebuilt(drawn, curve, (member,), tuple(stretches), (*violations, *more), notes)


def _has_drop_at_tick(arm: Rebuilt) -> bool:
    """Whether it can matter how numbers at risk are counted."""
    ticks = arm.drawn.risk_time[1:]
    gap = np.abs(arm.curve.time[:, None] - ticks[None, :])
    return bool((gap <= _BESIDE * arm.curve.end).any())


def _fitted(
    drawn: Drawn,
    curve: Levels,
    n: int,
    stretches: Sequence[Stretch],
    hands: Sequence[float],
    size: int,
    seed: int,
) -> tuple[list[Member], float, Levels]:
    """The ensemble under the error of reading that suits the readings best; hands: those tried of readings by hand."""
    if curve.is_trace:
        tried = [replace(curve, noise=curve.noise * more) for more in TRACES]
    else:
        tried = [replace(curve, noise=_hand(curve, noise)) for noise in hands]
    found = [(ensemble(each, n, stretches, drawn.marks, drawn.events, 1, seed)[1], each) for each in tried]
    best = max(found, key=lambda each: each[0])[1]
    members, likelihood = ensemble(best, n, stretches, drawn.marks, drawn.events, size, seed)
    return members, likelihood, best


def _hand(curve: Levels, noise: float) -> Array:
    """Of all readings by hand the same; published rates keep their own."""
    return np.where(curve.noise == HANDS[-1], noise, curve.noise)


def _with_rates(curve: Levels, rates: Sequence[tuple[float, float, float]]) -> Levels:
    """Published rates as further readings, sharper than those of the figure."""
    if not rates:
        return curve
    time, survival, noise = (np.asarray(each) for each in zip(*rates, strict=True))
    inside = time <= curve.end
    when = np.concatenate([curve.time, time[inside]])
    order = np.argsort(when, kind="stable")
    height = np.concatenate([curve.survival, survival[inside]])[order]
    return replace(curve, time=when[order], survival=height, noise=np.concatenate([curve.noise, noise[inside]])[order])


def _within(drawn: Drawn, curve: Levels) -> tuple[Array, Array, float, list[Violation]]:
    """Numbers at risk up to the end of the curve; those behind it contradict it unless they are 0."""
    reach = curve.end * (1 + _NEAR)
    inside = drawn.risk_time <= reach
    end = max(curve.end, float(drawn.risk_time[inside][-1]))
    found = [
        Violation(
            "at_risk",
            f"{count:g} are at risk at {time:g}, but the curve was read up to {curve.end:g} only",
            float(count),
            0.0,
        )
        for time, count in zip(drawn.risk_time[~inside], drawn.at_risk[~inside], strict=True)
        if count > 0
    ]
    return drawn.risk_time[inside], drawn.at_risk[inside], end, found[:1]


def _stretches(curve: Levels, ticks: Array, counts: Array) -> tuple[list[Stretch], list[Violation], tuple[str, ...]]:
    """From tick to tick. Where a number rises, patients came in late; a table that merely leaves no room for the events
    of the curve has a wrong number, which is left out.
    """
    rises = bool((np.diff(counts) > 0).any())
    found: list[Stretch] = []
    violations, notes = [], []
    start, at_risk = float(ticks[0]), int(counts[0])
    for tick, count in zip(ticks[1:], counts[1:], strict=True):
        most, error = _most_left(curve, start, float(tick), at_risk)
        lacking = float(count) - most
        entered = 0
        if rises and lacking > (0 if count > at_risk else _ADDS_UP * error):
            entered = int(np.ceil(lacking))
            notes.append(f"about {entered} came under observation after {start:g}")
        elif lacking > _ADDS_UP * error:
            says = (
                f"of {at_risk} at risk at {start:g}, the curve leaves at most {most:.0f} at {tick:g}, where the table "
                f"has {count:g}: that number was left out"
            )
            violations.append(Violation("at_risk", says, float(count), round(most, 1)))
            continue
        found.append(Stretch(start, float(tick), int(count), entered))
        start, at_risk = float(tick), int(count)
    found.append(Stretch(start, max(curve.end, start), None))
    if rises:
        says = "numbers at risk rise (left truncation): patients enter late, with their entry in the column entry"
        violations.insert(0, Violation("at_risk", says))
    return found, violations, tuple(notes)


def _most_left(curve: Levels, start: float, end: float, before: int) -> tuple[float, float]:
    """How many can be at risk at the end of a stretch, which is if none is censored, with the error of the readings."""
    high, low = max(curve.at(start), 1e-9), curve.at(end)
    error = np.hypot(before * 2 * float(np.median(curve.noise)) / max(high, 0.05), 0.5)
    return before * low / high, float(error)
