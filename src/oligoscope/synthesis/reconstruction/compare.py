"""Rebuilt arms together: hazard ratios of the ensemble, the set that stands for it, and what was published of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from oligoscope.synthesis.reconstruction.paths import Member
from oligoscope.synthesis.reconstruction.rebuild import Rebuilt, Violation
from oligoscope.synthesis.survival import Curve, Design, Followed, cox, followed, kaplan_meier, log_rank
from oligoscope.synthesis.survival.risk import Array

SIDEWAYS = 0.005
"""How far, as a share of the axis, a reading may lie beside a drop before its distance counts: two errors of a click.
"""
_TIED, _MUCH = 5, 0.5
"""Events of a drop that is large, and the share of all events in such drops beyond which their number stays open. Drops
of a trial are of one to three; of clicks on a steep one up to a fifth of the events came to lie in larger ones.
"""
GOOD, POOR = (0.01, 0.03), (0.03, 0.10)
"""Root mean square and greatest distance of survival: up to the first a reconstruction is good, beyond the second
poor. Readings by an ordinary hand leave 0.003 to 0.006 (`benchmarks/ipd.py`).
"""


@dataclass(frozen=True)
class Reported:
    """What a publication says: each number with half of its last digit, by which it may be off; or None.

    medians: one for each arm.  hr: of the second arm against the first.  p: of the log-rank test.
    """

    medians: tuple[tuple[float, float] | None, ...] = ()
    hr: tuple[float, float] | None = None
    hr_low: tuple[float, float] | None = None
    hr_high: tuple[float, float] | None = None
    p: tuple[float, float] | None = None


@dataclass(frozen=True)
class Ratio:
    """A hazard ratio of an arm against the first.

    low, high: the 95 % interval, for chance and reconstruction together.  least, most: the middle 95 % of the ensemble.
    None where there is none; reason then says why.
    """

    arm: str
    against: str
    value: float | None
    low: float | None
    high: float | None
    least: float | None
    most: float | None
    reason: str = ""


@dataclass(frozen=True)
class Quality:
    """One arm by the set that stands for it. distance: between readings and curve, SIDEWAYS allowed."""

    rebuilt: Rebuilt
    member: Member
    curve: Curve
    rmse: float
    max_distance: float
    violations: tuple[Violation, ...]
    median_range: tuple[float | None, float | None]
    events_range: tuple[int, int]

    @property
    def ties(self) -> str:
        """Why the curve leaves the number of events open, or "": a drop of 9 events of 35 is as high as one of 10 of
        39, so that what is censored before it cannot be told. On one known figure the sets had 114 to 120 for 122.
        """
        large = float(self.curve.events[self.curve.events >= _TIED].sum())
        whole = float(self.curve.events.sum())
        if self.rebuilt.drawn.events is not None or large <= _MUCH * whole or whole == self.curve.n:
            return ""
        return (
            f"{large:.0f} of {whole:.0f} events lie in drops of {_TIED} or more at once, which do not tell how many "
            "they are: give the number of events, or more readings of the curve"
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """How the arm was read, and what that leaves open."""
        return (*self.rebuilt.notes, *([self.ties] if self.ties else []))

    @property
    def verdict(self) -> str:
        """good, usable (with what is said beside it), or poor."""
        if self.rmse > POOR[0] or self.max_distance > POOR[1]:
            return "poor"
        is_near = self.rmse <= GOOD[0] and self.max_distance <= GOOD[1]
        return "good" if is_near and not self.violations and not self.ties else "usable"


@dataclass(frozen=True)
class Comparison:
    """All arms. p: of the log-rank test over the ensemble, its middle; violations: of what concerns all arms."""

    arms: tuple[Quality, ...]
    ratios: tuple[Ratio, ...]
    p: float | None
    violations: tuple[Violation, ...]

    @property
    def verdict(self) -> str:
        """Of the worst arm; no better than usable where a number of all arms is not met."""
        order = ("good", "usable", "poor")
        worst = max((order.index(arm.verdict) for arm in self.arms), default=0)
        return order[max(worst, 1 if self.violations else 0)]


def compare(rebuilt: Sequence[Rebuilt], reported: Reported) -> Comparison:
    """Hazard ratios and quality of arms that were rebuilt with the same size. Raises ModuleNotFoundError without the
    package `survival` where there are two arms or more.
    """
    size = len(rebuilt[0].members)
    medians = [[_median(member) for member in arm.members] for arm in rebuilt]
    kept = _fitting(medians, reported.medians, size)
    fits = [[_ratio(rebuilt[0].members[k], arm.members[k]) for k in kept] for arm in rebuilt[1:]]
    tests = [_p([arm.members[k] for arm in rebuilt]) for k in kept] if len(rebuilt) > 1 else []
    chosen = kept[_middle([[arm.members[k] for arm in rebuilt] for k in kept], fits, reported)]
    first = rebuilt[0].drawn.name
    ratios = tuple(_summed((arm.drawn.name, first), fit) for arm, fit in zip(rebuilt[1:], fits, strict=True))
    known = [p for p in tests if p is not None]
    p = float(np.median(known)) if known else None
    arms = tuple(
        _quality(arm, chosen, [medians[i][k] for k in kept], kept, _of(reported.medians, i))
        for i, arm in enumerate(rebuilt)
    )
    return Comparison(arms, ratios, p, tuple(_of_all(ratios, p, reported)))


def _fitting(
    medians: Sequence[Sequence[float | None]], wanted: Sequence[tuple[float, float] | None], size: int
) -> list[int]:
    """The sets whose medians are those published, all where too few are."""
    fits = [k for k in range(size) if all(_is_met(row[k], _of(wanted, i)) for i, row in enumerate(medians))]
    return fits if len(fits) >= 5 else list(range(size))


def _is_met(value: float | None, wanted: tuple[float, float] | None) -> bool:
    return wanted is None or (value is not None and abs(value - wanted[0]) <= wanted[1] * (1 + 1e-9))


def _of(values: Sequence[tuple[float, float] | None], i: int) -> tuple[float, float] | None:
    return values[i] if i < len(values) else None


def _median(member: Member) -> float | None:
    return kaplan_meier(_followed(member)).quantile().value


def _followed(member: Member) -> Followed:
    late = member.entry > 0
    time = np.maximum(member.time, 1e-9)
    if not late.any():
        return followed(time, member.event)
    return followed(time, member.event, np.where(late, np.minimum(member.entry, time * (1 - 1e-6)), -1.0))


def joined(members: Sequence[Member]) -> tuple[Followed, NDArray[np.int64]]:
    """Patients of several arms as one sample, and the arm of each, from 0."""
    parts = [_followed(member) for member in members]
    whole = Followed(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("time", "event", "entry")))
    return whole, np.repeat(np.arange(len(parts)), [part.n for part in parts])


def _ratio(first: Member, second: Member, weights: Array | None = None) -> tuple[float, float] | str:
    """Log hazard ratio with its error, or why there is none. weights: of the second's patients."""
    whole, arm = joined([first, second])
    design = Design(arm[:, None].astype(float), ["arm"])
    if weights is not None:
        every = np.concatenate([np.ones(whole.n - len(weights)), weights])
        design = replace(design, cluster=np.arange(whole.n), weights=every)
    fit = cox(whole, design, tested=False)
    term = fit.terms[0]
    se = term.se if weights is None else term.robust_se
    if term.coef is None or se is None:
        return fit.reason or term.reason
    return term.coef, se


def _p(members: Sequence[Member]) -> float | None:
    whole, arm = joined(members)
    return log_rank(whole, arm).p


def _middle(
    sets: Sequence[Sequence[Member]], fits: Sequence[Sequence[tuple[float, float] | str]], reported: Reported
) -> int:
    """The set nearest to the middle of the ensemble in events, time followed and hazard ratios (and, where it is within
    reach, in the published ratio).
    """
    rows = []
    for k, members in enumerate(sets):
        counts = [value for member in members for value in (float(member.event.sum()), float(member.time.sum()))]
        known = [fit[k] for fit in fits]
        rows.append([*counts, *(each[0] for each in known if not isinstance(each, str))])
    width = min(len(row) for row in rows)
    table = np.asarray([row[:width] for row in rows])
    centre = table.mean(axis=0)
    spread = table.std(axis=0)
    far = ((table - centre) / np.where(spread > 0, spread, 1)) ** 2
    score = far.sum(axis=1)
    if fits and reported.hr is not None:
        met = [not isinstance(fit, str) and _is_met(float(np.exp(fit[0])), reported.hr) for fit in fits[0]]
        score = score + np.where(met, 0.0, 100.0)
    return int(score.argmin())


def ratio_of(names: tuple[str, str], pairs: Sequence[tuple[Member, Member]], weights: Array | None = None) -> Ratio:
    """The hazard ratio of the second of each pair over the first, over all pairs. names: of the second, of the
    first.  weights: of the second's patients, above 0; each error is then robust, every patient a cluster.
    """
    return _summed(names, [_ratio(*pair, weights) for pair in pairs])


def _summed(names: tuple[str, str], fits: Sequence[tuple[float, float] | str]) -> Ratio:
    known = [fit for fit in fits if not isinstance(fit, str)]
    if not known:
        reason = next(fit for fit in fits if isinstance(fit, str))
        return Ratio(*names, None, None, None, None, None, reason)
    mean, _, half = pooled(known)
    least, most = np.exp(np.quantile([log for log, _ in known], [0.025, 0.975]))
    value, low, high = np.exp([mean, mean - half, mean + half])
    return Ratio(*names, float(value), float(low), float(high), float(least), float(most))


def pooled(fits: Sequence[tuple[float, float]]) -> tuple[float, float, float]:
    """Estimates with errors, one of each set, by Rubin's rules: the mean, its error (chance within a set, and what
    differs between sets), and half of the 95 % interval.
    """
    values, errors = (np.asarray(column) for column in zip(*fits, strict=True))
    between = values.var(ddof=1) * (1 + 1 / len(values)) if len(values) > 1 else 0.0
    se = float(np.sqrt((errors**2).mean() + between))
    return float(values.mean()), se, float(stats.norm.isf(0.025)) * se


def _quality(
    arm: Rebuilt,
    chosen: int,
    medians: Sequence[float | None],
    kept: Sequence[int],
    wanted: tuple[float, float] | None,
) -> Quality:
    member = arm.members[chosen]
    curve = kaplan_meier(_followed(member))
    distance = distances(arm, curve)
    violations = [*arm.violations, *_unmet(arm, member, curve, wanted)]
    events = [int(arm.members[k].event.sum()) for k in kept]
    known = sorted(value for value in medians if value is not None)
    ends = (known[0], known[-1] if len(known) == len(medians) else None) if known else (None, None)
    rmse, greatest = float(np.sqrt((distance**2).mean())), float(distance.max())
    return Quality(arm, member, curve, rmse, greatest, tuple(violations), ends, (min(events), max(events)))


def distances(arm: Rebuilt, curve: Curve) -> Array:
    """How far each reading lies above or below the curve, the nearest within SIDEWAYS of it."""
    slip = SIDEWAYS * float(arm.curve.end)
    time, height = arm.drawn.time, arm.drawn.survival
    before, after = _height(curve, time - slip), _height(curve, time + slip)
    found: Array = np.maximum(0.0, np.maximum(height - before, after - height))
    return found


def _height(curve: Curve, time: Array) -> Array:
    place = np.searchsorted(curve.times, time, side="right") - 1
    return np.where(place < 0, 1.0, curve.survival[np.maximum(place, 0)])


def _unmet(arm: Rebuilt, member: Member, curve: Curve, median: tuple[float, float] | None) -> list[Violation]:
    """What is published of one arm and not met by its patients."""
    found = []
    events = int(member.event.sum())
    if arm.drawn.events is not None and events != arm.drawn.events:
        says = f"{arm.drawn.events} events are published, the curve and its numbers at risk give {events}"
        found.append(Violation("events", says, float(arm.drawn.events), float(events)))
    value = curve.quantile().value
    if not _is_met(value, median):
        given = median[0] if median else None
        shown = "not reached" if value is None else f"{value:.4g}"
        found.append(
            Violation("median", f"the published median is {given:g}, that of the patients {shown}", given, value)
        )
    for time, rate, half in arm.drawn.rates:
        survival = float(_height(curve, np.array([time]))[0])
        if abs(survival - rate) > half * (1 + 1e-9):
            says = f"published survival at {time:g} is {rate:g}, that of the patients {survival:.3f}"
            found.append(Violation("rate", says, rate, survival))
    whole = _followed(member)
    for stretch in arm.stretches[:-1]:
        count = float(whole.at_risk(np.array([stretch.end]))[0])
        if count != stretch.left:
            says = f"{stretch.left} are at risk at {stretch.end:g} by the table, {count:g} of the patients"
            found.append(Violation("at_risk", says, float(stretch.left or 0), count))
    return found


def _of_all(ratios: Sequence[Ratio], p: float | None, reported: Reported) -> list[Violation]:
    """What is published of the comparison and not met."""
    ratio = ratios[0] if ratios else None
    pairs = (
        ("hr", reported.hr, ratio.value if ratio else None),
        ("hr_low", reported.hr_low, ratio.low if ratio else None),
        ("hr_high", reported.hr_high, ratio.high if ratio else None),
        ("p", reported.p, p),
    )
    found = []
    for name, wanted, value in pairs:
        within = ratio is not None and name == "hr" and wanted is not None and _reaches(ratio, wanted)
        if wanted is None or _is_met(value, wanted) or within:
            continue
        shown = "none" if value is None else f"{value:.3g}"
        says = f"published is {wanted[0]:g}, of the patients {shown} (unadjusted, unstratified)"
        found.append(Violation(name, says, wanted[0], value))
    return found


def _reaches(ratio: Ratio, wanted: tuple[float, float]) -> bool:
    if ratio.least is None or ratio.most is None:
        return False
    return ratio.least - wanted[1] <= wanted[0] <= ratio.most + wanted[1]
