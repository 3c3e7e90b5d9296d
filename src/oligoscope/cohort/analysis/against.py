"""The patients of a registry who meet a trial's criteria, held against its arms as a published figure shows them.

Nobody was assigned to be in the registry, and of a figure's patients nothing but their times is known: the comparison
is of two groups as they are. Where the trial's published baseline is given, the registry's patients are weighted to it
and compared once more.
"""

import datetime
import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from oligoscope.chart.batch import ChartReader
from oligoscope.chart.layout import PATIENT_ID, check_layout
from oligoscope.chart.sources import Source
from oligoscope.cohort.analysis.baseline import Baseline
from oligoscope.cohort.analysis.curves import Line, overall, ticks
from oligoscope.cohort.analysis.endpoints import DAYS_PER_MONTH, ORIGINS
from oligoscope.cohort.analysis.matched import Matched, matched
from oligoscope.cohort.analysis.patients import Floats, Lost, Patients
from oligoscope.cohort.analysis.refused import FEW_EVENTS, FEW_PATIENTS, NOT_PROPORTIONAL, Refused, plural
from oligoscope.cohort.analysis.report import nothing_to_estimate
from oligoscope.cohort.criteria import ALL, FAILED, MET, UNKNOWN, words_of
from oligoscope.cohort.criteria import Asked as Criteria
from oligoscope.cohort.gather import AT_ONCE, gather
from oligoscope.knowledge import Knowledge
from oligoscope.knowledge.trials import Trial
from oligoscope.synthesis.balancing import effective
from oligoscope.synthesis.reconstruction import Comparison, Member, Quality, Ratio, joined, pooled, ratio_of
from oligoscope.synthesis.survival import Curve, Design, Quantile, cox, difference, kaplan_meier, median_follow_up
from oligoscope.tables.columnar import Memory
from oligoscope.tables.model import Criterion

REGISTRY = "this registry"


@dataclass(frozen=True)
class Counted:
    """How many patients meet one criterion, fail it, or leave it open. is_asked: false where it was left out."""

    id: str
    text: str
    is_asked: bool
    met: int
    failed: int
    unknown: int


@dataclass(frozen=True)
class Months:
    """Months lived up to a time in the registry less those in the arm, with the interval."""

    until: float
    value: float
    low: float
    high: float
    p: float


@dataclass(frozen=True)
class Held:
    """The registry beside one arm. ratio: registry over arm.  proportional: P of the test, of the set that stands for
    all.
    """

    ratio: Ratio | Refused
    proportional: float | None
    months: Months | Refused


@dataclass(frozen=True)
class Adjusted:
    """weighted: with the weights.  unweighted: the same patients without them, where some had to be left out."""

    weighted: Held
    unweighted: Held | None


@dataclass(frozen=True)
class HeldArm:
    """One arm. line: its curve; low and high hold the interval of every set.  plain: everybody as they are.
    adjusted: with the weights of the arm's baseline; None where none is given.
    """

    quality: Quality
    line: Line
    plain: Held
    adjusted: Adjusted | Refused | None = None


@dataclass(frozen=True)
class Against:
    """everyone: who could be analysed.  patients: those of them who meet every criterion that the chart answers.
    matched: by baseline, who is weighted and how.
    """

    trial: Trial
    everyone: Patients
    patients: Patients
    criteria: tuple[Counted, ...]
    line: Line | Refused
    arms: tuple[HeldArm, ...] | Refused
    matched: tuple[Matched, ...] = ()


def held_against(
    source: Source,
    everyone: Patients,
    trial: Trial,
    criteria: Criteria,
    arms: Comparison,
    knowledge: Knowledge,
    today: datetime.date,
    baselines: Sequence[Baseline] = (),
) -> Against:
    """source: the registry that `everyone` was read from.  criteria: of the trial.  arms: rebuilt, in months.
    baselines: of the trial, or of its arms. Raises NotAllowed for a number of theirs that no weights can give.
    """
    words = _words(source, criteria, knowledge, today)
    words = everyone.frame.select(PATIENT_ID).join(words, on=PATIENT_ID, how="left", maintain_order="left")
    meets = words[ALL] == MET
    lost = [
        Lost(f"{said} of {trial.title}", int((words[ALL] == word).sum()))
        for word, said in ((FAILED, "they fail a criterion"), (UNKNOWN, "it is open whether they meet the criteria"))
    ]
    left = tuple(each for each in lost if each.n)
    patients = replace(everyone, frame=everyone.frame.filter(meets), lost=(*everyone.lost, *left))
    counted = tuple(_counted(each, words[each.id], each.id not in criteria.left_out) for each in criteria.criteria)
    reason = nothing_to_estimate(everyone) or nothing_to_estimate(patients)
    if not reason and everyone.competing:
        reason = (
            f"{everyone.asked.endpoint.competing} competes ({everyone.competing:,} patients): no published "
            "Kaplan-Meier curve of it can be compared"
        )
    line = Refused(reason) if reason else overall(patients)
    if isinstance(line, Refused):
        return Against(trial, everyone, patients, counted, line, line)
    weighted = tuple(matched(patients, each, ticks(patients)) for each in baselines)
    of_arm = {each.baseline.arm: each for each in weighted}
    held = tuple(
        _arm(arm, patients, of_arm.get(arm.rebuilt.drawn.name, of_arm.get("")) if baselines else None)
        for arm in arms.arms
    )
    return Against(trial, everyone, patients, counted, replace(line, label=REGISTRY), held, weighted)


def _words(source: Source, asked: Criteria, knowledge: Knowledge, today: datetime.date) -> pl.DataFrame:
    memory = Memory()
    layout = check_layout(source.columns(), source.labels(), source.name)
    reader = ChartReader(layout, today, silent_assessed=ORIGINS[0])
    with tempfile.TemporaryDirectory() as folder:
        chunks = gather(source, layout, AT_ONCE, Path(folder)).chunks
        return pl.concat(words_of(reader.read(chunk), asked, knowledge, memory) for chunk in chunks)


def _counted(criterion: Criterion, words: pl.Series, is_asked: bool) -> Counted:
    met, failed, unknown = (int((words == word).sum()) for word in (MET, FAILED, UNKNOWN))
    return Counted(criterion.id, criterion.text, is_asked, met, failed, unknown)


def _arm(quality: Quality, patients: Patients, of_arm: Matched | None) -> HeldArm:
    drawn = _line(quality, ticks(patients))
    few = _too_few(quality, patients)
    if few:
        return HeldArm(quality, drawn, Held(few, None, few), few if of_arm else None)
    return HeldArm(quality, drawn, _held(quality, _member(patients)), _adjusted(quality, of_arm) if of_arm else None)


def _adjusted(quality: Quality, of_arm: Matched) -> Adjusted | Refused:
    if isinstance(of_arm.weights, Refused):
        return of_arm.weights
    mine = _member(of_arm.patients)
    same = _held(quality, mine) if of_arm.unknown else None
    return Adjusted(_held(quality, mine, of_arm.weights.values), same)


def _held(quality: Quality, mine: Member, weights: Floats | None = None) -> Held:
    """weights: of the registry's patients, of mean 1."""
    months = _months(mine, quality, weights)
    p = _proportional(quality.member, mine, weights)
    if p is not None and p < NOT_PROPORTIONAL:
        said = f"hazards are not proportional (P = {p:.2g}): one ratio would not hold over time"
        return Held(Refused(said), p, months)
    names = (REGISTRY, quality.rebuilt.drawn.name)
    ratio = ratio_of(names, [(each, mine) for each in quality.rebuilt.members], weights)
    return Held(Refused(ratio.reason) if ratio.value is None else ratio, p, months)


def _too_few(quality: Quality, patients: Patients) -> Refused | None:
    if quality.verdict == "poor":
        return Refused("the reconstruction of the arm is poor")
    for who, n, events in (
        (REGISTRY, patients.n, patients.events),
        (quality.rebuilt.drawn.name, quality.curve.n, int(quality.curve.events.sum())),
    ):
        if n < FEW_PATIENTS or events < FEW_EVENTS:
            needed = f"fewer than {FEW_PATIENTS} patients or {FEW_EVENTS} events"
            return Refused(f"{who} has {plural(n, 'patient')} and {plural(events, 'event')}: {needed}")
    return None


def _member(patients: Patients) -> Member:
    """The registry's patients as a set, in months."""
    followed = patients.followed
    entry = np.where(np.isfinite(followed.entry), followed.entry, 0.0)
    return Member(followed.time / DAYS_PER_MONTH, followed.event, np.maximum(entry, 0) / DAYS_PER_MONTH)


def _proportional(arm: Member, registry: Member, weights: Floats | None) -> float | None:
    """The test takes weights for numbers of patients: they come to as many as they tell as much as."""
    whole, group = joined([arm, registry])
    every = None
    if weights is not None:
        every = np.concatenate([np.ones(len(arm.time)), weights * effective(weights) / len(weights)])
    fit = cox(whole, Design(group[:, None].astype(float), [REGISTRY], weights=every))
    return fit.proportional[0].p if fit.proportional else None


def _months(registry: Member, quality: Quality, weights: Floats | None) -> Months | Refused:
    """Up to the last time that FEW_PATIENTS of both are followed to; over all sets by Rubin's rules."""
    until = min(_last(registry.time, weights), _last(quality.member.time, None))
    mine = kaplan_meier(joined([registry])[0], weights=weights).restricted_mean(until)
    gaps = [
        difference(kaplan_meier(joined([each])[0]).restricted_mean(until), mine) for each in quality.rebuilt.members
    ]
    known = [(gap.value, gap.se) for gap in gaps if gap]
    if not known:
        return Refused(f"no mean up to {until:.3g} months can be told")
    value, se, half = pooled(known)
    return Months(until, value, value - half, value + half, math.erfc(abs(value / se) / math.sqrt(2)))


def _last(time: Floats, weights: Floats | None) -> float:
    """The last time to which FEW_PATIENTS are followed, or weights that tell as much as so many."""
    if weights is None:
        return float(np.sort(time)[-FEW_PATIENTS])
    order = np.argsort(-time, kind="stable")
    tells = np.cumsum(weights[order]) ** 2 / np.cumsum(weights[order] ** 2)
    return float(time[order][np.argmax(tells >= FEW_PATIENTS)])


def _line(quality: Quality, at: Sequence[float]) -> Line:
    """The set that stands for the arm, in a band that holds the interval of every set."""
    curve = quality.curve
    sets = [kaplan_meier(joined([each])[0]) for each in quality.rebuilt.members]
    low = np.nanmin([_at(each, each.low, curve) for each in sets], axis=0)
    high = np.nanmax([_at(each, each.high, curve) for each in sets], axis=0)
    whole = joined([quality.member])[0]
    counts = tuple(int(n) for n in whole.at_risk(np.array(at) + 1e-9))
    medians = Quantile(curve.quantile().value, *quality.median_range)
    events = int(curve.events.sum())
    name = quality.rebuilt.drawn.name
    return Line(
        name, curve.n, events, 0, curve.times, curve.survival, low, high, medians, median_follow_up(whole), counts, ()
    )


def _at(curve: Curve, heights: Floats, other: Curve) -> Floats:
    """One set's heights at the times of another; 1 before its first."""
    place = np.searchsorted(curve.times, other.times + 1e-9, side="right") - 1
    return np.where(place >= 0, heights[np.maximum(place, 0)], 1.0)
