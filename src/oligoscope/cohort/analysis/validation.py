"""Does a registry live as the studies behind a table's groups say? Observed beside published, and what groups tell."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from oligoscope.cohort.analysis.curves import Line, line
from oligoscope.cohort.analysis.endpoints import DAYS_PER_MONTH
from oligoscope.cohort.analysis.factors import Factor
from oligoscope.cohort.analysis.patients import Patients
from oligoscope.cohort.analysis.refused import FEW_EVENTS, FEW_PATIENTS, Refused, plural
from oligoscope.evidence.model import Result
from oligoscope.knowledge import Knowledge
from oligoscope.synthesis.survival import Design, Followed, cox, kaplan_meier
from oligoscope.synthesis.survival.accuracy import auc_at, brier_at, uno_c
from oligoscope.tables.model import Option, Options, Outcome

DRAWS, DRAWN_FROM, SEED = 200, 5_000, 20261126
"""Bootstrap samples for intervals, of at most so many patients, and their seed."""
MONTHS = {"month": 1.0, "months": 1.0, "year": 12.0, "years": 12.0}


@dataclass(frozen=True)
class Published:
    """A number of a study as a point of its curve: the share alive at a time in months. says: what was printed."""

    result: str
    months: float
    share: float
    says: str
    is_rate: bool


@dataclass(frozen=True)
class Held:
    """A published point beside what the registry shows there. inside: whether the observed interval holds it."""

    group: str
    published: Published
    observed: float | None
    low: float | None
    high: float | None
    reason: str = ""

    @property
    def inside(self) -> bool | None:
        """None where the registry cannot tell."""
        return None if self.low is None or self.high is None else self.low <= self.published.share <= self.high


@dataclass(frozen=True)
class Measure:
    """One number with its interval (bootstrap percentiles, or by its error), or the reason why there is none."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    reason: str = ""


@dataclass(frozen=True)
class Validated:
    """One table. lines: the registry's groups.  held: every published number.  measures: of its order of risk.

    n: patients in a group for which something is published.
    """

    factor: Factor
    lines: tuple[Line, ...]
    held: tuple[Held, ...]
    measures: tuple[Measure, ...]
    n: int


def validated(patients: Patients, knowledge: Knowledge) -> Iterator[tuple[Factor, Validated | Refused]]:
    """Every table among those that divide the patients for whose groups something is published."""
    for factor in patients.asked.divided_by:
        published = published_of(factor, knowledge, patients.asked.endpoint.code)
        if published:
            yield factor, _validated(patients, factor, published)


def published_of(factor: Factor, knowledge: Knowledge, endpoint: str) -> dict[str, tuple[Published, ...]]:
    """By the label of a group, what verified results of the endpoint say of it."""
    try:
        table = knowledge.table(factor.name)
    except KeyError:
        return {}
    outcomes: Sequence[Outcome] = () if isinstance(table, Options) else [table.outcome(code) for code in table.codes]
    parts: Sequence[Option | Outcome] = table.options if isinstance(table, Options) else outcomes
    found = {}
    for part, label in zip(parts, factor.levels, strict=True):
        points: list[Published] = []
        for reference in part.expects:
            _, result = knowledge.evidence.resolve(reference)
            if result.endpoint == endpoint and result.verified:
                points += _points(reference, result)
        if points:
            found[label] = tuple(points)
    return found


def _points(reference: str, result: Result) -> Iterator[Published]:
    value = result.value
    if not isinstance(value, (int, float)):
        return
    if result.measure == "rate" and result.unit == "percent" and result.time:
        number, _, unit = result.time.partition(" ")
        if unit in MONTHS:
            yield Published(reference, float(number) * MONTHS[unit], value / 100, f"{value:g} % at {result.time}", True)
    if result.measure == "median" and result.unit in MONTHS:
        months = value * MONTHS[result.unit]
        yield Published(reference, months, 0.5, f"median {months:g} months", False)


def _validated(patients: Patients, factor: Factor, published: dict[str, tuple[Published, ...]]) -> Validated | Refused:
    if patients.competing:
        return Refused("another event competes: published curves of this endpoint are not incidences")
    codes = patients.codes(factor)
    held, lines, used = [], [], []
    for k, label in enumerate(factor.levels):
        if label not in published:
            continue
        here = codes == k
        found = line(label, patients, here)
        if isinstance(found, Refused):
            held += [Held(label, point, None, None, None, found.reason) for point in published[label]]
            continue
        lines.append(found)
        used.append(k)
        part = patients.followed.part(here)
        held += [_held(label, point, part) for point in published[label]]
    if not lines:
        return Refused(f"no group for which something is published has {FEW_PATIENTS} patients")
    known = np.isin(codes, used)
    measures = tuple(_measures(patients, factor, published, codes, known)) if len(used) > 1 else ()
    return Validated(factor, tuple(lines), tuple(held), measures, int(known.sum()))


def _held(label: str, point: Published, part: Followed) -> Held:
    (found,) = kaplan_meier(part).at([point.months * DAYS_PER_MONTH], part)
    if found.survival is None:
        return Held(label, point, None, None, None, "nobody was followed so long")
    known = found.low is not None and found.high is not None and found.low < found.high
    return Held(label, point, found.survival, *((found.low, found.high) if known else (None, None)), found.reason)


def _measures(
    patients: Patients,
    factor: Factor,
    published: dict[str, tuple[Published, ...]],
    codes: NDArray[np.int64],
    known: NDArray[np.bool_],
) -> Iterator[Measure]:
    part, codes = patients.followed.part(known), codes[known]
    events = int(part.event.sum())
    if events < FEW_EVENTS:
        yield Measure("C", None, None, None, f"{plural(events, 'event')}: fewer than {FEW_EVENTS}")
        return
    risk = _risk(factor, published, codes)
    yield _harrell(part, risk)
    if patients.is_truncated:
        yield Measure("Uno's C, AUC, Brier", None, None, None, "patients enter late, which their weights do not know")
        return
    until = float(np.sort(part.time)[-FEW_PATIENTS])
    yield _drawn("Uno's C", part, risk, partial(uno_c, until=until))
    for months in (12.0, 24.0, 60.0):
        day = months * DAYS_PER_MONTH
        if (part.time > day).sum() >= FEW_PATIENTS:
            yield _drawn(f"AUC at {months:g} months", part, risk, partial(auc_at, at=day))
    for months, lives in _expected(factor, published, codes):
        day = months * DAYS_PER_MONTH
        if (part.time > day).sum() >= FEW_PATIENTS:
            whose, shares = _places(factor, lives, codes)
            yield _drawn(f"Brier score at {months:g} months", part, whose, partial(_brier, shares=shares, at=day))


def _brier(part: Followed, whose: NDArray[np.int64], shares: NDArray[np.float64], at: float) -> float | None:
    return brier_at(part, shares[whose], at)


def _places(
    factor: Factor, lives: dict[str, float], codes: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """(each patient's place among the expected shares, the shares)."""
    names = list(lives)
    place = {code: names.index(label) for code, label in enumerate(factor.levels) if label in lives}
    return np.array([place[int(code)] for code in codes], np.int64), np.array(list(lives.values()))


def _risk(factor: Factor, published: dict[str, tuple[Published, ...]], codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Greater for the groups whose published survival is worse: by rates, else by medians."""

    def outlook(code: int) -> tuple[float, float]:
        points = published[factor.levels[code]]
        rates = [point.share for point in points if point.is_rate]
        medians = [point.months for point in points if not point.is_rate]
        return max(rates, default=0.0), max(medians, default=0.0)

    order = sorted({int(code) for code in codes}, key=outlook, reverse=True)
    rank = {code: place for place, code in enumerate(order)}
    return np.array([rank[int(code)] for code in codes], np.int64)


def _expected(
    factor: Factor, published: dict[str, tuple[Published, ...]], codes: NDArray[np.int64]
) -> Iterator[tuple[float, dict[str, float]]]:
    """Times for which a rate is published of every group that occurs, with the rates."""
    groups = [factor.levels[code] for code in sorted({int(code) for code in codes})]
    rates = [{p.months: p.share for p in published[group] if p.is_rate} for group in groups]
    for months in sorted(set.intersection(*(set(each) for each in rates))):
        yield months, {group: each[months] for group, each in zip(groups, rates, strict=True)}


def _harrell(part: Followed, risk: NDArray[np.int64]) -> Measure:
    """Of the published order itself: a model of the rank orders pairs like the rank, or just the other way round."""
    fit = cox(part, Design(risk[:, None].astype(float), ["rank"]), tested=False)
    (term,) = fit.terms
    if fit.concordance is None or fit.concordance_se is None or term.coef is None:
        return Measure("Harrell's C", None, None, None, fit.reason or term.reason)
    value = fit.concordance if term.coef >= 0 else 1 - fit.concordance
    half = 1.959963984540054 * fit.concordance_se
    return Measure("Harrell's C", value, max(value - half, 0.0), min(value + half, 1.0))


Estimate = Callable[[Followed, NDArray[np.int64]], float | None]


def _drawn(name: str, part: Followed, codes: NDArray[np.int64], estimate: Estimate) -> Measure:
    value = estimate(part, codes)
    if value is None:
        return Measure(name, None, None, None, "no two patients can be compared")
    random, n = np.random.default_rng(SEED), part.n
    found = []
    for _ in range(DRAWS):
        rows = random.integers(0, n, min(n, DRAWN_FROM))
        drawn = estimate(Followed(part.time[rows], part.event[rows], part.entry[rows]), codes[rows])
        found += [] if drawn is None else [drawn]
    if len(found) < DRAWS / 2:
        return Measure(name, value, None, None, "too few bootstrap samples allow it")
    # Samples smaller than the registry spread more: their gaps are drawn in by the root of the sizes.
    shrink = np.sqrt(min(n, DRAWN_FROM) / n)
    low, high = value + shrink * (np.quantile(found, [0.025, 0.975]) - value)
    return Measure(name, value, float(low), float(high))


def every_held(found: Sequence[tuple[Factor, Validated | Refused]]) -> list[Held]:
    """All published numbers, of all tables."""
    return [held for _, each in found if isinstance(each, Validated) for held in each.held]
