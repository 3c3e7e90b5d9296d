"""The patients of a registry who meet a trial's criteria, held against its arms as a published figure shows them.

Nobody was assigned to be in the registry, and of a figure's patients nothing but their times is known: the comparison
is of two groups as they are.
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
from oligoscope.cohort.analysis.curves import Line, overall, ticks
from oligoscope.cohort.analysis.endpoints import DAYS_PER_MONTH, ORIGINS
from oligoscope.cohort.analysis.patients import Floats, Lost, Patients
from oligoscope.cohort.analysis.refused import FEW_EVENTS, FEW_PATIENTS, NOT_PROPORTIONAL, Refused, plural
from oligoscope.cohort.analysis.report import nothing_to_estimate
from oligoscope.cohort.criteria import ALL, FAILED, MET, UNKNOWN, words_of
from oligoscope.cohort.criteria import Asked as Criteria
from oligoscope.cohort.gather import AT_ONCE, gather
from oligoscope.knowledge import Knowledge
from oligoscope.knowledge.trials import Trial
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
class HeldArm:
    """One arm. line: its curve; low and high hold the interval of every set.  ratio: registry over arm.  proportional:
    P of the test, of the set that stands for all.
    """

    quality: Quality
    line: Line
    ratio: Ratio | Refused
    proportional: float | None
    months: Months | Refused


@dataclass(frozen=True)
class Against:
    """everyone: who could be analysed.  patients: those of them who meet every criterion that the chart answers."""

    trial: Trial
    everyone: Patients
    patients: Patients
    criteria: tuple[Counted, ...]
    line: Line | Refused
    arms: tuple[HeldArm, ...] | Refused


def held_against(
    source: Source,
    everyone: Patients,
    trial: Trial,
    criteria: Criteria,
    arms: Comparison,
    knowledge: Knowledge,
    today: datetime.date,
) -> Against:
    """source: the registry that `everyone` was read from.  criteria: of the trial.  arms: rebuilt, in months."""
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
    held = tuple(_arm(arm, patients) for arm in arms.arms)
    return Against(trial, everyone, patients, counted, replace(line, label=REGISTRY), held)


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


def _arm(quality: Quality, patients: Patients) -> HeldArm:
    mine, name = _member(patients), quality.rebuilt.drawn.name
    sets = quality.rebuilt.members
    drawn = _line(quality, ticks(patients))
    few = _too_few(quality, patients)
    if few:
        return HeldArm(quality, drawn, few, None, few)
    months = _months(mine, quality)
    p = _proportional(quality.member, mine)
    if p is not None and p < NOT_PROPORTIONAL:
        said = f"hazards are not proportional (P = {p:.2g}): one ratio would not hold over time"
        return HeldArm(quality, drawn, Refused(said), p, months)
    ratio = ratio_of((REGISTRY, name), [(each, mine) for each in sets])
    return HeldArm(quality, drawn, Refused(ratio.reason) if ratio.value is None else ratio, p, months)


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


def _proportional(arm: Member, registry: Member) -> float | None:
    whole, group = joined([arm, registry])
    fit = cox(whole, Design(group[:, None].astype(float), [REGISTRY]))
    return fit.proportional[0].p if fit.proportional else None


def _months(registry: Member, quality: Quality) -> Months | Refused:
    """Up to the last time that FEW_PATIENTS of both are followed to; over all sets by Rubin's rules."""
    until = min(float(np.sort(each.time)[-FEW_PATIENTS]) for each in (registry, quality.member))
    mine = kaplan_meier(joined([registry])[0]).restricted_mean(until)
    gaps = [
        difference(kaplan_meier(joined([each])[0]).restricted_mean(until), mine) for each in quality.rebuilt.members
    ]
    known = [(gap.value, gap.se) for gap in gaps if gap]
    if not known:
        return Refused(f"no mean up to {until:.3g} months can be told")
    value, se, half = pooled(known)
    return Months(until, value, value - half, value + half, math.erfc(abs(value / se) / math.sqrt(2)))


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
