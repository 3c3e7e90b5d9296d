"""Patients behind a curve, by a hidden Markov model: the state is how many are still at risk and how many had the
event; each reading of the curve shows survival with an error, each number at risk shows the state without one.

Between two readings some patients are censored, then some have the event. Given how many of an interval are censored,
their times are spread evenly (or by the censoring marks that the figure shows); the product-limit estimate of the path
must stay near the readings. States are followed forwards, the likeliest few hundred of them, and whole paths are then
drawn backwards: an ensemble whose spread says what the figure leaves open. Guyot 2012 finds one path by rounding each
interval on its own; here an error of one interval is made good in the next, as the readings ask for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from oligoscope.synthesis.reconstruction.readings import Levels
from oligoscope.synthesis.survival.risk import Array

Whole = NDArray[np.int64]

BEAM = 160
"""States kept: as many as keep a trial within 30 s. How its number moves the figures was not measured."""
_FAR = 100.0
"""The squared error, in units of the noise, beyond which a reading is simply wrong and says no more."""
_NOT_SO = 60.0
"""The loss of log-likelihood per event by which a path misses the number of events that was given."""
_UNSEEN_IN_A_TRACE, _UNSEEN_BY_HAND = 0.5, 0.05
"""How often a last drop, down to nothing, does not show. The column where it falls is read at the head of the line or
at its foot; who clicks every drop seldom forgets the last. These are ours.
"""
_LOW = 0.1
"""Survival from which such a drop may start; a longer one would be seen."""
_NOT_ALL = 0.9
"""The share of those to be censored who are gone before a last drop at most: a curve that falls where it ends still had
patients there.
"""
_SPREAD = np.arange(-1, 4)


@dataclass(frozen=True)
class Stretch:
    """From one number at risk to the next. left: at its end, None after the last one.  entered: who came in late, at
    its beginning.
    """

    start: float
    end: float
    left: int | None
    entered: int = 0


@dataclass(frozen=True)
class Moves:
    """All steps by which the kept states were reached, grouped by the state reached."""

    before: float
    time: float
    parent: Whole
    censored: Whole
    died: Whole
    share: Array
    """Group + cumulative share within it: a state j and a draw u in [0, 1) are found by searching j + u."""


@dataclass(frozen=True)
class States:
    """Kept states: at risk, events so far, survival, log-likelihood."""

    n: Whole
    events: Whole
    survival: Array
    weight: Array


@dataclass(frozen=True)
class _Steps:
    """Ways from a kept state, its parent, to another: how many are censored, then have the event; what is reached."""

    parent: Whole
    censored: Whole
    died: Whole
    n: Whole
    survival: Array
    weight: Array

    def of(self, chosen: "Whole | NDArray[np.bool_]") -> "_Steps":
        return _Steps(
            self.parent[chosen],
            self.censored[chosen],
            self.died[chosen],
            self.n[chosen],
            self.survival[chosen],
            self.weight[chosen],
        )


@dataclass(frozen=True)
class Member:
    """One set of patients: when each left, with the event or not, and since when each was followed."""

    time: Array
    event: Array
    entry: Array


def ensemble(
    curve: Levels, n: int, stretches: Sequence[Stretch], marks: Array, events: int | None, size: int, seed: int
) -> tuple[list[Member], float]:
    """Sets of patients that may lie behind a curve, and the log-likelihood of the readings.

    n: at risk at the beginning.  marks: times of censoring that the figure shows, or none.  events: of the whole arm,
    where it is known.  size: how many sets.  The likelihood is that of a Gaussian error up to a constant, so that
    errors of another size can be compared.
    """
    states = States(*(np.array([value]) for value in (n, 0)), *(np.array([value]) for value in (1.0, 0.0)))
    history: list[Moves] = []
    rate = _expected(curve, n, stretches) / max(len(curve.time), 1)
    fall = curve.fall
    for stretch in stretches:
        clock = _Clock(stretch, marks)
        if stretch.entered:
            states = States(states.n + stretch.entered, states.events, states.survival, states.weight)
        is_inside = (curve.time >= stretch.start) & ((curve.time < stretch.end) | (stretch.left is None))
        goal = 1.0 if not (curve.time < stretch.end).any() else float(fall[curve.time < stretch.end][-1])
        if stretch.left is None:
            goal = float(fall[-1])
        now = stretch.start
        for k in np.flatnonzero(is_inside):
            aim = _Aim(float(curve.time[k]), float(curve.survival[k]), float(curve.noise[k]), goal, rate)
            found = _step(states, stretch, clock, now, aim, is_last=bool(k == len(curve.time) - 1))
            if found is not None:
                states, moves = found
                history.append(moves)
                now = aim.time
        # A drop where the curve ends contradicts a reading there, if it is above nothing.
        is_open = stretch.left is None and now < stretch.end
        odds = _last_odds(states, curve, n, stretches) if is_open else None
        states, moves = _closed(states, stretch, now, odds)
        history.append(moves)
    weight = states.weight if events is None else states.weight - _NOT_SO * np.abs(states.events - events)
    likelihood = float(weight.max() - np.log(curve.noise).sum())
    return _drawn(history, weight, stretches, marks, n, size, seed), likelihood


class _Clock:
    """The share of a stretch's censorings that have happened by a time."""

    def __init__(self, stretch: Stretch, marks: Array) -> None:
        self._stretch = stretch
        self._marks = np.sort(marks[(marks >= stretch.start) & (marks < stretch.end)])

    def by(self, time: float) -> float:
        if len(self._marks):
            return float(np.searchsorted(self._marks, time, side="left")) / len(self._marks)
        return (time - self._stretch.start) / max(self._stretch.end - self._stretch.start, 1e-12)


@dataclass(frozen=True)
class _Aim:
    """A reading: survival with its noise; goal: of the curve at the stretch's end; rate: events expected of it."""

    time: float
    survival: float
    noise: float
    goal: float
    rate: float


def _expected(curve: Levels, n: int, stretches: Sequence[Stretch]) -> float:
    """About how many events there are in all."""
    total, at_risk = 0.0, float(n)
    for stretch in stretches:
        end = curve.at(stretch.end)
        left = at_risk * end / max(curve.at(stretch.start), 1e-9) if stretch.left is None else float(stretch.left)
        total += float(_deaths(np.array([at_risk]), left, np.array([curve.at(stretch.start)]), end)[0])
        at_risk = left
    return max(total, 0.5)


def _deaths(n: Array | Whole, left: float | Whole, survival: Array, goal: float) -> Array:
    """Events that bring a curve from its survival down to a goal while n at risk become `left`, at constant hazards."""
    if goal < 1e-3:
        return (n - left).astype(float)
    apart = np.log(np.maximum(n, 0.5) / np.maximum(left, 0.5))
    mean = np.where(np.abs(apart) < 1e-3, n, (n - left) / np.where(np.abs(apart) < 1e-3, 1, apart))
    fall: Array = np.maximum(0.0, np.log(np.maximum(survival, 1e-9) / goal)) * mean
    return fall


def _step(
    states: States, stretch: Stretch, clock: _Clock, now: float, aim: _Aim, *, is_last: bool
) -> tuple[States, Moves] | None:
    """From the states before a reading to those after it; None where the reading fits none of them."""
    left = stretch.left or 0
    run = clock.by(now)
    most = _NOT_ALL if stretch.left is None else 1 - 1e-9
    share = float(np.clip((clock.by(aim.time) - run) / max(1 - run, 1e-9), 1e-9, most))
    to_censor = states.n - left - _deaths(states.n, left, states.survival, aim.goal)
    censored = _censorings(states, to_censor, share, left, aim)
    parent = np.arange(censored.size) // censored.shape[1]
    c = censored.ravel()
    is_new = np.r_[True, (np.diff(c) != 0) | (np.diff(parent) != 0)]
    parent, c = parent[is_new], c[is_new]
    weight = states.weight[parent] + _log_binomial(to_censor[parent], c, share)
    n, survival = states.n[parent] - c, states.survival[parent]
    fall = (1 - aim.survival / np.maximum(survival, 1e-9)) * n
    died = np.maximum(0, np.floor(fall).astype(int)[:, None] + np.arange(-1, 3)).ravel()
    parent, c, weight, n, survival = (np.repeat(each, 4) for each in (parent, c, weight, n, survival))
    after = n - died
    reached = np.where(after <= 0, 0.0, survival * (1 - died / np.maximum(n, 1)))
    # Geometric: of all laws with this mean the one that says least. A Poisson law makes 12 events of a drop 1,700 times
    # less likely than 6 where 2.7 are expected, and a drop of 12 of 14 is as high as one of 6 of 7.
    weight = weight + died * np.log(aim.rate / (1 + aim.rate))
    weight = weight - 0.5 * np.minimum(((reached - aim.survival) / aim.noise) ** 2, _FAR)
    allowed = (after >= left) & ((after > 0) | is_last)
    allowed[1:] &= ~((died[1:] == died[:-1]) & (parent[1:] == parent[:-1]) & (c[1:] == c[:-1]))
    if not allowed.any():
        return None
    steps = _Steps(parent, c, died, after, reached, weight).of(allowed)
    return _merged(states, steps, now, aim.time)


def _censorings(states: States, to_censor: Array, share: float, left: int, aim: _Aim) -> Whole:
    """How many may be censored before a reading, states x choices, sorted: near what is expected, such that one, two
    or three events make just the drop that was read, and none. Without none, where four were expected, no path had the
    122 events of a known figure, although they fit it exactly.
    """
    mean = np.maximum(to_censor, 0) * share
    width = np.maximum(1, np.round(0.8 * np.sqrt(mean))).astype(int)
    usual = np.round(mean).astype(int)[:, None] + width[:, None] * _SPREAD
    drop = np.maximum(1 - aim.survival / np.maximum(states.survival, 1e-9), 1e-9)
    fitting = states.n[:, None] - np.round(np.array([1, 2, 3]) / drop[:, None])
    none = np.zeros_like(usual[:, :1])
    choices = np.concatenate([none, usual, np.clip(fitting, -1, 1e9).astype(int)], axis=1)
    found: Whole = np.sort(np.clip(choices, 0, np.maximum(states.n - left, 0)[:, None]), axis=1)
    return found


def _log_binomial(total: Array, c: Whole, share: float) -> Array:
    """The log-probability of c of a total that is an estimate, and may lie below c."""
    whole = np.maximum(total, c)
    ways = gammaln(whole + 1) - gammaln(c + 1) - gammaln(whole - c + 1)
    excess = np.maximum(c - np.maximum(total, 0), 0) + np.maximum(-total, 0)
    found: Array = ways + c * np.log(share) + (whole - c) * np.log1p(-share) - excess
    return found


def _merged(states: States, steps: _Steps, before: float, time: float) -> tuple[States, Moves]:
    """States reached in several ways are one; the likeliest are kept."""
    steps = steps.of(np.lexsort((-steps.weight, states.events[steps.parent] + steps.died, steps.n)))
    events = states.events[steps.parent] + steps.died
    is_first = np.r_[True, (np.diff(steps.n) != 0) | (np.diff(events) != 0)]
    group = np.cumsum(is_first) - 1
    top = steps.weight.max()
    mass = np.exp(np.maximum(steps.weight - top, -700))
    total = np.bincount(group, mass)
    kept = np.sort(np.argsort(-total, kind="stable")[:BEAM])
    place = np.full(len(total), -1)
    place[kept] = np.arange(len(kept))
    stays = place[group] >= 0
    running = np.cumsum(mass / total[group])
    firsts = np.flatnonzero(is_first)
    ends = running - np.concatenate([[0.0], running[firsts[1:] - 1]])[group]
    share: Array = place[group] + np.minimum(ends, 1.0)
    best = steps.of(firsts[kept])
    found = States(best.n, events[firsts[kept]], best.survival, np.log(total[kept]) + top)
    stay = steps.of(stays)
    return found, Moves(before, time, stay.parent, stay.censored, stay.died, share[stays])


def _last_odds(states: States, curve: Levels, n: int, stretches: Sequence[Stretch]) -> Array:
    """The odds that the last patient of each state had the event where the curve ends, unseen, against censored there.

    A curve ends when its last patient leaves, and both ends look alike if the readings stop before it. So the odds are
    those by which the others left since the last number at risk but one, half a patient added to either: late ones,
    as a trial censors late. Who left while the curve ran flat was censored, and speaks for it.
    """
    i = max(len(stretches) - 2, 0)
    before = float(stretches[i].entered + ((stretches[i - 1].left or 0) if i else n))
    height, others = max(curve.at(stretches[i].start), 1e-9), max(before - 1, 0)
    same = np.ones(len(states.n))
    events = np.clip(_deaths(before * same, states.n, height * same, float(curve.fall[-1])), 0, others)
    unseen = _UNSEEN_IN_A_TRACE if curve.is_trace else _UNSEEN_BY_HAND
    odds = unseen * (events + 0.5) / (others - events + 0.5)
    found: Array = np.where((states.n > 0) & (states.survival <= _LOW), odds, 0.0)
    return found


def _closed(states: States, stretch: Stretch, now: float, odds: Array | None) -> tuple[States, Moves]:
    """The end of a stretch: who is above the number at risk there was censored after its last drop. odds: where the
    curve ends, that the last of them had the event instead.
    """
    gone = states.n - (stretch.left or 0)
    also = np.flatnonzero(odds if odds is not None else gone * 0)
    parent = np.concatenate([np.arange(len(gone)), also])
    died = np.concatenate([np.zeros_like(gone), np.ones_like(also)])
    gain = np.zeros(0) if odds is None else np.log(odds[also])
    weight = np.concatenate([states.weight, states.weight[also] + gain])
    share: Array = np.arange(1.0, len(parent) + 1.0)
    moves = Moves(now, stretch.end, parent, gone[parent] - died, died, share)
    survival = np.where(died > 0, 0.0, states.survival[parent])
    return States((states.n - gone)[parent], states.events[parent] + died, survival, weight), moves


def _drawn(
    history: Sequence[Moves],
    weight: Array,
    stretches: Sequence[Stretch],
    marks: Array,
    n: int,
    size: int,
    seed: int,
) -> list[Member]:
    """Paths drawn backwards from the last states, each by its likelihood."""
    random = np.random.default_rng(seed)
    chance = np.exp(weight - weight.max())
    state = random.choice(len(weight), size, p=chance / chance.sum())
    censored, died = (np.zeros((len(history), size), int) for _ in range(2))
    for i in range(len(history) - 1, -1, -1):
        moves = history[i]
        at = np.searchsorted(moves.share, state + random.random(size) * (1 - 1e-9), side="right")
        at = np.minimum(at, len(moves.share) - 1)
        censored[i], died[i], state = moves.censored[at], moves.died[at], moves.parent[at]
    return [_member(history, censored[:, k], died[:, k], stretches, marks, n) for k in range(size)]


def _member(
    history: Sequence[Moves], censored: Whole, died: Whole, stretches: Sequence[Stretch], marks: Array, n: int
) -> Member:
    times, happened = [], []
    for i, moves in enumerate(history):
        c, d = int(censored[i]), int(died[i])
        if c:
            times += _spread(moves.before, moves.time, c, marks, is_end=i == len(history) - 1)
            happened += [0.0] * c
        times += [moves.time] * d
        happened += [1.0] * d
    entry = np.concatenate([np.full(n, -np.inf), *(np.full(s.entered, s.start) for s in stretches)])
    return _entered(np.asarray(times), np.asarray(happened), entry[: len(times)])


def _spread(before: float, until: float, count: int, marks: Array, *, is_end: bool) -> list[float]:
    """Times of censoring between two moments: at the marks, else evenly; the curve's end is somebody's last day."""
    inside = marks[(marks >= before) & (marks < until)]
    if len(inside) and not is_end:
        return sorted(np.resize(inside, count).tolist())
    part = np.arange(1, count + 1) / count if is_end else (np.arange(count) + 0.5) / count
    found: list[float] = (before + (until - before) * part).tolist()
    return found


def _entered(time: Array, event: Array, entry: Array) -> Member:
    """Late entries given to those who left last: each must leave after it came."""
    order = np.argsort(time, kind="stable")
    return Member(time[order], event[order], np.sort(entry))
